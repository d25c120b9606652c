//! What the API and healing see.

use std::sync::Arc;

use hashbrown::HashMap;
use jiff::Timestamp;
use regain_model::{Labels, MatchOp, Matcher};

use super::core::Core;
use super::options::Plan;
use crate::alert::{Alert, Fingerprint};
use crate::dispatch::{Dispatcher, GroupFacts};
use crate::notify::{Notification, NotificationReason, sort_alerts};
use crate::order::by_size_then_labels;
use crate::settings::{ReceiverSettings, Settings};

/// How an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertState {
    /// No flush has looked at it yet.
    Unprocessed,
    /// It is notified.
    Active,
    /// Something keeps it from being notified.
    Suppressed,
}

impl AlertState {
    /// The state as the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unprocessed => "unprocessed",
            Self::Active => "active",
            Self::Suppressed => "suppressed",
        }
    }
}

/// An alert as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertView {
    /// The alert; its end is in the future unless it has resolved.
    pub alert: Arc<Alert>,
    /// What it is identified by.
    pub fingerprint: Fingerprint,
    /// Who would be notified.
    pub receivers: Vec<Arc<str>>,
    /// The silences that apply.
    pub silenced_by: Vec<Arc<str>>,
    /// The alerts that inhibit it.
    pub inhibited_by: Vec<Fingerprint>,
    /// The time intervals that mute it.
    pub muted_by: Vec<Arc<str>>,
}

impl AlertView {
    /// How it stands.
    pub fn state(&self) -> AlertState {
        let is_notified =
            self.silenced_by.is_empty() && self.inhibited_by.is_empty() && self.muted_by.is_empty();
        if is_notified { AlertState::Active } else { AlertState::Suppressed }
    }
}

/// A group as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupView {
    /// What the alerts have in common.
    pub labels: Labels,
    /// The labels of the route.
    pub route_labels: Labels,
    /// Who is notified.
    pub receiver: Arc<str>,
    /// What receivers know the group by.
    pub group_key: Arc<str>,
    /// The alerts, in the order in which receivers are told of them.
    pub alerts: Vec<AlertView>,
}

impl GroupView {
    /// What templates of route labels are rendered for.
    pub(super) fn notification(&self, plan: &Plan, now: Timestamp) -> Notification {
        Notification {
            receiver: Arc::clone(&self.receiver),
            group_key: self.group_key.as_ref().to_owned(),
            group_labels: self.labels.clone(),
            route_labels: self.route_labels.clone(),
            alerts: self.alerts.iter().map(|view| Arc::clone(&view.alert)).collect(),
            reason: NotificationReason::Unknown,
            external_url: Arc::clone(&plan.external_url),
            now,
            receiver_data: std::collections::BTreeMap::new(),
        }
    }
}

/// Which alerts are asked for.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a parameter of the API")]
pub struct AlertFilter {
    /// What the labels fulfil.
    pub matchers: Vec<Matcher>,
    /// What the name of one of the receivers fulfils.
    pub receiver: Option<Matcher>,
    /// What the labels of one of the receivers fulfil.
    pub receiver_matchers: Vec<Matcher>,
    /// Whether those that nothing suppresses are.
    pub active: bool,
    /// Whether silenced ones are.
    pub silenced: bool,
    /// Whether inhibited ones are.
    pub inhibited: bool,
    /// Whether muted groups are.
    pub muted: bool,
}

impl Default for AlertFilter {
    fn default() -> Self {
        Self {
            matchers: Vec::new(),
            receiver: None,
            receiver_matchers: Vec::new(),
            active: true,
            silenced: true,
            inhibited: true,
            muted: true,
        }
    }
}

impl AlertFilter {
    fn accepts_name(&self, receiver: &str) -> bool {
        self.receiver.as_ref().is_none_or(|matcher| matcher.matches(receiver))
    }

    fn accepts_labels(&self, receiver: &str, settings: &Settings) -> bool {
        let is_it = |known: &&ReceiverSettings| &*known.name == receiver;
        let fits = |known: &ReceiverSettings| fulfils(&known.labels, &self.receiver_matchers);
        self.receiver_matchers.is_empty() || settings.receivers.iter().find(is_it).is_some_and(fits)
    }

    /// Whether the conditions on receivers are met, be it by different ones.
    fn accepts_receivers(&self, receivers: &[Arc<str>], settings: &Settings) -> bool {
        receivers.iter().any(|name| self.accepts_name(name))
            && receivers.iter().any(|name| self.accepts_labels(name, settings))
    }

    fn accepts(&self, alert: &Alert, now: Timestamp) -> bool {
        alert.ends_at.is_none_or(|end| end >= now) && fulfils(&alert.labels, &self.matchers)
    }

    fn accepts_state(&self, view: &AlertView) -> bool {
        let is_active = view.silenced_by.is_empty() && view.inhibited_by.is_empty();
        (self.active || !is_active)
            && (self.silenced || view.silenced_by.is_empty())
            && (self.inhibited || view.inhibited_by.is_empty())
    }
}

/// Whether labels fulfil the matchers of a filter. To these an absent label and an empty text are the same only
/// where the matcher is about the empty text.
pub fn fulfils(labels: &Labels, matchers: &[Matcher]) -> bool {
    matchers.iter().all(|matcher| {
        let value = labels.get(matcher.name());
        let is_about_presence = matcher.value().is_empty();
        let is_negative = matches!(matcher.op(), MatchOp::NotEqual | MatchOp::NotRegex);
        is_about_presence && (is_negative == value.is_some())
            || matcher.matches(value.unwrap_or_default())
    })
}

impl Core {
    /// See [`super::Alerting::alerts`].
    pub(super) fn alerts(&mut self, filter: &AlertFilter, now: Timestamp) -> Vec<AlertView> {
        let found: Vec<_> = self
            .store
            .iter()
            .filter(|(_, alert)| filter.accepts(alert, now))
            .map(|(fingerprint, alert)| (fingerprint, Arc::clone(alert)))
            .collect();
        let mut views = Vec::new();
        for (fingerprint, alert) in found {
            let receivers = self.receivers(&alert);
            if filter.accepts_receivers(&receivers, &self.plan.settings) {
                views.push(self.view(fingerprint, alert, receivers, now));
            }
        }
        views.retain(|view| filter.accepts_state(view));
        views
    }

    /// See [`super::Alerting::active`]. An alert is muted when all groups that it is in are.
    pub(super) fn active(&mut self, now: Timestamp) -> Vec<AlertView> {
        let mut muted: HashMap<Fingerprint, Option<Vec<Arc<str>>>> = HashMap::new();
        for group in self.dispatcher.groups() {
            for (fingerprint, _) in group.alerts() {
                let by = muted.entry(fingerprint).or_insert_with(|| Some(Vec::new()));
                match by {
                    Some(by) if !group.muted_by.is_empty() => by.extend_from_slice(group.muted_by),
                    _ => *by = None,
                }
            }
        }
        let all: Vec<_> = self.store.iter().map(|(id, alert)| (id, Arc::clone(alert))).collect();
        let view = |(fingerprint, alert): (Fingerprint, Arc<Alert>)| {
            let receivers = self.receivers(&alert);
            let mut view = self.view(fingerprint, alert, receivers, now);
            view.muted_by = muted.remove(&fingerprint).flatten().unwrap_or_default();
            view.muted_by.sort();
            view.muted_by.dedup();
            view
        };
        all.into_iter().map(view).collect()
    }

    /// See [`super::Alerting::groups`]; the route labels are templates still.
    pub(super) fn groups(&mut self, filter: &AlertFilter, now: Timestamp) -> Vec<GroupView> {
        let mut receivers: HashMap<Fingerprint, Vec<Arc<str>>> = HashMap::new();
        let mut groups = Vec::new();
        let found: Vec<_> = self
            .dispatcher
            .groups()
            .filter(|group| {
                let receiver = &group.route.options.receiver;
                filter.accepts_name(receiver)
                    && filter.accepts_labels(receiver, &self.plan.settings)
            })
            .map(|group| outline(&group, filter, now))
            .collect();
        for (mut group, alerts, muted_by) in found {
            for alert in alerts {
                let fingerprint = alert.fingerprint();
                let mut view = self.view(fingerprint, alert, Vec::new(), now);
                if filter.accepts_state(&view) {
                    receivers.entry(fingerprint).or_default().push(Arc::clone(&group.receiver));
                    view.muted_by.clone_from(&muted_by);
                    group.alerts.push(view);
                }
            }
            if !group.alerts.is_empty() && (filter.muted || muted_by.is_empty()) {
                groups.push(group);
            }
        }
        for names in receivers.values_mut() {
            names.sort();
        }
        for view in groups.iter_mut().flat_map(|group| &mut group.alerts) {
            view.receivers.clone_from(&receivers[&view.fingerprint]);
        }
        groups.sort_by(|a, b| {
            by_size_then_labels(&a.labels, &b.labels).then_with(|| a.receiver.cmp(&b.receiver))
        });
        groups
    }

    fn receivers(&self, alert: &Alert) -> Vec<Arc<str>> {
        let routes = self.dispatcher.tree().matching(&alert.labels);
        routes.iter().map(|route| Arc::clone(&route.options.receiver)).collect()
    }

    fn view(
        &mut self,
        fingerprint: Fingerprint,
        alert: Arc<Alert>,
        receivers: Vec<Arc<str>>,
        now: Timestamp,
    ) -> AlertView {
        AlertView {
            silenced_by: self.silences.silencing(fingerprint, &alert.labels, now),
            inhibited_by: self.inhibitor.inhibited_by(&alert.labels, now),
            muted_by: Vec::new(),
            alert,
            fingerprint,
            receivers,
        }
    }
}

/// A group without its alerts, those that may belong into the answer, and what mutes it.
fn outline(
    group: &GroupFacts<'_>,
    filter: &AlertFilter,
    now: Timestamp,
) -> (GroupView, Vec<Arc<Alert>>, Vec<Arc<str>>) {
    let accepted =
        group.alerts().map(|(_, alert)| alert).filter(|alert| filter.accepts(alert, now));
    let mut alerts: Vec<_> = accepted.map(Arc::clone).collect();
    sort_alerts(&mut alerts);
    let view = GroupView {
        labels: group.labels.clone(),
        route_labels: group.route.options.labels.clone(),
        receiver: Arc::clone(&group.route.options.receiver),
        group_key: Arc::clone(group.key),
        alerts: Vec::new(),
    };
    (view, alerts, group.muted_by.to_vec())
}

/// How many alerts have not resolved, by state.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StateCounts {
    pub(super) active: usize,
    pub(super) suppressed: usize,
    pub(super) unprocessed: usize,
}

/// Counts alerts by what the last flush of their group found; of an alert in several groups the state that is
/// furthest from "unprocessed" counts.
pub(super) fn count_alerts(dispatcher: &Dispatcher, now: Timestamp) -> StateCounts {
    let mut states: HashMap<Fingerprint, AlertState> = HashMap::new();
    for group in dispatcher.groups() {
        for (fingerprint, _) in group.alerts().filter(|(_, alert)| !alert.is_resolved_at(now)) {
            let state = match group.marks(fingerprint) {
                None => AlertState::Unprocessed,
                Some(marks) if marks.is_silenced || marks.is_inhibited => AlertState::Suppressed,
                Some(_) => AlertState::Active,
            };
            let known = states.entry(fingerprint).or_insert(state);
            *known = state.max(*known);
        }
    }
    let count = |wanted| states.values().filter(|state| **state == wanted).count();
    StateCounts {
        active: count(AlertState::Active),
        suppressed: count(AlertState::Suppressed),
        unprocessed: count(AlertState::Unprocessed),
    }
}
