//! Prometheus' data directory, both ways: what a real Prometheus left behind is read as it reads it
//! itself, and blocks that are written here are read by it.

pub(crate) mod convert;
mod cut_short;
mod format;
mod tools;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use regain_model::histogram::Span as BucketSpan;
use regain_model::{KeySeed, Labels, ResetHint, STALE_NAN, Span, is_stale};
use regain_prometheus_tsdb::{
    BlockOptions, BlockWriter, Counts, Layout, Native, PrometheusDir, Samples, Ulid, Value as Kept,
};
use regain_storage::fs::{Fs, RealFs};
use regain_storage::{Batch, Ctx, Queryable as _, Selection, histogram_index};
use regain_tests::http::encode;
use regain_tests::process::wait_for;
use regain_tests::program::Program;
use regain_tests::push::{Push, send};
use regain_tests::server::{Server, Setup};
use serde_json::Value;

use super::peer::{ANY, MODERN_PROMETHEUS, is_at_hand, is_modern};

const RETENTION: &str = "--storage.tsdb.retention.time=100y";
const ADMIN: &str = "--web.enable-admin-api";
const LATE_DATA: &str = "global: {}\nstorage: {tsdb: {out_of_order_time_window: 1h}}\n";
/// The end of the pushed data: eight hours before a boundary of blocks, and a bit.
const END_MS: i64 = 1_700_000_000_000;
const HOUR_MS: i64 = 60 * 60 * 1000;
const STEP_MS: i64 = 15_000;
const BLOCKS_LIMIT: Duration = Duration::from_mins(3);

/// Samples of all series by their labels: a float's bits, or what an answer shows of a histogram.
type All = BTreeMap<String, BTreeMap<i64, String>>;

#[test]
fn a_killed_prometheus_leaves_what_it_answers_when_it_is_started_again() {
    if is_at_hand(Program::Prometheus, ANY) {
        run(&[], |server| server.process.kill().unwrap());
    }
}

#[test]
fn a_prometheus_that_stopped_with_a_snapshot_leaves_what_it_answers() {
    if !is_at_hand(Program::Prometheus, ANY) {
        return;
    }
    let mut flags = vec!["--enable-feature=memory-snapshot-on-shutdown"];
    if is_modern(Program::Prometheus, MODERN_PROMETHEUS) {
        flags.push("--storage.tsdb.wal-compression-type=zstd");
    }
    run(&flags, |server| {
        server.process.terminate().unwrap();
        let data = std::fs::read_dir(server.setup.data_dir()).unwrap();
        let mut names = data.map(|entry| entry.unwrap().file_name());
        assert!(names.any(|name| name.to_string_lossy().starts_with("chunk_snapshot.")));
    });
}

fn run(flags: &[&str], stop: impl Fn(&mut Server)) {
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup::new(Program::Prometheus, dir.path()).config(LATE_DATA);
    let setup = setup.flag(RETENTION).flag(ADMIN);
    let setup = flags.iter().fold(setup, |setup, flag| setup.flag(*flag));
    let mut server = setup.start().unwrap();
    push_hours(&server);
    let blocks = wait_for("blocks", BLOCKS_LIMIT, || {
        let count = blocks_in(&server.setup.data_dir());
        Ok((count >= 2).then_some(count))
    });
    push_late(&server);
    delete(&server);
    stop(&mut server);
    let found = PrometheusDir::open(&RealFs, &server.setup.data_dir(), KeySeed(1)).unwrap();
    assert_eq!(found.damages().len(), 0, "{:?}", found.damages());
    assert!(found.blocks().len() >= blocks.unwrap() && found.head_series() > 0);
    let ours = kept(&found);
    let again = server.setup.start().unwrap();
    assert_same(&ours, &answered(&again));
    assert_eq!(ours.len(), 41);
}

/// Eight hours of samples of forty series and of one with ends and odd values, in small requests.
fn push_hours(server: &Server) {
    let mut connection = server.connect().unwrap();
    let rows = 8 * HOUR_MS / STEP_MS;
    for hour in 0..rows / 60 {
        let mut push = Push::default();
        let times = (hour * 60..(hour + 1) * 60).map(|row| (row, END_MS - (rows - row) * STEP_MS));
        for number in 0..40 {
            let jitter = number % 7;
            let samples: Vec<(i64, f64)> = times
                .clone()
                .filter(|(row, _)| number % 9 != 0 || row % 400 < 200)
                .map(|(row, time)| (time + jitter, (row * number) as f64 / 3.0))
                .collect();
            let number = number.to_string();
            push.series(&[("__name__", "m"), ("n", &number)], &samples);
        }
        let odd = [f64::INFINITY, STALE_NAN, -0.0, f64::MIN_POSITIVE, f64::NAN, 1e300];
        let odd = odd.iter().cycle().skip(usize::try_from(hour).unwrap());
        let samples: Vec<(i64, f64)> = times.map(|(_, time)| time).zip(odd.copied()).collect();
        push.series(&[("__name__", "odd"), ("é", "\"\\")], &samples);
        let answer = send(&mut connection, &push.compressed().unwrap()).unwrap();
        assert_eq!(answer.status, 204, "{}", answer.text());
    }
}

/// Samples that come up to fifty minutes late, some of them twice.
fn push_late(server: &Server) {
    let mut connection = server.connect().unwrap();
    for late in (1..200).rev().chain(50..60) {
        let mut push = Push::default();
        let samples = [(END_MS - late * STEP_MS + 5_000, late as f64)];
        push.series(&[("__name__", "m"), ("n", "3")], &samples);
        let answer = send(&mut connection, &push.compressed().unwrap()).unwrap();
        assert_eq!(answer.status, 204, "{}", answer.text());
    }
}

/// Deletes from a block and from the head.
fn delete(server: &Server) {
    for (series, from, to) in [("5", 7 * HOUR_MS, 6 * HOUR_MS), ("6", HOUR_MS / 4, HOUR_MS / 8)] {
        let path = format!(
            "/api/v1/admin/tsdb/delete_series?match[]={}&start={}&end={}",
            encode(&format!("m{{n=\"{series}\"}}")),
            (END_MS - from) / 1000,
            (END_MS - to) / 1000,
        );
        let answer = server.connect().unwrap().post(&path, "", b"").unwrap();
        assert_eq!(answer.status, 204, "{}", answer.text());
    }
}

fn blocks_in(data: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(data) else { return 0 };
    entries.flatten().filter(|entry| entry.path().join("meta.json").exists()).count()
}

/// What the directory holds, as a query gets it.
fn kept(dir: &PrometheusDir) -> All {
    let ctx = Arc::new(Ctx::default());
    let snapshot = dir.snapshot(Span::ALL, &ctx).unwrap();
    let mut parts = snapshot.select(&Selection::new(&[], Span::ALL), &ctx).unwrap();
    let (mut all, mut batch) = (All::new(), Batch::default());
    while let Some(mut part) = parts.next().unwrap() {
        let metas = part.series().to_vec();
        part.decode(0..metas.len(), &mut batch).unwrap();
        for run in &batch.runs {
            let labels = ctx.labels.labels(metas[run.series as usize].labels);
            let samples = batch.times_of(run).iter().zip(batch.floats_of(run));
            // Answers leave out what marks the end of a series.
            let samples = samples.filter(|(_, cell)| !is_stale(**cell));
            let shown = samples.map(|(&time, &cell)| (time, shown(&batch, cell)));
            assert!(all.insert(labels.to_string(), shown.collect()).is_none(), "{labels} twice");
        }
    }
    assert!(ctx.warnings.to_vec().is_empty());
    all.retain(|_, samples: &mut BTreeMap<i64, String>| !samples.is_empty());
    all
}

fn shown(batch: &Batch, cell: f64) -> String {
    match histogram_index(cell) {
        None => float(cell),
        Some(index) => {
            let histogram = &batch.histograms[index as usize];
            let buckets = histogram.all_buckets().filter(|bucket| bucket.count != 0.0);
            let buckets: Vec<String> = buckets.map(|bucket| float(bucket.count)).collect();
            format!("{} {} {}", float(histogram.count), float(histogram.sum), buckets.join(" "))
        }
    }
}

/// A float's bits; all NaNs are one, because answers do not tell them apart.
fn float(value: f64) -> String {
    if value.is_nan() { "NaN".to_owned() } else { format!("{value:?} {:x}", value.to_bits()) }
}

/// What the server answers when it is asked for everything.
fn answered(server: &Server) -> All {
    answered_in(server, "10h", END_MS)
}

/// The same for the time of a length up to `end`.
fn answered_in(server: &Server, length: &str, end: i64) -> All {
    let query = format!("{{__name__=~\".+\"}}[{length}]");
    let all = server.query(&query, Some(end as f64 / 1000.0)).unwrap();
    let text = |value: &Value| float(value.as_str().unwrap().parse().unwrap());
    let histogram = |value: &Value| {
        let buckets = value["buckets"].as_array().into_iter().flatten();
        let buckets: Vec<String> = buckets.map(|bucket| text(&bucket[3])).collect();
        format!("{} {} {}", text(&value["count"]), text(&value["sum"]), buckets.join(" "))
    };
    let series = |one: &Value| {
        let labels = one["metric"].as_object().unwrap();
        let labels = labels.iter().map(|(name, value)| (name, value.as_str().unwrap()));
        let labels: Labels = labels.collect();
        let mut samples = BTreeMap::new();
        for sample in one["values"].as_array().into_iter().flatten() {
            samples.insert(time(&sample[0]), text(&sample[1]));
        }
        for sample in one["histograms"].as_array().into_iter().flatten() {
            samples.insert(time(&sample[0]), histogram(&sample[1]));
        }
        (labels.to_string(), samples)
    };
    all.iter().map(series).collect()
}

fn time(seconds: &Value) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this century")]
    let time = (seconds.as_f64().unwrap() * 1000.0).round() as i64;
    time
}

fn assert_same(ours: &All, theirs: &All) {
    let names = |all: &All| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(ours), names(theirs));
    for (labels, ours) in ours {
        let theirs = &theirs[labels];
        let other = |(time, value): &(&i64, &String)| theirs.get(*time) != Some(*value);
        let differing: Vec<_> = ours.iter().filter(other).take(5).collect();
        assert!(differing.is_empty(), "{labels}: {differing:?}");
        assert_eq!(ours.len(), theirs.len(), "{labels}");
    }
}

#[test]
fn prometheus_answers_with_what_was_written_to_blocks() {
    if !is_at_hand(Program::Prometheus, ANY) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup::new(Program::Prometheus, dir.path()).flag(RETENTION);
    std::fs::create_dir_all(setup.data_dir()).unwrap();
    let knows_histograms = is_modern(Program::Prometheus, MODERN_PROMETHEUS);
    for block in 0..2 {
        write_block(&setup.data_dir(), block, knows_histograms);
    }
    let found = PrometheusDir::open(&RealFs, &setup.data_dir(), KeySeed(1)).unwrap();
    let ours = kept(&found);
    assert_eq!(ours.len(), if knows_histograms { 60 } else { 20 });
    let server = setup.start().unwrap();
    assert_same(&ours, &answered(&server));
}

/// Writes two hours of floats, of integer histograms whose counters start again, and of float
/// histograms with custom buckets.
fn write_block(data: &Path, number: u8, with_histograms: bool) {
    let start = END_MS / (2 * HOUR_MS) * (2 * HOUR_MS) - 2 * HOUR_MS * i64::from(2 - number);
    let ulid = Ulid::new(1_700_000_000_000, u128::from(number));
    let options = BlockOptions { ulid, range_ms: 2 * HOUR_MS, with_starts: false };
    let fs: Arc<dyn Fs> = Arc::new(RealFs);
    let mut writer = BlockWriter::create(fs, data, options).unwrap();
    let kinds: &[&str] =
        if with_histograms { &["custom", "floats", "integers"] } else { &["floats"] };
    for kind in kinds {
        for series in 10_u64..30 {
            let labels = Labels::from_pairs([("__name__", *kind), ("s", &series.to_string())]);
            let mut samples = Samples::default();
            for row in 0_u64..300 {
                let time = start + i64::try_from(row).unwrap() * STEP_MS;
                samples.push(time, 0, value(kind, series, row));
            }
            writer.add(&labels, &samples).unwrap();
        }
    }
    writer.finish(Some((start, start + 2 * HOUR_MS))).unwrap();
}

fn value(kind: &str, series: u64, row: u64) -> Kept {
    let count = row % (40 + series) * series;
    let last = if row % 90 < 45 { 1 } else { 3 };
    let positive = vec![BucketSpan { offset: 0, length: last }];
    let filled = vec![count; last as usize];
    let layout = Layout { positive, ..Layout::default() };
    let (sum, hint) = (count as f64 / 7.0, ResetHint::Unknown);
    match kind {
        "floats" => Kept::Float(if row % 50 == 49 { STALE_NAN } else { sum }),
        "integers" => Kept::Histogram(Native::Integer(Counts {
            hint,
            layout: Arc::new(Layout { zero_threshold: 0.001, ..layout }),
            count: count * u64::from(last) + row,
            zero_count: row,
            sum,
            positive: filled,
            negative: Vec::new(),
        })),
        _ => Kept::Histogram(Native::Float(Counts {
            hint,
            layout: Arc::new(Layout {
                schema: regain_model::histogram::CUSTOM_SCHEMA,
                bounds: Some(Arc::from([0.5, 1.25, 1e9].as_slice())),
                ..layout
            }),
            count: (count * u64::from(last)) as f64,
            zero_count: 0.0,
            sum,
            positive: filled.iter().map(|&count| count as f64).collect(),
            negative: Vec::new(),
        })),
    }
}
