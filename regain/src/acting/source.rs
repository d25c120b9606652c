//! `regain.yml` and the files that it names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_alerting::matcher::MatcherMode;
use regain_config::{LoadError, RegainFile, RetentionOf, StorageLimits, load_regain_file};
use regain_healing::settings::{Mode, Remediations, StepKind};

use crate::alerting::{AlertingFile, AlertingRefused, AlertingSource, ReadyAlerting};
use crate::healing::{self, HealingRefused};

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
    /// Series that the store keeps for a shorter time than the rest.
    pub(crate) retention: Vec<RetentionOf>,
    /// Limits on new series.
    pub(crate) limits: StorageLimits,
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
    /// What is to heal is refused.
    #[error(transparent)]
    Healing(#[from] HealingRefused),
    /// People are to be told through a receiver that tells nobody.
    #[error("{}: healing tells people through the receiver {receiver:?}, which {why}", .file.display())]
    TellsNobody {
        /// The file that names it, or the first one with remediations.
        file: PathBuf,
        /// The receiver.
        receiver: String,
        /// Why it tells nobody.
        why: &'static str,
    },
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
    let RegainFile { alerting, healing, retention, limits } = load_regain_file(path)?;
    let files = vec![path.to_owned()];
    let mut ready = ReadyActing { retention, limits, files, ..ReadyActing::default() };
    if let Some(part) = healing {
        if alerting.is_none() {
            return Err(ActingRefused::NothingToHear(path.to_owned()));
        }
        ready.healing = Some(healing::load(&part.remediations)?);
        ready.files.extend(part.remediations);
    }
    if let Some(part) = alerting {
        let replaced = ready.healing.as_ref().map(replaced).unwrap_or_default();
        ready.files.push(part.config_file.clone());
        let alerting = source(AlertingFile::File(part.config_file)).load(&replaced)?;
        if let Some(healing) = &ready.healing {
            check_receivers(healing, &alerting, &replaced).map_err(|(receiver, why)| {
                let file = ready.files.get(1).cloned().unwrap_or_default();
                ActingRefused::TellsNobody { file, receiver, why }
            })?;
        }
        ready.alerting = Some(alerting);
        ready.keep_group_state = part.keep_group_state;
    }
    Ok(ready)
}

/// The receivers whose work remediations do that act.
fn replaced(remediations: &Remediations) -> BTreeSet<String> {
    let acting = remediations.list.iter().filter(|one| one.mode == Mode::Auto);
    acting.filter_map(|one| one.replaces.as_deref().map(str::to_owned)).collect()
}

/// Whether all receivers that healing tells people through are there and tell somebody.
fn check_receivers(
    healing: &Remediations,
    alerting: &ReadyAlerting,
    replaced: &BTreeSet<String>,
) -> Result<(), (String, &'static str)> {
    let own = healing.list.iter().flat_map(|remediation| {
        let steps = remediation.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Notify { receiver, .. } => Some(receiver),
            StepKind::Act(_) => None,
        });
        remediation.escalate_to.iter().chain(steps)
    });
    for receiver in healing.escalate_to.iter().chain(own) {
        let integrations = alerting.plan.integrations.get(receiver);
        let why = match integrations {
            None => "does not exist",
            Some(_) if replaced.contains(&**receiver) => "a remediation replaces",
            Some(integrations) if integrations.is_empty() => "has no way to tell anybody",
            Some(_) => continue,
        };
        return Err((receiver.as_ref().to_owned(), why));
    }
    Ok(())
}
