//! The rules of a server, and whom it sends their alerts.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use regain_api::WebAddress;
use regain_discovery::FileSdMetrics;
use regain_http::client::DialMetrics;
use regain_metrics::Registry;
use regain_rules::notifier::AlertSink;
use regain_rules::{
    Clock, ExternalUrl, NotifierManager, NotifierOptions, RuleManager, RuleOptions, RuleQueries,
    StateDir,
};
use regain_storage::fs::RealFs;

use super::options::QueryOptions;
use super::own_alerts::OwnAlerts;
use super::store::Store;
use crate::address::url_of;
use crate::flags::{Flag, Kind, Line};
use crate::{clock, environment};

/// Where the state of alerts is kept, below the directory of the data.
const STATE_DIR: &str = "alert-state";

/// How rules are evaluated and their alerts are sent.
pub(super) static RULE_FLAGS: &[Flag] = &[
    Flag::new(
        "rules.alert.for-outage-tolerance",
        Kind::Duration,
        "1h",
        "How long an outage may last for alerts to go on.",
    ),
    Flag::new(
        "rules.alert.for-grace-period",
        Kind::Duration,
        "10m",
        "How long an alert waits at least after a start.",
    ),
    Flag::new(
        "rules.alert.resend-delay",
        Kind::Duration,
        "1m",
        "How long to wait before an alert is sent again.",
    ),
    Flag::new("rules.max-concurrent-evals", Kind::Integer, "4", "How many rules run at once.")
        .not_built(),
    Flag::new(
        "alertmanager.notification-queue-capacity",
        Kind::Integer,
        "10000",
        "How many notifications may wait.",
    ),
    Flag::new(
        "alertmanager.notification-batch-size",
        Kind::Integer,
        "256",
        "How many notifications are sent at once.",
    ),
    Flag::switch(
        "regain.alert-when-degraded",
        "Raise the alert RegainStoreDegraded while the store cannot write.",
    )
    .on(),
    Flag::switch(
        "alertmanager.drain-notification-queue-on-shutdown",
        "Send what waits before the end.",
    )
    .on(),
];

/// What the flags say about rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleSettings {
    outage_tolerance: Duration,
    grace_period: Duration,
    resend_delay: Duration,
    queue_capacity: usize,
    batch_size: usize,
    drains_on_shutdown: bool,
    alerts_when_degraded: bool,
}

impl RuleSettings {
    pub(super) fn new(line: &Line) -> Self {
        let duration = |name: &str| {
            Duration::from_millis(u64::try_from(line.millis(name)).unwrap_or_default())
        };
        Self {
            outage_tolerance: duration("rules.alert.for-outage-tolerance"),
            grace_period: duration("rules.alert.for-grace-period"),
            resend_delay: duration("rules.alert.resend-delay"),
            queue_capacity: line.count("alertmanager.notification-queue-capacity"),
            batch_size: line.count("alertmanager.notification-batch-size"),
            drains_on_shutdown: line.is_on("alertmanager.drain-notification-queue-on-shutdown"),
            alerts_when_degraded: line.is_on("regain.alert-when-degraded"),
        }
    }
}

/// Metrics that several parts of a server count in.
#[derive(Clone, Debug)]
pub(super) struct SharedMetrics {
    pub(super) dials: DialMetrics,
    pub(super) file_discoveries: FileSdMetrics,
}

impl SharedMetrics {
    /// Adds them to `registry`: once per registry.
    pub(super) fn register(registry: &Registry) -> Self {
        Self {
            dials: DialMetrics::new(registry),
            file_discoveries: FileSdMetrics::register(registry),
        }
    }
}

/// Makes what sends alerts to Alertmanagers, and to `sink` in this process.
pub(super) fn notifier(
    settings: &RuleSettings,
    registry: &Registry,
    metrics: &SharedMetrics,
    sink: Option<Arc<dyn AlertSink>>,
) -> NotifierManager {
    let clock = Clock::new(clock::since_epoch);
    NotifierManager::new(NotifierOptions {
        dial_metrics: Some(metrics.dials.clone()),
        environment: environment::all(),
        queue_capacity: settings.queue_capacity,
        batch_size: settings.batch_size,
        drains_on_shutdown: settings.drains_on_shutdown,
        sink,
        ..NotifierOptions::new(registry.clone(), metrics.file_discoveries.clone(), clock)
    })
}

/// Makes what raises alerts about the server itself, unless nobody wants that.
pub(super) fn own_alerts(
    settings: &RuleSettings,
    store: &Store,
    notifier: &Arc<NotifierManager>,
    address: &WebAddress,
) -> Option<OwnAlerts> {
    settings.alerts_when_degraded.then(|| OwnAlerts {
        db: store.db().clone(),
        notifier: Arc::clone(notifier),
        url: url_of(address),
        resend_delay: settings.resend_delay,
    })
}

/// What rules are evaluated with and against.
pub(super) struct Evaluation<'a> {
    pub(super) store: &'a Store,
    pub(super) data_dir: &'a Path,
    pub(super) queries: Arc<dyn RuleQueries>,
    pub(super) query: &'a QueryOptions,
    pub(super) address: &'a WebAddress,
}

/// Makes what evaluates rules.
pub(super) fn rules(
    settings: &RuleSettings,
    evaluation: Evaluation<'_>,
    notifier: Arc<NotifierManager>,
    registry: &Registry,
) -> RuleManager {
    let Evaluation { store, data_dir, queries, query, address } = evaluation;
    RuleManager::new(RuleOptions {
        store: Arc::new(store.db().clone()),
        source: store.source(),
        queries,
        parser: query.parser,
        query_timeout: query.limits.timeout,
        notifier,
        registry: registry.clone(),
        clock: Clock::new(clock::since_epoch),
        external_url: ExternalUrl::new(&url_of(address), &address.path),
        outage_tolerance: settings.outage_tolerance,
        grace_period: settings.grace_period,
        resend_delay: settings.resend_delay,
        state: Some(StateDir { fs: Arc::new(RealFs), path: data_dir.join(STATE_DIR) }),
    })
}
