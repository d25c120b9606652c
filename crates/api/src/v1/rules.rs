//! `rules` and `alerts`: what is evaluated again and again, and what came of it.

mod page;

use std::time::Duration;

use regain_go_format::float::{FloatFormat, append_float};
use regain_go_format::time::{ZERO_TIME, format_rfc3339_nano};
use regain_model::{Labels, Matcher};
use regain_rules::{Alert, GroupView, RuleKind, RuleView, Texts};
use serde::Serialize;

use super::labels_object::LabelsObject;
use crate::door::Open;
use crate::envelope::{ApiError, Success};
use crate::params::Params;
use page::Page;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rules<'a> {
    groups: Vec<Group<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    name: &'a str,
    file: &'a str,
    rules: Vec<Rule<'a>>,
    interval: f64,
    limit: i64,
    evaluation_time: f64,
    last_evaluation: String,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Rule<'a> {
    Alerting(Alerting<'a>),
    Recording(Recording<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alerting<'a> {
    state: &'static str,
    name: &'a str,
    query: &'a str,
    duration: f64,
    keep_firing_for: f64,
    labels: LabelsObject<&'a Texts>,
    annotations: LabelsObject<&'a Texts>,
    /// Null where they are not wanted.
    alerts: Option<Vec<AlertJson<'a>>>,
    health: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<&'a str>,
    evaluation_time: f64,
    last_evaluation: String,
    r#type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Recording<'a> {
    name: &'a str,
    query: &'a str,
    labels: LabelsObject<&'a Texts>,
    health: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<&'a str>,
    evaluation_time: f64,
    last_evaluation: String,
    r#type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AlertJson<'a> {
    labels: LabelsObject<&'a Labels>,
    annotations: LabelsObject<&'a Texts>,
    state: &'static str,
    active_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_firing_since: Option<String>,
    value: String,
}

#[derive(Serialize)]
struct Alerts<'a> {
    alerts: Vec<AlertJson<'a>>,
}

/// `/api/v1/rules`.
pub(crate) async fn rules(Open(serving): Open, params: Params) -> Result<Success, ApiError> {
    params.check()?;
    let wanted = Wanted::read(&params)?;
    let page = Page::read(&params)?;
    let groups = serving.rules.groups();
    let shown = groups.iter().map(|group| (&**group, wanted.rules_of(group)));
    let (groups, group_next_token) = page.cut(shown)?;
    Ok(Success::json(&Rules { groups, group_next_token }))
}

/// `/api/v1/alerts`.
pub(crate) async fn alerts(Open(serving): Open) -> Success {
    let groups = serving.rules.groups();
    let rules = groups.iter().flat_map(|group| &group.rules);
    let alerts = rules.filter_map(|rule| rule.alerting.as_ref()).flat_map(|view| &*view.alerts);
    Success::json(&Alerts { alerts: alerts.map(AlertJson::of).collect() })
}

/// Which rules a request wants, and how much of them.
#[derive(Debug)]
struct Wanted<'a> {
    names: Vec<&'a str>,
    groups: Vec<&'a str>,
    files: Vec<&'a str>,
    /// One of them must match the labels of the rule; none is no condition.
    selectors: Vec<Vec<Matcher>>,
    alerting: bool,
    recording: bool,
    without_alerts: bool,
}

impl<'a> Wanted<'a> {
    fn read(params: &'a Params) -> Result<Self, ApiError> {
        let selectors =
            params.selectors().map_err(|error| ApiError::bad_data(error.to_string()))?;
        let kind = params.text("type").to_lowercase();
        if !matches!(kind.as_str(), "" | "alert" | "record") {
            return Err(ApiError::parameter("type", format!("not supported value {kind:?}")));
        }
        Ok(Self {
            names: params.texts("rule_name[]").collect(),
            groups: params.texts("rule_group[]").collect(),
            files: params.texts("file[]").collect(),
            selectors,
            alerting: kind != "record",
            recording: kind != "alert",
            without_alerts: excludes_alerts(params.text("exclude_alerts"))?,
        })
    }

    /// The wanted rules of a group; none of one that is not wanted.
    fn rules_of<'g>(&self, group: &'g GroupView) -> Vec<Rule<'g>> {
        let is_in = |names: &[&str], name: &str| names.is_empty() || names.contains(&name);
        if !is_in(&self.groups, &group.settings.name) || !is_in(&self.files, &group.settings.file) {
            return Vec::new();
        }
        let rules = group.rules.iter().filter(|rule| is_in(&self.names, &rule.settings.name));
        rules
            .filter(|rule| self.matches(&rule.settings.labels))
            .filter_map(|rule| self.rule(rule))
            .collect()
    }

    fn matches(&self, labels: &Texts) -> bool {
        let value = |name: &str| labels.get(name).map_or("", String::as_str);
        let all = |matchers: &Vec<Matcher>| {
            matchers.iter().all(|matcher| matcher.matches(value(matcher.name())))
        };
        self.selectors.is_empty() || self.selectors.iter().any(all)
    }

    fn rule<'g>(&self, rule: &'g RuleView) -> Option<Rule<'g>> {
        match &rule.settings.kind {
            RuleKind::Recording => self.recording.then(|| Rule::Recording(Recording::of(rule))),
            RuleKind::Alerting(_) if self.alerting => {
                Alerting::of(rule, self.without_alerts).map(Rule::Alerting)
            }
            RuleKind::Alerting(_) => None,
        }
    }
}

/// A truth value as Go reads it; upstream looks at it in lower case.
fn excludes_alerts(text: &str) -> Result<bool, ApiError> {
    match text.to_lowercase().as_str() {
        "" | "0" | "f" | "false" => Ok(false),
        "1" | "t" | "true" => Ok(true),
        text => {
            let why = format!(
                "error converting exclude_alerts: strconv.ParseBool: parsing {text:?}: invalid syntax"
            );
            Err(ApiError::parameter("exclude_alerts", why))
        }
    }
}

impl<'a> Group<'a> {
    fn of(group: &'a GroupView, rules: Vec<Rule<'a>>) -> Self {
        let settings = &group.settings;
        Self {
            name: &settings.name,
            file: &settings.file,
            rules,
            interval: settings.interval.as_secs_f64(),
            limit: settings.limit,
            evaluation_time: group.evaluation_time.as_secs_f64(),
            last_evaluation: time(group.last_evaluation),
        }
    }
}

impl<'a> Alerting<'a> {
    fn of(rule: &'a RuleView, without_alerts: bool) -> Option<Self> {
        let (settings, view) = (rule.settings.alerting()?, rule.alerting.as_ref()?);
        Some(Self {
            state: view.state.as_str(),
            name: &rule.settings.name,
            query: &rule.settings.query,
            duration: settings.hold.as_secs_f64(),
            keep_firing_for: settings.keep_firing_for.as_secs_f64(),
            labels: LabelsObject(&rule.settings.labels),
            annotations: LabelsObject(&settings.annotations),
            alerts: (!without_alerts).then(|| view.alerts.iter().map(AlertJson::of).collect()),
            health: rule.health.as_str(),
            last_error: rule.last_error.as_deref(),
            evaluation_time: rule.evaluation_time.as_secs_f64(),
            last_evaluation: time(rule.last_evaluation),
            r#type: "alerting",
        })
    }
}

impl<'a> Recording<'a> {
    fn of(rule: &'a RuleView) -> Self {
        Self {
            name: &rule.settings.name,
            query: &rule.settings.query,
            labels: LabelsObject(&rule.settings.labels),
            health: rule.health.as_str(),
            last_error: rule.last_error.as_deref(),
            evaluation_time: rule.evaluation_time.as_secs_f64(),
            last_evaluation: time(rule.last_evaluation),
            r#type: "recording",
        }
    }
}

impl<'a> AlertJson<'a> {
    fn of(alert: &'a Alert) -> Self {
        Self {
            labels: LabelsObject(&alert.labels),
            annotations: LabelsObject(&alert.annotations),
            state: alert.state.as_str(),
            active_at: time(Some(alert.active_at)),
            keep_firing_since: alert.keep_firing_since.map(|since| time(Some(since))),
            value: value(alert.value),
        }
    }
}

/// A value with an exponent, as upstream shows those of alerts.
fn value(value: f64) -> String {
    let mut text = Vec::new();
    append_float(&mut text, value, FloatFormat::E);
    String::from_utf8(text).expect("numbers are ASCII")
}

/// A time since the Unix epoch in Go's text, or Go's zero time.
fn time(since_epoch: Option<Duration>) -> String {
    let found = since_epoch.and_then(|time| jiff::SignedDuration::try_from(time).ok());
    let found = found.and_then(|time| jiff::Timestamp::from_duration(time).ok());
    found.map_or_else(|| ZERO_TIME.to_owned(), format_rfc3339_nano)
}
