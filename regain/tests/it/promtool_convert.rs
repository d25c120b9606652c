//! `promtool tsdb convert`: both ways, and what it refuses.

use std::path::Path;
use std::sync::Arc;

use regain_model::histogram::Span as BucketSpan;
use regain_model::{KeySeed, Labels, Metadata, MetricKind, ResetHint, STALE_NAN, Span, Timestamp};
use regain_prometheus_tsdb::{
    BlockOptions, BlockWriter, Counts, Layout, Native, PrometheusDir, Samples, StoredSeries, Ulid,
    Value, WINDOW_MS,
};
use regain_storage::fs::RealFs;
use regain_storage::{Appendable as _, Ctx, LaneKey, Order, Queryable as _};
use regain_tsdb::{Db, Options, Retention};

use super::files::write;
use super::program::{Program, run, text};

const START_MS: i64 = 200_000 * WINDOW_MS - 60_000;
const STEP_MS: i64 = 15_000;

fn open(dir: &Path) -> Db {
    let options = Options {
        seed: KeySeed(77),
        retention: Retention::ENDLESS,
        past_max_ms: 0,
        ..Options::default()
    };
    Db::open(dir, Arc::new(RealFs), options).unwrap().0
}

/// Two targets with samples over three windows, and a series that has times of its own.
fn fill(dir: &Path) {
    let db = open(dir);
    for target in ["a", "b"] {
        let of = |name: String| {
            Labels::from_pairs([("__name__", name.as_str()), ("instance", target), ("job", "j")])
        };
        let own = LaneKey::scrape(&of("up".into()), "http://x");
        let mut lane = db.appender(&own).unwrap();
        let series: Vec<_> =
            (0..100).map(|at| lane.series(&of(format!("m{at}"))).unwrap()).collect();
        let stray = lane.series(&of("stray".into())).unwrap();
        for row in 0..700 {
            let odd = [STALE_NAN, f64::NAN, -0.0, f64::INFINITY, 0.1];
            let value = |at: i64| {
                let odd = odd.get(usize::try_from(row * at % 41).unwrap());
                odd.copied().unwrap_or((row * at) as f64 / 7.0)
            };
            let values: Vec<f64> = (0..100).map(value).collect();
            let time = START_MS + row * STEP_MS;
            lane.stage_row(Timestamp(time), &series, &values, &mut Vec::new());
            lane.stage(stray, Timestamp(time - 7), 0.5);
            lane.commit().unwrap();
        }
    }
    db.close().unwrap();
}

/// All samples: labels, times, bits.
fn all(dir: &Path) -> Vec<(String, Vec<(i64, u64)>)> {
    let (db, ctx) = (open(dir), Arc::new(Ctx::default()));
    let mut series = StoredSeries::select(&db, &[], Span::ALL, &ctx).unwrap();
    let (mut all, mut samples) = (Vec::new(), Samples::default());
    while let Some(labels) = series.next(&mut samples).unwrap() {
        let bits = samples.cells.iter().map(|value| value.to_bits());
        all.push((labels.to_string(), samples.times.iter().copied().zip(bits).collect()));
    }
    all
}

fn convert(arguments: &[&str]) -> (bool, String, String) {
    let output = run(&[&["promtool", "tsdb", "convert"], arguments].concat());
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_store_that_went_to_prometheus_and_back_has_the_same_samples() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = (dir.path().join("ours"), dir.path().join("theirs"));
    fill(&ours);
    let before = all(&ours);
    assert_eq!(before.len(), 202);
    let (from, to) = (ours.to_str().unwrap(), theirs.to_str().unwrap());
    let arguments = ["--to=prometheus", "--output", to, from];
    let (is_done, printed, complaints) = convert(&arguments);
    assert!(is_done && complaints.is_empty(), "{complaints}");
    let start = "exported 141400 samples of 202 series to 3 blocks of ";
    assert!(printed.starts_with(start), "{printed}");
    let (is_done, printed, _) = convert(&arguments);
    assert!(is_done && printed.contains("to 0 blocks") && printed.contains("3 times of two hours"));
    assert!(all(&ours) == before, "the store is as it was");

    let (is_done, printed, complaints) = convert(&["--to=regain", to]);
    assert!(is_done && complaints.is_empty(), "{complaints}");
    assert!(printed.starts_with("imported 141400 samples of 202 series to "), "{printed}");
    assert!(all(&theirs) == before, "something changed on the way");
    // What the store was made of lies beside it, and nothing else is left.
    let names = |dir: &Path| {
        let entries = std::fs::read_dir(dir).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names(&theirs), ["lock", "regain"]);
    assert_eq!(names(&theirs.join("regain/imported")).len(), 3);
    let (is_done, _, complaints) = convert(&["--to=regain", to]);
    assert!(!is_done && complaints.contains("into a new store only"), "{complaints}");
    // Blocks beside their own store are not those of another.
    let (is_done, printed, complaints) = convert(&["--to=prometheus", to]);
    assert!(is_done && printed.contains("to 3 blocks"), "{complaints}");
}

/// A block with a float, and with a histogram.
fn write_block(dir: &Path, number: u128) {
    std::fs::create_dir_all(dir).unwrap();
    let ulid = Ulid::new(1, number);
    let options = BlockOptions { ulid, range_ms: WINDOW_MS, with_starts: false };
    let mut writer = BlockWriter::create(Arc::new(RealFs), dir, options).unwrap();
    let labels = |name| Labels::from_pairs([("__name__", name)]);
    let positive = vec![BucketSpan { offset: 1, length: 1 }];
    let histogram = Value::Histogram(Native::Integer(Counts {
        hint: ResetHint::Unknown,
        layout: Arc::new(Layout { positive, ..Layout::default() }),
        count: 1,
        zero_count: 0,
        sum: 1.0,
        positive: vec![1],
        negative: Vec::new(),
    }));
    for (name, value) in [("float", Value::Float(1.0)), ("histogram", histogram)] {
        let mut samples = Samples::default();
        samples.push(START_MS, 0, value);
        writer.add(&labels(name), &samples).unwrap();
    }
    writer.finish(None).unwrap();
}

/// Adds a log to a data directory, as Prometheus 3.14 writes it: a series, its metadata and an exemplar of it.
fn write_log(dir: &Path) {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let labels = [&[1][..], &text("__name__"), &text("logged_bucket")].concat();
    let series = [&[1][..], &1_u64.to_be_bytes(), &labels].concat();
    let metadata =
        [&[6, 1, 3, 2][..], &text("UNIT"), &text(""), &text("HELP"), &text("Helps.")].concat();
    // The kind, a series and a time, then as differences to these: the series, the time; a value, no labels.
    let mut exemplar = vec![4_u8];
    exemplar.extend_from_slice(&1_u64.to_be_bytes());
    exemplar.extend_from_slice(&START_MS.to_be_bytes());
    exemplar.extend_from_slice(&[0, 0]);
    exemplar.extend_from_slice(&1.5_f64.to_be_bytes());
    exemplar.push(0);
    std::fs::create_dir_all(dir.join("wal")).unwrap();
    write(
        dir.join("wal/00000000"),
        [series, metadata, exemplar].map(|record| framed(&record)).concat(),
    );
}

/// A record as it lies in a segment of the log.
fn framed(record: &[u8]) -> Vec<u8> {
    let castagnoli = record.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 }
        })
    });
    let length = u16::try_from(record.len()).unwrap();
    let mut log = vec![1];
    log.extend_from_slice(&length.to_be_bytes());
    log.extend_from_slice(&(!castagnoli).to_be_bytes());
    log.extend_from_slice(record);
    log
}

#[test]
fn exemplars_and_metadata_of_the_log_come_along() {
    let dir = tempfile::tempdir().unwrap();
    write_block(dir.path(), 1);
    write_log(dir.path());
    let (is_done, printed, complaints) = convert(&["--to=regain", dir.path().to_str().unwrap()]);
    assert!(is_done, "{complaints}");
    assert!(printed.starts_with("imported 2 samples of 2 series with 1 exemplars"), "{printed}");
    let options = Options { exemplars_max: 10, ..Options::default() };
    let (db, _) = Db::open(dir.path(), Arc::new(RealFs), options.clone()).unwrap();
    let found = db.exemplars(Span::ALL, &[vec![]]).unwrap();
    assert_eq!((found.len(), found[0].labels.metric_name()), (1, "logged_bucket"));
    let exemplar = &found[0].exemplars[0];
    assert_eq!((exemplar.value, exemplar.time.0, exemplar.labels.len()), (1.5, START_MS, 0));
    let kind = MetricKind::Histogram;
    let said = Metadata { kind, help: "Helps.".to_owned(), unit: String::new() };
    assert_eq!(db.metadata(None), [("logged".to_owned(), vec![said])]);
    drop(db);
    // They are still there once the store has been exported.
    let output = format!("--output={}", dir.path().join("out").display());
    let (is_done, _, why) = convert(&["--to=prometheus", &output, dir.path().to_str().unwrap()]);
    assert!(is_done, "{why}");
    let (db, _) = Db::open(dir.path(), Arc::new(RealFs), options).unwrap();
    assert_eq!(db.exemplars(Span::ALL, &[vec![]]).unwrap().len(), 1);
}

/// What `tsdb dump` prints.
fn dump(dir: &Path) -> String {
    let output = run(&["promtool", "tsdb", "dump", dir.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// A histogram whose only bucket has `count` observations.
fn native<N: Copy + Default>(count: N) -> Counts<N> {
    let positive = vec![BucketSpan { offset: 1, length: 1 }];
    Counts {
        hint: ResetHint::Unknown,
        layout: Arc::new(Layout { positive, schema: 3, ..Layout::default() }),
        count,
        zero_count: N::default(),
        sum: 1.0,
        positive: vec![count],
        negative: Vec::new(),
    }
}

#[test]
fn histograms_and_start_timestamps_go_both_ways() {
    let dir = tempfile::tempdir().unwrap();
    let (theirs, back) = (dir.path().join("theirs"), dir.path().join("back"));
    std::fs::create_dir_all(&theirs).unwrap();
    let options = BlockOptions { ulid: Ulid::new(1, 7), range_ms: WINDOW_MS, with_starts: true };
    let mut writer = BlockWriter::create(Arc::new(RealFs), &theirs, options).unwrap();
    let values: [fn(u64) -> Value; 3] = [
        |at| Value::Histogram(Native::Float(native(at as f64 + 0.5))),
        |at| Value::Histogram(Native::Integer(native(at))),
        |at| Value::Float(at as f64),
    ];
    for (name, value) in ["floats", "integers", "numbers"].into_iter().zip(values) {
        let mut samples = Samples::default();
        for at in 0..300_u64 {
            let time = START_MS + i64::try_from(at).unwrap() * 100;
            // The counter starts anew, and in the end the series ends.
            let count = if at > 200 { at - 190 } else { at + 1 };
            let start = if at > 200 { START_MS + 20_000 } else { START_MS - 1 };
            let value = match value(count) {
                Value::Histogram(Native::Float(_)) if at == 299 => {
                    Value::Histogram(Native::Float(Counts::stale()))
                }
                Value::Histogram(Native::Integer(_)) if at == 299 => {
                    Value::Histogram(Native::Integer(Counts::stale()))
                }
                value => value,
            };
            samples.push(time, start, value);
        }
        writer.add(&Labels::from_pairs([("__name__", name)]), &samples).unwrap();
    }
    writer.finish(None).unwrap();
    let before = dump(&theirs);
    // As promtool, it passes over the samples that show that a series has no floats.
    assert_eq!(before.lines().count(), 897);
    let (is_done, printed, complaints) = convert(&["--to=regain", theirs.to_str().unwrap()]);
    assert!(is_done && complaints.is_empty(), "{complaints}");
    assert!(printed.starts_with("imported 900 samples of 3 series"), "{printed}");
    assert!(
        dump(&theirs) == before,
        "the store prints something else than the blocks it was made of"
    );
    let (from, to) = (theirs.to_str().unwrap(), back.to_str().unwrap());
    let (is_done, _, complaints) = convert(&["--to=prometheus", "--output", to, from]);
    assert!(is_done && complaints.is_empty(), "{complaints}");
    assert!(dump(&back) == before, "something changed on the way");

    // A dump does not print starts.
    let starts = |dir: &Path| -> Vec<Vec<i64>> {
        let found = PrometheusDir::open(&RealFs, dir, KeySeed(0)).unwrap();
        let order = Some(Order::Labels);
        let mut series = found.series(&[], Span::ALL, order, &Arc::default()).unwrap();
        let (mut all, mut samples) = (Vec::new(), Samples::default());
        while series.next(&mut samples).unwrap().is_some() {
            all.push(samples.starts.clone());
        }
        all
    };
    let (before, after) = (starts(&theirs.join("regain/imported")), starts(&back));
    assert!(before.iter().flatten().all(|&start| start != 0));
    assert_eq!(after, before);
}

#[test]
fn an_import_that_was_cut_short_is_begun_anew_or_finished() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    write_block(dir.path(), 1);
    // It was killed while the store grew.
    fill(&dir.path().join("regain.importing"));
    let (is_done, printed, _) = convert(&["--to=regain", path]);
    assert!(is_done && printed.starts_with("imported 2 samples of 2 series"), "{printed}");
    // Another was killed before it had moved what it had read.
    let imported = dir.path().join("regain/imported");
    let name = Ulid::new(1, 1).to_string();
    std::fs::rename(imported.join(&name), dir.path().join(&name)).unwrap();
    write(imported.join("moving"), &name);
    let (is_done, printed, _) = convert(&["--to=regain", path]);
    assert!(is_done && printed.contains("is finished"), "{printed}");
    assert!(imported.join(&name).join("meta.json").exists() && !dir.path().join(&name).exists());
    assert!(!imported.join("moving").exists());
}

#[test]
fn directories_that_cannot_be_converted_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    let refused = |arguments: &[&str], why: &str| {
        let (is_done, _, complaints) = convert(arguments);
        assert!(!is_done && complaints.contains(why), "{arguments:?}: {complaints}");
    };
    refused(&["--to=prometheus", path], "has no store of Regain");
    refused(&["--to=regain", path], "holds no samples of a Prometheus");
    refused(&["--to=regain", "--output=x", path], "--output goes with --to=prometheus only");
    let db = open(dir.path());
    refused(&["--to=prometheus", path], "is in use: stop the server first");
    refused(&["--to=regain", path], "is in use: stop the server first");
    drop(db);
    let ours = tempfile::tempdir().unwrap();
    fill(ours.path());
    write_block(ours.path(), 1);
    refused(&["--to=prometheus", ours.path().to_str().unwrap()], "they would be there twice");
}

#[test]
fn a_server_that_is_to_keep_segments_says_what_to_do_with_the_data_of_a_prometheus() {
    let dir = tempfile::tempdir().unwrap();
    write_block(&dir.path().join("data"), 1);
    write(dir.path().join("prometheus.yml"), "global: {}\n");
    let flags = ["server", "--web.listen-address=127.0.0.1:0", "--storage.tsdb.format=regain"];
    let mut server = Program::start(&flags, dir.path());
    let command = "regain promtool tsdb convert --to regain data";
    server.line_with(&["Fatal error", command]);
    assert!(!dir.path().join("data/regain").exists());
}

#[test]
fn blocks_beside_a_store_that_has_not_taken_them_over_are_not_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fill(&data);
    write(dir.path().join("prometheus.yml"), "global: {}\n");
    let start = |more: &[&str]| {
        let flags = ["server", "--web.listen-address=127.0.0.1:0"];
        Program::start(&[&flags, more].concat(), dir.path())
    };
    // Those that the store itself was exported to hold nothing else.
    assert!(
        run(&["promtool", "tsdb", "convert", "--to=prometheus", data.to_str().unwrap()])
            .status
            .success()
    );
    let mut server = start(&[]);
    server.line_with(&["Server is ready"]);
    server.stop();
    write_block(&data, 1);
    start(&[]).line_with(&["Fatal error", "beside a store", "--storage.tsdb.format=prometheus"]);
    let mut server = start(&["--storage.tsdb.format=prometheus"]);
    server.line_with(&["Server is ready"]);
    server.stop();
    let store = open(&data);
    assert!(store.span().is_none(), "all samples are in blocks");
}
