//! With equal parts evaluated once, every answer is the one without, to the last bit, and so is all that is said about
//! it.

mod limits;
mod reading;
mod rounds;

use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;
use regain_model::Timestamp;
use regain_storage::memory::MemoryStore;
use regain_storage::{Appender as _, Ctx, Queryable, Value as Stored};

use crate::engine::{Engine, EngineOptions, Features, Steps, instant_plan, planned, range_plan};
use crate::eval::{Question, answer};
use crate::eval_error::EvalError;
use crate::laps::Laps;
use crate::parser::{ParserOptions, parse};
use crate::regex_cache::RegexCache;
use crate::sharing::Sharing;
use crate::test_language::{SeriesValue, parse_series};
use crate::value::{QueryResult, Value};

const SECOND: i64 = 1000;

/// A sample every ten seconds: gauges, counters with resets, what only calls itself a counter, gaps, classic buckets
/// that decrease, native histograms, and types.
const SERIES: [&str; 14] = [
    "a{x=\"1\", y=\"1\"} 1+3x40",
    "a{x=\"2\", y=\"1\"} 50-2x20 _x5 7+1x15",
    "a{x=\"2\", y=\"2\"} _x10 1+0.3x30",
    "b{x=\"1\"} 2x40",
    "b{x=\"2\"} 0.7+0.1x18 stale 5x20",
    "c_total{x=\"1\"} 0+7x20 0+9x20",
    "c_total{x=\"2\"} 5+0x40",
    "d{x=\"1\"} 0+1x40",
    "h_bucket{x=\"1\", le=\"1\"} 0+3x40",
    "h_bucket{x=\"1\", le=\"2\"} 0+2x40",
    "h_bucket{x=\"1\", le=\"+Inf\"} 0+5x40",
    "n{x=\"1\"} {{schema:0 sum:1 count:4 buckets:[1 2 1]}}+{{schema:0 sum:2 count:4 buckets:[1 2 1]}}x40",
    "n{x=\"2\"} 3x10 {{schema:1 sum:1 count:3 buckets:[1 2]}}x20",
    "t{x=\"1\", __type__=\"gauge\", __unit__=\"s\"} 0+2x40",
];

/// Parts of expressions: everything that is evaluated in its own way.
const PARTS: [&str; 26] = [
    "a",
    "a offset 20s",
    "a @ 200",
    "abs(a)",
    "a * 2",
    "rate(c_total[1m])",
    "rate(d[1m])",
    "rate({__name__=~\"c_total|d\"}[1m])",
    "rate(t[1m]) * 2",
    "timestamp(a)",
    "sum(a)",
    "sum by (x) (rate(d[1m]))",
    "topk(1, a)",
    "quantile(2, a)",
    "limit_ratio(1.5, a)",
    "sum by (x) (a * on (x) group_left () b)",
    "max_over_time(rate(d[1m])[1m:10s])",
    "avg_over_time(sum by (x) (rate(d[30s]))[1m:20s])",
    "sort_desc(a)",
    "label_replace(a, \"x\", \"$1\", \"y\", \"(.*)\")",
    "histogram_quantile(0.9, h_bucket)",
    "histogram_quantile(1.1, sum by (x, le) (rate(h_bucket[1m])))",
    "sum by (x) (n)",
    "rate(n[1m])",
    "vector(scalar(b{x=\"1\"}))",
    "absent_over_time(a{x=\"3\"}[1m])",
];

/// Expressions with `X` at several places, in chains, in aggregations, on other times, in other brackets.
const SHAPES: [&str; 22] = [
    "X / (X + b)",
    "X and X",
    "X or (  X)",
    "X > 2 and X < 30",
    "(X > 1) + ignoring (y) group_left () sum by (x) (X)",
    "X / on (x) group_left () sum by (x) (X)",
    "sum by (x) (X) * on (x) group_right () X",
    "sum(X) / sum(X)",
    "sum(X) / count(X)",
    "sum(X) / (sum(X) + sum by (x) (b))",
    "max_over_time((X)[1m:20s]) - min_over_time((X)[1m:20s])",
    "abs(X) + X * 2 - X",
    "-X == X",
    "label_replace(X, \"z\", \"1\", \"\", \"\") and on (x) X",
    "histogram_quantile(0.5, X) and X",
    "histogram_count(X) / histogram_count(X)",
    "X + scalar(sum(X))",
    "topk(2, X) unless X",
    "X\n+ (\n  X\n)",
    "sum(X * on (x) group_left () sum by (x) (X)) + count(X)",
    "absent(X) or X",
    "(X or b) - (X or b)",
];

fn store() -> MemoryStore {
    let store = MemoryStore::new();
    let mut writer = store.writer();
    for text in SERIES {
        let series = parse_series(text).unwrap();
        let reference = writer.series(&series.labels).unwrap();
        for (step, value) in (0..).zip(series.values) {
            let value = match value {
                SeriesValue::Omitted => continue,
                SeriesValue::Float(value) => Stored::Float(value),
                SeriesValue::Histogram(written) => Stored::Histogram(written.histogram),
            };
            writer.stage_value(reference, Timestamp(step * 10 * SECOND), Timestamp(0), value);
        }
    }
    writer.commit().unwrap();
    store
}

/// Asks with or without sharing.
fn ask(
    source: &dyn Queryable,
    text: &str,
    steps: Option<Steps>,
    options: &EngineOptions,
    share: bool,
) -> Result<QueryResult, EvalError> {
    let ctx = Engine::new(options.clone()).context();
    ask_within(&ctx, source, text, steps, options, share)
}

fn ask_within(
    ctx: &Arc<Ctx>,
    source: &dyn Queryable,
    text: &str,
    steps: Option<Steps>,
    options: &EngineOptions,
    share: bool,
) -> Result<QueryResult, EvalError> {
    let expr = parse(text, &ParserOptions::all()).unwrap();
    let plan = || match steps {
        Some(steps) => range_plan(&expr, steps),
        None => instant_plan(&expr, Timestamp(300 * SECOND)),
    };
    planned(&expr, plan, |node, grid| {
        let regexes = &RegexCache::default();
        let range = steps.is_some();
        let (fuse, over_time, laps) = (true, range, Laps::default());
        let share = if share { Sharing::Within } else { Sharing::None };
        let question =
            Question { options, regexes, node, grid, range, over_time, fuse, share, laps };
        answer(question, source, ctx)
    })
}

/// Forty steps.
const fn over_time() -> Steps {
    let (start, end) = (Timestamp(0), Timestamp(390 * SECOND));
    Steps { start, end, step_ms: 10 * SECOND }
}

/// All of an answer but what it has taken, to the last bit.
fn comparable(result: Result<QueryResult, EvalError>) -> String {
    let result = match result {
        Ok(result) => result,
        Err(error) => return format!("error: {error}"),
    };
    let mut text = String::new();
    match &result.value {
        Value::Vector(samples) => {
            for one in samples {
                let bits = one.value.to_bits();
                writeln!(text, "{} {bits:x} {:?}", one.labels, one.histogram).unwrap();
            }
        }
        Value::Matrix(series) => {
            for one in series {
                writeln!(text, "{} {:?}", one.labels, one.histograms).unwrap();
                for point in &one.points {
                    writeln!(text, "{} {:x}", point.time.0, point.value.to_bits()).unwrap();
                }
            }
        }
        other => write!(text, "{other:?}").unwrap(),
    }
    for remark in result.warnings.iter().chain(&result.infos) {
        writeln!(text, "{}", remark.in_query(&" ".repeat(200))).unwrap();
    }
    writeln!(text, "{} samples", result.stats.samples_total).unwrap();
    text
}

fn check(store: &MemoryStore, text: &str, features: Features) {
    let options = EngineOptions { features, workers: 1, ..EngineOptions::default() };
    for steps in [None, Some(over_time())] {
        let shared = comparable(ask(store, text, steps, &options, true));
        let plain = comparable(ask(store, text, steps, &options, false));
        assert_eq!(shared, plain, "{text} at {steps:?} with {features:?}");
    }
}

#[test]
fn equal_parts_answer_like_parts_by_themselves() {
    let store = store();
    for shape in SHAPES {
        for part in PARTS {
            let text = shape.replace('X', part);
            check(&store, &text, Features::default());
            let delayed = Features { delayed_name_removal: true, ..Features::default() };
            check(&store, &text, delayed);
        }
    }
}

#[test]
fn the_right_side_of_an_operation_is_spoken_of_last() {
    let part = "max_over_time(rate(d[1m])[1m:10s])";
    let inner = SHAPES[4].replace('X', part);
    check(&store(), &format!("({inner}) + scalar(sum({inner}))"), Features::default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn parts_within_equal_parts_answer_like_parts_by_themselves(
        (outer, inner) in (prop::sample::select(SHAPES.to_vec()), prop::sample::select(SHAPES.to_vec())),
        part in prop::sample::select(PARTS.to_vec()),
    ) {
        let text = outer.replace('X', &format!("({})", inner.replace('X', part)));
        check(&store(), &text, Features::default());
    }
}

#[test]
fn what_is_said_of_one_place_is_said_of_the_other() {
    let store = store();
    let options = EngineOptions::default();
    let said = |text: &str| {
        let result = ask(&store, text, Some(over_time()), &options, true).unwrap();
        let remarks = result.warnings.into_iter().chain(result.infos);
        remarks.map(|remark| remark.in_query(text)).collect::<Vec<_>>()
    };
    // Upstream keeps the last place of a remark, and adds up what it counts.
    let not_counter = "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"d\"";
    assert_eq!(said("rate(d[1m]) + rate(d[1m])"), [format!("{not_counter} (1:20)")]);
    assert_eq!(said("rate(d[1m])\n  +\n( rate( d[1m]))"), [format!("{not_counter} (3:9)")]);
    let quantile = "histogram_quantile(0.9, h_bucket)";
    let once = said(quantile);
    let samples = |text: &str| {
        let before = text.split(" samples").next().unwrap_or_default();
        before.rsplit(' ').next().unwrap_or_default().parse::<u64>().unwrap()
    };
    let twice = said(&format!("{quantile} + {quantile}"));
    assert_eq!((once.len(), twice.len()), (1, 1));
    assert_eq!(samples(&twice[0]), 2 * samples(&once[0]), "{twice:?}");
}
