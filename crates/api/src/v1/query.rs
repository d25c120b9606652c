//! `query` and `query_range`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use regain_promql::{QueryOptions, QueryResult, Steps, Value};

use crate::door::Open;
use crate::envelope::{ApiError, Success};
use crate::json;
use crate::params::{Params, parse_duration_ns};
use crate::query_service::{AnswerBudget, Origin, Question, Timings, When, stats};
use crate::serving::Serving;
use crate::settings::Settings;

/// The most points a range query may ask for.
const POINTS_MAX: i128 = 11_000;
const NANOSECONDS_PER_MS: i64 = 1_000_000;

/// `/api/v1/query`.
pub(crate) async fn instant(
    Open(serving): Open,
    State(settings): State<Arc<Settings>>,
    params: Params,
) -> Result<Success, ApiError> {
    let limit = params.limit()?;
    let time = params.time_or("time", settings.clock.now())?;
    answer(&serving, params, When::At(time), limit).await
}

/// `/api/v1/query_range`.
pub(crate) async fn range(Open(serving): Open, params: Params) -> Result<Success, ApiError> {
    let limit = params.limit()?;
    let steps = steps(&params)?;
    answer(&serving, params, When::Over(steps), limit).await
}

/// The times of a range query.
pub(super) fn steps(params: &Params) -> Result<Steps, ApiError> {
    let start = params.time("start")?;
    let end = params.time("end")?;
    if end < start {
        let why = "end timestamp must not be before start time";
        return Err(ApiError::parameter("end", why));
    }
    let step_ns =
        parse_duration_ns(params.text("step")).map_err(|why| ApiError::parameter("step", why))?;
    let not_positive = || {
        let why = "zero or negative query resolution step widths are not accepted. \
                   Try a positive integer";
        ApiError::parameter("step", why)
    };
    if step_ns <= 0 {
        return Err(not_positive());
    }
    let length_ns = (i128::from(end.0) - i128::from(start.0)) * i128::from(NANOSECONDS_PER_MS);
    if length_ns / i128::from(step_ns) > POINTS_MAX {
        let why = "exceeded maximum resolution of 11,000 points per timeseries. \
                   Try decreasing the query resolution (?step=XX)";
        return Err(ApiError::bad_data(why));
    }
    match step_ns / NANOSECONDS_PER_MS {
        0 => Err(not_positive()),
        step_ms => Ok(Steps { start, end, step_ms }),
    }
}

async fn answer(
    serving: &Serving,
    params: Params,
    when: When,
    limit: usize,
) -> Result<Success, ApiError> {
    let question = question(serving, &params, when)?;
    let per_step = wants_steps(serving, &params);
    let render = move |mut result: QueryResult, timings, budget: AnswerBudget| {
        if !per_step {
            result.steps.clear();
        }
        let memory = budget.take(json::size_hint(&result.value))?;
        Ok(render(result, timings, &params, limit).held_by(memory))
    };
    serving.queries.run(question, render).await
}

/// What is asked, parsed.
pub(super) fn question(
    serving: &Serving,
    params: &Params,
    when: When,
) -> Result<Question, ApiError> {
    let timeout_ns = params.duration_ns("timeout")?;
    let counted = !params.text("stats").is_empty();
    let options = QueryOptions { lookback_delta_ms: lookback_delta_ms(params)?, counted };
    let timeout = match timeout_ns.map(u64::try_from) {
        None => None,
        Some(Ok(ns @ 1..)) => Some(Duration::from_nanos(ns)),
        // The time is over before the query is read.
        Some(_) => return Err(ApiError::parameter("query", "context deadline exceeded")),
    };
    let expr = serving.queries.parse(params.query()?)?;
    let (text, origin) = (params.text("query").to_owned(), Origin::Client(params.request()));
    // What single steps took is not kept with an answer.
    let uses_cache = params.text("nocache") != "1" && !wants_steps(serving, params);
    Ok(Question { expr, text, origin, when, options, timeout, uses_cache })
}

/// Whether the statistics are to be told step by step.
fn wants_steps(serving: &Serving, params: &Params) -> bool {
    serving.queries.tells_steps() && params.text("stats") == "all"
}

fn lookback_delta_ms(params: &Params) -> Result<Option<i64>, ApiError> {
    match params.text("lookback_delta") {
        "" => Ok(None),
        text => {
            let delta_ns = parse_duration_ns(text).map_err(|why| {
                ApiError::bad_data(format!("error parsing lookback delta duration: {why}"))
            })?;
            Ok(Some(delta_ns / NANOSECONDS_PER_MS).filter(|delta_ms| *delta_ms > 0))
        }
    }
}

fn render(mut result: QueryResult, timings: Timings, params: &Params, limit: usize) -> Success {
    let is_truncated = truncate(&mut result.value, limit);
    let stats = params.text("stats");
    let write = |body: &mut Vec<u8>| {
        body.push(b'{');
        json::append_value(body, &result.value);
        if !stats.is_empty() {
            body.extend_from_slice(b",\"stats\":");
            json::append_serialized(body, &stats::of(&result, timings));
        }
        body.push(b'}');
    };
    let success = Success::written(json::size_hint(&result.value), write);
    let success = success.annotated(&result, params.text("query")).truncated(is_truncated);
    match stats::deprecation(stats) {
        Some(warning) => success.warn(warning),
        None => success,
    }
}

/// Keeps the first `limit` series (0: all) and says whether there were more.
fn truncate(value: &mut Value, limit: usize) -> bool {
    fn cut<T>(items: &mut Vec<T>, limit: usize) -> bool {
        let is_truncated = limit > 0 && items.len() > limit;
        if is_truncated {
            items.truncate(limit);
        }
        is_truncated
    }
    match value {
        Value::Vector(samples) => cut(samples, limit),
        Value::Matrix(series) => cut(series, limit),
        Value::Scalar(_) | Value::String(_) => false,
    }
}
