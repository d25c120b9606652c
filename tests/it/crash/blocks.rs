//! The same where old samples move to blocks of Prometheus meanwhile: what is pushed is days old, so that every start finds
//! windows that are over, and is killed while they are cut and merged.

use std::path::Path;
use std::process::Command;

use regain_model::KeySeed;
use regain_prometheus_tsdb::PrometheusDir;
use regain_storage::fs::RealFs;
use regain_tests::process::wait_for;
use regain_tests::program::Program;
use regain_tests::server::Setup;
use tempfile::TempDir;

use super::{KILLS, LIMIT, Memory, everything, fleet, live_and_die, now_ms, setup};
use crate::handover::convert::convert;
use crate::peer::{ANY, is_at_hand};

/// When the first push is said to have been, before now, and how far apart pushes are said to be.
const PAST_MS: i64 = 10 * 24 * 3_600_000;
const STEP_MS: i64 = 2 * 60_000;
const LATE_DATA: &str = r#""storage": {"tsdb": {"out_of_order_time_window": "12d"}}, "#;
const RANGE: &str = "11d";
/// Every other life is a short one, which hardly outlives the first cut.
const LIVES: [(u64, u64); 2] = [(200, 200), (3, 3)];

#[test]
fn twenty_kills_lose_no_acknowledged_sample_on_the_way_to_blocks() {
    let dir = tempfile::tempdir().unwrap();
    let fleet = fleet();
    let plain = setup(Program::Regain, dir.path(), &fleet);
    let config = plain.config.replacen('{', &format!("{{{LATE_DATA}"), 1);
    let mut setup = plain.config(config).flag("--storage.tsdb.format=prometheus");
    let data = setup.data_dir();
    let memory = Memory::of_past(now_ms() - PAST_MS, STEP_MS);
    let (mut most, mut merged) = (0, false);
    for (kill, life) in (0..KILLS).zip(LIVES.into_iter().cycle()) {
        let server = setup.start().unwrap();
        memory.assert_all_kept(&server, RANGE, kill);
        setup = live_and_die(server, &memory, kill, life);
        let blocks = opened(&data);
        most = blocks.blocks().len().max(most);
        merged |= blocks.blocks().iter().any(|block| block.meta().compaction.level > 1);
    }
    assert!(most >= 5 && merged, "{most} blocks");
    if is_at_hand(Program::Prometheus, ANY) {
        setup = hand_over(setup, &memory);
    }
    memory.assert_all_kept(&setup.start().unwrap(), RANGE, KILLS);
    memory.summarize(&format!("{KILLS} times kill -9 of Regain while {most} blocks came"));
}

fn opened(data: &Path) -> PrometheusDir {
    let found = PrometheusDir::open(&RealFs, data, KeySeed(1)).unwrap();
    assert_eq!(found.damages().len(), 0, "{:?}", found.damages());
    found
}

/// What is killed after a cut leaves blocks that Prometheus opens at once, with all that was there before, and the rest for one
/// command.
fn hand_over(setup: Setup, memory: &Memory) -> Setup {
    let data = setup.data_dir();
    let before = memory.last_past_ms().unwrap() + 1;
    let server = setup.start().unwrap();
    wait_for("a cut", LIMIT, || {
        // Blocks may go while they are looked at.
        let found = PrometheusDir::open(&RealFs, &data, KeySeed(1)).ok();
        let ends = found.iter().flat_map(PrometheusDir::blocks).map(|block| block.meta().max_time);
        Ok((ends.max() >= Some(before)).then_some(()))
    })
    .unwrap();
    let setup = live_and_die(server, memory, KILLS, LIVES[0]);
    let theirs = copied(&data);
    let server = Setup::new(Program::Prometheus, theirs.path()).start().unwrap();
    let found = everything(&server, RANGE);
    memory.assert_not_invented(&found, KILLS);
    memory.assert_kept_before(&found, before, KILLS);
    server.kill().unwrap();

    let theirs = copied(&data);
    convert(&["--to=prometheus"], &theirs.path().join("data"));
    let server = Setup::new(Program::Prometheus, theirs.path()).start().unwrap();
    memory.assert_all_kept(&server, RANGE, KILLS);
    setup
}

/// A directory with a copy of the data.
fn copied(data: &Path) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut copy = Command::new("cp");
    assert!(copy.arg("-r").arg(data).arg(dir.path().join("data")).status().unwrap().success());
    dir
}
