//! What a histogram must hold that somebody else made, in upstream's order and words (`Validate` in
//! `model/histogram/{histogram,float_histogram,generic}.go`, 3.14).

use regain_go_format::float::{FloatFormat, append_float_with_precision};

use super::super::{EXPONENTIAL_SCHEMA_MIN, HistogramProblem, Schema, Span};
use super::{Count, Draft, Side};

/// The finest exponential schema that upstream knows of. Those that are finer than the finest that exists are lowered to it.
const EXPONENTIAL_SCHEMA_MAX_RESERVED: Schema = 52;

/// Digits behind the point in Go's `%f`.
const BOUND_DIGITS: u16 = 6;

/// Why a draft is no histogram.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Invalid {
    /// Something about the whole.
    #[error(transparent)]
    Whole(HistogramProblem),
    /// Something about the buckets above zero, or about custom buckets.
    #[error("positive side: {0}")]
    Positive(HistogramProblem),
    /// Something about the buckets below zero.
    #[error("negative side: {0}")]
    Negative(HistogramProblem),
    /// Something about the bounds of custom buckets or the spans over them.
    #[error("custom buckets: {0}")]
    Custom(HistogramProblem),
    /// A custom bound that is not above the one before it.
    #[error(
        "custom buckets: previous bound is {} and current is {}: {}",
        fixed(*.previous), fixed(*.current), HistogramProblem::BoundsUnordered
    )]
    Bound {
        /// The bound before it.
        previous: f64,
        /// The bound.
        current: f64,
    },
    /// Spans of negative buckets beside custom ones.
    #[error("custom buckets: must not have negative spans")]
    NegativeSpans,
    /// A float histogram of fewer observations than none.
    // The second space is upstream's.
    #[error("observation count is  {0}: histogram's observation count is negative")]
    NegativeCount(f64),
    /// An integer histogram whose buckets do not add up to its count.
    #[error(
        "{found} observations found in buckets, but the Count field is {count}: histogram's \
         observation count should equal the number of observations found in the buckets (in absence \
         of NaN)"
    )]
    CountMismatch {
        /// The observations in the buckets.
        found: u64,
        /// The count.
        count: u64,
    },
    /// An integer histogram with more observations in its buckets than it counts. That some are in no bucket is all right
    /// where they are no numbers.
    #[error(
        "{found} observations found in buckets, but the Count field is {count}: histogram's \
         observation count should be at least the number of observations found in the buckets"
    )]
    CountTooSmall {
        /// The observations in the buckets.
        found: u64,
        /// The count.
        count: u64,
    },
}

fn fixed(value: f64) -> String {
    let mut text = Vec::new();
    append_float_with_precision(&mut text, value, FloatFormat::F, BOUND_DIGITS);
    String::from_utf8_lossy(&text).into_owned()
}

impl Draft {
    /// Whether a histogram can be made of this.
    pub(super) fn check(&self) -> Result<(), Invalid> {
        let integer = self.is_integer();
        let mut found = 0;
        if self.is_custom() {
            self.check_custom()?;
        } else if (EXPONENTIAL_SCHEMA_MIN..=EXPONENTIAL_SCHEMA_MAX_RESERVED).contains(&self.schema)
        {
            self.positive.check_spans(integer).map_err(Invalid::Positive)?;
            self.negative.check_spans(integer).map_err(Invalid::Negative)?;
            found = self.negative.check_counts(integer).map_err(Invalid::Negative)?;
            if !integer && self.zero_count.float() < 0.0 {
                let problem = HistogramProblem::NegativeZeroBucket(self.zero_count.float());
                return Err(Invalid::Whole(problem));
            }
            if !self.bounds.is_empty() {
                return Err(Invalid::Whole(HistogramProblem::ExponentialBounds));
            }
        } else {
            return Err(Invalid::Whole(HistogramProblem::Schema(self.schema)));
        }
        if let Count::Float(count) = self.count
            && count < 0.0
        {
            return Err(Invalid::NegativeCount(count));
        }
        let positive = self.positive.check_counts(integer).map_err(Invalid::Positive)?;
        found = found.wrapping_add(positive).wrapping_add(self.zero_count.integer());
        match self.count {
            Count::Integer(count) => self.check_total(found, count),
            Count::Float(_) => Ok(()),
        }
    }

    const fn check_total(&self, found: u64, count: u64) -> Result<(), Invalid> {
        if self.sum.is_nan() {
            if found > count {
                return Err(Invalid::CountTooSmall { found, count });
            }
        } else if found != count {
            return Err(Invalid::CountMismatch { found, count });
        }
        Ok(())
    }

    fn check_custom(&self) -> Result<(), Invalid> {
        self.check_bounds()?;
        let integer = self.is_integer();
        let has_zero_count =
            if integer { self.zero_count.integer() != 0 } else { self.zero_count.float() != 0.0 };
        if has_zero_count {
            return Err(Invalid::Whole(HistogramProblem::CustomZeroCount));
        }
        if self.zero_threshold != 0.0 {
            return Err(Invalid::Whole(HistogramProblem::CustomZeroThreshold));
        }
        if !self.negative.spans.is_empty() {
            return Err(Invalid::NegativeSpans);
        }
        if self.negative.len(integer) != 0 {
            return Err(Invalid::Whole(HistogramProblem::CustomNegative));
        }
        Ok(())
    }

    fn check_bounds(&self) -> Result<(), Invalid> {
        let mut previous = f64::NEG_INFINITY;
        for (at, &current) in self.bounds.iter().enumerate() {
            if current.is_nan() {
                return Err(Invalid::Custom(HistogramProblem::BoundNan));
            }
            if at > 0 && current <= previous {
                return Err(Invalid::Bound { previous, current });
            }
            previous = current;
        }
        if previous == f64::INFINITY {
            return Err(Invalid::Custom(HistogramProblem::BoundInfinite));
        }
        let spans = &self.positive.spans;
        check_offsets(spans, 0).map_err(Invalid::Custom)?;
        self.positive.check_lengths(self.is_integer()).map_err(Invalid::Custom)?;
        let reach: i64 =
            spans.iter().map(|span| i64::from(span.offset) + i64::from(span.length)).sum();
        if i64::try_from(self.bounds.len() + 1).is_ok_and(|buckets| buckets < reach) {
            let spans = i32::try_from(reach).unwrap_or(i32::MAX);
            let bounds = self.bounds.len();
            return Err(Invalid::Custom(HistogramProblem::BoundsTooFew { bounds, spans }));
        }
        Ok(())
    }
}

/// Spans after the first `exempt` may not go backwards.
fn check_offsets(spans: &[Span], exempt: usize) -> Result<(), HistogramProblem> {
    match spans.iter().enumerate().skip(exempt).find(|(_, span)| span.offset < 0) {
        Some((at, span)) => {
            Err(HistogramProblem::NegativeOffset { span: at + 1, offset: span.offset })
        }
        None => Ok(()),
    }
}

impl Side {
    /// The number of buckets that count.
    const fn len(&self, integer: bool) -> usize {
        if integer { self.deltas.len() } else { self.counts.len() }
    }

    /// The first span may start below zero, where the indexes of small bounds are.
    fn check_spans(&self, integer: bool) -> Result<(), HistogramProblem> {
        check_offsets(&self.spans, 1)?;
        self.check_lengths(integer)
    }

    fn check_lengths(&self, integer: bool) -> Result<(), HistogramProblem> {
        let spans = self.spans.iter().map(|span| span.length as usize).sum();
        let buckets = self.len(integer);
        if spans == buckets {
            Ok(())
        } else {
            Err(HistogramProblem::SpansMismatch { spans, buckets })
        }
    }

    /// The observations of integer buckets, as far as 64 bits count them.
    fn check_counts(&self, integer: bool) -> Result<u64, HistogramProblem> {
        let negative = |at, count| HistogramProblem::NegativeBucket { bucket: at + 1, count };
        if !integer {
            return match self.counts.iter().position(|&count| count < 0.0) {
                Some(at) => Err(negative(at, self.counts[at])),
                None => Ok(0),
            };
        }
        let (mut count, mut found) = (0_i64, 0_u64);
        for (at, &delta) in self.deltas.iter().enumerate() {
            count = count.wrapping_add(delta);
            match u64::try_from(count) {
                Ok(count) => found = found.wrapping_add(count),
                Err(_) => return Err(negative(at, count as f64)),
            }
        }
        Ok(found)
    }
}
