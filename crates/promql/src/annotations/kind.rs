//! The texts of annotations, which are API.

use std::fmt;

use regain_go_format::quote::quote;

use super::Remark;

const BUCKET_QUANTILE_DOCS: &str =
    "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile";

/// What an annotation says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind<'a> {
    /// The parameter of `limit_ratio` was cut.
    InvalidRatio { got: f64, to: f64 },
    /// The parameter of a quantile is outside of 0 and 1.
    InvalidQuantile { got: f64 },
    /// A bucket without a number in its `le`.
    BadBucketLabel { label: &'a str, name: &'a str },
    /// Sorting has no effect on a range.
    SortInRange,
    /// A rate of what does not look like a counter by its name.
    NotCounterName { name: &'a str },
    /// A rate of what is no counter by its `__type__`.
    NotCounterType { got: &'a str, name: &'a str },
    /// Buckets that decrease were raised.
    ForcedMonotonicity { name: &'a str },
    /// Vectors hold classic and native histograms of one name and the same labels.
    MixedClassicNative { name: &'a str },
    /// What was noticed about samples.
    Noticed { remark: Remark, name: &'a str },
}

impl Kind<'_> {
    /// Whether it is told how often it was noticed.
    pub(super) const fn tells_how_often(&self) -> bool {
        matches!(self, Self::Noticed { remark: Remark::StartOverlap, .. })
    }

    /// Whether it is said as soon as some step has a value, whatever the others have, and in the same words.
    pub(super) const fn is_of_steps(&self) -> bool {
        matches!(self, Self::NotCounterName { .. } | Self::NotCounterType { .. })
    }

    pub(super) const fn is_warning(&self) -> bool {
        match self {
            Self::InvalidRatio { .. }
            | Self::InvalidQuantile { .. }
            | Self::BadBucketLabel { .. }
            | Self::MixedClassicNative { .. }
            | Self::SortInRange => true,
            Self::NotCounterName { .. }
            | Self::NotCounterType { .. }
            | Self::ForcedMonotonicity { .. } => false,
            Self::Noticed { remark, .. } => remark.is_warning(),
        }
    }
}

impl fmt::Display for Kind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.is_warning() { "warning" } else { "info" };
        write!(f, "PromQL {level}: ")?;
        match *self {
            Self::InvalidRatio { got, to } => write!(
                f,
                "ratio value should be between -1 and 1, got {}, capping to {}",
                general(got),
                general(to)
            ),
            Self::InvalidQuantile { got } => {
                write!(f, "quantile value should be between 0 and 1, got {}", general(got))
            }
            Self::BadBucketLabel { label, name } => {
                let label = quote(label);
                write!(f, "bucket label \"le\" is missing or has a malformed value of {label}")?;
                write_name(f, name)
            }
            Self::SortInRange => f.write_str(
                "sort is ineffective for range queries since results are always ordered by labels",
            ),
            Self::NotCounterName { name } => write!(
                f,
                "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {}",
                quote(name)
            ),
            Self::NotCounterType { got, name } => write!(
                f,
                "metric might not be a counter, __type__ label is not set to \"counter\" or \
                 \"histogram\", got {}: {}",
                quote(got),
                quote(name)
            ),
            Self::ForcedMonotonicity { name } => {
                write!(
                    f,
                    "input to histogram_quantile needed to be fixed for monotonicity (see \
                     {BUCKET_QUANTILE_DOCS})"
                )?;
                write_name(f, name)
            }
            Self::MixedClassicNative { name } => {
                f.write_str("vector contains a mix of classic and native histograms")?;
                write_name(f, name)
            }
            Self::Noticed { remark, name } => write_remark(f, remark, name),
        }
    }
}

fn write_remark(f: &mut fmt::Formatter<'_>, remark: Remark, name: &str) -> fmt::Result {
    match remark {
        Remark::MixedFloatsHistograms => {
            write!(f, "encountered a mix of histograms and floats for metric name {}", quote(name))
        }
        Remark::MixedInAggregation => {
            f.write_str("encountered a mix of histograms and floats for aggregation")
        }
        Remark::NotCounter => {
            write!(f, "this native histogram metric is not a counter: {}", quote(name))
        }
        Remark::NotGauge => {
            write!(f, "this native histogram metric is not a gauge: {}", quote(name))
        }
        Remark::MixedSchemas => write!(
            f,
            "vector contains a mix of histograms with exponential and custom buckets schemas for \
             metric name {}",
            quote(name)
        ),
        Remark::StartOverlap => write!(
            f,
            "sample has start time that overlaps with previous sample timestamp for metric {}",
            quote(name)
        ),
        Remark::IncompatibleLayout(operator) => {
            write!(f, "incompatible bucket layout encountered for binary operator {operator}")
        }
        Remark::IgnoredInAggregation(aggregation) => {
            write!(f, "ignored histogram in {aggregation} aggregation")
        }
        Remark::IgnoredInRange => write!(
            f,
            "ignored histograms in a range containing both floats and histograms for metric name {}",
            quote(name)
        ),
        Remark::NanResult => {
            f.write_str("input to histogram_quantile has NaN observations, result is NaN")?;
            write_name(f, name)
        }
        Remark::NanSkew => {
            f.write_str(
                "input to histogram_quantile has NaN observations, result is skewed higher",
            )?;
            write_name(f, name)
        }
        Remark::FractionNans => {
            f.write_str(
                "input to histogram_fraction has NaN observations, which are excluded from all \
                 fractions",
            )?;
            write_name(f, name)
        }
        Remark::Collision(operation) => {
            write!(f, "conflicting counter resets during histogram {}", operation.as_str())
        }
        Remark::Reconciled(operation) => {
            write!(f, "mismatched custom buckets were reconciled during {}", operation.as_str())
        }
        Remark::Incompatible { left, operator, right } => write!(
            f,
            "incompatible sample types encountered for binary operator {}: {left} {operator} {right}",
            quote(operator)
        ),
    }
}

fn write_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    if name.is_empty() { Ok(()) } else { write!(f, " for metric name {}", quote(name)) }
}

/// `value` as Go's `%g` writes it.
pub(crate) fn general(value: f64) -> String {
    let mut text = Vec::with_capacity(24);
    regain_go_format::append_float_g(&mut text, value);
    String::from_utf8(text).expect("a float's text is ASCII")
}
