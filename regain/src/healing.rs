//! Healing in this process: its files and its start.
//!
//! A server with healing inside and a healer behind a stock Alertmanager share both.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_config::{LoadError, Unbuilt, load_remediation_files};
use regain_healing::backend::{BackendOptions, Backends};
use regain_healing::journal::JournalError;
use regain_healing::settings::Remediations;
use regain_healing::{Ask, EscalationSink, Healing, Surroundings};
use regain_metrics::Registry;
use regain_storage::fs::RealFs;
use tokio_util::task::TaskTracker;

use crate::{alerting, environment};

/// Below the directory of the data.
const JOURNAL_DIR: &str = "healing";
const MARKS_DIR: &str = "healing-marks";

/// Why nothing can be healed as files say.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HealingRefused {
    /// A file cannot be read, or has mistakes.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A file asks for what does not exist here.
    #[error("{0}")]
    NotBuilt(Unbuilt),
}

/// What healing needs of the program around it.
pub(crate) struct HealingGround<'a> {
    pub(crate) data_dir: &'a Path,
    pub(crate) registry: &'a Registry,
    pub(crate) tasks: &'a TaskTracker,
    /// Who answers queries.
    pub(crate) asker: Arc<dyn Ask>,
    /// Who tells people.
    pub(crate) sink: Arc<dyn EscalationSink>,
}

/// Loads remediations, completely or not at all, and logs what is likely not meant.
pub(crate) fn load(files: &[PathBuf]) -> Result<Remediations, HealingRefused> {
    let loaded = load_remediation_files(files)?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    match loaded.unbuilt.into_iter().next() {
        Some(unbuilt) => Err(HealingRefused::NotBuilt(unbuilt)),
        None => Ok(loaded.settings),
    }
}

/// Starts healing with its state below the directory of the data.
pub(crate) async fn open(
    settings: Remediations,
    ground: HealingGround<'_>,
) -> Result<Healing, JournalError> {
    let backends = Backends::new(BackendOptions {
        environment: environment::all(),
        fs: Arc::new(RealFs),
        directory: ground.data_dir.join(MARKS_DIR),
        tasks: ground.tasks.clone(),
    });
    let surroundings = Surroundings {
        fs: Arc::new(RealFs),
        dir: ground.data_dir.join(JOURNAL_DIR),
        backend: Arc::new(backends),
        asker: ground.asker,
        sink: ground.sink,
        clock: regain_alerting::Clock::new(alerting::now),
        registry: ground.registry.clone(),
    };
    Healing::open(settings, surroundings).await
}
