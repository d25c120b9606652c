//! Whatever operation ends a take-over: with the next start all of it is there, and nothing is there twice.

use std::collections::BTreeMap;
use std::path::Path;

use regain_model::{Labels, Matcher, Span, Timestamp};
use regain_prometheus_tsdb::WINDOW_MS;
use regain_storage::fs::MemFs;
use regain_storage::{Appendable as _, Batch, Ctx, LaneKey, Merged, Queryable, Selection, Verdict};

use super::*;

const DATA: &str = "/data";
/// The first window of what the Prometheus has.
const START_MS: i64 = 1_700_000_000_000 / WINDOW_MS * WINDOW_MS;
const STEP_MS: i64 = 10 * 60_000;
const SERIES: u64 = 3;
/// They reach into a fourth window.
const ROWS: i64 = 38;
/// The rows behind which one late sample comes each, and those of them that are deleted.
const LATE: [i64; 4] = [2, 8, 13, 30];
const LATE_DELETED: i64 = 8;

/// Samples by labels: times and the bits of values.
type Content = BTreeMap<String, BTreeMap<i64, u64>>;

fn labels(series: u64) -> Labels {
    let (name, number) = (["m", "n"][usize::from(series.is_multiple_of(2))], series.to_string());
    Labels::from_pairs([("__name__", name), ("instance", "a"), ("job", "b"), ("n", &number)])
}

fn row_ms(row: i64) -> i64 {
    // The first sample is not the first of its window.
    START_MS + 60_000 + row * STEP_MS
}

fn late_ms(row: i64) -> i64 {
    row_ms(row) + STEP_MS / 2
}

fn value(series: u64, time: i64) -> f64 {
    (time / 1000 % 10_007) as f64 / 4.0 + series as f64
}

/// A record of a kind, with what `put` puts behind that.
fn record(kind: u8, put: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut record = vec![kind];
    put(&mut record);
    record
}

fn put_uvarint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

fn put_varint(out: &mut Vec<u8>, number: i64) {
    put_uvarint(out, (number << 1 ^ number >> 63).cast_unsigned());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_uvarint(out, text.len() as u64);
    out.extend(text.as_bytes());
}

fn put_labels(out: &mut Vec<u8>, labels: &Labels) {
    put_uvarint(out, labels.iter().count() as u64);
    for (name, value) in labels {
        put_text(out, name);
        put_text(out, value);
    }
}

/// One sample of each series in `which` at `time`, or an exemplar that names the time.
fn samples(kind: u8, which: std::ops::Range<u64>, time: i64) -> Vec<u8> {
    record(kind, |out| {
        out.extend(which.start.to_be_bytes());
        out.extend(time.to_be_bytes());
        for series in which.clone() {
            put_varint(out, i64::try_from(series - which.start).unwrap());
            put_varint(out, 0);
            out.extend(value(series, time).to_bits().to_be_bytes());
            if kind == 4 {
                put_labels(out, &Labels::from_pairs([("trace", time.to_string())]));
            }
        }
    })
}

/// A log with records, each in a frame of its own.
fn log(records: &[Vec<u8>]) -> Vec<u8> {
    let mut log = Vec::new();
    for record in records {
        log.push(1);
        log.extend(u16::try_from(record.len()).unwrap().to_be_bytes());
        log.extend(checksum(record).to_be_bytes());
        log.extend(record);
    }
    assert!(log.len() < 32 << 10, "it is one page");
    log
}

/// CRC-32C, bit by bit.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| (sum >> 1) ^ (0x82f6_3b78 & 0_u32.wrapping_sub(sum & 1));
    !bytes.iter().fold(!0, |sum, &byte| (0..8).fold(sum ^ u32::from(byte), step))
}

/// What a killed Prometheus has left: a log, and one of late samples, of which one is deleted.
fn put_head(fs: &MemFs) {
    let mut wal = vec![
        record(1, |out| {
            for series in 1..=SERIES {
                out.extend(series.to_be_bytes());
                put_labels(out, &labels(series));
            }
        }),
        record(6, |out| {
            put_uvarint(out, 1);
            out.extend([1, 1]);
            put_text(out, "HELP");
            put_text(out, "Counts.");
        }),
    ];
    for row in 0..ROWS {
        wal.push(samples(2, 1..SERIES + 1, row_ms(row)));
        if row % 10 == 0 {
            wal.push(samples(4, 1..2, row_ms(row)));
        }
    }
    wal.push(record(3, |out| {
        out.extend(2_u64.to_be_bytes());
        put_varint(out, late_ms(LATE_DELETED));
        put_varint(out, late_ms(LATE_DELETED));
    }));
    let late: Vec<_> = LATE.iter().map(|&row| samples(2, 2..3, late_ms(row))).collect();
    fs.set_bytes(Path::new("/data/wal/00000000"), log(&wal));
    fs.set_bytes(Path::new("/data/wbl/00000000"), log(&late));
}

#[expect(clippy::panic_in_result_fn, reason = "a broken promise fails the test")]
fn opened(fs: &MemFs, format: Format) -> Result<(Db, Option<Blocks>)> {
    let options = options(Retention::ENDLESS, 100, ReplayProgress::default());
    let fs: Arc<dyn Fs> = Arc::new(fs.clone());
    match open(&fs, Path::new(DATA), Some(format), options) {
        Ok(Opened { db, blocks, read }) => read().map(|_| (db, blocks)),
        Err(OpenError::Store(error)) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

fn append(db: &Db, time: i64) {
    let mut lane = db.appender(&LaneKey::scrape(&labels(0), "http://a")).unwrap();
    let series = lane.series(&labels(1)).unwrap();
    assert_eq!(lane.stage(series, Timestamp(time), value(1, time)), Verdict::Accepted);
    lane.commit().unwrap();
}

/// A store that has run before the Prometheus did.
fn before(format: Format) -> MemFs {
    let fs = MemFs::new();
    let (db, _) = opened(&fs, format).unwrap();
    append(&db, START_MS - 1000);
    db.sync().unwrap();
    drop(db);
    fs.heal();
    put_head(&fs);
    fs
}

fn expected() -> Content {
    let mut expected = Content::new();
    for series in 1..=SERIES {
        let samples = expected.entry(labels(series).to_string()).or_default();
        let times = (0..ROWS).map(row_ms);
        let late = LATE.iter().filter(|row| series == 2 && **row != LATE_DELETED);
        let early = (series == 1).then_some(START_MS - 1000);
        let times = times.chain(late.map(|&row| late_ms(row))).chain(early);
        samples.extend(times.map(|time| (time, value(series, time).to_bits())));
    }
    expected
}

#[expect(clippy::panic_in_result_fn, reason = "a broken promise fails the test")]
fn content(source: &dyn Queryable) -> Result<Content> {
    let ctx = Arc::new(Ctx::default());
    let view = source.snapshot(Span::ALL, &ctx)?;
    let mut parts = view.select(&Selection::new(&[], Span::ALL), &ctx)?;
    let (mut all, mut batch) = (Content::new(), Batch::default());
    while let Some(mut part) = parts.next()? {
        let metas = part.series().to_vec();
        part.decode(0..metas.len(), &mut batch)?;
        for run in &batch.runs {
            let labels = ctx.labels.labels(metas[run.series as usize].labels).to_string();
            let values = batch.floats_of(run).iter().map(|value| value.to_bits());
            let samples: BTreeMap<_, _> = batch.times_of(run).iter().copied().zip(values).collect();
            assert_eq!(samples.len(), run.times.len(), "{labels} has a time twice");
            assert!(all.insert(labels, samples).is_none(), "a series is there twice");
        }
    }
    assert_eq!(ctx.warnings.to_vec(), [""; 0]);
    Ok(all)
}

/// All of it is there, once, and the files have moved.
fn check(fs: &MemFs, (db, blocks): &(Db, Option<Blocks>), context: &str) {
    let others = blocks.iter().map(|blocks| Arc::new(blocks.clone()) as _).collect();
    let found = content(&Merged::new(Arc::new(db.clone()), others)).unwrap();
    assert!(found == expected(), "{context}: {found:?}");
    if let Some(blocks) = blocks {
        let stored = expected().values().map(BTreeMap::len).sum::<usize>() - 1;
        assert_eq!(blocks.stats().samples, stored as u64, "{context}: samples in blocks");
        assert!(blocks.damages().is_empty(), "{context}");
    }
    let exemplars = db.exemplars(Span::ALL, &[vec![Matcher::equal("n", "1")]]).unwrap();
    let times = exemplars.iter().flat_map(|series| &series.exemplars).map(|one| one.time.0);
    let every_tenth: Vec<i64> = (0..ROWS).step_by(10).map(row_ms).collect();
    assert_eq!(times.collect::<Vec<_>>(), every_tenth, "{context}");
    assert_eq!(db.metadata_stats().names, 1, "{context}");
    // Nobody has said that samples may be late.
    let mut lane = db.appender(&LaneKey::push("late", "b", "a")).unwrap();
    let series = lane.series(&labels(1)).unwrap();
    assert_ne!(lane.stage(series, Timestamp(late_ms(3)), 1.0), Verdict::Accepted, "{context}");
    lane.rollback();
    let logs: Vec<String> = fs
        .paths()
        .iter()
        .filter(|path| {
            path.components()
                .any(|part| ["wal", "wbl"].contains(&part.as_os_str().to_str().unwrap()))
        })
        .map(|path| path.display().to_string())
        .collect();
    let moved = ["wal", "wbl"].map(|name| format!("/data/regain/imported/{name}/00000000"));
    assert_eq!(logs, moved, "{context}");
}

/// Stops a take-over at every operation; `end` says how.
fn stop_everywhere(format: Format, how: &str, end: impl Fn(&MemFs)) {
    let whole = before(format);
    let first = whole.operations();
    let taken = opened(&whole, format).unwrap();
    check(&whole, &taken, "without a stop");
    drop(taken);
    let operations = whole.operations();
    assert!(operations - first > 30, "{first} to {operations}");
    for stop in first..operations {
        let context = format!("{format:?}, {how}, stopped at {stop} of {first} to {operations}");
        let fs = before(format);
        fs.stop_at(stop);
        drop(opened(&fs, format));
        end(&fs);
        for start in ["next", "second"] {
            let taken = opened(&fs, format).unwrap();
            check(&fs, &taken, &format!("{context}, {start} start"));
            drop(taken);
            fs.heal();
        }
        // It goes on as any other store does.
        let (db, blocks) = opened(&fs, format).unwrap();
        let last = row_ms(ROWS);
        append(&db, last);
        let Some(blocks) = blocks else { continue };
        db.close_into(&blocks).unwrap();
        let mut all = expected();
        all.get_mut(&labels(1).to_string()).unwrap().insert(last, value(1, last).to_bits());
        assert!(content(&blocks).unwrap() == all, "{context}: after a clean stop");
    }
}

#[test]
fn a_directory_of_a_prometheus_is_one_whatever_stops_the_first_start() {
    let decided = |fs: &MemFs| decide(fs, Path::new(DATA), None);
    for stop in 0.. {
        let fs = MemFs::new();
        put_head(&fs);
        fs.stop_at(stop);
        let is_done = decided(&fs).is_ok();
        fs.heal();
        assert_eq!(decided(&fs).unwrap(), Format::Prometheus, "stopped at {stop}");
        if is_done {
            assert!(stop > 3);
            break;
        }
    }
}

#[test]
fn a_block_of_late_samples_does_not_say_up_to_where_there_are_samples() {
    let fs = MemFs::new();
    let (db, blocks) = opened(&fs, Format::Prometheus).unwrap();
    append(&db, START_MS);
    db.close_into(&blocks.unwrap()).unwrap();
    drop(db);
    fs.heal();
    // As a Prometheus writes it, which gives it the whole window.
    let paths = fs.paths();
    let path = paths.iter().find(|path| path.ends_with("meta.json")).unwrap();
    let mut meta: serde_json::Value = serde_json::from_slice(&fs.bytes(path).unwrap()).unwrap();
    meta["maxTime"] = (START_MS + WINDOW_MS).into();
    meta["compaction"]["hints"] = vec!["from-out-of-order"].into();
    fs.set_bytes(path, meta.to_string().into_bytes());
    let (db, _) = opened(&fs, Format::Prometheus).unwrap();
    db.set_late_max(WINDOW_MS / 4);
    append(&db, START_MS + 1);
}

#[test]
fn a_kill_in_the_middle_of_a_take_over_loses_nothing_and_doubles_nothing() {
    for format in [Format::Prometheus, Format::Regain] {
        stop_everywhere(format, "killed", MemFs::heal);
    }
}

#[test]
fn a_power_cut_in_the_middle_of_a_take_over_loses_nothing_and_doubles_nothing() {
    for format in [Format::Prometheus, Format::Regain] {
        stop_everywhere(format, "no power", |fs| fs.cut_power(0));
        stop_everywhere(format, "names survive", |fs| fs.cut_power_with(true, Vec::clear));
    }
}
