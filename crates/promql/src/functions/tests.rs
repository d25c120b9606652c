//! Functions over ranges on small series, with values worked out by hand.

use super::range::{Extension, RangeCall, RangeFn, Scratch, Shared};
use crate::grid::{ABSENT, Grid, is_absent};
use crate::window::{Reach, Samples};

const SECOND: i64 = 1000;
const RANGE: i64 = 60 * SECOND;

struct Case<'a> {
    function: &'a str,
    params: &'a [f64],
    extension: Option<Extension>,
    /// Seconds and values; the window is from 0, not included, to 60.
    samples: &'a [(i64, f64)],
}

impl Case<'_> {
    fn value(&self) -> f64 {
        let grid = Grid::instant(RANGE);
        let mut reach = Reach::new(&grid, RANGE, 0, None);
        if self.extension.is_some() {
            reach.before = 300 * SECOND;
        }
        if self.extension == Some(Extension::Smoothed) {
            reach.after = 300 * SECOND;
        }
        let call = RangeCall {
            function: RangeFn::from_name(self.function).expect("the function exists"),
            reach,
            grid,
            params: self.params.iter().map(|&param| vec![param]).collect(),
            extension: self.extension,
        };
        let times: Vec<i64> = self.samples.iter().map(|(time, _)| time * SECOND).collect();
        let values: Vec<f64> = self.samples.iter().map(|(_, value)| *value).collect();
        let (mut shared, mut out) = (Shared::default(), [ABSENT]);
        call.share(&times, &mut shared);
        let samples = Samples { times: &times, values: &values };
        call.run(&shared, samples, &mut Scratch::default(), &mut out).expect("valid parameters");
        out[0]
    }
}

fn check(function: &str, params: &[f64], samples: &[(i64, f64)], expected: f64) {
    let case = Case { function, params, extension: None, samples };
    same(function, case.value(), expected);
}

fn same(function: &str, got: f64, expected: f64) {
    let equal = (got - expected).abs() <= expected.abs() * 1e-12
        || got.to_bits() == expected.to_bits()
        || (got.is_nan() && expected.is_nan() && is_absent(got) == is_absent(expected));
    assert!(equal, "{function}: {got} is not {expected}");
}

#[test]
fn counters_are_extrapolated_to_close_borders() {
    // 15 seconds apart, 5 seconds from the borders: the whole minute counts.
    let steady = [(10, 100.0), (25, 130.0), (40, 160.0), (55, 190.0)];
    check("increase", &[], &steady, 90.0 * 60.0 / 45.0);
    check("rate", &[], &steady, 90.0 / 45.0);
    check("delta", &[], &steady, 90.0 * 60.0 / 45.0);
    // A border further away than 1.1 mean distances counts for half a distance.
    check("delta", &[], &[(30, 1.0), (40, 2.0), (50, 3.0)], 2.0 * (20.0 + 5.0 + 10.0) / 20.0);
}

#[test]
fn counters_do_not_start_below_zero() {
    check("increase", &[], &[(10, 1.0), (25, 31.0), (40, 61.0), (55, 91.0)], 90.0 * 50.5 / 45.0);
}

#[test]
fn counters_that_fall_started_again() {
    check("increase", &[], &[(15, 50.0), (30, 100.0), (45, 20.0), (60, 30.0)], 80.0 * 60.0 / 45.0);
    check("irate", &[], &[(45, 20.0), (60, 5.0)], 5.0 / 15.0);
    check("idelta", &[], &[(45, 20.0), (60, 5.0)], -15.0);
    check("resets", &[], &[(15, 5.0), (30, 3.0), (45, 2.0), (60, 2.0)], 2.0);
}

#[test]
fn one_sample_is_not_enough_for_growth() {
    for function in ["rate", "increase", "delta", "irate", "idelta", "deriv"] {
        check(function, &[], &[(30, 1.0)], ABSENT);
    }
    check("predict_linear", &[60.0], &[(30, 1.0)], ABSENT);
    check("double_exponential_smoothing", &[0.5, 0.5], &[(30, 1.0)], ABSENT);
}

#[test]
fn windows_without_samples_have_no_value() {
    for function in ["count_over_time", "sum_over_time", "last_over_time", "changes", "rate"] {
        check(function, &[], &[(0, 1.0), (61, 1.0)], ABSENT);
    }
}

#[test]
fn values_over_time() {
    let samples = [(15, 3.0), (30, -1.0), (45, 7.0), (60, -1.0)];
    for (function, expected) in [
        ("sum_over_time", 8.0),
        ("avg_over_time", 2.0),
        ("count_over_time", 4.0),
        ("min_over_time", -1.0),
        ("max_over_time", 7.0),
        ("first_over_time", 3.0),
        ("last_over_time", -1.0),
        ("present_over_time", 1.0),
        ("stdvar_over_time", 11.0),
        ("stddev_over_time", 11.0_f64.sqrt()),
        ("mad_over_time", 2.0),
        ("changes", 3.0),
        ("ts_of_first_over_time", 15.0),
        ("ts_of_last_over_time", 60.0),
        ("ts_of_max_over_time", 45.0),
        ("ts_of_min_over_time", 60.0),
    ] {
        check(function, &[], &samples, expected);
    }
    check("quantile_over_time", &[0.5], &samples, 1.0);
    check("quantile_over_time", &[2.0], &samples, f64::INFINITY);
}

#[test]
fn nan_is_an_extreme_only_where_there_is_nothing_else() {
    check("max_over_time", &[], &[(15, f64::NAN), (30, 1.0), (45, f64::NAN)], 1.0);
    check("min_over_time", &[], &[(15, f64::NAN)], f64::NAN);
    check("changes", &[], &[(15, f64::NAN), (30, f64::NAN), (45, 1.0)], 1.0);
}

#[test]
fn sums_are_compensated() {
    check("sum_over_time", &[], &[(15, 1.0), (30, 1e100), (45, 1.0), (60, -1e100)], 2.0);
    check("avg_over_time", &[], &[(15, f64::MAX), (30, f64::MAX)], f64::MAX);
}

#[test]
fn lines_through_samples() {
    let line = [(15, 10.0), (30, 13.0), (45, 16.0), (60, 19.0)];
    check("deriv", &[], &line, 0.2);
    check("predict_linear", &[100.0], &line, 39.0);
    check("predict_linear", &[100.0], &[(15, 4.0), (30, 4.0)], 4.0);
    check("deriv", &[], &[(15, f64::INFINITY), (30, f64::INFINITY)], f64::NAN);
}

#[test]
fn ranges_that_reach_beyond_their_borders() {
    let samples = [(-20, 0.0), (20, 40.0), (50, 70.0), (80, 100.0)];
    for (function, extension, expected) in [
        ("increase", Extension::Anchored, 70.0),
        ("rate", Extension::Anchored, 70.0 / 60.0),
        ("increase", Extension::Smoothed, 60.0),
        ("changes", Extension::Anchored, 2.0),
        ("resets", Extension::Anchored, 0.0),
    ] {
        let case = Case { function, params: &[], extension: Some(extension), samples: &samples };
        same(function, case.value(), expected);
    }
}
