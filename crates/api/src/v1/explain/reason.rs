//! Why something is empty, on the wire: a name, a sentence, and what was found out.

use regain_model::{Labels, Matcher, Timestamp};
use regain_promql::EmptyReason;
use serde::Serialize;

use super::node::Difference;
use crate::v1::LabelsObject;

#[derive(Serialize)]
pub(super) struct Empty<'e> {
    reason: &'static str,
    text: String,
    details: Details<'e>,
}

/// What was found out. Times are in seconds since 1970, spans of time in seconds.
#[derive(Serialize)]
#[serde(untagged)]
enum Details<'e> {
    #[serde(rename_all = "camelCase")]
    Metric {
        name: &'e str,
        similar: &'e [String],
    },
    #[serde(rename_all = "camelCase")]
    Label {
        metric: Option<&'e str>,
        matcher: String,
        label: &'e str,
        values: &'e [String],
    },
    #[serde(rename_all = "camelCase")]
    Matchers {
        metric: Option<&'e str>,
        too_many: Vec<String>,
    },
    #[serde(rename_all = "camelCase")]
    Range {
        after: f64,
        until: f64,
        last: Option<f64>,
        next: Option<f64>,
        searched_seconds: f64,
    },
    #[serde(rename_all = "camelCase")]
    Stale {
        last: Option<f64>,
        ended: f64,
    },
    #[serde(rename_all = "camelCase")]
    Lookback {
        last: f64,
        lookback_seconds: f64,
        interval_seconds: f64,
    },
    #[serde(rename_all = "camelCase")]
    Window {
        function: &'e str,
        range_seconds: f64,
        interval_seconds: Option<f64>,
    },
    #[serde(rename_all = "camelCase")]
    Subquery {
        range_seconds: f64,
        step_seconds: f64,
    },
    #[serde(rename_all = "camelCase")]
    Match {
        left: u64,
        right: u64,
        left_example: Option<LabelsObject<&'e Labels>>,
        right_example: Option<LabelsObject<&'e Labels>>,
        differences: Vec<Difference<'e>>,
    },
    #[serde(rename_all = "camelCase")]
    Comparison {
        op: &'e str,
        series: u64,
        min: Option<String>,
        max: Option<String>,
    },
    #[serde(rename_all = "camelCase")]
    Excluded {
        series: u64,
    },
    #[serde(rename_all = "camelCase")]
    Buckets {
        function: &'e str,
        series: u64,
        example: Option<LabelsObject<&'e Labels>>,
    },
    #[serde(rename_all = "camelCase")]
    Function {
        function: &'e str,
    },
    #[serde(rename_all = "camelCase")]
    Input {
        nodes: &'e [usize],
    },
    Nothing {},
}

impl<'e> Empty<'e> {
    pub(super) fn of(reason: &'e EmptyReason) -> Self {
        Self { reason: reason.name(), text: reason.to_string(), details: Details::of(reason) }
    }
}

impl<'e> Details<'e> {
    fn of(reason: &'e EmptyReason) -> Self {
        match reason {
            EmptyReason::NoSuchMetric { name, similar } => Self::Metric { name, similar },
            EmptyReason::NoSuchLabel { metric, matcher, values } => Self::Label {
                metric: metric.as_deref(),
                matcher: matcher.to_string(),
                label: matcher.name(),
                values,
            },
            EmptyReason::NoSeriesForAll { metric, too_many } => {
                let too_many = too_many.iter().map(Matcher::to_string).collect();
                Self::Matchers { metric: metric.as_deref(), too_many }
            }
            EmptyReason::NothingInRange { after, until, last, next, searched_ms } => Self::Range {
                after: after.as_seconds(),
                until: until.as_seconds(),
                last: last.map(Timestamp::as_seconds),
                next: next.map(Timestamp::as_seconds),
                searched_seconds: seconds(*searched_ms),
            },
            EmptyReason::Stale { last, ended } => {
                Self::Stale { last: last.map(Timestamp::as_seconds), ended: ended.as_seconds() }
            }
            EmptyReason::LookbackTooShort { last, lookback_ms, interval_ms } => Self::Lookback {
                last: last.as_seconds(),
                lookback_seconds: seconds(*lookback_ms),
                interval_seconds: seconds(*interval_ms),
            },
            EmptyReason::RangeTooShort { function, range_ms, interval_ms } => Self::Window {
                function,
                range_seconds: seconds(*range_ms),
                interval_seconds: interval_ms.map(seconds),
            },
            EmptyReason::NoSubqueryStep { range_ms, step_ms } => Self::Subquery {
                range_seconds: seconds(*range_ms),
                step_seconds: seconds(*step_ms),
            },
            _ => Self::of_operation(reason),
        }
    }

    fn of_operation(reason: &'e EmptyReason) -> Self {
        match reason {
            EmptyReason::NoMatch { left, right, left_example, right_example, differences } => {
                Self::Match {
                    left: *left,
                    right: *right,
                    left_example: left_example.as_ref().map(LabelsObject),
                    right_example: right_example.as_ref().map(LabelsObject),
                    differences: differences.iter().map(Difference::of).collect(),
                }
            }
            EmptyReason::ComparisonNeverHolds { op, series, values } => {
                // As text, because JSON has no infinities.
                let text = regain_go_format::float::format_float;
                let (min, max) =
                    (values.map(|(min, _)| text(min)), values.map(|(_, max)| text(max)));
                Self::Comparison { op, series: *series, min, max }
            }
            EmptyReason::Excluded { series } => Self::Excluded { series: *series },
            EmptyReason::NoBuckets { function, series, example } => Self::Buckets {
                function,
                series: *series,
                example: example.as_ref().map(LabelsObject),
            },
            EmptyReason::Present { function } | EmptyReason::NoHistograms { function } => {
                Self::Function { function }
            }
            EmptyReason::NothingComesOut { what } => Self::Function { function: what },
            EmptyReason::EmptyInput { nodes } => Self::Input { nodes },
            _ => Self::Nothing {},
        }
    }
}

fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}
