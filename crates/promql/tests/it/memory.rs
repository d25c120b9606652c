//! The budget of bytes: what a query needs it gets, and a byte less is refused with the part that is too big.

use std::sync::Arc;

use regain_model::{Labels, Timestamp};
use regain_promql::{Engine, EngineOptions, EvalError, ParserOptions, QueryResult, Steps, parse};
use regain_storage::memory::MemoryStore;
use regain_storage::{ByteBudget, BytePool, Ctx};

const SERIES: i64 = 200;
const STEP_MS: i64 = 15_000;
const STEPS: i64 = 400;

fn store() -> MemoryStore {
    let store = MemoryStore::new();
    for series in 0..SERIES {
        let (host, rack) = (format!("host-{series}"), format!("rack-{}", series % 20));
        let labels = [("__name__", "m"), ("host", &*host), ("rack", &*rack)];
        let samples = (0..STEPS).map(|at| (Timestamp(at * STEP_MS), (series * at) as f64));
        store.add(&Labels::from_pairs(labels), samples).unwrap();
    }
    store
}

struct Asked {
    answer: Result<QueryResult, EvalError>,
    peak: u64,
    /// What the pool still holds when the query is over.
    left: u64,
}

/// Asks with at most `query_max` bytes out of a pool of `all_max`, of which another query holds `others`.
fn ask(store: &MemoryStore, query: &str, query_max: u64, (all_max, others): (u64, u64)) -> Asked {
    let engine = Engine::new(EngineOptions { workers: 1, ..EngineOptions::default() });
    let pool = Arc::new(BytePool::new(all_max));
    let other = ByteBudget::new(u64::MAX, Arc::clone(&pool));
    other.take(others).unwrap();
    let ctx = Arc::new(Ctx::limited(u64::MAX, ByteBudget::new(query_max, Arc::clone(&pool))));
    let expr = parse(query, &ParserOptions::all()).unwrap();
    let end = Timestamp((STEPS - 1) * STEP_MS);
    let steps = Steps { start: Timestamp(0), end, step_ms: STEP_MS };
    let answer = engine.range(store, &expr, steps, &ctx);
    let peak = ctx.bytes.peak();
    drop(ctx);
    Asked { answer, peak, left: pool.held() - others }
}

const UNLIMITED: (u64, u64) = (u64::MAX, 0);

/// Queries, and the part of each that is too big when there is a byte less than it needs.
const QUERIES: [(&str, &str); 13] = [
    ("m", "m"),
    ("rate(m[5m])", "rate(m[5m])"),
    ("1 - abs(rate(m[5m])) * 2", "1 - abs(rate(m[5m])) * 2"),
    ("sum by (host) (rate(m[5m]))", "sum by (host) (rate(m[5m]))"),
    ("avg(m) + on () (sum(count by (host) (m)))", "count by (host) (m)"),
    ("quantile by (rack) (0.5, m)", "quantile by (rack) (0.5, m)"),
    ("topk(150, m)", "topk(150, m)"),
    ("limit_ratio(0.9, m)", "limit_ratio(0.9, m)"),
    ("count(count_values(\"v\", m))", "count_values(\"v\", m)"),
    ("(m) or on (host) (rate(m[5m]))", "m"),
    ("m * on (rack) group_left () (max by (rack) (m))", "m"),
    ("max_over_time(rate(m[5m])[30m:1s])", "max_over_time(rate(m[5m])[30m:1s])"),
    ("max_over_time((m + m)[10m:5s])", "m"),
];

#[test]
fn a_query_gets_what_it_needs_and_not_a_byte_less() {
    let store = store();
    for (query, _) in QUERIES {
        let free = ask(&store, query, u64::MAX, UNLIMITED);
        let expected = free.answer.unwrap().value;
        let exact = ask(&store, query, free.peak, UNLIMITED);
        assert_eq!(exact.answer.unwrap().value, expected, "{query}");
        let short = ask(&store, query, free.peak - 1, UNLIMITED);
        assert!(matches!(short.answer, Err(EvalError::TooMuchMemory(_))), "{query}");
        assert_eq!((free.left, exact.left, short.left), (0, 0, 0), "{query}");
    }
}

#[test]
fn what_a_query_is_charged_covers_its_rows() {
    let rows = u64::try_from(SERIES * STEPS * 8).unwrap();
    for (query, _) in QUERIES.iter().filter(|(query, _)| !query.contains("count")) {
        let peak = ask(&store(), query, u64::MAX, UNLIMITED).peak;
        assert!(peak > rows / 16 && peak < 60 * rows, "{query}: {peak} of {rows}");
    }
}

#[test]
fn the_error_names_the_part_that_is_too_big() {
    let store = store();
    for (query, part) in QUERIES {
        // Enough for what is decoded at once, and not for the rows of all series.
        let limit = 1400 << 10;
        let error = ask(&store, query, limit, UNLIMITED).answer.unwrap_err().to_string();
        let start =
            format!("the query needs more than 1400 KiB of memory: \"{part}\" alone holds ");
        assert!(error.starts_with(&start), "{query}: {error}");
        let end = "more; select fewer series, or raise --query.max-memory-per-query";
        assert!(error.ends_with(end), "{query}: {error}");
    }
}

#[test]
fn all_queries_together_have_a_limit() {
    let store = store();
    let need = ask(&store, "m", u64::MAX, UNLIMITED).peak;
    let fits = ask(&store, "m", u64::MAX, (need + 1_000_000, 1_000_000));
    assert!(fits.answer.is_ok());
    let crowded = ask(&store, "m", u64::MAX, (1 << 20, 1_000_000)).answer.unwrap_err().to_string();
    let start =
        "all queries together need more than 1 MiB of memory: of this one, \"m\" alone holds ";
    assert!(crowded.starts_with(start), "{crowded}");
    assert!(crowded.ends_with("or raise --query.max-memory"), "{crowded}");
}

#[test]
fn the_answer_itself_counts() {
    let store = store();
    // The most is held when all of the answer is there.
    let need = ask(&store, "m", u64::MAX, UNLIMITED).peak;
    let error = ask(&store, "m", need - 1, UNLIMITED).answer.unwrap_err().to_string();
    assert!(error.contains(": the answer alone holds "), "{error}");
}
