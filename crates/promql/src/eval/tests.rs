//! Chains that are done in one go, whole vectors, one worker and several: the same answer, to the
//! last bit.

mod histograms;
mod loose;
mod presence;

use proptest::prelude::*;
use regain_model::{Labels, Matcher, STALE_NAN, Timestamp};
use regain_storage::Queryable;
use regain_storage::memory::MemoryStore;

use super::*;
use crate::engine::{Engine, EngineOptions, Features};
use crate::functions::{RangeFn, math};
use crate::operators::BinaryOp;
use crate::plan::{
    AggregateNode, AggregateOp, Cardinality, Map, Matching, RangeArg, RangeCallNode, RangeSource,
    Selector, VectorScalar, VectorVector,
};
use crate::regex_cache::RegexCache;
use crate::sharing::Sharing;
use crate::value::{QueryResult, Value};

const SECOND: i64 = 1000;

fn select(name: &str) -> Node {
    let matchers = vec![Matcher::equal("__name__", name)];
    Node::Select(Selector {
        matchers,
        offset: 0,
        at: None,
        smoothed: false,
        stats: false,
        position: 0..0,
    })
}

fn over(function: &str, source: RangeSource, range: i64) -> Node {
    let arg = RangeArg { source, range, offset: 0, at: None, extension: None, stats: false };
    Node::RangeCall(RangeCallNode {
        function: RangeFn::from_name(function).unwrap(),
        name: function.to_owned(),
        arg,
        params: Vec::new(),
        absent: None,
        at: 0..0,
    })
}

fn over_series(function: &str, range: i64) -> Node {
    over(function, RangeSource::Series(vec![Matcher::equal("__name__", "m")]), range)
}

fn over_steps(function: &str, inner: Node) -> Node {
    let source = RangeSource::Subquery { inner: Box::new(inner), step: Some(20 * SECOND) };
    over(function, source, 120 * SECOND)
}

fn times(vector: Node, by: f64) -> Node {
    Node::VectorScalar(VectorScalar {
        op: BinaryOp::Mul,
        vector: Box::new(vector),
        scalar: Box::new(Node::Number(by)),
        scalar_left: false,
        as_bool: false,
        at: 0..0,
    })
}

fn abs(vector: Node) -> Node {
    let map = Map::Math(math::from_name("abs").unwrap());
    Node::Map { map, input: Box::new(vector), params: Vec::new() }
}

fn aggregate(op: AggregateOp, param: Option<f64>, input: Node) -> Node {
    Node::Aggregate(AggregateNode {
        op,
        input: Box::new(input),
        labels: vec!["group".to_owned()],
        without: false,
        param: param.map(|param| Box::new(Node::Number(param))),
        param_at: 0..0,
        input_at: 0..0,
        at: 0..0,
    })
}

/// Each series of `many` by the greatest of its group, on either side.
fn joined(op: BinaryOp, many: Node, cardinality: Cardinality) -> Node {
    let one = aggregate(AggregateOp::Max, None, select("m"));
    let (left, right) = match cardinality {
        Cardinality::OneToMany => (one, many),
        _ => (many, one),
    };
    Node::VectorVector(VectorVector {
        op,
        left: Box::new(left),
        right: Box::new(right),
        as_bool: false,
        matching: Matching {
            on: true,
            labels: vec!["group".to_owned()],
            cardinality,
            include: Vec::new(),
            fill_left: None,
            fill_right: None,
        },
        at: 0..0,
    })
}

fn store(series: &[Vec<(i64, f64)>]) -> MemoryStore {
    let store = MemoryStore::new();
    for (index, samples) in series.iter().enumerate() {
        let (group, id) = ((index % 3).to_string(), index.to_string());
        let labels =
            Labels::from_pairs([("__name__", "m"), ("group", group.as_str()), ("id", id.as_str())]);
        let samples = samples.iter().map(|&(time, value)| (Timestamp(time), value));
        store.add(&labels, samples).unwrap();
    }
    store
}

fn ask(store: &dyn Queryable, node: &Node, options: &EngineOptions, fuse: bool) -> QueryResult {
    let grid = Grid { start: 60 * SECOND, step: 13 * SECOND, len: 60 };
    let question = Question {
        options,
        regexes: &RegexCache::default(),
        node,
        grid: &grid,
        range: true,
        over_time: true,
        fuse,
        share: Sharing::Within,
        laps: Laps::default(),
    };
    answer(question, store, &Engine::new(options.clone()).context()).unwrap()
}

fn with_workers(workers: usize) -> EngineOptions {
    EngineOptions { workers, ..EngineOptions::default() }
}

/// The answer with values as bits, because NaN equals nothing.
fn bits(result: &QueryResult) -> Vec<(String, Vec<(i64, u64)>)> {
    let Value::Matrix(series) = &result.value else { panic!("a range query has a matrix") };
    let rows = series.iter().map(|series| {
        let points = series.points.iter().map(|p| (p.time.0, p.value.to_bits()));
        (series.labels.to_string(), points.collect())
    });
    rows.collect()
}

fn nodes() -> Vec<Node> {
    let fold = |op: AggregateOp| aggregate(op, None, over_series("rate", 60 * SECOND));
    let sum = |input| aggregate(AggregateOp::Sum, None, input);
    vec![
        fold(AggregateOp::Sum),
        fold(AggregateOp::Avg),
        fold(AggregateOp::Count),
        fold(AggregateOp::Group),
        fold(AggregateOp::Min),
        fold(AggregateOp::Max),
        fold(AggregateOp::Stddev),
        fold(AggregateOp::Stdvar),
        fold(AggregateOp::CountValues("value".to_owned())),
        aggregate(AggregateOp::Quantile, Some(0.3), select("m")),
        aggregate(AggregateOp::TopK, Some(2.0), over_series("increase", 60 * SECOND)),
        aggregate(AggregateOp::BottomK, Some(2.0), select("m")),
        aggregate(AggregateOp::LimitK, Some(2.0), select("m")),
        aggregate(AggregateOp::LimitRatio, Some(0.5), over_series("delta", 60 * SECOND)),
        aggregate(AggregateOp::Sum, None, times(abs(select("m")), 0.1)),
        aggregate(AggregateOp::Count, None, select("m")),
        times(abs(over_series("avg_over_time", 90 * SECOND)), 3.0),
        aggregate(AggregateOp::Sum, None, over_steps("max_over_time", over_series("rate", 60_000))),
        over_steps("sum_over_time", times(select("m"), 0.1)),
        over_steps("rate", over_steps("last_over_time", select("m"))),
        sum(joined(BinaryOp::Div, over_series("increase", 60_000), Cardinality::ManyToOne)),
        sum(joined(BinaryOp::Sub, abs(select("m")), Cardinality::OneToMany)),
        aggregate(
            AggregateOp::TopK,
            Some(2.0),
            joined(BinaryOp::Mul, select("m"), Cardinality::ManyToOne),
        ),
    ]
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => (0..1000_i32).prop_map(f64::from),
        3 => -1e3..1e3,
        1 => prop::sample::select(vec![
            0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, STALE_NAN, 1e-300,
        ]),
    ]
}

fn samples() -> impl Strategy<Value = Vec<(i64, f64)>> {
    prop::collection::vec((1..40_i64, value()), 0..60).prop_map(|gaps| {
        let mut time = 0;
        gaps.into_iter()
            .map(|(gap, value)| {
                time += gap * 700;
                (time, value)
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn chains_in_one_go_answer_like_whole_vectors(
        series in prop::collection::vec(samples(), 1..12),
    ) {
        let store = store(&series);
        for delayed_name_removal in [false, true] {
            let features = Features { delayed_name_removal, ..Features::default() };
            let options = EngineOptions { features, ..with_workers(1) };
            for node in nodes() {
                let fused = ask(&store, &node, &options, true);
                let plain = ask(&store, &node, &options, false);
                prop_assert_eq!(bits(&fused), bits(&plain), "{:?}", node);
            }
        }
    }
}

/// Enough series for several parts, and enough work for several workers.
fn large_store() -> MemoryStore {
    let series: Vec<Vec<(i64, f64)>> = (0..700_i32)
        .map(|id| {
            (0..200_i32)
                .map(|k| (i64::from(k) * 5 * SECOND, f64::from((id * 7919 + k * 31) % 1009) * 0.1))
                .collect()
        })
        .collect();
    store(&series)
}

#[test]
fn several_workers_answer_like_one() {
    let store = large_store();
    for node in nodes() {
        let one = bits(&ask(&store, &node, &with_workers(1), true));
        assert!(!one.is_empty(), "{node:?}");
        assert_eq!(one, bits(&ask(&store, &node, &with_workers(3), true)), "{node:?}");
    }
}

#[test]
fn workers_stop_together_when_one_fails() {
    let store = large_store();
    let grid = Grid { start: 60 * SECOND, step: 13 * SECOND, len: 60 };
    for samples_max in [1, 1000, 30_000] {
        let options = EngineOptions { samples_max, ..with_workers(4) };
        let node = select("m");
        let question = Question {
            options: &options,
            regexes: &RegexCache::default(),
            node: &node,
            grid: &grid,
            range: true,
            over_time: true,
            fuse: true,
            share: Sharing::Within,
            laps: Laps::default(),
        };
        let result = answer(question, &store, &Engine::new(options.clone()).context());
        assert!(matches!(result, Err(EvalError::TooManySamples)), "{result:?}");
    }
}

#[test]
fn a_sum_beyond_the_budget_is_refused() {
    let store = store(&[vec![(60 * SECOND, 1.0)], vec![(60 * SECOND, 2.0)]]);
    let options = EngineOptions { samples_max: 1, ..EngineOptions::default() };
    let grid = Grid::instant(60 * SECOND);
    let node = select("m");
    let question = Question {
        options: &options,
        regexes: &RegexCache::default(),
        node: &node,
        grid: &grid,
        range: false,
        over_time: false,
        fuse: true,
        share: Sharing::Within,
        laps: Laps::default(),
    };
    let result = answer(question, &store, &Engine::new(options.clone()).context());
    assert!(matches!(result, Err(EvalError::TooManySamples)), "{result:?}");
}

#[test]
fn a_canceled_query_ends() {
    let store = store(&[vec![(60 * SECOND, 1.0)]]);
    let engine = Engine::default();
    let (grid, node) = (Grid::instant(60 * SECOND), select("m"));
    let options = engine.options();
    let question = Question {
        options,
        regexes: &RegexCache::default(),
        node: &node,
        grid: &grid,
        range: false,
        over_time: false,
        fuse: true,
        share: Sharing::Within,
        laps: Laps::default(),
    };
    let ctx = engine.context();
    ctx.cancel.time_out();
    let result = answer(question, &store, &ctx);
    assert!(matches!(result, Err(EvalError::TimedOut)), "{result:?}");
}

#[test]
fn the_budget_counts_what_is_in_memory_once() {
    let store = large_store();
    let grid = Grid { start: 60 * SECOND, step: 13 * SECOND, len: 60 };
    let node = select("m");
    // What the answer holds, and one decoded part.
    let samples_max = 700 * 60 + 128 * 200;
    let options = EngineOptions { samples_max, ..with_workers(1) };
    let question = Question {
        options: &options,
        regexes: &RegexCache::default(),
        node: &node,
        grid: &grid,
        range: true,
        over_time: true,
        fuse: true,
        share: Sharing::Within,
        laps: Laps::default(),
    };
    let ctx = Engine::new(options.clone()).context();
    let result = answer(question, &store, &ctx).unwrap();
    assert!(result.stats.samples_peak <= samples_max);
    assert_eq!(result.stats.samples_total, 700 * 60);
    drop(result);
    ctx.budget.take(samples_max).unwrap();
}
