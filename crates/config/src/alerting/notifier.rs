//! From the section of a file to the settings that send alerts.

use regain_model::relabel::RelabelConfig;
use regain_rules::notifier::{AlertmanagerSettings, NotifierSettings};

use crate::alerting::{AlertingConfig, AlertmanagerConfig};
use crate::global::GlobalConfig;
use crate::relabel::RelabelRule;

impl AlertingConfig {
    /// What sends alerts on. What is not built is left out: whoever sends has asked [`crate::Config::unbuilt`] first.
    pub fn notifier(&self, global: &GlobalConfig) -> NotifierSettings {
        NotifierSettings {
            external_labels: global.external_labels(),
            relabel_configs: rules(&self.alert_relabel_configs),
            alertmanagers: self.alertmanagers.iter().map(AlertmanagerConfig::settings).collect(),
        }
    }
}

impl AlertmanagerConfig {
    fn settings(&self) -> AlertmanagerSettings {
        AlertmanagerSettings {
            client: self.client.clone(),
            scheme: self.scheme.clone(),
            path_prefix: self.path_prefix.clone(),
            timeout: self.timeout,
            statics: self.discovery.static_config.clone(),
            files: self.discovery.files.clone(),
            relabel_configs: rules(&self.relabel_configs),
            alert_relabel_configs: rules(&self.alert_relabel_configs),
        }
    }
}

fn rules(rules: &[RelabelRule]) -> Vec<RelabelConfig> {
    rules.iter().map(|rule| rule.config.clone()).collect()
}
