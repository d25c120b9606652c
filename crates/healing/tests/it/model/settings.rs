//! The remediations of the random world.

use std::sync::Arc;
use std::time::Duration;

use regain_healing::order::{Action, CommandAction};
use regain_healing::settings::{
    Backoff, Breaker, CancelOnResolve, GlobalLimits, Limits, Mode, OnUnknown, Remediation,
    Remediations, RunLimit, Step, StepKind, Storm, Verify, When,
};
use regain_model::Matcher;

pub(crate) const COOLDOWN: Duration = Duration::from_mins(2);
pub(crate) const NOT_AFTER: Duration = Duration::from_mins(30);
pub(crate) const FRESH: Duration = Duration::from_mins(5);
pub(crate) const LIMIT: RunLimit = RunLimit { runs: 4, per: Duration::from_hours(1) };
pub(crate) const CONCURRENT: usize = 3;
pub(crate) const IDEMPOTENT: &str = "idempotent";

/// An action that does what its name says; the world does not look at it.
pub(crate) fn action(name: &str) -> Arc<Action> {
    Arc::new(Action::Command(CommandAction {
        program: format!("/bin/{name}").into(),
        arguments: Vec::new(),
        env: std::collections::BTreeMap::default(),
        cwd: "/".into(),
        grace: CommandAction::GRACE,
    }))
}

fn step(name: &str, attempts: u32) -> Step {
    Step {
        timeout: Duration::from_secs(90),
        attempts,
        backoff: Backoff { initial: Duration::from_secs(5), max: Duration::from_secs(30) },
        verify: Verify {
            stable_for: Duration::from_secs(10),
            within: Duration::from_mins(1),
            ..Verify::default()
        },
        ..Step::new(StepKind::Act(action(name)))
    }
}

fn remediation(name: &str, target: &[&str], steps: Vec<Step>) -> Remediation {
    Remediation {
        name: name.into(),
        matchers: vec![Matcher::equal("heal", name)],
        target: target.iter().map(|&label| label.to_owned()).collect(),
        mode: Mode::Auto,
        when: When { not_after: NOT_AFTER, fresh: FRESH, ..When::default() },
        limits: Limits {
            cooldown: COOLDOWN,
            max: vec![LIMIT],
            concurrent: 2,
            breaker: Breaker {
                errors: 0.8,
                open_for: Duration::from_mins(10),
                ..Breaker::default()
            },
        },
        cancel_on_resolve: CancelOnResolve::Queued,
        steps,
        escalate_to: Some("people".into()),
        replaces: None,
    }
}

/// The settings; `variant` makes them differ from reload to reload.
pub(crate) fn settings(variant: u64) -> Remediations {
    let mut ladder =
        remediation("ladder", &["instance"], vec![step("reload", 2), step("restart", 1)]);
    ladder.when.firing_for = Duration::from_secs(10 * (variant % 3));
    let mut idempotent = remediation(IDEMPOTENT, &["instance", "app"], vec![step("touch", 3)]);
    idempotent.steps[0].idempotent = true;
    idempotent.steps[0].on_unknown = OnUnknown::Retry;
    idempotent.cancel_on_resolve = CancelOnResolve::Running;
    let mut waits = remediation("waits", &["app"], vec![step("sweep", 1)]);
    waits.steps[0].on_unknown = OnUnknown::Wait;
    waits.mode = if variant % 4 == 3 { Mode::Shadow } else { Mode::Auto };
    let mut list = vec![Arc::new(ladder), Arc::new(idempotent), Arc::new(waits)];
    if variant % 5 == 4 {
        list.remove(1);
    }
    Remediations {
        list,
        limits: GlobalLimits {
            concurrent: CONCURRENT,
            max: vec![RunLimit { runs: 200, per: Duration::from_hours(1) }],
            storm: Storm { targets: 7, within: Duration::from_mins(1) },
            queue: 8,
        },
        escalate_to: None,
    }
}
