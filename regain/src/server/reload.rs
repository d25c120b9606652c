//! Puts a configuration into force, at the start and at each reload.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use regain_api::{
    ConfigFacts, ConfigStatus, Door, QueryService, Serving, StoreFacts, TargetListing, WriteService,
};
use regain_config::{Config, Retention};
use regain_go_format::{duration, size};
use regain_promql::{Engine, EngineOptions};
use regain_rules::notifier::NotifierError;
use regain_rules::{NotifierManager, RuleManager};
use regain_scrape::{ApplyError, FailureLog, Job, ScrapeManager};

use super::load::{ConfigRefused, ConfigSource, Configuration, Reading};
use super::store::Keepers;
use super::watch::Watch;
use crate::acting::Acting;
use crate::{clock, logging};

/// What a configuration decides about, and where it comes from.
pub(super) struct Reloader {
    pub(super) source: ConfigSource,
    pub(super) reading: Reading,
    pub(super) keepers: Keepers,
    pub(super) clock_skew_metric: bool,
    /// The engine's settings but for what the configuration decides.
    pub(super) engine: EngineOptions,
    pub(super) queries: Arc<QueryService>,
    pub(super) writes: Option<Arc<WriteService>>,
    pub(super) scrapes: Arc<ScrapeManager>,
    pub(super) notifier: Arc<NotifierManager>,
    pub(super) rules: Arc<RuleManager>,
    pub(super) acting: Acting,
    pub(super) store: StoreFacts,
    pub(super) door: Door,
    pub(super) status: ConfigStatus,
    pub(super) watch: Watch,
}

/// Why a configuration is not in force.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReloadError {
    /// It was refused; what was in force still is.
    #[error("couldn't load configuration (--config.file={file:?}): {source}")]
    Refused {
        /// The file.
        file: String,
        /// What is wrong with it.
        source: ConfigRefused,
    },
    /// Loading it panicked.
    #[error("couldn't load configuration (--config.file={file:?}): unexpected failure")]
    Panicked {
        /// The file.
        file: String,
    },
    /// It is in force but for some parts, each of which goes on as it was.
    #[error(
        "one or more errors occurred while applying the new configuration \
         (--config.file={file:?}): {source}"
    )]
    Applied {
        /// The file.
        file: String,
        /// Which parts, and why.
        source: PartError,
    },
}

/// Why a part of a configuration is not in force.
#[derive(Debug, thiserror::Error)]
pub(super) enum PartError {
    /// Some jobs are not scraped as they should be.
    #[error(transparent)]
    Jobs(#[from] ApplyError),
    /// Alerts are not sent as they should be.
    #[error(transparent)]
    Notifier(#[from] NotifierError),
    /// What is to be logged to a file is not.
    #[error("can't create json log file: open {file}: {source}")]
    Log {
        /// The file.
        file: String,
        /// The operating system's answer.
        source: io::Error,
    },
}

impl Reloader {
    /// Loads the configuration and puts it into force, and notes how that went.
    pub(super) async fn reload(&mut self) -> Result<(), ReloadError> {
        let started = Instant::now();
        tracing::info!(filename = self.file(), "Loading configuration file");
        let outcome = match self.load().await {
            Ok(mut configuration) => {
                let acting = std::mem::take(&mut configuration.acting);
                let outcome = self.apply(configuration, &acting.files, started).await;
                self.acting.apply(acting).await;
                outcome
            }
            Err(error) => Err(error),
        };
        if outcome.is_err() {
            self.status.failed();
            self.acting.refused();
        }
        outcome
    }

    async fn load(&self) -> Result<Configuration, ReloadError> {
        let (source, reading) = (self.source.clone(), self.reading.clone());
        let loaded = tokio::task::spawn_blocking(move || source.load(&reading)).await;
        loaded
            .map_err(|_| ReloadError::Panicked { file: self.file() })?
            .map_err(|source| ReloadError::Refused { file: self.file(), source })
    }

    /// Puts a configuration into force, but for alerting and healing, that was begun to be loaded at `started`.
    /// `more_files` are watched beside its own.
    pub(super) async fn apply(
        &mut self,
        configuration: Configuration,
        more_files: &[PathBuf],
        started: Instant,
    ) -> Result<(), ReloadError> {
        let Configuration { config, rules, retention, limits, .. } = configuration;
        self.watch = Watch::new(self.source.name(), &config, more_files);
        self.keepers.retention.apply(&self.store, config.storage.retention, &retention);
        self.keepers.limits.apply(&self.store.db, &limits);
        let late_max = config.storage.out_of_order_time_window.as_millis();
        self.store.db.set_late_max(i64::try_from(late_max).unwrap_or(i64::MAX));
        self.store.db.set_stale_share_max(config.storage.stale_series_compaction_threshold);
        self.resize_exemplars(&config);
        let scraped = match self.jobs(&config) {
            Ok(jobs) => {
                let applied = self.scrapes.apply(jobs, &config.global.external_labels()).await;
                applied.map_err(PartError::from)
            }
            Err(error) => Err(error),
        };
        let logged = self.log_queries(&config.global.query_log_file);
        self.queries.set_engine(self.engine_for(&config));
        let notified = self.notifier.apply(config.alerting.notifier(&config.global)).await;
        self.rules.apply(rules).await;
        self.door.open(self.serving(&config));
        let applied = scraped.and(notified.map_err(PartError::from));
        let applied = logged.and(applied);
        applied.map_err(|source| ReloadError::Applied { file: self.file(), source })?;
        self.status.succeeded(clock::now());
        tracing::info!(
            filename = self.file(),
            totalDuration = logging::duration(started.elapsed()),
            "Completed loading of configuration file"
        );
        Ok(())
    }

    fn resize_exemplars(&self, config: &Config) {
        let (db, to) = (&self.store.db, self.reading.exemplars_max(config));
        let from = db.exemplar_stats().max;
        db.set_exemplars_max(to);
        if from != to as u64 {
            let migrated = db.exemplar_stats().count;
            tracing::info!(component = "tsdb", from, to, migrated, "Exemplar storage resized");
        }
    }

    /// Closes the door, and ends what works, from the top down.
    pub(super) async fn stop(self) {
        self.door.close();
        tracing::info!("Stopping rule manager...");
        self.rules.stop().await;
        tracing::info!("Rule manager stopped");
        tracing::info!("Stopping scrape manager...");
        self.scrapes.stop().await;
        tracing::info!("Scrape manager stopped");
        tracing::info!("Stopping notification manager...");
        self.notifier.stop().await;
        tracing::info!("Notification manager stopped");
        self.acting.stop().await;
    }

    /// Logs queries to a file from now on, or not at all. It is opened anew, so that it can be moved away before.
    fn log_queries(&self, file: &str) -> Result<(), PartError> {
        if file.is_empty() {
            self.queries.log_to(None);
            return Ok(());
        }
        self.queries.log_to(Some(Box::new(open_log(file)?)));
        Ok(())
    }

    /// The jobs, with the files that their failures are logged to, each opened once and anew.
    fn jobs(&self, config: &Config) -> Result<Vec<Job>, PartError> {
        let mut logs: BTreeMap<&str, FailureLog> = BTreeMap::new();
        let mut jobs = Vec::new();
        for configured in config.jobs() {
            let file = configured.scrape_failure_log_file.as_str();
            if !file.is_empty() && !logs.contains_key(file) {
                logs.insert(file, FailureLog::new(Box::new(open_log(file)?)));
            }
            let failure_log = logs.get(file).cloned();
            jobs.push(Job { failure_log, ..configured.job(self.clock_skew_metric) });
        }
        Ok(jobs)
    }

    fn file(&self) -> String {
        self.source.name().display().to_string()
    }

    /// Whether the files of the configuration have changed since it was last loaded.
    pub(super) async fn files_have_changed(&mut self) -> bool {
        let mut watch = std::mem::take(&mut self.watch);
        let looked = tokio::task::spawn_blocking(move || {
            let changed = watch.has_changed();
            (watch, changed)
        });
        match looked.await {
            Ok((watch, changed)) => {
                self.watch = watch;
                changed.unwrap_or_else(|error| {
                    tracing::error!(
                        err = %error,
                        "Failed to generate checksum during configuration reload"
                    );
                    false
                })
            }
            Err(_) => false,
        }
    }

    fn engine_for(&self, config: &Config) -> Engine {
        let step = i64::try_from(config.global.evaluation_interval.as_millis());
        Engine::new(EngineOptions {
            step_default_ms: step.unwrap_or(i64::MAX),
            ..self.engine.clone()
        })
    }

    fn serving(&self, config: &Config) -> Serving {
        Serving {
            queries: Arc::clone(&self.queries),
            writes: self.writes.clone(),
            targets: Arc::clone(&self.scrapes) as Arc<dyn TargetListing>,
            rules: Arc::clone(&self.rules),
            notifier: Arc::clone(&self.notifier),
            store: self.store.clone(),
            config: ConfigFacts {
                yaml: config.to_yaml(),
                external_labels: config.global.external_labels(),
                retention: retention_text(config.storage.retention),
            },
        }
    }
}

/// The retention in the words of `status/runtimeinfo`.
fn retention_text(retention: Retention) -> String {
    let time_ms = i64::try_from(retention.time.as_millis()).unwrap_or(i64::MAX);
    let time = (time_ms > 0).then(|| duration::format(time_ms));
    let size = (retention.size_bytes > 0).then(|| size::format(retention.size_bytes));
    let share = (retention.percentage > 0.0).then(|| format!("{}%", retention.percentage));
    time.into_iter().chain(size).chain(share).collect::<Vec<_>>().join(" or ")
}

/// Opens a file to which lines are appended.
fn open_log(file: &str) -> Result<File, PartError> {
    let opened = OpenOptions::new().append(true).create(true).open(file);
    opened.map_err(|source| PartError::Log { file: file.to_owned(), source })
}
