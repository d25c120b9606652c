//! From an `alertmanager.yml` to a plan that alerting can go on with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;
use regain_alerting::matcher::MatcherMode;
use regain_alerting::notify::Integration;
use regain_alerting::route::RouteTree;
use regain_alerting::settings::ReceiverSettings;

use regain_alerting::time_interval::TimeIntervals;
use regain_alerting::{Notify, Plan, Templates};
use regain_config::{
    LoadError, LoadedAlertmanager, UnbuiltList, load_alertmanager_file, load_alertmanager_text,
};
use regain_http::client::ClientOptions;

use crate::{build_info, environment};

/// Where the configuration of alerting comes from and what it is read with.
#[derive(Clone, Debug)]
pub(crate) struct AlertingSource {
    /// The file.
    pub(crate) file: AlertingFile,
    /// How matchers are read.
    pub(crate) mode: MatcherMode,
    /// Where this program is reached from outside, without a slash at its end.
    pub(crate) external_url: Arc<str>,
}

/// A file, or a text of the program's own.
#[derive(Clone, Debug)]
pub(crate) enum AlertingFile {
    /// A file, which is read again at each reload.
    File(PathBuf),
    /// A text.
    BuiltIn(&'static str),
}

impl AlertingFile {
    /// What it is called in messages.
    pub(crate) fn name(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::BuiltIn(_) => Path::new("built-in configuration of alerting"),
        }
    }
}

/// A configuration that can be put into force.
#[derive(Debug)]
pub(crate) struct ReadyAlerting {
    /// What alerting goes on with.
    pub(crate) plan: Plan,
    /// The configuration as it is shown, without secrets.
    pub(crate) shown: String,
    /// Its text.
    pub(crate) text: String,
}

/// Why there is no configuration of alerting to run with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AlertingRefused {
    /// The file cannot be read, or has mistakes.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The file asks for what does not exist here.
    #[error("{0}")]
    NotBuilt(UnbuiltList),
    /// A file of templates is none.
    #[error("{}: {source}", .file.display())]
    Template {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: regain_go_template::ParseError,
    },
    /// A receiver cannot be told anything, for instance for want of a certificate.
    #[error("receiver {receiver:?}: {source}")]
    Client {
        /// The name of the receiver.
        receiver: Arc<str>,
        /// Why not.
        source: Box<regain_http::client::error::BuildError>,
    },
    /// A name stands for a receiver that there is not.
    #[error("{}: there is no receiver {name:?}, which a remediation replaces", .file.display())]
    NoReceiver {
        /// The configuration of alerting.
        file: PathBuf,
        /// The name.
        name: String,
    },
}

impl AlertingSource {
    /// Loads everything, completely or not at all. The receivers named in `replaced` are told nothing, because a
    /// remediation does what they would do.
    pub(crate) fn load(
        &self,
        replaced: &BTreeSet<String>,
    ) -> Result<ReadyAlerting, AlertingRefused> {
        let loaded = match &self.file {
            AlertingFile::File(path) => load_alertmanager_file(path, self.mode),
            AlertingFile::BuiltIn(text) => {
                load_alertmanager_text(self.file.name(), text, self.mode)
            }
        }?;
        for warning in &loaded.warnings {
            tracing::warn!("{warning}");
        }
        if !loaded.unbuilt.is_empty() {
            return Err(AlertingRefused::NotBuilt(UnbuiltList(loaded.unbuilt)));
        }
        let receivers = &loaded.settings.receivers;
        let is_there = |name: &&String| receivers.iter().any(|receiver| *receiver.name == ***name);
        if let Some(name) = replaced.iter().find(|name| !is_there(name)) {
            return Err(AlertingRefused::NoReceiver {
                file: self.file.name().to_owned(),
                name: name.clone(),
            });
        }
        let templates = Arc::new(templates(&loaded)?);
        let environment = environment::all();
        let mut integrations = BTreeMap::new();
        for receiver in receivers {
            let told = if replaced.contains(&*receiver.name) {
                Vec::new()
            } else {
                integrate(receiver, &templates, &environment)?
            };
            integrations.insert(Arc::clone(&receiver.name), told);
        }
        let route_templates = Arc::clone(&templates);
        let settings = Arc::new(loaded.settings);
        let plan = Plan {
            routes: RouteTree::new(&settings.route),
            intervals: TimeIntervals::new(&settings.time_intervals, TimeZone::system()),
            integrations,
            route_labels: Arc::new(move |notification| route_templates.route_labels(notification)),
            external_url: Arc::clone(&self.external_url),
            settings,
        };
        Ok(ReadyAlerting { plan, shown: loaded.shown, text: loaded.text })
    }
}

fn templates(loaded: &LoadedAlertmanager) -> Result<Templates, AlertingRefused> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let files: Vec<(String, &str)> =
        loaded.templates.iter().map(|file| (name(&file.path), file.text.as_str())).collect();
    let all = files.iter().map(|(name, text)| (name.as_str(), *text));
    Templates::new(all).map_err(|source| {
        // The error names the template, which is the last element of its path.
        let is_named =
            |file: &&regain_config::TemplateFile| source.to_string().contains(&name(&file.path));
        let file = loaded.templates.iter().find(is_named);
        let file = file.map_or_else(PathBuf::new, |file| file.path.clone());
        AlertingRefused::Template { file, source }
    })
}

fn integrate(
    receiver: &ReceiverSettings,
    templates: &Arc<Templates>,
    environment: &BTreeMap<String, String>,
) -> Result<Vec<Arc<dyn Notify>>, AlertingRefused> {
    let user_agent = format!("Alertmanager/{}", build_info::ALERTMANAGER_VERSION);
    let options = ClientOptions::new(&user_agent, environment);
    let build = |settings: &regain_alerting::settings::IntegrationSettings| {
        Integration::new(settings.clone(), Arc::clone(templates), &options)
            .map(|integration| Arc::new(integration) as Arc<dyn Notify>)
            .map_err(|error| AlertingRefused::Client {
                receiver: Arc::clone(&receiver.name),
                source: Box::new(error),
            })
    };
    receiver.integrations.iter().map(build).collect()
}
