use std::time::Duration;

use jiff::Timestamp;
use regain_alerting::Fingerprint;
use regain_model::{Labels, Matcher};

use super::*;
use crate::machine::{Recovered, State, Tally};
use crate::order::ExecutionId;
use crate::settings::{CancelOnResolve, Limits, Mode, Remediations, When};

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn remediation(name: &str, mode: Mode) -> Arc<Remediation> {
    let limit = |runs, hours| RunLimit { runs, per: Duration::from_hours(hours) };
    Arc::new(Remediation {
        name: name.into(),
        matchers: vec![Matcher::equal("heal", name)],
        target: vec!["instance".to_owned()],
        mode,
        when: When::default(),
        limits: Limits { max: vec![limit(3, 1), limit(9, 24)], ..Limits::default() },
        cancel_on_resolve: CancelOnResolve::default(),
        steps: Vec::new(),
        escalate_to: None,
        replaces: None,
    })
}

/// A run that ended so many minutes ago.
fn tally(remediation: &str, instance: &str, minutes: u64, state: State) -> Tally {
    let target = Labels::from_pairs([("instance", instance)]);
    let ended = now() - Duration::from_mins(minutes);
    Tally {
        run: ExecutionId::of(remediation, &target, &minutes.to_string(), 0, 0),
        remediation: remediation.into(),
        target,
        alert: (Fingerprint(1), ended),
        mode: Mode::Auto,
        started: ended,
        ended,
        state,
        acted: true,
        closes_episode: false,
    }
}

#[test]
fn each_remediation_shows_its_own_runs_and_the_target_that_has_used_most() {
    let mut shown = tally("shadow", "a", 5, State::Cancelled);
    shown.mode = Mode::Shadow;
    let mut unbegun = tally("app", "a", 2, State::Cancelled);
    unbegun.acted = false;
    let tallies = vec![
        tally("app", "a", 600, State::Succeeded),
        tally("app", "a", 300, State::Escalated),
        tally("gone", "a", 200, State::Succeeded),
        tally("app", "b", 50, State::Succeeded),
        tally("app", "b", 40, State::TimedOut),
        tally("app", "c", 30, State::Succeeded),
        tally("disk", "b", 20, State::Unknown),
        tally("shadow", "a", 10, State::Succeeded),
        shown,
        tally("app", "a", 3, State::Cancelled),
        unbegun,
    ];
    let list = vec![
        remediation("shadow", Mode::Shadow),
        remediation("app", Mode::Auto),
        remediation("disk", Mode::Auto),
        remediation("idle", Mode::Auto),
    ];
    let settings = Remediations { list, ..Remediations::default() };
    let machine = Machine::new(settings, Recovered { tallies, ..Recovered::default() }, now());
    let view = View::of(&machine, &Arc::default());
    let rows = view.remediations.iter().map(|one| {
        let used: Vec<u32> = one.limits.iter().map(|(_, used)| *used).collect();
        (&*one.settings.name, one.succeeded, one.failed, used)
    });
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [
            // Its limits count what it only shows, since that is all it does now.
            ("shadow", 1, 0, vec![1, 1]),
            ("app", 3, 2, vec![2, 3]),
            ("disk", 0, 1, vec![1, 1]),
            ("idle", 0, 0, vec![0, 0]),
        ]
    );
}
