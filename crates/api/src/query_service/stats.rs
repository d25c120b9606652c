//! What a query took, for clients that ask with `stats`.

use std::time::Duration;

use regain_model::Timestamp;
use regain_promql::{QueryResult, QueryStats, StepStats};
use serde::{Serialize, Serializer};

/// How long the stages of a query took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timings {
    /// Waiting for a place among the running queries.
    pub(crate) queue: Duration,
    /// From the parsed expression to the answer.
    pub(crate) eval: Duration,
}

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
    result_sort_time: f64,
    query_preparation_time: f64,
    /// What is neither of the two.
    inner_eval_time: f64,
    exec_queue_time: f64,
    exec_total_time: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are the API's")]
struct Samples {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    total_queryable_samples_per_step: Vec<Step>,
    total_queryable_samples: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    samples_read_per_step: Vec<Step>,
    samples_read: u64,
    peak_samples: u64,
}

/// The samples of one step.
struct Step {
    time: Timestamp,
    samples: u64,
}

impl Serialize for Step {
    /// The time in seconds, whole ones without a fraction, and the samples.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let millis = self.time.0;
        if millis % MILLIS_A_SECOND == 0 {
            (millis / MILLIS_A_SECOND, self.samples).serialize(serializer)
        } else {
            (millis as f64 / MILLIS_A_SECOND as f64, self.samples).serialize(serializer)
        }
    }
}

const MILLIS_A_SECOND: i64 = 1000;

/// The statistics of an answered query.
pub(crate) fn of(result: &QueryResult, timings: Timings) -> Stats {
    let per_step = |samples: fn(&StepStats) -> u64| {
        result.steps.iter().map(|step| Step { time: step.time, samples: samples(step) }).collect()
    };
    let mut stats = with(result.stats, timings);
    stats.samples.total_queryable_samples_per_step = per_step(|step| step.samples_total);
    stats.samples.samples_read_per_step = per_step(|step| step.samples_read);
    stats
}

/// The statistics of a query that has ended.
pub(super) fn with(stats: QueryStats, timings: Timings) -> Stats {
    let (queue, eval) = (timings.queue.as_secs_f64(), timings.eval.as_secs_f64());
    let (preparation, sorting) = (stats.preparation.as_secs_f64(), stats.sorting.as_secs_f64());
    Stats {
        timings: Seconds {
            eval_total_time: eval,
            result_sort_time: sorting,
            query_preparation_time: preparation,
            inner_eval_time: inner_eval(stats, timings).as_secs_f64(),
            exec_queue_time: queue,
            exec_total_time: queue + eval,
        },
        samples: Samples {
            total_queryable_samples_per_step: Vec::new(),
            samples_read_per_step: Vec::new(),
            total_queryable_samples: stats.samples_total,
            samples_read: stats.samples_read,
            peak_samples: stats.samples_peak,
        },
        cache: (stats.steps_cached > 0).then_some(Cached { steps: stats.steps_cached }),
    }
}

/// The time of evaluating alone.
pub(super) fn inner_eval(stats: QueryStats, timings: Timings) -> Duration {
    timings.eval.saturating_sub(stats.preparation).saturating_sub(stats.sorting)
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
