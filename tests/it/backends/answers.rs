//! Every answer that Jenkins has for a trigger.

use std::collections::BTreeMap;

use regain_healing::order::{
    Backend as _, JenkinsAction, JenkinsLogin, JenkinsServer, Triggered, Value,
};
use regain_tests::jenkins::{Fault, Jenkins, Job, Trouble, User};

use super::errand::{CLEAN, PASSWORD, TOKEN, Workshop, attempt, build, jenkins, marked, order};

fn refusal(triggered: Triggered) -> (String, bool) {
    match triggered {
        Triggered::Refused { why, retryable } => (why, retryable),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nothing_is_built_where_jenkins_says_no() {
    type Prepare = fn(Jenkins) -> Jenkins;
    let same: Prepare = |jenkins| jenkins;
    for (case, job, prepare, fault, says, retryable) in [
        ("gone", "nothing", same, None, "404 Not Found; there is no such job", false),
        ("a folder", "production", same, None, "405", false),
        ("bad request", CLEAN, same, Some(("POST", 400)), "400 Bad Request", false),
        ("forbidden", CLEAN, same, Some(("POST", 403)), "the user may not do this", false),
        ("method", CLEAN, same, Some(("POST", 405)), "405 Method Not Allowed", false),
        ("conflict", CLEAN, same, Some(("POST", 409)), "409 Conflict; the job is disabled", false),
        ("too many", CLEAN, same, Some(("POST", 429)), "429 Too Many Requests", true),
        ("starting", CLEAN, same, Some(("GET", 503)), "Jenkins is starting", true),
    ] {
        let server = prepare(jenkins(marked())).start().unwrap();
        let shop = Workshop::new();
        if let Some((method, status)) = fault {
            let target = "clean".to_owned();
            server.inject(Fault { method, target, trouble: Trouble::StatusBefore(status) });
        }
        let triggered = shop.backends.trigger(&order(build(shop.server(&server), job))).await;
        if case == "a folder" {
            // A folder has no builds; whatever the answer is, nothing started.
            assert!(!matches!(triggered, Triggered::Started(_)), "{triggered:?}");
        } else {
            let (why, again) = refusal(triggered);
            assert!(why.contains(says), "{case}: {why}");
            assert_eq!(again, retryable, "{case}: {why}");
        }
        assert_eq!(server.builds(CLEAN), [], "{case}");
        assert_eq!(server.queue(), Vec::<u64>::new(), "{case}");
    }
}

#[tokio::test]
async fn users_and_jobs_have_their_limits() {
    let setup = || {
        Jenkins::new()
            .user(User::new("healer", PASSWORD).token(TOKEN).reads_only())
            .user(User::new("blind", "x").token(TOKEN).sees_nothing())
            .job(CLEAN, marked())
    };
    let (server, shop) = (setup().start().unwrap(), Workshop::new());
    let by = |user: &str, file: &str| JenkinsServer {
        login: JenkinsLogin::Token { user: user.to_owned(), file: shop.file(file) },
        ..shop.server(&server)
    };
    for (login, says) in [
        (by("healer", "token"), "the user may not do this"),
        (by("blind", "token"), "the user may not see it"),
        (by("healer", "password"), "the user may not do this"),
        (by("nobody", "token"), "the user or the secret is wrong"),
        (by("healer", "no such file"), "unable to read basic auth password"),
        (
            JenkinsServer { login: JenkinsLogin::Anonymous, ..by("", "") },
            "the user may not do this",
        ),
    ] {
        let triggered = shop.backends.trigger(&order(build(login, CLEAN))).await;
        let (why, retryable) = refusal(triggered);
        assert!(why.contains(says) && !retryable, "{why} is not {says}");
    }
    server.set_disabled(CLEAN, true);
    let (why, _) =
        refusal(shop.backends.trigger(&order(build(by("healer", "token"), CLEAN))).await);
    assert_eq!(why, "job production/clean is disabled");
    assert_eq!(server.builds(CLEAN), []);
}

#[tokio::test]
async fn a_parameter_that_the_job_does_not_declare_is_refused_before_jenkins_drops_it() {
    for job in [Job::new().parameter("OTHER", ""), Job::new()] {
        let (server, shop) = (jenkins(job).start().unwrap(), Workshop::new());
        let parameters = BTreeMap::from([("HOST".to_owned(), Value::Fixed("web1".to_owned()))]);
        let action = JenkinsAction { parameters, ..build(shop.server(&server), CLEAN) };
        let (why, retryable) = refusal(shop.backends.trigger(&order(action)).await);
        assert!(why.contains("does not declare the parameter HOST"), "{why}");
        assert!(!retryable);
        assert_eq!(server.builds(CLEAN), []);
    }
}

#[tokio::test]
async fn a_veto_of_the_queue_is_no_start() {
    let (server, shop) = (jenkins(marked()).start().unwrap(), Workshop::new());
    server.inject(Fault::post("/buildWithParameters", Trouble::Redirect(302, ".".to_owned())));
    let order = order(build(shop.server(&server), CLEAN));
    let (why, retryable) = refusal(shop.backends.trigger(&order).await);
    assert_eq!((why.as_str(), retryable), ("Jenkins did not take the build into its queue", true));
}

#[tokio::test]
async fn a_crumb_is_fetched_once_and_again_when_its_session_has_ended() {
    let (server, shop) = (jenkins(marked()).start().unwrap(), Workshop::new());
    let login = shop.server_by_password(&server);
    let trigger = async |number: u32| {
        let action = build(login.clone(), CLEAN);
        let order = attempt(regain_healing::order::Action::Jenkins(Box::new(action)), &[], number);
        let triggered = shop.backends.trigger(&order).await;
        assert!(matches!(triggered, Triggered::Started(_)), "{triggered:?}");
        server.requests().iter().filter(|request| request.target.starts_with("/crumb")).count()
    };
    assert_eq!(trigger(1).await, 1);
    assert_eq!(trigger(2).await, 1);
    server.restart(true);
    assert_eq!(trigger(3).await, 2);
    let posts: Vec<u16> = server
        .requests()
        .iter()
        .filter(|request| request.method == "POST")
        .map(|request| request.status)
        .collect();
    assert_eq!(posts, [201, 201, 403, 201]);
    assert_eq!(server.wait_for_ended(CLEAN, 3).len(), 3);
}

#[tokio::test]
async fn a_password_needs_no_crumb_where_jenkins_wants_none() {
    let (server, shop) = (jenkins(marked()).without_crumbs().start().unwrap(), Workshop::new());
    let order = order(build(shop.server_by_password(&server), CLEAN));
    let triggered = shop.backends.trigger(&order).await;
    assert!(matches!(triggered, Triggered::Started(_)), "{triggered:?}");
}
