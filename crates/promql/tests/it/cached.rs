//! The result cache: with it, every answer is the one without it, whatever has been written, deleted or asked before.

mod chances;
mod world;

use std::sync::Arc;

use regain_model::{Labels, Matcher, Span, Timestamp};
use regain_promql::{
    CacheStats, Engine, EngineOptions, EvalError, ParserOptions, QueryResult, ResultCache, Steps,
    Value, parse,
};
use regain_storage::memory::MemoryStore;

use chances::Chances;
use world::World;

/// Expressions of all kinds: what is kept, what must not be, and what fails at some steps only.
const EXPRESSIONS: [&str; 84] = [
    "a",
    "a{x=\"1\"} offset 1m",
    "a offset -1m",
    "{__name__=~\"a|b\"}",
    "a @ 400",
    "a @ start()",
    "a - a @ end()",
    "rate(c_total[2m])",
    "increase(c_total[2m] offset -30s)",
    "irate(c_total[1m])",
    "rate({__name__=~\"c_total|d\"}[1m])",
    "rate(d[1m])",
    "sum(rate(d[1m])) / sum(rate(c_total[1m]))",
    "rate(c_total[1m] anchored)",
    "increase(c_total[1m] smoothed)",
    "a smoothed",
    "delta(a[2m])",
    "deriv(a[2m])",
    "predict_linear(a[2m], 60)",
    "double_exponential_smoothing(a[2m], 0.5, 0.5)",
    "sum_over_time(a[2m])",
    "avg_over_time(a[2m])",
    "stddev_over_time(a[1m])",
    "quantile_over_time(0.7, a[2m])",
    "quantile_over_time(scalar(b{x=\"1\"}), a[2m])",
    "mad_over_time(a[2m])",
    "min_over_time(a[2m]) + max_over_time(a[2m])",
    "ts_of_max_over_time(a[2m])",
    "first_over_time(a[1m]) - last_over_time(a[1m])",
    "count_over_time(a[1m])",
    "changes(a[2m]) + resets(c_total[2m])",
    "absent(a{x=\"3\"})",
    "absent_over_time(a{x=\"2\"}[30s])",
    "present_over_time(a[30s])",
    "sum(a)",
    "sum by (x) (a)",
    "avg without (x) (a)",
    "min by (x) (a)",
    "max by (y) (a)",
    "count by (x) (a)",
    "group(a)",
    "stddev(a)",
    "stdvar by (x) (a)",
    "quantile(0.5, a)",
    "quantile(scalar(b{x=\"1\", y=\"1\"}), a)",
    "topk(2, a)",
    "bottomk by (x) (1, a)",
    "topk(scalar(count(b)), a)",
    "limitk(3, a)",
    "limit_ratio(0.5, a)",
    "count_values(\"value\", round(a))",
    "sum(sum by (x) (a))",
    "topk(1, sum by (x) (round(a, 10)))",
    "avg(sum by (y) (rate(c_total[1m])))",
    "sum(a * on (x, y) group_left () b)",
    "sum(a * on (x) group_left (y) b)",
    "avg(a or b)",
    "sum(abs({__name__=~\"a|b\"}))",
    "a + b",
    "a * on (x) group_right () max by (x) (b)",
    "a > bool b",
    "a > 20",
    "a == b",
    "a + on (x) b",
    "a and b",
    "a or b",
    "a unless b{x=\"1\"}",
    "-a",
    "clamp(a, 5, 20)",
    "round(a, 5) % 7",
    "time() - timestamp(a)",
    "timestamp({__name__=~\"a|b\"})",
    "hour() + vector(scalar(a{x=\"1\", y=\"1\"}))",
    "label_replace(a, \"x\", \"$1\", \"y\", \"(.*)\")",
    "label_join(a, \"z\", \"-\", \"x\", \"y\")",
    "sort(a)",
    "histogram_quantile(0.9, sum by (le) (rate(h_bucket[1m])))",
    "histogram_quantile(0.5, n)",
    "histogram_sum(rate(n[1m])) / histogram_count(rate(n[1m]))",
    "sum(n)",
    "info(a)",
    "max_over_time(sum(rate(c_total[30s]))[2m:20s])",
    "avg_over_time(a[10s:5s])",
    "range() + step() + a",
];

/// Answers that can be compared to the last bit.
fn comparable(result: Result<QueryResult, EvalError>) -> String {
    let result = match result {
        Ok(result) => result,
        Err(error) => return format!("error: {error}"),
    };
    let Value::Matrix(series) = &result.value else { panic!("a range query has a matrix") };
    let mut lines = Vec::new();
    for series in series {
        lines.push(series.labels.to_string());
        let points = series.points.iter();
        lines.extend(points.map(|point| format!("{}={:x}", point.time.0, point.value.to_bits())));
        let histograms = series.histograms.iter();
        lines.extend(histograms.map(|point| format!("{}={:?}", point.time.0, point.histogram)));
    }
    let remarks = result.warnings.iter().chain(&result.infos);
    lines.extend(remarks.map(|one| format!("{} at {:?}", one.message(), one.position())));
    lines.join("\n")
}

/// An engine beside its cache.
struct Asker {
    engine: Engine,
    cache: ResultCache,
}

impl Asker {
    fn new(bytes_max: usize) -> Self {
        let options = EngineOptions { lookback_delta_ms: 60_000, ..EngineOptions::default() };
        Self { engine: Engine::new(options), cache: ResultCache::new(bytes_max) }
    }

    fn ask(
        &self,
        store: &MemoryStore,
        text: &str,
        (start, end, step_ms): (i64, i64, i64),
    ) -> Result<QueryResult, EvalError> {
        let expr = parse(text, &ParserOptions::all()).unwrap();
        let steps = Steps { start: Timestamp(start), end: Timestamp(end), step_ms };
        let ctx = self.engine.context();
        self.engine.range_cached(&self.cache, store, &expr, steps, &ctx)
    }

    fn check(&self, store: &MemoryStore, text: &str, steps: (i64, i64, i64)) {
        let cached = comparable(self.ask(store, text, steps));
        let expr = parse(text, &ParserOptions::all()).unwrap();
        let (start, end, step_ms) = steps;
        let (start, end) = (Timestamp(start), Timestamp(end));
        let ctx = self.engine.context();
        let plain = self.engine.range(store, &expr, Steps { start, end, step_ms }, &ctx);
        assert_eq!(cached, comparable(plain), "{text} over {steps:?}");
    }
}

/// Asks a few expressions over and over while the world goes on.
fn live(seed: u64, rounds: usize) -> CacheStats {
    let mut chances = Chances::new(seed);
    let asker = Asker::new(*chances.one_of(&[1 << 26, 1 << 26, 40_000]));
    let mut world = World::new(&mut chances);
    let asked: Vec<&str> = (0..12).map(|_| *chances.one_of(&EXPRESSIONS)).collect();
    let step_ms = *chances.one_of(&[10_000, 15_000, 30_000, 60_000, 7000]);
    let length = step_ms * chances.below(40);
    for _ in 0..rounds {
        world.go_on(&mut chances);
        for text in &asked {
            if chances.below(2) == 0 {
                continue;
            }
            // Most ask up to now, as a dashboard does; some look at the past.
            let back = if chances.below(4) == 0 { chances.below(20) * step_ms } else { 0 };
            let end = world.now.div_euclid(step_ms) * step_ms - back;
            let length = if chances.below(5) == 0 { step_ms * chances.below(60) } else { length };
            asker.check(&world.store, text, (end - length, end, step_ms));
        }
    }
    asker.cache.stats()
}

/// How many worlds are tried; each is another selection of expressions.
const SEEDS: u64 = 30;

#[test]
fn answers_are_those_without_the_cache_at_every_moment() {
    let mut sum = CacheStats::default();
    for seed in 0..SEEDS {
        eprintln!("seed {seed}");
        let CacheStats { hits, partial_hits, misses, refused, .. } = live(seed, 30);
        sum.hits += hits;
        sum.partial_hits += partial_hits;
        sum.misses += misses;
        sum.refused += refused;
    }
    eprintln!("{sum:?}");
    assert!(sum.hits > 100 && sum.partial_hits > 1000, "the cache was hardly used: {sum:?}");
    assert!(sum.misses > 0 && sum.refused > 0, "{sum:?}");
}

fn ascending(count: i64) -> (MemoryStore, Labels) {
    let store = MemoryStore::new();
    let labels = Labels::from_pairs([("__name__", "a"), ("x", "1")]);
    store.add(&labels, (0..count).map(|at| (Timestamp(at * 10_000), at as f64))).unwrap();
    (store, labels)
}

#[test]
fn only_the_steps_that_are_missing_are_evaluated() {
    let (store, labels) = ascending(100);
    let asker = Asker::new(1 << 20);
    let ask = |start: i64, end: i64| {
        let stats = asker.ask(&store, "sum_over_time(a[30s])", (start, end, 10_000)).unwrap().stats;
        (stats.steps_cached, stats.samples_read)
    };
    assert_eq!(ask(100_000, 500_000), (0, 43));
    assert_eq!(ask(100_000, 500_000), (41, 0));
    assert_eq!(ask(110_000, 520_000), (40, 4));
    assert_eq!(ask(90_000, 200_000), (11, 3));
    store.add(&labels, [(Timestamp(1_000_000), 1.0)]).unwrap();
    assert_eq!(
        ask(110_000, 520_000),
        (42, 0),
        "what is newer than all that is read changes nothing"
    );
    let deleted = Span::new(Timestamp(300_000), Timestamp(300_000));
    assert_eq!(store.delete(&[Matcher::equal("x", "1")], deleted), 1);
    assert_eq!(ask(110_000, 520_000), (19, 24), "steps before the deleted sample are kept");
    let stats = asker.cache.stats();
    assert_eq!((stats.hits, stats.partial_hits, stats.misses, stats.answers), (2, 3, 1, 1));
}

#[test]
fn queries_that_differ_in_what_matters_share_nothing() {
    let (store, _) = ascending(100);
    let asker = Asker::new(1 << 20);
    let cached = |text: &str, start: i64, step: i64| {
        let result = asker.ask(&store, text, (start, start + 20 * step, step)).unwrap();
        result.stats.steps_cached > 0
    };
    assert!(!cached("a + 1", 100_000, 10_000));
    assert!(cached("a+1", 100_000, 10_000), "spaces do not matter");
    assert!(!cached("a + 2", 100_000, 10_000));
    assert!(!cached("a + 1", 103_000, 10_000), "other phase");
    assert!(!cached("a + 1", 100_000, 5000), "other step");
    assert!(!cached("a @ end()", 100_000, 10_000));
    assert!(!cached("a @ end()", 100_000, 10_000), "its own end");
}

#[test]
fn remarks_stand_where_this_query_has_its_parts() {
    let (store, _) = ascending(100);
    let asker = Asker::new(1 << 20);
    for text in ["rate(a[1m])", "rate(a[1m])", "  rate(a[1m])", "rate( a[1m])"] {
        asker.check(&store, text, (100_000, 300_000, 10_000));
    }
    let again = asker.ask(&store, "rate( a[1m])", (110_000, 310_000, 10_000)).unwrap();
    assert_eq!((again.stats.steps_cached, again.infos.len()), (20, 1));
}

#[test]
fn the_answer_that_was_used_longest_ago_goes_first() {
    let (store, _) = ascending(100);
    let asker = Asker::new(12_000);
    let cached =
        |text: &str| asker.ask(&store, text, (0, 900_000, 10_000)).unwrap().stats.steps_cached > 0;
    cached("a");
    for number in 0..12 {
        cached(&format!("a + {number}"));
        assert!(cached("a"), "the answer that is used stays");
    }
    assert!(!cached("a + 0") && cached("a + 11"));
    let stats = asker.cache.stats();
    assert!(stats.bytes <= 12_000 && stats.evictions > 0, "{stats:?}");
    let nothing = Asker::new(0);
    for _ in 0..2 {
        assert_eq!(nothing.ask(&store, "a", (0, 900_000, 10_000)).unwrap().stats.steps_cached, 0);
    }
}

#[test]
fn many_ask_at_once_while_samples_come() {
    let (store, labels) = ascending(50);
    let asker = Arc::new(Asker::new(1 << 20));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            let (asker, store) = (Arc::clone(&asker), store.clone());
            scope.spawn(move || {
                let mut seen = 0;
                for _ in 0..200 {
                    let steps = (0, 2_000_000, 10_000);
                    let result = asker.ask(&store, "count_over_time(a[1h])", steps).unwrap();
                    let Value::Matrix(series) = result.value else { panic!("a matrix") };
                    let last = series[0].points.last().unwrap().value;
                    let last = format!("{last}").parse::<u64>().unwrap();
                    assert!(last >= seen, "samples that were there are gone");
                    seen = last;
                }
            });
        }
        for at in 50..150 {
            store.add(&labels, [(Timestamp(at * 10_000), at as f64)]).unwrap();
        }
    });
    asker.check(&store, "count_over_time(a[1h])", (0, 2_000_000, 10_000));
}
