//! Exemplars: bounded, in the log before they are acknowledged, there again after every kind of end.

use regain_model::{Exemplar, Labels, Matcher, Span, Timestamp};
use regain_storage::ExemplarVerdict::{self, Accepted, Known, NotKept, OutOfOrder, UnknownSeries};
use regain_storage::fs::MemFs;
use regain_storage::{Queryable as _, SeriesRef};
use regain_tsdb::{Db, Options};

use crate::store::{append_row, lane, open, open_with, options, series, value};

fn keeping(max: usize) -> Options {
    Options { exemplars_max: max, ..options() }
}

fn exemplar(trace: &str, time: i64) -> Exemplar {
    let labels = Labels::from_pairs([("trace_id", trace)]);
    Exemplar { labels, value: 0.5, time: Timestamp(time), is_timed: true }
}

/// Commits a sample of a series with an exemplar of the same time.
fn append(db: &Db, number: usize, trace: &str, time: i64) -> ExemplarVerdict {
    let mut appender = lane(db, 1);
    let reference = appender.series(&series(number)).unwrap();
    let verdict = appender.stage_exemplar(reference, exemplar(trace, time));
    let (time, value) = (Timestamp(time), value(number, time));
    appender.stage_row(time, &[reference], &[value], &mut Vec::new());
    appender.commit().unwrap();
    verdict
}

/// Traces with their times, series by series: `a b|c`.
fn traces(db: &Db) -> String {
    let found = db.exemplars(Span::ALL, &[vec![]]).unwrap();
    let series = found.iter().map(|series| {
        let traces = series.exemplars.iter().map(|e| e.labels.get("trace_id").unwrap_or_default());
        traces.collect::<Vec<_>>().join(" ")
    });
    series.collect::<Vec<_>>().join("|")
}

#[test]
fn nothing_is_kept_where_nobody_asked_for_it() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    assert!(!lane(&db, 1).keeps_exemplars());
    assert_eq!(append(&db, 0, "a", 1000), NotKept);
    assert_eq!(traces(&db), "");
}

#[test]
fn what_is_acknowledged_is_there_after_a_kill_and_what_is_rolled_back_is_not() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, keeping(10));
    assert_eq!(append(&db, 0, "a", 1000), Accepted);
    assert_eq!(append(&db, 0, "a", 1000), Known);
    assert_eq!(append(&db, 0, "b", 999), OutOfOrder);
    assert_eq!(append(&db, 1, "c", 2000), Accepted);
    let mut appender = lane(&db, 1);
    assert_eq!(appender.stage_exemplar(SeriesRef(99), exemplar("x", 1)), UnknownSeries);
    let reference = appender.series(&series(0)).unwrap();
    assert_eq!(appender.stage_exemplar(reference, exemplar("d", 3000)), Accepted);
    appender.rollback();
    // One without a sample beside it is kept, too.
    assert_eq!(appender.stage_exemplar(reference, exemplar("e", 3000)), Accepted);
    appender.commit().unwrap();
    drop((appender, db));
    let (db, report) = open_with(&fs, keeping(10));
    assert_eq!((traces(&db).as_str(), report.damage.len()), ("a e|c", 0));
    // What was the newest still is.
    assert_eq!(append(&db, 0, "e", 3000), Known);
    assert_eq!(append(&db, 0, "f", 2999), OutOfOrder);
}

#[test]
fn exemplars_outlive_seals_clean_stops_and_the_series_that_they_belong_to() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, keeping(10));
    append(&db, 0, "a", 1000);
    append(&db, 1, "b", 1000);
    db.seal().unwrap();
    append(&db, 0, "c", 2000);
    db.close().unwrap();
    drop(db);
    let (db, _) = open_with(&fs, keeping(10));
    assert_eq!(traces(&db), "a c|b");
    // Their samples are deleted, and the series leave with them.
    db.delete(&[], Span::ALL).unwrap();
    append_row(&db, 2, 4..8, 5000);
    db.seal().unwrap();
    while db.merge(&|| true).unwrap() {}
    db.remove_unused().unwrap();
    assert!(db.stats().series_removed > 0, "{:?}", db.stats());
    drop(db);
    let (db, report) = open_with(&fs, keeping(10));
    assert_eq!((traces(&db).as_str(), report.damage.len()), ("a c|b", 0));
    let selector = vec![Matcher::equal("__name__", "b")];
    assert_eq!(db.exemplars(Span::ALL, &[selector]).unwrap().len(), 1);
}

#[test]
fn fewer_or_none_are_kept_at_once_and_from_the_next_start_on() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, keeping(4));
    for (at, trace) in (1..).zip(["a", "b", "c", "d", "e", "f"]) {
        append(&db, 0, trace, at * 1000);
    }
    assert_eq!(traces(&db), "c d e f");
    db.set_exemplars_max(2);
    assert_eq!(traces(&db), "e f");
    drop(db);
    let (db, _) = open_with(&fs, keeping(3));
    assert_eq!(traces(&db), "d e f");
    let stats = db.exemplar_stats();
    assert_eq!((stats.max, stats.count, stats.series, stats.oldest_ms), (3, 3, 1, 4000));
    db.set_exemplars_max(0);
    assert_eq!(append(&db, 0, "g", 9000), NotKept);
    db.close().unwrap();
    drop(db);
    // What nobody wanted when the store was stopped is gone.
    let (db, _) = open_with(&fs, keeping(3));
    assert_eq!(traces(&db), "");
    assert_eq!(append(&db, 0, "h", 10_000), Accepted);
    drop(db);
    assert_eq!(traces(&open_with(&fs, keeping(3)).0), "h");
}

#[test]
fn late_ones_are_taken_within_the_window_and_are_there_again() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, keeping(10));
    append(&db, 0, "c", 9000);
    assert_eq!(append(&db, 0, "a", 5000), OutOfOrder);
    db.set_late_max(5000);
    assert_eq!(append(&db, 0, "b", 5000), Accepted);
    drop(db);
    assert_eq!(traces(&open_with(&fs, keeping(10)).0), "b c");
}

#[test]
fn a_ring_that_is_logged_while_batches_are_committed_loses_none() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, keeping(1000));
    std::thread::scope(|scope| {
        for number in 0..4_usize {
            let db = db.clone();
            scope.spawn(move || {
                let mut appender = lane(&db, number);
                let reference = appender.series(&series(number)).unwrap();
                for at in 0..50_i64 {
                    let trace = exemplar(&format!("{number}-{at}"), at);
                    assert_eq!(appender.stage_exemplar(reference, trace), Accepted);
                    appender.stage_row(Timestamp(at), &[reference], &[1.0], &mut Vec::new());
                    appender.commit().unwrap();
                }
            });
        }
        for _ in 0..10 {
            db.seal().unwrap();
        }
    });
    drop(db);
    let (db, _) = open_with(&fs, keeping(1000));
    assert_eq!(traces(&db).split(['|', ' ']).count(), 200);
}
