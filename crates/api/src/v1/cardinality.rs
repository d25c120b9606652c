//! `regain/cardinality` and `regain/limits`: where series come from, what nobody asks for, and what is refused. Additions to
//! upstream's API, described in `docs/api.md`.

use regain_model::Timestamp;
use regain_storage as storage;
use regain_tsdb::{
    By, Cardinality, CardinalityQuery, Db, Group, JobLimits, LimitsState, RefusedSeries, SortBy,
};
use serde::Serialize;

use crate::door::Open;
use crate::envelope::{ApiError, ErrorKind, Success};
use crate::params::Params;

/// The number of entries in a list where a request names none.
const TOP_DEFAULT: usize = 20;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are the API's")]
struct Groups<'a> {
    by: &'static str,
    series: u64,
    series_kept: u64,
    groups: u64,
    /// The time of the counts in `before`.
    compared_with: Option<f64>,
    /// The time since which it is noted what queries and rules select.
    queries_noted_since: Option<f64>,
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    series: u64,
    series_kept: u64,
    /// Of the series of all groups.
    share: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    growth: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_queried: Option<f64>,
    #[serde(skip_serializing_if = "is_zero")]
    refused: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn seconds(ms: i64) -> f64 {
    Timestamp(ms).as_seconds()
}

impl<'a> Groups<'a> {
    fn new(by: &'static str, found: &'a Cardinality) -> Self {
        Self {
            by,
            series: found.series,
            series_kept: found.series_kept,
            groups: found.groups,
            compared_with: found.compared_with.map(seconds),
            queries_noted_since: found.queries_noted_since.map(seconds),
            entries: found.list.iter().map(|group| Entry::new(group, found.series)).collect(),
        }
    }
}

impl<'a> Entry<'a> {
    fn new(group: &'a Group, all: u64) -> Self {
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        Self {
            name: &group.name,
            label: group.label.as_deref(),
            series: group.series,
            series_kept: group.series_kept,
            share: if all == 0 { 0.0 } else { group.series as f64 / all as f64 },
            values: group.values,
            before: group.before,
            growth: group.before.map(|before| signed(group.series) - signed(before)),
            last_queried: group.last_queried.map(seconds),
            refused: group.refused,
        }
    }
}

/// `GET /api/v1/regain/cardinality`.
pub(crate) async fn cardinality(Open(serving): Open, params: Params) -> Result<Success, ApiError> {
    params.check()?;
    let (by, name) = by(&params)?;
    let selectors = params.any_selectors()?;
    let sort = match params.text("sort") {
        "" | "size" => SortBy::Size,
        "growth" => SortBy::Growth,
        other => {
            return Err(ApiError::bad_data(format!("sort must be size or growth, not {other}")));
        }
    };
    let is_time_given = !params.text("unqueried_since").is_empty();
    let since = is_time_given.then(|| params.time("unqueried_since")).transpose()?;
    let limit = params.top(TOP_DEFAULT)?;
    // Grouping reads the whole index and would hold up other requests on this thread.
    let read = move |db: &Db| {
        let query = CardinalityQuery {
            by,
            selectors: &selectors,
            sort,
            unqueried_since: since.map(|since| since.0),
            limit,
        };
        let found = db.cardinality(&query)?;
        Ok(Success::json(&Groups::new(name, &found)).with_warnings(found.warnings))
    };
    in_background(&serving.store.db, read).await
}

fn by(params: &Params) -> Result<(By, &'static str), ApiError> {
    let label = params.text("label");
    Ok(match params.text("by") {
        "" | "metric" => (By::Metric, "metric"),
        "job" => (By::Job, "job"),
        "label" => (By::Label, "label"),
        "metric_label" => (By::MetricLabel, "metric_label"),
        "label_value" if label.is_empty() => {
            return Err(ApiError::bad_data("by=label_value needs the name of a label in label"));
        }
        "label_value" => (By::Value(label.to_owned()), "label_value"),
        other => {
            return Err(ApiError::bad_data(format!(
                "by must be metric, job, label, label_value or metric_label, not {other}"
            )));
        }
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Limits<'a> {
    memory: Memory<'a>,
    series_per_metric: u64,
    series_per_job: u64,
    jobs: Vec<JobLimit<'a>>,
    series_refused: u64,
    samples_refused: u64,
    refused: Vec<Refused<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Memory<'a> {
    used_bytes: u64,
    /// 0 for none.
    limit_bytes: u64,
    refuses_all: bool,
    /// Whose new series are refused because memory is short.
    refused_jobs: &'a [String],
}

#[derive(Serialize)]
struct JobLimit<'a> {
    job: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<u64>,
    priority: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are the API's")]
struct Refused<'a> {
    job: &'a str,
    metric: &'a str,
    reason: &'static str,
    series: u64,
    total: u64,
    last_refused: f64,
}

impl<'a> Limits<'a> {
    fn new(state: &'a LimitsState) -> Self {
        let LimitsState { limits, .. } = state;
        let of_job =
            |of: &'a JobLimits| JobLimit { job: &of.job, series: of.series, priority: of.priority };
        let refused = |one: &'a RefusedSeries| Refused {
            job: &one.job,
            metric: &one.metric,
            reason: one.reason.name(),
            series: one.series,
            total: one.total,
            last_refused: seconds(one.last_ms),
        };
        Self {
            memory: Memory {
                used_bytes: state.memory_used_bytes,
                limit_bytes: limits.memory_bytes,
                refuses_all: state.refuses_all,
                refused_jobs: &state.refused_jobs,
            },
            series_per_metric: limits.per_metric,
            series_per_job: limits.per_job,
            jobs: limits.jobs.iter().map(of_job).collect(),
            series_refused: state.refused_total.iter().map(|(_, series)| series).sum(),
            samples_refused: state.samples_refused,
            refused: state.refused.iter().map(refused).collect(),
        }
    }
}

/// `GET /api/v1/regain/limits`.
pub(crate) async fn limits(Open(serving): Open, params: Params) -> Result<Success, ApiError> {
    params.check()?;
    Ok(Success::json(&Limits::new(&serving.store.db.limits(params.top(TOP_DEFAULT)?))))
}

async fn in_background(
    db: &Db,
    read: impl FnOnce(&Db) -> storage::Result<Success> + Send + 'static,
) -> Result<Success, ApiError> {
    let db = db.clone();
    let failed = |why: String| ApiError::new(ErrorKind::Internal, why);
    let done = tokio::task::spawn_blocking(move || read(&db)).await;
    let done = done.map_err(|_| failed("reading the index failed unexpectedly".to_owned()))?;
    done.map_err(|error| match error {
        storage::Error::Replaying => ApiError::new(ErrorKind::Unavailable, error.to_string()),
        error => failed(error.to_string()),
    })
}
