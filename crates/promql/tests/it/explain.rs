//! Explanations: they change no answer, their figures are right, and they know why nothing is found.

mod corpus;
mod empty;
mod figures;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use regain_model::{Labels, Timestamp};
use regain_promql::{Engine, EngineOptions, Explanation, ParserOptions, Steps, parse};
use regain_storage::memory::MemoryStore;

pub(crate) const SECOND: i64 = 1000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
/// When the queries of most tests are asked; the samples go on up to here.
pub(crate) const NOW: i64 = 60 * MINUTE;

/// A clock on which each look takes a millisecond.
pub(crate) fn ticking() -> impl Fn() -> Duration + Sync {
    let ticks = AtomicU64::new(0);
    move || Duration::from_millis(ticks.fetch_add(1, Ordering::Relaxed))
}

/// Adds a series with a sample every `every` milliseconds from `from` to `to`, whose values count up by
/// one.
pub(crate) fn add(
    store: &MemoryStore,
    labels: &[(&str, &str)],
    (from, to, every): (i64, i64, i64),
    first: f64,
) {
    let times = (0..).map(|k| from + k * every).take_while(|time| *time <= to);
    let samples = times.zip(0_u32..).map(|(time, k)| (Timestamp(time), first + f64::from(k)));
    store.add(&Labels::from_pairs(labels.iter().copied()), samples).unwrap();
}

pub(crate) fn engine() -> Engine {
    Engine::new(EngineOptions { workers: 1, ..EngineOptions::default() })
}

/// The explanation of `query` at the time `at`.
pub(crate) fn explain(store: &MemoryStore, query: &str, at: i64) -> Explanation {
    let (engine, clock) = (engine(), ticking());
    let expr = parse(query, &ParserOptions::default()).unwrap();
    engine.explain_instant(store, &expr, Timestamp(at), &engine.context(), &clock).unwrap()
}

/// The explanation of `query` at each minute of the last ten.
pub(crate) fn explain_range(store: &MemoryStore, query: &str) -> Explanation {
    let (engine, clock) = (engine(), ticking());
    let expr = parse(query, &ParserOptions::default()).unwrap();
    let steps = Steps { start: Timestamp(NOW - 10 * MINUTE), end: Timestamp(NOW), step_ms: MINUTE };
    engine.explain_range(store, &expr, steps, &engine.context(), &clock).unwrap()
}
