//! A classic histogram, gathered sample by sample, and the native one with custom buckets that it becomes.
//!
//! What fits together and what does not is decided as upstream does (`util/convertnhcb`, 3.14).

use std::sync::Arc;

use regain_go_format::append_float_g;
use regain_model::Histogram;
use regain_model::histogram::{Buckets, CUSTOM_SCHEMA, ResetHint};
use thiserror::Error;

use super::source::HistogramReading;

/// Is how many empty buckets in a row upstream keeps in a histogram of whole numbers.
const EMPTY_KEPT_MAX: usize = 2;

/// Reports samples that are no histogram together.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum ClassicProblem {
    #[error("bucket boundary must not be NaN")]
    BoundNan,
    #[error("bucket count must be non-negative: le={}, count={}", general(*.bound), general(*.count))]
    NegativeBucket { bound: f64, count: f64 },
    #[error("count must be non-negative: count={}", general(*.0))]
    NegativeCount(f64),
    #[error("count is not cumulative: {} {} {}", general(*.count), .relation, general(*.other))]
    NotCumulative { count: f64, relation: char, other: f64 },
    #[error(
        "count mismatch: count={} != le={} count={}",
        general(*.count), general(*.bound), general(*.last)
    )]
    CountMismatch { count: f64, bound: f64, last: f64 },
}

/// Returns a number as Go's `%g` writes it.
fn general(value: f64) -> String {
    let mut text = Vec::with_capacity(24);
    append_float_g(&mut text, value);
    String::from_utf8_lossy(&text).into_owned()
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    bound: f64,
    /// Counts all observations up to the bound.
    count: f64,
}

/// Gathers the samples of one histogram.
#[derive(Debug, Default)]
pub(super) struct ClassicHistogram {
    /// Holds the buckets in the order of their bounds.
    buckets: Vec<Bucket>,
    count: Option<f64>,
    sum: f64,
    problem: Option<ClassicProblem>,
}

impl ClassicHistogram {
    /// Starts anew, in the same memory.
    pub(super) fn clear(&mut self) {
        self.buckets.clear();
        (self.count, self.sum, self.problem) = (None, 0.0, None);
    }

    pub(super) fn set_count(&mut self, count: f64) {
        if self.problem.is_some() {
            return;
        }
        if count < 0.0 {
            self.problem = Some(ClassicProblem::NegativeCount(count));
            return;
        }
        self.count = Some(count);
    }

    pub(super) fn set_sum(&mut self, sum: f64) {
        if self.problem.is_none() {
            self.sum = sum;
        }
    }

    /// Adds a bucket; the first of several with one bound counts.
    pub(super) fn add_bucket(&mut self, bound: f64, count: f64) {
        if self.problem.is_none() {
            self.problem = self.insert(bound, count).err();
        }
    }

    fn insert(&mut self, bound: f64, count: f64) -> Result<(), ClassicProblem> {
        if bound.is_nan() {
            return Err(ClassicProblem::BoundNan);
        }
        if count < 0.0 {
            return Err(ClassicProblem::NegativeBucket { bound, count });
        }
        let at = self.buckets.partition_point(|bucket| bucket.bound < bound);
        // The bucket that is not below the bound and not above it has it.
        if self.buckets.get(at).is_some_and(|bucket| bucket.bound <= bound) {
            return Ok(());
        }
        let not_cumulative =
            |relation, other| ClassicProblem::NotCumulative { count, relation, other };
        if let Some(before) = at.checked_sub(1).and_then(|before| self.buckets.get(before))
            && count < before.count
        {
            return Err(not_cumulative('<', before.count));
        }
        if let Some(after) = self.buckets.get(at)
            && count > after.count
        {
            return Err(not_cumulative('>', after.count));
        }
        self.buckets.insert(at, Bucket { bound, count });
        Ok(())
    }

    /// Returns the histogram with custom buckets, if the samples make one.
    pub(super) fn convert(&mut self, hint: ResetHint) -> Result<HistogramReading, ClassicProblem> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let highest = self.buckets.last().map_or(0.0, |bucket| bucket.count);
        let count = self.count.unwrap_or(highest);
        if self.buckets.last().is_none_or(|bucket| bucket.bound != f64::INFINITY) {
            self.buckets.push(Bucket { bound: f64::INFINITY, count });
        }
        let last = self.buckets.last().map_or(count, |bucket| bucket.count);
        #[expect(clippy::float_cmp, reason = "the two say the same or they do not")]
        if count != last {
            return Err(ClassicProblem::CountMismatch { count, bound: f64::INFINITY, last });
        }
        let is_integer =
            is_whole(count) && self.buckets.iter().all(|bucket| is_whole(bucket.count));
        let mut before = 0.0;
        let cells = self
            .buckets
            .iter()
            .map(|bucket| bucket.count - std::mem::replace(&mut before, bucket.count));
        let cells: Vec<f64> = cells.collect();
        let kept = if is_integer { EMPTY_KEPT_MAX } else { 0 };
        let buckets = kept_buckets(&cells, kept);
        let bounds = self.buckets.iter().map(|bucket| bucket.bound);
        let bounds: Arc<[f64]> = bounds.take(cells.len() - 1).collect();
        let mut positive = Buckets::run(0, cells);
        positive.compact();
        let histogram = Histogram {
            hint,
            schema: CUSTOM_SCHEMA,
            count,
            sum: self.sum,
            positive,
            bounds: Some(bounds),
            ..Histogram::default()
        };
        Ok(HistogramReading { histogram, schema: CUSTOM_SCHEMA, buckets })
    }
}

/// Tells whether a number of observations is one.
fn is_whole(count: f64) -> bool {
    // Larger numbers are whole, but beyond what upstream counts in.
    count.fract() == 0.0 && count.abs() < 2_f64.powi(63)
}

/// Counts the buckets that are left when runs of more than `empty_max` empty ones go, and those at both ends.
fn kept_buckets(cells: &[f64], empty_max: usize) -> usize {
    let (mut kept, mut empty) = (0, 0);
    for &cell in cells {
        if cell == 0.0 {
            empty += 1;
            continue;
        }
        if kept > 0 && empty <= empty_max {
            kept += empty;
        }
        kept += 1;
        empty = 0;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(
        buckets: &[(f64, f64)],
        count: Option<f64>,
    ) -> Result<HistogramReading, ClassicProblem> {
        let mut classic = ClassicHistogram::default();
        for &(bound, count) in buckets {
            classic.add_bucket(bound, count);
        }
        if let Some(count) = count {
            classic.set_count(count);
        }
        classic.set_sum(4.5);
        classic.convert(ResetHint::Unknown)
    }

    #[test]
    fn buckets_become_custom_ones_whatever_their_order() {
        for buckets in [
            &[(1.0, 2.0), (2.0, 2.0), (f64::INFINITY, 5.0)][..],
            &[(2.0, 2.0), (f64::INFINITY, 5.0), (1.0, 2.0), (1.0, 7.0)],
        ] {
            let reading = convert(buckets, Some(5.0)).unwrap();
            assert_eq!(
                reading.histogram.test_notation(),
                "{{schema:-53 count:5 sum:4.5 custom_values:[1 2] buckets:[2 0 3]}}"
            );
            assert_eq!(reading.buckets, 3);
        }
    }

    #[test]
    fn what_is_missing_is_inferred() {
        let without_count = convert(&[(1.0, 2.0), (2.0, 3.0)], None).unwrap().histogram;
        assert_eq!((without_count.count, without_count.positive.cells()), (3.0, &[2.0, 1.0][..]));
        let without_last = convert(&[(1.0, 2.5)], Some(4.0)).unwrap().histogram;
        assert_eq!((without_last.count, without_last.positive.cells()), (4.0, &[2.5, 1.5][..]));
        let without_buckets = convert(&[], Some(4.0)).unwrap().histogram;
        assert_eq!(without_buckets.positive.cells(), [4.0]);
        assert!(without_buckets.custom_bounds().is_empty());
    }

    #[test]
    fn what_does_not_fit_together_is_no_histogram() {
        for (buckets, count, text) in [
            (&[(f64::NAN, 1.0)][..], None, "bucket boundary must not be NaN"),
            (&[(1.0, -1.0)], None, "bucket count must be non-negative: le=1, count=-1"),
            (&[(1.0, 3.0), (2.0, 1.0)], None, "count is not cumulative: 1 < 3"),
            (&[(2.0, 3.0), (1.0, 5.0)], None, "count is not cumulative: 5 > 3"),
            (&[(1.0, 3.0)], Some(-2.0), "count must be non-negative: count=-2"),
            (&[(f64::INFINITY, 3.0)], Some(2.0), "count mismatch: count=2 != le=+Inf count=3"),
        ] {
            assert_eq!(convert(buckets, count).unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn few_empty_buckets_between_others_count_and_many_do_not() {
        for (cells, empty_max, expected) in [
            (&[0.0, 1.0, 0.0, 0.0, 2.0, 0.0][..], 2, 4),
            (&[1.0, 0.0, 0.0, 0.0, 2.0], 2, 2),
            (&[1.0, 0.0, 2.0], 0, 2),
            (&[0.0], 2, 0),
        ] {
            assert_eq!(kept_buckets(cells, empty_max), expected, "{cells:?}");
        }
    }
}
