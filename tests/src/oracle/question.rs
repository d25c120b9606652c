//! What the referee is asked.

use serde::Serialize;

/// Asks for a fresh store.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Load {
    /// The time between two values of a series; the first is at 0.
    pub step_ms: i64,
    /// The series, in the order in which selectors find them.
    pub series: Vec<LoadedSeries>,
}

/// One series.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LoadedSeries {
    /// The series in the notation of the test language.
    pub text: String,
    /// The start timestamp of each value, those left out included; 0 for none.
    pub starts_ms: Vec<i64>,
    /// Whether histograms are stored as those of integers.
    pub integer: bool,
}

/// Asks for the value of an expression.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Eval {
    /// The expression.
    pub expr: String,
    /// The time, or the first one.
    pub start_ms: i64,
    /// No time is later than this.
    pub end_ms: i64,
    /// The time between two times; 0 where it is evaluated once.
    pub step_ms: i64,
    /// The query's lookback delta; 0 for the engine's.
    pub lookback_ms: i64,
    /// Names of `--enable-feature`.
    pub features: Vec<String>,
}

/// Asks what the parser says of an expression.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Parse {
    /// The expression.
    pub expr: String,
    /// Names of `--enable-feature`.
    pub features: Vec<String>,
}
