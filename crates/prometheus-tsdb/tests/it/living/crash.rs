//! Whatever operation the power goes at: nothing that was acknowledged is lost, nothing is there twice, and the
//! next start goes on.

use std::collections::{BTreeMap, BTreeSet};

use regain_model::{Matcher, Span, Timestamp};
use regain_prometheus_tsdb::{Blocks, BlocksOptions};
use regain_storage::Retention;
use regain_storage::fs::MemFs;

use super::{
    Expected, ROOT, STEP_MS, content, cut, directories, open_with, options, shape, window,
};

/// What is done one after the other. Each says whether it was done.
type Step = fn(&Blocks) -> bool;

const STEPS: [Step; 12] = [
    |blocks| cut(blocks, 0, 0..4, &[1, 2, 3], 1).is_ok(),
    |blocks| cut(blocks, 1, 0..4, &[1, 2, 3], 1).is_ok(),
    |blocks| cut(blocks, 0, 2..6, &[2, 9], 2).is_ok(),
    |blocks| blocks.compact(&|| true).is_ok(),
    |blocks| cut(blocks, 2, 0..4, &[1, 2, 3], 1).is_ok(),
    |blocks| cut(blocks, 3, 0..4, &[1, 2, 3], 1).is_ok(),
    |blocks| {
        let span = Span::new(Timestamp(2 * STEP_MS), Timestamp(61 * STEP_MS));
        blocks.delete(&[Matcher::equal("parity", "odd")], span).is_ok()
    },
    |blocks| blocks.compact(&|| true).is_ok(),
    |blocks| blocks.delete(&[], window(3)).is_ok(),
    |blocks| blocks.clean_tombstones(&|| true).is_ok(),
    |blocks| cut(blocks, 5, 0..2, &[1], 1).is_ok(),
    |blocks| blocks.tick(Timestamp(0), 0).is_ok(),
];

fn opened(fs: &MemFs) -> Option<Blocks> {
    let retention = Retention::of_ms(3 * super::WINDOW_MS);
    open_with(fs, BlocksOptions { retention, ..options() }).ok()
}

/// Does all steps up to the one that fails, which it returns.
fn run(fs: &MemFs) -> usize {
    let Some(blocks) = opened(fs) else { return 0 };
    STEPS.iter().position(|step| !step(&blocks)).unwrap_or(STEPS.len())
}

/// What there is after each number of steps.
fn states() -> Vec<Expected> {
    let fs = MemFs::new();
    let blocks = opened(&fs).unwrap();
    let mut states = vec![Expected::new()];
    for step in STEPS {
        assert!(step(&blocks));
        states.push(content(&blocks));
    }
    assert_eq!(shape(&blocks).len(), 1, "the last step takes away what is old");
    states
}

/// Whether everything is there that is in both, and nothing that is in none.
fn lies_between(found: &Expected, before: &Expected, after: &Expected) -> bool {
    let all = |state: &Expected| -> BTreeSet<(String, i64)> {
        let times = |(series, samples): (&String, &BTreeMap<i64, String>)| {
            samples.keys().map(|&time| (series.clone(), time)).collect::<Vec<_>>()
        };
        state.iter().flat_map(times).collect()
    };
    let (found, before, after) = (all(found), all(before), all(after));
    before.intersection(&after).all(|sample| found.contains(sample))
        && found.iter().all(|sample| before.contains(sample) || after.contains(sample))
}

fn check(what: &str, cut_power: impl Fn(&MemFs)) {
    let states = states();
    let complete = MemFs::new();
    assert_eq!(run(&complete), STEPS.len());
    let operations = complete.operations();
    assert!(operations > 150, "{operations}");
    for stop in 0..operations {
        let fs = MemFs::new();
        fs.stop_at(stop);
        let done = run(&fs);
        cut_power(&fs);
        let blocks = opened(&fs).unwrap();
        let context = format!("{what}: stopped at {stop}, in step {done}");
        assert!(blocks.damages().is_empty(), "{context}: {:?}", blocks.damages());
        let found = content(&blocks);
        let next = states.get(done + 1).unwrap_or(&states[done]);
        let is_known = found == states[done] || found == *next;
        // A deletion goes block by block.
        let is_between = matches!(done, 6 | 8) && lies_between(&found, &states[done], next);
        assert!(is_known || is_between, "{context}: {found:?}");
        assert_eq!(directories(&fs), shape(&blocks).len(), "{context}: {ROOT} has leftovers");
        // Every sample is in one block alone, but for the late ones that are not merged yet.
        let stored: u64 = shape(&blocks).iter().map(|block| block.3).sum();
        let seen: usize = found.values().map(BTreeMap::len).sum();
        if blocks.stats().tombstones == 0 && !(2..=3).contains(&done) {
            assert_eq!(stored, seen as u64, "{context}");
        }
        // The rest can be done as if nothing had been.
        for step in &STEPS[done..] {
            assert!(step(&blocks), "{context}");
        }
        assert_eq!(content(&blocks), states[STEPS.len()], "{context}");
    }
}

#[test]
fn a_process_that_is_killed_at_any_operation_loses_nothing() {
    check("killed", MemFs::heal);
}

#[test]
fn a_power_cut_at_any_operation_loses_nothing() {
    check("no power", |fs| fs.cut_power(0));
    check("some bytes more", |fs| fs.cut_power(100));
    check("names survive", |fs| fs.cut_power_with(true, Vec::clear));
}
