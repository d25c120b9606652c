//! Merging changes the files and nothing else; what is deleted is gone at once and for good.

use regain_model::{Matcher, STALE_NAN, Span, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::{Ctx, Queryable as _, Selection, Want};
use regain_tsdb::{Db, Options, Retention, RetentionRule};

use crate::store::{
    Content, append_row, assert_same, content, content_of, key_of, lane, open_with, options, series,
};

const PERIOD_MS: i64 = 100_000;

fn small() -> Options {
    Options { period_ms: PERIOD_MS, merge_span_max_ms: 9 * PERIOD_MS, ..options() }
}

/// Appends samples of a series with times of their own.
fn append_own(db: &Db, number: usize, times: &[i64], value: f64) {
    let mut appender = lane(db, 1);
    let reference = appender.series(&series(number)).unwrap();
    for &time in times {
        appender.stage(reference, Timestamp(time), value);
    }
    appender.commit().unwrap();
}

/// Seals so many segments a period: lanes whose series come and go, own times, shared times, markers.
fn fill(db: &Db, periods: i64) {
    for seal in 0..periods * 4 {
        let start = seal * PERIOD_MS / 4;
        for row in 0..20 {
            let time = start + row * 1000;
            let from = usize::try_from(seal % 3).unwrap();
            append_row(db, 1, from..30, time);
            append_row(db, 2, 30..40, time + 5);
            if row % 5 == 0 {
                append_row(db, 0, 40..45, time);
            }
        }
        for number in 50..53 {
            append_own(db, number, &[start + 1, start + 777, start + 19_900], 0.1 + start as f64);
        }
        append_own(db, 53, &[start + 2], STALE_NAN);
        db.seal().unwrap();
    }
}

fn merge_all(db: &Db) -> usize {
    let mut merges = 0;
    while db.merge(&|| true).unwrap() {
        merges += 1;
    }
    merges
}

fn files(fs: &MemFs, extension: &str) -> usize {
    let has = |path: &&std::path::PathBuf| path.extension().is_some_and(|tail| tail == extension);
    fs.paths().iter().filter(has).count()
}

#[test]
fn merging_keeps_every_sample() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, small());
    fill(&db, 10);
    let before = content(&db);
    let some = Span::new(Timestamp(130_500), Timestamp(333_000));
    let before_some = content_of(&db, &[], some);
    let (segments, bytes) = (db.stats().segments, db.stats().segments_bytes);
    assert_eq!(segments, 40);
    assert!(merge_all(&db) > 3);
    let stats = db.stats();
    // Nine periods are one segment, and the last one is still under way.
    assert!(stats.segments <= 5, "{stats:?}");
    assert!(stats.segments_bytes * 2 < bytes, "{} of {bytes} bytes", stats.segments_bytes);
    assert_eq!(files(&fs, "segment") as u64, stats.segments);
    assert_same(&content(&db), &before, "merged");
    assert_same(&content_of(&db, &[], some), &before_some, "a part of what is merged");
    drop(db);
    let (db, report) = open_with(&fs, small());
    assert_eq!(report.damage, []);
    assert_same(&content(&db), &before, "merged and opened");
    append_row(&db, 1, 0..30, 2_000_000);
    assert_eq!(content(&db)[&key_of(&series(5))].last().unwrap().0, 2_000_000);
}

#[test]
fn a_query_goes_on_while_segments_are_merged() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, small());
    fill(&db, 4);
    let before = content(&db);
    let ctx = std::sync::Arc::new(Ctx::default());
    let snapshot = db.snapshot(Span::ALL, &ctx).unwrap();
    let mut parts = snapshot.select(&Selection::new(&[], Span::ALL), &ctx).unwrap();
    let mut first = parts.next().unwrap().unwrap();
    assert!(merge_all(&db) > 0);
    db.tick(Timestamp(0)).unwrap();
    let (mut batch, mut samples) = (regain_storage::Batch::default(), 0);
    while let Some(mut part) = Some(first) {
        part.decode(0..part.series().len(), &mut batch).unwrap();
        samples += batch.runs.iter().map(|run| batch.floats_of(run).len()).sum::<usize>();
        let Some(next) = parts.next().unwrap() else { break };
        first = next;
    }
    assert_eq!(samples, before.values().map(Vec::len).sum::<usize>());
}

#[test]
fn a_merge_that_is_told_to_stop_leaves_no_trace() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, small());
    fill(&db, 4);
    let (before, paths) = (content(&db), fs.paths());
    assert!(!db.merge(&|| false).unwrap());
    assert_eq!(fs.paths(), paths);
    assert_eq!(content(&db), before);
    assert!(db.merge(&|| true).unwrap());
}

#[test]
fn lost_deletes_are_reported_and_the_rest_serves() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, small());
    fill(&db, 1);
    let all = content(&db);
    db.delete(&[Matcher::equal("__name__", "a")], Span::ALL).unwrap();
    drop(db);
    let path = std::path::Path::new("/data/regain/00000001.deletes");
    let mut bytes = fs.bytes(path).unwrap();
    bytes[20] ^= 1;
    fs.set_bytes(path, bytes);
    let (db, report) = open_with(&fs, small());
    assert_eq!(report.damage.len(), 1);
    assert_eq!(report.damage[0].path, path);
    assert_same(&content(&db), &all, "the deletes are lost");
    assert_eq!((files(&fs, "deletes"), files(&fs, "damaged")), (0, 1));
    drop(db);
    assert_eq!(open_with(&fs, small()).1.damage, []);
}

/// The content without some samples of some series.
fn without(all: &Content, matches: impl Fn(&str) -> bool, span: (i64, i64)) -> Content {
    let mut rest = all.clone();
    for (name, samples) in rest.iter_mut().filter(|(name, _)| matches(name)) {
        assert!(!name.is_empty());
        samples.retain(|&(time, _)| time < span.0 || span.1 < time);
    }
    rest.retain(|_, samples| !samples.is_empty());
    rest
}

fn listed(db: &Db, span: Span) -> usize {
    let ctx = std::sync::Arc::new(Ctx::default());
    let snapshot = db.snapshot(span, &ctx).unwrap();
    let selection = Selection { want: Want::Nothing, ..Selection::new(&[], span) };
    let mut parts = snapshot.select(&selection, &ctx).unwrap();
    let mut count = 0;
    while let Some(part) = parts.next().unwrap() {
        count += part.series().len();
    }
    count
}

#[test]
fn what_is_deleted_is_gone_at_once_and_for_good() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, small());
    fill(&db, 4);
    for row in 0..10 {
        append_row(&db, 1, 0..30, 400_000 + row * 1000);
    }
    let all = content(&db);
    let is_a = |name: &str| name.contains("__name__=\"a\"");
    let span = Span::new(Timestamp(150_000), Timestamp(900_000));
    let expected = without(&all, is_a, (150_000, 900_000));
    let deleted = db.delete(&[Matcher::equal("__name__", "a")], span).unwrap();
    assert_eq!(deleted, all.keys().filter(|name| is_a(name)).count() as u64);
    assert_same(&content(&db), &expected, "deleted");
    assert_eq!(listed(&db, Span::ALL), expected.len());
    let late = Span::new(Timestamp(400_000), Timestamp(500_000));
    let left = content_of(&db, &[], late);
    assert!(left.keys().all(|name| !is_a(name)));
    assert_eq!(listed(&db, late), left.len());
    assert!(db.stats().series_deleted > 0 && db.stats().segments_to_rewrite > 0);
    drop(db);

    let (db, _) = open_with(&fs, small());
    assert_same(&content(&db), &expected, "deleted and opened");
    // What comes later is not concerned, even within the span that was named.
    append_row(&db, 1, 0..30, 500_000);
    let expected = content(&db);
    assert_eq!(expected[&key_of(&series(0))].last().unwrap().0, 500_000);
    db.seal().unwrap();
    merge_all(&db);
    assert_eq!((db.stats().series_deleted, db.stats().segments_to_rewrite), (0, 0));
    assert_eq!(files(&fs, "deletes"), 0);
    assert_same(&content(&db), &expected, "written anew");
    drop(db);
    assert_same(&content(&open_with(&fs, small()).0), &expected, "written anew and opened");
}

#[test]
fn rules_keep_some_series_for_a_shorter_time() {
    let fs = MemFs::new();
    let rule =
        RetentionRule { matchers: vec![Matcher::equal("__name__", "a")], time_ms: 2 * PERIOD_MS };
    let options =
        Options { retention: Retention { rules: vec![rule], ..Retention::ENDLESS }, ..small() };
    let (db, _) = open_with(&fs, options.clone());
    fill(&db, 10);
    let all = content(&db);
    merge_all(&db);
    // The newest sample is at 994 s; what is older than 794 s goes, in steps of 25 s.
    let expected = without(&all, |name| name.contains("__name__=\"a\""), (i64::MIN, 774_999));
    assert_same(&content(&db), &expected, "after the rule");
    assert!(expected.len() <= all.len() && expected != all);
    assert_eq!(db.stats().series_deleted, 0);
    drop(db);
    let (db, _) = open_with(&fs, options);
    merge_all(&db);
    assert_same(&content(&db), &expected, "after the rule and opened");
    assert_eq!(db.stats().series_deleted, 0);
    append_row(&db, 1, 0..30, 1_094_000);
    merge_all(&db);
    let expected = without(&content(&db), |name| name.contains("__name__=\"a\""), (0, 874_999));
    assert_same(&content(&db), &expected, "a step later");
}

#[test]
fn a_deleted_series_leaves_and_may_come_back() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, small());
    fill(&db, 2);
    let name = key_of(&series(53));
    let before = content(&db);
    assert!(before.contains_key(&name));
    let matchers: Vec<Matcher> =
        series(53).iter().map(|(name, value)| Matcher::equal(name, value)).collect();
    assert_eq!(db.delete(&matchers, Span::ALL).unwrap(), 1);
    assert_eq!(listed(&db, Span::ALL), before.len() - 1);
    // Until it has left the files, an older sample than the last is not taken for a new one.
    let mut appender = lane(&db, 2);
    let reference = appender.series(&series(53)).unwrap();
    let verdict = appender.stage(reference, Timestamp(10), 1.0);
    assert_eq!(verdict, regain_storage::Verdict::OutOfOrder);
    appender.rollback();
    drop(appender);
    merge_all(&db);
    db.remove_unused().unwrap();
    assert!(!content(&db).contains_key(&name));
    append_own(&db, 53, &[1_000_000], 7.0);
    assert_eq!(content(&db)[&name], [(1_000_000, 7_f64.to_bits())]);
}

#[test]
fn a_pause_seals_what_is_much_and_merges_what_is_small() {
    let fs = MemFs::new();
    let options = Options { seal_silence_ms: 1000, seal_samples_per_series: 4, ..small() };
    let (db, _) = open_with(&fs, options);
    let row = |at: i64| append_row(&db, 1, 0..5, 1000 + at);
    for seal in 0..3 {
        (0..4).for_each(|at| row(seal * 10 + at));
        db.seal().unwrap();
    }
    (0..3).for_each(|at| row(30 + at));
    let tick = |now: i64| db.tick(Timestamp(10_000 + now)).unwrap();
    tick(0);
    tick(499);
    assert_eq!((db.stats().segments, merge_all(&db)), (3, 0), "it may go on");
    tick(500);
    assert_eq!((db.stats().segments, merge_all(&db)), (3, 1), "three rows are few");
    row(33);
    tick(600);
    tick(1100);
    assert_eq!(db.stats().segments, 2, "four are not");
    assert_eq!(merge_all(&db), 1);
    assert!(content(&db).values().all(|samples| samples.len() == 16));
    // It is not written again for a little more.
    row(40);
    tick(1200);
    tick(2200);
    assert_eq!((db.stats().segments, merge_all(&db)), (2, 0));
}

#[test]
fn segments_of_the_version_before_are_read_and_merged() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, small());
    fill(&db, 1);
    let before = content(&db);
    drop(db);
    let set_version = |version: u32| {
        let paths = fs.paths();
        for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "segment")) {
            let mut bytes = fs.bytes(path).unwrap();
            bytes[8..12].copy_from_slice(&version.to_le_bytes());
            let sum = crc32c::crc32c(&bytes[..12]);
            bytes[12..16].copy_from_slice(&sum.to_le_bytes());
            fs.set_bytes(path, bytes);
        }
    };
    // What a seal writes is the same in both.
    set_version(3);
    let (db, _) = open_with(&fs, small());
    assert_same(&content(&db), &before, "of version 3");
    append_row(&db, 1, 1..2, 2 * PERIOD_MS);
    db.seal().unwrap();
    assert!(merge_all(&db) > 0);
    drop(db);
    for unknown in [2, 5] {
        set_version(unknown);
        let opened =
            Db::open(std::path::Path::new("/data"), std::sync::Arc::new(fs.clone()), small());
        let error = opened.map(drop).unwrap_err();
        assert!(error.to_string().contains(&unknown.to_string()), "{error}");
    }
}
