//! The samples that queries look at, read and hold are those that upstream counts, and a query is refused exactly where
//! upstream refuses it.

use regain_model::Timestamp;
use regain_promql::test_language::{SeriesValue, parse_series};
use regain_promql::{
    Engine, EngineOptions, EvalError, ParserOptions, QueryOptions, QueryResult, Steps, parse,
};
use regain_storage::memory::MemoryStore;
use regain_storage::{Appender as _, Value as Stored};

const CASES: &str = include_str!("statistics.txt");
const STEP_MS: i64 = 15_000;

/// In the order in which upstream had them, and in which the store hands those of a metric out: which windows are held
/// together depends on it.
const SERIES: [&str; 8] = [
    "up{job=\"a\",instance=\"1\"} 1x40",
    "up{job=\"a\",instance=\"2\"} 1x10 _x10 0x19",
    "up{job=\"b\",instance=\"3\"} 1x20 stale",
    "requests_total{job=\"a\",code=\"200\"} 0+3x40",
    "requests_total{job=\"b\",code=\"200\"} 5+2x15 _x5 0+2x19",
    "requests_total{job=\"a\",code=\"500\"} 0+1x40",
    "latency{job=\"a\"} {{schema:0 count:4 sum:5 buckets:[1 2 1]}}x40",
    "latency{job=\"b\"} {{schema:0 count:4 sum:5 buckets:[1 0 2 1] n_buckets:[1 1 1]}}x40",
];

fn store() -> MemoryStore {
    let store = MemoryStore::default();
    for text in SERIES {
        let series = parse_series(text).unwrap();
        let mut writer = store.writer();
        let reference = writer.series(&series.labels).unwrap();
        for (at, value) in (0..).zip(series.values) {
            let value = match value {
                SeriesValue::Omitted => continue,
                SeriesValue::Float(value) => Stored::Float(value),
                SeriesValue::Histogram(written) => Stored::Histogram(written.histogram),
            };
            writer.stage_value(reference, Timestamp(at * STEP_MS), Timestamp(0), value);
        }
        writer.commit().unwrap();
    }
    store
}

/// One line of the file.
#[derive(Debug)]
struct Case<'a> {
    is_range: bool,
    query: &'a str,
    peak: u64,
    total: Vec<u64>,
    read: Vec<u64>,
}

impl<'a> Case<'a> {
    fn of(line: &'a str) -> Self {
        let fields: Vec<&str> = line.split(" | ").collect();
        let [kind, query, peak, total, read] = fields[..] else { panic!("{line}") };
        let numbers = |text: &str| text.split(' ').map(|text| text.parse().unwrap()).collect();
        let (is_range, peak) = (kind == "range", peak.parse().unwrap());
        Self { is_range, query, peak, total: numbers(total), read: numbers(read) }
    }

    fn ask(
        &self,
        store: &MemoryStore,
        samples_max: u64,
        counted: bool,
    ) -> Result<QueryResult, EvalError> {
        let expr = parse(self.query, &ParserOptions::all()).unwrap();
        let options = EngineOptions { samples_max, workers: 1, ..EngineOptions::default() };
        let engine = Engine::new(options).with(QueryOptions { counted, ..QueryOptions::default() });
        let (start, end) = (Timestamp(200_000), Timestamp(320_000));
        if self.is_range {
            let steps = Steps { start, end, step_ms: 30_000 };
            engine.range(store, &expr, steps, &engine.context())
        } else {
            engine.instant(store, &expr, Timestamp(300_000), &engine.context())
        }
    }
}

fn cases() -> impl Iterator<Item = Case<'static>> {
    CASES.lines().filter(|line| !line.starts_with('#')).map(Case::of)
}

#[test]
fn samples_are_counted_as_upstream_counts_them() {
    let store = store();
    let mut wrong = Vec::new();
    for case in cases() {
        let result = case.ask(&store, u64::MAX, true).unwrap();
        let total: Vec<u64> = result.steps.iter().map(|step| step.samples_total).collect();
        let read: Vec<u64> = result.steps.iter().map(|step| step.samples_read).collect();
        let stats = result.stats;
        let sums = (stats.samples_total, stats.samples_read);
        assert_eq!(sums, (total.iter().sum(), read.iter().sum()), "{case:?}");
        if (stats.samples_peak, &total, &read) != (case.peak, &case.total, &case.read) {
            wrong.push(format!("{case:?}\n  {} {total:?} {read:?}", stats.samples_peak));
        }
        let plain = case.ask(&store, u64::MAX, false).unwrap();
        assert_eq!(plain.value, result.value, "{case:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_query_is_refused_where_upstream_refuses_it() {
    let store = store();
    for case in cases() {
        for counted in [false, true] {
            let at_limit = case.ask(&store, case.peak, counted);
            assert!(at_limit.is_ok(), "{case:?}: {at_limit:?}");
            if case.peak > 0 {
                let below = case.ask(&store, case.peak - 1, counted);
                assert!(matches!(below, Err(EvalError::TooManySamples)), "{case:?}: {below:?}");
            }
        }
    }
}
