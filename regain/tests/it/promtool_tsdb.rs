//! `promtool tsdb`: looking at the store of somebody who has it open, and measuring.

use std::path::Path;
use std::sync::Arc;

use regain_model::{KeySeed, Labels, Timestamp};
use regain_storage::fs::RealFs;
use regain_storage::{Appendable as _, LaneKey};
use regain_tsdb::{Db, Options, Retention};

use super::files::write;
use super::program::{run, text};

fn printed(arguments: &[&str]) -> String {
    let output = run(&[&["promtool", "tsdb"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Appends a sample of two series at each second.
fn append(db: &Db, seconds: std::ops::Range<i64>) {
    let mut lane = db.appender(&LaneKey::rule("g", "r")).unwrap();
    for (name, job) in [("b", "x"), ("a", "y")] {
        let labels = Labels::from_pairs([("__name__", name), ("job", job)]);
        let series = lane.series(&labels).unwrap();
        for second in seconds.clone() {
            lane.stage(series, Timestamp(second * 1000), second as f64 / 4.0);
        }
    }
    lane.commit().unwrap();
}

fn entries(dir: &Path) -> Vec<(String, u64)> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let mut all: Vec<(String, u64)> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
        .collect();
    all.sort_unstable();
    all
}

#[test]
fn a_store_that_is_open_is_looked_at_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { seed: KeySeed(1), retention: Retention::ENDLESS, ..Options::default() };
    let (db, _) = Db::open(dir.path(), Arc::new(RealFs), options).unwrap();
    append(&db, 0..3);
    db.seal().unwrap();
    append(&db, 3..5);
    let before = entries(&dir.path().join("regain"));
    let path = dir.path().to_str().unwrap();

    let expected = "\
{__name__=\"a\", job=\"y\"} 0 0
{__name__=\"a\", job=\"y\"} 0.25 1000
{__name__=\"a\", job=\"y\"} 0.5 2000
{__name__=\"a\", job=\"y\"} 0.75 3000
{__name__=\"a\", job=\"y\"} 1 4000
";
    assert_eq!(printed(&["dump", "--match=a", path]), expected);
    let some = ["dump-openmetrics", "--match=b", "--min-time=2000", "--max-time=3000", path];
    assert_eq!(printed(&some), "b{job=\"x\"} 0.5 2.000\nb{job=\"x\"} 0.75 3.000\n# EOF\n");
    let list = printed(&["list", path]);
    let rows: Vec<Vec<&str>> =
        list.lines().skip(1).map(|row| row.split_whitespace().collect()).collect();
    let columns = |row: &[&str]| row[..7].join(" ");
    let rows: Vec<String> = rows.iter().map(|row| columns(row)).collect();
    assert_eq!(rows, ["00000001.segment 0 2001 2.001s 6 - 2", "head 3000 4001 1.001s 4 - 2"]);
    let analysis = printed(&["analyze", path]);
    assert!(
        analysis.starts_with("Block ID: regain\nDuration: 4.001s\nTotal Series: 2\n"),
        "{analysis}"
    );
    assert!(analysis.contains("Highest cardinality labels:\n2 __name__\n2 job\n"), "{analysis}");
    let refused = run(&["promtool", "tsdb", "analyze", "--extended", path]);
    assert!(text(&refused.stderr).contains("name a block") && !refused.status.success());

    assert_eq!(entries(&dir.path().join("regain")), before);
    append(&db, 5..6);
    db.close().unwrap();
    assert_eq!(printed(&["dump", path]).lines().count(), 12);
}

#[test]
fn a_benchmark_says_how_much_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let input = dir.path().join("series.json");
    let line = |number: u32| format!("{{\"__name__\":\"m\",\"n\":\"{number}\"}}\n");
    write(&input, [1, 1, 2, 3].map(line).concat());
    let out = format!("--out={}", dir.path().join("out").display());
    let input = input.to_str().unwrap();
    let told = printed(&["bench", "write", &out, "--metrics=2", "--scrapes=150", input]);
    let begins: Vec<&str> =
        told.lines().map(|line| line.split("duration=").next().unwrap()).collect();
    assert_eq!(
        begins,
        [
            ">> start stage=readData",
            ">> completed stage=readData ",
            ">> start stage=ingestScrapes",
            "ingestion completed",
            ">> completed stage=ingestScrapes ",
            " > total samples: 400",
            begins[6],
            ">> start stage=stopStorage",
            ">> completed stage=stopStorage ",
        ]
    );
    assert!(begins[6].strip_prefix(" > samples/sec: ").unwrap().parse::<f64>().unwrap() > 0.0);
    let store = dir.path().join("out/storage");
    assert_eq!(printed(&["dump", store.to_str().unwrap()]).lines().count(), 400);
    write(dir.path().join("bad.json"), "{\"a\":\"b\"}\nnothing\n");
    let bad = dir.path().join("bad.json");
    let refused = run(&["promtool", "tsdb", "bench", "write", &out, bad.to_str().unwrap()]);
    assert!(text(&refused.stderr).contains("bad.json:2: expected"), "{}", text(&refused.stderr));
}
