//! Groups.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use regain_model::{MAX_LABEL_BYTES, METRIC_NAME, NameScheme, is_valid_label_name};
use regain_rules::{RuleGroup, Texts};
use regain_yaml::{Decode as _, Mistakes, Node, Section, Span, pairs};

use super::RuleFileOptions;
use super::place::Source;
use super::rule::RuleReader;
use crate::value::optional_duration;

/// Reads the groups of one file.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    file: Arc<str>,
    options: &'a RuleFileOptions,
    source: Source<'a>,
    names: BTreeSet<String>,
}

impl<'a> Groups<'a> {
    pub(super) fn new(file: &str, options: &'a RuleFileOptions, source: Source<'a>) -> Self {
        Self { file: file.into(), options, source, names: BTreeSet::new() }
    }

    /// Reads an item of the list `groups`.
    pub(super) fn decode(&mut self, node: &Node, mistakes: &Mistakes) -> Option<RuleGroup> {
        Section::read(node, "rulefmt.RuleGroup", mistakes, |section| {
            let name: String = section.or_zero("name");
            self.check_name(&name, section);
            let interval = optional_duration(section, "interval").unwrap_or_default();
            let query_offset = optional_duration(section, "query_offset");
            let limit = section.or_zero("limit");
            let labels = texts(section, "labels", |label, value, at| {
                check_label(label, value, self.options.scheme)
                    .unwrap_or_else(|mistake| mistakes.rule(at, mistake));
            });
            let reader = RuleReader { group: &name, labels: &labels, options: self.options };
            let mut number = 0;
            let rules = section.list("rules", |node, mistakes| {
                number += 1;
                reader.decode(node, mistakes, number, self.source).map(Arc::new)
            });
            RuleGroup {
                file: Arc::clone(&self.file),
                name: name.into(),
                interval: or(interval, self.options.interval),
                query_offset,
                limit,
                rules,
            }
        })
    }

    fn check_name(&mut self, name: &str, section: &Section<'_>) {
        if name.is_empty() {
            section.rule("name", "Groupname must not be empty");
        }
        if !self.names.insert(name.to_owned()) {
            let message = format!("groupname: \"{name}\" is repeated in the same file");
            section.rule("name", message);
        }
    }
}

fn or(own: Duration, default: Duration) -> Duration {
    if own.is_zero() { default } else { own }
}

/// Reads a mapping from texts to texts; `check` gets each entry with its place.
pub(super) fn texts(
    section: &mut Section<'_>,
    key: &'static str,
    mut check: impl FnMut(&str, &Node, Span),
) -> Texts {
    let mistakes = section.mistakes();
    let Some(node) = section.field(key) else { return Texts::new() };
    let entries = pairs(node, mistakes).unwrap_or_default();
    let read = entries.into_iter().filter_map(|(name, at, value)| {
        check(name, value, at);
        Some((name.to_owned(), String::decode(value, mistakes)?))
    });
    read.collect()
}

/// Says what is wrong with a label.
pub(super) fn check_label(name: &str, value: &Node, scheme: NameScheme) -> Result<(), String> {
    if !is_valid_label_name(name, scheme) || name == METRIC_NAME {
        return Err(format!("invalid label name: {name}"));
    }
    if value.text().is_some_and(|value| value.len() > MAX_LABEL_BYTES) {
        return Err(format!("label value of {name} is too long"));
    }
    Ok(())
}
