//! Damaged archives: whatever byte is another one, whoever asks gets the rest and is told; the series are found again where
//! that can be, nobody else gets their ids, and nothing has to be done by hand.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::sync::Arc;

use regain_model::{Labels, MatchOp, Matcher, Span, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::{Ctx, Error, Order, Queryable as _, Selection, Want};
use regain_tsdb::{By, CardinalityQuery, Db, Retention, SortBy};

use crate::store::{
    Content, assert_same, content, content_and_warnings, key_of, lane, open_with, options,
    try_content,
};

/// The series of the archive: more than fit one sheet, with few labels, so that all of its bytes can be tried.
const SERIES: usize = 135;

/// More series, where memory is to keep what has left it.
const MANY: usize = 100;

const TOLD: &str =
    "samples between 1000 and 4000 may be missing: 00000002.archive is a damaged file";

fn gone(number: usize) -> Labels {
    Labels::from_pairs([
        ("__name__", if number < 40 { "load" } else { "up" }),
        ("job", ["web", "db"][number % 2]),
        ("n", &format!("{number}")),
    ])
}

fn alive() -> Labels {
    Labels::from_pairs([("__name__", "up"), ("job", "alive")])
}

/// Series with so many labels that those of the others are no large part of all.
fn many() -> Vec<(usize, Labels)> {
    let labels = |number: usize| {
        let name = |at: usize| format!("{}", char::from(b'a' + u8::try_from(at).unwrap()));
        let pairs = (0..15).map(|at| (name(at), format!("{number}")));
        Labels::from_pairs(pairs.chain([("__name__".to_owned(), "many".to_owned())]))
    };
    (0..MANY).map(|number| (number, labels(number))).collect()
}

/// Samples of some series at a time, with values that say whose they are.
fn append(db: &Db, series: &[(usize, Labels)], time: i64) {
    let mut appender = lane(db, 1);
    let labels = series.iter().map(|series| &series.1);
    let refs: Vec<_> = labels.map(|labels| appender.series(labels).unwrap()).collect();
    let values: Vec<f64> = series.iter().map(|&(number, _)| number as f64).collect();
    appender.stage_row(Timestamp(time), &refs, &values, &mut Vec::new());
    appender.commit().unwrap();
}

fn all_gone() -> Vec<(usize, Labels)> {
    (0..SERIES).map(|number| (number, gone(number))).collect()
}

/// How the series can be found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    /// The series log still defines them.
    Knows,
    /// It was written anew without them.
    HasForgotten,
}

/// A store in which many series have left for one archive, and one is written.
fn filled(memory: Memory) -> (MemFs, Content) {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, options());
    append(&db, &all_gone(), 1000);
    append(&db, &all_gone(), 3000);
    if memory == Memory::Knows {
        // Who writes them keeps them in memory.
        append(&db, &many(), 4000);
        let writer = lane(&db, 1);
        db.evict_unused().unwrap();
        drop(writer);
        assert_eq!(db.stats().head.series, MANY as u64);
    } else {
        db.evict_unused().unwrap();
        assert_eq!(db.stats().head.series, 0, "and the log is written anew without them");
    }
    assert_eq!(db.stats().archives, 1);
    append(&db, &[(7777, alive())], 900_000);
    let all = content(&db);
    db.close().unwrap();
    drop(db);
    (fs, all)
}

fn archive(fs: &MemFs) -> PathBuf {
    let mut paths = fs.paths();
    paths.retain(|path| path.extension().is_some_and(|tail| tail == "archive"));
    paths.pop().unwrap()
}

fn copy(fs: &MemFs) -> MemFs {
    let other = MemFs::new();
    fs.paths().into_iter().for_each(|path| other.set_bytes(&path, fs.bytes(&path).unwrap()));
    other
}

/// Every series that is found has its own samples, each once.
#[track_caller]
fn check_true(found: &Content, all: &Content, context: &str) {
    for (series, samples) in found {
        let expected = &all[series];
        let expected: Vec<_> = samples.iter().filter(|sample| expected.contains(sample)).collect();
        assert_eq!(samples.len(), expected.len(), "{series}: {samples:?} {context}");
    }
}

/// Lists have the labels of the series that are there. They may still know those of a damaged sheet, until it is mended.
#[track_caller]
fn check_lists(db: &Db, found: &Content, is_mended: bool, context: &str) {
    let snapshot = db.snapshot(Span::ALL, &Arc::default()).unwrap();
    let is_there = |number: &usize| found.contains_key(&key_of(&gone(*number)));
    let all: BTreeSet<String> = (0..SERIES).map(|number| number.to_string()).collect();
    let here = (0..SERIES).filter(is_there).map(|number| number.to_string());
    let here: BTreeSet<String> = here.collect();
    let some = [Matcher::new("job", MatchOp::Regex, "web|db").unwrap()];
    for matchers in [&[][..], &some] {
        let values = snapshot.label_values("n", matchers, 0).unwrap();
        let values: BTreeSet<String> = values.into_iter().collect();
        assert!(values.is_superset(&here) && values.is_subset(&all), "{context}");
        assert!(!is_mended || values == here, "{context}");
    }
}

/// What must hold of a store with a damaged archive: it answers every question with what is there, and says what is not.
fn check(fs: &MemFs, all: &Content, memory: Memory, context: &str) {
    let (db, report) = open_with(fs, options());
    let (found, warned) = content_and_warnings(&db, &[], Span::ALL);
    check_true(&found, all, context);
    let is_told = !warned.is_empty() || !report.damage.is_empty();
    assert!(is_told || found == *all, "{context}: a loss of which nobody was told");
    check_lists(&db, &found, false, context);
    assert!(found.contains_key(&key_of(&alive())), "{context}: who lives is there");
    // One comes back at once, before anything is mended.
    let back = gone(3);
    append(&db, &[(3, back.clone())], 950_000);
    let mut all = all.clone();
    all.get_mut(&key_of(&back)).unwrap().push((950_000, 3.0_f64.to_bits()));
    while db.merge(&|| true).unwrap() {}
    let (mended, warned) = content_and_warnings(&db, &[], Span::ALL);
    check_true(&mended, &all, context);
    check_lists(&db, &mended, true, context);
    assert!(
        warned.iter().all(|text| text.ends_with("that was set aside")),
        "{context}: {warned:?}"
    );
    if memory == Memory::Knows {
        assert_same(&mended, &all, context);
    }
    let set_aside = db.health().set_aside;
    assert!(set_aside.iter().all(|file| fs.bytes(&file.path).is_some()), "{context}");
    if is_told {
        assert!(!set_aside.is_empty() || !report.damage.is_empty(), "{context}");
    }
    // New series get ids that nobody had: no sample of the lost ones shows under their names.
    let fresh: Vec<_> = (0..SERIES)
        .map(|at| (at, Labels::from_pairs([("__name__", "fresh"), ("n", &format!("{at}"))])))
        .collect();
    append(&db, &fresh, 960_000);
    let matchers = [Matcher::equal("__name__", "fresh")];
    let found = try_content(&db, &matchers, Span::ALL).unwrap();
    assert_eq!(found.len(), SERIES, "{context}");
    assert!(found.values().all(|samples| samples.len() == 1), "{context}: {found:?}");
    db.close().unwrap();
    drop(db);
    let (db, report) = open_with(fs, options());
    assert_eq!(report.damage, [], "{context}");
    let (mut again, warned) = content_and_warnings(&db, &[], Span::ALL);
    again.retain(|series, _| !series.contains("fresh"));
    assert_same(&again, &mended, context);
    assert_eq!(warned, Vec::<String>::new(), "{context}");
}

/// Every so manieth place of a file; other ones each time, so that all have their turn.
fn places(length: usize, step: usize) -> impl Iterator<Item = usize> {
    let random = RandomState::new().hash_one("start") % step as u64;
    let start = usize::try_from(random).unwrap();
    (start..length).step_by(step).chain([length - 1])
}

#[test]
fn any_byte_may_be_another_one() {
    for (memory, step) in [(Memory::Knows, 13), (Memory::HasForgotten, 11)] {
        let (fs, all) = filled(memory);
        let path = archive(&fs);
        let bytes = fs.bytes(&path).unwrap();
        for at in places(bytes.len(), step) {
            let fs = copy(&fs);
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x41;
            fs.set_bytes(&path, damaged);
            check(&fs, &all, memory, &format!("byte {at} of {}, {memory:?}", bytes.len()));
        }
    }
}

#[test]
fn an_archive_may_be_cut_anywhere() {
    for (memory, step) in [(Memory::Knows, 61), (Memory::HasForgotten, 47)] {
        let (fs, all) = filled(memory);
        let path = archive(&fs);
        let bytes = fs.bytes(&path).unwrap();
        for length in places(bytes.len(), step) {
            let fs = copy(&fs);
            fs.set_bytes(&path, bytes[..length].to_vec());
            check(&fs, &all, memory, &format!("cut at {length} of {}, {memory:?}", bytes.len()));
        }
    }
}

/// A running store with a flipped byte in the sheet of `up`.
fn with_a_damaged_sheet(memory: Memory) -> (MemFs, Db, Content) {
    let (fs, all) = filled(memory);
    let path = archive(&fs);
    let mut bytes = fs.bytes(&path).unwrap();
    bytes[200] ^= 1;
    fs.set_bytes(&path, bytes);
    let (db, report) = open_with(&fs, options());
    assert_eq!(report.damage, [], "sheets are read when they are needed");
    (fs, db, all)
}

#[test]
fn every_question_is_answered_and_warned_of() {
    let (_fs, db, all) = with_a_damaged_sheet(Memory::HasForgotten);
    let jobs = [Matcher::new("job", MatchOp::Regex, "web|db|alive").unwrap()];
    let ask = |question: &dyn Fn(&Arc<Ctx>) -> usize| {
        let ctx = Arc::new(Ctx::default());
        let found = question(&ctx);
        assert_eq!(ctx.warnings.to_vec(), [TOLD]);
        found
    };
    let kept = SERIES - 128 + 1;
    let series = |order| {
        let (db, jobs) = (&db, &jobs);
        move |ctx: &Arc<Ctx>| {
            let snapshot = db.snapshot(Span::ALL, ctx).unwrap();
            let selection =
                Selection { order, want: Want::Nothing, ..Selection::new(jobs, Span::ALL) };
            let mut parts = snapshot.select(&selection, ctx).unwrap();
            let mut count = 0;
            while let Some(part) = parts.next().unwrap() {
                count += part.series().len();
            }
            count
        }
    };
    assert_eq!(ask(&series(Order::Key)), kept);
    assert_eq!(ask(&series(Order::Labels)), kept);
    let values =
        ask(&|ctx| db.snapshot(Span::ALL, ctx).unwrap().label_values("n", &jobs, 0).unwrap().len());
    assert_eq!(values, kept - 1);
    let names =
        ask(&|ctx| db.snapshot(Span::ALL, ctx).unwrap().label_names(&jobs, 0).unwrap().len());
    assert_eq!(names, 3);
    let query = CardinalityQuery {
        by: By::Metric,
        selectors: &[],
        sort: SortBy::Size,
        unqueried_since: None,
        limit: 0,
    };
    let counted = db.cardinality(&query).unwrap();
    assert_eq!((counted.series_kept, counted.warnings), (kept as u64, vec![TOLD.to_owned()]));
    // Upkeep goes on.
    db.tick(Timestamp(1_000_000)).unwrap();
    append(&db, &[(1, gone(1)), (134, gone(134))], 1_000_000);
    db.evict_unused().unwrap();
    assert!(content(&db).len() < all.len());
    while db.merge(&|| true).unwrap() {}
    let set_aside = db.health().set_aside;
    assert_eq!(set_aside.len(), 1);
    assert!(!set_aside[0].is_recovered && set_aside[0].damage.len() == 1, "{set_aside:?}");
    let ctx = Arc::new(Ctx::default());
    db.snapshot(Span::ALL, &ctx).unwrap().label_names(&[], 0).unwrap();
    let told = ctx.warnings.to_vec();
    assert_eq!(
        told,
        [TOLD.replace(
            "archive is a damaged file",
            "archive.damaged is a damaged file that was set aside"
        )]
    );
}

#[test]
fn what_was_lost_is_found_in_what_memory_and_the_series_log_still_know() {
    let (_fs, db, all) = with_a_damaged_sheet(Memory::Knows);
    let (found, warned) = content_and_warnings(&db, &[], Span::ALL);
    assert_eq!((found.len(), warned), (SERIES - 128 + MANY + 1, vec![TOLD.to_owned()]));
    while db.merge(&|| true).unwrap() {}
    let (found, warned) = content_and_warnings(&db, &[], Span::ALL);
    assert_same(&found, &all, "after mending");
    assert_eq!(warned, Vec::<String>::new(), "nothing is missing");
    let set_aside = db.health().set_aside;
    assert!(set_aside.len() == 1 && set_aside[0].is_recovered, "it is reported: {set_aside:?}");
    // They leave memory again like others.
    db.evict_unused().unwrap();
    assert_eq!(db.stats().head.series, 0);
    assert_same(&content(&db), &all, "from an archive again");
}

#[test]
fn what_is_deleted_while_its_file_is_damaged_stays_deleted() {
    for memory in [Memory::Knows, Memory::HasForgotten] {
        let (fs, db, mut all) = with_a_damaged_sheet(memory);
        let web = [Matcher::equal("job", "web")];
        let deleted = db.delete(&web, Span::ALL).unwrap();
        all.retain(|series, _| !series.contains("\"web\""));
        if memory == Memory::Knows {
            assert_eq!(deleted, SERIES.div_ceil(2) as u64);
            assert_same(&content(&db), &all, "after the delete");
        }
        assert!(content(&db).keys().all(|series| all.contains_key(series)), "{memory:?}");
        while db.merge(&|| true).unwrap() {}
        let before = content(&db);
        drop(db);
        let (db, _) = open_with(&fs, options());
        assert_same(&content(&db), &before, "after a restart");
        assert!(before.keys().all(|series| all.contains_key(series)), "{memory:?}");
    }
}

#[test]
fn late_samples_of_a_lost_series_go_to_its_own_history() {
    let (_fs, db, mut all) = with_a_damaged_sheet(Memory::Knows);
    db.set_late_max(i64::MAX / 2);
    let labels = gone(100);
    append(&db, &[(100, labels.clone())], 2000);
    let samples = all.get_mut(&key_of(&labels)).unwrap();
    samples.insert(1, (2000, 100.0_f64.to_bits()));
    let found = content_and_warnings(&db, &[Matcher::equal("n", "100")], Span::ALL).0;
    assert_eq!(found[&key_of(&labels)], *samples);
    while db.merge(&|| true).unwrap() {}
    assert_same(&content(&db), &all, "after mending");
}

#[test]
fn retention_takes_a_damaged_archive_like_a_whole_one() {
    let (fs, db, _) = with_a_damaged_sheet(Memory::HasForgotten);
    assert!(!content_and_warnings(&db, &[], Span::ALL).1.is_empty());
    db.set_retention(Retention::of_ms(10_000));
    db.tick(Timestamp(900_000)).unwrap();
    while db.merge(&|| true).unwrap() {}
    assert_eq!((db.stats().archives, content(&db).len()), (0, 1));
    assert!(fs.paths().iter().all(|path| !path.to_string_lossy().contains("archive")));
    assert_eq!(content_and_warnings(&db, &[], Span::ALL).1, Vec::<String>::new());
}

#[test]
fn an_archive_that_the_disk_does_not_give_is_an_error_and_not_a_loss() {
    let (fs, all) = filled(Memory::HasForgotten);
    let (db, _) = open_with(&fs, options());
    fs.fail_reads(".archive");
    let error = try_content(&db, &[], Span::ALL).unwrap_err();
    assert!(matches!(error, Error::Io { operation: "read", .. }), "{error}");
    db.delete(&[Matcher::equal("job", "web")], Span::ALL).unwrap_err();
    // Who can do without goes on.
    append(&db, &[(7777, alive())], 901_000);
    append(&db, &[(1, Labels::from_pairs([("__name__", "new")]))], 901_000);
    db.tick(Timestamp(1_000_000)).unwrap();
    let recent = Span::new(Timestamp(800_000), Timestamp::MAX);
    assert_eq!(try_content(&db, &[], recent).unwrap().len(), 2);
    for round in 0..10 {
        append(&db, &[(7777, alive())], 902_000 + round * 1000);
        db.seal().unwrap();
    }
    let segments = db.stats().segments;
    for _ in 0..4 {
        drop(db.merge(&|| true));
    }
    assert!(db.stats().segments < segments, "segments of who lives are merged");
    assert_eq!(db.health().set_aside, []);
    fs.heal();
    let mut found = content(&db);
    found.retain(|series, _| series.contains("n="));
    let mut expected = all;
    expected.retain(|series, _| series.contains("n="));
    assert_same(&found, &expected, "after the disk came back");
    db.close().unwrap();
}
