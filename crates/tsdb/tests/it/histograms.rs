//! Native histograms and start timestamps: what the store in memory says is what this one says, whatever
//! happens in between.

use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;
use regain_model::histogram::Span as Buckets;
use regain_model::{Histogram, Labels, Matcher, ResetHint, STALE_NAN, Span, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::memory::MemoryStore;
use regain_storage::{
    Appendable, Batch, Ctx, Order, Queryable, Selection, Value, Verdict, histogram_index,
};
use regain_tsdb::Db;

use super::store::{lane_key, open, series};

/// The series that are written.
const SERIES: usize = 3;
const LANES: usize = 3;

/// What happens.
#[derive(Clone, Debug)]
enum Step {
    /// A lane appends a batch that much later: series, how much earlier than the batch, start, value.
    Append(usize, i64, Vec<(usize, i64, i64, Value)>),
    Seal,
    Merge,
    /// The process is killed.
    Kill,
    Close,
    /// The last so many milliseconds but for the newest are deleted of a series.
    Delete(usize, i64, i64),
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (0..50_u32).prop_map(f64::from),
        1 => any::<u64>().prop_map(f64::from_bits),
        1 => Just(-0.0),
    ]
}

fn buckets() -> impl Strategy<Value = regain_model::Buckets> {
    let spans = prop_oneof![
        4 => Just(vec![(-1, 2), (3, 1)]),
        1 => prop::collection::vec((0..3_i32, 0..3_u32), 0..3),
    ];
    (spans, prop::collection::vec(number(), 6)).prop_map(|(spans, numbers)| {
        let spans: Vec<Buckets> =
            spans.into_iter().map(|(offset, length)| Buckets { offset, length }).collect();
        let count = spans.iter().map(|span| span.length as usize).sum();
        regain_model::Buckets::new(spans, numbers.into_iter().take(count).collect()).unwrap()
    })
}

/// A histogram of a counter that goes on most of the time, or of any numbers.
fn histogram() -> impl Strategy<Value = Histogram> {
    let hint = prop_oneof![
        5 => Just(ResetHint::Unknown),
        1 => Just(ResetHint::Reset),
        1 => Just(ResetHint::Gauge),
    ];
    let grown = (0..20_u32, hint.clone()).prop_map(|(count, hint)| {
        let counts = vec![f64::from(count), 2.0];
        let positive = regain_model::Buckets::run(1, counts);
        Histogram { count: f64::from(count) + 2.0, positive, hint, ..Histogram::default() }
    });
    let bounds = prop_oneof![3 => Just(None), 1 => Just(Some(vec![1.0, 2.5]))];
    let any = ([number(), number(), number()], buckets(), buckets(), bounds, hint).prop_map(
        |([zero_count, count, sum], positive, negative, bounds, hint)| Histogram {
            hint,
            schema: if bounds.is_some() { -53 } else { 2 },
            zero_threshold: 0.25,
            zero_count,
            count,
            sum,
            positive,
            negative,
            bounds: bounds.map(Into::into),
        },
    );
    prop_oneof![3 => grown, 2 => any]
}

fn value() -> impl Strategy<Value = Value> {
    let stale = Histogram { sum: STALE_NAN, ..Histogram::default() };
    prop_oneof![
        2 => number().prop_map(Value::Float),
        6 => histogram().prop_map(|histogram| Value::Histogram(Arc::new(histogram))),
        1 => Just(Value::Float(STALE_NAN)),
        1 => Just(Value::Histogram(Arc::new(stale))),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let start = prop_oneof![3 => Just(0_i64), 3 => Just(1_000), 1 => any::<i64>()];
    let sample = (0..SERIES, prop_oneof![3 => Just(0_i64), 1 => 1..5_i64], start, value());
    let batch = prop::collection::vec(sample, 1..5);
    prop_oneof![
        30 => (0..LANES, 5..20_i64, batch).prop_map(|(lane, after, batch)| {
            Step::Append(lane, after, batch)
        }),
        2 => Just(Step::Seal),
        2 => Just(Step::Merge),
        1 => Just(Step::Kill),
        1 => Just(Step::Close),
        1 => (0..SERIES, 1..100_i64, 0..30_i64).prop_map(|(s, length, rest)| {
            Step::Delete(s, length, rest)
        }),
    ]
}

/// Appends the same to a store, and returns what it says.
fn append(
    store: &dyn Appendable,
    lane: usize,
    now: i64,
    batch: &[(usize, i64, i64, Value)],
) -> (Vec<Verdict>, u64) {
    let mut appender = store.appender(&lane_key(lane)).unwrap();
    let verdicts = batch.iter().map(|(number, earlier, start, value)| {
        let reference = appender.series(&series(*number)).unwrap();
        let (time, start) = (Timestamp(now - earlier), Timestamp(*start));
        appender.stage_value(reference, time, start, value.clone())
    });
    let verdicts = verdicts.collect();
    (verdicts, appender.commit().unwrap().samples)
}

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

/// A histogram bit for bit, its hint left aside.
fn text(histogram: &Histogram) -> String {
    let mut text = format!("{} {:?}", histogram.schema, histogram.bounds.as_deref().map(bits));
    let totals = [histogram.zero_threshold, histogram.zero_count, histogram.count, histogram.sum];
    write!(text, " {:?}", bits(&totals)).unwrap();
    for side in [&histogram.positive, &histogram.negative] {
        write!(text, " {:?} {:?}", side.spans(), bits(side.cells())).unwrap();
    }
    text
}

/// A sample: time, start, value as text, what is known about resets.
type Shown = (i64, i64, String, ResetHint);

/// All samples of all series within a span, in label order.
fn content(store: &dyn Queryable, span: Span) -> Vec<(Labels, Vec<Shown>)> {
    let ctx = Arc::new(Ctx::default());
    let snapshot = store.snapshot(span, &ctx).unwrap();
    let selection = Selection { order: Order::Labels, ..Selection::new(&[], span) };
    let mut parts = snapshot.select(&selection, &ctx).unwrap();
    let (mut all, mut batch) = (Vec::new(), Batch::default());
    while let Some(mut part) = parts.next().unwrap() {
        let metas = part.series().to_vec();
        part.decode(0..metas.len(), &mut batch).unwrap();
        for run in &batch.runs {
            let meta = &metas[run.series as usize];
            assert!(run.floats.len() as u64 <= meta.samples_max, "a bound of the samples");
            let starts = batch.starts_of(run);
            let samples = batch.times_of(run).iter().zip(batch.floats_of(run)).enumerate();
            let shown = samples.map(|(at, (&time, &cell))| {
                let start = starts.get(at).copied().unwrap_or(0);
                match histogram_index(cell) {
                    None => (time, start, cell.to_bits().to_string(), ResetHint::Unknown),
                    Some(index) => {
                        let histogram = &batch.histograms[index as usize];
                        (time, start, text(histogram), histogram.hint)
                    }
                }
            });
            all.push((ctx.labels.labels(meta.labels), shown.collect()));
        }
    }
    all
}

/// What a store has to know about counter resets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resets {
    /// As much as the store in memory.
    All,
    /// The same or less: where a file or another writer begins, nothing is known.
    Some,
    /// What is believed must not depend on samples that are gone, which the other store does not tell.
    Any,
}

impl Resets {
    fn less(self) -> Self {
        if self == Self::All { Self::Some } else { self }
    }
}

/// Fails unless both say the same.
fn check(db: &Db, memory: &MemoryStore, span: Span, resets: Resets) {
    let (found, expected) = (content(db, span), content(memory, span));
    let labels = |all: &[(Labels, Vec<Shown>)]| -> Vec<String> {
        all.iter().map(|series| series.0.to_string()).collect()
    };
    assert_eq!(labels(&found), labels(&expected));
    for ((labels, found), (_, expected)) in found.iter().zip(&expected) {
        assert_eq!(found.len(), expected.len(), "{labels}");
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!((found.0, found.1, &found.2), (expected.0, expected.1, &expected.2));
            let is_right = match resets {
                Resets::Any => true,
                Resets::Some if found.3 == ResetHint::Unknown => true,
                _ => found.3 == expected.3,
            };
            assert!(is_right, "{labels} {found:?} {expected:?}");
        }
    }
}

fn play(steps: &[Step], deletes: bool, mut resets: Resets) {
    let (fs, memory) = (MemFs::new(), MemoryStore::new());
    let (mut db, _) = open(&fs);
    let mut now = 0;
    for step in steps {
        match step {
            Step::Append(lane, after, batch) => {
                now += after;
                let expected = append(&memory, *lane, now, batch);
                let found = append(&db, *lane, now, batch);
                assert_eq!(found, expected, "{batch:?}");
            }
            Step::Seal => {
                db.seal().unwrap();
                resets = resets.less();
            }
            Step::Merge => while db.merge(&|| true).unwrap() {},
            Step::Kill => {
                drop(db);
                db = open(&fs).0;
            }
            Step::Close => {
                db.close().unwrap();
                resets = resets.less();
                drop(db);
                db = open(&fs).0;
            }
            Step::Delete(number, length, rest) if deletes => {
                // The newest sample stays: stores differ in whether one that is deleted was there.
                let max = now - 20 - rest;
                let matcher = [Matcher::equal("__name__", series(*number).metric_name())];
                let span = Span::new(Timestamp(max - length), Timestamp(max));
                db.delete(&matcher, span).unwrap();
                memory.delete(&matcher, span);
            }
            Step::Delete(..) => {}
        }
        check(&db, &memory, Span::ALL, resets);
    }
    for part in 0..4 {
        let span = Span::new(Timestamp(now * part / 4), Timestamp(now * (part + 1) / 4));
        check(&db, &memory, span, resets);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_writer_says_all_that_the_store_in_memory_says(
        steps in prop::collection::vec(step(), 1..80),
        lane in 0..2_usize,
    ) {
        // Lane 0 makes rows of single samples, the other keeps them by series.
        let shift = |step: &Step| match step {
            Step::Append(_, after, batch) => Step::Append(lane, *after, batch.clone()),
            step => step.clone(),
        };
        let steps: Vec<Step> = steps.iter().map(shift).collect();
        play(&steps, false, Resets::All);
    }

    #[test]
    fn many_writers_and_deletions_lose_nothing(
        steps in prop::collection::vec(step(), 1..80),
    ) {
        play(&steps, true, Resets::Any);
    }
}

/// A counter with one bucket.
fn counter(count: f64) -> Value {
    let positive = regain_model::Buckets::run(1, vec![count]);
    Value::Histogram(Arc::new(Histogram { count, positive, ..Histogram::default() }))
}

fn hints(db: &Db) -> Vec<(i64, ResetHint)> {
    let all = content(db, Span::ALL);
    all[0].1.iter().map(|sample| (sample.0, sample.3)).collect()
}

#[test]
fn behind_deleted_samples_nothing_is_known_about_resets() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    for time in 1..=6 {
        append(&db, 0, time, &[(0, 0, 0, counter(time as f64))]);
    }
    let known = |time| (time, ResetHint::NotReset);
    let unknown = |time| (time, ResetHint::Unknown);
    let expected = [unknown(1), known(2), known(3), known(4), known(5), known(6)];
    assert_eq!(hints(&db), expected);
    db.delete(&[], Span::new(Timestamp(3), Timestamp(4))).unwrap();
    let expected = [unknown(1), known(2), unknown(5), known(6)];
    assert_eq!(hints(&db), expected);
    db.delete(&[], Span::new(Timestamp(6), Timestamp(6))).unwrap();
    append(&db, 0, 7, &[(0, 0, 0, counter(7.0))]);
    append(&db, 0, 8, &[(0, 0, 0, counter(8.0))]);
    let expected = [unknown(1), known(2), unknown(5), unknown(7), known(8)];
    assert_eq!(hints(&db), expected);
    db.seal().unwrap();
    while db.merge(&|| true).unwrap() {}
    assert_eq!(db.stats().series_deleted, 0);
    assert_eq!(hints(&db), expected);
    drop(db);
    assert_eq!(hints(&open(&fs).0), expected);
}

#[test]
fn what_is_known_about_resets_survives_the_end_of_the_process() {
    let fs = MemFs::new();
    for (time, count) in [(1, 1.0), (2, 2.0), (3, 1.0), (4, 4.0), (5, 5.0)] {
        let (db, _) = open(&fs);
        append(&db, 0, time, &[(0, 0, 0, counter(count))]);
        if time == 4 {
            db.close().unwrap();
        }
    }
    let found = hints(&open(&fs).0);
    let of = |time: usize| found[time - 1].1;
    assert_eq!([of(1), of(3)], [ResetHint::Unknown; 2]);
    // The newest sample before is found in the file.
    assert_eq!([of(2), of(4), of(5)], [ResetHint::NotReset; 3]);
}

#[test]
fn a_histogram_that_is_larger_than_any_may_be_is_refused() {
    let (db, _) = open(&MemFs::new());
    let of = |buckets| {
        let positive = regain_model::Buckets::run(0, vec![1.0; buckets]);
        Value::Histogram(Arc::new(Histogram { positive, ..Histogram::default() }))
    };
    let most = 1 << 16;
    assert_eq!(append(&db, 0, 1, &[(0, 0, 0, of(most))]), (vec![Verdict::Accepted], 1));
    assert_eq!(append(&db, 0, 2, &[(0, 0, 0, of(most + 1))]), (vec![Verdict::OverLimit], 0));
    assert_eq!(db.stats().over_limit, 1);
}

/// Counters with twenty buckets, row by row as a scrape brings them.
#[test]
fn histograms_that_grow_take_few_bytes_and_come_back_from_every_place() {
    const ROWS: i64 = 600;
    let (fs, memory) = (MemFs::new(), MemoryStore::new());
    let (db, _) = open(&fs);
    for row in 0..ROWS {
        let batch: Vec<_> = (0..SERIES)
            .map(|number| {
                let counts: Vec<f64> = (0..20).map(|at| (row * (at + 1) / 7 + 3) as f64).collect();
                let count = counts.iter().sum();
                let positive = regain_model::Buckets::run(-5, counts);
                let sum = count * 0.25;
                let histogram = Histogram { count, sum, positive, ..Histogram::default() };
                (number, 0, 12_345, Value::Histogram(Arc::new(histogram)))
            })
            .collect();
        let now = row * 15_000;
        assert_eq!(append(&db, 0, now, &batch), append(&memory, 0, now, &batch));
        if row % 60 == 59 {
            db.seal().unwrap();
        }
    }
    check(&db, &memory, Span::ALL, Resets::Some);
    let before = db.stats().segments_bytes;
    while db.merge(&|| true).unwrap() {}
    check(&db, &memory, Span::ALL, Resets::Some);
    let samples = u64::try_from(ROWS).unwrap() * SERIES as u64;
    let stats = db.stats();
    assert_eq!(stats.segments_samples, samples);
    // Twenty-three numbers each.
    let bytes = |all: u64| all as f64 / samples as f64;
    assert!(before < samples * 9, "{} bytes a histogram", bytes(before));
    assert!(stats.segments_bytes < samples * 5, "{} bytes", bytes(stats.segments_bytes));
    let span = Span::new(Timestamp(4_000_000), Timestamp(4_100_000));
    check(&db, &memory, span, Resets::Some);
}
