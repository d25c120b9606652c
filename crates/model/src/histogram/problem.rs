//! What makes a histogram invalid. The texts are upstream's, which senders of samples see.

use super::{CUSTOM_SCHEMA, EXPONENTIAL_SCHEMA_MAX, EXPONENTIAL_SCHEMA_MIN, Histogram};

/// Why something is no histogram.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum HistogramProblem {
    /// A schema that does not exist.
    #[error(
        "histogram has an invalid schema, which must be between {EXPONENTIAL_SCHEMA_MIN} and \
         {EXPONENTIAL_SCHEMA_MAX} for exponential buckets, or {CUSTOM_SCHEMA} for custom buckets, \
         got schema {0}"
    )]
    Schema(i32),
    /// A span that goes backwards.
    #[error(
        "span number {span} with offset {offset}: histogram has a span whose offset is negative"
    )]
    NegativeOffset {
        /// The span, from 1.
        span: usize,
        /// Its offset.
        offset: i32,
    },
    /// Spans that lead beyond all indexes.
    #[error("histogram has a bucket index that overflows 32 bits")]
    IndexOverflow,
    /// More or fewer buckets than the spans say.
    #[error(
        "spans need {spans} buckets, have {buckets} buckets: histogram spans specify different \
         number of buckets than provided"
    )]
    SpansMismatch {
        /// How many buckets the spans need.
        spans: usize,
        /// How many there are.
        buckets: usize,
    },
    /// A bucket with fewer observations than none.
    #[error(
        "bucket number {bucket} has observation count of {count}: histogram has a bucket whose \
         observation count is negative"
    )]
    NegativeBucket {
        /// The bucket, from 1.
        bucket: usize,
        /// Its count.
        count: f64,
    },
    /// A zero bucket with fewer observations than none.
    #[error(
        "zero bucket has observation count of {0}: histogram has a bucket whose observation count \
         is negative"
    )]
    NegativeZeroBucket(f64),
    /// Fewer observations than none.
    #[error("observation count is {0}: histogram's observation count is negative")]
    NegativeCount(f64),
    /// Custom bounds that do not ascend.
    #[error("histogram custom bounds must be in strictly increasing order")]
    BoundsUnordered,
    /// A custom bound that is no number.
    #[error("histogram custom bounds must not be NaN")]
    BoundNan,
    /// A custom bound that needs not be said.
    #[error(
        "last +Inf bound must not be explicitly defined: histogram custom bounds must be finite"
    )]
    BoundInfinite,
    /// Buckets beyond the custom bounds.
    #[error(
        "only {bounds} custom bounds defined which is insufficient to cover total span length of \
         {spans}: histogram custom bounds are too few"
    )]
    BoundsTooFew {
        /// How many bounds there are.
        bounds: usize,
        /// How far the spans reach.
        spans: i32,
    },
    /// A zero bucket beside custom ones.
    #[error("custom buckets: must have zero count of 0")]
    CustomZeroCount,
    /// A width of the zero bucket beside custom ones.
    #[error("custom buckets: must have zero threshold of 0")]
    CustomZeroThreshold,
    /// Negative buckets beside custom ones.
    #[error("custom buckets: must not have negative buckets")]
    CustomNegative,
    /// Custom bounds of exponential buckets.
    #[error("histogram with exponential schema must not have custom bounds")]
    ExponentialBounds,
}

impl Histogram {
    /// Checks what the type does not: schema, counts and bounds. That there are as many observations
    /// as the buckets have is not checked, because floats need not add up.
    pub fn validate(&self) -> Result<(), HistogramProblem> {
        if self.is_custom() {
            self.validate_custom()?;
        } else if !(EXPONENTIAL_SCHEMA_MIN..=EXPONENTIAL_SCHEMA_MAX).contains(&self.schema) {
            return Err(HistogramProblem::Schema(self.schema));
        } else if self.bounds.is_some() {
            return Err(HistogramProblem::ExponentialBounds);
        }
        if self.zero_count < 0.0 {
            return Err(HistogramProblem::NegativeZeroBucket(self.zero_count));
        }
        if self.count < 0.0 {
            return Err(HistogramProblem::NegativeCount(self.count));
        }
        for buckets in [&self.negative, &self.positive] {
            if let Some(at) = buckets.cells().iter().position(|count| *count < 0.0) {
                let count = buckets.cells()[at];
                return Err(HistogramProblem::NegativeBucket { bucket: at + 1, count });
            }
        }
        Ok(())
    }

    fn validate_custom(&self) -> Result<(), HistogramProblem> {
        let bounds = self.custom_bounds();
        if bounds.iter().any(|bound| bound.is_nan()) {
            return Err(HistogramProblem::BoundNan);
        }
        if !bounds.is_sorted_by(|a, b| a < b) {
            return Err(HistogramProblem::BoundsUnordered);
        }
        if bounds.last() == Some(&f64::INFINITY) {
            return Err(HistogramProblem::BoundInfinite);
        }
        let spans = self.positive.spans();
        if let Some(span) = spans.first().filter(|span| span.offset < 0) {
            return Err(HistogramProblem::NegativeOffset { span: 1, offset: span.offset });
        }
        let reach = self.positive.iter().next_back().map_or(0, |(index, _)| index + 1);
        if usize::try_from(reach).is_ok_and(|reach| reach > bounds.len() + 1) {
            return Err(HistogramProblem::BoundsTooFew { bounds: bounds.len(), spans: reach });
        }
        if self.zero_count != 0.0 {
            return Err(HistogramProblem::CustomZeroCount);
        }
        if self.zero_threshold != 0.0 {
            return Err(HistogramProblem::CustomZeroThreshold);
        }
        if !self.negative.is_empty() {
            return Err(HistogramProblem::CustomNegative);
        }
        Ok(())
    }
}
