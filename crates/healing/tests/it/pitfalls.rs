//! The ways in which automatic repair goes wrong elsewhere, one test for each.

use std::time::Duration;

use regain_healing::machine::{Decision, Event, Pause, Reason, Scope, State, Verdict};
use regain_healing::order::{Found, Handle, Outcome, Progress, Triggered};
use regain_healing::settings::{RunLimit, Suppression};

use crate::clinic::{Clinic, remediation, run, settings};

fn one() -> regain_healing::settings::Remediations {
    settings(vec![remediation("app", vec![run("restart")])])
}

#[test]
fn pitfall_01_a_flap_gets_no_fresh_limits() {
    let mut app = remediation("app", vec![run("restart")]);
    app.limits.cooldown = Duration::from_mins(1);
    app.limits.max = vec![RunLimit { runs: 2, per: Duration::from_hours(1) }];
    let mut clinic = Clinic::new(settings(vec![app]));
    for _ in 0..10 {
        let alert = clinic.alert("app", "a", 0);
        clinic.observe(&alert);
        clinic.pass(10);
        clinic.resolve(&alert);
        clinic.pass(120);
    }
    assert_eq!(clinic.triggers.len(), 2, "each flap has a beginning of its own");
    assert!(clinic.has(Decision::NotStarted, Some(Reason::Limit)));
    assert!(clinic.told.iter().any(|told| told.title.contains("does not last")));
}

#[test]
fn pitfall_01_a_flap_within_the_cooldown_is_left_alone_across_a_restart() {
    let mut clinic = Clinic::new(one());
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    clinic.pass(10);
    clinic.resolve(&alert);
    clinic.pass(60);
    assert_eq!(clinic.last_state(), Some(State::Succeeded));
    clinic.restart(one());
    let again = clinic.alert("app", "a", 0);
    clinic.observe(&again);
    clinic.pass(60);
    assert_eq!(clinic.triggers.len(), 1);
    assert!(clinic.has(Decision::NotStarted, Some(Reason::Cooldown)));
}

#[test]
fn pitfall_02_repeats_of_a_notification_trigger_nothing() {
    let mut clinic = Clinic::new(one());
    clinic.script.progress =
        Some(Progress::Running { handle: Handle("h".to_owned()), note: String::new() });
    let alert = clinic.alert("app", "a", 0);
    for _ in 0..40 {
        clinic.repeat(&alert);
        clinic.pass(5);
    }
    assert_eq!(clinic.triggers.len(), 1);
}

#[test]
fn pitfall_03_a_resolved_alert_triggers_nothing() {
    let mut clinic = Clinic::new(one());
    let alert = clinic.alert("app", "a", 0);
    clinic.resolve(&alert);
    clinic.pass(60);
    assert!(clinic.triggers.is_empty());
}

#[test]
fn pitfall_04_a_pair_of_senders_triggers_once() {
    let mut clinic = Clinic::new(one());
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    clinic.observe(&alert);
    clinic.pass(1);
    clinic.repeat(&alert);
    clinic.pass(1);
    clinic.resolve(&alert);
    // The other one has not heard of the end yet.
    clinic.pass(1);
    clinic.repeat(&alert);
    clinic.pass(900);
    assert_eq!(clinic.triggers.len(), 1);
    assert!(clinic.has(Decision::Ignored, Some(Reason::Late)));
}

#[test]
fn pitfall_05_an_unknown_outcome_is_looked_up_and_not_tried_again() {
    let mut clinic = Clinic::new(one());
    clinic.script.trigger =
        Some(Triggered::Unknown { why: "timeout after the request".to_owned() });
    clinic.script.found = Some(Found::Done(Handle("h".to_owned()), Outcome::Succeeded));
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    clinic.pass(10);
    clinic.resolve(&alert);
    clinic.pass(60);
    assert_eq!((clinic.triggers.len(), clinic.lookups), (1, 1));
    assert_eq!(clinic.last_state(), Some(State::Succeeded));
}

#[test]
fn pitfall_06_what_nobody_knows_is_told_to_people() {
    let mut clinic = Clinic::new(one());
    clinic.script.trigger = Some(Triggered::Unknown { why: "connection reset".to_owned() });
    clinic.script.found = Some(Found::Unknown { why: "this backend cannot tell".to_owned() });
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    clinic.pass(30);
    assert_eq!(clinic.triggers.len(), 1);
    assert_eq!(clinic.last_state(), Some(State::Unknown));
    assert_eq!(clinic.told.len(), 1);
    assert_eq!(&*clinic.told[0].receiver, "people");
}

#[test]
fn pitfall_07_a_crash_between_intent_and_record_is_looked_up_first() {
    let mut clinic = Clinic::new(one());
    clinic.script.trigger = None;
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    assert_eq!(clinic.triggers.len(), 1);
    clinic.restart(one());
    clinic.script.found = Some(Found::Running(Handle("h".to_owned())));
    clinic.repeat(&alert);
    clinic.pass(30);
    assert_eq!(clinic.triggers.len(), 1, "it was begun before the crash");
    assert_eq!(clinic.lookups, 1);
    clinic.resolve(&alert);
    clinic.pass(60);
    assert_eq!(clinic.last_state(), Some(State::Succeeded));
}

#[test]
fn pitfall_07_a_crash_before_the_trigger_is_made_up_for_under_the_same_id() {
    let mut clinic = Clinic::new(one());
    clinic.script.trigger = None;
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    clinic.restart(one());
    clinic.script = crate::clinic::Script::default();
    clinic.repeat(&alert);
    clinic.pass(30);
    assert_eq!(clinic.triggers.len(), 2);
    assert_eq!(clinic.triggers[0].0, clinic.triggers[1].0);
}

#[test]
fn pitfall_07_a_run_that_was_left_behind_does_not_block_its_target_for_ever() {
    let mut clinic = Clinic::new(one());
    clinic.script.progress = None;
    clinic.script.cancelled = None;
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    clinic.pass(5);
    clinic.restart(one());
    clinic.pass(3600);
    assert_eq!(clinic.machine.live().count(), 0);
    assert_eq!(clinic.last_state(), Some(State::Unknown));
}

#[test]
fn pitfall_09_absent_is_not_healthy() {
    let mut clinic = Clinic::new(one());
    clinic.script.verdict = Some(Verdict::NoFreshData { why: "up has no samples".to_owned() });
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    clinic.pass(10);
    // The exporter is gone, and with it the alert.
    clinic.resolve(&alert);
    clinic.pass(600);
    assert_eq!(clinic.last_state(), Some(State::Escalated));
    assert!(clinic.has(Decision::Failed, Some(Reason::Unverified)));
}

#[test]
fn pitfall_09_healthy_for_a_moment_is_not_healthy() {
    let mut clinic = Clinic::new(one());
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    clinic.pass(5);
    clinic.resolve(&alert);
    for _ in 0..40 {
        clinic.script.verdict = Some(Verdict::Healthy);
        clinic.pass(20);
        clinic.script.verdict = Some(Verdict::Unhealthy { why: "down again".to_owned() });
        clinic.pass(4);
    }
    assert_eq!(clinic.last_state(), Some(State::Escalated));
}

#[test]
fn pitfall_10_a_target_has_one_run_whatever_remediations_want_it() {
    let mut reboot = remediation("reboot", vec![run("reboot")]);
    reboot.target = vec!["instance".to_owned(), "alertname".to_owned()];
    let list = vec![remediation("app", vec![run("restart")]), reboot];
    let mut clinic = Clinic::new(settings(list));
    clinic.script.progress = None;
    for heal in ["app", "reboot"] {
        let alert = clinic.alert(heal, "a", 0);
        clinic.observe(&alert);
    }
    clinic.pass(60);
    assert_eq!(clinic.triggers.len(), 1);
    assert!(clinic.has(Decision::NotStarted, Some(Reason::Running)));
}

#[test]
fn pitfall_11_when_everything_is_ill_nothing_is_healed() {
    let mut settings = one();
    settings.limits.storm.targets = 5;
    settings.limits.concurrent = 100;
    settings.escalate_to = Some("people".into());
    let mut clinic = Clinic::new(settings);
    let alerts: Vec<_> =
        (0..50).map(|host| clinic.alert("app", &format!("host-{host}"), 0)).collect();
    clinic.give(Event::Listed(alerts));
    clinic.pass(300);
    assert!(clinic.triggers.is_empty());
    assert!(clinic.has(Decision::StormBegan, Some(Reason::Storm)));
    assert_eq!(clinic.told.len(), 1, "people are told once");
    clinic.give(Event::Listed(Vec::new()));
    clinic.pass(301);
    assert!(clinic.has(Decision::StormEnded, None));
}

#[test]
fn pitfall_12_after_a_pause_what_is_old_is_left_alone() {
    let mut clinic = Clinic::new(one());
    let pause = Pause {
        scope: Scope::All,
        by: "eve".to_owned(),
        reason: "release".to_owned(),
        since: clinic.now,
        until: None,
    };
    clinic.give(Event::Pause(pause));
    let old = clinic.alert("app", "a", 0);
    clinic.observe(&old);
    for _ in 0..75 {
        clinic.pass(60);
        clinic.repeat(&old);
    }
    let young = clinic.alert("app", "b", 30);
    clinic.observe(&young);
    let silent = clinic.alert("app", "c", 30);
    clinic.observe(&silent);
    assert!(clinic.triggers.is_empty());
    clinic.pass(6 * 60);
    clinic.repeat(&young);
    clinic.give(Event::Resume { scope: Scope::All, by: "eve".to_owned() });
    clinic.pass(60);
    assert_eq!(clinic.triggers.len(), 1, "one is too old, of one nobody has spoken for too long");
    let run = clinic.machine.live().chain(clinic.machine.ended().map(|run| &**run)).next();
    assert_eq!(run.unwrap().target.get("instance"), Some("b"));
}

#[test]
fn pitfall_14_a_restart_that_does_not_help_leads_to_the_next_step() {
    let mut reload = run("reload");
    reload.attempts = 2;
    let mut clinic = Clinic::new(settings(vec![remediation("app", vec![reload, run("reboot")])]));
    let alert = clinic.alert("app", "a", 0);
    for _ in 0..24 {
        clinic.repeat(&alert);
        clinic.pass(60);
    }
    let actions: Vec<&str> = clinic.triggers.iter().map(|(_, action)| &**action).collect();
    assert_eq!(actions, ["run /bin/reload", "run /bin/reload", "run /bin/reboot"]);
    assert_eq!(clinic.last_state(), Some(State::Escalated));
    assert_eq!(clinic.told.len(), 1);
    assert!(clinic.told[0].text.contains("run /bin/reload, run /bin/reboot"));
    assert!(
        clinic.has(Decision::NotStarted, Some(Reason::Escalated)),
        "and then it is left to people"
    );
}

#[test]
fn pitfall_15_success_too_often_is_told_to_people() {
    let mut app = remediation("app", vec![run("restart")]);
    app.limits.cooldown = Duration::from_mins(1);
    let mut clinic = Clinic::new(settings(vec![app]));
    for _ in 0..4 {
        let alert = clinic.alert("app", "a", 0);
        clinic.observe(&alert);
        clinic.pass(10);
        clinic.resolve(&alert);
        clinic.pass(120);
    }
    let succeeded = clinic.machine.ended().filter(|run| run.state() == State::Succeeded).count();
    assert_eq!((succeeded, clinic.told.len()), (3, 1));
}

#[test]
fn pitfall_16_a_silence_after_the_decision_cancels_what_has_not_begun() {
    let mut restart = run("restart");
    restart.attempts = 3;
    let mut clinic = Clinic::new(settings(vec![remediation("app", vec![restart])]));
    clinic.script.progress = Some(Progress::Done(Outcome::failed("exit 1")));
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    clinic.pass(5);
    assert_eq!(
        (clinic.triggers.len(), clinic.machine.live().count()),
        (1, 1),
        "it waits to try again"
    );
    let mut silenced = alert.clone();
    silenced.suppression = Suppression { silenced: true, ..Suppression::default() };
    silenced.alert.updated_at = clinic.now;
    clinic.observe(&silenced);
    clinic.pass(300);
    assert_eq!(clinic.triggers.len(), 1);
    assert!(clinic.has(Decision::Cancelled, Some(Reason::Silenced)));
}

#[test]
fn pitfall_16_a_silence_cancels_what_waits_in_the_queue_of_a_backend() {
    let mut clinic = Clinic::new(one());
    clinic.script.progress =
        Some(Progress::Queued { handle: Handle("h".to_owned()), why: "no executor".to_owned() });
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    clinic.pass(10);
    let mut silenced = alert.clone();
    silenced.suppression.silenced = true;
    silenced.alert.updated_at = clinic.now;
    clinic.observe(&silenced);
    assert_eq!((clinic.cancels, clinic.last_state()), (1, Some(State::Cancelled)));
}

#[test]
fn pitfall_19_nothing_secret_is_in_the_audit() {
    use regain_healing::order::{Action, CommandAction};
    use regain_healing::settings::{Step, StepKind};
    let action = CommandAction {
        program: "/bin/restart".into(),
        arguments: Vec::new(),
        env: [("TOKEN".to_owned(), regain_http::Secret::new("hunter2"))].into(),
        cwd: "/".into(),
        grace: CommandAction::GRACE,
    };
    let step = Step::new(StepKind::Act(std::sync::Arc::new(Action::Command(action))));
    let mut clinic = Clinic::new(settings(vec![remediation("app", vec![step])]));
    clinic.script.progress = Some(Progress::Done(Outcome::failed("exit 1")));
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    clinic.pass(60);
    assert_eq!(clinic.last_state(), Some(State::Escalated));
    let everything = format!("{:?} {:?} {:?}", clinic.durable, clinic.told, clinic.machine);
    assert!(!everything.contains("hunter2"));
}

#[test]
fn pitfall_21_a_clock_that_is_set_ends_no_cooldown_early() {
    for set_by_s in [3600, -3600] {
        let mut clinic = Clinic::new(one());
        let alert = clinic.alert("app", "a", 0);
        clinic.observe(&alert);
        clinic.pass(10);
        clinic.resolve(&alert);
        clinic.pass(60);
        let set = jiff::SignedDuration::from_secs(set_by_s);
        clinic.now = clinic.now.checked_add(set).unwrap();
        let again = clinic.alert("app", "a", 0);
        clinic.observe(&again);
        for _ in 0..5 {
            clinic.pass(60);
            clinic.repeat(&again);
        }
        assert_eq!(clinic.triggers.len(), 1, "the clock was set by {set_by_s} s");
        for _ in 0..10 {
            clinic.pass(60);
            clinic.repeat(&again);
        }
        assert_eq!(clinic.triggers.len(), 2, "the clock was set by {set_by_s} s");
    }
}

#[test]
fn pitfall_22_an_end_that_comes_before_its_beginning_is_not_undone() {
    let mut clinic = Clinic::new(one());
    let firing = clinic.alert("app", "a", 0);
    clinic.pass(30);
    clinic.resolve(&firing);
    clinic.observe(&firing);
    clinic.pass(60);
    assert!(clinic.triggers.is_empty());
    assert!(clinic.has(Decision::Ignored, Some(Reason::Late)));
    let next = clinic.alert("app", "a", 0);
    clinic.observe(&next);
    clinic.pass(1);
    assert_eq!(clinic.triggers.len(), 1, "the next episode is healed");
}

#[test]
fn pitfall_23_a_missing_target_label_fails_closed() {
    let mut clinic = Clinic::new(one());
    let alert = clinic.alert("app", "", 0);
    clinic.observe(&alert);
    clinic.pass(60);
    assert!(clinic.triggers.is_empty());
    assert!(clinic.has(Decision::NotStarted, Some(Reason::NoTarget)));
}

#[test]
fn pitfall_23_labels_that_churn_are_one_target() {
    let mut clinic = Clinic::new(one());
    for pod in 0..20 {
        let mut alert = clinic.alert("app", "a", 0);
        let labels = alert.alert.labels.iter().chain([("pod", "x")]);
        let pod = format!("app-{pod}");
        let labels: Vec<_> = labels
            .map(|(name, value)| if name == "pod" { (name, &*pod) } else { (name, value) })
            .collect();
        alert.alert.labels = regain_model::Labels::from_pairs(labels);
        clinic.observe(&alert);
        clinic.pass(2);
    }
    assert_eq!(clinic.triggers.len(), 1);
}

#[test]
fn pitfall_24_a_noisy_remediation_leaves_room_for_others() {
    let mut noisy = remediation("noisy", vec![run("sweep")]);
    noisy.limits.concurrent = 100;
    let mut all = settings(vec![noisy, remediation("app", vec![run("restart")])]);
    all.limits.concurrent = 2;
    all.limits.storm.targets = 1000;
    let mut clinic = Clinic::new(all);
    let mut alerts: Vec<_> =
        (0..150).map(|host| clinic.alert("noisy", &format!("host-{host}"), 0)).collect();
    alerts.push(clinic.alert("app", "a", 0));
    clinic.script.progress = None;
    clinic.give(Event::Listed(alerts));
    let healed: Vec<&str> = clinic.triggers.iter().map(|(_, action)| &**action).collect();
    assert!(healed.contains(&"run /bin/restart"), "{healed:?}");
    assert!(clinic.has(Decision::NotStarted, Some(Reason::QueueFull)));
}

#[test]
fn pitfall_25_a_restart_goes_on_with_what_runs() {
    let mut clinic = Clinic::new(one());
    clinic.script.progress =
        Some(Progress::Running { handle: Handle("h".to_owned()), note: "build 7".to_owned() });
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    clinic.pass(10);
    clinic.restart(one());
    assert_eq!(clinic.cancels, 0);
    clinic.script.progress = Some(Progress::Done(Outcome::Succeeded));
    clinic.repeat(&alert);
    clinic.pass(5);
    clinic.resolve(&alert);
    clinic.pass(60);
    assert_eq!((clinic.triggers.len(), clinic.lookups), (1, 0));
    assert_eq!(clinic.last_state(), Some(State::Succeeded));
}
