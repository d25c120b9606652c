//! What a remediation does while it runs.

use regain_healing::machine::{Reason, State};
use regain_healing::order::{Cancelled, Handle, Progress};
use regain_healing::settings::Mode;

use crate::clinic::{Clinic, remediation, run, settings};

fn one() -> regain_healing::settings::Remediations {
    settings(vec![remediation("app", vec![run("restart")])])
}

#[test]
fn shadow_shows_what_it_would_do_and_does_nothing() {
    let mut app = remediation("app", vec![run("restart")]);
    app.mode = Mode::Shadow;
    let mut clinic = Clinic::new(settings(vec![app]));
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    for _ in 0..5 {
        clinic.pass(60);
        clinic.repeat(&alert);
    }
    assert!(clinic.triggers.is_empty());
    let shown = clinic.entries.iter().filter(|entry| entry.reason == Some(Reason::Shadow)).count();
    assert_eq!(shown, 1, "the cooldown holds for what it would have done");
}

#[test]
fn a_timeout_that_cannot_be_stopped_is_not_tried_again() {
    let mut restart = run("restart");
    restart.attempts = 3;
    let mut clinic = Clinic::new(settings(vec![remediation("app", vec![restart])]));
    clinic.script.progress =
        Some(Progress::Running { handle: Handle("h".to_owned()), note: String::new() });
    clinic.script.cancelled = Some(Cancelled::Unknown { why: "no route".to_owned() });
    let alert = clinic.alert("app", "a", 0);
    for _ in 0..10 {
        clinic.repeat(&alert);
        clinic.pass(60);
    }
    assert_eq!((clinic.triggers.len(), clinic.cancels), (1, 1));
    assert_eq!(clinic.last_state(), Some(State::Unknown));
}

#[test]
fn without_a_durable_intent_nothing_is_triggered() {
    let mut clinic = Clinic::new(one());
    clinic.script.writes = false;
    let alert = clinic.alert("app", "a", 0);
    clinic.observe(&alert);
    clinic.pass(30);
    assert!(clinic.triggers.is_empty());
    clinic.script.writes = true;
    clinic.pass(30);
    assert_eq!(clinic.triggers.len(), 1);
}
