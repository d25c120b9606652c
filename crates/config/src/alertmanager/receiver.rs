//! The section `receivers`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use regain_alerting::settings::{IntegrationKind, IntegrationSettings, ReceiverSettings};
use regain_model::Labels;
use regain_yaml::{Node, Section};

use super::context::Context;
use super::global::Global;
use super::{other_receivers, slack, webhook};
use crate::client::set_client_directory;
use crate::marshal::Fields;

/// The label that holds the name of a receiver.
const NAME_LABEL: &str = "name";

/// One receiver.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    pub(super) name: String,
    labels: BTreeMap<String, String>,
    webhooks: Vec<IntegrationSettings>,
    slacks: Vec<IntegrationSettings>,
}

/// Reads all receivers and notes names that occur twice.
pub(super) fn decode_list(
    section: &mut Section<'_>,
    global: &Global,
    context: &Context<'_>,
) -> Vec<Receiver> {
    let mut names: Vec<String> = Vec::new();
    section.list("receivers", |node, _| {
        let receiver = Receiver::decode(node, global, context)?;
        if !receiver.name.is_empty() && names.contains(&receiver.name) {
            let at = node.get("name").map_or(node.span, |name| name.span);
            let message = format!("notification config name {:?} is not unique", receiver.name);
            context.mistakes.rule(at, message);
        }
        names.push(receiver.name.clone());
        Some(receiver)
    })
}

impl Receiver {
    fn decode(node: &Node, global: &Global, context: &Context<'_>) -> Option<Self> {
        Section::read(node, "config.plain", context.mistakes, |section| {
            let name: String = section.or_zero("name");
            if name.is_empty() {
                section.rule("name", "missing name in receiver");
            }
            let mut labels: BTreeMap<String, String> = section.or_zero("labels");
            if let Some(label) = labels.get(NAME_LABEL).filter(|label| **label != name) {
                let message = format!(
                    "receiver label \"name\" must match receiver name {name:?}, got {label:?}"
                );
                section.rule("labels", message);
            }
            labels.insert(NAME_LABEL.to_owned(), name.clone());
            other_receivers::decode(section, global);
            let webhooks = items(section, "webhook_configs", "webhook", |node| {
                webhook::decode(node, global, context)
            });
            let slacks = items(section, "slack_configs", "slack", |node| {
                slack::decode(node, global, context)
            });
            Self { name, labels, webhooks, slacks }
        })
    }

    pub(super) fn set_directory(&mut self, dir: &Path) {
        for integration in self.webhooks.iter_mut().chain(&mut self.slacks) {
            let client = match &mut integration.kind {
                IntegrationKind::Webhook(webhook) => &mut webhook.http,
                IntegrationKind::Slack(slack) => &mut slack.http,
            };
            set_client_directory(client, dir);
        }
    }

    pub(super) fn write(&self, fields: &mut Fields) {
        fields.always("name", &*self.name);
        fields.some_texts("labels", &self.labels);
        fields.sections("slack_configs", &self.slacks, write_integration);
        fields.sections("webhook_configs", &self.webhooks, write_integration);
    }

    pub(super) fn settings(&self) -> ReceiverSettings {
        ReceiverSettings {
            name: Arc::from(self.name.as_str()),
            labels: Labels::from_pairs(&self.labels),
            integrations: self.webhooks.iter().chain(&self.slacks).cloned().collect(),
        }
    }
}

/// Reads the integrations of one kind; an item that is nothing is a mistake.
fn items<T>(
    section: &mut Section<'_>,
    key: &'static str,
    kind: &str,
    mut decode: impl FnMut(&Node) -> Option<T>,
) -> Vec<T> {
    section.list(key, |node, mistakes| {
        if node.is_null() {
            mistakes.rule(node.span, format!("missing {kind} config"));
            return None;
        }
        decode(node)
    })
}

fn write_integration(integration: &IntegrationSettings, fields: &mut Fields) {
    fields.always("send_resolved", integration.send_resolved);
    match &integration.kind {
        IntegrationKind::Webhook(settings) => webhook::write(settings, fields),
        IntegrationKind::Slack(settings) => slack::write(settings, fields),
    }
}
