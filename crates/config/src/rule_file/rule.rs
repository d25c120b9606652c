//! Rules.

use std::time::Duration;

use regain_model::{is_valid_label_name, is_valid_metric_name};
use regain_promql::{Expr, parse};
use regain_rules::{AlertSettings, Rule, RuleKind, Texts};
use regain_yaml::{Mistakes, Node, Section, Span};

use super::RuleFileOptions;
use super::group::{check_label, texts};
use super::place::Source;
use super::template::check_text;
use crate::value::optional_duration;

/// Reads the rules of one group.
#[derive(Debug)]
pub(super) struct RuleReader<'a> {
    pub(super) group: &'a str,
    /// The labels of the group.
    pub(super) labels: &'a Texts,
    pub(super) options: &'a RuleFileOptions,
}

/// Notes what is wrong with one rule.
#[derive(Clone, Copy, Debug)]
struct Complaints<'a> {
    group: &'a str,
    /// The place of the rule in its group, from one.
    number: usize,
    name: &'a str,
    mistakes: &'a Mistakes,
}

impl Complaints<'_> {
    fn add(&self, at: Span, what: impl std::fmt::Display) {
        let Self { group, number, name, mistakes } = self;
        let (group, name) = (quote(group), quote(name));
        mistakes.rule(at, format!("group {group}, rule {number}, {name}: {what}"));
    }
}

fn quote(text: &str) -> String {
    regain_go_format::quote::quote(text)
}

/// What a rule says of itself, before it is known which kind it is.
struct Words {
    record: String,
    alert: String,
    hold: Duration,
    keep_firing_for: Duration,
}

impl RuleReader<'_> {
    /// Reads an item of the list `rules`, the `number`th of its group.
    pub(super) fn decode(
        &self,
        node: &Node,
        mistakes: &Mistakes,
        number: usize,
        source: Source<'_>,
    ) -> Option<Rule> {
        Section::read(node, "rulefmt.Rule", mistakes, |section| {
            let words = Words {
                record: section.or_zero("record"),
                alert: section.or_zero("alert"),
                hold: optional_duration(section, "for").unwrap_or_default(),
                keep_firing_for: optional_duration(section, "keep_firing_for").unwrap_or_default(),
            };
            let name = if words.alert.is_empty() { &words.record } else { &words.alert };
            let complaints = Complaints { group: self.group, number, name, mistakes };
            check_kind(&words, section, complaints);
            let expr = self.expr(section, complaints, source);
            let own = self.labels(section, &words, complaints, source);
            let annotations = self.annotations(section, &words, complaints, source);
            if !words.record.is_empty() {
                self.check_recording(&words, &annotations, section, complaints);
            }
            let mut labels = self.labels.clone();
            labels.extend(own);
            let kind = if words.alert.is_empty() {
                RuleKind::Recording
            } else {
                let (hold, keep_firing_for) = (words.hold, words.keep_firing_for);
                RuleKind::Alerting(AlertSettings { hold, keep_firing_for, annotations })
            };
            Some(Rule::new(name.as_str(), expr?, labels, kind))
        })
        .flatten()
    }

    fn expr(
        &self,
        section: &mut Section<'_>,
        complaints: Complaints<'_>,
        source: Source<'_>,
    ) -> Option<Expr> {
        let node = section.field("expr");
        let text = match node.map(|node| (node, node.text())) {
            Some((_, Some(text))) if !text.is_empty() => text,
            // The wrong kind of value says so itself.
            Some((_, None)) => return section.optional::<String>("expr").and(None),
            _ => {
                complaints.add(section.place_of("expr"), "field 'expr' must be set in rule");
                return None;
            }
        };
        let node = node?;
        parse(text, &self.options.parser)
            .map_err(|errors| {
                for error in &errors {
                    let offset = usize::try_from(error.position().start).unwrap_or(0);
                    let message = format!("could not parse expression: {error}");
                    complaints.add(source.place(node, offset), message);
                }
            })
            .ok()
    }

    fn labels(
        &self,
        section: &mut Section<'_>,
        words: &Words,
        complaints: Complaints<'_>,
        source: Source<'_>,
    ) -> Texts {
        texts(section, "labels", |name, value, at| {
            if let Err(mistake) = check_label(name, value, self.options.scheme) {
                complaints.add(at, mistake);
            }
            if let Err(mistake) = check_text(&words.alert, value, source) {
                complaints.add(mistake.at, format!("label {}: {}", quote(name), mistake.error));
            }
        })
    }

    fn annotations(
        &self,
        section: &mut Section<'_>,
        words: &Words,
        complaints: Complaints<'_>,
        source: Source<'_>,
    ) -> Texts {
        texts(section, "annotations", |name, value, at| {
            if !is_valid_label_name(name, self.options.scheme) {
                complaints.add(at, format!("invalid annotation name: {name}"));
            }
            if let Err(mistake) = check_text(&words.alert, value, source) {
                let error = mistake.error;
                complaints.add(mistake.at, format!("annotation {}: {error}", quote(name)));
            }
        })
    }

    /// Notes what a recording rule must not say.
    fn check_recording(
        &self,
        words: &Words,
        annotations: &Texts,
        section: &Section<'_>,
        complaints: Complaints<'_>,
    ) {
        for (key, is_set) in [
            ("annotations", !annotations.is_empty()),
            ("for", !words.hold.is_zero()),
            ("keep_firing_for", !words.keep_firing_for.is_zero()),
        ] {
            if is_set {
                let message = format!("invalid field '{key}' in recording rule");
                complaints.add(section.place_of(key), message);
            }
        }
        let (name, at) = (&words.record, section.place_of("record"));
        if !is_valid_metric_name(name, self.options.scheme) {
            complaints.add(at, format!("invalid recording rule name: {name}"));
        }
        if name.contains(['{', '}']) {
            let what = "braces present in the recording rule name; should it be in expr?";
            complaints.add(at, format!("{what}: {name}"));
        }
    }
}

fn check_kind(words: &Words, section: &Section<'_>, complaints: Complaints<'_>) {
    match (words.record.is_empty(), words.alert.is_empty()) {
        (false, false) => {
            let at = section.place_of("alert");
            complaints.add(at, "only one of 'record' and 'alert' must be set");
        }
        (true, true) => complaints.add(section.at(), "one of 'record' or 'alert' must be set"),
        _ => {}
    }
}
