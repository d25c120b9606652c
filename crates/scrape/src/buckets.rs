//! How fine a native histogram may be.

use regain_exposition::read::HistogramReading;
use regain_model::Histogram;
use regain_model::histogram::draft::Invalid;
use regain_model::histogram::{
    EXPONENTIAL_SCHEMA_MAX, EXPONENTIAL_SCHEMA_MIN, HistogramProblem, Schema,
};

use crate::config::JobConfig;

/// Holds the limits on the buckets of one histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BucketRules {
    /// Is the most buckets; 0 is no limit.
    count_max: usize,
    schema_max: Schema,
}

impl BucketRules {
    pub(crate) fn of(config: &JobConfig) -> Self {
        Self {
            count_max: config.native_histogram_bucket_limit,
            schema_max: schema_of_factor(config.native_histogram_min_bucket_factor),
        }
    }

    /// Returns the histogram as fine as it may be; nothing for one that has too many buckets at any resolution.
    pub(crate) fn apply(self, reading: HistogramReading) -> Result<Option<Histogram>, Invalid> {
        let HistogramReading { mut histogram, schema, mut buckets } = reading;
        if schema > EXPONENTIAL_SCHEMA_MAX && self.schema_max == EXPONENTIAL_SCHEMA_MAX {
            return Err(Invalid::Whole(HistogramProblem::Schema(schema)));
        }
        let count = |histogram: &Histogram| histogram.positive.len() + histogram.negative.len();
        if !histogram.is_custom() && schema > self.schema_max {
            histogram.reduce_to(self.schema_max);
            buckets = count(&histogram);
        }
        while self.count_max > 0 && buckets > self.count_max {
            if histogram.is_custom() || histogram.schema <= EXPONENTIAL_SCHEMA_MIN {
                return Ok(None);
            }
            histogram.reduce_to(histogram.schema - 1);
            buckets = count(&histogram);
        }
        Ok(Some(histogram))
    }
}

/// Returns the finest schema whose bounds grow by at least this factor (upstream: `scrape/scrape.go`, 3.14).
fn schema_of_factor(factor: f64) -> Schema {
    if factor.is_nan() || factor <= 1.0 {
        return EXPONENTIAL_SCHEMA_MAX;
    }
    let schema = (-factor.log2().log2()).floor();
    let schema = schema.clamp(f64::from(EXPONENTIAL_SCHEMA_MIN), f64::from(EXPONENTIAL_SCHEMA_MAX));
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and between -4 and 8")]
    let schema = schema as Schema;
    schema
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use regain_model::Buckets;
    use regain_model::histogram::CUSTOM_SCHEMA;

    use super::*;

    fn reading(schema: Schema, cells: usize) -> HistogramReading {
        let positive = Buckets::run(1, vec![1.0; cells]);
        let histogram = Histogram { schema, positive, ..Histogram::default() };
        HistogramReading { histogram, schema, buckets: cells }
    }

    fn rules(count_max: usize, factor: f64) -> BucketRules {
        BucketRules { count_max, schema_max: schema_of_factor(factor) }
    }

    #[test]
    fn a_factor_is_the_coarsest_schema_that_is_fine_enough() {
        for (factor, schema) in [
            (65_536.0, -4),
            (65_537.0, -4),
            (256.0, -3),
            (4.0, -1),
            (2.0, 0),
            (1.5, 0),
            (1.4, 1),
            (1.1, 2),
            (1.01, 6),
            (1.002, 8),
            (1.0, 8),
            (0.0, 8),
            (f64::NAN, 8),
        ] {
            assert_eq!(schema_of_factor(factor), schema, "{factor}");
        }
    }

    #[test]
    fn a_histogram_has_no_more_buckets_and_no_finer_ones_than_it_may() {
        for (count_max, factor, schema, buckets) in
            [(0, 0.0, 3, 8), (8, 0.0, 3, 8), (7, 0.0, 2, 4), (1, 0.0, 0, 1), (0, 2.0, 0, 1)]
        {
            let kept = rules(count_max, factor).apply(reading(3, 8)).unwrap().unwrap();
            assert_eq!(
                (kept.schema, kept.positive.len()),
                (schema, buckets),
                "{count_max} {factor}"
            );
        }
    }

    #[test]
    fn what_cannot_be_coarser_is_too_much() {
        let mut custom = reading(CUSTOM_SCHEMA, 3);
        custom.histogram.bounds = Some(Arc::from([1.0, 2.0, 3.0]));
        assert_eq!(rules(2, 0.0).apply(custom.clone()), Ok(None));
        assert!(rules(3, 4.0).apply(custom).unwrap().is_some());
        let mut apart = reading(-4, 2);
        apart.histogram.positive = Buckets::run(-1, vec![1.0; 3]);
        apart.buckets = 3;
        assert_eq!(rules(2, 0.0).apply(apart), Ok(None));
    }

    #[test]
    fn a_resolution_that_does_not_exist_must_be_lowered_by_the_job() {
        let mut fine = reading(8, 2);
        fine.schema = 12;
        let refused = rules(0, 0.0).apply(fine.clone()).unwrap_err();
        assert!(refused.to_string().contains("got schema 12"), "{refused}");
        assert_eq!(rules(0, 1.1).apply(fine).unwrap().unwrap().schema, 2);
    }
}
