//! What a store does before its log is read, and what becomes of it then.

use std::future::Future as _;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use regain_model::{Matcher, Span, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::{Appendable as _, Error, Gate, Queryable as _, Result};
use regain_tsdb::{Db, UnreadLog};

use crate::store::{
    Content, append_row, assert_same, content, content_of, ctx, lane_key, open, options, warnings,
};

/// The rows up to this time are sealed.
const SEALED_MS: i64 = 3000;
/// The rows up to this time are in the log.
const LOGGED_MS: i64 = 6000;

/// A store whose process was killed, and what it has acknowledged.
fn killed() -> (MemFs, Content) {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    for time in (1..=LOGGED_MS / 1000).map(|at| at * 1000) {
        // The second series has two lanes; the last ones begin in the log.
        append_row(&db, 1, 0..4, time);
        append_row(&db, 2, 3..8, time + 1);
        if time == SEALED_MS {
            db.seal().unwrap();
        }
        if time > SEALED_MS {
            append_row(&db, 0, 8..12, time);
        }
    }
    db.sync().unwrap();
    let all = content(&db);
    (fs, all)
}

fn open_sealed(fs: &MemFs) -> (Db, UnreadLog) {
    Db::open_sealed(Path::new("/data"), Arc::new(fs.clone()), options()).unwrap()
}

/// What of a content is sealed.
fn sealed_of(all: &Content) -> Content {
    let sealed = |samples: &[(i64, u64)]| {
        let kept = samples.iter().copied().filter(|sample| sample.0 <= SEALED_MS + 1);
        kept.collect::<Vec<_>>()
    };
    let series = all.iter().map(|(series, samples)| (series.clone(), sealed(samples)));
    series.filter(|(_, samples)| !samples.is_empty()).collect()
}

/// Whether those may pass who wait.
fn passes(gate: &Gate) -> Poll<bool> {
    pin!(gate.pass()).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn what_is_sealed_is_answered_with_a_warning_before_the_log_is_read() {
    let (fs, all) = killed();
    let (db, log) = open_sealed(&fs);
    assert!(!db.is_whole());
    assert_same(&content(&db), &sealed_of(&all), "sealed");
    let partial = "the result may be partial: 0% of the log is read again since the start";
    assert_eq!(warnings(&db, Span::ALL), [partial]);
    let (mark, _) = db.snapshot(Span::ALL, &ctx()).unwrap().changed_since(0);

    let report = log.replay().unwrap();
    assert!(db.is_whole());
    assert!(report.samples > 0 && report.damage.is_empty(), "{report:?}");
    assert_same(&content(&db), &all, "whole");
    assert_eq!(warnings(&db, Span::ALL), Vec::<String>::new());
    let (_, changed) = db.snapshot(Span::ALL, &ctx()).unwrap().changed_since(mark);
    assert_eq!(changed, Some(Timestamp(SEALED_MS + 1000)), "the earliest of what has come");
}

#[test]
fn nothing_is_taken_or_changed_before_the_log_is_read() {
    let (fs, all) = killed();
    let (db, log) = open_sealed(&fs);
    let gate = db.gate();
    assert_eq!(passes(&gate), Poll::Pending);
    let before = fs.operations();
    let far = Span::new(Timestamp::MIN, Timestamp::MAX);
    let tried: [(&str, Result<()>); 7] = [
        ("append", db.appender(&lane_key(1)).map(drop)),
        ("tick", db.tick(Timestamp(1_000_000))),
        ("sync", db.sync()),
        ("seal", db.seal()),
        ("merge", db.merge(&|| true).map(drop)),
        ("delete", db.delete(&[Matcher::equal("__name__", "a")], far).map(drop)),
        ("remove", db.remove_unused()),
    ];
    for (what, outcome) in tried {
        assert!(matches!(outcome, Err(Error::Replaying)), "{what}: {outcome:?}");
    }
    assert_eq!(fs.operations(), before, "no file was touched");

    log.replay().unwrap();
    assert_eq!(passes(&gate), Poll::Ready(true));
    assert_eq!(passes(&db.gate()), Poll::Ready(true));
    append_row(&db, 1, 0..4, LOGGED_MS + 1000);
    append_row(&db, 0, 8..12, LOGGED_MS + 1000);
    let more = content(&db);
    let until = Span::new(Timestamp::MIN, Timestamp(LOGGED_MS + 1));
    assert_same(&content_of(&db, &[], until), &all, "what was there");
    db.seal().unwrap();
    db.remove_unused().unwrap();
    drop(db);
    assert_same(&content(&open(&fs).0), &more, "after another start");
}

#[test]
fn starts_that_end_before_their_log_is_read_lose_nothing() {
    let (fs, all) = killed();
    for round in 0..4 {
        let (db, log) = open_sealed(&fs);
        let gate = db.gate();
        if round % 2 == 0 {
            drop(log);
        } else {
            db.close().unwrap();
            assert!(matches!(log.replay(), Err(Error::Closed)));
        }
        assert_eq!(passes(&gate), Poll::Ready(false));
        assert!(!db.is_whole());
    }
    let (db, report) = open(&fs);
    assert_eq!(report.damage, []);
    assert_same(&content(&db), &all, "the fifth start");
}

#[test]
fn a_log_that_cannot_be_read_stays_for_the_next_start() {
    let (fs, all) = killed();
    let (db, log) = open_sealed(&fs);
    let gate = db.gate();
    fs.fail_reads(".wal");
    assert!(matches!(log.replay(), Err(Error::Io { operation: "read", .. })));
    assert_eq!(passes(&gate), Poll::Ready(false));
    assert_same(&content(&db), &sealed_of(&all), "sealed");
    assert_eq!(warnings(&db, Span::ALL).len(), 1);
    drop(db);
    fs.heal_failures();
    assert_same(&content(&open(&fs).0), &all, "the next start");
}

#[test]
fn a_start_that_ends_at_any_operation_leaves_everything_to_the_next() {
    let operations = {
        let (fs, _) = killed();
        let before = fs.operations();
        open(&fs);
        fs.operations() - before
    };
    assert!(operations > 10, "{operations}");
    for stop in 0..operations {
        for cuts_power in [false, true] {
            let (fs, all) = killed();
            fs.stop_at(fs.operations() + stop);
            let opened = Db::open_sealed(Path::new("/data"), Arc::new(fs.clone()), options());
            if let Ok((db, log)) = opened {
                assert_same(&content(&db), &sealed_of(&all), &format!("sealed at {stop}"));
                assert!(log.replay().is_err(), "stopped at {stop}");
            }
            if cuts_power {
                fs.cut_power(0);
            } else {
                fs.heal();
            }
            let (db, report) = open(&fs);
            assert_eq!(report.damage, [], "at {stop}");
            assert_same(&content(&db), &all, &format!("at {stop}, power cut: {cuts_power}"));
        }
    }
}

#[test]
fn an_answer_without_a_warning_is_whole_whenever_it_was_asked_for() {
    let (fs, all) = killed();
    let sealed = sealed_of(&all);
    let (db, log) = open_sealed(&fs);
    let asked = std::thread::spawn(move || {
        loop {
            let is_warned = !warnings(&db, Span::ALL).is_empty();
            let found = content(&db);
            if !is_warned {
                return assert_same(&found, &all, "without a warning");
            }
            for (series, samples) in &sealed {
                assert!(found.get(series).is_some_and(|found| found.starts_with(samples)));
            }
        }
    });
    log.replay().unwrap();
    asked.join().unwrap();
}
