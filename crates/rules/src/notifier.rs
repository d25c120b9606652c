//! Sending alerts on: to Alertmanagers over HTTP, and to a receiver in this process.
//!
//! Alerts get the external labels and pass the global relabelling once. Then each set of Alertmanagers relabels them
//! its own way and puts them in the queue of each of its members, and an [`AlertSink`] gets them as they are.
//!
//! **Invariants.** A queue has a capacity: the oldest alerts leave it first, and are counted. A batch that could not be
//! sent is dropped: firing alerts are sent again in time. Sending never waits for a receiver.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::future::join_all;
use regain_discovery::{ConsumerMetrics, FileSdMetrics, SdMetrics};
use regain_http::client::DialMetrics;
use regain_http::client::error::BuildError;
use regain_metrics::Registry;
use regain_model::Labels;
use regain_model::relabel::RelabelConfig;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;

mod alert;
mod metrics;
mod payload;
mod queue;
mod send_loop;
mod set;
mod settings;
mod target;

pub use alert::OutgoingAlert;
pub use settings::{AlertmanagerSettings, NotifierSettings};

use alert::relabel;
use metrics::NotifierMetrics;
use set::{AlertmanagerSet, SetView};

/// Is a receiver in this process. It gets the alerts that Alertmanagers get, before their own relabelling.
pub trait AlertSink: Send + Sync {
    /// Takes alerts; must not take long.
    fn receive(&self, alerts: &[Arc<OutgoingAlert>]);
}

/// Says what a notifier works with; what is not the user's to configure in a file.
#[derive(Clone)]
pub struct NotifierOptions {
    /// Gets the notifier's own metrics; one notifier per registry.
    pub registry: Registry,
    /// Counts what file discoveries do; shared with the other users of discoveries.
    pub file_sd_metrics: FileSdMetrics,
    /// Counts connections; shared with the other clients of the process.
    pub dial_metrics: Option<DialMetrics>,
    pub clock: Clock,
    /// Holds the variables of the process, for `proxy_from_environment`.
    pub environment: BTreeMap<String, String>,
    pub user_agent: String,
    /// Is how many alerts a queue holds (`--alertmanager.notification-queue-capacity`).
    pub queue_capacity: usize,
    /// Is how many alerts are sent at once (`--alertmanager.notification-batch-size`).
    pub batch_size: usize,
    /// Is whether queues are emptied at the end (`--alertmanager.drain-notification-queue-on-shutdown`).
    pub drains_on_shutdown: bool,
    pub sink: Option<Arc<dyn AlertSink>>,
}

impl NotifierOptions {
    /// Is what upstream's version of this program calls itself.
    pub const USER_AGENT: &'static str = "Prometheus/3.14.0";
    pub const QUEUE_CAPACITY: usize = 10_000;
    pub const BATCH_SIZE: usize = 256;

    /// Returns the usual options.
    pub fn new(registry: Registry, file_sd_metrics: FileSdMetrics, clock: Clock) -> Self {
        Self {
            registry,
            file_sd_metrics,
            dial_metrics: None,
            clock,
            environment: BTreeMap::new(),
            user_agent: Self::USER_AGENT.to_owned(),
            queue_capacity: Self::QUEUE_CAPACITY,
            batch_size: Self::BATCH_SIZE,
            drains_on_shutdown: true,
            sink: None,
        }
    }
}

impl std::fmt::Debug for NotifierOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NotifierOptions")
            .field("queue_capacity", &self.queue_capacity)
            .field("batch_size", &self.batch_size)
            .finish_non_exhaustive()
    }
}

/// Says why a set of Alertmanagers cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("alertmanager {index}: {source}")]
pub struct NotifierError {
    /// The place in the configuration's list.
    pub index: usize,
    #[source]
    pub source: BuildError,
}

/// Names Alertmanagers by their URLs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alertmanagers {
    pub active: Vec<String>,
    /// Are those that relabelling dropped.
    pub dropped: Vec<String>,
}

/// Is what all sets share.
#[derive(Debug)]
pub(crate) struct NotifierShared {
    pub(crate) options: NotifierOptions,
    pub(crate) metrics: NotifierMetrics,
    pub(crate) sd_metrics: ConsumerMetrics,
}

/// Is what alerts pass on the way out; swapped as a whole.
#[derive(Debug, Default)]
struct Routes {
    external_labels: Labels,
    relabel_configs: Vec<RelabelConfig>,
    sets: Vec<Arc<SetView>>,
}

/// Sends alerts to all Alertmanagers.
#[derive(Debug)]
pub struct NotifierManager {
    shared: Arc<NotifierShared>,
    routes: Arc<ArcSwap<Routes>>,
    /// Is held by whoever changes the sets.
    sets: Mutex<Vec<AlertmanagerSet>>,
    stop: CancellationToken,
}

impl NotifierManager {
    /// Creates a notifier without Alertmanagers and registers its metrics.
    pub fn new(options: NotifierOptions) -> Self {
        let routes = Arc::new(ArcSwap::<Routes>::default());
        let metrics = NotifierMetrics::register(&options.registry, options.queue_capacity);
        let counted = Arc::downgrade(&routes);
        options.registry.gauge_fn(
            "prometheus_notifications_alertmanagers_discovered",
            "The number of alertmanagers discovered and active.",
            move || counted.upgrade().map_or(0.0, |routes| routes.load().alertmanagers() as f64),
        );
        let sd_metrics = SdMetrics::register(&options.registry).of("notify");
        Self {
            shared: Arc::new(NotifierShared { options, metrics, sd_metrics }),
            routes,
            sets: Mutex::default(),
            stop: CancellationToken::new(),
        }
    }

    /// Takes over the Alertmanagers of a configuration. A set whose settings are the same keeps its members and their
    /// queues; the queues of others are emptied or dropped, as at the end. After an error nothing has changed.
    pub async fn apply(&self, settings: NotifierSettings) -> Result<(), NotifierError> {
        let mut sets = self.sets.lock().await;
        if self.stop.is_cancelled() {
            return Ok(());
        }
        let mut old: Vec<Option<AlertmanagerSet>> =
            std::mem::take(&mut *sets).into_iter().map(Some).collect();
        let mut new: Vec<Option<AlertmanagerSet>> = Vec::new();
        let mut failed = None;
        // Sets that stay are found before any is started, so that an error leaves everything as it was.
        let kept: Vec<Option<usize>> = {
            let mut taken = vec![false; old.len()];
            let mut keep = |wanted: &AlertmanagerSettings| {
                let same = |at: &usize| {
                    !taken[*at] && old[*at].as_ref().is_some_and(|set| set.settings() == wanted)
                };
                let at = (0..old.len()).find(same)?;
                taken[at] = true;
                Some(at)
            };
            settings.alertmanagers.iter().map(&mut keep).collect()
        };
        for (index, wanted) in settings.alertmanagers.into_iter().enumerate() {
            if kept[index].is_some() {
                new.push(None);
                continue;
            }
            match AlertmanagerSet::start(&self.shared, index, wanted, &self.stop) {
                Ok(set) => new.push(Some(set)),
                Err(source) => {
                    failed = Some(NotifierError { index, source });
                    break;
                }
            }
        }
        if let Some(error) = failed {
            join_all(new.into_iter().flatten().map(AlertmanagerSet::stop)).await;
            *sets = old.into_iter().flatten().collect();
            return Err(error);
        }
        for (index, set) in new.into_iter().enumerate() {
            let kept = kept[index].and_then(|at| old[at].take());
            sets.extend(set.or(kept));
        }
        self.routes.store(Arc::new(Routes {
            external_labels: settings.external_labels,
            relabel_configs: settings.relabel_configs,
            sets: sets.iter().map(AlertmanagerSet::view).collect(),
        }));
        for set in sets.iter() {
            set.ready().await;
        }
        // Queues may take their time to be emptied: nobody waits for that but the end of the process.
        for gone in old.into_iter().flatten() {
            gone.end();
        }
        Ok(())
    }

    /// Sends alerts on; does not wait for any receiver.
    pub fn send(&self, alerts: &[Arc<OutgoingAlert>]) {
        if self.stop.is_cancelled() {
            return;
        }
        let routes = self.routes.load();
        let alerts = relabel(&routes.relabel_configs, &routes.external_labels, alerts);
        if alerts.is_empty() {
            return;
        }
        for set in &routes.sets {
            set.send(&alerts);
        }
        if let Some(sink) = &self.shared.options.sink {
            sink.receive(&alerts);
        }
    }

    /// Takes no more alerts, and waits until all queues are emptied or dropped.
    pub async fn stop(&self) {
        tracing::info!("Stopping notification manager...");
        self.stop.cancel();
        let sets = std::mem::take(&mut *self.sets.lock().await);
        join_all(sets.into_iter().map(AlertmanagerSet::stop)).await;
        self.routes.store(Arc::default());
        tracing::info!("Notification manager stopped");
    }

    /// Returns all Alertmanagers, in the order of the configuration.
    pub fn alertmanagers(&self) -> Alertmanagers {
        let mut all = Alertmanagers::default();
        for set in &self.routes.load().sets {
            let members = set.members();
            all.active.extend(members.active.iter().map(|member| member.url.clone()));
            all.dropped.extend(members.dropped.iter().cloned());
        }
        all
    }
}

impl Routes {
    fn alertmanagers(&self) -> usize {
        self.sets.iter().map(|set| set.members().active.len()).sum()
    }
}
