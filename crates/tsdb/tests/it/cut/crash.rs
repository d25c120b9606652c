//! What is left in the store and in the blocks when the process or the power ends at any operation.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use regain_storage::fs::MemFs;
use regain_tsdb::{Db, Options, Retention};

use super::blocks::Blocks;
use super::{both, cut, windows};
use crate::crash::{Samples, Step, commit, is_deleted, other_step, script, small};
use crate::store::{Content, assert_same, content};

fn endless() -> Options {
    Options { retention: Retention::ENDLESS, seed: windows().seed, ..small() }
}

/// What was acknowledged.
#[derive(Debug, Default)]
struct Ledger {
    batches: Vec<Samples>,
    /// The batch whose commit failed.
    failed: Option<Samples>,
    /// How many batches a sync has made durable.
    synced: usize,
    has_deleted: bool,
    cuts: u64,
}

fn open(fs: &MemFs) -> Option<Db> {
    Db::open(Path::new("/data"), Arc::new(fs.clone()), endless()).ok().map(|opened| opened.0)
}

/// Runs the script with cuts in between until something fails. Every other clean stop cuts everything.
fn run(fs: &MemFs) -> Ledger {
    let mut ledger = Ledger::default();
    let (Some(mut db), blocks) = (open(fs), Blocks::open(fs)) else { return ledger };
    db.set_late_max(0);
    let mut stops = 0;
    for step in script() {
        match &step {
            Step::Batch(..) => match commit(&db, &step, 0.0) {
                Ok(samples) => ledger.batches.push(samples),
                Err(samples) => {
                    ledger.failed = Some(samples);
                    return ledger;
                }
            },
            Step::Restart => {
                stops += 1;
                let closed =
                    if stops % 2 == 0 { db.close_into(&blocks).map(drop) } else { db.close() };
                drop(db);
                let Some(reopened) = closed.ok().and_then(|()| open(fs)) else { return ledger };
                db = reopened;
                ledger.synced = ledger.batches.len();
            }
            other => {
                if other_step(&db, other).is_err() {
                    return ledger;
                }
                ledger.has_deleted |= matches!(other, Step::Delete);
                if matches!(other, Step::Sync) {
                    ledger.synced = ledger.batches.len();
                }
            }
        }
        if let Step::Merge | Step::Seal = step {
            match db.cut(&blocks, &|| true) {
                Ok(written) => ledger.cuts += written.blocks,
                Err(_) => return ledger,
            }
        }
    }
    ledger
}

/// How many of the batches are there: the first ones, each as a whole, and nothing else.
fn held(content: &Content, ledger: &Ledger) -> usize {
    let batches: Vec<&Samples> = ledger.batches.iter().chain(&ledger.failed).collect();
    let mut known = BTreeMap::new();
    for (at, batch) in batches.iter().enumerate() {
        known.extend(
            batch.iter().map(|(series, time, bits)| ((series.as_str(), *time), (*bits, at))),
        );
    }
    let mut count = 0;
    for (series, samples) in content {
        for (time, bits) in samples {
            let (expected, at) = known[&(series.as_str(), *time)];
            assert_eq!(*bits, expected, "{series} at {time}");
            assert!(!ledger.has_deleted || !is_deleted(series, *time), "{series} at {time}");
            count = count.max(at + 1);
        }
    }
    for (series, time, _) in batches[..count].iter().copied().flatten() {
        let is_there = content
            .get(series)
            .is_some_and(|samples| samples.binary_search_by_key(time, |sample| sample.0).is_ok());
        assert!(is_there || is_deleted(series, *time), "{series} at {time} of {count}");
    }
    count
}

/// Opens what is left, checks it, and cuts everything into blocks.
fn check(fs: &MemFs, ledger: &Ledger, at_least: usize, context: &str) {
    let (db, blocks) = (open(fs).unwrap(), Blocks::open(fs));
    let found = content(&both(&db, &blocks));
    let kept = held(&found, ledger);
    assert!(kept >= at_least, "{kept} of {at_least}, {context}");
    cut(&db, &blocks);
    assert_same(&content(&both(&db, &blocks)), &found, context);
    while db.merge(&|| true).unwrap() {}
    assert_same(&content(&both(&db, &blocks)), &found, context);
    db.close_into(&blocks).unwrap();
    drop(db);
    assert_same(&content(&Blocks::open(fs)), &found, context);
    assert_eq!(content(&open(fs).unwrap()), Content::new(), "{context}");
}

#[test]
#[expect(clippy::print_stdout, reason = "the summary says how many points there were")]
fn a_stop_at_any_operation_loses_nothing_on_the_way_to_blocks() {
    let fs = MemFs::new();
    let whole = run(&fs);
    assert!(whole.failed.is_none() && whole.cuts >= 3, "{} blocks", whole.cuts);
    let (operations, mut acknowledged) = (fs.operations(), 0);
    for stop in 0..operations {
        for has_power in [true, false] {
            let fs = MemFs::new();
            fs.stop_at(stop);
            let ledger = run(&fs);
            if has_power {
                fs.heal();
                check(&fs, &ledger, ledger.batches.len(), &format!("killed at {stop}"));
            } else {
                fs.cut_power(usize::try_from(stop % 50).unwrap());
                check(&fs, &ledger, ledger.synced, &format!("no power at {stop}"));
            }
            acknowledged += ledger.batches.iter().map(Vec::len).sum::<usize>();
        }
    }
    println!(
        "cuts: {} points, {acknowledged} acknowledged samples, none lost on the way to blocks and none invented",
        2 * operations
    );
}
