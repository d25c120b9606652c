//! What has changed since a view: a cache of what was read then must forget all of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use regain_model::{Span, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::{Ctx, Marks, Queryable as _, Selection, Snapshot};
use regain_tsdb::{Db, Options, Retention};

use crate::store::{Content, append_row, content, open, open_with, options, read};

fn view(db: &Db) -> Arc<dyn Snapshot> {
    db.snapshot(Span::ALL, &Arc::new(Ctx::default())).unwrap()
}

fn content_of(view: &dyn Snapshot) -> Content {
    read(view, &Selection::new(&[], Span::ALL), &Arc::new(Ctx::default())).into_iter().collect()
}

/// The lowest time at which two contents differ.
fn first_difference(before: &Content, after: &Content) -> Option<i64> {
    let of = |content: &Content, series: &String| content.get(series).cloned().unwrap_or_default();
    let series = before.keys().chain(after.keys());
    let firsts = series.filter_map(|series| {
        let (before, after) = (of(before, series), of(after, series));
        let same = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
        let next = before.get(same).into_iter().chain(after.get(same));
        next.map(|sample| sample.0).min()
    });
    firsts.min()
}

#[test]
fn appended_and_dropped_samples_are_changes_and_sealing_is_none() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, Options { retention: Retention::of_ms(300_000), ..options() });
    let since = |mark| view(&db).changed_since(mark);
    let (opened, everything) = since(0);
    assert_eq!(everything, Some(Timestamp(i64::MIN)));
    append_row(&db, 1, 0..3, 50_000);
    append_row(&db, 2, 3..5, 20_000);
    append_row(&db, 1, 0..3, 60_000);
    let (mark, changed) = since(opened);
    assert_eq!(changed, Some(Timestamp(20_000)));
    db.seal().unwrap();
    assert_eq!(since(mark), (mark, None));
    append_row(&db, 1, 0..3, 900_000);
    db.seal().unwrap();
    assert_eq!(since(mark).1, Some(Timestamp(900_000)));
    db.tick(Timestamp(0)).unwrap();
    assert_eq!(since(mark).1, Some(Timestamp(20_000)), "what retention takes has changed");
    assert_eq!(since(opened).1, Some(Timestamp(20_000)));
}

#[test]
fn marks_do_not_outlive_the_store() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    append_row(&db, 1, 0..3, 50_000);
    append_row(&db, 1, 0..3, 60_000);
    let (mark, _) = view(&db).changed_since(0);
    drop(db);
    let (db, _) = open(&fs);
    assert_eq!(view(&db).changed_since(mark).1, Some(Timestamp(i64::MIN)));
}

/// Rows that are written while others look.
const ROWS: i64 = 400;

#[test]
fn a_view_has_all_that_was_noted_before_its_mark() {
    let (db, _) = open(&MemFs::new());
    let (db, running) = (&db, &AtomicBool::new(true));
    let views = std::thread::scope(|scope| {
        scope.spawn(move || {
            for row in 0..ROWS {
                // Far enough apart that no two changes are told as one.
                append_row(db, 1, 0..4, row * 2 * Marks::MERGED_MS);
                if row % 50 == 0 {
                    db.seal().unwrap();
                }
            }
            running.store(false, Ordering::SeqCst);
        });
        let mut views = Vec::new();
        while running.load(Ordering::SeqCst) {
            let view = view(db);
            views.push((view.changed_since(0).0, content_of(&*view)));
        }
        views
    });
    let (end, last) = (view(db), content(db));
    for (mark, seen) in views {
        let told = end.changed_since(mark).1.map_or(i64::MAX, |time| time.0);
        let different = first_difference(&seen, &last).unwrap_or(i64::MAX);
        assert!(told <= different, "{different} is new since {mark}, but only {told} is told");
    }
}
