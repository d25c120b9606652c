//! One remediation.

use std::sync::Arc;
use std::time::Duration;

use regain_alerting::matcher::{MatcherMode, parse_matchers};
use regain_healing::Expression;
use regain_healing::settings::{CancelOnResolve, Mode, Remediation, Step, StepKind, When};
use regain_model::{INSTANCE_NAME, MatchOp, Matcher, is_legacy_label_name};
use regain_yaml::{Decode as _, Kind, Mistakes, Node, Section};

use super::{Reader, action, limits, step};
use crate::value::duration_or;

/// The label that asks for healing, where nothing else is configured.
const ASKS: (&str, &str) = ("selfhealing", "true");

/// Reads an item of `remediations`.
pub(super) fn decode(node: &Node, reader: &Reader<'_>) -> Option<Remediation> {
    Section::read(node, "remediation", reader.mistakes, |section| {
        let name = name(section);
        let steps: Vec<Step> = section.list("steps", |node, _| step::decode(node, reader));
        check_steps(section, &steps);
        let target = target(section, &steps);
        let mode = word(section, "mode", Mode::parse, "off, shadow or auto");
        let cancel =
            word(section, "cancel_on_resolve", CancelOnResolve::parse, "never, queued or running");
        Remediation {
            name,
            matchers: matchers(section, &steps),
            target,
            mode: mode.unwrap_or_default(),
            when: section.section("when", "when", when).unwrap_or_default(),
            limits: section.section("limits", "limits", limits::own).unwrap_or_default(),
            cancel_on_resolve: cancel.unwrap_or_default(),
            steps,
            escalate_to: receiver(section, "escalate_to"),
            replaces: receiver(section, "replaces"),
        }
    })
}

/// One of a few words.
pub(super) fn word<T>(
    section: &mut Section<'_>,
    name: &'static str,
    parse: impl Fn(&str) -> Option<T>,
    words: &str,
) -> Option<T> {
    section.parsed(name, |text| {
        parse(text).ok_or_else(|| format!("{name} must be {words}, not {text:?}"))
    })
}

fn name(section: &mut Section<'_>) -> Arc<str> {
    let name: String = section.required("name").unwrap_or_default();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if section.peek("name").is_some() && (name.is_empty() || !name.chars().all(plain)) {
        section
            .rule("name", format!("name must be letters, digits, '-', '_' and '.', not {name:?}"));
    }
    name.into()
}

fn receiver(section: &mut Section<'_>, name: &'static str) -> Option<Arc<str>> {
    let receiver: Option<String> = section.optional(name);
    if receiver.as_ref().is_some_and(String::is_empty) {
        section.rule(name, format!("{name} names no receiver"));
    }
    receiver.map(Into::into)
}

/// The matchers; without any, alerts that ask for healing and name the job that heals them.
fn matchers(section: &mut Section<'_>, steps: &[Step]) -> Vec<Matcher> {
    if section.peek("match").is_none_or(Node::is_null) {
        section.field("match");
        let mut matchers = vec![Matcher::equal(ASKS.0, ASKS.1)];
        let labels = steps.iter().filter_map(action::label_of);
        matchers.extend(labels.map(|label| {
            Matcher::new(label, MatchOp::NotEqual, "").expect("it holds no regular expression")
        }));
        return matchers;
    }
    let parse = |node: &Node, mistakes: &Mistakes| {
        let text = String::decode(node, mistakes)?;
        let parsed = parse_matchers(&text, MatcherMode::Fallback, "remediations");
        parsed.map_err(|error| mistakes.rule(node.span, error.to_string())).ok()
    };
    let parsed = section.list("match", |node, mistakes| Some(parse(node, mistakes)));
    // What does not parse is a mistake of its own.
    let all_parsed = parsed.iter().all(Option::is_some);
    let matchers: Vec<Matcher> = parsed.into_iter().flatten().flatten().collect();
    if all_parsed && matchers.iter().all(Matcher::matches_empty) {
        let message = "match must name at least one label that an alert has to have; otherwise \
                       every alert would be healed";
        section.rule("match", message);
    }
    matchers
}

fn target(section: &mut Section<'_>, steps: &[Step]) -> Vec<String> {
    let target = section.list("target", |node, mistakes| {
        let name = String::decode(node, mistakes)?;
        if !is_legacy_label_name(&name) {
            mistakes.rule(node.span, format!("{name:?} is no name of a label"));
        }
        Some(name)
    });
    let acts = |step: &Step| matches!(step.kind, StepKind::Act(_));
    let target =
        if target.is_empty() { vec![Remediation::DEFAULT_TARGET.to_owned()] } else { target };
    let blind = steps.iter().any(|step| acts(step) && step.verify.expr.is_none());
    if blind && !target.iter().any(|name| name == INSTANCE_NAME) {
        let message = "without the label instance in target each step needs verify.expr: nothing \
                       else tells what is healthy from what is absent";
        section.rule("target", message);
    }
    target
}

fn check_steps(section: &Section<'_>, steps: &[Step]) {
    let has_items = section.peek("steps").is_some_and(|node| match &node.kind {
        Kind::List(items) => !items.is_empty(),
        _ => !node.is_null(),
    });
    if steps.is_empty() && !has_items {
        section.rule("steps", "a remediation needs at least one step");
    }
    let notify = |step: &Step| matches!(step.kind, StepKind::Notify { .. });
    if steps.iter().rev().skip(1).any(notify) {
        section.rule("steps", "notify can only be the last step: the run ends there");
    }
}

fn when(section: &mut Section<'_>) -> When {
    let default = When::default();
    let when = When {
        firing_for: duration_or(section, "firing_for", Duration::ZERO),
        not_after: limits::some_duration(section, "not_after", default.not_after),
        guard: section.parsed("guard", Expression::parse),
        fresh: limits::some_duration(section, "fresh", default.fresh),
    };
    if when.not_after <= when.firing_for {
        section.rule("not_after", "not_after must be longer than firing_for");
    }
    when
}
