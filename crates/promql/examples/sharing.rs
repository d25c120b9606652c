//! Equal parts of queries: how long they take where they are shared, beside queries of the same work that nothing can be
//! shared in.
//!
//! `cargo run --release -p regain-promql --example sharing`
#![expect(clippy::print_stdout, reason = "the figures are for people to read")]

use std::time::{Duration, Instant};

use regain_model::{Labels, Timestamp};
use regain_promql::{Engine, EvalError, Expr, ParserOptions, Round, Steps, Turn, parse};
use regain_storage::ByteBudget;
use regain_storage::memory::MemoryStore;

const SERIES: i64 = 20_000;
const SCRAPE_MS: i64 = 15_000;
const SPAN_MS: i64 = 3_600_000;
const STEP_MS: i64 = 60_000;
const AT: Timestamp = Timestamp(SPAN_MS);
/// How often each is asked; the fastest counts.
const TIMES: usize = 7;

/// `X` is a part that occurs several times; `Y` in its place is one of the same work that is another each time.
const QUERIES: [&str; 5] = [
    "sum by (job) (X) / (1 + sum by (job) (Y))",
    "X / on (job) group_left () sum by (job) (Y)",
    "X > 1 and Y < 100",
    "sum by (job) (X) + sum by (job) (Y) + sum by (job) (Z)",
    "sum(X) / count(Y)",
];

fn store() -> Result<MemoryStore, regain_storage::Error> {
    let store = MemoryStore::new();
    for at in 0..SERIES {
        let (instance, job) = (at.to_string(), (at % 50).to_string());
        let pairs = [("__name__", "requests_total"), ("instance", &instance), ("job", &job)];
        let samples = (0..=SPAN_MS / SCRAPE_MS)
            .map(|step| (Timestamp(step * SCRAPE_MS), (step * (at % 97)) as f64));
        store.add(&Labels::from_pairs(pairs), samples)?;
    }
    Ok(store)
}

fn parsed(text: &str) -> Expr {
    parse(text, &ParserOptions::all()).expect("the queries are valid")
}

/// A query whose parts are equal, and one whose parts are not.
fn both(query: &str) -> [Expr; 2] {
    let rate = "rate(requests_total[5m])";
    let other = |name: &str| format!("rate(requests_total{{{name}=\"\"}}[5m])");
    let equal = query.replace(['X', 'Y', 'Z'], rate);
    let apart = query.replace('X', rate).replace('Y', &other("y")).replace('Z', &other("z"));
    [parsed(&equal), parsed(&apart)]
}

fn fastest(mut ask: impl FnMut() -> Result<(), EvalError>) -> Result<Duration, EvalError> {
    let mut fastest = Duration::MAX;
    for _ in 0..TIMES {
        let begin = Instant::now();
        ask()?;
        fastest = fastest.min(begin.elapsed());
    }
    Ok(fastest)
}

fn print(what: &str, shared: Duration, apart: Duration) {
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    let gain = apart.as_secs_f64() / shared.as_secs_f64();
    println!(
        "{:>9.2} ms shared {:>9.2} ms apart {gain:>6.2} x  {what}",
        millis(shared),
        millis(apart)
    );
}

/// Sixty rules over six aggregations, each as often as a group of a real service has it.
fn rules() -> Vec<Expr> {
    let labels = ["job", "instance", "job, instance", "code", "zone", ""];
    let rule = |at: usize| {
        let by = labels[at % labels.len()];
        parsed(&format!("sum by ({by}) (rate(requests_total[5m])) > {at}"))
    };
    (0..60).map(rule).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (store, engine) = (store()?, Engine::default());
    println!("{SERIES} series");
    for query in QUERIES {
        let instants = both(query)
            .map(|expr| fastest(|| engine.instant(&store, &expr, AT, &engine.context()).map(drop)));
        let [shared, apart] = instants;
        print(&format!("{query}, at one time"), shared?, apart?);
        let steps = Steps { start: Timestamp(0), end: AT, step_ms: STEP_MS };
        let ranges = both(query).map(|expr| {
            fastest(|| engine.range(&store, &expr, steps, &engine.context()).map(drop))
        });
        let [shared, apart] = ranges;
        print(&format!("{query}, at {} times", SPAN_MS / STEP_MS + 1), shared?, apart?);
    }
    let rules = rules();
    let exprs: Vec<&Expr> = rules.iter().collect();
    let shared = fastest(|| {
        let bytes = ByteBudget::new(Round::BYTES_MAX, std::sync::Arc::default());
        let round = engine.round(&exprs, AT, bytes);
        for (index, expr) in exprs.iter().enumerate() {
            let turn = Turn { round: &round, index };
            engine.instant_in(turn, &store, expr, &engine.context())?;
        }
        Ok(())
    })?;
    let apart = fastest(|| {
        for expr in &exprs {
            engine.instant(&store, expr, AT, &engine.context())?;
        }
        Ok(())
    })?;
    print("60 rules", shared, apart);
    Ok(())
}
