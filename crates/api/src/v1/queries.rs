//! `regain/queries`: the queries that wait or run, what they hold, and the way to end one. An addition to upstream's
//! API, described in `docs/api.md`.

use axum::extract::Path;
use regain_model::Timestamp;
use serde::Serialize;

use crate::door::Open;
use crate::envelope::{ApiError, ErrorKind, Success};
use crate::guard::MayChange;
use crate::query_service::{Origin, RunningQuery, Unfinished, When};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are the API's")]
struct Queries<'a> {
    queries: Vec<Query<'a>>,
    /// The queries that an earlier process has not finished.
    unfinished: &'a [Unfinished],
    concurrency_max: usize,
    bytes_held: u64,
    bytes_max: u64,
    bytes_per_query_max: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are the API's")]
struct Query<'a> {
    id: String,
    query: &'a str,
    kind: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Rule<'a>>,
    start: f64,
    end: f64,
    /// Seconds; 0 where the query is about one time.
    step: f64,
    since: f64,
    elapsed: f64,
    samples_held: u64,
    samples_peak: u64,
    bytes_held: u64,
    bytes_peak: u64,
}

#[derive(Serialize)]
struct Rule<'a> {
    file: &'a str,
    group: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct Killed<'a> {
    id: String,
    query: &'a str,
}

impl<'a> Query<'a> {
    fn of(query: &'a RunningQuery) -> Self {
        let (start, end, step_ms) = match query.when {
            When::At(time) => (time, time, 0),
            When::Over(steps) => (steps.start, steps.end, steps.step_ms),
        };
        let (kind, client, rule) = match (&query.origin, query.when) {
            (Origin::Client(request), When::At(_)) => ("instant", Some(&*request.client_ip), None),
            (Origin::Client(request), When::Over(_)) => ("range", Some(&*request.client_ip), None),
            (Origin::Rule(rule), _) => {
                let rule = Rule { file: &rule.file, group: &rule.group, name: &rule.name };
                ("rule", None, Some(rule))
            }
            (Origin::Server, _) => ("healing", None, None),
        };
        let (budget, bytes) = (&query.ctx.budget, &query.ctx.bytes);
        Self {
            id: query.id.to_string(),
            query: &query.text,
            kind,
            state: if query.has_place() { "running" } else { "queued" },
            client,
            rule,
            start: start.as_seconds(),
            end: end.as_seconds(),
            step: Timestamp(step_ms).as_seconds(),
            since: query.since.as_seconds(),
            elapsed: query.started.elapsed().as_secs_f64(),
            samples_held: budget.held(),
            samples_peak: budget.peak(),
            bytes_held: bytes.held(),
            bytes_peak: bytes.peak(),
        }
    }
}

/// `GET /api/v1/regain/queries`.
pub(crate) async fn list(Open(serving): Open) -> Success {
    let running = serving.queries.running().heaviest_first();
    let (limits, bytes_held) = serving.queries.limits();
    Success::json(&Queries {
        queries: running.iter().map(|query| Query::of(query)).collect(),
        unfinished: serving.queries.unfinished(),
        concurrency_max: limits.concurrency_max,
        bytes_held,
        bytes_max: limits.bytes_max,
        bytes_per_query_max: limits.bytes_per_query_max,
    })
}

/// `DELETE /api/v1/regain/queries/{id}`.
pub(crate) async fn kill(
    Open(serving): Open,
    _: MayChange,
    Path(id): Path<String>,
) -> Result<Success, ApiError> {
    let killed = id.parse().ok().and_then(|id| serving.queries.running().kill(id));
    let Some(query) = killed else {
        return Err(ApiError::new(ErrorKind::NotFound, format!("no query {id} waits or runs")));
    };
    tracing::info!(component = "api", id, query = query.text, "A query was killed");
    Ok(Success::json(&Killed { id, query: &query.text }))
}
