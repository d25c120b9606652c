//! The rule manager: a task for every group.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::future::join_all;
use regain_metrics::Registry;
use regain_promql::ParserOptions;
use regain_storage::{Appendable, Queryable};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::external_url::ExternalUrl;
use crate::group::Group;
use crate::group_task::GroupTask;
use crate::metrics::RuleMetrics;
use crate::notifier::NotifierManager;
use crate::queries::RuleQueries;
use crate::settings::{RuleGroup, RuleSet};
use crate::state::StateDir;
use crate::view::GroupView;

/// Says what a manager works with; what is not the user's to configure in a file.
#[derive(Clone)]
pub struct RuleOptions {
    /// Takes the results.
    pub store: Arc<dyn Appendable>,
    /// Holds the series of former alerts.
    pub source: Arc<dyn Queryable>,
    /// Answers the queries of rules and of their templates.
    pub queries: Arc<dyn RuleQueries>,
    /// Says how queries in templates are parsed.
    pub parser: ParserOptions,
    /// Is how long one query may take (`--query.timeout`).
    pub query_timeout: Duration,
    /// Sends alerts on.
    pub notifier: Arc<NotifierManager>,
    /// Gets the manager's own metrics; one manager per registry.
    pub registry: Registry,
    pub clock: Clock,
    pub external_url: ExternalUrl,
    /// Is how old the last sample of an alert may be for its start to be restored
    /// (`--rules.alert.for-outage-tolerance`).
    pub outage_tolerance: Duration,
    /// Is how long an alert stays pending at least after it was restored (`--rules.alert.for-grace-period`).
    pub grace_period: Duration,
    /// Is how long after an alert was sent it is sent again (`--rules.alert.resend-delay`).
    pub resend_delay: Duration,
    /// Is where alert state is kept; without it, only series tell of a former process.
    pub state: Option<StateDir>,
}

impl RuleOptions {
    pub const QUERY_TIMEOUT: Duration = Duration::from_mins(2);
    pub const OUTAGE_TOLERANCE: Duration = Duration::from_hours(1);
    pub const GRACE_PERIOD: Duration = Duration::from_mins(10);
    pub const RESEND_DELAY: Duration = Duration::from_mins(1);
}

impl std::fmt::Debug for RuleOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuleOptions")
            .field("clock", &self.clock)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Is what all groups of a manager share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: RuleOptions,
    pub(crate) metrics: RuleMetrics,
    /// Holds what groups have in common; its groups are empty.
    pub(crate) set: ArcSwap<RuleSet>,
    /// Ends what outlives its group.
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Shared {
    pub(crate) fn new(options: RuleOptions) -> Self {
        let metrics = RuleMetrics::register(&options.registry);
        Self {
            options,
            metrics,
            set: ArcSwap::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }
}

/// Evaluates the rules of all groups.
#[derive(Debug)]
pub struct RuleManager {
    shared: Arc<Shared>,
    /// Are what readers see, in the order of file and name.
    views: ArcSwap<Vec<Arc<ArcSwap<GroupView>>>>,
    /// Is held by whoever changes the groups.
    groups: Mutex<Groups>,
}

/// Orders groups as they are listed.
type GroupName = (Arc<str>, Arc<str>);

#[derive(Debug, Default)]
struct Groups {
    by_name: BTreeMap<GroupName, GroupTask>,
    /// A configuration was applied: groups no longer go on where a former process stopped.
    has_started: bool,
}

impl RuleManager {
    /// Creates a manager without groups and registers its metrics.
    pub fn new(options: RuleOptions) -> Self {
        let shared = Arc::new(Shared::new(options));
        Self { shared, views: ArcSwap::default(), groups: Mutex::default() }
    }

    /// Takes over the groups of a configuration, which must be one that was read without mistakes.
    ///
    /// A group that is the same goes on, with its slots. One that changed ends its evaluation, and its successor goes on
    /// with the alerts and series of the rules that have the same name and labels. The series of a group that is gone
    /// end after two intervals, unless another rule has them by then.
    pub async fn apply(&self, set: RuleSet) {
        let mut groups = self.groups.lock().await;
        if self.shared.stop.is_cancelled() {
            return;
        }
        let RuleSet { groups: wanted, external_labels, query_offset } = set;
        let common = RuleSet { groups: Vec::new(), external_labels, query_offset };
        self.shared.set.store(Arc::new(common));
        let is_first = !std::mem::replace(&mut groups.has_started, true);
        if let (true, Some(state)) = (is_first, &self.shared.options.state) {
            state.keep(&wanted);
        }
        let mut old = std::mem::take(&mut groups.by_name);
        let mut changing = Vec::new();
        for settings in wanted {
            let name = (Arc::clone(&settings.file), Arc::clone(&settings.name));
            match old.remove(&name) {
                Some(task) if *task.settings() == settings => {
                    groups.by_name.insert(name, task);
                }
                before => changing.push(async move {
                    let before = match before {
                        Some(task) => task.stop().await,
                        None => None,
                    };
                    (name, settings, before)
                }),
            }
        }
        let retiring = join_all(old.into_values().map(GroupTask::stop));
        let (changed, retired) = tokio::join!(join_all(changing), retiring);
        for (name, settings, before) in changed {
            let task = self.start(settings, before, is_first).await;
            groups.by_name.insert(name, task);
        }
        for group in retired.into_iter().flatten() {
            GroupTask::retire(group, Arc::clone(&self.shared));
        }
        self.publish(&groups);
    }

    async fn start(&self, settings: RuleGroup, before: Option<Group>, is_first: bool) -> GroupTask {
        let shared = Arc::clone(&self.shared);
        let fresh = settings.clone();
        // A state file may be read.
        let making = tokio::task::spawn_blocking(move || match before {
            Some(before) => Group::replacing(settings, &shared, before),
            None => Group::new(settings, &shared, is_first),
        });
        let group = making.await.unwrap_or_else(|error| {
            tracing::error!(%error, file = &*fresh.file, group = &*fresh.name,
                "the state of a rule group is lost");
            Group::new(fresh, &self.shared, false)
        });
        GroupTask::start(group, Arc::clone(&self.shared))
    }

    /// Ends all evaluations and waits for that; queries under way are given up. No series ends: another process may go
    /// on with them.
    pub async fn stop(&self) {
        tracing::info!("Stopping rule manager...");
        // What an apply waits for ends too.
        self.shared.stop.cancel();
        let mut groups = self.groups.lock().await;
        let by_name = std::mem::take(&mut groups.by_name);
        join_all(by_name.into_values().map(GroupTask::stop)).await;
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
        self.publish(&groups);
        tracing::info!("Rule manager stopped");
    }

    /// Returns all groups as they are now, in the order of file and name.
    pub fn groups(&self) -> Vec<Arc<GroupView>> {
        self.views.load().iter().map(|view| view.load_full()).collect()
    }

    fn publish(&self, groups: &Groups) {
        self.views.store(Arc::new(groups.by_name.values().map(GroupTask::view).collect()));
    }
}
