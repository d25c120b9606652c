//! `status/*`: what runs, how it was set up, and what the head holds.

use std::sync::Arc;

use axum::extract::State;
use regain_model::Timestamp;
use regain_storage::Trouble;
use regain_tsdb::{Health, LabelStats, SetAside, Stats};
use serde::Serialize;

use crate::door::Open;
use crate::envelope::{ApiError, ErrorKind, Success};
use crate::params::Params;
use crate::settings::Settings;

/// The number of entries in each list of `status/tsdb` where a request names none.
const TOP_DEFAULT: usize = 10;

#[derive(Serialize)]
struct ConfigYaml<'a> {
    yaml: &'a str,
}

/// `/api/v1/status/config`.
pub(crate) async fn config(Open(serving): Open) -> Success {
    Success::json(&ConfigYaml { yaml: &serving.config.yaml })
}

/// `/api/v1/status/flags`.
pub(crate) async fn flags(Open(_): Open, State(settings): State<Arc<Settings>>) -> Success {
    Success::json(&settings.flags)
}

/// `/api/v1/status/buildinfo`.
pub(crate) async fn build_info(Open(_): Open, State(settings): State<Arc<Settings>>) -> Success {
    Success::json(&settings.build)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuntimeInfo<'a> {
    start_time: String,
    #[serde(rename = "CWD")]
    working_dir: &'a str,
    hostname: &'a str,
    server_time: String,
    reload_config_success: bool,
    last_config_time: String,
    corruption_count: u64,
    // Go's runtime has no counterpart: tasks stand for goroutines, and what cannot be tuned is 0 or empty.
    goroutine_count: usize,
    #[serde(rename = "GOMAXPROCS")]
    processors: usize,
    #[serde(rename = "GOMEMLIMIT")]
    memory_limit: u64,
    #[serde(rename = "GOGC")]
    collector_percent: &'a str,
    #[serde(rename = "GODEBUG")]
    debug: &'a str,
    storage_retention: &'a str,
}

/// `/api/v1/status/runtimeinfo`.
pub(crate) async fn runtime_info(
    Open(serving): Open,
    State(settings): State<Arc<Settings>>,
) -> Success {
    let metrics = tokio::runtime::Handle::current().metrics();
    Success::json(&RuntimeInfo {
        start_time: rfc3339(settings.process.started_at),
        working_dir: &settings.process.working_dir,
        hostname: &settings.process.hostname,
        server_time: rfc3339(settings.clock.now()),
        reload_config_success: settings.config_status.is_success(),
        last_config_time: rfc3339(settings.config_status.loaded_at()),
        corruption_count: serving.store.corruptions(),
        goroutine_count: metrics.num_alive_tasks(),
        processors: metrics.num_workers(),
        memory_limit: 0,
        collector_percent: "",
        debug: "",
        storage_retention: &serving.config.retention,
    })
}

fn rfc3339(time: Timestamp) -> String {
    regain_go_format::time::format_rfc3339_ms(time.0).unwrap_or_default()
}

#[derive(Serialize)]
struct WalReplay {
    min: u64,
    max: u64,
    current: u64,
}

/// `/api/v1/status/walreplay`, which is asked while the server is not ready. Upstream counts segments of
/// its log, here bytes are counted.
pub(crate) async fn wal_replay(State(settings): State<Arc<Settings>>) -> Success {
    let progress = &settings.replay_progress;
    Success::json(&WalReplay { min: 0, max: progress.bytes(), current: progress.bytes_read() })
}

/// One entry of a list in `status/tsdb`: a metric, a label, or a label with a value.
#[derive(Serialize)]
struct Ranked {
    name: String,
    value: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HeadSummary {
    num_series: u64,
    num_label_pairs: u64,
    chunk_count: u64,
    min_time: i64,
    max_time: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TsdbStatus {
    head_stats: HeadSummary,
    series_count_by_metric_name: Vec<Ranked>,
    label_value_count_by_label_name: Vec<Ranked>,
    memory_in_bytes_by_label_name: Vec<Ranked>,
    series_count_by_label_value_pair: Vec<Ranked>,
    // Upstream has nothing like it.
    storage: StorageHealth,
}

/// The state of the store's files.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StorageHealth {
    /// Why something cannot be written.
    degraded: Option<&'static str>,
    read_only: bool,
    set_aside: Vec<SetAsideFile>,
}

/// A damaged file, and the times between which samples may be missing.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SetAsideFile {
    file: String,
    min_time: i64,
    max_time: i64,
    /// Whether all of it was found elsewhere.
    recovered: bool,
}

impl StorageHealth {
    fn new(health: Health) -> Self {
        let file = |set_aside: SetAside| SetAsideFile {
            file: set_aside.path.display().to_string(),
            min_time: set_aside.span.min.0,
            max_time: set_aside.span.max.0,
            recovered: set_aside.is_recovered,
        };
        Self {
            degraded: health.trouble.map(Trouble::name),
            read_only: health.is_read_only,
            set_aside: health.set_aside.into_iter().map(file).collect(),
        }
    }
}

impl TsdbStatus {
    fn new(stats: &Stats, labels: LabelStats, health: Health) -> Self {
        let head = &stats.head;
        Self {
            head_stats: HeadSummary {
                num_series: head.series,
                num_label_pairs: head.label_pairs,
                chunk_count: head.chunks,
                // A head without samples has the ends of time turned around, as upstream's has.
                min_time: head.min_time.unwrap_or(i64::MAX),
                max_time: head.max_time.unwrap_or(i64::MIN),
            },
            series_count_by_metric_name: ranked(labels.series_by_metric),
            label_value_count_by_label_name: ranked(labels.values_by_label),
            memory_in_bytes_by_label_name: ranked(labels.bytes_by_label),
            series_count_by_label_value_pair: ranked(labels.series_by_pair),
            storage: StorageHealth::new(health),
        }
    }
}

fn ranked(list: Vec<(String, u64)>) -> Vec<Ranked> {
    list.into_iter().map(|(name, value)| Ranked { name, value }).collect()
}

/// `/api/v1/status/tsdb`.
pub(crate) async fn tsdb(Open(serving): Open, params: Params) -> Result<Success, ApiError> {
    let top = params.top(TOP_DEFAULT)?;
    let db = serving.store.db.clone();
    // Ranking reads the whole index and would hold up other requests on this thread.
    let read = move || Ok(TsdbStatus::new(&db.stats(), db.label_stats(top)?, db.health()));
    let status = tokio::task::spawn_blocking(read).await;
    let status = status.map_err(|_| {
        ApiError::new(ErrorKind::Internal, "reading the statistics failed unexpectedly")
    })?;
    let status = status.map_err(|error: regain_storage::Error| {
        ApiError::new(ErrorKind::Internal, error.to_string())
    })?;
    Ok(Success::json(&status))
}
