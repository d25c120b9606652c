//! Queries of one round: each has the answer that it has by itself, whatever those before it, or others, have written.

use std::sync::atomic::Ordering;

use regain_model::{Labels, LabelsBuilder, METRIC_NAME, Timestamp};
use regain_storage::memory::MemoryStore;
use regain_storage::{Appender as _, ByteBudget};

use super::reading::Counted;
use super::{SECOND, comparable, store};
use crate::ast::Expr;
use crate::engine::Engine;
use crate::parser::{ParserOptions, parse};
use crate::sharing::{Round, Turn};
use crate::value::{QueryResult, Value};

const AT: Timestamp = Timestamp(300 * SECOND);

/// Names under which queries write their answers, or none.
const NAMES: [&str; 5] = ["", "r", "s", "a", "t"];

/// What queries ask; some read what others write.
const QUERIES: [&str; 16] = [
    "sum by (x) (a)",
    "sum by (x) (a) > 2",
    "sum by (x) (a) / count(a)",
    "sum by (x) (rate(d[1m]))",
    "1 - sum by (x) (rate(d[1m]))",
    "sum by (x) (r) + sum by (x) (a)",
    "sum by (x) (r)",
    "topk(1, sum by (x) ({__name__=~\"r|s\"}))",
    "sum by (x) ({__name__=~\"r|s\"})",
    "count(a or b)",
    "histogram_quantile(0.9, sum by (x, le) (rate(h_bucket[1m])))",
    "sum(histogram_quantile(0.9, sum by (x, le) (rate(h_bucket[1m]))))",
    "sum by (x) (n)",
    "histogram_count(sum by (x) (n))",
    "sum by (x) (a offset 1m) - sum by (x) (a)",
    "sum(max_over_time(sum by (x) (a)[1m:10s])) + sum by (x) (a offset 1m)",
];

struct Chances(u64);

impl Chances {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

fn parsed(texts: &[&str]) -> Vec<Expr> {
    texts.iter().map(|text| parse(text, &ParserOptions::all()).unwrap()).collect()
}

fn round(engine: &Engine, exprs: &[Expr]) -> Round {
    let exprs: Vec<&Expr> = exprs.iter().collect();
    engine.round(&exprs, AT, ByteBudget::default())
}

/// Writes numbers of an answer under another name, and says so.
fn record(store: &MemoryStore, round: &Round, name: &str, result: &QueryResult) {
    let Value::Vector(samples) = &result.value else { panic!("a vector") };
    let mut writer = store.writer();
    let mut written: Vec<Labels> = Vec::new();
    for sample in samples.iter().filter(|sample| sample.histogram.is_none()) {
        let mut labels = LabelsBuilder::from(&sample.labels);
        labels.set(METRIC_NAME, name);
        let labels = labels.labels();
        let reference = writer.series(&labels).unwrap();
        writer.stage(reference, AT, sample.value);
        written.push(labels);
    }
    let before = round.before_write(store);
    let committed = writer.commit().unwrap();
    if let (Some(before), true) = (before, committed.samples > 0) {
        round.wrote(store, before, &written);
    }
}

#[test]
fn queries_of_a_round_answer_as_they_do_alone() {
    let engine = Engine::default();
    for seed in 0..150 {
        let mut chances = Chances(seed);
        let store = store();
        let texts: Vec<&str> = (0..8).map(|_| QUERIES[chances.below(QUERIES.len())]).collect();
        let exprs = parsed(&texts);
        let round = round(&engine, &exprs);
        for (index, (text, expr)) in texts.iter().zip(&exprs).enumerate() {
            let turn = Turn { round: &round, index };
            let shared = engine.instant_in(turn, &store, expr, &engine.context());
            let alone = engine.instant(&store, expr, AT, &engine.context()).unwrap();
            assert_eq!(
                comparable(shared),
                comparable(Ok(alone.clone())),
                "{text} of {texts:?}, {seed}"
            );
            let name = NAMES[chances.below(NAMES.len())];
            if !name.is_empty() {
                record(&store, &round, name, &alone);
            }
            if chances.below(4) == 0 {
                // Somebody else, before or behind the time of the round.
                let at = [295, 300, 301, 400][chances.below(4)];
                let labels = Labels::from_pairs([(METRIC_NAME, "a"), ("x", "9")]);
                let value = chances.below(100) as f64;
                drop(store.add(&labels, [(Timestamp(at * SECOND), value)]));
            }
        }
    }
}

/// The selections that each query of a round makes, where the answers of some are written.
fn selections(queries: &[(&str, &str)]) -> Vec<usize> {
    let engine = Engine::default();
    let counted = Counted::new(store());
    let texts: Vec<&str> = queries.iter().map(|(_, text)| *text).collect();
    let exprs = parsed(&texts);
    let round = round(&engine, &exprs);
    let mut counts = Vec::new();
    for (index, expr) in exprs.iter().enumerate() {
        counted.selections.store(0, Ordering::Relaxed);
        let turn = Turn { round: &round, index };
        let result = engine.instant_in(turn, &counted, expr, &engine.context()).unwrap();
        counts.push(counted.selections.load(Ordering::Relaxed));
        if !queries[index].0.is_empty() {
            record(&counted.store, &round, queries[index].0, &result);
        }
    }
    counts
}

#[test]
fn what_several_queries_ask_is_read_once() {
    let sum = "sum by (x) (a)";
    let more = "sum by (x) (a) > 2";
    assert_eq!(selections(&[("", sum), ("", more), ("", sum)]), [1, 0, 0]);
    // What is written is none of what is read, or may be.
    assert_eq!(selections(&[("r", sum), ("s", more), ("", sum)]), [1, 0, 0]);
    assert_eq!(selections(&[("a", sum), ("", more), ("", sum)]), [1, 1, 0]);
    assert_eq!(selections(&[("a", "sum(a offset 1m)"), ("", "sum(a offset 1m)")]), [1, 0]);
    // The rows of chains are not brought from query to query, and nothing is that only one asks for.
    assert_eq!(selections(&[("", "a > 1"), ("", "a > 2"), ("", "sum(a)")]), [1, 1, 1]);
}

#[test]
fn a_round_keeps_no_more_than_it_can_pay_for() {
    let engine = Engine::default();
    let (store, exprs) = (store(), parsed(&["sum(a)", "sum(a) > 1", "sum(a) > 2"]));
    let asked: Vec<&Expr> = exprs.iter().collect();
    for (bytes_max, selections) in [(0, [1, 1, 1]), (10_000, [1, 0, 0])] {
        let budget = ByteBudget::new(bytes_max, std::sync::Arc::default());
        let round = engine.round(&asked, AT, budget);
        let counted = Counted::new(store.clone());
        for (index, expected) in selections.into_iter().enumerate() {
            counted.selections.store(0, Ordering::Relaxed);
            let turn = Turn { round: &round, index };
            engine.instant_in(turn, &counted, &exprs[index], &engine.context()).unwrap();
            assert_eq!(counted.selections.load(Ordering::Relaxed), expected, "{bytes_max}");
        }
    }
}
