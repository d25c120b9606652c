//! The texts of annotations, which are API.

use std::fmt;

use regain_go_format::quote::quote;

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
    /// An operator that histograms alone have was given floats.
    IncompatibleTypes { operator: &'a str, left: &'a str, right: &'a str },
}

impl Kind<'_> {
    pub(super) const fn is_warning(&self) -> bool {
        match self {
            Self::InvalidRatio { .. }
            | Self::InvalidQuantile { .. }
            | Self::BadBucketLabel { .. }
            | Self::SortInRange => true,
            Self::NotCounterName { .. }
            | Self::NotCounterType { .. }
            | Self::ForcedMonotonicity { .. }
            | Self::IncompatibleTypes { .. } => false,
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
            Self::IncompatibleTypes { operator, left, right } => write!(
                f,
                "incompatible sample types encountered for binary operator {}: {left} {operator} \
                 {right}",
                quote(operator)
            ),
        }
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
