//! What is counted about the two states that are persisted.

use regain_metrics::{Counter, DEFAULT_BUCKETS, Gauge, Histogram, Registry};

use super::{Durations, Timed};
use crate::silences::SilenceState;

/// Snapshots and maintenance of a state.
#[derive(Clone, Debug)]
pub(crate) struct MaintenanceMetrics {
    pub(crate) snapshot_duration: Durations,
    pub(crate) snapshot_size: Gauge,
    pub(crate) total: Counter,
    pub(crate) errors: Counter,
}

#[derive(Clone, Debug)]
pub(crate) struct NflogMetrics {
    pub(crate) gc_duration: Durations,
    pub(crate) maintenance: MaintenanceMetrics,
    pub(crate) query_errors: Counter,
    queries: Counter,
    query_duration: Histogram,
}

impl NflogMetrics {
    pub(crate) fn new(registry: &Registry) -> Self {
        registry.counter(
            "alertmanager_nflog_gossip_messages_propagated_total",
            "Number of received gossip messages that have been further gossiped.",
        );
        Self {
            gc_duration: Durations::new(
                registry,
                "alertmanager_nflog_gc_duration_seconds",
                "Duration of the last notification log garbage collection cycle.",
            ),
            maintenance: nflog_maintenance(registry),
            query_errors: registry.counter(
                "alertmanager_nflog_query_errors_total",
                "Number notification log received queries that failed.",
            ),
            queries: registry.counter(
                "alertmanager_nflog_queries_total",
                "Number of notification log queries were received.",
            ),
            query_duration: registry.histogram(
                "alertmanager_nflog_query_duration_seconds",
                "Duration of notification log query evaluation.",
                &DEFAULT_BUCKETS,
            ),
        }
    }

    /// Counts a query.
    pub(crate) fn start_query(&self) -> Timed<'_> {
        self.queries.inc();
        Timed::of_histogram(&self.query_duration)
    }
}

fn nflog_maintenance(registry: &Registry) -> MaintenanceMetrics {
    MaintenanceMetrics {
        snapshot_duration: Durations::new(
            registry,
            "alertmanager_nflog_snapshot_duration_seconds",
            "Duration of the last notification log snapshot.",
        ),
        snapshot_size: registry.gauge(
            "alertmanager_nflog_snapshot_size_bytes",
            "Size of the last notification log snapshot in bytes.",
        ),
        total: registry.counter(
            "alertmanager_nflog_maintenance_total",
            "How many maintenances were executed for the notification log.",
        ),
        errors: registry.counter(
            "alertmanager_nflog_maintenance_errors_total",
            "How many maintenances were executed for the notification log that failed.",
        ),
    }
}

#[derive(Clone, Debug)]
pub(crate) struct SilenceMetrics {
    /// In the order of [`SilenceState::ALL`].
    pub(crate) states: [Gauge; 3],
    pub(crate) gc_duration: Durations,
    pub(crate) maintenance: MaintenanceMetrics,
    pub(crate) state_size: Gauge,
    pub(crate) matcher_index_size: Gauge,
    pub(crate) version_index_size: Gauge,
    pub(crate) load_errors: Counter,
    pub(crate) query_skipped: Counter,
    query_scanned: Counter,
    queries: Counter,
    query_duration: Histogram,
}

impl SilenceMetrics {
    pub(crate) fn new(registry: &Registry) -> Self {
        always_zero(registry);
        let counter = |name: &'static str, help: &'static str| registry.counter(name, help);
        let gauge = |name: &'static str, help: &'static str| registry.gauge(name, help);
        let states =
            registry.gauge_vec("alertmanager_silences", "How many silences by state.", &["state"]);
        let compile_errors = registry.counter_vec(
            "alertmanager_silences_matcher_compile_errors_total",
            "How many silence matcher compilations failed.",
            &["stage"],
        );
        // A silence that is made here has matchers that compile.
        compile_errors.with(&["index"]);
        Self {
            states: SilenceState::ALL.map(|state| states.with(&[state.as_str()])),
            gc_duration: Durations::new(
                registry,
                "alertmanager_silences_gc_duration_seconds",
                "Duration of the last silence garbage collection cycle.",
            ),
            maintenance: silence_maintenance(registry),
            state_size: gauge(
                "alertmanager_silences_state_size",
                "The number of silences in the state map.",
            ),
            matcher_index_size: gauge(
                "alertmanager_silences_matcher_index_size",
                "The number of entries in the matcher cache index.",
            ),
            version_index_size: gauge(
                "alertmanager_silences_version_index_size",
                "The number of entries in the version index.",
            ),
            load_errors: compile_errors.with(&["load_snapshot"]),
            query_skipped: counter(
                "alertmanager_silences_query_silences_skipped_total",
                "How many silences were skipped during query evaluation using the version index.",
            ),
            query_scanned: counter(
                "alertmanager_silences_query_silences_scanned_total",
                "How many silences were scanned during query evaluation.",
            ),
            queries: counter(
                "alertmanager_silences_queries_total",
                "How many silence queries were received.",
            ),
            query_duration: registry.histogram(
                "alertmanager_silences_query_duration_seconds",
                "Duration of silence query evaluation.",
                &DEFAULT_BUCKETS,
            ),
        }
    }

    /// Counts a query that looks at `scanned` silences.
    pub(crate) fn start_query(&self, scanned: usize) -> Timed<'_> {
        self.queries.inc();
        self.query_scanned.add(scanned as u64);
        Timed::of_histogram(&self.query_duration)
    }
}

/// Registers what cannot happen here: queries and collections that fail, and gossip.
fn always_zero(registry: &Registry) {
    registry.counter(
        "alertmanager_silences_gc_errors_total",
        "How many silence GC errors were encountered.",
    );
    registry.counter(
        "alertmanager_silences_query_errors_total",
        "How many silence received queries did not succeed.",
    );
    registry.counter(
        "alertmanager_silences_gossip_messages_propagated_total",
        "Number of received gossip messages that have been further gossiped.",
    );
}

fn silence_maintenance(registry: &Registry) -> MaintenanceMetrics {
    MaintenanceMetrics {
        snapshot_duration: Durations::new(
            registry,
            "alertmanager_silences_snapshot_duration_seconds",
            "Duration of the last silence snapshot.",
        ),
        snapshot_size: registry.gauge(
            "alertmanager_silences_snapshot_size_bytes",
            "Size of the last silence snapshot in bytes.",
        ),
        total: registry.counter(
            "alertmanager_silences_maintenance_total",
            "How many maintenances were executed for silences.",
        ),
        errors: registry.counter(
            "alertmanager_silences_maintenance_errors_total",
            "How many maintenances were executed for silences that failed.",
        ),
    }
}
