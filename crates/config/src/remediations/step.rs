//! One step of a remediation.

use std::time::Duration;

use regain_healing::Expression;
use regain_healing::order::Action;
use regain_healing::settings::{OnUnknown, Step, StepKind, Verify};
use regain_yaml::{Node, Section};

use super::limits::{backoff, number, some_duration};
use super::remediation::word;
use super::{Reader, action};
use crate::value::duration_or;

/// The most attempts of one step.
const ATTEMPTS_MAX: u32 = 10;

/// Reads an item of `steps`.
pub(super) fn decode(node: &Node, reader: &Reader<'_>) -> Option<Step> {
    let step = Section::read(node, "step", reader.mistakes, |section| {
        let idempotent = section.or_zero("idempotent");
        let kind = action::decode(section, reader, idempotent);
        let on_unknown = word(section, "on_unknown", OnUnknown::parse, "wait, retry or escalate");
        let on_unknown = on_unknown.unwrap_or_default();
        if on_unknown == OnUnknown::Retry && !idempotent {
            section.rule("on_unknown", "on_unknown: retry needs idempotent: true");
        }
        let timeout = some_duration(section, "timeout", Step::DEFAULT_TIMEOUT);
        if let Some(kind) = &kind {
            check_timeout(section, kind, timeout);
        }
        // Everything is read before a missing kind ends it, so that no key is taken for an unknown one.
        let attempts = number(section, "attempts", 1, ATTEMPTS_MAX);
        let backoff = section.section("backoff", "backoff", backoff).unwrap_or_default();
        let verify = section.section("verify", "verify", verify).unwrap_or_default();
        Some(Step { kind: kind?, timeout, attempts, backoff, idempotent, on_unknown, verify })
    });
    step.flatten()
}

fn check_timeout(section: &Section<'_>, kind: &StepKind, timeout: Duration) {
    let StepKind::Act(action) = kind else { return };
    if let Action::Http(http) = &**action
        && http.timeout > timeout
    {
        section.rule("http", "the timeout of the request is longer than that of its step");
    }
}

fn verify(section: &mut Section<'_>) -> Verify {
    let default = Verify::default();
    Verify {
        alert_resolved: section.or("alert_resolved", default.alert_resolved),
        expr: section.parsed("expr", Expression::parse),
        stable_for: duration_or(section, "stable_for", default.stable_for),
        within: some_duration(section, "within", default.within),
        fresh: some_duration(section, "fresh", default.fresh),
    }
}
