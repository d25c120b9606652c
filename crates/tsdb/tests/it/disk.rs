//! A disk that is full, fails or cannot be changed: the store answers queries, says what is wrong, and takes
//! samples again as soon as it can.

use std::path::PathBuf;

use regain_model::Timestamp;
use regain_storage::fs::MemFs;
use regain_storage::{Committed, Error, Result, Trouble, Verdict};
use regain_tsdb::{Db, Health, Options, Retention};

use crate::store::{assert_same, content, lane, open_with, options, series};

/// What is kept in reserve, and what has to be free beside it before a store takes samples again.
const ROOM_BYTES: usize = 1 << 20;

#[expect(clippy::panic_in_result_fn, reason = "a broken promise fails the test")]
fn append(db: &Db, time: i64) -> Result<Committed> {
    let mut appender = lane(db, 1);
    let refs: Result<Vec<_>> = (0..20).map(|at| appender.series(&series(at))).collect();
    let mut refused = Vec::new();
    appender.stage_row(Timestamp(time), &refs?, &[time as f64; 20], &mut refused);
    assert!(refused.is_empty(), "{refused:?}");
    appender.commit()
}

fn trouble(db: &Db) -> (Option<Trouble>, bool) {
    let Health { trouble, is_read_only, .. } = db.health();
    (trouble, is_read_only)
}

const WELL: (Option<Trouble>, bool) = (None, false);

fn logs(fs: &MemFs) -> Vec<(PathBuf, Vec<u8>)> {
    let is_log = |path: &PathBuf| path.extension().is_some_and(|tail| tail == "wal");
    let logs = fs.paths().into_iter().filter(is_log);
    logs.map(|path| (path.clone(), fs.bytes(&path).unwrap())).collect()
}

#[test]
fn a_full_disk_is_answered_from_and_written_to_again_when_there_is_room() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, options());
    append(&db, 1000).unwrap();
    fs.set_capacity(Some(fs.used() + 2000));
    let mut time = 1000;
    let error = loop {
        time += 1000;
        if let Err(error) = append(&db, time) {
            break error;
        }
    };
    assert!(matches!(error, Error::Io { operation: "write", .. }), "{error}");
    let before = content(&db);
    assert_eq!(
        before.values().map(Vec::len).max(),
        Some(usize::try_from(time / 1000).unwrap() - 1)
    );
    for later in 1..20 {
        assert_eq!(trouble(&db), (Some(Trouble::DiskFull), true));
        let error = append(&db, time + later * 1000).unwrap_err();
        assert!(matches!(error, Error::ReadOnly(Trouble::DiskFull)), "{error}");
        assert_eq!(error.to_string(), "the store takes no samples for now: the disk is full");
        db.tick(Timestamp(later)).unwrap_err();
        db.sync().unwrap_err();
        assert_same(&content(&db), &before, "queries are answered");
    }
    assert_eq!(db.stats().unwritten, 20 * 20, "they are counted");
    let is_room = |path: &PathBuf| path.ends_with("room.tmp") || path.ends_with("reserve");
    assert_eq!(fs.paths().iter().filter(|path| is_room(path)).count(), 0, "nothing takes room");
    // A little room would be full again at once.
    fs.set_capacity(Some(fs.used() + 2 * ROOM_BYTES - 1));
    db.tick(Timestamp(20)).unwrap_err();
    assert_eq!(trouble(&db), (Some(Trouble::DiskFull), true));
    fs.set_capacity(Some(fs.used() + 2 * ROOM_BYTES + 10_000));
    db.tick(Timestamp(21)).unwrap();
    assert_eq!(trouble(&db), WELL);
    append(&db, time).unwrap();
    let after = content(&db);
    assert!(after.values().all(|samples| samples.last().unwrap().0 == time));
    drop(db);
    let (db, report) = open_with(&fs, options());
    assert_eq!(report.damage, []);
    assert_same(&content(&db), &after, "after a restart");
}

#[test]
fn a_store_opens_on_a_full_disk() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, options());
    db.tick(Timestamp(0)).unwrap();
    append(&db, 1000).unwrap();
    fs.set_capacity(Some(fs.used()));
    append(&db, 2000).unwrap_err();
    let before = content(&db);
    db.close().unwrap_err();
    drop(db);
    let (db, report) = open_with(&fs, options());
    assert_eq!(report.damage, []);
    assert_same(&content(&db), &before, "nothing was lost");
    db.tick(Timestamp(1)).unwrap_err();
    assert_eq!(trouble(&db).0, Some(Trouble::DiskFull));
    fs.set_capacity(None);
    db.tick(Timestamp(2)).unwrap();
    assert_eq!(trouble(&db), WELL);
}

#[test]
fn room_that_retention_makes_is_used() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, options());
    db.tick(Timestamp(0)).unwrap();
    for part in 0..4 {
        for row in 0..10 {
            append(&db, part * 10_000_000 + row * 1000).unwrap();
        }
        db.seal().unwrap();
    }
    // Not a byte is left, so that not even the manifest can be written.
    fs.set_capacity(Some(fs.used()));
    append(&db, 50_000_000).unwrap_err();
    assert_eq!((trouble(&db), db.stats().segments), ((Some(Trouble::DiskFull), true), 4));
    db.set_retention(Retention::of_ms(15_000_000));
    db.tick(Timestamp(1)).unwrap_err();
    assert_eq!(db.stats().segments, 2, "the reserve is for that");
}

#[test]
fn a_log_that_failed_is_never_written_again() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, options());
    append(&db, 1000).unwrap();
    fs.fail_syncs(".wal");
    db.sync().unwrap_err();
    assert_eq!(trouble(&db), (Some(Trouble::DiskFailure), true));
    let failed = logs(&fs).pop().unwrap();
    let error = append(&db, 2000).unwrap_err();
    assert!(matches!(error, Error::ReadOnly(Trouble::DiskFailure)), "{error}");
    db.sync().unwrap_err();
    db.tick(Timestamp(1)).unwrap_err();
    assert_eq!(fs.bytes(&failed.0), Some(failed.1), "the file that failed");
    fs.heal_failures();
    db.tick(Timestamp(2)).unwrap();
    assert_eq!(trouble(&db), WELL);
    append(&db, 3000).unwrap();
    assert!(logs(&fs).iter().all(|log| log.0 > failed.0), "another file, and the first has gone");
}

#[test]
fn a_directory_that_becomes_read_only_takes_samples_while_it_can() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, Options { head_bytes_max: 20_000, ..options() });
    append(&db, 1000).unwrap();
    fs.make_read_only(true);
    let mut time = 1000;
    let mut refused = Vec::new();
    while refused.is_empty() {
        time += 1000;
        let mut appender = lane(&db, 1);
        let refs: Vec<_> = (0..20).map(|at| appender.series(&series(at)).unwrap()).collect();
        appender.stage_row(Timestamp(time), &refs, &[(time * 37 % 1001) as f64; 20], &mut refused);
        appender.commit().unwrap();
        drop(db.tick(Timestamp(time)));
    }
    assert!(refused.iter().all(|(_, verdict)| *verdict == Verdict::NoRoom), "{refused:?}");
    assert_eq!(trouble(&db), (Some(Trouble::ReadOnlyDirectory), false), "the log is still written");
    let before = content(&db);
    fs.make_read_only(false);
    db.tick(Timestamp(time)).unwrap();
    assert_eq!(trouble(&db), WELL);
    append(&db, time).unwrap();
    drop(db);
    let after = content(&open_with(&fs, options()).0);
    assert_eq!(
        after.values().map(Vec::len).sum::<usize>(),
        before.values().map(Vec::len).sum::<usize>() + 20
    );
}

#[test]
fn a_merge_that_finds_no_room_is_told_and_tried_again() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, options());
    for part in 0..8 {
        append(&db, part * 1000).unwrap();
        db.seal().unwrap();
    }
    let before = content(&db);
    fs.set_capacity(Some(fs.used() + 100));
    db.merge(&|| true).unwrap_err();
    assert_eq!(trouble(&db), (Some(Trouble::DiskFull), false));
    assert_same(&content(&db), &before, "nothing was lost");
    fs.set_capacity(None);
    while db.merge(&|| true).unwrap() {}
    assert_eq!((trouble(&db), db.stats().segments), (WELL, 1));
    assert_same(&content(&db), &before, "after the merge");
}

#[test]
fn a_clock_that_jumps_back_keeps_nothing_from_being_sealed() {
    let hour = 3_600_000;
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, Options { seal_silence_ms: 60_000, ..options() });
    let now = 10 * hour;
    append(&db, now).unwrap();
    db.tick(Timestamp(now)).unwrap();
    // The samples have the same times as before, the clock has not.
    db.tick(Timestamp(now - hour)).unwrap();
    db.tick(Timestamp(now - hour + 59_000)).unwrap();
    assert_eq!(db.stats().segments, 0);
    db.tick(Timestamp(now - hour + 61_000)).unwrap();
    assert_eq!(db.stats().segments, 1, "a minute of silence is one, whatever the clock says");
    append(&db, now + 1).unwrap();
}
