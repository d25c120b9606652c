//! Slots, lanes and series come and go; samples and references stay true.

use std::sync::Arc;

use regain_model::{Labels, Matcher, STALE_NAN, Span, Timestamp};
use regain_storage::fs::{MemFs, RealFs};
use regain_storage::{Appendable as _, Ctx, Error, LaneKey, Queryable as _, Selection, Verdict};
use regain_tsdb::{Db, Options, Retention};

use crate::store::{
    append_row, assert_same, content, content_of, key_of, lane, open, open_with, options, read,
    series,
};

fn named(name: &str, at: usize) -> Labels {
    Labels::from_pairs([("__name__", name), ("instance", &format!("host-{at}"))])
}

#[test]
fn a_reference_that_outlived_its_series_is_refused() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    let mut appender = lane(&db, 1);
    let old = appender.series(&named("old", 0)).unwrap();
    let kept = appender.series(&named("kept", 0)).unwrap();
    appender.stage_row(Timestamp(1000), &[old, kept], &[1.0, 2.0], &mut Vec::new());
    appender.commit().unwrap();
    appender.stage_row(Timestamp(2000), &[kept], &[3.0], &mut Vec::new());
    appender.commit().unwrap();
    db.remove_unused().unwrap();
    // The slot is free, and another series gets it.
    let new = appender.series(&named("new", 0)).unwrap();
    assert_ne!(new, old);
    assert_eq!(new.0 & 0xffff_ffff, old.0 & 0xffff_ffff, "the slot is used again");
    let mut refused = Vec::new();
    appender.stage_row(Timestamp(3000), &[old, kept, new], &[9.0, 4.0, 5.0], &mut refused);
    assert_eq!(refused, [(0, Verdict::UnknownSeries)]);
    assert_eq!(appender.stage(old, Timestamp(3000), 9.0), Verdict::UnknownSeries);
    assert_eq!(appender.commit().unwrap().samples, 2);
    let found = content(&db);
    assert_eq!(found[&key_of(&named("old", 0))], [(1000, 1.0_f64.to_bits())]);
    assert_eq!(found[&key_of(&named("new", 0))], [(3000, 5.0_f64.to_bits())]);
    drop((appender, db));
    assert_same(&content(&open(&fs).0), &found, "after a restart");
}

#[test]
fn a_series_that_was_just_asked_for_keeps_its_slot() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    let mut appender = lane(&db, 1);
    let new = appender.series(&named("new", 0)).unwrap();
    db.remove_unused().unwrap();
    let mut refused = Vec::new();
    appender.stage_row(Timestamp(1000), &[new], &[1.0], &mut refused);
    assert_eq!(refused, []);
    assert_eq!(appender.commit().unwrap().samples, 1);
    // Nobody wants the series of a writer that has left.
    appender.series(&named("unwanted", 0)).unwrap();
    drop(appender);
    db.remove_unused().unwrap();
    assert_eq!(db.stats().head.series, 1);
}

#[test]
fn two_lanes_write_one_series_in_order() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    let labels = named("shared", 0);
    let (mut a, mut b) = (lane(&db, 1), lane(&db, 2));
    let (in_a, in_b) = (a.series(&labels).unwrap(), b.series(&labels).unwrap());
    for at in 0..40 {
        let (appender, series) = if at % 2 == 0 { (&mut a, in_a) } else { (&mut b, in_b) };
        appender.stage_row(Timestamp(at * 1000), &[series], &[at as f64], &mut Vec::new());
        assert_eq!(appender.commit().unwrap().samples, 1);
        if at == 19 {
            db.seal().unwrap();
        }
    }
    let expected: Vec<_> = (0..40).map(|at| (at * 1000, (at as f64).to_bits())).collect();
    assert_eq!(content(&db)[&key_of(&labels)], expected);
    // Each lane sees what the other has written.
    let newest = Timestamp(39_000);
    assert_eq!(a.stage(in_a, newest, 39.0), Verdict::Accepted);
    assert_eq!(a.stage(in_a, newest, 40.0), Verdict::Duplicate);
    assert_eq!(a.stage(in_a, Timestamp(38_500), 1.0), Verdict::OutOfOrder);
    a.rollback();
    drop((a, b, db));
    let (db, _) = open(&fs);
    assert_eq!(content(&db)[&key_of(&labels)], expected);
    let mut a = lane(&db, 1);
    let in_a = a.series(&labels).unwrap();
    assert_eq!(a.stage(in_a, Timestamp(38_500), 1.0), Verdict::OutOfOrder);
}

#[test]
fn what_two_lanes_stage_side_by_side_keeps_its_order() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    let labels = named("shared", 0);
    let (mut a, mut b) = (lane(&db, 1), lane(&db, 2));
    let (in_a, in_b) = (a.series(&labels).unwrap(), b.series(&labels).unwrap());
    let alone = a.series(&named("alone", 0)).unwrap();
    a.stage_row(Timestamp(1000), &[in_a, alone], &[1.0, 1.0], &mut Vec::new());
    b.stage_row(Timestamp(1500), &[in_b], &[2.0], &mut Vec::new());
    assert_eq!(b.commit().unwrap().samples, 1);
    assert_eq!(a.commit().unwrap().samples, 1, "the shared one is too late by now");
    assert_eq!(db.stats().out_of_order, 1);
    // A lane that learns of the sharing while its batch is under way.
    let other = named("other", 0);
    let in_a = a.series(&other).unwrap();
    a.stage_row(Timestamp(2000), &[in_a], &[3.0], &mut Vec::new());
    let in_b = b.series(&other).unwrap();
    b.stage_row(Timestamp(2000), &[in_b], &[4.0], &mut Vec::new());
    assert_eq!(a.commit().unwrap().samples, 1);
    assert_eq!(b.commit().unwrap().samples, 0);
    let found = content(&db);
    assert_eq!(found[&key_of(&labels)], [(1500, 2.0_f64.to_bits())]);
    assert_eq!(found[&key_of(&other)], [(2000, 3.0_f64.to_bits())]);
    drop((a, b, db));
    assert_same(&content(&open(&fs).0), &found, "after a restart");
}

#[test]
fn a_series_without_samples_and_slot_leaves_and_may_come_back() {
    let fs = MemFs::new();
    let retention = Options { retention: Retention::of_ms(5000), ..options() };
    let (db, _) = open_with(&fs, retention.clone());
    let append = |db: &Db, names: &[&str], time| {
        let mut appender = lane(db, 1);
        let refs: Vec<_> =
            names.iter().map(|name| appender.series(&named(name, 0)).unwrap()).collect();
        appender.stage_row(Timestamp(time), &refs, &vec![1.0; refs.len()], &mut Vec::new());
        appender.commit().unwrap();
    };
    append(&db, &["gone", "kept1", "kept2", "kept3", "kept4"], 1000);
    db.seal().unwrap();
    append(&db, &["kept1", "kept2", "kept3", "kept4"], 60_000);
    db.seal().unwrap();
    db.tick(Timestamp(60_000)).unwrap();
    db.remove_unused().unwrap();
    let head = db.stats().head;
    assert_eq!((head.series, head.series_active), (4, 0), "nobody writes them now");
    assert_eq!(db.stats().series_removed, 1);
    let ctx = Arc::new(Ctx::default());
    let names = |db: &Db, matchers: &[Matcher]| {
        let snapshot = db.snapshot(Span::ALL, &ctx).unwrap();
        snapshot.label_values("__name__", matchers, 0).unwrap()
    };
    let host = [Matcher::equal("instance", "host-0")];
    assert_eq!(names(&db, &[]), ["kept1", "kept2", "kept3", "kept4"]);
    assert_eq!(names(&db, &host), ["kept1", "kept2", "kept3", "kept4"]);
    // It comes back under another id; both definitions are in the series log now.
    append(&db, &["gone", "kept1", "kept2", "kept3", "kept4"], 61_000);
    assert_eq!(names(&db, &[]).len(), 5);
    let found = content(&db);
    assert_eq!(found[&key_of(&named("gone", 0))].len(), 1);
    drop(db);
    let (db, report) = open_with(&fs, retention.clone());
    assert_eq!((report.series_lost, report.damage.len()), (0, 0), "{report:?}");
    assert_same(&content(&db), &found, "after a restart");
    db.seal().unwrap();
    drop(db);
    assert_same(&content(&open_with(&fs, retention).0), &found, "after a seal and a restart");
}

#[test]
fn a_query_keeps_what_leaves_meanwhile() {
    let fs = MemFs::new();
    let retention = Options { retention: Retention::of_ms(5000), period_ms: 10_000, ..options() };
    let (db, _) = open_with(&fs, retention);
    db.tick(Timestamp(0)).unwrap();
    append_row(&db, 1, 0..20, 1000);
    append_row(&db, 2, 20..30, 1000);
    db.seal().unwrap();
    append_row(&db, 1, 0..10, 2000);
    let ctx = Arc::new(Ctx::default());
    let snapshot = db.snapshot(Span::ALL, &ctx).unwrap();
    let select = || read(&*snapshot, &Selection::new(&[], Span::ALL), &ctx);
    let before = select();
    assert_eq!(before.len(), 30);
    // Segments are dropped, slots and series leave, and the symbol table is built anew. Later
    // series would get the free slots.
    for time in [25_000, 35_000, 45_000_i64] {
        append_row(&db, 1, 0..4, time);
        db.tick(Timestamp(time)).unwrap();
        append_row(&db, 1, 40..60, time + 1);
        db.tick(Timestamp(time + 2)).unwrap();
    }
    assert_eq!(select(), before);
    assert_eq!(db.stats().series_removed, 0, "a query still looks at them");
    drop(snapshot);
    db.tick(Timestamp(46_000)).unwrap();
    assert!(db.stats().series_removed > 0);
    let now = content(&db);
    drop(db);
    let endless = Options { retention: Retention::ENDLESS, ..options() };
    assert_same(&content(&open_with(&fs, endless).0), &now, "after a restart");
}

#[test]
fn the_symbol_table_is_rebuilt_under_a_query() {
    let fs = MemFs::new();
    let retention = Options { retention: Retention::of_ms(5000), ..options() };
    let (db, _) = open_with(&fs, retention);
    let churn = |db: &Db, range: std::ops::Range<usize>, time| {
        let mut appender = lane(db, 1);
        let labels = range.map(|at| named("churn", at));
        let refs: Vec<_> = labels.map(|labels| appender.series(&labels).unwrap()).collect();
        appender.stage_row(Timestamp(time), &refs, &vec![1.0; refs.len()], &mut Vec::new());
        appender.commit().unwrap();
    };
    churn(&db, 0..1000, 1000);
    db.seal().unwrap();
    churn(&db, 900..1100, 60_000);
    db.seal().unwrap();
    db.tick(Timestamp(60_000)).unwrap();
    let ctx = Arc::new(Ctx::default());
    let snapshot = db.snapshot(Span::ALL, &ctx).unwrap();
    let matchers = [Matcher::equal("__name__", "churn")];
    let selection = Selection::new(&matchers, Span::ALL);
    let mut parts = snapshot.select(&selection, &ctx).unwrap();
    let before = read(&*snapshot, &selection, &ctx);
    let size = db.stats().head.index_bytes;
    db.remove_unused().unwrap();
    assert_eq!(db.stats().series_removed, 900);
    assert!(db.stats().head.index_bytes < size, "the table has become smaller");
    assert_eq!(read(&*snapshot, &selection, &ctx), before);
    let mut count = 0;
    while let Some(part) = parts.next().unwrap() {
        for meta in part.series() {
            let labels = ctx.labels.labels(meta.labels);
            assert!(before.iter().any(|(key, _)| *key == key_of(&labels)));
            count += 1;
        }
    }
    assert_eq!(count, 200);
    let values = snapshot.label_values("instance", &[], 0).unwrap();
    assert_eq!(values.len(), 200);
}

#[test]
fn a_lane_is_found_again_by_its_name() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    append_row(&db, 1, 0..5, 1000);
    append_row(&db, 1, 0..5, 2000);
    append_row(&db, 2, 5..6, 2000);
    assert_eq!(db.stats().head.lanes, 2);
    db.remove_unused().unwrap();
    assert_eq!(db.stats().head.lanes, 0, "nobody has them open");
    append_row(&db, 1, 0..5, 3000);
    assert_eq!(content(&db)[&key_of(&series(0))].len(), 3);
    drop(db);
    let (db, _) = open(&fs);
    append_row(&db, 1, 0..5, 4000);
    assert_eq!(db.stats().head.lanes, 1);
    assert_eq!(content(&db)[&key_of(&series(0))].len(), 4);
}

#[test]
fn a_definition_is_logged_though_the_batch_that_made_it_was_dropped() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    let mut first = lane(&db, 1);
    first.series(&named("later", 0)).unwrap();
    first.rollback();
    drop(first);
    let mut second = lane(&db, 1);
    let series = second.series(&named("later", 0)).unwrap();
    second.stage_row(Timestamp(1000), &[series], &[1.0], &mut Vec::new());
    second.commit().unwrap();
    let found = content(&db);
    assert_eq!(found.len(), 1);
    drop((second, db));
    assert_same(&content(&open(&fs).0), &found, "after the process was killed");
}

#[test]
fn verdicts_are_about_times() {
    let fs = MemFs::new();
    let limits = Options { past_max_ms: 10_000, future_max_ms: 5000, ..options() };
    let (db, _) = open_with(&fs, limits);
    db.tick(Timestamp(100_000)).unwrap();
    let mut appender = lane(&db, 0);
    let (a, b) =
        (appender.series(&named("a", 0)).unwrap(), appender.series(&named("b", 0)).unwrap());
    let mut refused = Vec::new();
    appender.stage_row(Timestamp(105_001), &[a, b], &[1.0, 1.0], &mut refused);
    assert_eq!(refused, [(0, Verdict::TooNew), (1, Verdict::TooNew)]);
    assert_eq!(appender.stage(a, Timestamp(105_000), 1.0), Verdict::Accepted);
    appender.commit().unwrap();
    assert_eq!(appender.stage(b, Timestamp(94_999), 1.0), Verdict::TooOld);
    assert_eq!(appender.stage(b, Timestamp(95_000), 1.0), Verdict::Accepted);
    assert_eq!(appender.stage(b, Timestamp(95_000), 1.0), Verdict::Accepted, "a repetition");
    assert_eq!(appender.stage(b, Timestamp(95_000), 2.0), Verdict::Duplicate);
    assert_eq!(appender.stage(b, Timestamp(94_999), 2.0), Verdict::TooOld);
    assert_eq!(appender.stage(a, Timestamp(104_999), 2.0), Verdict::OutOfOrder);
    assert_eq!(appender.commit().unwrap().samples, 1);
    let stats = db.stats();
    assert_eq!((stats.too_new, stats.too_old, stats.duplicates, stats.out_of_order), (2, 2, 1, 1));
}

#[test]
fn a_repeated_sample_is_known_after_its_seal() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    let mut appender = lane(&db, 1);
    let exposed = appender.series(&named("exposed", 0)).unwrap();
    let row = appender.series(&named("row", 0)).unwrap();
    for (time, seals) in [(10_000, false), (20_000, true), (30_000, false)] {
        appender.stage_row(Timestamp(time), &[row], &[1.0], &mut Vec::new());
        // The exporter exposes the same old sample at every scrape.
        assert_eq!(appender.stage(exposed, Timestamp(5000), 7.0), Verdict::Accepted);
        assert_eq!(appender.stage(exposed, Timestamp(5000), 8.0), Verdict::Duplicate);
        assert_eq!(appender.stage(exposed, Timestamp(4000), 7.0), Verdict::OutOfOrder);
        appender.commit().unwrap();
        if seals {
            db.seal().unwrap();
        }
    }
    assert_eq!(appender.stage(exposed, Timestamp(29_000), STALE_NAN), Verdict::Accepted);
    appender.commit().unwrap();
    let found = content(&db);
    assert_eq!(found[&key_of(&named("exposed", 0))].len(), 2);
}

#[test]
fn a_push_fills_a_row_that_is_there() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    let mut appender = lane(&db, 0);
    let refs: Vec<_> = (0..6).map(|at| appender.series(&named("pushed", at)).unwrap()).collect();
    for time in 1..=30 {
        for (at, &series) in refs.iter().enumerate() {
            assert_eq!(
                appender.stage(series, Timestamp(time * 1000), at as f64),
                Verdict::Accepted
            );
            assert_eq!(appender.commit().unwrap().samples, 1);
        }
    }
    let found = content(&db);
    assert!(found.values().all(|samples| samples.len() == 30));
    drop((appender, db));
    let (db, report) = open(&fs);
    assert_eq!(report.samples, 180);
    assert_same(&content(&db), &found, "after a restart");
    db.seal().unwrap();
    assert_same(&content(&db), &found, "after a seal");
}

#[test]
fn a_replay_says_how_far_it_has_come() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    append_row(&db, 1, 0..50, 1000);
    let written = db.stats().wal_bytes;
    drop(db);
    let options = options();
    let progress = options.replay_progress.clone();
    assert_eq!((progress.bytes_read(), progress.bytes()), (0, 0));
    let (_db, report) = open_with(&fs, options);
    assert_eq!(report.samples, 50);
    assert_eq!((progress.bytes_read(), progress.bytes()), (written, written));
}

#[test]
fn a_directory_has_one_store_and_a_closed_one_takes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let open = || Db::open(&path, Arc::new(RealFs), options());
    let (db, _) = open().unwrap();
    assert!(matches!(open().unwrap_err(), Error::Locked { .. }));
    for time in 0..50 {
        append_row(&db, 1, 0..30, time * 1000);
    }
    db.sync().unwrap();
    let found = content(&db);
    // As a killed process leaves it.
    drop(db);
    let (db, report) = open().unwrap();
    assert_eq!((report.samples, report.damage.len()), (1500, 0));
    assert_same(&content(&db), &found, "after a kill");
    db.close().unwrap();
    assert!(matches!(db.sync().unwrap_err(), Error::Closed));
    assert!(matches!(db.appender(&LaneKey::rule("a", "b")), Err(Error::Closed)));
    drop(db);
    let (db, report) = open().unwrap();
    assert_eq!((report.samples, report.segments), (0, 1));
    assert_same(&content(&db), &found, "after a clean stop");
    let matchers = [Matcher::equal("__name__", "a")];
    assert_eq!(content_of(&db, &matchers, Span::ALL).len(), 8);
}
