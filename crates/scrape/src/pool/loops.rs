//! The loops of a pool: which target has one, and which settings it has.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use regain_storage::LaneKey;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::TargetLimitExceeded;
use crate::manager::Shared;
use crate::scrape_loop::{Assignment, Order, ScrapeLoop};
use crate::scraper::{LimitCell, Scraper};
use crate::settings::JobSettings;
use crate::target::Target;

/// Runs a loop for every target of a pool.
#[derive(Debug)]
pub(super) struct Loops {
    shared: Arc<Shared>,
    settings: Arc<JobSettings>,
    tasks: TaskTracker,
    stop: CancellationToken,
    limit: Arc<LimitCell>,
    seed: u64,
    by_hash: BTreeMap<u64, Running>,
}

#[derive(Debug)]
struct Running {
    target: Arc<Target>,
    orders: watch::Sender<Order>,
    /// Is cancelled when the loop scrapes no more.
    ended: CancellationToken,
}

impl Running {
    fn end(&self) -> CancellationToken {
        self.orders.send_replace(Order::End);
        self.ended.clone()
    }
}

impl Loops {
    pub(super) fn new(
        shared: &Arc<Shared>,
        settings: &Arc<JobSettings>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        Self {
            shared: Arc::clone(shared),
            settings: Arc::clone(settings),
            tasks: tasks.clone(),
            stop: stop.clone(),
            limit: Arc::default(),
            seed: 0,
            by_hash: BTreeMap::new(),
        }
    }

    /// Moves the slots of loops that start from now on.
    pub(super) fn set_seed(&mut self, seed: u64) {
        self.seed = seed;
    }

    /// Returns the targets, in the order of their addresses.
    pub(super) fn targets(&self) -> Vec<Arc<Target>> {
        let mut targets: Vec<_> =
            self.by_hash.values().map(|running| Arc::clone(&running.target)).collect();
        targets.sort_by(|a, b| a.scrape_url().cmp(b.scrape_url()).then(a.hash().cmp(&b.hash())));
        targets
    }

    /// Starts loops for new targets and ends those of targets that are gone; returns what tells when these have ended.
    ///
    /// A target that stays, or that differs in nothing but its interval, keeps its loop unless the settings give its
    /// series other labels.
    pub(super) fn set_targets(
        &mut self,
        settings: &Arc<JobSettings>,
        targets: Vec<Target>,
    ) -> Vec<CancellationToken> {
        let changed = !Arc::ptr_eq(&self.settings, settings);
        let keeps_series = settings.config.keeps_series_of(&self.settings.config);
        self.settings = Arc::clone(settings);
        let mut before = std::mem::take(&mut self.by_hash);
        let mut fresh = Vec::new();
        for target in targets {
            let hash = target.hash();
            if let Some(running) = self.by_hash.get(&hash) {
                // A duplicate; the labels that are shown are the last one's, as upstream shows them.
                running.target.set_discovered(target.discovered_labels());
            } else if let Some(running) = before.remove(&hash) {
                running.target.set_discovered(target.discovered_labels());
                self.by_hash.insert(hash, running);
            } else {
                fresh.push((hash, Arc::new(target)));
            }
        }
        let mut ending = Vec::new();
        if changed {
            self.reassign(keeps_series, &mut ending);
        }
        let mut heirless = by_lane(before.into_values(), &mut ending);
        for (hash, target) in fresh {
            // Several targets may be new with one hash.
            if self.by_hash.contains_key(&hash) {
                continue;
            }
            let before = if keeps_series { heirless.remove(&target.lane()) } else { None };
            let running = match before {
                Some(running) => self.inherit(running, target),
                None => self.start(target, None),
            };
            self.by_hash.insert(hash, running);
        }
        ending.extend(heirless.into_values().map(|running| running.end()));
        self.check_limit();
        ending
    }

    /// Gives the settings to the loops that stay.
    fn reassign(&mut self, keeps_series: bool, ending: &mut Vec<CancellationToken>) {
        let mut stay = std::mem::take(&mut self.by_hash);
        for running in stay.values_mut() {
            if keeps_series {
                running.orders.send_replace(Order::Run(self.assignment(&running.target)));
            } else {
                let ended = running.end();
                ending.push(ended.clone());
                *running = self.start(Arc::clone(&running.target), Some(ended));
            }
        }
        self.by_hash = stay;
    }

    /// Gives the loop of a target that is gone to one that writes the same series.
    fn inherit(&self, mut running: Running, target: Arc<Target>) -> Running {
        running.orders.send_replace(Order::Run(self.assignment(&target)));
        running.target = target;
        running
    }

    fn start(&self, target: Arc<Target>, after: Option<CancellationToken>) -> Running {
        let ended = CancellationToken::new();
        let assignment = self.assignment(&target);
        let scraper = Scraper::new(&self.shared, &assignment, &self.limit);
        let (orders, inbox) = watch::channel(Order::Run(assignment));
        let scrape_loop = ScrapeLoop::new(scraper, inbox, self.stop.clone(), ended.clone());
        self.tasks.spawn(scrape_loop.run(after));
        Running { target, orders, ended }
    }

    fn assignment(&self, target: &Arc<Target>) -> Arc<Assignment> {
        let (target, settings) = (Arc::clone(target), Arc::clone(&self.settings));
        Arc::new(Assignment { target, settings, seed: self.seed })
    }

    /// Fails all targets when there are too many.
    fn check_limit(&self) {
        let (targets, limit) = (self.by_hash.len(), self.settings.config.target_limit);
        let exceeded = limit > 0 && targets > limit;
        if exceeded {
            self.shared.metrics.exceeded.targets.inc();
        }
        self.limit.set(exceeded.then_some(TargetLimitExceeded { targets, limit }));
    }
}

/// Sorts loops by what they write; of several that write the same, one is left.
fn by_lane(
    loops: impl Iterator<Item = Running>,
    ending: &mut Vec<CancellationToken>,
) -> HashMap<LaneKey, Running> {
    let mut by_lane = HashMap::new();
    for running in loops {
        if let Some(other) = by_lane.insert(running.target.lane(), running) {
            ending.push(Running::end(&other));
        }
    }
    by_lane
}
