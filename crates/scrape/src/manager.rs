//! The scrape manager: a pool for every job, and the discoveries that feed them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::future::join_all;
use regain_discovery::{ConsumerMetrics, FileSdConfig, FileSdMetrics, SdMetrics};
use regain_http::client::DialMetrics;
use regain_http::cpu::ThreadClock;
use regain_metrics::Registry;
use regain_model::Labels;
use regain_storage::Appendable;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::cache::SharedTexts;
use crate::clock::Clock;
use crate::config::JobConfig;
use crate::cost::CpuPerScrape;
use crate::discoveries::Discoveries;
use crate::error::{ApplyError, JobError};
use crate::job::Job;
use crate::metadata::SharedMetadata;
use crate::metrics::{ScrapeMetrics, expose_metadata_cache};
use crate::pool::{Plan, PoolHandle, PoolTargets, PoolViews};
use crate::slot::server_seed;
use crate::workspace::Workspaces;

/// Says what a manager works with; what is not the user's to configure per job.
#[derive(Clone)]
pub struct ScrapeOptions {
    /// Takes the samples.
    pub store: Arc<dyn Appendable>,
    /// Gets the manager's own metrics; one manager per registry.
    pub registry: Registry,
    pub clock: Clock,
    /// Measures what jobs cost, where there is one.
    pub thread_clock: Option<ThreadClock>,
    /// Counts connections; shared with the other clients of the process.
    pub dial_metrics: Option<DialMetrics>,
    /// Counts what file discoveries do; shared with the other users of discoveries. Without it, the manager has its own.
    pub file_sd_metrics: Option<FileSdMetrics>,
    /// Holds the variables of the process, for `proxy_from_environment`.
    pub environment: BTreeMap<String, String>,
    pub user_agent: String,
    /// Moves the slots of this server against those of others, together with the external labels.
    pub host_name: String,
    /// Is the shortest time between two updates of a pool's targets from its discoveries.
    pub discovery_reload_interval: Duration,
    /// Is by how much a late timestamp is moved back onto the grid of the interval; zero moves none.
    pub timestamp_tolerance: Duration,
    /// Adds the labels `__type__` and `__unit__` to series whose kind and unit are known.
    pub type_and_unit_labels: bool,
    pub start_timestamps: StartTimestamps,
    /// Hands what targets say about their metrics over to the store.
    pub keeps_metadata: bool,
}

/// Says what becomes of what targets tell about the start of what they count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StartTimestamps {
    /// Keeps the start with each sample.
    pub are_kept: bool,
    /// Writes a zero at the start, where the series has nothing as new yet.
    pub make_zeros: bool,
}

impl StartTimestamps {
    /// Tells whether starts are read at all. `_created` samples of OpenMetrics are starts then, and not samples.
    #[inline]
    pub(crate) fn are_read(self) -> bool {
        self.are_kept || self.make_zeros
    }
}

impl ScrapeOptions {
    /// Is what upstream's version of this program calls itself.
    pub const USER_AGENT: &'static str = "Prometheus/3.14.0";
    pub const DISCOVERY_RELOAD_INTERVAL: Duration = Duration::from_secs(5);
    pub const TIMESTAMP_TOLERANCE: Duration = Duration::from_millis(2);

    /// Returns the usual options.
    pub fn new(store: Arc<dyn Appendable>, registry: Registry, clock: Clock) -> Self {
        Self {
            store,
            registry,
            clock,
            thread_clock: None,
            dial_metrics: None,
            file_sd_metrics: None,
            environment: BTreeMap::new(),
            user_agent: Self::USER_AGENT.to_owned(),
            host_name: String::new(),
            discovery_reload_interval: Self::DISCOVERY_RELOAD_INTERVAL,
            timestamp_tolerance: Self::TIMESTAMP_TOLERANCE,
            type_and_unit_labels: false,
            start_timestamps: StartTimestamps::default(),
            keeps_metadata: false,
        }
    }
}

impl std::fmt::Debug for ScrapeOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScrapeOptions")
            .field("clock", &self.clock)
            .field("user_agent", &self.user_agent)
            .field("host_name", &self.host_name)
            .finish_non_exhaustive()
    }
}

/// Is what all pools and targets of a manager share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: ScrapeOptions,
    pub(crate) metrics: ScrapeMetrics,
    pub(crate) sd_metrics: ConsumerMetrics,
    pub(crate) texts: Arc<SharedTexts>,
    pub(crate) metadata: SharedMetadata,
    pub(crate) workspaces: Workspaces,
}

/// Scrapes the targets of all jobs.
#[derive(Debug)]
pub struct ScrapeManager {
    shared: Arc<Shared>,
    views: Arc<ArcSwap<PoolViews>>,
    /// Is held by whoever changes the set of pools.
    pools: Mutex<Pools>,
    stop: CancellationToken,
}

#[derive(Debug)]
struct Pools {
    by_name: BTreeMap<String, PoolHandle>,
    discoveries: Discoveries,
}

impl Shared {
    pub(crate) fn new(options: ScrapeOptions) -> Self {
        let metrics = ScrapeMetrics::register(&options.registry);
        let sd_metrics = SdMetrics::register(&options.registry).of("scrape");
        Self {
            options,
            metrics,
            sd_metrics,
            texts: Arc::default(),
            metadata: SharedMetadata::default(),
            workspaces: Workspaces::default(),
        }
    }
}

impl ScrapeManager {
    /// Creates a manager without jobs and registers its metrics.
    pub fn new(options: ScrapeOptions) -> Self {
        let stop = CancellationToken::new();
        let views = Arc::new(ArcSwap::default());
        expose_metadata_cache(&options.registry, &views);
        let metrics = options.file_sd_metrics.clone();
        let metrics = metrics.unwrap_or_else(|| FileSdMetrics::register(&options.registry));
        let discoveries = Discoveries::new(metrics, stop.child_token());
        let pools = Mutex::new(Pools { by_name: BTreeMap::new(), discoveries });
        Self { shared: Arc::new(Shared::new(options)), views, pools, stop }
    }

    /// Takes over the jobs of a configuration, whose names must differ.
    ///
    /// A job whose settings are the same keeps its targets, caches and slots. One whose settings changed keeps them for
    /// the targets that stay, unless the change gives their series other labels. A job that cannot be set up is
    /// reported; where it was there before it goes on as it was. Returns when the targets that are known at once are
    /// being scraped.
    pub async fn apply(&self, jobs: Vec<Job>, external_labels: &Labels) -> Result<(), ApplyError> {
        let mut pools = self.pools.lock().await;
        if self.stop.is_cancelled() {
            return Ok(());
        }
        let seed = server_seed(&self.shared.options.host_name, external_labels);
        let wanted = jobs.iter().flat_map(|job| &job.files);
        pools.discoveries.start(wanted);
        self.stop_missing(&mut pools, &jobs).await;
        let mut errors = Vec::new();
        let mut started = Vec::new();
        let mut wanted: Vec<FileSdConfig> = Vec::new();
        for Job { config, statics, files, failure_log } in jobs {
            let feeds = files.iter().filter_map(|file| pools.discoveries.feed(file)).collect();
            wanted.extend(files);
            let name = config.job_name.clone();
            let (config, statics) = (Arc::new(config), statics.groups());
            let plan = Plan { config, statics, feeds, seed, failure_log };
            if !pools.by_name.contains_key(&name) {
                match PoolHandle::start(&self.shared, &plan.config, &self.stop) {
                    Ok(pool) => pools.by_name.insert(name.clone(), pool),
                    Err(error) => {
                        errors.push(error);
                        continue;
                    }
                };
            }
            started.push((name, plan));
        }
        self.publish(&pools);
        let applied = started.into_iter().map(|(name, plan)| {
            let pool = &pools.by_name[&name];
            pool.apply(plan)
        });
        let results: Vec<Result<(), JobError>> = join_all(applied).await;
        errors.extend(results.into_iter().filter_map(Result::err));
        pools.discoveries.keep(&wanted);
        if errors.is_empty() { Ok(()) } else { Err(ApplyError(errors)) }
    }

    /// Ends all scraping and waits for it; scrapes under way are given up.
    pub async fn stop(&self) {
        self.stop.cancel();
        let mut pools = self.pools.lock().await;
        let by_name = std::mem::take(&mut pools.by_name);
        join_all(by_name.into_values().map(PoolHandle::stop)).await;
        pools.discoveries.stopped().await;
        self.publish(&pools);
    }

    /// Returns the names of all pools, sorted.
    pub fn pools(&self) -> Vec<String> {
        self.views.load().keys().cloned().collect()
    }

    /// Returns the targets of all pools, by name.
    pub fn targets(&self) -> BTreeMap<String, Arc<PoolTargets>> {
        self.views.load().iter().map(|(name, view)| (name.clone(), view.targets())).collect()
    }

    /// Returns the targets of one pool.
    pub fn targets_of(&self, pool: &str) -> Option<Arc<PoolTargets>> {
        self.views.load().get(pool).map(|view| view.targets())
    }

    /// Returns the settings of a pool.
    pub fn job_config(&self, pool: &str) -> Option<Arc<JobConfig>> {
        self.views.load().get(pool).map(|view| view.config())
    }

    /// Returns the CPU time that scrapes of a pool took lately; nothing before the first, or without a thread clock.
    pub fn cpu_per_scrape(&self, pool: &str) -> Option<CpuPerScrape> {
        self.views.load().get(pool)?.cpu().per_scrape()
    }

    async fn stop_missing(&self, pools: &mut Pools, jobs: &[Job]) {
        let stays = |name: &str| jobs.iter().any(|job| job.config.job_name == name);
        let names: Vec<String> =
            pools.by_name.keys().filter(|name| !stays(name)).cloned().collect();
        let gone = names.iter().filter_map(|name| pools.by_name.remove(name));
        join_all(gone.map(PoolHandle::stop)).await;
    }

    /// Shows the pools to readers.
    fn publish(&self, pools: &Pools) {
        let views = pools.by_name.iter().map(|(name, pool)| (name.clone(), pool.view())).collect();
        self.views.store(Arc::new(views));
    }
}
