//! A dashboard that is looked at for an hour: how long its queries take with the result cache and without.
//!
//! `cargo run --release -p regain-promql --example dashboard`
#![expect(clippy::print_stdout, reason = "the figures are for people to read")]

use std::time::{Duration, Instant};

use regain_model::{Labels, Timestamp};
use regain_promql::{
    Engine, EngineOptions, EvalError, Expr, ParserOptions, QueryResult, ResultCache, Steps, parse,
};
use regain_storage::memory::MemoryStore;

const SERIES: i64 = 500;
const SCRAPE_MS: i64 = 15_000;
const WINDOW_MS: i64 = 6 * 3_600_000;
const STEP_MS: i64 = 60_000;
/// How often the dashboard is refreshed, and for how long.
const REFRESH_MS: i64 = 60_000;
const REFRESHES: i64 = 60;

const PANELS: [&str; 8] = [
    "sum(rate(requests_total[5m]))",
    "sum by (job) (rate(requests_total[5m]))",
    "topk(5, sum by (instance) (rate(requests_total[5m])))",
    "sum(rate(requests_total{code=\"5\"}[5m])) / sum(rate(requests_total[5m]))",
    "max by (job) (avg_over_time(requests_total[10m]))",
    "count(requests_total > 100)",
    "quantile(0.9, rate(requests_total[5m]))",
    "max_over_time(sum(rate(requests_total[1m]))[30m:1m])",
];

fn store() -> (MemoryStore, Vec<Labels>) {
    let labels = |at: i64| {
        let (instance, job, code) = (at.to_string(), (at % 10).to_string(), (at % 6).to_string());
        Labels::from_pairs([
            ("__name__", "requests_total"),
            ("instance", &instance),
            ("job", &job),
            ("code", &code),
        ])
    };
    let all: Vec<Labels> = (0..SERIES).map(labels).collect();
    (MemoryStore::new(), all)
}

fn scrape(store: &MemoryStore, all: &[Labels], time: i64) {
    for (labels, at) in all.iter().zip(1..) {
        let value = (time / 1000 * at % 1_000_003) as f64;
        store.add(labels, [(Timestamp(time), value)]).expect("the store takes what is in order");
    }
}

/// The time of each refresh with all its panels.
fn refreshes(
    ask: impl Fn(&MemoryStore, &Expr, Steps) -> Result<QueryResult, EvalError>,
) -> Result<Vec<Duration>, EvalError> {
    let (store, all) = store();
    let mut written = 0;
    let parsed = |text: &&str| parse(text, &ParserOptions::all()).expect("the panels are valid");
    let panels: Vec<Expr> = PANELS.iter().map(parsed).collect();
    let mut times = Vec::new();
    for refresh in 0..REFRESHES {
        let now = WINDOW_MS + refresh * REFRESH_MS;
        while written <= now {
            scrape(&store, &all, written);
            written += SCRAPE_MS;
        }
        let (start, end) = (Timestamp(now - WINDOW_MS), Timestamp(now));
        let begin = Instant::now();
        for expr in &panels {
            ask(&store, expr, Steps { start, end, step_ms: STEP_MS })?;
        }
        times.push(begin.elapsed());
    }
    Ok(times)
}

fn print(name: &str, times: &[Duration]) {
    let mut later = times[1..].to_vec();
    later.sort_unstable();
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    let (median, slowest) = (later[later.len() / 2], later[later.len() - 1]);
    println!(
        "{name:<10} first {:>8.2} ms   median {:>8.2} ms   slowest {:>8.2} ms",
        millis(times[0]),
        millis(median),
        millis(slowest)
    );
}

fn main() -> Result<(), EvalError> {
    let engine = Engine::new(EngineOptions::default());
    let cache = ResultCache::new(ResultCache::BYTES_DEFAULT);
    let plain =
        refreshes(|store, expr, steps| engine.range(store, expr, steps, &engine.context()))?;
    let cached = refreshes(|store, expr, steps| {
        engine.range_cached(&cache, store, expr, steps, &engine.context())
    })?;
    println!(
        "{} panels over {SERIES} series, {} steps each, refreshed {REFRESHES} times",
        PANELS.len(),
        WINDOW_MS / STEP_MS + 1
    );
    print("uncached", &plain);
    print("cached", &cached);
    println!("{:?}", cache.stats());
    Ok(())
}
