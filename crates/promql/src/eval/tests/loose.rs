//! Stores that hand out series in whatever order they read them fastest: the same answer, to the last bit.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use regain_model::{Matcher, Span, Timestamp};
use regain_storage::memory::MemoryStore;
use regain_storage::{
    Batch, ByteBudget, Ctx, Part, Parts, Queryable, Result, Selection, SeriesMeta, Snapshot,
};

use super::{ask, bits, large_store, nodes, samples, store, with_workers};
use crate::engine::Engine;
use crate::value::Value;

/// A store in memory whose series come each in a part of its own, and backwards wherever they may.
struct Backwards {
    store: MemoryStore,
    asked: Arc<Asked>,
}

/// How often series were asked for in any order, and in order.
#[derive(Default)]
struct Asked {
    loosely: AtomicUsize,
    in_order: AtomicUsize,
}

struct BackwardsSnapshot(Arc<dyn Snapshot>, Arc<Asked>);

type SharedPart = Arc<Mutex<Box<dyn Part>>>;

struct BackwardsParts {
    /// The rest of the series, the next one last: the part of each and its place there.
    rest: Vec<(SharedPart, usize)>,
    is_loose: bool,
}

struct OnePart {
    part: SharedPart,
    at: usize,
    series: [SeriesMeta; 1],
}

impl Backwards {
    fn new(store: MemoryStore) -> Self {
        Self { store, asked: Arc::default() }
    }

    fn asked(&self) -> (usize, usize) {
        let Asked { loosely, in_order } = &*self.asked;
        (loosely.load(Ordering::Relaxed), in_order.load(Ordering::Relaxed))
    }
}

impl Queryable for Backwards {
    fn snapshot(&self, span: Span, ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        let snapshot = self.store.snapshot(span, ctx)?;
        Ok(Arc::new(BackwardsSnapshot(snapshot, Arc::clone(&self.asked))))
    }
}

impl Snapshot for BackwardsSnapshot {
    fn select(&self, selection: &Selection<'_>, ctx: &Arc<Ctx>) -> Result<Box<dyn Parts>> {
        let (mut parts, mut all) = (self.0.select(selection, ctx)?, Vec::new());
        while let Some(part) = parts.next()? {
            let series = part.series().len();
            let part = Arc::new(Mutex::new(part));
            all.extend((0..series).map(|at| (Arc::clone(&part), at)));
        }
        let is_loose = all.len() <= selection.loose_max;
        let times = if is_loose { &self.1.loosely } else { &self.1.in_order };
        times.fetch_add(1, Ordering::Relaxed);
        if !is_loose {
            all.reverse();
        }
        Ok(Box::new(BackwardsParts { rest: all, is_loose }))
    }

    fn label_names(&self, _: &[Matcher], _: usize) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn label_values(&self, _: &str, _: &[Matcher], _: usize) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn changed_since(&self, mark: u64) -> (u64, Option<Timestamp>) {
        (mark, None)
    }
}

impl Parts for BackwardsParts {
    fn next(&mut self) -> Result<Option<Box<dyn Part>>> {
        let Some((part, at)) = self.rest.pop() else { return Ok(None) };
        let series = [part.lock().unwrap().series()[at].clone()];
        Ok(Some(Box::new(OnePart { part, at, series })))
    }

    fn loose(&self) -> Option<usize> {
        self.is_loose.then_some(self.rest.len())
    }
}

impl Part for OnePart {
    fn series(&self) -> &[SeriesMeta] {
        &self.series
    }

    fn decode(&mut self, which: Range<usize>, out: &mut Batch) -> Result<()> {
        let which = self.at + which.start..self.at + which.end;
        self.part.lock().unwrap().decode(which, out)?;
        out.runs.iter_mut().for_each(|run| run.series = 0);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn series_in_any_order_answer_like_those_in_order(
        series in prop::collection::vec(samples(), 1..12),
    ) {
        let plain = store(&series);
        let backwards = Backwards::new(plain.clone());
        for node in nodes() {
            let options = with_workers(1);
            let found = bits(&ask(&backwards, &node, &options, true));
            prop_assert_eq!(found, bits(&ask(&plain, &node, &options, true)), "{:?}", node);
        }
        prop_assert!(backwards.asked().0 > 0);
    }
}

#[test]
fn several_workers_answer_like_one_in_any_order() {
    let (plain, backwards) = (large_store(), Backwards::new(large_store()));
    for node in nodes() {
        let expected = bits(&ask(&plain, &node, &with_workers(1), true));
        let found = bits(&ask(&backwards, &node, &with_workers(3), true));
        assert_eq!(found, expected, "{node:?}");
    }
    assert!(backwards.asked().0 > 0);
}

#[test]
fn a_query_without_the_memory_to_bring_series_in_order_asks_for_them_in_order() {
    let (plain, backwards) = (large_store(), Backwards::new(large_store()));
    let (engine, at) = (Engine::new(with_workers(1)), Timestamp(600_000));
    let expr = crate::parse("sum(m)", &crate::ParserOptions::default()).unwrap();
    let answer = |store: &dyn Queryable, bytes_max| {
        let bytes = ByteBudget::new(bytes_max, Arc::default());
        let ctx = Arc::new(Ctx::limited(u64::MAX, bytes));
        let result = engine.instant(store, &expr, at, &ctx);
        result.map(|result| match result.value {
            Value::Vector(samples) => samples[0].value.to_bits(),
            other => panic!("{other:?}"),
        })
    };
    let expected = answer(&plain, u64::MAX).unwrap();
    assert_eq!(answer(&backwards, u64::MAX).unwrap(), expected);
    assert_eq!(backwards.asked(), (1, 0));
    // The least that is enough is so without bringing anything in order.
    let answers = (1_u64..).map(|kib| answer(&backwards, kib << 10));
    let (times, found) = (2..).zip(answers).find(|(_, answer)| answer.is_ok()).unwrap();
    assert_eq!(found.unwrap(), expected);
    assert_eq!(backwards.asked(), (times, times - 1));
}
