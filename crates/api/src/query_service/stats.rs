//! What a query took, for clients that ask with `stats`.

use regain_promql::{QueryResult, QueryStats};
use serde::Serialize;

use super::Timings;

/// All of a query's statistics.
#[derive(Serialize)]
pub(crate) struct Stats {
    timings: Seconds,
    samples: Samples,
    /// What the result cache had, where it had anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<Cached>,
}

/// What was kept of an earlier answer; the samples are those that were read for the other steps.
#[derive(Serialize)]
struct Cached {
    steps: u64,
}

/// Seconds that the stages took.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are the API's")]
struct Seconds {
    eval_total_time: f64,
    /// Answers are sorted while they are evaluated.
    result_sort_time: f64,
    /// Expressions are prepared while they are evaluated.
    query_preparation_time: f64,
    inner_eval_time: f64,
    exec_queue_time: f64,
    exec_total_time: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are the API's")]
struct Samples {
    total_queryable_samples: u64,
    samples_read: u64,
    peak_samples: u64,
}

/// The statistics of an answered query.
pub(crate) fn of(result: &QueryResult, timings: Timings) -> Stats {
    with(result.stats, timings)
}

/// The statistics of a query that has ended.
pub(super) fn with(stats: QueryStats, timings: Timings) -> Stats {
    let (queue, eval) = (timings.queue.as_secs_f64(), timings.eval.as_secs_f64());
    Stats {
        timings: Seconds {
            eval_total_time: eval,
            result_sort_time: 0.0,
            query_preparation_time: 0.0,
            inner_eval_time: eval,
            exec_queue_time: queue,
            exec_total_time: queue + eval,
        },
        samples: Samples {
            total_queryable_samples: stats.samples_total,
            samples_read: stats.samples_read,
            peak_samples: stats.samples_peak,
        },
        cache: (stats.steps_cached > 0).then_some(Cached { steps: stats.steps_cached }),
    }
}

/// The warning about a value of `stats` that a later Prometheus will refuse.
pub(crate) fn deprecation(value: &str) -> Option<String> {
    (!matches!(value, "" | "true" | "all")).then(|| {
        let quoted = regain_go_format::quote::quote(value);
        format!(
            "value {quoted} for parameter \"stats\" is deprecated and will be rejected in the next \
             major release, use \"true\" or \"all\""
        )
    })
}
