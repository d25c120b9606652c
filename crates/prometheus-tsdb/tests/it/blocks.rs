//! Blocks of this crate, read again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_model::histogram::Span as BucketSpan;
use regain_model::{KeySeed, Labels, MatchOp, Matcher, ResetHint, Span, Timestamp};
use regain_prometheus_tsdb::{
    BlockOptions, BlockWriter, Counts, Layout, Native, PrometheusDir, Samples, Ulid, Value,
};
use regain_storage::fs::{Fs, MemFs};
use regain_storage::{Batch, Ctx, Order, Queryable as _, Selection};

const ROOT: &str = "data";
const RANGE_MS: i64 = 2 * 60 * 60 * 1000;

fn histogram(count: u64) -> Value {
    let spans = vec![BucketSpan { offset: 1, length: 2 }];
    Value::Histogram(Native::Integer(Counts {
        hint: ResetHint::Unknown,
        layout: Arc::new(Layout { positive: spans, ..Layout::default() }),
        count: 2 * count,
        zero_count: 0,
        sum: 0.5,
        positive: vec![count, count],
        negative: Vec::new(),
    }))
}

/// The series `number` of a block that starts at `from`.
fn series(number: i64, from: i64) -> (Labels, Samples) {
    let labels = Labels::from_pairs([
        ("__name__", "m"),
        ("n", &format!("{number:04}")),
        ("odd", ["", "y"][usize::from(number % 2 == 1)]),
    ]);
    let mut samples = Samples::default();
    for row in 0..200 {
        let value = if number % 3 == 0 {
            histogram(u64::try_from(row).unwrap())
        } else {
            Value::Float((number * row) as f64)
        };
        samples.push(from + row * 15_000, 0, value);
    }
    (labels, samples)
}

fn write(fs: &MemFs, number: u128, series: &[(Labels, Samples)]) -> PathBuf {
    let ulid = Ulid::new(1_700_000_000_000, number);
    let options = BlockOptions { ulid, range_ms: RANGE_MS, with_starts: false };
    let dynamic: Arc<dyn Fs> = Arc::new(fs.clone());
    let mut writer = BlockWriter::create(dynamic, Path::new(ROOT), options).unwrap();
    for (labels, samples) in series {
        writer.add(labels, samples).unwrap();
    }
    let meta = writer.finish(None).unwrap().unwrap();
    assert_eq!(meta.stats.num_series, series.len() as u64);
    Path::new(ROOT).join(ulid.to_string())
}

fn open(fs: &MemFs) -> PrometheusDir {
    PrometheusDir::open(fs, Path::new(ROOT), KeySeed(7)).unwrap()
}

fn all(dir: &PrometheusDir, ctx: &Arc<Ctx>) -> Vec<(Labels, Samples)> {
    let mut found = dir.series(&[], Span::ALL, Some(Order::Labels), ctx).unwrap();
    let (mut all, mut samples) = (Vec::new(), Samples::default());
    while let Some(labels) = found.next(&mut samples).unwrap() {
        all.push((labels, samples.clone()));
    }
    all
}

#[test]
fn what_was_written_comes_back_from_two_blocks_as_one_series() {
    let fs = MemFs::new();
    let early: Vec<_> = (0..300).map(|number| series(number, 0)).collect();
    let late: Vec<_> = (200..400).map(|number| series(number, RANGE_MS)).collect();
    write(&fs, 1, &early);
    write(&fs, 2, &late);
    let dir = open(&fs);
    assert!(dir.damages().is_empty());
    let found = all(&dir, &Arc::default());
    assert_eq!(found.len(), 400);
    for (number, (labels, samples)) in (0..).zip(&found) {
        let (expected, mut rows) = series(number, if number < 300 { 0 } else { RANGE_MS });
        if (200..300).contains(&number) {
            let (_, more) = series(number, RANGE_MS);
            (0..more.len()).for_each(|at| rows.push(more.times[at], 0, more.value(at)));
        }
        assert_eq!((labels, &samples.times), (&expected, &rows.times));
        for at in 0..rows.len() {
            let (mut found, wanted) = (samples.value(at), rows.value(at));
            if let Value::Histogram(found) = &mut found {
                found.set_hint(ResetHint::Unknown);
            }
            assert_eq!(found, wanted);
        }
    }
}

#[test]
fn queries_get_the_matching_series_in_the_order_they_ask_for() {
    let fs = MemFs::new();
    write(&fs, 1, &(0..300).map(|number| series(number, 0)).collect::<Vec<_>>());
    let ctx = Arc::new(Ctx::default());
    let snapshot = open(&fs).snapshot(Span::ALL, &ctx).unwrap();
    let matchers = [
        Matcher::new("n", MatchOp::Regex, "00[0-4].*").unwrap(),
        Matcher::equal("odd", ""),
        Matcher::new("n", MatchOp::NotEqual, "0004").unwrap(),
    ];
    let span = Span::new(Timestamp(15_000), Timestamp(45_000));
    for order in [Order::Labels, Order::Key] {
        let selection = Selection { order, ..Selection::new(&matchers, span) };
        let mut parts = snapshot.select(&selection, &ctx).unwrap();
        let (mut keys, mut names, mut batch) = (Vec::new(), Vec::new(), Batch::default());
        while let Some(mut part) = parts.next().unwrap() {
            let metas = part.series().to_vec();
            part.decode(0..metas.len(), &mut batch).unwrap();
            assert_eq!(batch.runs.len(), metas.len());
            for (meta, run) in metas.iter().zip(&batch.runs) {
                assert_eq!(batch.times_of(run), [15_000, 30_000, 45_000]);
                keys.push(meta.key);
                names.push(ctx.labels.labels(meta.labels).get("n").unwrap().to_owned());
            }
        }
        assert_eq!(names.len(), 24);
        assert!(if order == Order::Key { keys.is_sorted() } else { names.is_sorted() });
    }
    assert_eq!(snapshot.label_names(&[], 0).unwrap(), ["__name__", "n", "odd"]);
    assert_eq!(snapshot.label_values("odd", &[], 0).unwrap(), ["y"]);
    assert_eq!(snapshot.changed_since(snapshot.changed_since(0).0).1, None);
}

#[test]
fn every_value_of_a_label_with_many_is_found_and_no_other() {
    let fs = MemFs::new();
    let all: Vec<_> = (0..300).map(|number| series(number * 3, 0)).collect();
    write(&fs, 1, &all);
    let ctx = Arc::new(Ctx::default());
    let snapshot = open(&fs).snapshot(Span::ALL, &ctx).unwrap();
    let value = |number: i64| format!("{number:04}");
    let values = snapshot.label_values("n", &[], 0).unwrap();
    assert_eq!(values, (0..300).map(|number| value(number * 3)).collect::<Vec<_>>());
    for number in -1..902 {
        let found = snapshot.label_values("n", &[Matcher::equal("n", value(number))], 0).unwrap();
        let is_there = number % 3 == 0 && (0..900).contains(&number);
        assert_eq!(found, if is_there { vec![value(number)] } else { vec![] });
    }
}

#[test]
fn a_damaged_block_is_left_out_and_reported_and_the_rest_serves() {
    let fs = MemFs::new();
    let good: Vec<_> = (0..10).map(|number| series(number, 0)).collect();
    let damaged: Vec<_> = (10..20).map(|number| series(number, 0)).collect();
    write(&fs, 1, &good);
    let dir = write(&fs, 2, &damaged);
    for (file, at) in [("index", 20), ("index", 60), ("meta.json", 0), ("chunks/000001", 300)] {
        let path = dir.join(file);
        let bytes = fs.bytes(&path).unwrap();
        let mut flipped = bytes.clone();
        flipped[at] ^= 0xff;
        fs.set_bytes(&path, flipped);
        let ctx = Arc::new(Ctx::default());
        let dir = open(&fs);
        // Of a block that can be opened, only what is damaged is left out.
        let rest = if file.starts_with("chunks") { damaged.len() } else { 0 };
        assert_eq!(all(&dir, &ctx).len(), good.len() + rest, "{file} {at}");
        let damages = dir.damages();
        assert!(!damages.is_empty(), "{file} {at}");
        assert!(damages.iter().all(|damage| damage.to_string().contains(file)));
        fs.set_bytes(&path, bytes);
    }
}

#[test]
fn wherever_writing_stops_there_is_a_whole_block_or_none() {
    let whole: Vec<_> = (0..3).map(|number| series(number, 0)).collect();
    let complete = MemFs::new();
    write(&complete, 1, &whole);
    for stop in 0..complete.operations() {
        let fs = MemFs::new();
        fs.stop_at(stop);
        let ulid = Ulid::new(1, 1);
        let options = BlockOptions { ulid, range_ms: RANGE_MS, with_starts: false };
        let writer = BlockWriter::create(Arc::new(fs.clone()), Path::new(ROOT), options);
        let done = writer.and_then(|mut writer| {
            whole.iter().try_for_each(|(labels, samples)| writer.add(labels, samples))?;
            writer.finish(None)
        });
        assert!(done.is_err(), "operation {stop}");
        fs.cut_power(0);
        let found = open(&fs);
        assert!(found.damages().is_empty());
        assert!(matches!(all(&found, &Arc::default()).len(), 0 | 3));
    }
}
