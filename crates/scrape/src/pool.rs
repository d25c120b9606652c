//! A pool: all targets of one job.
//!
//! One task owns the pool's loops. It is told by the manager what the job is now, and by discoveries which groups there
//! are. Readers look at a [`PoolView`], which is swapped and never locked.

mod build;
mod loops;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::future::select_all;
use regain_discovery::Groups;
use regain_model::Labels;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::JobConfig;
use crate::cost::JobCpu;
use crate::discoveries::Feed;
use crate::error::JobError;
use crate::failure_log::FailureLog;
use crate::manager::Shared;
use crate::metrics::PoolMetrics;
use crate::settings::{JobOwn, JobSettings};
use crate::target::Target;

use self::build::Built;
use self::loops::Loops;

/// Bounds the orders that wait; the manager sends one at a time and waits for its answer.
const ORDERS_MAX: usize = 1;
/// Is how long a new discovery may take to say what it knows before the pool goes on without it.
const FIRST_GROUPS_WAIT: Duration = Duration::from_secs(5);

/// Is what readers see of all pools, by name.
pub(crate) type PoolViews = BTreeMap<String, Arc<PoolView>>;

/// Holds the targets of a pool at one moment.
#[derive(Debug, Default)]
pub struct PoolTargets {
    pub active: Vec<Arc<Target>>,
    /// Holds the labels before relabelling of targets that relabelling dropped, as many as the job keeps.
    pub dropped: Vec<Labels>,
    /// Counts all dropped targets.
    pub dropped_count: usize,
}

/// Is what readers see of a pool.
#[derive(Debug)]
pub(crate) struct PoolView {
    config: ArcSwap<JobConfig>,
    targets: ArcSwap<PoolTargets>,
    cpu: Arc<JobCpu>,
}

impl PoolView {
    pub(crate) fn config(&self) -> Arc<JobConfig> {
        self.config.load_full()
    }

    pub(crate) fn targets(&self) -> Arc<PoolTargets> {
        self.targets.load_full()
    }

    pub(crate) fn cpu(&self) -> &JobCpu {
        &self.cpu
    }
}

/// Says what a pool shall do from now on.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) config: Arc<JobConfig>,
    pub(crate) statics: Groups,
    pub(crate) feeds: Vec<Feed>,
    /// Moves the slots of this server's targets.
    pub(crate) seed: u64,
    pub(crate) failure_log: Option<FailureLog>,
}

type Answer = oneshot::Sender<Result<(), JobError>>;

/// Leads to the task of a pool.
#[derive(Debug)]
pub(crate) struct PoolHandle {
    view: Arc<PoolView>,
    orders: mpsc::Sender<(Plan, Answer)>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl PoolHandle {
    /// Starts a pool without targets.
    pub(crate) fn start(
        shared: &Arc<Shared>,
        config: &Arc<JobConfig>,
        stop: &CancellationToken,
    ) -> Result<Self, JobError> {
        shared.metrics.pools.created.inc();
        let cpu = Arc::new(JobCpu::new(shared.options.thread_clock));
        let own = JobOwn { cpu: Arc::clone(&cpu), failures: Arc::default() };
        let settings = JobSettings::new(Arc::clone(config), shared, own)
            .inspect_err(|_| shared.metrics.pools.failed.inc())?;
        let view = Arc::new(PoolView {
            config: ArcSwap::new(Arc::clone(config)),
            targets: ArcSwap::default(),
            cpu,
        });
        let (orders, inbox) = mpsc::channel(ORDERS_MAX);
        let (stop, tasks) = (stop.child_token(), TaskTracker::new());
        let settings = Arc::new(settings);
        let pool = Pool {
            metrics: shared.metrics.pool(&config.job_name),
            loops: Loops::new(shared, &settings, &tasks, &stop),
            shared: Arc::clone(shared),
            view: Arc::clone(&view),
            settings,
            statics: Groups::default(),
            feeds: Vec::new(),
            last_sync: Instant::now(),
            sync_due: None,
        };
        tasks.spawn(pool.run(inbox, stop.clone()));
        Ok(Self { view, orders, stop, tasks })
    }

    pub(crate) fn view(&self) -> Arc<PoolView> {
        Arc::clone(&self.view)
    }

    /// Hands the pool a plan and waits until it is at work.
    pub(crate) async fn apply(&self, plan: Plan) -> Result<(), JobError> {
        let (done, answer) = oneshot::channel();
        if self.orders.send((plan, done)).await.is_err() {
            return Ok(());
        }
        // A pool that is being stopped does not answer.
        answer.await.unwrap_or(Ok(()))
    }

    /// Ends the pool and waits for its loops.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Owns the loops of a job.
#[derive(Debug)]
struct Pool {
    shared: Arc<Shared>,
    metrics: PoolMetrics,
    view: Arc<PoolView>,
    settings: Arc<JobSettings>,
    statics: Groups,
    feeds: Vec<Source>,
    loops: Loops,
    last_sync: Instant,
    /// Is when the targets are brought up to date, because groups have changed.
    sync_due: Option<Instant>,
}

/// Is a feed, until its discovery has ended: what it said last goes on to count.
#[derive(Debug)]
struct Source {
    feed: Feed,
    open: bool,
}

impl Pool {
    async fn run(mut self, mut orders: mpsc::Receiver<(Plan, Answer)>, stop: CancellationToken) {
        loop {
            let due = self.sync_due;
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                order = orders.recv() => {
                    let Some((plan, answer)) = order else { break };
                    let applied = self.apply(plan, &stop).await;
                    if answer.send(applied).is_err() {
                        tracing::debug!(job = self.settings.config.job_name, "nobody waits for the reload");
                    }
                }
                () = news(&mut self.feeds) => self.note_news(),
                () = until(due) => self.sync(&stop).await,
            }
        }
        // Where the manager is gone without a word, its loops go without marking the ends of their series.
        stop.cancel();
        let job = &self.settings.config.job_name;
        self.shared.metrics.forget_pool(job);
        self.shared.sd_metrics.forget(job);
    }

    async fn apply(&mut self, plan: Plan, stop: &CancellationToken) -> Result<(), JobError> {
        let Plan { config, statics, feeds, seed, failure_log } = plan;
        self.settings.own.failures.log_to(failure_log);
        let started = Instant::now();
        let changed = *config != *self.settings.config;
        if changed {
            let metrics = &self.shared.metrics;
            metrics.pools.reloads.inc();
            let own = self.settings.own.clone();
            let settings = JobSettings::new(Arc::clone(&config), &self.shared, own)
                .inspect_err(|_| metrics.pools.reloads_failed.inc())?;
            self.settings = Arc::new(settings);
            self.view.config.store(Arc::clone(&config));
        }
        self.loops.set_seed(seed);
        self.metrics.target_limit.set(config.target_limit as f64);
        self.statics = statics;
        self.feeds = feeds.into_iter().map(|feed| Source { feed, open: true }).collect();
        self.await_first_groups(stop).await;
        self.sync(stop).await;
        if changed {
            self.shared.metrics.reloaded(config.scrape_interval, started.elapsed());
        }
        Ok(())
    }

    /// Waits until every discovery has spoken once: a reload must not drop the targets of one that was restarted.
    async fn await_first_groups(&mut self, stop: &CancellationToken) {
        let deadline = Instant::now() + FIRST_GROUPS_WAIT;
        for source in &mut self.feeds {
            let left = deadline.saturating_duration_since(Instant::now());
            tokio::select! {
                () = stop.cancelled() => return,
                heard = timeout(left, source.feed.changed()) => match heard {
                    Ok(Ok(())) => self.shared.sd_metrics.received_updates.inc(),
                    Ok(Err(_)) => source.open = false,
                    Err(_) => tracing::warn!(
                        job = self.settings.config.job_name,
                        "a discovery is slow; scraping starts without its targets"
                    ),
                },
            }
        }
    }

    fn note_news(&mut self) {
        self.shared.sd_metrics.received_updates.inc();
        if self.sync_due.is_some() {
            return;
        }
        let now = Instant::now();
        let due = self.last_sync + self.shared.options.discovery_reload_interval;
        if due > now {
            self.shared.sd_metrics.delayed_updates.inc();
        }
        self.sync_due = Some(due.max(now));
    }

    /// Brings the targets in line with the groups, and waits for the loops that end.
    async fn sync(&mut self, stop: &CancellationToken) {
        let started = Instant::now();
        (self.last_sync, self.sync_due) = (started, None);
        let groups: Vec<Groups> = std::iter::once(Groups::clone(&self.statics))
            .chain(self.feeds.iter().map(|source| Groups::clone(&source.feed.borrow())))
            .collect();
        let Built { targets, dropped, dropped_count, discovered, failed } =
            build::targets(&self.settings.config, &groups);
        self.metrics.syncs_failed.add(failed);
        let ending = self.loops.set_targets(&self.settings, targets);
        let active = self.loops.targets();
        self.metrics.targets.set(active.len() as f64);
        self.view.targets.store(Arc::new(PoolTargets { active, dropped, dropped_count }));
        let sd_metrics = &self.shared.sd_metrics;
        let now = self.shared.options.clock.now();
        sd_metrics.updated(&self.settings.config.job_name, discovered, now);
        sd_metrics.sent_updates.inc();
        for ended in ending {
            tokio::select! {
                () = stop.cancelled() => return,
                () = ended.cancelled() => {}
            }
        }
        self.metrics.synced(started.elapsed());
    }
}

/// Waits until a feed has something new.
async fn news(sources: &mut [Source]) {
    loop {
        let open = sources.iter_mut().filter(|source| source.open);
        let changes: Vec<_> = open.map(|source| Box::pin(change(source))).collect();
        if changes.is_empty() {
            return std::future::pending().await;
        }
        if select_all(changes).await.0 {
            return;
        }
    }
}

async fn change(source: &mut Source) -> bool {
    source.open = source.feed.changed().await.is_ok();
    source.open
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
