//! The section `alerting`.

use std::path::Path;
use std::time::Duration;

use regain_http::ClientConfig;
use regain_model::NameScheme;
use regain_yaml::{Mistakes, Node, Section};

use crate::client::{decode_client, set_client_directory, write_client};
use crate::cloud_auth::{CloudAuth, SIGV4};
use crate::marshal::Fields;
use crate::relabel::{RelabelRule, relabel_configs, write_rules};
use crate::sd::Discovery;
use crate::value::duration_or;

mod notifier;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
const API_VERSION: &str = "v2";

/// Whom alerts are sent to.
#[derive(Clone, Debug, Default)]
pub struct AlertingConfig {
    /// The rules for alerts on the way out.
    pub alert_relabel_configs: Vec<RelabelRule>,
    /// The receivers.
    pub alertmanagers: Vec<AlertmanagerConfig>,
}

/// A set of Alertmanagers.
#[derive(Clone, Debug)]
pub struct AlertmanagerConfig {
    /// The client that sends.
    pub client: ClientConfig,
    /// The scheme of the request.
    pub scheme: String,
    /// What stands before the path of the API.
    pub path_prefix: String,
    /// How long a request may take.
    pub timeout: Duration,
    /// Where the Alertmanagers come from.
    pub discovery: Discovery,
    /// The rules for Alertmanagers.
    pub relabel_configs: Vec<RelabelRule>,
    /// The rules for alerts on the way to these Alertmanagers.
    pub alert_relabel_configs: Vec<RelabelRule>,
    sigv4: Option<CloudAuth>,
    api_version: String,
}

impl AlertingConfig {
    pub(crate) fn decode(section: &mut Section<'_>, scheme: NameScheme) -> Self {
        let alert_relabel_configs = relabel_configs(
            section,
            "alert_relabel_configs",
            "empty or null alert relabeling rule",
            scheme,
        );
        let read = |node: &Node, mistakes: &Mistakes| {
            if node.is_null() {
                mistakes.rule(node.span, "empty or null Alertmanager config section");
                return None;
            }
            AlertmanagerConfig::decode(node, mistakes, scheme)
        };
        let alertmanagers = section.list("alertmanagers", read);
        Self { alert_relabel_configs, alertmanagers }
    }

    pub(crate) fn set_directory(&mut self, dir: &Path) {
        for alertmanager in &mut self.alertmanagers {
            alertmanager.discovery.set_directory(dir);
            set_client_directory(&mut alertmanager.client, dir);
        }
    }

    pub(crate) fn write(&self, fields: &mut Fields) {
        write_rules("alert_relabel_configs", &self.alert_relabel_configs, fields);
        fields.sections("alertmanagers", &self.alertmanagers, AlertmanagerConfig::write);
    }
}

impl AlertmanagerConfig {
    fn decode(node: &Node, mistakes: &Mistakes, scheme: NameScheme) -> Option<Self> {
        Section::read(node, "config.AlertmanagerConfig", mistakes, |section| {
            let target_rules = relabel_configs(
                section,
                "relabel_configs",
                "empty or null Alertmanager target relabeling rule",
                scheme,
            );
            let discovery = Discovery::decode(section, target_rules.is_empty());
            let client = decode_client(section, &ClientConfig::default());
            let sigv4 = CloudAuth::decode(section, &[&SIGV4], &client);
            if sigv4.is_some() {
                mistakes.remark(section.at(), "alerting.alertmanagers with sigv4");
            }
            Self {
                sigv4,
                client,
                api_version: api_version(section),
                scheme: section.or("scheme", "http".to_owned()),
                path_prefix: section.or_zero("path_prefix"),
                timeout: duration_or(section, "timeout", DEFAULT_TIMEOUT),
                discovery,
                alert_relabel_configs: relabel_configs(
                    section,
                    "alert_relabel_configs",
                    "empty or null Alertmanager alert relabeling rule",
                    scheme,
                ),
                relabel_configs: target_rules,
            }
        })
    }

    fn write(&self, fields: &mut Fields) {
        write_client(&self.client, fields);
        if let Some(sigv4) = &self.sigv4 {
            sigv4.write(fields);
        }
        fields.some("scheme", &*self.scheme);
        fields.some("path_prefix", &*self.path_prefix);
        fields.some_duration("timeout", self.timeout);
        fields.always("api_version", &*self.api_version);
        write_rules("relabel_configs", &self.relabel_configs, fields);
        write_rules("alert_relabel_configs", &self.alert_relabel_configs, fields);
        self.discovery.write(fields);
    }
}

/// The version of the API; a key without a value is shown as that.
fn api_version(section: &mut Section<'_>) -> String {
    const NAME: &str = "api_version";
    let has_value = section.peek(NAME).is_some_and(|node| !node.is_null());
    let version = section.or(NAME, API_VERSION.to_owned());
    if has_value && version != API_VERSION {
        let message = format!(
            "expected Alertmanager api version to be one of [{API_VERSION}] but got {version}"
        );
        section.rule(NAME, message);
    }
    version
}
