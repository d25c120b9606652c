//! Stores become blocks: whole, once, and going on where an attempt has ended.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_model::{Histogram, KeySeed, Labels, STALE_NAN, Span, Timestamp};
use regain_prometheus_tsdb::{
    BlockOptions, BlockWriter, ExportError, ExportOptions, Exported, PrometheusDir, Samples, Ulid,
    WINDOW_MS, export,
};
use regain_storage::fs::{Fs, MemFs};
use regain_storage::memory::MemoryStore;
use regain_storage::{Appender as _, Value};

use crate::all::all;

const ROOT: &str = "blocks";
/// Five minutes before the end of a window.
pub(super) const START_MS: i64 = 1_000 * WINDOW_MS - 300_000;
pub(super) const STEP_MS: i64 = 15_000;
/// Five windows later.
pub(super) const ROWS: i64 = 2_000;

fn labels(number: i64) -> Labels {
    // The order of these labels is not that of the numbers.
    Labels::from_pairs([("__name__", "m"), ("n", &number.to_string()), ("a", &"x".repeat(3))])
}

/// Three hundred series: floats with odd values, of which the last is one of histograms.
pub(super) fn add(store: &MemoryStore, rows: std::ops::Range<i64>) {
    let mut writer = store.writer();
    for number in 0..300 {
        let series = writer.series(&labels(number)).unwrap();
        for row in rows.clone().filter(|row| row % 10 == number % 10) {
            let value = match row % 7 {
                0 => STALE_NAN,
                1 => -0.0,
                _ => (row * number) as f64 / 3.0,
            };
            let histogram = || Histogram { count: row as f64, sum: value, ..Histogram::default() };
            let value = if number == 299 && row % 7 > 0 {
                Value::Histogram(Arc::new(histogram()))
            } else {
                Value::Float(value)
            };
            let time = Timestamp(START_MS + row * STEP_MS);
            writer.stage_value(series, time, Timestamp(0), value);
        }
    }
    writer.commit().unwrap();
}

pub(super) fn span(rows: i64) -> Span {
    Span::new(Timestamp(START_MS), Timestamp(START_MS + (rows - 1) * STEP_MS))
}

fn run(
    store: &MemoryStore,
    fs: &MemFs,
    (origin, rows): (u32, i64),
    blocks_max: u64,
) -> Result<Exported, ExportError> {
    let fs: Arc<dyn Fs> = Arc::new(fs.clone());
    let options = ExportOptions { root: PathBuf::from(ROOT), origin, with_starts: false };
    export(store, span(rows), &fs, &options, &mut |progress| progress.windows_done < blocks_max)
}

fn opened(fs: &MemFs) -> PrometheusDir {
    PrometheusDir::open(fs, Path::new(ROOT), KeySeed(3)).unwrap()
}

#[test]
fn every_sample_is_in_a_block_of_two_hours() {
    let (store, fs) = (MemoryStore::new(), MemFs::default());
    add(&store, 0..ROWS);
    let done = run(&store, &fs, (1, ROWS), u64::MAX).unwrap();
    let found = opened(&fs);
    assert_eq!(all(&found), all(&store));
    let total: usize = all(&store).iter().map(|(_, samples)| samples.len()).sum();
    assert_eq!((done.series, done.samples, done.blocks), (300, total as u64, 6));
    assert_eq!(done.bytes, found.blocks().iter().map(|block| block.size_bytes()).sum::<u64>());
    let ranges = found.blocks().iter().map(|block| (block.meta().min_time, block.meta().max_time));
    let mut expected: Vec<_> =
        (999..1005).map(|at| (at * WINDOW_MS, (at + 1) * WINDOW_MS)).collect();
    expected.last_mut().unwrap().1 = span(ROWS).max.0 + 1;
    assert_eq!(ranges.collect::<Vec<_>>(), expected);
}

#[test]
fn an_export_goes_on_where_one_has_ended() {
    let (store, fs) = (MemoryStore::new(), MemFs::default());
    add(&store, 0..ROWS / 2);
    let stopped = run(&store, &fs, (1, ROWS / 2), 2);
    assert!(matches!(stopped, Err(ExportError::Stopped)));
    assert_eq!(opened(&fs).blocks().len(), 2);
    let done = run(&store, &fs, (1, ROWS / 2), u64::MAX).unwrap();
    assert_eq!((done.blocks, done.windows_skipped), (2, 2));
    assert_eq!(all(&opened(&fs)), all(&store));
    // There is more, in the last window and behind it.
    add(&store, ROWS / 2..ROWS);
    let done = run(&store, &fs, (1, ROWS), u64::MAX).unwrap();
    assert_eq!((done.blocks, done.windows_skipped), (3, 3));
    assert_eq!(all(&opened(&fs)), all(&store));
    let done = run(&store, &fs, (1, ROWS), u64::MAX).unwrap();
    assert_eq!((done.blocks, done.windows_skipped), (0, 6));
}

#[test]
fn a_time_that_has_blocks_of_something_else_is_not_written() {
    let (store, fs) = (MemoryStore::new(), MemFs::default());
    add(&store, 0..ROWS);
    run(&store, &fs, (2, ROWS), 1).unwrap_err();
    let refused = run(&store, &fs, (1, ROWS), u64::MAX).unwrap_err();
    let text = refused.to_string();
    assert!(text.contains("not from this store") && text.contains("twice"), "{text}");
    assert_eq!(opened(&fs).blocks().len(), 1);
    // A block of a time without samples is in nobody's way.
    let other = MemFs::default();
    let ulid = Ulid::new(1, 1);
    let options = BlockOptions { ulid, range_ms: WINDOW_MS, with_starts: false };
    let mut writer =
        BlockWriter::create(Arc::new(other.clone()), Path::new(ROOT), options).unwrap();
    let mut samples = Samples::default();
    samples.push_float(START_MS - 1, 0, 1.0);
    writer.add(&labels(0), &samples).unwrap();
    writer.finish(None).unwrap();
    assert_eq!(run(&store, &other, (1, ROWS), u64::MAX).unwrap().blocks, 6);
}

#[test]
fn late_samples_of_an_exported_time_are_not_passed_over() {
    let (store, fs) = (MemoryStore::new(), MemFs::default());
    add(&store, 0..ROWS);
    run(&store, &fs, (1, ROWS), u64::MAX).unwrap();
    let late = [(Timestamp(START_MS + 7), 1.0), (Timestamp(START_MS + 8), 2.0)];
    store.add(&Labels::from_pairs([("__name__", "late")]), late).unwrap();
    match run(&store, &fs, (1, ROWS), u64::MAX) {
        Err(ExportError::Grown { ulid, more: 2 }) => {
            assert_eq!(ulid, opened(&fs).blocks()[0].meta().ulid);
        }
        other => panic!("{other:?}"),
    }
}
