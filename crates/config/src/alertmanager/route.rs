//! The section `route`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use regain_alerting::settings::{GroupBy, RouteSettings};
use regain_yaml::{Decode as _, Node, Section, Span, pairs};

use super::context::Context;
use super::matchers::{Keys, Matchers};
use super::receiver::Receiver;
use super::shared;
use crate::marshal::{Fields, texts};
use crate::value::{optional_duration, texts as located_texts};

const MATCH: Keys = Keys { equal: "match", regex: "match_re", matchers: "matchers" };
/// What stands for all labels in `group_by`.
const ALL_LABELS: &str = "...";

/// One node.
#[derive(Clone, Debug)]
pub(super) struct Route {
    at: Span,
    receiver_at: Span,
    receiver: String,
    /// As written; nothing where the key is absent.
    group_by: Option<Vec<String>>,
    matchers: Matchers,
    mute_time_intervals: Vec<(Span, String)>,
    active_time_intervals: Vec<(Span, String)>,
    continue_matching: bool,
    routes: Vec<Self>,
    group_wait: Option<Duration>,
    group_interval: Option<Duration>,
    repeat_interval: Option<Duration>,
    labels: BTreeMap<String, String>,
}

impl Route {
    pub(super) fn decode(node: &Node, context: &Context<'_>) -> Option<Self> {
        Section::read(node, "config.plain", context.mistakes, |section| {
            let labels = labels(section, context);
            Self {
                at: section.at(),
                receiver_at: section.place_of("receiver"),
                receiver: section.or_zero("receiver"),
                group_by: group_by(section, context),
                matchers: Matchers::decode(section, MATCH, context),
                mute_time_intervals: located_texts(section, "mute_time_intervals"),
                active_time_intervals: located_texts(section, "active_time_intervals"),
                continue_matching: section.or_zero("continue"),
                routes: section.list("routes", |node, _| Self::decode_child(node, context)),
                group_wait: optional_duration(section, "group_wait"),
                group_interval: positive(section, "group_interval"),
                repeat_interval: positive(section, "repeat_interval"),
                labels,
            }
        })
    }

    fn decode_child(node: &Node, context: &Context<'_>) -> Option<Self> {
        if node.is_null() {
            // Upstream crashes here.
            context.mistakes.rule(node.span, "missing route");
            return None;
        }
        Self::decode(node, context)
    }

    /// Checks what holds for the root only.
    pub(super) fn check_root(&self, context: &Context<'_>) {
        let rule = |broken: bool, message: &str| {
            if broken {
                context.mistakes.rule(self.at, message);
            }
        };
        rule(self.receiver.is_empty(), "root route must specify a default receiver");
        rule(!self.matchers.all.is_empty(), "root route must not have any matchers");
        rule(
            !self.mute_time_intervals.is_empty(),
            "root route must not have any mute time intervals",
        );
        rule(
            !self.active_time_intervals.is_empty(),
            "root route must not have any active time intervals",
        );
        rule(self.continue_matching, "cannot have continue in root route");
    }

    /// Checks that the receivers that the node and its children name exist.
    pub(super) fn check_receivers(&self, receivers: &[Receiver], context: &Context<'_>) {
        let receiver = self.receiver.as_str();
        if !receiver.is_empty() && !receivers.iter().any(|one| one.name == receiver) {
            let message = format!("undefined receiver {receiver:?} used in route");
            context.mistakes.rule(self.receiver_at, message);
        }
        for child in &self.routes {
            child.check_receivers(receivers, context);
        }
    }

    /// Checks that the intervals that the node and its children name exist.
    pub(super) fn check_intervals(&self, intervals: &[Arc<str>], context: &Context<'_>) {
        for (at, name) in self.active_time_intervals.iter().chain(&self.mute_time_intervals) {
            if !intervals.iter().any(|known| **known == **name) {
                let message = format!("undefined time interval {name:?} used in route");
                context.mistakes.rule(*at, message);
            }
        }
        for child in &self.routes {
            child.check_intervals(intervals, context);
        }
    }

    pub(super) fn write(&self, fields: &mut Fields) {
        let names = |list: &[(Span, String)]| texts(list.iter().map(|(_, name)| name));
        fields.some("receiver", &*self.receiver);
        fields.some("group_by", texts(self.group_by.iter().flatten()));
        self.matchers.write(MATCH, fields);
        fields.some("mute_time_intervals", names(&self.mute_time_intervals));
        fields.some("active_time_intervals", names(&self.active_time_intervals));
        fields.always("continue", self.continue_matching);
        fields.sections("routes", &self.routes, Self::write);
        for (key, duration) in [
            ("group_wait", self.group_wait),
            ("group_interval", self.group_interval),
            ("repeat_interval", self.repeat_interval),
        ] {
            if let Some(duration) = duration {
                fields.duration(key, duration);
            }
        }
        fields.some_texts("labels", &self.labels);
    }

    pub(super) fn settings(&self) -> RouteSettings {
        let receiver = Some(self.receiver.as_str()).filter(|name| !name.is_empty());
        RouteSettings {
            receiver: receiver.map(Arc::from),
            group_by: self.group_by.as_deref().map(grouping),
            matchers: self.matchers.all.clone(),
            continue_matching: self.continue_matching,
            group_wait: self.group_wait,
            group_interval: self.group_interval,
            repeat_interval: self.repeat_interval,
            mute_time_intervals: shared(&self.mute_time_intervals),
            active_time_intervals: shared(&self.active_time_intervals),
            labels: self.labels.clone(),
            routes: self.routes.iter().map(Self::settings).collect(),
        }
    }
}

fn grouping(names: &[String]) -> GroupBy {
    if names.iter().any(|name| name == ALL_LABELS) {
        return GroupBy::All;
    }
    let mut names = names.to_vec();
    names.sort_unstable();
    GroupBy::Labels(names.into())
}

fn labels(section: &mut Section<'_>, context: &Context<'_>) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    let Some(node) = section.field("labels") else { return labels };
    for (name, at, value) in pairs(node, context.mistakes).unwrap_or_default() {
        if !context.mode.is_valid_label_name(name) {
            context.mistakes.rule(at, format!("invalid label name {name:?} in route labels"));
        }
        if let Some(value) = String::decode(value, context.mistakes) {
            labels.insert(name.to_owned(), value);
        }
    }
    labels
}

/// The labels to group by, as written; nothing where the key is absent or has no value.
fn group_by(section: &mut Section<'_>, context: &Context<'_>) -> Option<Vec<String>> {
    let node = section.peek("group_by").filter(|node| !node.is_null());
    let listed = located_texts(section, "group_by");
    node?;
    let mut names: Vec<&str> = Vec::new();
    for (at, name) in listed.iter().filter(|(_, name)| name != ALL_LABELS) {
        if !context.mode.is_valid_label_name(name) {
            context.mistakes.rule(*at, format!("invalid label name {name:?} in group_by list"));
        } else if names.contains(&&**name) {
            context.mistakes.rule(*at, format!("duplicated label {name:?} in group_by"));
        }
        names.push(name);
    }
    if !names.is_empty() && names.len() < listed.len() {
        section.rule(
            "group_by",
            "cannot have wildcard group_by (`...`) and other labels at the same time",
        );
    }
    Some(listed.into_iter().map(|(_, name)| name).collect())
}

/// A duration that must not be zero.
fn positive(section: &mut Section<'_>, name: &'static str) -> Option<Duration> {
    let duration = optional_duration(section, name)?;
    if duration.is_zero() {
        section.rule(name, format!("{name} cannot be zero"));
    }
    Some(duration)
}
