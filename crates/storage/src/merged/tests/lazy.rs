//! Stores whose parts are prepared by whoever has them.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use regain_model::SeriesKey;

use super::*;
use crate::select::{Part, Parts, SeriesMeta};

/// A store that does not look at series before they are prepared, and counts how many parts were.
#[derive(Clone)]
struct Lazy(MemoryStore, Arc<AtomicUsize>);

struct LazyView(Arc<dyn Snapshot>, Arc<AtomicUsize>);

struct LazyParts(Box<dyn Parts>, Arc<AtomicUsize>);

struct LazyPart {
    inner: Box<dyn Part>,
    prepared: Arc<AtomicUsize>,
    metas: Vec<SeriesMeta>,
    /// The first series have no samples.
    skipped: usize,
}

impl Queryable for Lazy {
    fn snapshot(&self, span: Span, ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::new(LazyView(self.0.snapshot(span, ctx)?, Arc::clone(&self.1))))
    }
}

impl Snapshot for LazyView {
    fn select(&self, selection: &Selection<'_>, ctx: &Arc<Ctx>) -> Result<Box<dyn Parts>> {
        Ok(Box::new(LazyParts(self.0.select(selection, ctx)?, Arc::clone(&self.1))))
    }

    fn label_names(&self, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        self.0.label_names(matchers, limit)
    }

    fn label_values(&self, name: &str, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        self.0.label_values(name, matchers, limit)
    }

    fn changed_since(&self, mark: u64) -> (u64, Option<Timestamp>) {
        self.0.changed_since(mark)
    }
}

impl Parts for LazyParts {
    fn next(&mut self) -> Result<Option<Box<dyn Part>>> {
        while let Some(mut part) = self.next_unprepared()? {
            part.prepare()?;
            if !part.series().is_empty() {
                return Ok(Some(part));
            }
        }
        Ok(None)
    }

    fn next_unprepared(&mut self) -> Result<Option<Box<dyn Part>>> {
        let (inner, prepared) = (self.0.next()?, Arc::clone(&self.1));
        let lazy = |inner| LazyPart { inner, prepared, metas: Vec::new(), skipped: 0 };
        Ok(inner.map(|inner| Box::new(lazy(inner)) as Box<dyn Part>))
    }
}

#[expect(clippy::panic_in_result_fn, reason = "a broken promise fails the test")]
impl Part for LazyPart {
    fn prepare(&mut self) -> Result<()> {
        assert!(self.metas.is_empty() && self.skipped == 0, "once");
        self.prepared.fetch_add(1, Ordering::SeqCst);
        let (all, mut batch) = (self.inner.series().to_vec(), Batch::default());
        self.inner.decode(0..all.len(), &mut batch)?;
        self.skipped = batch.runs.first().map_or(all.len(), |run| run.series as usize);
        self.metas = all[self.skipped..].to_vec();
        Ok(())
    }

    fn keys(&self) -> Option<Vec<SeriesKey>> {
        Some(self.inner.series().iter().map(|series| series.key).collect())
    }

    fn series(&self) -> &[SeriesMeta] {
        &self.metas
    }

    fn decode(&mut self, which: Range<usize>, out: &mut Batch) -> Result<()> {
        self.inner.decode(which.start + self.skipped..which.end + self.skipped, out)?;
        let skipped = u32::try_from(self.skipped).unwrap();
        out.runs.iter_mut().for_each(|run| run.series -= skipped);
        Ok(())
    }
}

/// What is found where parts are prepared later, the last one first, on another thread.
fn found_later(store: &dyn Queryable, span: Span) -> Vec<(Labels, Vec<(i64, Sample)>)> {
    let ctx = Arc::new(Ctx::default());
    let view = store.snapshot(span, &ctx).unwrap();
    let mut parts = view.select(&Selection::new(&[], span), &ctx).unwrap();
    let mut all = Vec::new();
    while let Some(part) = parts.next_unprepared().unwrap() {
        all.push(part);
    }
    let prepare = |part: &mut Box<dyn Part>| part.prepare().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| all.iter_mut().rev().for_each(prepare)).join().unwrap();
    });
    let (mut found, mut batch) = (Vec::new(), Batch::default());
    for part in &mut all {
        let metas = part.series().to_vec();
        assert!(metas.len() <= <dyn Parts>::SERIES_MAX);
        part.decode(0..metas.len(), &mut batch).unwrap();
        for run in &batch.runs {
            let meta = &metas[run.series as usize];
            assert!(run.times.len() as u64 <= meta.samples_max);
            found.push((ctx.labels.labels(meta.labels), samples(&batch, run)));
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn parts_can_be_prepared_later_and_elsewhere(
        stores in (1..700_usize).prop_flat_map(|series| prop::collection::vec(drawn(series), 2..4)),
        (from, to) in (0..45_i64, 0..45_i64),
        some_are_lazy: bool,
    ) {
        let span = Span::new(Timestamp(from.min(to)), Timestamp(from.max(to)));
        let plain: Vec<MemoryStore> = stores.iter().map(|drawn| filled(drawn).0).collect();
        let prepared = Arc::new(AtomicUsize::new(0));
        let merged = |is_lazy: bool| {
            let mut all = plain.iter().enumerate().map(|(at, store)| {
                let is_lazy = is_lazy && (at > 0 || !some_are_lazy);
                let lazy = || Arc::new(Lazy(store.clone(), Arc::clone(&prepared))) as _;
                if is_lazy { lazy() } else { Arc::new(store.clone()) as Arc<dyn Queryable> }
            });
            Merged::new(all.next().unwrap(), all.collect())
        };
        let expected = found(&merged(false), &Selection::new(&[], span));
        prop_assert_eq!(&found(&merged(true), &Selection::new(&[], span)), &expected);
        prop_assert_eq!(found_later(&merged(true), span), expected);
    }
}

#[test]
fn nothing_is_prepared_before_somebody_wants_it() {
    let prepared = Arc::new(AtomicUsize::new(0));
    let store = |series: Range<usize>| {
        let drawn = series.map(|series| (series, 1, 2, 1)).collect();
        Arc::new(Lazy(filled(&drawn).0, Arc::clone(&prepared)))
    };
    let merged = Merged::new(store(0..500), vec![store(300..800)]);
    let ctx = Arc::new(Ctx::default());
    let view = merged.snapshot(Span::ALL, &ctx).unwrap();
    let mut parts = view.select(&Selection::new(&[], Span::ALL), &ctx).unwrap();
    let mut all = Vec::new();
    while let Some(part) = parts.next_unprepared().unwrap() {
        all.push(part);
    }
    assert_eq!(prepared.load(Ordering::SeqCst), 0);
    all[0].prepare().unwrap();
    assert_eq!(prepared.load(Ordering::SeqCst), 2, "one of each");
    all[1..].iter_mut().for_each(|part| part.prepare().unwrap());
    assert_eq!(prepared.load(Ordering::SeqCst), 8);
    assert_eq!(all.iter().map(|part| part.series().len()).sum::<usize>(), 800);
}
