//! Why something is empty, with what was found out about it.

use regain_model::{Labels, Matcher, Timestamp};

use super::matching::LabelDifference;

/// Why a node of an expression has no series. Its text is one sentence or two, for people.
#[derive(Clone, Debug)]
pub enum EmptyReason {
    /// No series has ever had this name.
    NoSuchMetric {
        /// The name.
        name: String,
        /// Names that there are and that look like it, the most similar first.
        similar: Vec<String>,
    },
    /// One matcher fits no series of the metric.
    NoSuchLabel {
        /// The metric, where the selector names one.
        metric: Option<String>,
        /// The matcher.
        matcher: Matcher,
        /// Some values that the label has, the most similar first; none where no series has it.
        values: Vec<String>,
    },
    /// Each matcher fits some series, but no series fits all of them.
    NoSeriesForAll {
        /// The metric, where the selector names one.
        metric: Option<String>,
        /// The matchers of which each is one too many: without it there would be series.
        too_many: Vec<Matcher>,
    },
    /// The series exist, but have no samples at the times that are asked for.
    NothingInRange {
        /// The first time that was looked at, exclusive.
        after: Timestamp,
        /// The last time that was looked at.
        until: Timestamp,
        /// The last sample before that.
        last: Option<Timestamp>,
        /// The first sample behind that.
        next: Option<Timestamp>,
        /// How far around these times was looked, in milliseconds.
        searched_ms: i64,
    },
    /// The series had ended by then: their newest samples are staleness markers.
    Stale {
        /// The last sample that is none.
        last: Option<Timestamp>,
        /// When the series ended.
        ended: Timestamp,
    },
    /// The series have fewer samples than one in each lookback delta.
    LookbackTooShort {
        /// The last sample.
        last: Timestamp,
        /// The lookback delta in milliseconds.
        lookback_ms: i64,
        /// The time between samples in milliseconds.
        interval_ms: i64,
    },
    /// The windows hold fewer samples than their function needs.
    RangeTooShort {
        /// The function.
        function: String,
        /// The length of a window in milliseconds.
        range_ms: i64,
        /// The time between samples in milliseconds, where any series has two.
        interval_ms: Option<i64>,
    },
    /// No step of a subquery lies within its range.
    NoSubqueryStep {
        /// The range in milliseconds.
        range_ms: i64,
        /// The step in milliseconds.
        step_ms: i64,
    },
    /// Series of the two sides have no labels in common by which they could match.
    NoMatch {
        /// The series of the left side.
        left: u64,
        /// The series of the right side.
        right: u64,
        /// A series of the left side.
        left_example: Option<Labels>,
        /// A series of the right side.
        right_example: Option<Labels>,
        /// The labels that keep the sides apart; none where only whole label sets do.
        differences: Vec<LabelDifference>,
    },
    /// Series match, but never have values at the same step.
    NeverTogether,
    /// A comparison holds nowhere.
    ComparisonNeverHolds {
        /// The operator, and what is compared with where that is short.
        op: String,
        /// The series that were compared.
        series: u64,
        /// The smallest and the largest of their values, where they are compared with a number.
        values: Option<(f64, f64)>,
    },
    /// Every series has one on the other side that excludes it (`unless`).
    Excluded {
        /// The series that were excluded.
        series: u64,
    },
    /// `absent` and `absent_over_time` say something only of what is not there.
    Present {
        /// The function.
        function: String,
    },
    /// Classic histograms need the label `le`, and there are no native ones.
    NoBuckets {
        /// The function.
        function: String,
        /// The series that it was given.
        series: u64,
        /// One of them.
        example: Option<Labels>,
    },
    /// The function takes native histograms and was given numbers.
    NoHistograms {
        /// The function.
        function: String,
    },
    /// What it is computed from is empty.
    EmptyInput {
        /// The places of the empty nodes in the list of all.
        nodes: Vec<usize>,
    },
    /// What it is computed from is not empty, and yet nothing comes of it.
    NothingComesOut {
        /// What was computed.
        what: String,
    },
}

impl EmptyReason {
    /// The reason as the HTTP API names it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NoSuchMetric { .. } => "no_such_metric",
            Self::NoSuchLabel { .. } => "no_such_label",
            Self::NoSeriesForAll { .. } => "no_series_for_all_matchers",
            Self::NothingInRange { .. } => "nothing_in_range",
            Self::Stale { .. } => "stale",
            Self::LookbackTooShort { .. } => "lookback_too_short",
            Self::RangeTooShort { .. } => "range_too_short",
            Self::NoSubqueryStep { .. } => "no_subquery_step",
            Self::NoMatch { .. } => "no_match",
            Self::NeverTogether => "never_together",
            Self::ComparisonNeverHolds { .. } => "comparison_never_holds",
            Self::Excluded { .. } => "excluded",
            Self::Present { .. } => "present",
            Self::NoBuckets { .. } => "no_buckets",
            Self::NoHistograms { .. } => "no_histograms",
            Self::EmptyInput { .. } => "empty_input",
            Self::NothingComesOut { .. } => "nothing_comes_out",
        }
    }
}
