//! A Regain that runs on the directory of a Prometheus and keeps it one, and a Prometheus that runs on it in between.

use std::path::Path;
use std::time::Duration;

use regain_model::KeySeed;
use regain_prometheus_tsdb::PrometheusDir;
use regain_storage::fs::RealFs;
use regain_tests::http::encode;
use regain_tests::process::wait_for;
use regain_tests::program::Program;
use regain_tests::push::{Push, send};
use regain_tests::server::{Server, Setup};

use super::convert::convert;
use super::tools::printed;
use super::{
    ADMIN, All, BLOCKS_LIMIT, END_MS, HOUR_MS, LATE_DATA, RETENTION, STEP_MS, answered_in,
    assert_same, blocks_in, delete, kept, push_hours, push_late,
};
use crate::peer::{MODERN_PROMETHEUS, is_at_hand, promtool};

const CUT_LIMIT: Duration = Duration::from_mins(1);
const MINUTE_MS: i64 = 60_000;

/// Samples of some series that `push_hours` has pushed, too, and of one more, behind `from` up to `to`.
fn push_more(server: &Server, from: i64, to: i64) {
    let mut connection = server.connect().unwrap();
    let times: Vec<i64> = (1..=(to - from) / STEP_MS).map(|row| from + row * STEP_MS).collect();
    for some in times.chunks(120) {
        let mut push = Push::default();
        for number in 1..8 {
            let samples: Vec<(i64, f64)> =
                some.iter().map(|&time| (time, (time * number % 1013) as f64 / 7.0)).collect();
            push.series(&[("__name__", "m"), ("n", &number.to_string())], &samples);
        }
        let samples: Vec<(i64, f64)> = some.iter().map(|&time| (time, time as f64)).collect();
        push.series(&[("__name__", "more"), ("from", &from.to_string())], &samples);
        let answer = send(&mut connection, &push.compressed().unwrap()).unwrap();
        assert_eq!(answer.status, 204, "{}", answer.text());
    }
}

/// Everything up to `end`, asked over all the time that any test has samples of.
fn answered(server: &Server, end: i64) -> All {
    answered_in(server, "16h", end)
}

pub(super) fn setup(program: Program, dir: &Path) -> Setup {
    Setup::new(program, dir).config(LATE_DATA).flag(RETENTION).flag(ADMIN)
}

/// A Prometheus with blocks, late samples, deleted ones, and a log, that was killed.
pub(super) fn killed_prometheus(dir: &Path) -> All {
    let theirs = setup(Program::Prometheus, dir).start().unwrap();
    push_hours(&theirs);
    let data = theirs.setup.data_dir();
    wait_for("blocks", BLOCKS_LIMIT, || Ok((blocks_in(&data) >= 2).then_some(()))).unwrap();
    push_late(&theirs);
    delete(&theirs);
    let theirs = theirs.kill().unwrap().start().unwrap();
    let expected = answered(&theirs, END_MS);
    theirs.kill().unwrap();
    expected
}

/// What the blocks of a directory say about themselves.
fn metas(data: &Path) -> Vec<serde_json::Value> {
    let metas = std::fs::read_dir(data).unwrap().flatten().filter_map(|entry| {
        let meta = std::fs::read_to_string(entry.path().join("meta.json")).ok()?;
        Some(serde_json::from_str(&meta).unwrap())
    });
    metas.collect()
}

/// The time behind the last block.
fn blocks_end(data: &Path) -> i64 {
    metas(data).iter().filter_map(|meta| meta["maxTime"].as_i64()).max().unwrap()
}

pub(super) fn copied(data: &Path, to: &Path) {
    let mut copy = std::process::Command::new("cp");
    assert!(copy.arg("-r").args([data, to]).status().unwrap().success());
}

fn before(all: &All, end: i64) -> All {
    let mut all = all.clone();
    for samples in all.values_mut() {
        samples.retain(|time, _| *time < end);
    }
    all.retain(|_, samples| !samples.is_empty());
    all
}

fn count(all: &All) -> usize {
    all.values().map(std::collections::BTreeMap::len).sum()
}

/// What is said of the families that tell what becomes of blocks.
fn described(metrics: &str) -> Vec<&str> {
    const FAMILIES: [&str; 7] = [
        "prometheus_tsdb_compaction_duration_seconds",
        "prometheus_tsdb_compactions_triggered_total",
        "prometheus_tsdb_reloads_failures_total",
        "prometheus_tsdb_reloads_total",
        "prometheus_tsdb_size_retentions_total",
        "prometheus_tsdb_time_retentions_total",
        "prometheus_tsdb_vertical_compactions_total",
    ];
    let is_one = |line: &&str| {
        let mut words = line.split(' ');
        words.next() == Some("#") && words.nth(1).is_some_and(|name| FAMILIES.contains(&name))
    };
    let mut lines: Vec<&str> = metrics.lines().filter(is_one).collect();
    lines.sort_unstable();
    assert_eq!(lines.len(), 2 * FAMILIES.len());
    lines
}

/// Both tools print the same of a directory.
fn assert_printed(dir: &Path, data: &Path) {
    let Some(promtool) = promtool() else { return };
    // The original reads a directory only where there is one for a log.
    std::fs::create_dir_all(data.join("wal")).unwrap();
    let path = data.to_str().unwrap();
    assert!(printed(&promtool, dir, &["tsdb", "dump", path]).lines().count() > 50_000);
    printed(&promtool, dir, &["tsdb", "list", path]);
    let labels = |text: String| {
        // Items with the same number come in another order each time.
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    let [theirs, ours] =
        super::tools::both(&promtool, dir, &["tsdb", "analyze", "--limit=1000", path])
            .map(|output| labels(String::from_utf8(output.stdout).unwrap()));
    assert_eq!(theirs, ours);
}

#[test]
fn regain_keeps_the_directory_of_a_prometheus_and_hands_it_back() {
    if !is_at_hand(Program::Prometheus, MODERN_PROMETHEUS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let expected = killed_prometheus(dir.path());
    let ours = setup(Program::Regain, dir.path()).start().unwrap();
    let data = ours.setup.data_dir();
    assert_same(&answered(&ours, END_MS), &expected);
    assert!(data.join("regain/format").exists() && !data.join("wal").exists());
    assert!(data.join("regain/imported/wal").exists(), "the log was moved");

    // Old samples become blocks while the server runs.
    let end = END_MS + 3 * HOUR_MS;
    let first = blocks_end(&data);
    push_more(&ours, END_MS, end);
    wait_for("a cut", CUT_LIMIT, || Ok((blocks_end(&data) > first).then_some(()))).unwrap();
    let more = answered(&ours, end);
    assert_eq!(count(&more), count(&expected) + 8 * 3 * 240);
    let deleted = format!(
        "/api/v1/admin/tsdb/delete_series?match[]={}&start={}&end={}",
        encode("m{n=\"2\"}"),
        (END_MS - 5 * HOUR_MS) / 1000,
        (end - 30 * MINUTE_MS) / 1000
    );
    assert_eq!(ours.connect().unwrap().post(&deleted, "", b"").unwrap().status, 204);
    let more = {
        let after = answered(&ours, end);
        assert!(count(&after) < count(&more), "from blocks and from the store");
        after
    };

    // Killed, it leaves blocks that Prometheus opens at once, and the rest for one command.
    ours.kill().unwrap();
    let copy = tempfile::tempdir().unwrap();
    copied(&data, &copy.path().join("data"));
    let theirs = setup(Program::Prometheus, copy.path()).start().unwrap();
    let cut = blocks_end(&data);
    assert_same(&answered(&theirs, end), &before(&more, cut));
    assert!(count(&before(&more, cut)) < count(&more) && cut > END_MS);
    theirs.kill().unwrap();
    convert(&["--to=prometheus"], &data);
    assert_printed(dir.path(), &data);
    let theirs = setup(Program::Prometheus, dir.path()).start().unwrap();
    assert_same(&answered(&theirs, end), &more);

    // What a Prometheus has written meanwhile is there when Regain starts again, and after its clean stop for both.
    let last = end + HOUR_MS;
    push_more(&theirs, end, last);
    let all = answered(&theirs, last);
    assert_eq!(count(&all), count(&more) + 8 * 240);
    theirs.kill().unwrap();
    let ours = setup(Program::Regain, dir.path()).start().unwrap();
    assert_same(&answered(&ours, last), &all);
    push_more(&ours, last, last + 10 * MINUTE_MS);
    let last = last + 10 * MINUTE_MS;
    let all = answered(&ours, last);
    ours.stop().unwrap();
    assert_printed(dir.path(), &data);
    let theirs = setup(Program::Prometheus, dir.path()).start().unwrap();
    assert_same(&answered(&theirs, last), &all);
    theirs.stop().unwrap();

    // It can leave that format for good.
    let regain = |format: &str| {
        setup(Program::Regain, dir.path()).flag(format!("--storage.tsdb.format={format}")).start()
    };
    let refused = regain("regain").unwrap_err().to_string();
    assert!(refused.contains("convert --to regain"), "{refused}");
    convert(&["--to=regain"], &data);
    assert_eq!(blocks_in(&data), 0);
    let ours = regain("regain").unwrap();
    assert_same(&answered(&ours, last), &all);
}

#[test]
fn a_store_of_regain_takes_over_the_log_of_a_prometheus_that_ran_in_between() {
    if !is_at_hand(Program::Prometheus, MODERN_PROMETHEUS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let ours = setup(Program::Regain, dir.path()).start().unwrap();
    push_hours(&ours);
    let data = ours.setup.data_dir();
    let expected = answered(&ours, END_MS);
    ours.stop().unwrap();
    assert_eq!(blocks_in(&data), 0);
    let theirs = setup(Program::Prometheus, dir.path()).start().unwrap();
    let end = END_MS + HOUR_MS;
    push_more(&theirs, END_MS, end);
    theirs.kill().unwrap();
    let ours = setup(Program::Regain, dir.path()).start().unwrap();
    let all = answered(&ours, end);
    assert_eq!(count(&all), count(&expected) + 8 * 240);
    assert_same(&before(&all, END_MS + 1), &expected);
    assert!(data.join("regain/imported/wal").exists() && !data.join("wal").exists());
    let again = ours.kill().unwrap().start().unwrap();
    assert_same(&answered(&again, end), &all);
}

#[test]
fn a_new_directory_can_be_one_of_a_prometheus() {
    if !is_at_hand(Program::Prometheus, MODERN_PROMETHEUS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let setup_ours = setup(Program::Regain, dir.path()).flag("--storage.tsdb.format=prometheus");
    let ours = setup_ours.start().unwrap();
    push_hours(&ours);
    push_late(&ours);
    let data = ours.setup.data_dir();
    wait_for("a cut", CUT_LIMIT, || Ok((blocks_in(&data) >= 3).then_some(()))).unwrap();
    delete(&ours);
    let expected = answered(&ours, END_MS);
    assert_eq!(expected.len(), 41);

    // What the admin API does, it does to the blocks, too.
    let post = |path: &str| {
        let answer = ours.connect().unwrap().post(path, "", b"").unwrap();
        assert!(matches!(answer.status, 200 | 204), "{path}: {}", answer.text());
        answer.text()
    };
    let taken: serde_json::Value =
        serde_json::from_str(&post("/api/v1/admin/tsdb/snapshot")).unwrap();
    let snapshot = data.join("snapshots").join(taken["data"]["name"].as_str().unwrap());
    let snapshot = PrometheusDir::open(&RealFs, &snapshot, KeySeed(1)).unwrap();
    assert_same(&kept(&snapshot), &expected);
    post("/api/v1/admin/tsdb/clean_tombstones");
    assert_same(&answered(&ours, END_MS), &expected);
    let metrics = ours.get("/metrics").unwrap().text();
    let loaded =
        metrics.lines().find_map(|line| line.strip_prefix("prometheus_tsdb_blocks_loaded "));
    assert!(loaded.unwrap().parse::<f64>().unwrap() >= 3.0, "{loaded:?}");
    ours.stop().unwrap();
    let theirs = setup(Program::Prometheus, dir.path()).start().unwrap();
    assert_eq!(described(&metrics), described(&theirs.get("/metrics").unwrap().text()));
    assert_same(&answered(&theirs, END_MS), &expected);
    theirs.stop().unwrap();

    // Blocks go when they are older than what is kept, and it is counted.
    let short = Setup::new(Program::Regain, dir.path()).flag("--storage.tsdb.retention.time=4h");
    let ours = short.start().unwrap();
    let oldest = END_MS - 4 * HOUR_MS;
    let is_old = |meta: &serde_json::Value| meta["maxTime"].as_i64().unwrap() <= oldest;
    assert!(metas(&data).iter().any(is_old));
    wait_for(
        "old blocks to go",
        CUT_LIMIT,
        || Ok((!metas(&data).iter().any(is_old)).then_some(())),
    )
    .unwrap();
    let rest = answered(&ours, END_MS);
    assert!(count(&rest) > 0 && count(&rest) < count(&expected));
    let metrics = ours.get("/metrics").unwrap().text();
    assert!(metrics.contains("prometheus_tsdb_time_retentions_total 1\n"), "{metrics}");
    assert!(metrics.contains("prometheus_tsdb_size_retentions_total 0\n"), "{metrics}");
}
