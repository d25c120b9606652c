//! What a failing disk costs: nothing that was acknowledged.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use regain_model::Timestamp;
use regain_storage::fs::MemFs;
use regain_tsdb::{Db, Options, Retention};

use crate::crash::{
    Ledger, Step, commit, goes_on, held, operations, other_step, restart, script, small,
};
use crate::store::{assert_same, content, lane, open_with, series};

#[test]
fn one_failure_at_any_operation_costs_nothing_acknowledged() {
    for failing in 0..operations() {
        let fs = MemFs::new();
        fs.fail_at(failing);
        let opened = Db::open(Path::new("/data"), Arc::new(fs.clone()), small());
        let mut db = opened.map_or_else(|_| open_with(&fs, small()).0, |(db, _)| db);
        let mut ledger = Ledger::default();
        let mut now = 0;
        for step in script() {
            match &step {
                Step::Batch(..) => {
                    let samples = commit(&db, &step, 0.0).or_else(|_| {
                        // The writer comes again with other values, which must not meet the first.
                        db.tick(Timestamp(now)).unwrap();
                        assert!(!db.is_read_only());
                        commit(&db, &step, 0.25)
                    });
                    ledger.batches.push(samples.unwrap());
                }
                Step::Tick(time) => now = *time,
                Step::Restart => {
                    db = restart(&fs, db).unwrap_or_else(|_| open_with(&fs, small()).0);
                }
                _ => {}
            }
            if other_step(&db, &step).is_err() {
                db.tick(Timestamp(now)).unwrap();
                other_step(&db, &step).unwrap();
            }
        }
        let found = content(&db);
        assert_eq!(held(&found, &ledger), ledger.batches.len(), "after {failing} failed");
        drop(db);
        let (db, report) = open_with(&fs, small());
        assert_eq!(content(&db), found, "after {failing} failed");
        assert_eq!(report.damage, [], "after {failing} failed");
        goes_on(&fs, db, &found, &format!("{failing} failed"));
    }
}

#[test]
fn a_disk_that_stays_broken_ends_appending_and_not_reading() {
    let fs = MemFs::new();
    let db = open_with(&fs, small()).0;
    let batch = |time| Step::Batch(1, vec![(time, vec![0, 1, 2])], vec![]);
    commit(&db, &batch(1000), 0.0).unwrap();
    let before = content(&db);
    fs.fail_appends(".wal");
    commit(&db, &batch(2000), 0.0).unwrap_err();
    assert!(db.is_read_only());
    commit(&db, &batch(3000), 0.0).unwrap_err();
    db.tick(Timestamp(3000)).unwrap_err();
    assert_eq!(content(&db), before);
    fs.heal();
    db.tick(Timestamp(4000)).unwrap();
    commit(&db, &batch(2000), 0.0).unwrap();
    let after = content(&db);
    drop(db);
    assert_eq!(content(&open_with(&fs, small()).0), after);
}

#[test]
fn a_failed_sync_moves_on_to_a_new_file() {
    let fs = MemFs::new();
    let db = open_with(&fs, small()).0;
    let batch = |time| Step::Batch(1, vec![(time, vec![0, 1, 2])], vec![]);
    commit(&db, &batch(1000), 0.0).unwrap();
    fs.fail_syncs(".wal");
    db.sync().unwrap_err();
    assert!(db.is_read_only());
    commit(&db, &batch(2000), 0.0).unwrap_err();
    fs.heal();
    db.tick(Timestamp(3000)).unwrap();
    commit(&db, &batch(3000), 0.0).unwrap();
    db.sync().unwrap();
    // What the file held that could not be synced is in a segment by now.
    let before = content(&db);
    drop(db);
    fs.cut_power(0);
    assert_eq!(content(&open_with(&fs, small()).0), before);
}

#[test]
fn a_full_disk_stops_growing_memory_and_recovers() {
    let fs = MemFs::new();
    let options = Options { head_bytes_max: 4000, ..small() };
    let db = open_with(&fs, options).0;
    fs.fail_appends(".segment");
    let mut time = 0;
    let mut append = |db: &Db| {
        time += 1000;
        let mut appender = lane(db, 1);
        let refs: Vec<_> = (0..40).map(|at| appender.series(&series(at)).unwrap()).collect();
        let mut refused = Vec::new();
        appender.stage_row(Timestamp(time), &refs, &[1.5; 40], &mut refused);
        appender.commit().unwrap();
        (time, refused)
    };
    let mut failures = 0;
    while append(&db).1.is_empty() {
        failures += usize::from(db.tick(Timestamp(0)).is_err());
        assert!(failures < 1000, "memory grows without a limit");
    }
    assert!(failures > 0 && db.stats().over_limit == 40);
    fs.heal();
    db.tick(Timestamp(0)).unwrap();
    let (time, refused) = append(&db);
    assert_eq!(refused, []);
    assert!(content(&db).values().all(|samples| samples.last().unwrap().0 == time));
    assert!(!fs.paths().iter().any(|path| path.extension().is_some_and(|tail| tail == "tmp")));
}

/// Rows of one number, as many as the writer has got through: the number and whether it was acknowledged.
type Rows = BTreeMap<i64, bool>;

#[test]
fn writers_side_by_side_meet_a_failure() {
    const WRITERS: usize = 4;
    for failing in 0..60 {
        let fs = MemFs::new();
        let (db, _) = open_with(&fs, Options { retention: Retention::ENDLESS, ..small() });
        fs.fail_at(fs.operations() + failing);
        let rows: Mutex<Vec<Rows>> = Mutex::new(vec![Rows::new(); WRITERS]);
        let running = AtomicUsize::new(WRITERS);
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (db, rows, running) = (&db, &rows, &running);
                scope.spawn(move || {
                    for row in 0..25 {
                        let mut appender = lane(db, writer);
                        let refs: Vec<_> = (writer * 10..writer * 10 + 5)
                            .map(|at| appender.series(&series(at)).unwrap())
                            .collect();
                        let (time, values) = (Timestamp(row), [row as f64; 5]);
                        let mut refused = Vec::new();
                        appender.stage_row(time, &refs, &values, &mut refused);
                        assert_eq!(refused, [], "nobody takes a series from its writer");
                        let done = appender.commit().is_ok();
                        rows.lock().unwrap()[writer].insert(row, done);
                    }
                    running.fetch_sub(1, Ordering::SeqCst);
                });
            }
            let mut now = 0;
            while running.load(Ordering::SeqCst) > 0 {
                now += 1000;
                // One of these may be what fails.
                drop((db.sync(), db.tick(Timestamp(now))));
            }
        });
        db.tick(Timestamp(1_000_000)).unwrap();
        let found = content(&db);
        for (writer, rows) in rows.into_inner().unwrap().into_iter().enumerate() {
            let acknowledged: Vec<i64> =
                rows.into_iter().filter(|(_, done)| *done).map(|(row, _)| row).collect();
            for at in writer * 10..writer * 10 + 5 {
                let samples = found.get(&series(at).to_string()).cloned().unwrap_or_default();
                let times: Vec<i64> = samples.iter().map(|sample| sample.0).collect();
                assert_eq!(times, acknowledged, "writer {writer} when {failing} failed");
            }
        }
        drop(db);
        let (db, report) = open_with(&fs, Options { retention: Retention::ENDLESS, ..small() });
        assert_eq!(report.damage, []);
        assert_same(&content(&db), &found, &format!("{failing} failed"));
    }
}
