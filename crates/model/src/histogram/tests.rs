//! Histograms against what their definition says: counts by index, in plain maps.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Counts by index.
type Counts = BTreeMap<i32, f64>;

fn counts(buckets: &Buckets) -> Counts {
    buckets.iter().filter(|(_, count)| *count != 0.0).collect()
}

fn buckets(counts: &Counts) -> Buckets {
    let mut spans: Vec<Span> = Vec::new();
    let mut next = 0;
    for &index in counts.keys() {
        match spans.last_mut() {
            Some(span) if index == next => span.length += 1,
            _ => spans.push(Span { offset: index - next, length: 1 }),
        }
        next = index + 1;
    }
    Buckets::new(spans, counts.values().copied().collect()).unwrap()
}

fn histogram(schema: Schema, positive: &Counts, negative: &Counts) -> Histogram {
    let total = |counts: &Counts| counts.values().fold(0.0, |total, count| total + count);
    let count = total(positive) + total(negative);
    let (positive, negative) = (buckets(positive), buckets(negative));
    Histogram { schema, count, sum: count, positive, negative, ..Histogram::default() }
}

fn custom(bounds: &[f64], counts: &[f64]) -> Histogram {
    Histogram {
        schema: CUSTOM_SCHEMA,
        count: counts.iter().sum(),
        positive: Buckets::run(0, counts.to_vec()),
        bounds: (!bounds.is_empty()).then(|| bounds.into()),
        ..Histogram::default()
    }
}

/// Integer counts, so that sums are exact in any order.
fn some_counts() -> impl Strategy<Value = Counts> {
    proptest::collection::btree_map(-40..40_i32, (0..9_u8).prop_map(f64::from), 0..12)
}

fn some_histogram() -> impl Strategy<Value = Histogram> {
    (-4..=8_i32, some_counts(), some_counts())
        .prop_map(|(schema, positive, negative)| histogram(schema, &positive, &negative))
}

/// The counts at a coarser schema: two neighbours become one for each step.
fn coarser(counts: &Counts, steps: i32) -> Counts {
    let mut merged = Counts::new();
    for (&index, &count) in counts {
        let mut index = index;
        for _ in 0..steps {
            index = (index + 1).div_euclid(2);
        }
        *merged.entry(index).or_default() += count;
    }
    merged.retain(|_, count| *count != 0.0);
    merged
}

proptest! {
    #[test]
    fn buckets_come_in_order_from_both_ends(counts in some_counts()) {
        let buckets = buckets(&counts);
        let forward: Vec<_> = buckets.iter().collect();
        let expected: Vec<_> = counts.into_iter().collect();
        prop_assert_eq!(&forward, &expected);
        let mut backward: Vec<_> = buckets.iter().rev().collect();
        backward.reverse();
        prop_assert_eq!(&backward, &expected);
    }

    #[test]
    fn compacting_leaves_out_empty_buckets_only(counts_in in some_counts()) {
        let mut buckets = buckets(&counts_in);
        buckets.compact();
        prop_assert!(!buckets.cells().contains(&0.0));
        let filled: Counts = counts_in.into_iter().filter(|(_, count)| *count != 0.0).collect();
        prop_assert_eq!(counts(&buckets), filled);
        let once = buckets.clone();
        buckets.compact();
        prop_assert_eq!(buckets, once);
    }

    #[test]
    fn sums_and_differences_are_those_of_counts(a in some_histogram(), b in some_histogram()) {
        let schema = a.schema.min(b.schema);
        for sign in [1.0, -1.0] {
            let mut result = a.clone();
            let combined = if sign > 0.0 { result.add(&b) } else { result.subtract(&b) };
            prop_assert_eq!(combined, Ok(Combined::default()));
            prop_assert_eq!(result.schema, schema);
            for (own, theirs, got) in [
                (&a.positive, &b.positive, &result.positive),
                (&a.negative, &b.negative, &result.negative),
            ] {
                let mut expected = coarser(&counts(own), a.schema - schema);
                for (index, count) in coarser(&counts(theirs), b.schema - schema) {
                    *expected.entry(index).or_default() += sign * count;
                }
                expected.retain(|_, count| *count != 0.0);
                prop_assert_eq!(counts(got), expected);
            }
        }
    }

    #[test]
    fn compensated_sums_of_integers_are_the_plain_ones(all in prop::collection::vec(some_histogram(), 1..6)) {
        let mut plain = all[0].clone();
        let mut sum = HistogramSum::of(&all[0]);
        for other in &all[1..] {
            plain.add(other).unwrap();
            sum.add(other).unwrap();
        }
        let total = sum.total();
        prop_assert!(total.equals(&plain), "{total} is not {plain}");
    }

    #[test]
    fn a_counter_that_grew_was_not_reset(a in some_histogram(), b in some_histogram()) {
        let mut grown = a.clone();
        grown.add(&b).unwrap();
        prop_assert!(!grown.detect_reset(&a));
        let shrunk = counts(&a.positive).values().any(|count| *count > 0.0);
        if shrunk {
            let mut less = a.clone();
            less.positive.cells_mut().iter_mut().for_each(|count| *count -= 1.0);
            prop_assert!(less.detect_reset(&a));
        }
    }

    #[test]
    fn common_bounds_keep_what_lies_below_them(
        a in prop::collection::btree_set(0..20_u8, 0..8),
        b in prop::collection::btree_set(0..20_u8, 0..8),
        counts in prop::collection::vec((0..9_u8).prop_map(f64::from), 18),
    ) {
        let bounds = |set: &std::collections::BTreeSet<u8>| -> Vec<f64> {
            set.iter().copied().map(f64::from).collect()
        };
        let (a, b) = (bounds(&a), bounds(&b));
        let first = custom(&a, &counts[..=a.len()]);
        let second = custom(&b, &counts[9..=9 + b.len()]);
        let mut sum = first.clone();
        let combined = sum.add(&second).unwrap();
        prop_assert_eq!(combined.reconciled, a != b);
        let below = |histogram: &Histogram, bound: f64| -> f64 {
            let buckets = histogram.positive_buckets().filter(|bucket| bucket.upper <= bound);
            buckets.map(|bucket| bucket.count).fold(0.0, |total, count| total + count)
        };
        let common: Vec<f64> = a.iter().copied().filter(|bound| b.contains(bound)).collect();
        prop_assert_eq!(sum.custom_bounds(), &common);
        for bound in common.into_iter().chain([f64::INFINITY]) {
            let expected = below(&first, bound) + below(&second, bound);
            prop_assert_eq!(below(&sum, bound).to_bits(), expected.to_bits());
        }
    }

    #[test]
    fn trimming_removes_observations_from_one_side(a in some_histogram(), at in -9.0..9.0_f64) {
        let mut whole = a.clone();
        whole.trim_above(f64::INFINITY);
        prop_assert!(whole.equals(&a));
        let (mut below, mut above) = (a.clone(), a.clone());
        below.trim_above(at);
        above.trim_below(at);
        prop_assert!((below.count + above.count - a.count).abs() < 1e-9 * (1.0 + a.count));
        prop_assert!(below.all_buckets().all(|bucket| bucket.lower < at || bucket.count == 0.0));
        prop_assert!(above.all_buckets().all(|bucket| bucket.upper > at || bucket.count == 0.0));
    }

    #[test]
    fn whatever_is_read_is_refused_or_can_be_walked(
        spans in prop::collection::vec((any::<i32>(), 0..6_u32), 0..5),
        len in 0..20_usize,
    ) {
        let spans = spans.into_iter().map(|(offset, length)| Span { offset, length }).collect();
        if let Ok(buckets) = Buckets::new(spans, vec![1.0; len]) {
            prop_assert!(buckets.iter().is_sorted_by(|a, b| a.0 < b.0));
            prop_assert_eq!(buckets.iter().count(), len);
        }
    }
}

#[test]
fn zero_buckets_widen_to_the_end_of_a_filled_bucket() {
    let one = |threshold: f64, zero: f64, positive: &[f64]| Histogram {
        zero_threshold: threshold,
        zero_count: zero,
        count: zero + positive.iter().sum::<f64>(),
        positive: Buckets::run(0, positive.to_vec()),
        ..Histogram::default()
    };
    // The buckets of schema 0 end at 1, 2, 4 and 8. A threshold of 3 lies in the third.
    let mut sum = one(0.5, 1.0, &[2.0, 3.0, 4.0, 5.0]);
    sum.add(&one(3.0, 10.0, &[0.0, 0.0, 0.0, 1.0])).unwrap();
    sum.compact();
    assert_eq!((sum.zero_threshold, sum.zero_count), (4.0, 20.0));
    assert_eq!(counts(&sum.positive), Counts::from([(3, 6.0)]));
    // The other way round the same comes out.
    let mut sum = one(3.0, 10.0, &[0.0, 0.0, 0.0, 1.0]);
    sum.add(&one(0.5, 1.0, &[2.0, 3.0, 4.0, 5.0])).unwrap();
    sum.compact();
    assert_eq!((sum.zero_threshold, sum.zero_count), (4.0, 20.0));
    assert_eq!(counts(&sum.positive), Counts::from([(3, 6.0)]));
}

#[test]
fn hints_are_combined_and_conflicts_told() {
    use ResetHint::{Gauge, NotReset, Reset, Unknown};
    for (a, b, expected, collision) in [
        (Unknown, Unknown, Unknown, false),
        (Unknown, NotReset, Unknown, false),
        (Reset, Unknown, Unknown, false),
        (Reset, Reset, Reset, false),
        (Reset, NotReset, Unknown, true),
        (NotReset, Reset, Unknown, true),
        (NotReset, Gauge, Gauge, false),
        (Gauge, Reset, Gauge, false),
    ] {
        let mut sum = Histogram { hint: a, ..Histogram::default() };
        let combined = sum.add(&Histogram { hint: b, ..Histogram::default() }).unwrap();
        assert_eq!((sum.hint, combined.collision), (expected, collision), "{a:?} {b:?}");
    }
}

#[test]
fn a_bucket_that_is_missing_is_a_reset_unless_upstream_overlooks_it() {
    let point = |counts: &[(i32, f64)], count: f64| Histogram {
        count,
        ..histogram(0, &counts.iter().copied().collect(), &Counts::new())
    };
    let now = point(&[(0, 9.0)], 9.0);
    assert!(now.detect_reset(&point(&[(0, 1.0), (2, 1.0)], 2.0)));
    // An empty bucket before it hides it from queries, though not from what writes samples.
    let hidden = point(&[(0, 1.0), (1, 0.0), (2, 1.0)], 2.0);
    assert!(!now.detect_reset(&hidden));
    assert_eq!(now.stored_hint(Some(&hidden)), ResetHint::Unknown);
}

#[test]
fn exponential_and_custom_buckets_cannot_be_added() {
    let (mut a, b) = (Histogram::default(), custom(&[1.0], &[1.0, 2.0]));
    assert_eq!(a.add(&b), Err(MixedSchemas));
    assert_eq!(a, Histogram::default());
}

#[test]
fn scaling_changes_every_count() {
    let mut scaled = histogram(2, &Counts::from([(1, 2.0), (4, 6.0)]), &Counts::from([(0, 4.0)]));
    scaled.multiply(-0.5);
    assert_eq!((scaled.count, scaled.sum, scaled.hint), (-6.0, -6.0, ResetHint::Gauge));
    assert_eq!(counts(&scaled.positive), Counts::from([(1, -1.0), (4, -3.0)]));
    assert_eq!(counts(&scaled.negative), Counts::from([(0, -2.0)]));
    scaled.divide(0.0);
    assert!(scaled.positive.is_empty() && scaled.negative.is_empty());
    assert_eq!(scaled.count.to_bits(), f64::NEG_INFINITY.to_bits());
}

#[test]
fn stores_know_where_a_counter_went_on() {
    let point = |count: f64| histogram(0, &Counts::from([(0, count)]), &Counts::new());
    let hint = |previous: Option<&Histogram>, now: &Histogram| now.stored_hint(previous);
    assert_eq!(hint(None, &point(1.0)), ResetHint::Unknown);
    assert_eq!(hint(Some(&point(1.0)), &point(2.0)), ResetHint::NotReset);
    assert_eq!(hint(Some(&point(2.0)), &point(1.0)), ResetHint::Unknown);
    let finer = Histogram { schema: 1, ..point(2.0) };
    assert_eq!(hint(Some(&point(1.0)), &finer), ResetHint::Unknown);
    let told = Histogram { hint: ResetHint::Reset, ..point(2.0) };
    assert_eq!(hint(Some(&point(1.0)), &told), ResetHint::Unknown);
    let gauge = Histogram { hint: ResetHint::Gauge, ..point(1.0) };
    assert_eq!(hint(Some(&point(1.0)), &gauge), ResetHint::Gauge);
    assert_eq!(hint(Some(&gauge), &point(2.0)), ResetHint::Unknown);
}

#[test]
fn invalid_histograms_are_refused_by_name() {
    let valid = custom(&[1.0, 2.0], &[1.0, 2.0, 3.0]);
    assert_eq!(valid.validate(), Ok(()));
    let cases = [
        (Histogram { schema: 9, ..Histogram::default() }, HistogramProblem::Schema(9)),
        (Histogram { count: -1.0, ..Histogram::default() }, HistogramProblem::NegativeCount(-1.0)),
        (
            Histogram { zero_count: -1.0, ..Histogram::default() },
            HistogramProblem::NegativeZeroBucket(-1.0),
        ),
        (
            Histogram { positive: Buckets::run(0, vec![1.0, -2.0]), ..Histogram::default() },
            HistogramProblem::NegativeBucket { bucket: 2, count: -2.0 },
        ),
        (custom(&[2.0, 1.0], &[1.0]), HistogramProblem::BoundsUnordered),
        (custom(&[f64::NAN], &[1.0]), HistogramProblem::BoundNan),
        (custom(&[f64::INFINITY], &[1.0]), HistogramProblem::BoundInfinite),
        (custom(&[1.0], &[1.0, 2.0, 3.0]), HistogramProblem::BoundsTooFew { bounds: 1, spans: 3 }),
        (Histogram { zero_count: 1.0, ..custom(&[], &[1.0]) }, HistogramProblem::CustomZeroCount),
        (
            Histogram { bounds: Some([1.0].into()), ..Histogram::default() },
            HistogramProblem::ExponentialBounds,
        ),
    ];
    for (histogram, problem) in cases {
        assert_eq!(histogram.validate(), Err(problem));
    }
    let overlong = vec![Span { offset: i32::MAX, length: 1 }, Span { offset: 0, length: 1 }];
    assert_eq!(Buckets::new(overlong, vec![1.0; 2]), Err(HistogramProblem::IndexOverflow));
}

#[test]
fn integer_histograms_are_read_from_their_differences() {
    let spans = vec![Span { offset: -1, length: 2 }, Span { offset: 3, length: 1 }];
    let buckets = Buckets::from_deltas(spans, &[5, -2, 4]).unwrap();
    assert_eq!(buckets.iter().collect::<Vec<_>>(), [(-1, 5.0), (0, 3.0), (4, 7.0)]);
}

#[test]
fn texts_are_those_of_upstream() {
    let histogram = Histogram {
        zero_threshold: 0.001,
        zero_count: 2.0,
        ..histogram(0, &Counts::from([(0, 1.0), (2, 3.5)]), &Counts::from([(1, 4.0)]))
    };
    assert_eq!(
        histogram.to_string(),
        "{count:8.5, sum:8.5, [-2,-1):4, [-0.001,0.001]:2, (0.5,1]:1, (2,4]:3.5}"
    );
    assert_eq!(
        histogram.test_notation(),
        "{{count:8.5 sum:8.5 z_bucket:2 z_bucket_w:0.001 buckets:[1 0 3.5] n_offset:1 \
         n_buckets:[4]}}"
    );
    let custom = custom(&[5.0, 10.0], &[1.0, 0.0, 2.0]);
    assert_eq!(custom.to_string(), "{count:3, sum:0, [-Inf,5]:1, (10,+Inf]:2}");
    assert_eq!(
        custom.test_notation(),
        "{{schema:-53 count:3 custom_values:[5 10] buckets:[1 0 2]}}"
    );
}
