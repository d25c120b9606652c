//! Whether samples prove that a target is healthy.
//!
//! What is absent proves nothing: a repair that takes the exporter down makes the alert's series vanish, and
//! with it the alert. So the query has to answer with samples, none of them zero, and the series that it looks
//! at need samples that were taken after the action.

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use regain_model::Labels;

use crate::expression::Query;
use crate::machine::Verdict;

/// Samples that answer a query: the labels, the time and the value of each. A scalar is one sample without
/// labels.
pub type Samples = Vec<(Labels, Timestamp, f64)>;

/// Answers PromQL: the engine of the same process, or a server over HTTP.
pub trait Ask: Send + Sync + fmt::Debug {
    /// Evaluates an expression at a time.
    fn ask<'a>(
        &'a self,
        expr: &'a str,
        time: Timestamp,
    ) -> BoxFuture<'a, Result<Samples, AskError>>;
}

/// Why a query was not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Nobody answered.
    #[error("no answer to the query: {why}")]
    Unreachable {
        /// What happened.
        why: String,
    },
    /// The query was refused, or its evaluation failed.
    #[error("the query failed: {why}")]
    Failed {
        /// What was said.
        why: String,
    },
}

/// How new samples must be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freshness {
    /// They were taken after this.
    pub(crate) newer_than: Timestamp,
    /// They are not older than this.
    pub(crate) age_max: Duration,
}

/// Asks a query and judges the answer.
pub(crate) async fn judge(
    asker: &dyn Ask,
    query: &Query,
    now: Timestamp,
    freshness: Freshness,
) -> Verdict {
    match judged(asker, query, now, freshness).await {
        Ok(verdict) => verdict,
        Err(error) => Verdict::NoFreshData { why: error.to_string() },
    }
}

async fn judged(
    asker: &dyn Ask,
    query: &Query,
    now: Timestamp,
    freshness: Freshness,
) -> Result<Verdict, AskError> {
    let samples = asker.ask(&query.expr, now).await?;
    if let Some((labels, _, value)) = samples.iter().find(|(_, _, value)| !is_true(*value)) {
        return Ok(Verdict::Unhealthy { why: format!("{} is {value} at {labels}", query.expr) });
    }
    let mut seen = false;
    for selector in &query.selectors {
        let taken = asker.ask(&format!("timestamp({selector})"), now).await?;
        let newest = taken.iter().map(|(_, _, seconds)| *seconds).fold(f64::NEG_INFINITY, f64::max);
        if !newest.is_finite() {
            continue;
        }
        seen = true;
        if let Some(why) = too_old(newest, now, freshness) {
            return Ok(Verdict::NoFreshData { why: format!("{selector}: {why}") });
        }
    }
    Ok(match (seen, samples.is_empty()) {
        (false, _) => Verdict::NoFreshData { why: format!("{} has no samples", query.expr) },
        (true, true) => Verdict::Unhealthy { why: format!("{} answers nothing", query.expr) },
        (true, false) => Verdict::Healthy,
    })
}

fn is_true(value: f64) -> bool {
    value != 0.0 && !value.is_nan()
}

fn too_old(taken_s: f64, now: Timestamp, freshness: Freshness) -> Option<String> {
    let seconds = |time: Timestamp| time.as_millisecond() as f64 / 1000.0;
    if taken_s <= seconds(freshness.newer_than) {
        return Some("no sample since the action".to_owned());
    }
    let age_s = seconds(now) - taken_s;
    (age_s > freshness.age_max.as_secs_f64())
        .then(|| format!("the newest sample is {age_s:.0} s old"))
}
