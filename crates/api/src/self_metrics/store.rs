//! `prometheus_tsdb_*`: the store in the words of upstream's dashboards.
//!
//! Where the two stores are built differently, a family stands for what plays the same part: segments for
//! blocks, seals for compactions.

use std::sync::Arc;

use regain_metrics::{LabelPair, Metric, MetricFamily, MetricKind, Registry};
use regain_prometheus_tsdb::{Blocks, BlocksStats};
use regain_storage::Trouble;
use regain_tsdb::{Health, Stats};

use super::numbers::{self, Row};
use super::{blocks, exemplars, limits, metadata};
use crate::serving::StoreFacts;

const COUNTER: MetricKind = MetricKind::Counter;
const GAUGE: MetricKind = MetricKind::Gauge;

static ROWS: [Row<Stats>; 26] = [
    ("prometheus_tsdb_blocks_loaded", "Number of currently loaded data blocks", GAUGE, |stats| {
        stats.segments as f64
    }),
    (
        "prometheus_tsdb_storage_blocks_bytes",
        "The number of bytes that are currently used for local storage by all blocks.",
        GAUGE,
        |stats| stats.segments_bytes as f64,
    ),
    (
        "prometheus_tsdb_compactions_total",
        "Total number of compactions that were executed for the partition.",
        COUNTER,
        |stats| stats.seals as f64,
    ),
    (
        "prometheus_tsdb_compactions_failed_total",
        "Total number of compactions that failed for the partition.",
        COUNTER,
        |stats| stats.seals_failed as f64,
    ),
    ("prometheus_tsdb_head_series", "Total number of series in the head block.", GAUGE, |stats| {
        stats.head.series as f64
    }),
    (
        "prometheus_tsdb_head_series_created_total",
        "Total number of series created in the head",
        COUNTER,
        |stats| stats.series_created as f64,
    ),
    (
        "prometheus_tsdb_head_series_removed_total",
        "Total number of series removed in the head",
        COUNTER,
        |stats| stats.series_removed as f64,
    ),
    (
        "prometheus_tsdb_head_stale_series",
        "Total number of stale series in the head block.",
        GAUGE,
        |stats| stats.series_stale as f64,
    ),
    (
        "prometheus_tsdb_stale_series_compactions_triggered_total",
        "Total number of triggered stale series compactions.",
        COUNTER,
        |stats| stats.stale_evictions as f64,
    ),
    (
        "prometheus_tsdb_stale_series_compactions_failed_total",
        "Total number of stale series compactions that failed.",
        COUNTER,
        |stats| stats.stale_evictions_failed as f64,
    ),
    (
        "regain_tsdb_archived_series",
        "Series that have left memory, in files. Some may have come back, and be in memory, too.",
        GAUGE,
        |stats| stats.archives_series as f64,
    ),
    ("regain_tsdb_archives", "Files of series that have left memory.", GAUGE, |stats| {
        stats.archives as f64
    }),
    ("regain_tsdb_archives_bytes", "The size of these files.", GAUGE, |stats| {
        stats.archives_bytes as f64
    }),
    (
        "regain_tsdb_archives_memory_bytes",
        "The memory that these files take while they are open.",
        GAUGE,
        |stats| stats.archives_memory_bytes as f64,
    ),
    ("prometheus_tsdb_head_chunks", "Total number of chunks in the head block.", GAUGE, |stats| {
        stats.head.chunks as f64
    }),
    (
        "prometheus_tsdb_head_min_time",
        "Minimum time bound of the head block. The unit is decided by the library consumer.",
        GAUGE,
        |stats| stats.head.min_time.unwrap_or_default() as f64,
    ),
    (
        "prometheus_tsdb_head_max_time",
        "Maximum timestamp of the head block. The unit is decided by the library consumer.",
        GAUGE,
        |stats| stats.head.max_time.unwrap_or_default() as f64,
    ),
    (
        "prometheus_tsdb_head_min_time_seconds",
        "Minimum time bound of the head block.",
        GAUGE,
        |stats| seconds(stats.head.min_time),
    ),
    (
        "prometheus_tsdb_head_max_time_seconds",
        "Maximum timestamp of the head block.",
        GAUGE,
        |stats| seconds(stats.head.max_time),
    ),
    (
        "prometheus_tsdb_lowest_timestamp",
        "Lowest timestamp value stored in the database. The unit is decided by the library consumer.",
        GAUGE,
        |stats| stats.min_time.unwrap_or_default() as f64,
    ),
    (
        "prometheus_tsdb_lowest_timestamp_seconds",
        "Lowest timestamp value stored in the database.",
        GAUGE,
        |stats| seconds(stats.min_time),
    ),
    (
        "prometheus_tsdb_wal_storage_size_bytes",
        "Size of the write log directory.",
        GAUGE,
        |stats| (stats.wal_bytes + stats.series_log_bytes) as f64,
    ),
    (
        "prometheus_tsdb_symbol_table_size_bytes",
        "Size of symbol table in memory for loaded blocks",
        GAUGE,
        |stats| stats.segments_memory_bytes as f64,
    ),
    (
        "regain_tsdb_head_bytes",
        "The memory that unsealed samples and their index take, roughly.",
        GAUGE,
        |stats| (stats.head.samples_bytes + stats.head.index_bytes) as f64,
    ),
    (
        "regain_tsdb_over_limit_samples_total",
        "Samples that were refused because unsealed samples fill the memory.",
        COUNTER,
        |stats| stats.over_limit as f64,
    ),
    (
        "regain_tsdb_unwritten_samples_total",
        "Samples that were refused because the write-ahead log could not be written.",
        COUNTER,
        |stats| stats.unwritten as f64,
    ),
];

/// Families with a label that tells floats from histograms.
static TYPED_ROWS: [Row<Stats>; 5] = [
    (
        "prometheus_tsdb_head_samples_appended_total",
        "Total number of appended samples.",
        COUNTER,
        |stats| stats.samples_appended as f64,
    ),
    (
        "prometheus_tsdb_out_of_order_samples_total",
        "Total number of out of order samples ingestion failed attempts due to out of order being \
         disabled.",
        COUNTER,
        |stats| stats.out_of_order as f64,
    ),
    (
        "prometheus_tsdb_head_out_of_order_samples_appended_total",
        "Total number of appended out of order samples.",
        COUNTER,
        |stats| stats.late as f64,
    ),
    (
        "prometheus_tsdb_too_old_samples_total",
        "Total number of out of order samples ingestion failed attempts with out of support \
         enabled, but sample outside of time window.",
        COUNTER,
        |stats| stats.too_late as f64,
    ),
    (
        "prometheus_tsdb_out_of_bound_samples_total",
        "Total number of out of bound samples ingestion failed attempts with out of order support \
         disabled.",
        COUNTER,
        |stats| stats.too_old as f64,
    ),
];

fn seconds(millis: Option<i64>) -> f64 {
    millis.unwrap_or_default() as f64 / 1000.0
}

/// Adds what the store knows about itself to `registry`: once per registry.
pub fn register_store(registry: &Registry, store: &StoreFacts) {
    let (facts, shown) = (store.clone(), store.clone());
    registry.register(Arc::new(move |families: &mut Vec<MetricFamily>| {
        collect(&shown, families);
    }));
    registry.counter_fn(
        "prometheus_tsdb_wal_corruptions_total",
        "Total number of WAL corruptions.",
        move || facts.corruptions() as f64,
    );
}

/// The numbers of a store and of the blocks beside it, where a family stands for both.
fn with_blocks(stats: Stats, blocks: &BlocksStats) -> Stats {
    Stats {
        segments: stats.segments + blocks.blocks,
        segments_bytes: stats.segments_bytes + blocks.bytes,
        segments_memory_bytes: stats.segments_memory_bytes + blocks.symbols_bytes,
        seals: stats.seals + blocks.compactions,
        seals_failed: stats.seals_failed + blocks.compactions_failed,
        min_time: stats.min_time.into_iter().chain(blocks.min_time).min(),
        ..stats
    }
}

fn collect(store: &StoreFacts, families: &mut Vec<MetricFamily>) {
    let db = &store.db;
    let beside = store.blocks.as_ref().map(Blocks::stats);
    let stats = with_blocks(db.stats(), &beside.unwrap_or_default());
    numbers::collect(&ROWS, &stats, families);
    if let Some(beside) = beside {
        numbers::collect(&blocks::ROWS, &beside, families);
    }
    for &(name, help, kind, read) in &TYPED_ROWS {
        let mut family = MetricFamily::new(name, help, kind);
        family.metrics.push(Metric::number(vec![LabelPair::new("type", "float")], read(&stats)));
        families.push(family);
    }
    numbers::collect(&exemplars::ROWS, &db.exemplar_stats(), families);
    numbers::collect(&metadata::ROWS, &db.metadata_stats(), families);
    limits::collect(&db.limits(0), families);
    collect_health(&db.health(), families);
}

/// The state of the store's files.
fn collect_health(health: &Health, families: &mut Vec<MetricFamily>) {
    let help = "Whether the store cannot write, by reason. It goes on by itself when it can.";
    let mut degraded = MetricFamily::new("regain_tsdb_degraded", help, GAUGE);
    for trouble in Trouble::ALL {
        let is_it = f64::from(u8::from(health.trouble == Some(trouble)));
        degraded
            .metrics
            .push(Metric::number(vec![LabelPair::new("reason", trouble.name())], is_it));
    }
    families.push(degraded);
    let help = "Whether samples are refused because the write-ahead log cannot be written.";
    let mut read_only = MetricFamily::new("regain_tsdb_read_only", help, GAUGE);
    read_only.push(Vec::new(), f64::from(u8::from(health.is_read_only)));
    families.push(read_only);
    let help = "Damaged files that were set aside since the start.";
    let mut set_aside = MetricFamily::new("regain_tsdb_files_set_aside_total", help, COUNTER);
    set_aside.push(Vec::new(), health.set_aside.len() as f64);
    families.push(set_aside);
}
