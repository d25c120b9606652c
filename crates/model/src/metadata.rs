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

impl MetricKind {
    /// All kinds in the order of the numbers that upstream's logs and messages give them.
    pub const NUMBERED: [Self; 8] = [
        Self::Unknown,
        Self::Counter,
        Self::Gauge,
        Self::Histogram,
        Self::GaugeHistogram,
        Self::Summary,
        Self::Info,
        Self::StateSet,
    ];

    /// The name of the family that a series with the name `series` belongs to, if its family is of this kind.
    pub fn family_of(self, series: &str) -> &str {
        let suffixes: &[&str] = match self {
            Self::Histogram => &["_bucket", "_count", "_sum"],
            Self::GaugeHistogram => &["_bucket", "_gcount", "_gsum"],
            Self::Summary => &["_count", "_sum"],
            _ => &[],
        };
        suffixes.iter().find_map(|suffix| series.strip_suffix(suffix)).unwrap_or(series)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_of_histograms_and_summaries_belong_to_one_family() {
        for (series, kind, family) in [
            ("h_bucket", MetricKind::Histogram, "h"),
            ("h_sum", MetricKind::Histogram, "h"),
            ("h", MetricKind::Histogram, "h"),
            ("g_gcount", MetricKind::GaugeHistogram, "g"),
            ("s_count", MetricKind::Summary, "s"),
            ("s_bucket", MetricKind::Summary, "s_bucket"),
            ("c_count", MetricKind::Counter, "c_count"),
        ] {
            assert_eq!(kind.family_of(series), family, "{series}");
        }
    }
}
