//! Whom alerts are sent to, resolved: what crate `config` makes of the section `alerting`.

use std::time::Duration;

use regain_discovery::{FileSdConfig, StaticConfig};
use regain_http::ClientConfig;
use regain_model::Labels;
use regain_model::relabel::RelabelConfig;

/// Says whom all alerts are sent to.
#[derive(Clone, Debug, Default)]
pub struct NotifierSettings {
    /// Are added to alerts that have no such labels.
    pub external_labels: Labels,
    /// Are applied to each alert once.
    pub relabel_configs: Vec<RelabelConfig>,
    pub alertmanagers: Vec<AlertmanagerSettings>,
}

/// Is a set of Alertmanagers.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertmanagerSettings {
    pub client: ClientConfig,
    pub scheme: String,
    /// Stands before the path of the API.
    pub path_prefix: String,
    /// Is how long a request may take.
    pub timeout: Duration,
    /// Holds the Alertmanagers that are written in the configuration itself.
    pub statics: StaticConfig,
    /// Names the files that hold more.
    pub files: Vec<FileSdConfig>,
    /// Are applied to Alertmanagers.
    pub relabel_configs: Vec<RelabelConfig>,
    /// Are applied to alerts on the way to these Alertmanagers.
    pub alert_relabel_configs: Vec<RelabelConfig>,
}
