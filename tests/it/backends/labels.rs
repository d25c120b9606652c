//! Hostile labels: what they may name is on a list, and what they may say stays where it belongs.

use std::collections::BTreeMap;

use regain_healing::order::{
    Action, AllowList, Backend as _, JenkinsAction, JenkinsServer, JobChoice, Pattern, Triggered,
};
use regain_tests::jenkins::{BuildResult, Job};

use super::errand::{CLEAN, Workshop, build, jenkins, label, marked, order_of, path};

fn by_label(server: JenkinsServer) -> JenkinsAction {
    let folder = Some(path("production"));
    let job = JobChoice::Label { label: "jenkins_job".to_owned(), folder };
    JenkinsAction { job, ..build(server, CLEAN) }
}

#[tokio::test]
async fn pitfall_17_labels_name_allowed_jobs_and_nothing_else() {
    let jenkins = jenkins(marked()).job("production/secret", Job::new()).job("other", Job::new());
    let (server, shop) = (jenkins.start().unwrap(), Workshop::new());
    for hostile in [
        "secret",
        "../other",
        "..",
        ".",
        "clean/../../other",
        "clean/",
        "/clean",
        "clean%2f..%2fother",
        "%2e%2e/other",
        "clean?token=x",
        "clean#",
        "clean\r\nX-Evil: 1",
        "clean/build",
        "Clean",
        "cleaner",
        "${clean}",
    ] {
        let action = Action::Jenkins(Box::new(by_label(shop.server(&server))));
        let order = order_of(action, &[("jenkins_job", hostile)]);
        let triggered = shop.backends.trigger(&order).await;
        let Triggered::Refused { why, retryable: false } = triggered else {
            panic!("{hostile:?}: {triggered:?}")
        };
        assert_eq!(why, "the value of label \"jenkins_job\" is not on the list of what is allowed");
    }
    let missing = order_of(Action::Jenkins(Box::new(by_label(shop.server(&server)))), &[]);
    assert!(matches!(shop.backends.trigger(&missing).await, Triggered::Refused { .. }));
    assert_eq!(server.requests(), [], "nothing was even asked");

    let action = Action::Jenkins(Box::new(by_label(shop.server(&server))));
    let allowed = order_of(action, &[("jenkins_job", "clean")]);
    assert!(matches!(shop.backends.trigger(&allowed).await, Triggered::Started(_)));
}

#[tokio::test]
async fn pitfall_17_a_pattern_allows_whole_names_only() {
    let jenkins = jenkins(marked()).job("production/restart-web", marked());
    let (server, shop) = (jenkins.start().unwrap(), Workshop::new());
    let patterns = vec![Pattern::new("production/restart-[a-z]+").unwrap()];
    let allow = AllowList { names: Vec::new(), patterns };
    for (name, allowed) in
        [("restart-web", true), ("clean", false), ("restart-web/x", false), ("xrestart-web", false)]
    {
        let server = JenkinsServer { allow: allow.clone(), ..shop.server(&server) };
        let action = Action::Jenkins(Box::new(by_label(server)));
        let order = order_of(action, &[("jenkins_job", name)]);
        let triggered = shop.backends.trigger(&order).await;
        assert_eq!(matches!(triggered, Triggered::Started(_)), allowed, "{name}: {triggered:?}");
    }
}

#[tokio::test]
async fn pitfall_17_parameters_stay_one_text() {
    for hostile in
        ["web1&token=x", "a=b&HOST=c", "$(reboot); `id`", "${env.SECRET}", "ä \"'<b>", "%41+%20"]
    {
        let job = marked().runs(|run| {
            run.log(&run.parameters["HOST"]);
            BuildResult::Success
        });
        let (server, shop) = (jenkins(job).start().unwrap(), Workshop::new());
        let parameters = BTreeMap::from([("HOST".to_owned(), label("instance", ".*"))]);
        let action = JenkinsAction { parameters, ..build(shop.server(&server), CLEAN) };
        let order = order_of(Action::Jenkins(Box::new(action)), &[("instance", hostile)]);
        assert!(matches!(shop.backends.trigger(&order).await, Triggered::Started(_)));
        let builds = server.wait_for_ended(CLEAN, 1);
        assert_eq!(builds[0].parameters["HOST"], hostile);
        assert_eq!(builds[0].causes, ["Started by user healer"]);
    }
}

#[tokio::test]
async fn pitfall_17_parameters_match_as_a_whole_or_stop_the_order() {
    let (server, shop) = (jenkins(marked()).start().unwrap(), Workshop::new());
    let long = "a".repeat(257);
    for (value, says) in [
        (Some("web1;reboot"), "parameter HOST: the value of label \"instance\" does not match"),
        (Some("xweb1\n"), "holds a control character"),
        (Some(long.as_str()), "is longer than 256 bytes"),
        (None, "the alert has no label \"instance\""),
    ] {
        let parameters = BTreeMap::from([("HOST".to_owned(), label("instance", "[a-z0-9.:-]+"))]);
        let action = JenkinsAction { parameters, ..build(shop.server(&server), CLEAN) };
        let labels: Vec<(&str, &str)> =
            value.map(|value| ("instance", value)).into_iter().collect();
        let order = order_of(Action::Jenkins(Box::new(action)), &labels);
        let triggered = shop.backends.trigger(&order).await;
        let Triggered::Refused { why, retryable: false } = triggered else {
            panic!("{triggered:?}")
        };
        assert!(why.contains(says), "{why}");
    }
    assert_eq!(server.builds(CLEAN), []);
}
