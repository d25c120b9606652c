//! The exporter of this host beside the real one.

use std::collections::BTreeSet;

use regain_tests::program::Program;
use regain_tests::server::Setup;

use super::peer::{Version, is_at_hand};

/// The version whose names and labels Regain's are.
const MODERN: Version = [1, 12, 0];

/// The collectors that both have. `systemd` needs a systemd, which test machines may lack.
const COLLECTORS: [&str; 15] = [
    "cpu",
    "diskstats",
    "filefd",
    "filesystem",
    "loadavg",
    "meminfo",
    "netdev",
    "os",
    "pressure",
    "stat",
    "textfile",
    "time",
    "timex",
    "uname",
    "vmstat",
];

#[test]
fn both_exporters_show_the_same_series_of_this_host() {
    if !is_at_hand(Program::NodeExporter, MODERN) {
        return;
    }
    let (ours, theirs) = (shown(Program::RegainNode), shown(Program::NodeExporter));
    let missing: Vec<_> = theirs.difference(&ours).collect();
    let extra: Vec<_> = ours.difference(&theirs).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing {missing:#?}\nextra {extra:#?}");
}

/// Help texts, types and series without their values, of what the host's collectors show.
fn shown(program: Program) -> BTreeSet<String> {
    let dir = tempfile::tempdir().unwrap();
    let mut setup = Setup::new(program, dir.path()).flag("--collector.disable-defaults");
    setup.flags.extend(COLLECTORS.iter().map(|name| format!("--collector.{name}")));
    let server = setup.start().unwrap();
    let answer = server.get("/metrics").unwrap();
    assert_eq!(answer.status, 200);
    answer.text().lines().filter(|line| is_of_the_host(line)).map(without_value).collect()
}

/// The rest is about the exporter itself: its version, its runtime.
fn is_of_the_host(line: &str) -> bool {
    let series = line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ");
    series.starts_with("node_") && !series.starts_with("node_exporter_build_info")
}

fn without_value(line: &str) -> String {
    let series = line.rsplit_once(' ').filter(|_| !line.starts_with('#'));
    series.map_or(line, |(series, _)| series).to_owned()
}
