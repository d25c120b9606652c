use std::collections::BTreeMap;

use proptest::prelude::*;
use regain_model::histogram::Span as BucketSpan;
use regain_model::{Buckets, Histogram, Labels, ResetHint, STALE_NAN, Timestamp};

use super::*;
use crate::append::{Appender as _, Verdict};
use crate::batch::Batch;
use crate::cell::histogram_index;
use crate::memory::MemoryStore;
use crate::select::{Order, Selection};
use crate::value::Value;

/// What a sample is: its start and its value in words.
type Sample = (i64, String);
/// Samples by labels and time.
type Content = BTreeMap<Labels, BTreeMap<i64, Sample>>;

/// A store that says between which times it has samples.
#[derive(Clone, Debug)]
struct Spanned(MemoryStore, Option<Span>);

struct SpannedView(Arc<dyn Snapshot>, Option<Span>);

impl Queryable for Spanned {
    fn snapshot(&self, span: Span, ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::new(SpannedView(self.0.snapshot(span, ctx)?, self.1)))
    }
}

#[expect(clippy::panic_in_result_fn, reason = "a broken promise fails the test")]
impl Snapshot for SpannedView {
    fn select(
        &self,
        selection: &Selection<'_>,
        ctx: &Arc<Ctx>,
    ) -> Result<Box<dyn crate::select::Parts>> {
        assert!(self.1.is_some_and(|span| span.overlaps(selection.span)), "nothing is to be found");
        self.0.select(selection, ctx)
    }

    fn label_names(&self, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        self.0.label_names(matchers, limit)
    }

    fn label_values(&self, name: &str, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        self.0.label_values(name, matchers, limit)
    }

    fn span(&self) -> Option<Span> {
        self.1
    }

    fn changed_since(&self, mark: u64) -> (u64, Option<Timestamp>) {
        self.0.changed_since(mark)
    }
}

mod lazy;

fn labels(number: usize) -> Labels {
    Labels::from_pairs([
        ("__name__", ["a", "b"][number % 2]),
        ("n", &(number / 2).to_string()),
        (["x", "y"][number % 2], "1"),
    ])
}

/// One sample of a series: a number, the end of the series, or a histogram, with a start or without.
fn value(kind: u8, number: i32) -> (i64, Value) {
    let float = f64::from(number);
    let start = i64::from(kind / 4) * 77;
    let value = match kind % 4 {
        0 => Value::Float(STALE_NAN),
        1 => {
            let spans = vec![BucketSpan { offset: 0, length: 1 }];
            let positive = Buckets::new(spans, vec![float]).unwrap();
            let histogram =
                Histogram { count: float, sum: float, positive, ..Histogram::default() };
            Value::Histogram(Arc::new(histogram))
        }
        _ => Value::Float(float),
    };
    (start, value)
}

fn words(value: &Value) -> String {
    match value {
        Value::Float(float) => format!("{:x}", float.to_bits()),
        Value::Histogram(histogram) => format!("histogram of {}", histogram.count),
    }
}

/// Samples: the series, the time, the kind and the number.
type Drawn = Vec<(usize, i64, u8, i32)>;

fn filled(drawn: &Drawn) -> (MemoryStore, Content) {
    let (store, mut content) = (MemoryStore::new(), Content::new());
    let mut sorted = drawn.clone();
    sorted.sort_by_key(|&(series, time, ..)| (series, time));
    sorted.dedup_by_key(|&mut (series, time, ..)| (series, time));
    let mut writer = store.writer();
    for (series, time, kind, number) in sorted {
        let labels = labels(series);
        let (start, value) = value(kind, number);
        let reference = writer.series(&labels).unwrap();
        let staged =
            writer.stage_value(reference, Timestamp(time), Timestamp(start), value.clone());
        assert_eq!(staged, Verdict::Accepted);
        content.entry(labels).or_default().insert(time, (start, words(&value)));
    }
    writer.commit().unwrap();
    (store, content)
}

/// What a selection finds, in its order; series without samples are left out.
fn found(store: &dyn Queryable, selection: &Selection<'_>) -> Vec<(Labels, Vec<(i64, Sample)>)> {
    let ctx = Arc::new(Ctx::default());
    let snapshot = store.snapshot(selection.span, &ctx).unwrap();
    let mut parts = snapshot.select(selection, &ctx).unwrap();
    let (mut all, mut batch) = (Vec::new(), Batch::default());
    while let Some(mut part) = parts.next().unwrap() {
        let metas = part.series().to_vec();
        assert!(!metas.is_empty() && metas.len() <= <dyn crate::select::Parts>::SERIES_MAX);
        // As the engine does it: some at a time, on another thread.
        std::thread::scope(|scope| {
            let read = scope.spawn(|| {
                let middle = metas.len() / 2;
                for which in [0..middle, middle..metas.len()] {
                    part.decode(which.clone(), &mut batch).unwrap();
                    for run in &batch.runs {
                        let at = run.series as usize;
                        assert!(which.contains(&at), "what was asked for");
                        let meta = &metas[at];
                        assert!(run.times.len() as u64 <= meta.samples_max);
                        all.push((ctx.labels.labels(meta.labels), samples(&batch, run)));
                    }
                }
            });
            read.join().unwrap();
        });
    }
    all
}

fn samples(batch: &Batch, run: &crate::batch::Run) -> Vec<(i64, Sample)> {
    let starts = batch.starts_of(run).iter().copied().chain(std::iter::repeat(0));
    let samples = batch.times_of(run).iter().zip(batch.floats_of(run)).zip(starts);
    let word = |cell: f64| match histogram_index(cell) {
        Some(index) => words(&Value::Histogram(Arc::clone(&batch.histograms[index as usize]))),
        None => words(&Value::Float(cell)),
    };
    samples.map(|((&time, &cell), start)| (time, (start, word(cell)))).collect()
}

fn drawn(series: usize) -> impl Strategy<Value = Drawn> {
    prop::collection::vec((0..series, 0..40_i64, 0..8_u8, 0..1000), 0..120)
}

/// The samples of some series in a span, in the order of their labels.
fn expected(
    content: &Content,
    name: Option<&str>,
    span: Span,
) -> Vec<(Labels, Vec<(i64, Sample)>)> {
    let wanted = |labels: &Labels| name.is_none_or(|name| labels.get("__name__") == Some(name));
    let series = content.iter().filter(|(labels, _)| wanted(labels));
    let within = |samples: &BTreeMap<i64, Sample>| {
        let samples = samples.range(span.min.0..=span.max.0);
        samples.map(|(&time, sample)| (time, sample.clone())).collect::<Vec<_>>()
    };
    let series = series.map(|(labels, samples)| (labels.clone(), within(samples)));
    series.filter(|(_, samples)| !samples.is_empty()).collect()
}

/// What upstream's iterator over a chain of samples makes of two sources (`storage/merge.go`, 3.14), of which it reads
/// `older` first.
fn chained<'a>(
    older: impl Iterator<Item = (i64, &'a Sample)>,
    newer: &'a BTreeMap<i64, Sample>,
) -> BTreeMap<i64, Sample> {
    let newer = newer.iter().map(|(&time, sample)| (time, sample));
    let (mut current, mut other) = (older.collect::<Vec<_>>(), newer.collect::<Vec<_>>());
    let mut merged = BTreeMap::new();
    // Both have their next sample at the end.
    current.reverse();
    other.reverse();
    loop {
        // A sample at the time of the last one is passed over.
        while current.last().is_some_and(|(time, _)| merged.contains_key(time)) {
            current.pop();
        }
        let next = current.last().map(|(time, _)| *time);
        let ahead = other.last().map(|(time, _)| *time);
        let is_next = next.is_some_and(|next| ahead.is_none_or(|ahead| next < ahead));
        if !is_next {
            if ahead.is_none() {
                return merged;
            }
            std::mem::swap(&mut current, &mut other);
            if current.last().is_some_and(|(time, _)| merged.contains_key(time)) {
                continue;
            }
        }
        let (time, sample) = current.pop().unwrap();
        merged.insert(time, sample.clone());
    }
}

fn names(content: &Content) -> Vec<String> {
    let names = content.keys().flat_map(|labels| labels.iter().map(|(name, _)| name.to_owned()));
    names.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn two_stores_are_one_as_upstream_has_it(
        (first, second) in (1..400_usize).prop_flat_map(|series| (drawn(series), drawn(series))),
        (from, to) in (0..45_i64, 0..45_i64),
        by_name: bool,
        limit in 0..9_usize,
    ) {
        let (one, mut content) = filled(&first);
        let (two, behind) = filled(&second);
        let merged = Merged::new(Arc::new(one), vec![Arc::new(two)]);
        let span = Span::new(Timestamp(from.min(to)), Timestamp(from.max(to)));
        for (labels, samples) in &mut content {
            samples.retain(|&time, _| span.contains(Timestamp(time)));
            if let Some(behind) = behind.get(labels) {
                let within = behind.range(span.min.0..=span.max.0);
                *samples = chained(within.map(|(&time, sample)| (time, sample)), samples);
            }
        }
        for (labels, samples) in behind {
            content.entry(labels).or_insert(samples);
        }
        let matchers = [Matcher::equal("__name__", "a")];
        let (matchers, name) = if by_name { (&matchers[..], Some("a")) } else { (&[][..], None) };
        let expected = expected(&content, name, span);
        let by_labels = Selection { order: Order::Labels, ..Selection::new(matchers, span) };
        prop_assert_eq!(&found(&merged, &by_labels), &expected);
        let by_key = found(&merged, &Selection::new(matchers, span));
        let key = |labels: &Labels| regain_model::SeriesKey::of_labels(regain_model::KeySeed(0), labels);
        prop_assert!(by_key.is_sorted_by_key(|(labels, _)| key(labels)));
        let mut sorted = by_key;
        sorted.sort();
        prop_assert_eq!(&sorted, &expected);
        // A store in memory counts series without samples in the span, too.
        let all = Selection { span: Span::ALL, ..by_labels };
        let some = found(&merged, &Selection { limit, ..all });
        let most = if limit == 0 { usize::MAX } else { limit };
        prop_assert_eq!(&some[..], &found(&merged, &all)[..some.len()]);
        prop_assert_eq!(some.len(), most.min(found(&merged, &all).len()));

        let view = merged.snapshot(span, &Arc::default()).unwrap();
        prop_assert_eq!(view.label_names(&[], 0).unwrap(), names(&content));
        let two = names(&content).into_iter().take(2).collect::<Vec<_>>();
        prop_assert_eq!(view.label_names(&[], 2).unwrap(), two);
        let metrics = content.keys().filter_map(|labels| labels.get("__name__"));
        let metrics: std::collections::BTreeSet<&str> = metrics.collect();
        let listed = view.label_values("__name__", &[], 0).unwrap();
        prop_assert_eq!(listed, metrics.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn behind_a_sample_of_another_store_nothing_is_known_about_counter_resets() {
    let store = |times: &[i64]| {
        let drawn = times.iter().map(|&time| (0, time, 1, i32::try_from(time).unwrap()));
        filled(&drawn.collect()).0
    };
    let merged =
        Merged::new(Arc::new(store(&[1, 2, 3, 7, 8])), vec![Arc::new(store(&[2, 3, 4, 5, 6]))]);
    let ctx = Arc::new(Ctx::default());
    let view = merged.snapshot(Span::ALL, &ctx).unwrap();
    let mut parts = view.select(&Selection::new(&[], Span::ALL), &ctx).unwrap();
    let (mut part, mut batch) = (parts.next().unwrap().unwrap(), Batch::default());
    part.decode(0..1, &mut batch).unwrap();
    assert_eq!(batch.times, [1, 2, 3, 4, 5, 6, 7, 8]);
    let unknown = batch.times.iter().zip(&batch.histograms);
    let unknown = unknown.filter(|(_, histogram)| histogram.hint == ResetHint::Unknown);
    assert_eq!(unknown.map(|(&time, _)| time).collect::<Vec<_>>(), [1, 2, 7]);
}

#[test]
fn a_store_without_samples_of_the_time_is_not_asked() {
    let (old, new) =
        (filled(&vec![(0, 10, 2, 1)]).0, filled(&vec![(0, 90, 2, 2), (1, 90, 2, 2)]).0);
    let spanned = |store: &MemoryStore, min, max| {
        Arc::new(Spanned(store.clone(), Some(Span::new(Timestamp(min), Timestamp(max)))))
    };
    let merged = Merged::new(spanned(&new, 50, 100), vec![spanned(&old, 0, 49)]);
    let count = |min, max| {
        let span = Span::new(Timestamp(min), Timestamp(max));
        found(&merged, &Selection::new(&[], span)).len()
    };
    assert_eq!((count(0, 20), count(60, 95), count(0, 100)), (1, 2, 2));
    let all = merged.snapshot(Span::ALL, &Arc::default()).unwrap();
    assert_eq!(all.span(), Some(Span::new(Timestamp(0), Timestamp(100))));
    // Where no store says that it has any, the first one answers.
    let none = Merged::new(Arc::new(new), vec![Arc::new(Spanned(old, None))]);
    assert_eq!(found(&none, &Selection::new(&[], Span::ALL)).len(), 2);
}

#[test]
fn a_mark_tells_what_has_changed_in_any_of_the_stores() {
    let (one, two) = (MemoryStore::new(), MemoryStore::new());
    let merged = Merged::new(Arc::new(one.clone()), vec![Arc::new(two.clone())]);
    let look = |mark| merged.snapshot(Span::ALL, &Arc::default()).unwrap().changed_since(mark);
    let add = |store: &MemoryStore, time| {
        store.add(&labels(0), [(Timestamp(time), 1.0)]).unwrap();
    };
    let (opened, everything) = look(0);
    assert_eq!(everything, Some(Timestamp::MIN));
    assert_eq!(look(opened), (opened, None));
    add(&one, 7000);
    let after_one = look(opened);
    assert_eq!(after_one, (opened + 1, Some(Timestamp(7000))));
    add(&two, 5000);
    add(&one, 9000);
    assert_eq!(look(opened), (opened + 3, Some(Timestamp(5000))));
    assert_eq!(look(after_one.0), (opened + 3, Some(Timestamp(5000))));
    assert_eq!(look(opened + 3), (opened + 3, None));
    two.delete(&[], Span::ALL);
    assert_eq!(look(opened + 3).1, Some(Timestamp(5000)));
}
