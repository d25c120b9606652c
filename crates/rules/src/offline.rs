//! Rules at times that the caller names, without tasks, receivers and state files: what tests of rules run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use regain_discovery::FileSdMetrics;
use regain_metrics::Registry;
use regain_promql::{Engine, ParserOptions};
use regain_storage::{Appendable, Queryable};

use crate::alert::{Alert, AlertState};
use crate::alerts::Alerts;
use crate::clock::Clock;
use crate::external_url::ExternalUrl;
use crate::group::Group;
use crate::manager::{RuleOptions, Shared};
use crate::notifier::{NotifierManager, NotifierOptions};
use crate::queries::DirectQueries;
use crate::running::Running;
use crate::settings::RuleSet;

/// Says what an offline evaluation works with.
#[derive(Clone)]
pub struct OfflineOptions {
    /// Takes the results.
    pub store: Arc<dyn Appendable>,
    /// Is asked.
    pub source: Arc<dyn Queryable>,
    /// Is what asks.
    pub engine: Engine,
    /// Says how queries in templates are parsed.
    pub parser: ParserOptions,
    pub external_url: ExternalUrl,
}

impl std::fmt::Debug for OfflineOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfflineOptions")
            .field("external_url", &self.external_url)
            .finish_non_exhaustive()
    }
}

/// Evaluates the groups of a set, all of them at each time that it is given, one after another in the order of the set.
///
/// Nobody is told of alerts. Rules start without a past: the series of alerts are written from the first evaluation on.
#[derive(Debug)]
pub struct OfflineEvaluation {
    groups: Vec<Group>,
    shared: Shared,
    running: Arc<Running>,
    /// Is the time of the evaluation under way, in nanoseconds since the Unix epoch.
    now_ns: Arc<AtomicU64>,
}

impl OfflineEvaluation {
    /// Makes the groups of `set`.
    pub fn new(options: OfflineOptions, set: RuleSet) -> Self {
        let now_ns = Arc::new(AtomicU64::new(0));
        let clock = {
            let now_ns = Arc::clone(&now_ns);
            Clock::new(move || Duration::from_nanos(now_ns.load(Ordering::Relaxed)))
        };
        let shared = shared(options, clock);
        let RuleSet { groups, external_labels, query_offset } = set;
        let common = RuleSet { groups: Vec::new(), external_labels, query_offset };
        shared.set.store(Arc::new(common));
        let groups = groups.into_iter().map(|settings| Group::new(settings, &shared, false));
        let groups = groups.collect();
        Self { groups, shared, running: Arc::new(Running::new()), now_ns }
    }

    /// Evaluates all groups at the time `at` since the Unix epoch, whatever their intervals.
    pub fn evaluate(&mut self, at: Duration) {
        let nanos = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
        // One thread writes and reads it, so that no order has to be kept.
        self.now_ns.store(nanos, Ordering::Relaxed);
        for group in &mut self.groups {
            group.evaluate(at, &self.shared, &self.running);
        }
    }

    /// Returns the name and the failure of each rule whose last evaluation failed.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        let rules = self.groups.iter().flat_map(Group::rules);
        rules.filter_map(|rule| Some((&*rule.settings.name, rule.last_error()?)))
    }

    /// Returns the firing alerts of all rules that are called `name`.
    pub fn firing<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Alert> {
        let rules = self.groups.iter().flat_map(Group::rules);
        let rules = rules.filter(move |rule| *rule.settings.name == *name);
        let alerts = rules.filter_map(|rule| rule.alerts.as_ref()).flat_map(Alerts::iter);
        alerts.filter(|alert| alert.state == AlertState::Firing)
    }
}

/// Makes what groups share: a registry that nobody looks at, and a notifier without receivers.
fn shared(options: OfflineOptions, clock: Clock) -> Shared {
    let OfflineOptions { store, source, engine, parser, external_url } = options;
    let registry = Registry::new();
    let file_sd_metrics = FileSdMetrics::register(&registry);
    let notifier = NotifierOptions::new(registry.clone(), file_sd_metrics, clock.clone());
    Shared::new(RuleOptions {
        store,
        queries: Arc::new(DirectQueries { engine, source: Arc::clone(&source) }),
        source,
        parser,
        query_timeout: RuleOptions::QUERY_TIMEOUT,
        notifier: Arc::new(NotifierManager::new(notifier)),
        registry,
        clock,
        external_url,
        outage_tolerance: RuleOptions::OUTAGE_TOLERANCE,
        grace_period: RuleOptions::GRACE_PERIOD,
        resend_delay: RuleOptions::RESEND_DELAY,
        state: None,
    })
}
