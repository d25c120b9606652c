//! The tool that turns a data directory of a Prometheus into one of Regain, and back.

use std::os::unix::fs::symlink;
use std::path::Path;

use regain_tests::program::Program;
use regain_tests::server::Setup;

use super::{
    ADMIN, BLOCKS_LIMIT, LATE_DATA, RETENTION, answered, assert_same, blocks_in, delete,
    push_hours, push_late, wait_for,
};
use crate::peer::{ANY, is_at_hand};

fn run(arguments: &[&str], data: &Path) -> (bool, String) {
    let mut command = Program::Regain.command().unwrap();
    let output = command.args(["promtool", "tsdb", "convert"]).args(arguments).arg(data).output();
    let output = output.unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

pub(crate) fn convert(arguments: &[&str], data: &Path) {
    let (is_done, complaints) = run(arguments, data);
    assert!(is_done && complaints.is_empty(), "{arguments:?}: {complaints}");
}

#[test]
fn what_a_killed_prometheus_has_left_is_the_same_in_regain_and_again_in_prometheus() {
    if !is_at_hand(Program::Prometheus, ANY) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let of = |program, dir: &Path| Setup::new(program, dir).flag(RETENTION);
    let theirs = of(Program::Prometheus, dir.path()).config(LATE_DATA).flag(ADMIN).start().unwrap();
    push_hours(&theirs);
    let data = theirs.setup.data_dir();
    wait_for("blocks", BLOCKS_LIMIT, || Ok((blocks_in(&data) >= 2).then_some(()))).unwrap();
    push_late(&theirs);
    delete(&theirs);
    let theirs = theirs.kill().unwrap().start().unwrap();
    let expected = answered(&theirs);
    assert_eq!(expected.len(), 41);
    // Debian's Prometheus takes no lock.
    if data.join("lock").exists() {
        let (is_done, complaints) = run(&["--to=regain"], &data);
        assert!(!is_done && complaints.contains("is in use"), "{complaints}");
    }
    theirs.kill().unwrap();

    convert(&["--to=regain"], &data);
    assert_eq!(blocks_in(&data), 0);
    let ours = of(Program::Regain, dir.path()).start().unwrap();
    assert_same(&answered(&ours), &expected);
    ours.stop().unwrap();

    // Blocks beside the store, which a Prometheus finds.
    convert(&["--to=prometheus"], &data);
    let theirs = of(Program::Prometheus, dir.path()).start().unwrap();
    assert_same(&answered(&theirs), &expected);
    theirs.stop().unwrap();

    // What was set aside is a data directory as it was.
    let aside = tempfile::tempdir().unwrap();
    symlink(data.join("regain/imported"), aside.path().join("data")).unwrap();
    let theirs = of(Program::Prometheus, aside.path()).start().unwrap();
    assert_same(&answered(&theirs), &expected);
}
