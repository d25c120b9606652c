//! What an `alertmanager.yml` says, with defaults filled in and what is inherited resolved.
//!
//! Crate `config` reads the file and fills these; everything here is plain data. An empty text or secret
//! means "not configured".

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use regain_http::{ClientConfig, Secret};
use regain_model::{Labels, Matcher};

use crate::time_interval::TimeInterval;

/// A whole configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// After how long an alert that its sender gave no end counts as resolved.
    pub resolve_timeout: Duration,
    /// The root of the routing tree.
    pub route: RouteSettings,
    /// Which alerts keep which others from being notified.
    pub inhibit_rules: Vec<InhibitRuleSettings>,
    /// Whom to notify; names are unique.
    pub receivers: Vec<ReceiverSettings>,
    /// The named time intervals of both lists of the file; names are unique.
    pub time_intervals: Vec<NamedIntervals>,
    /// The patterns of template files, relative to the directory of the process.
    pub templates: Vec<String>,
}

/// One node of the routing tree, as written: what is `None` comes from the parent.
#[derive(Clone, Debug, Default)]
pub struct RouteSettings {
    /// The name of the receiver.
    pub receiver: Option<Arc<str>>,
    /// What alerts are grouped by.
    pub group_by: Option<GroupBy>,
    /// What an alert must fulfil, from `match`, `match_re` and `matchers` together, in any order.
    pub matchers: Vec<Matcher>,
    /// Whether siblings further down are tried after this node has matched.
    pub continue_matching: bool,
    /// How long a new group waits before its first notification.
    pub group_wait: Option<Duration>,
    /// How long a group waits between two notifications; not zero.
    pub group_interval: Option<Duration>,
    /// After how long a notification is repeated; not zero.
    pub repeat_interval: Option<Duration>,
    /// The names of the intervals in which nothing is notified; not inherited.
    pub mute_time_intervals: Vec<Arc<str>>,
    /// The names of the intervals outside of which nothing is notified; not inherited.
    pub active_time_intervals: Vec<Arc<str>>,
    /// Labels of the route, which add to those of the parent; the values are templates.
    pub labels: BTreeMap<String, String>,
    /// The children, in the order of the file.
    pub routes: Vec<Self>,
}

/// What alerts are grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// By all their labels, so that each alert is a group of its own.
    All,
    /// By these labels, sorted; none puts all alerts into one group.
    Labels(Arc<[String]>),
}

/// One rule of inhibition.
#[derive(Clone, Debug, Default)]
pub struct InhibitRuleSettings {
    /// The name, which may be empty.
    pub name: String,
    /// What an inhibiting alert fulfils.
    pub source: Vec<Matcher>,
    /// What an inhibited alert fulfils.
    pub target: Vec<Matcher>,
    /// The labels whose values the two have in common; an absent label has the empty value.
    pub equal: Vec<String>,
}

/// Time intervals under one name, any of which may hold.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedIntervals {
    /// The name.
    pub name: Arc<str>,
    /// The intervals.
    pub intervals: Vec<TimeInterval>,
}

/// One receiver.
#[derive(Clone, Debug)]
pub struct ReceiverSettings {
    /// The name; not empty.
    pub name: Arc<str>,
    /// Labels to find the receiver by; `name` is always among them.
    pub labels: Labels,
    /// How it is notified, in upstream's order of kinds and then in the order of the file.
    pub integrations: Vec<IntegrationSettings>,
}

/// One way of notifying a receiver.
#[derive(Clone, Debug)]
pub struct IntegrationSettings {
    /// The kind and its settings.
    pub kind: IntegrationKind,
    /// Whether it is told that alerts have resolved.
    pub send_resolved: bool,
}

/// The kinds of integrations.
#[derive(Clone, Debug)]
pub enum IntegrationKind {
    /// A POST of JSON to any URL.
    Webhook(Box<WebhookSettings>),
    /// A message to Slack.
    Slack(Box<SlackSettings>),
}

impl IntegrationKind {
    /// The name of the kind in metrics, logs and the notification log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Slack(_) => "slack",
        }
    }
}

/// The settings of a webhook. Exactly one of `url` and `url_file` is configured.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// The client.
    pub http: ClientConfig,
    /// Where to POST to; may be a template.
    pub url: Secret,
    /// The file with the URL, read at each notification.
    pub url_file: Option<PathBuf>,
    /// How many alerts are sent at most; zero is no limit.
    pub max_alerts: u64,
    /// How long an attempt may take; zero is no limit of its own.
    pub timeout: Duration,
    /// What is sent in place of the usual body; each text in it is a template.
    pub payload: Option<serde_json::Value>,
}

/// The settings of a Slack message. Texts are templates unless said otherwise.
///
/// Where an application's token is configured, `api_url` is the application's URL and `http` carries the
/// token as its authorization.
#[derive(Clone, Debug)]
pub struct SlackSettings {
    /// The client.
    pub http: ClientConfig,
    /// Where to POST to; not a template.
    pub api_url: Option<Secret>,
    /// The file with that URL, read at each notification.
    pub api_url_file: Option<PathBuf>,
    /// The token of an application.
    pub app_token: Secret,
    /// The file with the token.
    pub app_token_file: Option<PathBuf>,
    /// Where applications POST to; not a template.
    pub app_url: String,
    /// The channel or user.
    pub channel: String,
    /// The name under which the message appears.
    pub username: String,
    /// The colour of the bar beside the message.
    pub color: String,
    /// The title.
    pub title: String,
    /// Where the title leads.
    pub title_link: String,
    /// The text above the attachment.
    pub pretext: String,
    /// The text of the attachment.
    pub text: String,
    /// The text of the message itself.
    pub message_text: String,
    /// Fields in columns.
    pub fields: Vec<SlackField>,
    /// Whether a field that does not say is short.
    pub short_fields: bool,
    /// The line below the attachment.
    pub footer: String,
    /// The text for clients that cannot show the attachment.
    pub fallback: String,
    /// What Slack sends back with actions.
    pub callback_id: String,
    /// The emoji beside the name.
    pub icon_emoji: String,
    /// The image beside the name.
    pub icon_url: String,
    /// An image below the text.
    pub image_url: String,
    /// An image beside the text.
    pub thumb_url: String,
    /// Whether names and channels in the text become links.
    pub link_names: bool,
    /// The parts that have markup, not templates; nothing configured is Slack's three usual ones.
    pub mrkdwn_in: Vec<String>,
    /// Buttons.
    pub actions: Vec<SlackAction>,
    /// Whether the group's first message is changed instead of a new one being sent.
    pub update_message: bool,
    /// How long an attempt may take; zero is no limit of its own.
    pub timeout: Duration,
}

/// A field in a Slack message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlackField {
    /// The title; not empty.
    pub title: String,
    /// The value; not empty.
    pub value: String,
    /// Whether it may stand beside another one.
    pub short: Option<bool>,
}

/// A button in a Slack message: a link where `url` is not empty, an action with a `name` otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlackAction {
    /// The key `type`.
    pub kind: String,
    /// What stands on it.
    pub text: String,
    /// Where it leads.
    pub url: String,
    /// How it looks.
    pub style: String,
    /// The name that Slack sends back.
    pub name: String,
    /// The value that Slack sends back.
    pub value: String,
    /// What is asked before it counts.
    pub confirm: Option<SlackConfirmation>,
}

/// The question before an action.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlackConfirmation {
    /// The question; not empty.
    pub text: String,
    /// Its title.
    pub title: String,
    /// The label for yes.
    pub ok_text: String,
    /// The label for no.
    pub dismiss_text: String,
}
