//! Where logins go, and where they do not show.

use regain_healing::order::{
    ActionUrlError, Backend as _, Found, JenkinsAction, JenkinsServer, Outcome, Triggered,
};
use regain_tests::jenkins::{Fault, Job, Trouble};

use super::errand::{CLEAN, PASSWORD, TOKEN, Workshop, build, jenkins, marked, order};

#[tokio::test]
async fn pitfall_18_a_redirect_is_not_followed() {
    let elsewhere = jenkins(marked()).start().unwrap();
    for status in [301, 302, 303, 307, 308] {
        for (method, target) in [("GET", "/api/json"), ("POST", "/buildWithParameters")] {
            let (server, shop) = (jenkins(marked()).start().unwrap(), Workshop::new());
            let to = format!("{}job/production/job/clean/{target}", elsewhere.url());
            let trouble = Trouble::Redirect(status, to);
            server.inject(Fault { method, target: target.to_owned(), trouble });
            let order = order(build(shop.server(&server), CLEAN));
            let triggered = shop.backends.trigger(&order).await;
            assert!(
                matches!(triggered, Triggered::Refused { .. } | Triggered::Unknown { .. }),
                "{status}: {triggered:?}"
            );
            assert_eq!(shop.backends.lookup(&order).await, Found::Nothing);
        }
    }
    assert_eq!(elsewhere.requests(), [], "nobody went there");
}

#[tokio::test]
async fn pitfall_18_of_a_foreign_address_only_the_number_of_the_item_counts() {
    let elsewhere = jenkins(marked()).start().unwrap();
    let root = elsewhere.url();
    let (server, shop) = (jenkins(marked()).root_url(&root).start().unwrap(), Workshop::new());
    let order = order(build(shop.server(&server), CLEAN));
    let Triggered::Started(handle) = shop.backends.trigger(&order).await else {
        panic!("not started")
    };
    assert_eq!(shop.outcome(&order, handle.clone()).await, Outcome::Succeeded);
    assert_eq!(elsewhere.requests(), []);
    let link = shop.backends.link(&order, &handle).unwrap();
    assert!(link.starts_with(&server.url()), "{link}");
}

#[tokio::test]
async fn pitfall_18_the_login_is_sent_before_it_is_asked_for() {
    let (server, shop) = (jenkins(marked()).start().unwrap(), Workshop::new());
    shop.backends.trigger(&order(build(shop.server(&server), CLEAN))).await;
    let requests = server.requests();
    assert!(!requests.is_empty());
    assert!(requests.iter().all(|request| request.authorization.is_some()), "{requests:?}");
}

#[tokio::test]
async fn pitfall_19_secrets_show_in_no_address_and_in_no_message() {
    let job = marked().token("let-me-in");
    let (server, shop) = (jenkins(job).start().unwrap(), Workshop::new());
    shop.write("build-token", "let-me-in");
    let mut seen = Vec::new();
    for login in [shop.server(&server), shop.server_by_password(&server)] {
        let build_token_file = Some(shop.file("build-token"));
        let action = JenkinsAction { build_token_file, ..build(login, CLEAN) };
        let order = order(action);
        for trouble in [
            Trouble::StatusBefore(401),
            Trouble::StatusBefore(400),
            Trouble::HangUpAfter,
            Trouble::HalfAnswer,
        ] {
            server.inject(Fault::post("/buildWithParameters", trouble));
            seen.push(format!("{:?}", shop.backends.trigger(&order).await));
            seen.push(format!("{:?}", shop.backends.lookup(&order).await));
        }
        seen.push(format!("{order:?} {:?} {}", shop.backends, order.action));
    }
    seen.extend(server.requests().into_iter().map(|request| request.target));
    for text in seen {
        for secret in [TOKEN, PASSWORD, "let-me-in", "bGV0"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let triggers = server.requests().into_iter().filter(|request| request.method == "POST");
    assert!(triggers.map(|request| request.body).any(|body| body.contains("token=let%2Dme%2Din")));
}

#[tokio::test]
async fn pitfall_19_a_rotated_secret_is_used_at_once() {
    let (server, shop) = (jenkins(marked()).start().unwrap(), Workshop::new());
    shop.write("token", "revoked");
    let order = order(build(shop.server(&server), CLEAN));
    let triggered = shop.backends.trigger(&order).await;
    let Triggered::Refused { why, .. } = triggered else { panic!("{triggered:?}") };
    assert!(why.contains("401 Unauthorized"), "{why}");
    shop.write("token", TOKEN);
    assert!(matches!(shop.backends.trigger(&order).await, Triggered::Started(_)));
}

#[test]
fn pitfall_19_the_address_of_a_jenkins_holds_no_login() {
    for (text, error) in [
        ("http://admin:hunter2@ci.example/", ActionUrlError::Login),
        ("http://admin@ci.example/", ActionUrlError::Login),
        ("ftp://ci.example/", ActionUrlError::Scheme),
        ("http://ci.example/?token=x", ActionUrlError::Query),
    ] {
        let found = JenkinsServer::check_url(text).unwrap_err();
        assert_eq!(found, error);
        assert!(!found.to_string().contains("hunter2"));
    }
    let url = JenkinsServer::check_url("https://ci.example/jenkins").unwrap();
    assert_eq!(url.as_str(), "https://ci.example/jenkins/");
}

#[tokio::test]
async fn pitfall_19_what_an_anonymous_visitor_may_see_needs_no_secret() {
    let jenkins = jenkins(Job::new().token("let-me-in")).anonymous_reads().without_crumbs();
    let (server, shop) = (jenkins.start().unwrap(), Workshop::new());
    shop.write("build-token", "let-me-in");
    let login = regain_healing::order::JenkinsLogin::Anonymous;
    let action = JenkinsAction {
        build_token_file: Some(shop.file("build-token")),
        ..build(JenkinsServer { login, ..shop.server(&server) }, CLEAN)
    };
    assert!(matches!(shop.backends.trigger(&order(action)).await, Triggered::Started(_)));
    assert!(server.requests().iter().all(|request| request.authorization.is_none()));
}
