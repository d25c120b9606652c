//! Blocks that Regain keeps alive, read by Prometheus' own tools: cut, deleted from, merged, cleaned.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use regain_model::{Histogram, KeySeed, Labels, Matcher, STALE_NAN, Span, Timestamp};
use regain_prometheus_tsdb::{Blocks, BlocksOptions, WINDOW_MS};
use regain_storage::fs::RealFs;
use regain_storage::memory::MemoryStore;
use regain_storage::{Appender as _, BlockFormat as _, Retention, Value};
use regain_tests::process::write_file;

use crate::peer::promtool;

/// The first window, of November 2023.
const START_MS: i64 = 1_699_999_200_000 / WINDOW_MS * WINDOW_MS;
const STEP_MS: i64 = 15_000;
const ROWS: i64 = WINDOW_MS / STEP_MS;

/// What the tool prints about a data directory, or one of its blocks.
fn printed(promtool: &Path, command: &str, data: &Path, block: Option<&str>) -> String {
    // It puts files into the working directory while it reads.
    let mut tool = Command::new(promtool);
    tool.current_dir(data.parent().unwrap()).args(["tsdb", command]).arg(data).args(block);
    let output = tool.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

fn value(kind: &str, series: i64, row: i64) -> Value {
    let number = (series * row) as f64;
    match kind {
        "histograms" if row % 40 == 39 => Value::Float(STALE_NAN),
        "histograms" => Value::Histogram(Arc::new(Histogram {
            count: number + 1.0,
            zero_count: number + 1.0,
            zero_threshold: 0.001,
            sum: number / 3.0,
            ..Histogram::default()
        })),
        _ if row % 50 == 49 => Value::Float(STALE_NAN),
        _ => Value::Float(number / 3.0),
    }
}

/// Rows of some series of floats and of histograms; some know when they have started.
fn store(series: std::ops::Range<i64>, rows: &[i64]) -> MemoryStore {
    let store = MemoryStore::new();
    let mut writer = store.writer();
    for (kind, number) in
        ["floats", "histograms"].iter().flat_map(|kind| series.clone().map(move |n| (*kind, n)))
    {
        let labels = [("__name__", kind), ("n", &format!("{number:02}")), ("é", "\"\\")];
        let id = writer.series(&Labels::from_pairs(labels)).unwrap();
        for &row in rows {
            let start = if number % 4 == 0 { Timestamp(START_MS - 1000) } else { Timestamp(0) };
            let time = Timestamp(START_MS + row * STEP_MS);
            writer.stage_value(id, time, start, value(kind, number, row));
        }
    }
    writer.commit().unwrap();
    store
}

fn window(number: i64) -> Span {
    let min = START_MS + number * WINDOW_MS;
    Span::new(Timestamp(min), Timestamp(min + WINDOW_MS - 1))
}

fn open(data: &Path) -> Blocks {
    let options = BlocksOptions {
        seed: KeySeed(7),
        retention: Retention::ENDLESS,
        span_max_ms: 9 * WINDOW_MS,
        with_starts: true,
    };
    Blocks::open(Arc::new(RealFs), data, options).unwrap()
}

/// Seven windows, of which some have late samples beside.
fn cut(blocks: &Blocks) {
    for number in 0..7 {
        let rows: Vec<i64> = (number * ROWS..(number + 1) * ROWS).collect();
        let written = blocks.write(&store(0..20, &rows), window(number), 1).unwrap();
        assert_eq!((written.series, written.samples), (40, 40 * 480));
    }
    for number in [1, 5] {
        // Some of these are there already.
        let late: Vec<i64> = (number * ROWS..(number + 1) * ROWS).step_by(7).collect();
        blocks.write(&store(15..25, &late), window(number), 2).unwrap();
    }
}

#[test]
fn prometheus_reads_the_same_whatever_becomes_of_blocks() {
    let Some(promtool) = promtool() else { return };
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let blocks = open(&data);
    cut(&blocks);
    // The original reads a directory only where there is one for a log.
    std::fs::create_dir(data.join("wal")).unwrap();
    let dump = || printed(&promtool, "dump", &data, None);
    let whole = dump();
    // The tool passes over the first two histograms of a series.
    let (samples, late) = (40 * 7 * ROWS, 2 * 10 * (ROWS / 7 + 1));
    assert_eq!(i64::try_from(whole.lines().count()).unwrap(), samples + late - 2 * 25);

    let gone = Span::new(Timestamp(START_MS + WINDOW_MS / 2), window(2).max);
    assert_eq!(blocks.delete(&[Matcher::equal("n", "03")], gone).unwrap(), 2);
    let deleted = dump();
    let expected: Vec<&str> = whole.lines().filter(|line| !is_gone(line, gone)).collect();
    assert!(deleted.lines().eq(expected.iter().copied()), "the tombstones are read otherwise");

    let mut compactions = 0;
    while blocks.compact(&|| true).unwrap() {
        compactions += 1;
        assert!(dump() == deleted, "after {compactions} compactions");
    }
    assert!(compactions >= 4, "{compactions}");
    let listed = printed(&promtool, "list", &data, None);
    assert_eq!(listed.lines().count(), 1 + blocks.all().len(), "{listed}");
    for block in blocks.all() {
        let ulid = block.meta().ulid.to_string();
        assert!(listed.contains(&ulid), "{listed}");
        let analyzed = printed(&promtool, "analyze", &data, Some(&ulid));
        let series = format!("\nTotal Series: {}\n", block.meta().stats.num_series);
        assert!(analyzed.contains(&series), "{analyzed}");
    }

    blocks.delete(&[Matcher::equal("__name__", "floats")], window(6)).unwrap();
    let deleted = dump();
    assert!(blocks.clean_tombstones(&|| true).unwrap());
    assert!(dump() == deleted, "after tombstones were cleaned");
    assert_eq!(blocks.stats().tombstones, 0);
    drop(blocks);
    assert!(open(&data).damages().is_empty());
    assert!(dump() == deleted, "after another start");
}

/// Whether a line of a dump has a sample that was deleted.
fn is_gone(line: &str, span: Span) -> bool {
    let time = line.rsplit(' ').next().unwrap().parse().unwrap();
    line.contains("n=\"03\"") && span.contains(Timestamp(time))
}

#[test]
fn blocks_of_prometheus_live_on() {
    let Some(promtool) = promtool() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (data, input) = (dir.path().join("data"), dir.path().join("input"));
    let mut text = String::new();
    for number in 0..10 {
        for row in 0..9 * 60 {
            let seconds = START_MS / 1000 + row * 120;
            writeln!(text, "m{{n=\"{number}\"}} {} {seconds}", number * row).unwrap();
        }
    }
    text.push_str("# EOF\n");
    write_file(&input, &text).unwrap();
    let mut tool = Command::new(&promtool);
    tool.args(["tsdb", "create-blocks-from", "openmetrics", "-q"]).arg(&input).arg(&data);
    assert!(tool.status().unwrap().success());
    std::fs::create_dir_all(data.join("wal")).unwrap();
    let whole = printed(&promtool, "dump", &data, None);
    let blocks = open(&data);
    assert_eq!(blocks.all().len(), 9);
    while blocks.compact(&|| true).unwrap() {}
    assert_eq!(blocks.all().len(), 4);
    assert!(printed(&promtool, "dump", &data, None) == whole);
}
