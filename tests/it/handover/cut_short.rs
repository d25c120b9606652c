//! Taking over what a Prometheus has left, killed at many moments: the next start has all of it, once.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use regain_model::KeySeed;
use regain_prometheus_tsdb::PrometheusDir;
use regain_storage::fs::RealFs;
use regain_tests::process::{Running, wait_for};
use regain_tests::program::Program;

use super::format::{copied, killed_prometheus, setup};
use super::{answered, assert_same, kept};
use crate::peer::{ANY, is_at_hand};

/// The kills come so far apart over the time that a take-over lasts, and a bit beyond.
const KILLS: u32 = 12;
const LIMIT: Duration = Duration::from_mins(2);

#[test]
#[expect(clippy::print_stdout, reason = "the summary says what the kills have shown")]
fn a_kill_in_the_middle_of_a_take_over_costs_nothing() {
    if !is_at_hand(Program::Prometheus, ANY) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let expected = killed_prometheus(dir.path());
    let left = dir.path().join("data");
    let took = {
        let dir = tempfile::tempdir().unwrap();
        copied(&left, &dir.path().join("data"));
        let start = Instant::now();
        let ours = setup(Program::Regain, dir.path()).start().unwrap();
        let took = start.elapsed();
        assert_same(&answered(&ours), &expected);
        took
    };
    let (mut unfinished, mut partial) = (0, 0);
    let count =
        |data: &Path| PrometheusDir::open(&RealFs, data, KeySeed(1)).unwrap().blocks().len();
    for kill in 0..=KILLS {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        copied(&left, &data);
        // It is killed twice, the second time somewhere else.
        for part in [kill, KILLS - kill / 2] {
            let log = std::fs::File::create(dir.path().join("killed.log")).unwrap();
            let mut command = Program::Regain.command().unwrap();
            command.args([
                "server",
                "--web.listen-address=127.0.0.1:0",
                "--config.file=config.yml",
            ]);
            command.arg(format!("--storage.tsdb.path={}", data.display()));
            command.current_dir(left.parent().unwrap()).stdin(Stdio::null()).stdout(Stdio::null());
            let mut process = Running::new(command.stderr(log).spawn().unwrap());
            let start = Instant::now();
            let after = took * part / KILLS;
            wait_for("the kill", LIMIT, || Ok((start.elapsed() >= after).then_some(()))).unwrap();
            let log = || std::fs::read_to_string(dir.path().join("killed.log")).unwrap();
            assert!(!process.has_ended().unwrap(), "it ended by itself: {}", log());
            process.kill().unwrap();
            let is_open = data.join("wal").exists();
            unfinished += u32::from(is_open);
            partial += u32::from(is_open && count(&data) > count(&left));
        }
        let ours = setup(Program::Regain, dir.path()).start().unwrap();
        assert_same(&answered(&ours), &expected);
        let again = ours.stop().unwrap();
        let found = PrometheusDir::open(&RealFs, &again.data_dir(), KeySeed(1)).unwrap();
        assert_same(&kept(&found), &expected);
    }
    println!(
        "take-over: killed {unfinished} times before its end, {partial} times with blocks of it"
    );
}
