//! `regain.yml` and the files that it names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_alerting::matcher::MatcherMode;
use regain_config::{LoadError, RegainFile, Unbuilt, load_regain_file, load_remediation_files};
use regain_healing::settings::{Mode, Remediations};

use crate::alerting::{AlertingFile, AlertingRefused, AlertingSource, ReadyAlerting};

/// Where alerting and healing are configured.
#[derive(Clone, Debug)]
pub(crate) enum ActingSource {
    /// Nowhere: alerts are sent to other Alertmanagers alone, and nothing heals.
    None,
    /// In a `regain.yml`, which is read again at each reload.
    File(PathBuf),
    /// Alerting is, by a text of the program's own.
    Alertmanager(&'static str),
}

/// What can be put into force.
#[derive(Debug, Default)]
pub(crate) struct ReadyActing {
    /// The configuration of alerting.
    pub(crate) alerting: Option<ReadyAlerting>,
    /// Whether groups outlive reloads and restarts.
    pub(crate) keep_group_state: bool,
    /// What heals.
    pub(crate) healing: Option<Remediations>,
    /// All files that were read.
    pub(crate) files: Vec<PathBuf>,
}

/// Why there is nothing to put into force.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ActingRefused {
    /// A file cannot be read, or has mistakes.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The configuration of alerting is refused.
    #[error(transparent)]
    Alerting(#[from] AlertingRefused),
    /// A file asks for what does not exist here.
    #[error("{0}")]
    NotBuilt(Unbuilt),
    /// Healing hears of alerts from alerting alone.
    #[error("{}: healing needs the section alerting, which it hears of alerts from", .0.display())]
    NothingToHear(PathBuf),
}

impl ActingSource {
    /// Loads everything, completely or not at all.
    pub(crate) fn load(&self, external_url: &Arc<str>) -> Result<ReadyActing, ActingRefused> {
        let source = |file| AlertingSource {
            file,
            mode: MatcherMode::default(),
            external_url: Arc::clone(external_url),
        };
        match self {
            Self::None => Ok(ReadyActing::default()),
            Self::Alertmanager(text) => {
                let ready = source(AlertingFile::BuiltIn(text)).load(&BTreeSet::new())?;
                Ok(ReadyActing { alerting: Some(ready), ..ReadyActing::default() })
            }
            Self::File(path) => load(path, source),
        }
    }
}

fn load(
    path: &Path,
    source: impl Fn(AlertingFile) -> AlertingSource,
) -> Result<ReadyActing, ActingRefused> {
    let RegainFile { alerting, healing } = load_regain_file(path)?;
    let mut ready = ReadyActing { files: vec![path.to_owned()], ..ReadyActing::default() };
    if let Some(healing) = healing {
        if alerting.is_none() {
            return Err(ActingRefused::NothingToHear(path.to_owned()));
        }
        let loaded = load_remediation_files(&healing.remediations)?;
        for warning in &loaded.warnings {
            tracing::warn!("{warning}");
        }
        if let Some(unbuilt) = loaded.unbuilt.into_iter().next() {
            return Err(ActingRefused::NotBuilt(unbuilt));
        }
        ready.files.extend(healing.remediations);
        ready.healing = Some(loaded.settings);
    }
    if let Some(part) = alerting {
        let replaced = ready.healing.as_ref().map(replaced).unwrap_or_default();
        ready.files.push(part.config_file.clone());
        ready.alerting = Some(source(AlertingFile::File(part.config_file)).load(&replaced)?);
        ready.keep_group_state = part.keep_group_state;
    }
    Ok(ready)
}

/// The receivers whose work remediations do that act.
fn replaced(remediations: &Remediations) -> BTreeSet<String> {
    let acting = remediations.list.iter().filter(|one| one.mode == Mode::Auto);
    acting.filter_map(|one| one.replaces.as_deref().map(str::to_owned)).collect()
}
