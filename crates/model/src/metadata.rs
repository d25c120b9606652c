//! What an exporter says about a metric besides its values.

use std::fmt;

/// The kind of a metric, as `# TYPE` lines and the API name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MetricKind {
    /// Nothing is known (`unknown`, `untyped`).
    #[default]
    Unknown,
    /// A value that only grows, or starts again from zero.
    Counter,
    /// A value that moves both ways.
    Gauge,
    /// Cumulative buckets with a sum and a count.
    Histogram,
    /// Buckets that may shrink.
    GaugeHistogram,
    /// Quantiles computed by the exporter.
    Summary,
    /// Labels about a target that do not change in its lifetime.
    Info,
    /// A set of booleans.
    StateSet,
}

impl MetricKind {
    /// The word for this kind in OpenMetrics and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
        }
    }
}

impl fmt::Display for MetricKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The kind, help text and unit of a metric.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Metadata {
    /// What the metric is.
    pub kind: MetricKind,
    /// The exporter's explanation.
    pub help: String,
    /// The unit, where the exporter names one.
    pub unit: String,
}
