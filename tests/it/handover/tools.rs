//! Snapshots of a running Regain, and what the tools print and write: the same as Prometheus' own.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use regain_tests::program::Program;
use regain_tests::server::Setup;

use super::{ADMIN, END_MS, HOUR_MS, RETENTION, answered, assert_same, delete, push_hours};
use crate::peer::promtool;

const RULES: &str = "
groups:
- name: first
  interval: 45s
  labels: {team: a}
  rules:
  - record: n:m:sum
    expr: sum by (n) (m{n=~'1.'})
    labels: {n: all, kept: 'yes'}
  - record: m:rate5m
    expr: rate(m{n=~'1|2|3'}[5m])
  - alert: TooMuch
    expr: m > 1
- name: second
  rules:
  - record: odd:copy
    expr: odd
";
const BROKEN_RULES: &str = "
groups:
- name: broken
  rules:
  - record: two
    expr: m{n='1'} + on () m{n=~'2|3'}
";

/// Runs both tools with the same arguments, theirs first.
pub(super) fn both(promtool: &Path, dir: &Path, arguments: &[&str]) -> [Output; 2] {
    let mut ours = Program::Regain.command().unwrap();
    ours.arg("promtool");
    [Command::new(promtool), ours].map(|mut tool| {
        // The original puts files into the working directory while it reads.
        tool.current_dir(dir).args(arguments).output().unwrap()
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What both tools print, which must be the same.
pub(super) fn printed(promtool: &Path, dir: &Path, arguments: &[&str]) -> String {
    let [theirs, ours] = both(promtool, dir, arguments).map(|output| {
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    });
    assert!(theirs == ours, "{arguments:?}: {}\n{}", first_of(&theirs), first_of(&ours));
    ours
}

/// The original reads a directory only where there is one for a log.
fn let_be_read(data: &Path) {
    std::fs::create_dir(data.join("wal")).unwrap();
}

fn first_of(text: &str) -> String {
    text.lines().take(5).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_snapshot_of_a_running_regain_is_a_data_directory_of_a_prometheus() {
    let Some(promtool) = promtool() else { return };
    let dir = tempfile::tempdir().unwrap();
    let of = |program, dir: &Path| Setup::new(program, dir).flag(RETENTION).flag(ADMIN);
    let ours = of(Program::Regain, &dir.path().join("ours")).start().unwrap();
    push_hours(&ours);
    delete(&ours);
    let expected = answered(&ours);
    let answer = ours.connect().unwrap().post("/api/v1/admin/tsdb/snapshot", "", b"").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer: serde_json::Value = serde_json::from_str(&answer.text()).unwrap();
    let data = ours.setup.data_dir();
    let snapshot = data.join("snapshots").join(answer["data"]["name"].as_str().unwrap());
    let path = snapshot.to_str().unwrap();
    let_be_read(&snapshot);

    let dumped = printed(&promtool, dir.path(), &["tsdb", "dump", path]);
    assert!(dumped.lines().count() > 50_000);
    printed(&promtool, dir.path(), &["tsdb", "dump-openmetrics", path]);
    printed(&promtool, dir.path(), &["tsdb", "dump", "--format=seriesjson", path]);
    printed(&promtool, dir.path(), &["tsdb", "list", path]);
    // The server's own directory, while it has it open, prints the same as the blocks.
    let live = |command: &str| {
        let mut tool = Program::Regain.command().unwrap();
        let output = tool.args(["promtool", "tsdb", command]).arg(&data).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert!(live("dump") == dumped, "the store prints something else than its snapshot");
    assert!(live("list").contains("\nhead "), "{}", live("list"));
    assert!(live("analyze").contains("\nTotal Series: 41\n"), "{}", live("analyze"));
    assert_same(&answered(&ours), &expected);

    std::fs::create_dir(dir.path().join("theirs")).unwrap();
    symlink(&snapshot, dir.path().join("theirs/data")).unwrap();
    let theirs = of(Program::Prometheus, &dir.path().join("theirs")).start().unwrap();
    assert_same(&answered(&theirs), &expected);
}

#[test]
fn rules_are_evaluated_for_the_past_as_promtool_does_it() {
    let Some(promtool) = promtool() else { return };
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup::new(Program::Regain, &dir.path().join("server")).flag(RETENTION);
    let server = setup.start().unwrap();
    push_hours(&server);
    for (name, rules) in [("rules.yml", RULES), ("broken.yml", BROKEN_RULES)] {
        regain_tests::process::write_file(&dir.path().join(name), rules).unwrap();
    }
    let url = format!("--url=http://127.0.0.1:{}", server.port);
    let start = format!("--start={}", (END_MS - 5 * HOUR_MS) / 1000 + 7);
    let end = format!("--end={}", END_MS / 1000);
    let arguments = ["tsdb", "create-blocks-from", "rules", &url, &start, &end];
    let outputs = ["theirs", "ours"].map(|name| format!("--output-dir={name}"));
    let [mut theirs, mut ours] = [Command::new(&promtool), Program::Regain.command().unwrap()];
    ours.arg("promtool");
    for (tool, output) in [&mut theirs, &mut ours].into_iter().zip(&outputs) {
        let done = tool.current_dir(dir.path()).args(arguments).arg(output).arg("rules.yml");
        let done = done.output().unwrap();
        assert!(done.status.success(), "{}", text(&done.stderr));
        assert_eq!(text(&done.stdout), "");
    }
    for name in ["theirs", "ours"] {
        let_be_read(&dir.path().join(name));
    }
    let [theirs, ours] =
        ["theirs", "ours"].map(|name| printed(&promtool, dir.path(), &["tsdb", "dump", name]));
    // The original evaluates alerts, too, against its own description.
    let is_recorded = |line: &&str| !line.contains("__name__=\"TooMuch\"");
    let theirs: Vec<&str> = theirs.lines().filter(is_recorded).collect();
    let ours: Vec<&str> = ours.lines().collect();
    assert!(ours.len() > 1_500, "{}", ours.len());
    assert!(theirs == ours, "{:?}\n{:?}", &theirs[..3], &ours[..3]);

    let refused = [&arguments[..], &["--output-dir=none", "broken.yml"]].concat();
    let ends = both(&promtool, dir.path(), &refused).map(|output| {
        let complaints = text(&output.stderr);
        let complaints: Vec<String> = complaints
            .lines()
            .filter(|line| !line.starts_with("time="))
            .map(str::to_owned)
            .collect();
        (output.status.code(), complaints)
    });
    assert_eq!(ends[0], ends[1]);
    let none = ["tsdb", "create-blocks-from", "rules", &url, "--start=5", "--end=5", "rules.yml"];
    let ends = both(&promtool, dir.path(), &none).map(|output| text(&output.stderr));
    assert_eq!(ends[0], ends[1]);
}
