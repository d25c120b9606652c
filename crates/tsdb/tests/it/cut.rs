//! Cuts: what is old leaves the store for blocks, and is neither lost nor changed nor there twice, whatever stops it.

mod blocks;
mod crash;

use std::path::Path;
use std::sync::Arc;

use regain_model::{KeySeed, Matcher, Span, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::{Ctx, Merged, Queryable as _, Selection, Verdict, Written};
use regain_tsdb::{By, CardinalityQuery, Db, Options, SortBy};

use crate::store::{
    Content, append_row, assert_same, content, content_of, ctx, lane, open_with, options, read,
    series, value,
};
use blocks::Blocks;

const WINDOW_MS: i64 = 10_000;

/// Stores in memory have keys of this seed.
fn windows() -> Options {
    Options { seed: KeySeed(0), period_ms: WINDOW_MS, seal_silence_ms: i64::MAX, ..options() }
}

fn opened(fs: &MemFs) -> (Db, Blocks) {
    (open_with(fs, windows()).0, Blocks::open(fs))
}

fn both(db: &Db, blocks: &Blocks) -> Merged {
    Merged::new(Arc::new(db.clone()), vec![Arc::new(blocks.clone())])
}

fn cut(db: &Db, blocks: &Blocks) -> Written {
    db.cut(blocks, &|| true).unwrap()
}

fn until(end: i64) -> Span {
    Span::new(Timestamp(i64::MIN), Timestamp(end - 1))
}

/// The same files once more.
fn copied(fs: &MemFs) -> MemFs {
    let copy = MemFs::new();
    for path in fs.paths() {
        copy.set_bytes(&path, fs.bytes(&path).unwrap());
    }
    copy
}

/// Rows a second apart.
fn fill(db: &Db, times: std::ops::Range<i64>) {
    for time in times {
        append_row(db, 1, 0..6, time * 1000);
    }
}

#[test]
fn what_is_damaged_is_set_aside_before_it_leaves() {
    let fs = MemFs::new();
    fill(&opened(&fs).0, 3..25);
    opened(&fs).0.close().unwrap();
    let path = Path::new("/data/regain/00000001.segment");
    let mut bytes = fs.bytes(path).unwrap();
    bytes[20] ^= 1;
    fs.set_bytes(path, bytes.clone());
    let (db, blocks) = opened(&fs);
    fill(&db, 25..28);
    // The only group of the first segment is damaged, and nobody has met that before the cut does.
    assert_eq!(cut(&db, &blocks).samples, 0);
    let [set_aside] = &db.health().set_aside[..] else { panic!("{:?}", db.health()) };
    assert_eq!(fs.bytes(&set_aside.path), Some(bytes));
    let left = content(&both(&db, &blocks));
    assert!(left.values().all(|samples| samples.len() == 3), "{left:?}");
}

#[test]
fn windows_that_are_over_move_to_blocks_and_nothing_else_does() {
    let fs = MemFs::new();
    let (db, blocks) = opened(&fs);
    fill(&db, 3..25);
    assert_eq!(cut(&db, &blocks).samples, 6 * 7);
    db.seal().unwrap();
    fill(&db, 25..38);
    let all = content(&both(&db, &blocks));
    let snapshot = db.snapshot(Span::ALL, &ctx()).unwrap();
    let mark = snapshot.changed_since(0).0;
    let written = cut(&db, &blocks);
    assert_eq!((written.blocks, written.samples, written.series), (2, 6 * 20, 12));
    assert_eq!(
        blocks.spans(),
        [(3_000, 9_999), (10_000, 19_999), (20_000, 29_999)],
        "one block a window"
    );
    assert_same(&content(&both(&db, &blocks)), &all, "after the cut");
    assert_eq!(content_of(&db, &[], until(30_000)), Content::new(), "they have left");
    assert_same(
        &content(&db),
        &content_of(&both(&db, &blocks), &[], Span::new(Timestamp(30_000), Timestamp::MAX)),
        "the rest",
    );
    // Who began to look before sees what was there, and whoever keeps answers need not forget them.
    let seen = read(&*snapshot, &Selection::new(&[], Span::ALL), &Arc::new(Ctx::default()));
    assert_eq!(seen.iter().map(|series| series.1.len()).sum::<usize>(), 6 * 28);
    assert_eq!(snapshot.changed_since(mark).1, None);
    drop(snapshot);
    assert_eq!(cut(&db, &blocks), Written::default());

    db.remove_unused().unwrap();
    drop(db);
    let (db, blocks) = opened(&fs);
    assert_same(&content(&both(&db, &blocks)), &all, "after a restart");
    assert_eq!(cut(&db, &blocks), Written::default());
    assert_eq!(db.close_into(&blocks).unwrap().samples, 6 * 8);
    assert_same(&content(&blocks), &all, "a clean stop leaves everything in blocks");
    drop(db);
    let (db, _) = opened(&fs);
    assert_eq!(content(&db), Content::new());
}

#[test]
fn what_is_selected_of_blocks_alone_counts_as_selected() {
    let fs = MemFs::new();
    let (db, blocks) = opened(&fs);
    fill(&db, 0..26);
    cut(&db, &blocks);
    db.tick(Timestamp(30_000)).unwrap();
    let old = [Matcher::equal("__name__", "b")];
    assert_eq!(content_of(&both(&db, &blocks), &old, until(10_000)).len(), 2);
    db.tick(Timestamp(40_000)).unwrap();
    let query = CardinalityQuery {
        by: By::Metric,
        selectors: &[],
        sort: SortBy::Size,
        unqueried_since: None,
        limit: 0,
    };
    let list = db.cardinality(&query).unwrap().list;
    let mut queried = list.iter().filter(|group| group.last_queried.is_some());
    let only = queried.next().map(|group| (&*group.name, group.last_queried));
    assert_eq!((only, queried.count()), (Some(("b", Some(40_000))), 0));
}

#[test]
fn late_samples_are_seen_at_once_and_move_to_blocks_with_the_next_cut() {
    let fs = MemFs::new();
    let (db, blocks) = opened(&fs);
    db.set_late_max(100_000);
    fill(&db, 0..26);
    cut(&db, &blocks);
    let late = series(2);
    let mut appender = lane(&db, 2);
    let reference = appender.series(&late).unwrap();
    assert_eq!(appender.stage(reference, Timestamp(4_500), 7.0), Verdict::Accepted);
    appender.commit().unwrap();
    drop(appender);
    let all = content(&both(&db, &blocks));
    assert!(all[&late.to_string()].contains(&(4_500, 7.0_f64.to_bits())));
    assert_eq!(cut(&db, &blocks), Written::default());
    fill(&db, 26..36);
    let all_now = content(&both(&db, &blocks));
    cut(&db, &blocks);
    assert_eq!(blocks.spans().iter().filter(|span| span.0 < WINDOW_MS).count(), 2);
    assert_same(&content(&both(&db, &blocks)), &all_now, "after the second cut");
    assert_same(
        &content_of(&blocks, &[], until(10_000)),
        &content_of(&both(&db, &blocks), &[], until(10_000)),
        "late ones too",
    );
    assert_eq!(content_of(&db, &[], until(30_000)), Content::new());
    assert_eq!(all.len(), all_now.len());
}

#[test]
fn what_is_deleted_does_not_get_into_blocks() {
    let fs = MemFs::new();
    let (db, blocks) = opened(&fs);
    fill(&db, 0..28);
    let span = Span::new(Timestamp(5_000), Timestamp(22_000));
    db.delete(&[Matcher::equal("__name__", "b")], span).unwrap();
    let all = content(&both(&db, &blocks));
    cut(&db, &blocks);
    assert_same(&content(&both(&db, &blocks)), &all, "after the cut");
    while db.merge(&|| true).unwrap() {}
    assert_eq!(db.stats().series_deleted, 0);
    assert_same(&content(&both(&db, &blocks)), &all, "after merging");
}

#[test]
fn a_cut_that_was_stopped_before_it_dropped_anything_finds_its_blocks_again() {
    let fs = MemFs::new();
    let (db, blocks) = opened(&fs);
    fill(&db, 0..28);
    db.seal().unwrap();
    let all = content(&db);
    // The manifest is what is written last.
    let before = fs.operations();
    let other = copied(&fs);
    cut(&db, &blocks);
    let names = blocks.names();
    assert_eq!(names.len(), 2);
    let steps = fs.operations() - before;
    drop(db);
    let mut again = 0;
    for stop in 0..steps {
        let fs = copied(&other);
        let (db, blocks) = opened(&fs);
        fs.stop_at(fs.operations() + stop);
        let failed = db.cut(&blocks, &|| true).is_err();
        fs.heal();
        drop(db);
        let (db, blocks) = opened(&fs);
        assert_same(&content(&both(&db, &blocks)), &all, "stopped");
        again += usize::from(failed && !blocks.names().is_empty());
        cut(&db, &blocks);
        assert_eq!(blocks.names(), names, "stopped at {stop}");
        assert_same(&content(&both(&db, &blocks)), &all, "cut again");
        assert_eq!(content_of(&db, &[], until(20_000)), Content::new());
    }
    assert!(again > 3, "{again} of {steps} stops came after a block");
}

#[test]
fn one_old_sample_does_not_make_a_cut_of_all_the_time_since() {
    let fs = MemFs::new();
    let (db, blocks) = opened(&fs);
    append_row(&db, 1, 0..3, 0);
    fill(&db, 1_000_000..1_000_030);
    let all = content(&db);
    cut(&db, &blocks);
    assert_same(&content(&both(&db, &blocks)), &all, "after the cut");
    assert_eq!(content(&db).values().map(Vec::len).max(), Some(10));
    assert!(blocks.calls() < 100, "{} calls", blocks.calls());
}

#[test]
fn what_is_no_newer_than_the_blocks_is_not_taken_after_a_restart() {
    let fs = MemFs::new();
    let (db, blocks) = opened(&fs);
    fill(&db, 0..28);
    db.close_into(&blocks).unwrap();
    drop(db);
    let db = open_with(&fs, windows()).0;
    db.set_blocks_end(Timestamp(27_000));
    let try_at = |time: i64| {
        let mut appender = lane(&db, 1);
        let reference = appender.series(&series(1)).unwrap();
        let verdict = appender.stage(reference, Timestamp(time), value(1, time) + 1.0);
        appender.rollback();
        verdict
    };
    assert_eq!(try_at(27_000), Verdict::TooOld);
    assert_eq!(try_at(27_001), Verdict::Accepted);
    let mut appender = lane(&db, 1);
    let reference = appender.series(&series(1)).unwrap();
    let like = regain_storage::Value::Float(5.0);
    appender.stage_zero(reference, Timestamp(20_000), Timestamp(30_000), &like);
    assert_eq!(appender.commit().unwrap().samples, 0, "no zero amid samples that are in blocks");
    db.set_late_max(5_000);
    assert_eq!((try_at(21_999), try_at(22_000)), (Verdict::TooOld, Verdict::Accepted));
}
