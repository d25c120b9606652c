//! What is left when the process or the power ends at any operation.

mod disk;
mod exemplars;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use regain_model::{Matcher, Span, Timestamp};
use regain_storage::Result;
use regain_storage::fs::MemFs;
use regain_tsdb::{Db, Options, Retention, Stats};

use crate::store::{
    Content, append_row, assert_same, content, key_of, lane as lane_of, open_with, options, series,
    value,
};
use disk::Disk;

const RETENTION_MS: i64 = 14_000;

/// The times between which samples are deleted.
const DELETED: (i64, i64) = (33_000, 38_000);

pub(crate) fn small() -> Options {
    Options {
        period_ms: 10_000,
        retention: Retention::of_ms(RETENTION_MS),
        wal_file_bytes_max: 700,
        exemplars_max: exemplars::MAX,
        seal_silence_ms: i64::MAX,
        ..options()
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A batch of a lane: rows of series, and samples with times of their own.
    Batch(usize, Vec<(i64, Vec<usize>)>, Vec<(usize, i64)>),
    Tick(i64),
    Sync,
    Seal,
    Merge,
    /// Moves the series that nobody writes out of memory.
    Evict,
    /// Deletes what [`is_deleted`] says.
    Delete,
    /// Stops cleanly and opens the store again.
    Restart,
}

/// Everything that a store does, in an order that makes it all happen: new series, several lanes, a
/// series of two lanes, rows that are filled, own times, seals, ends of periods, series that leave memory and come back,
/// and such that leave for good until the series log is written anew, merges, a delete, retention, and clean stops.
pub(crate) fn script() -> Vec<Step> {
    let mut steps = vec![Step::Tick(0)];
    for at in 0..50_i64 {
        let t = at * 1000;
        let scraped = if at < 4 { 0..6 } else { 0..8 };
        let own = if at % 4 == 1 { vec![(20, t - 400)] } else { vec![] };
        steps.push(Step::Batch(1, vec![(t, scraped.collect())], own));
        if at < 12 {
            // These series leave, and most labels with them; the third belongs to the first lane, too.
            let mut leaving: Vec<usize> = (30..60).collect();
            leaving.push(3);
            steps.push(Step::Batch(2, vec![(t + 300, leaving)], vec![]));
        } else if at == 19 || at > 44 {
            // Some of them come back while their samples are there, others when they are not.
            steps.push(Step::Batch(2, vec![(t + 300, vec![30, 31])], vec![]));
        }
        let pushed = vec![(t, vec![9, 10]), (t + 500, vec![9, 10])];
        steps.push(Step::Batch(0, pushed, vec![]));
        steps.push(Step::Batch(0, vec![], vec![(11, t)]));
        match at % 6 {
            1 => steps.push(Step::Sync),
            3 => steps.push(Step::Tick(t)),
            4 if at % 4 == 0 => steps.push(Step::Seal),
            5 => steps.push(Step::Merge),
            _ => {}
        }
        match at {
            14 | 20 | 40 => steps.push(Step::Evict),
            16 | 46 => steps.push(Step::Restart),
            42 => steps.push(Step::Delete),
            _ => {}
        }
    }
    // What is deleted leaves the files one by one.
    steps.extend([Step::Seal, Step::Merge, Step::Merge, Step::Merge, Step::Merge, Step::Merge]);
    steps
}

/// Whether a sample is one of those that the script deletes.
pub(crate) fn is_deleted(series: &str, time: i64) -> bool {
    series.contains("__name__=\"b\"") && (DELETED.0..=DELETED.1).contains(&time)
}

/// The samples of one batch.
pub(crate) type Samples = Vec<(String, i64, u64)>;

/// What was acknowledged, batch by batch, and the batch whose commit failed.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) batches: Vec<Samples>,
    failed: Option<Samples>,
    /// The exemplars of all these batches, one each.
    exemplars: Vec<String>,
    /// The number of batches that a sync has made durable.
    synced: usize,
    /// Whether the delete has come back.
    has_deleted: bool,
}

fn sample_of(number: usize, time: i64, salt: f64) -> (f64, (String, i64, u64)) {
    let value = value(number, time) + salt;
    (value, (key_of(&series(number)), time, value.to_bits()))
}

/// Commits a batch; the error comes with the samples that were not acknowledged.
#[expect(clippy::panic_in_result_fn, reason = "a broken promise fails the test")]
pub(crate) fn commit(db: &Db, step: &Step, salt: f64) -> std::result::Result<Samples, Samples> {
    let Step::Batch(lane, rows, own) = step else { unreachable!("only batches are committed") };
    let mut appender = lane_of(db, *lane);
    let mut samples = Vec::new();
    for (time, numbers) in rows {
        let refs: Vec<_> =
            numbers.iter().map(|&number| appender.series(&series(number)).unwrap()).collect();
        let row: Vec<_> = numbers.iter().map(|&number| sample_of(number, *time, salt)).collect();
        let values: Vec<f64> = row.iter().map(|sample| sample.0).collect();
        let mut refused = Vec::new();
        appender.stage_row(Timestamp(*time), &refs, &values, &mut refused);
        assert_eq!(refused, []);
        samples.extend(row.into_iter().map(|sample| sample.1));
    }
    for &(number, time) in own {
        let reference = appender.series(&series(number)).unwrap();
        let (value, sample) = sample_of(number, time, salt);
        let verdict = appender.stage(reference, Timestamp(time), value);
        assert_eq!(verdict, regain_storage::Verdict::Accepted);
        samples.push(sample);
    }
    if let Some((number, exemplar)) = exemplars::exemplar_of(step) {
        let reference = appender.series(&series(number)).unwrap();
        let verdict = appender.stage_exemplar(reference, exemplar);
        assert_eq!(verdict, regain_storage::ExemplarVerdict::Accepted);
    }
    match appender.commit() {
        Ok(committed) => {
            assert_eq!(committed.samples, samples.len() as u64);
            Ok(samples)
        }
        Err(_) => Err(samples),
    }
}

pub(crate) fn other_step(db: &Db, step: &Step) -> Result<()> {
    match step {
        Step::Tick(now) => db.tick(Timestamp(*now)),
        Step::Sync => db.sync(),
        Step::Seal => db.seal(),
        Step::Merge => db.merge(&|| true).map(drop),
        Step::Evict => db.evict_unused(),
        Step::Delete => {
            let span = Span::new(Timestamp(DELETED.0), Timestamp(DELETED.1));
            db.delete(&[Matcher::equal("__name__", "b")], span).map(drop)
        }
        Step::Batch(..) | Step::Restart => Ok(()),
    }
}

/// Stops a store cleanly and opens it again.
pub(crate) fn restart(fs: &MemFs, db: Db) -> Result<Db> {
    let closed = db.close();
    drop(db);
    closed?;
    Ok(Db::open(Path::new("/data"), Arc::new(fs.clone()), small())?.0)
}

/// Runs the script until something fails.
fn run(fs: &MemFs) -> Ledger {
    let mut ledger = Ledger::default();
    let opened = Db::open(Path::new("/data"), Arc::new(fs.clone()), small());
    let Ok((mut db, _)) = opened else { return ledger };
    for step in script() {
        if let Step::Restart = step {
            // What is closed is durable as a whole; until then, it need not be.
            let Ok(reopened) = restart(fs, db) else { return ledger };
            db = reopened;
            ledger.synced = ledger.batches.len();
        } else if let Step::Batch(..) = step {
            ledger.exemplars.extend(
                exemplars::exemplar_of(&step).map(|(_, exemplar)| exemplars::trace_of(&exemplar)),
            );
            match commit(&db, &step, 0.0) {
                Ok(samples) => ledger.batches.push(samples),
                Err(samples) => {
                    ledger.failed = Some(samples);
                    return ledger;
                }
            }
        } else if other_step(&db, &step).is_err() {
            return ledger;
        } else if let Step::Sync = step {
            ledger.synced = ledger.batches.len();
        } else if let Step::Delete = step {
            ledger.has_deleted = true;
        }
    }
    ledger
}

/// How many of the batches the content holds. They must be the first ones, each as a whole, and
/// nothing else may be there; only retention may have taken samples.
pub(crate) fn held(content: &Content, ledger: &Ledger) -> usize {
    let mut known = BTreeMap::new();
    let batches: Vec<&Samples> = ledger.batches.iter().chain(&ledger.failed).collect();
    for (at, batch) in batches.iter().enumerate() {
        for (series, time, bits) in *batch {
            known.insert((series.as_str(), *time), (*bits, at));
        }
    }
    let newest = known.keys().map(|key| key.1).max().unwrap_or(0);
    let (mut count, mut deleted_left, mut deleted_all) = (0, 0, 0);
    for (series, samples) in content {
        for (time, bits) in samples {
            let (expected, at) = known[&(series.as_str(), *time)];
            assert_eq!(*bits, expected, "{series} at {time}");
            assert!(!ledger.has_deleted || !is_deleted(series, *time), "{series} at {time}");
            deleted_left += usize::from(is_deleted(series, *time));
            count = count.max(at + 1);
        }
    }
    for (series, time, _) in batches[..count].iter().copied().flatten() {
        let is_there = content
            .get(series)
            .is_some_and(|samples| samples.binary_search_by_key(time, |sample| sample.0).is_ok());
        let may_lack = *time <= newest - RETENTION_MS || is_deleted(series, *time);
        assert!(is_there || may_lack, "{series} at {time} of {count}");
        deleted_all += usize::from(is_deleted(series, *time) && *time > newest - RETENTION_MS);
    }
    // A delete happens as a whole or not at all.
    assert!(deleted_left == 0 || deleted_left >= deleted_all, "{deleted_left} of {deleted_all}");
    count
}

/// Appends to every lane, seals and opens again: the store is as good as new.
pub(crate) fn goes_on(fs: &MemFs, db: Db, before: &Content, context: &str) {
    let mut expected = before.clone();
    for (lane, time) in (0..3).zip(100_000..) {
        let step = Step::Batch(lane, vec![(time, (0..12).collect())], vec![]);
        for (series, time, bits) in commit(&db, &step, 0.5).unwrap() {
            expected.entry(series).or_default().push((time, bits));
        }
    }
    assert_same(&content(&db), &expected, context);
    drop(db);
    let endless = Options { retention: Retention::ENDLESS, ..small() };
    let (db, report) = open_with(fs, endless.clone());
    assert_eq!(report.damage, []);
    assert_same(&content(&db), &expected, context);
    db.remove_unused().unwrap();
    assert_same(&content(&db), &expected, context);
    db.evict_unused().unwrap();
    assert_eq!(db.stats().head.series, 0, "{context}");
    assert_same(&content(&db), &expected, context);
    while db.merge(&|| true).unwrap() {}
    assert_same(&content(&db), &expected, context);
    drop(db);
    let (db, report) = open_with(fs, endless);
    assert_eq!((report.damage, report.samples), (vec![], 0), "{context}");
    assert_same(&content(&db), &expected, context);
}

pub(crate) fn operations() -> u64 {
    let fs = MemFs::new();
    let ledger = run(&fs);
    assert!(ledger.failed.is_none(), "the script runs to its end");
    fs.operations()
}

#[test]
fn the_script_does_all_that_a_store_does() {
    let fs = MemFs::new();
    let mut db = open_with(&fs, small()).0;
    let (mut logs, mut renewed, mut deleted) = (BTreeSet::new(), false, false);
    let mut archives = BTreeSet::new();
    let mut lives = Vec::new();
    for step in script() {
        match &step {
            Step::Batch(..) => drop(commit(&db, &step, 0.0).unwrap()),
            Step::Restart => {
                lives.push(db.stats());
                db = restart(&fs, db).unwrap();
            }
            other => other_step(&db, other).unwrap(),
        }
        for path in fs.paths() {
            logs.insert(path.clone());
            deleted |= path.extension().is_some_and(|tail| tail == "deletes");
            if path.extension().is_some_and(|tail| tail == "archive") {
                archives.insert(path.clone());
            }
            renewed |= path.ends_with("regain/00000002.series");
        }
    }
    lives.push(db.stats());
    let sum = |of: fn(&Stats) -> u64| lives.iter().map(of).sum::<u64>();
    let seals = sum(|stats| stats.seals);
    assert_eq!(lives.len(), 3, "clean stops");
    assert!(archives.len() > 2, "series left memory: {archives:?}");
    assert!(renewed, "the series log was written anew");
    assert!(sum(|stats| stats.series_removed) >= 20, "series left: {lives:?}");
    assert!(sum(|stats| stats.merges) > 2, "segments were merged: {lives:?}");
    assert!(deleted && db.stats().series_deleted == 0, "what was deleted has left: {lives:?}");
    assert!(seals > 4 && db.stats().segments < seals, "segments were dropped");
    let wal_files = logs.iter().filter(|path| path.extension().is_some_and(|tail| tail == "wal"));
    assert!(wal_files.count() as u64 > seals + 1, "large logs were closed: {lives:?}");
}

/// What the points of the harness have shown.
#[derive(Debug, Default)]
struct Summary {
    stops: u64,
    cuts: u64,
    acknowledged: usize,
    /// Batches that the cuts have cost, none of them synced.
    lost: usize,
}

impl Summary {
    /// The process ends at an operation, as kill -9 has it.
    fn kill(&mut self, stop: u64) {
        let fs = MemFs::new();
        fs.stop_at(stop);
        let ledger = run(&fs);
        fs.heal();
        let (db, report) = open_with(&fs, small());
        let found = content(&db);
        let kept = held(&found, &ledger);
        assert!(kept >= ledger.batches.len(), "{kept} of {} at {stop}", ledger.batches.len());
        assert_eq!(report.damage, [], "at {stop}");
        exemplars::check(
            &db,
            &ledger.exemplars,
            ledger.batches.len(),
            &format!("killed at {stop}"),
        );
        goes_on(&fs, db, &found, &format!("killed at {stop}"));
        self.stops += 1;
        self.acknowledged += ledger.batches.iter().map(Vec::len).sum::<usize>();
    }

    /// The power goes at an operation.
    fn cut(&mut self, stop: u64, disk: Disk, random: &mut impl FnMut() -> usize) {
        let fs = MemFs::new();
        fs.stop_at(stop);
        let ledger = run(&fs);
        let names_remain = random() % 2 == 1;
        fs.cut_power_with(names_remain, |unsynced| disk.damage(unsynced, random));
        let db = open_with(&fs, small()).0;
        let found = content(&db);
        let kept = held(&found, &ledger);
        assert!(kept >= ledger.synced, "{kept} of {} at {stop}", ledger.synced);
        exemplars::check(
            &db,
            &ledger.exemplars,
            ledger.synced,
            &format!("cut at {stop} with {disk:?}"),
        );
        goes_on(&fs, db, &found, &format!("cut at {stop} with {disk:?}, names {names_remain}"));
        self.cuts += 1;
        self.lost += ledger.batches.len().saturating_sub(kept);
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the summary says how many points there were")]
fn a_crash_at_any_operation_keeps_the_promise() {
    let mut seed = 7_u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 40).unwrap()
    };
    let mut summary = Summary::default();
    for (stop, disk) in (0..operations()).zip(Disk::ALL.into_iter().cycle()) {
        summary.kill(stop);
        summary.cut(stop, disk, &mut random);
    }
    let Summary { stops, cuts, acknowledged, lost } = summary;
    println!(
        "crash: {} points, {stops} stops of the process with {acknowledged} acknowledged samples and \
         none lost, {cuts} power cuts with {lost} unsynced batches lost and no synced one; nothing \
         invented, every checksum verified, every store went on",
        stops + cuts
    );
    assert!(stops + cuts >= 500 && acknowledged > 0 && lost > 0);
}

#[test]
fn what_a_killed_process_left_survives_a_power_cut_later_on() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, options());
    append_row(&db, 1, 0..4, 1000);
    drop(db);
    let (db, _) = open_with(&fs, options());
    append_row(&db, 1, 0..4, 2000);
    db.sync().unwrap();
    let before = content(&db);
    drop(db);
    fs.cut_power(0);
    // The second row was synced, and what survives is a prefix.
    assert_same(&content(&open_with(&fs, options()).0), &before, "a kill, then a cut");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn several_crashes_in_a_row_lose_nothing(stops in prop::collection::vec(2..40_u64, 1..8)) {
        let fs = MemFs::new();
        let endless = Options { retention: Retention::ENDLESS, ..small() };
        let (mut acknowledged, mut maybe) = (Content::new(), Vec::<(String, i64, u64)>::new());
        let mut steps = script().into_iter();
        for stop in stops {
            fs.stop_at(fs.operations() + stop);
            if let Ok((db, _)) =
                Db::open(Path::new("/data"), Arc::new(fs.clone()), endless.clone())
            {
                for step in steps.by_ref() {
                    let went_well = match &step {
                        Step::Batch(..) => match commit(&db, &step, 0.0) {
                            Ok(samples) => {
                                for (series, time, bits) in samples {
                                    acknowledged.entry(series).or_default().push((time, bits));
                                }
                                true
                            }
                            Err(samples) => {
                                maybe.extend(samples);
                                false
                            }
                        },
                        // Nothing is deleted here: all that was acknowledged must be there.
                        Step::Delete | Step::Restart => true,
                        other => other_step(&db, other).is_ok(),
                    };
                    if !went_well {
                        break;
                    }
                }
            }
            fs.heal();
            let (db, report) = open_with(&fs, endless.clone());
            prop_assert_eq!(&report.damage, &[]);
            let found = content(&db);
            for (series, samples) in &acknowledged {
                for sample in samples {
                    prop_assert!(found.get(series).is_some_and(|found| found.contains(sample)));
                }
            }
            for (series, samples) in &found {
                for &(time, bits) in samples {
                    let is_known = acknowledged.get(series).is_some_and(|s| s.contains(&(time, bits)))
                        || maybe.contains(&(series.clone(), time, bits));
                    prop_assert!(is_known, "{} at {}", series, time);
                }
            }
            acknowledged = found;
        }
    }
}
