//! What a run's step is called, and how it is known again after a restart.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use regain_healing::machine::{Decision, Reason, State};
use regain_healing::order::{
    Action, AllowList, EXECUTION_ID_PARAMETER, Found, Handle, JenkinsAction, JenkinsLogin,
    JenkinsServer, JobChoice, JobPath, Outcome, Pattern, Progress, UnstableIs,
};
use regain_healing::settings::{Mode, Observation, Remediations, Step, StepKind};
use regain_http::ClientConfig;
use regain_model::Labels;

use crate::clinic::{Clinic, remediation, run, settings};

/// Builds the job that a label names, at the Jenkins `main` under that URL.
fn build(url: &str) -> Step {
    let server = JenkinsServer {
        name: "main".into(),
        url: JenkinsServer::check_url(url).expect("the URLs of the tests are good"),
        login: JenkinsLogin::Anonymous,
        http: ClientConfig::default(),
        allow: AllowList {
            names: Vec::new(),
            patterns: vec![Pattern::new("start_.*").expect("it is an expression")],
        },
        timeout: JenkinsServer::TIMEOUT,
        stop_grace: JenkinsServer::STOP_GRACE,
    };
    Step::new(StepKind::Act(Arc::new(Action::Jenkins(Box::new(JenkinsAction {
        server: Arc::new(server),
        job: JobChoice::Label { label: "jenkins_job".to_owned(), folder: None::<JobPath> },
        parameters: BTreeMap::new(),
        execution_id_parameter: EXECUTION_ID_PARAMETER.to_owned(),
        build_token_file: None,
        unstable: UnstableIs::Failure,
    })))))
}

fn builds(url: &str) -> Remediations {
    settings(vec![remediation("app", vec![build(url)])])
}

/// An alert that wants that job built.
fn alert(clinic: &Clinic, job: &str) -> Observation {
    let mut observation = clinic.alert("app", "a", 0);
    let labels = observation.alert.labels.iter().chain([("jenkins_job", job)]);
    observation.alert.labels = Labels::from_pairs(labels.collect::<Vec<_>>());
    observation
}

const URL: &str = "http://ci.example/";

#[test]
fn a_run_names_the_job_that_its_alert_names() {
    let mut clinic = Clinic::new(builds(URL));
    clinic.script.progress = Some(Progress::Done(Outcome::failed("build #7 failed")));
    let alert = alert(&clinic, "start_app");
    clinic.observe(&alert);
    clinic.pass(5);
    let run = clinic.machine.ended().next_back().unwrap();
    assert_eq!(run.action, "build start_app at main");
    let said = |decision| {
        let mut entries = clinic.entries.iter().filter(move |entry| entry.decision == decision);
        entries.next().map(|entry| &*entry.detail)
    };
    assert_eq!(said(Decision::Started), Some("build start_app at main"));
    assert_eq!(said(Decision::Triggered), Some("build start_app at main"));
    let told = &clinic.told[0].text;
    assert!(told.starts_with("build start_app at main of "), "{told}");
    assert!(told.contains("Tried: build start_app at main"), "{told}");
}

#[test]
fn what_a_label_may_not_name_is_not_said() {
    let mut clinic = Clinic::new(builds(URL));
    let alert = alert(&clinic, "drop_database");
    clinic.observe(&alert);
    clinic.pass(1);
    let run = clinic.machine.live().next().unwrap();
    assert_eq!(run.action, "build the job in label jenkins_job at main");
}

#[test]
fn shadow_names_the_job_that_it_would_build() {
    let mut app = remediation("app", vec![build(URL)]);
    app.mode = Mode::Shadow;
    let mut clinic = Clinic::new(settings(vec![app]));
    let alert = alert(&clinic, "start_app");
    clinic.observe(&alert);
    let shown = clinic.entries.iter().find(|entry| entry.reason == Some(Reason::Shadow)).unwrap();
    assert_eq!(shown.detail, "shadow: would have done this: build start_app at main");
}

#[test]
fn a_restart_goes_on_with_a_job_that_a_label_names() {
    let mut clinic = Clinic::new(builds(URL));
    clinic.script.progress =
        Some(Progress::Running { handle: Handle("h".to_owned()), note: "build 7".to_owned() });
    let alert = alert(&clinic, "start_app");
    clinic.observe(&alert);
    clinic.pass(5);
    // What only says how long things take makes no other step of it.
    let mut slower = build("http://ci.example");
    slower.timeout = Duration::from_hours(1);
    clinic.restart(settings(vec![remediation("app", vec![slower])]));
    clinic.script.progress = Some(Progress::Done(Outcome::Succeeded));
    clinic.pass(5);
    clinic.resolve(&alert);
    clinic.pass(60);
    assert_eq!((clinic.triggers.len(), clinic.last_state()), (1, Some(State::Succeeded)));
}

#[test]
fn after_a_restart_no_other_backend_is_asked_what_became_of_a_trigger() {
    let mut clinic = Clinic::new(builds(URL));
    clinic.script.trigger = None;
    let alert = alert(&clinic, "start_app");
    clinic.observe(&alert);
    // The text is the same. The other Jenkins knows nothing of the build, which proves nothing.
    clinic.script.found = Some(Found::Nothing);
    clinic.restart(builds("http://other.example/"));
    clinic.repeat(&alert);
    clinic.pass(120);
    assert_eq!((clinic.triggers.len(), clinic.lookups), (1, 0));
    assert_eq!(clinic.last_state(), Some(State::Unknown));
}

/// Two steps, the first of which fails; the process ends before the second one is begun.
fn stopped_between_two_steps() -> (Clinic, Observation) {
    let steps = vec![run("reload"), run("reboot")];
    let mut clinic = Clinic::new(settings(vec![remediation("app", steps)]));
    clinic.script.progress = Some(Progress::Done(Outcome::failed("exit 1")));
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    while clinic.machine.live().any(|run| run.step == 0) {
        clinic.pass(1);
    }
    assert_eq!(
        clinic.machine.live().map(|run| &*run.action).collect::<Vec<_>>(),
        ["run /bin/reboot"]
    );
    (clinic, alert)
}

#[test]
fn a_restart_between_two_steps_goes_on_with_the_second_one() {
    let (mut clinic, alert) = stopped_between_two_steps();
    clinic.restart(settings(vec![remediation("app", vec![run("reload"), run("reboot")])]));
    clinic.repeat(&alert);
    clinic.pass(10);
    let actions: Vec<&str> = clinic.triggers.iter().map(|(_, action)| &**action).collect();
    assert_eq!(actions, ["run /bin/reload", "run /bin/reboot"]);
}

#[test]
fn a_restart_between_two_steps_does_not_begin_another_one() {
    let (mut clinic, alert) = stopped_between_two_steps();
    clinic.restart(settings(vec![remediation("app", vec![run("reload"), run("reimage")])]));
    clinic.repeat(&alert);
    clinic.pass(10);
    assert_eq!((clinic.triggers.len(), clinic.last_state()), (1, Some(State::Cancelled)));
    assert!(clinic.has(Decision::Cancelled, Some(Reason::Off)));
}
