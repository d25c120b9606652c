//! What queries see while others write: consistent views, and series in order.

use std::sync::atomic::{AtomicBool, Ordering};

use regain_model::{Labels, MatchOp, Matcher, Span, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::{Appendable as _, LaneKey, Queryable as _, Selection};
use regain_tsdb::Db;

use crate::store::{content, ctx, lane, open, read, series};

fn counter(writer: usize, at: usize) -> Labels {
    Labels::from_pairs([
        ("__name__", "n"),
        ("writer", &format!("{writer}")),
        ("at", &format!("{at}")),
    ])
}

const WRITERS: usize = 3;
pub(crate) const WIDTH: usize = 150;

/// Every row holds its own number in all series of its lane.
pub(crate) fn write_rows(db: &Db, writer: usize, rows: i64) {
    let key = LaneKey::scrape(&counter(writer, 0), "http://localhost");
    let mut appender = db.appender(&key).unwrap();
    for row in 0..rows {
        let refs: Vec<_> =
            (0..WIDTH).map(|at| appender.series(&counter(writer, at)).unwrap()).collect();
        let mut refused = Vec::new();
        let values = vec![row as f64; WIDTH];
        appender.stage_row(Timestamp(row * 10), &refs, &values, &mut refused);
        assert_eq!(refused, []);
        assert_eq!(appender.commit().unwrap().samples, WIDTH as u64);
    }
}

/// A view in which every lane has the same whole rows in all of its series.
fn check_view(db: &Db) -> usize {
    let ctx = ctx();
    let snapshot = db.snapshot(Span::ALL, &ctx).unwrap();
    let found = read(&*snapshot, &Selection::new(&[], Span::ALL), &ctx);
    for writer in 0..WRITERS {
        let name = format!("writer=\"{writer}\"");
        let lane: Vec<_> = found.iter().filter(|(key, _)| key.contains(&name)).collect();
        let rows = lane.first().map_or(0, |(_, samples)| samples.len());
        assert!(lane.is_empty() || lane.len() == WIDTH, "{} series", lane.len());
        for (key, samples) in lane {
            assert_eq!(samples.len(), rows, "{key}");
            for (row, &(time, bits)) in (0..).zip(samples) {
                assert_eq!((time, f64::from_bits(bits)), (row * 10, row as f64), "{key}");
            }
        }
    }
    let matchers = [Matcher::new("at", MatchOp::Regex, "1.*").unwrap()];
    let some = read(&*snapshot, &Selection::new(&matchers, Span::ALL), &ctx);
    for (key, samples) in &some {
        let before = found.iter().find(|(other, _)| other == key);
        // A lane that had nothing at first is looked at for the first time now.
        let is_new = !found
            .iter()
            .any(|(other, _)| other.split("writer").nth(1) == key.split("writer").nth(1));
        let samples_before = before.map(|(_, samples)| samples);
        assert!(is_new || Some(samples) == samples_before, "one query, one view: {key}");
    }
    found.len()
}

#[test]
fn a_view_is_consistent_while_lanes_grow_and_are_sealed() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (db, done) = (&db, &done);
        let writers: Vec<_> =
            (0..WRITERS).map(|writer| scope.spawn(move || write_rows(db, writer, 300))).collect();
        let sealer = scope.spawn(move || {
            // Enough to meet every stage of a seal, and few enough for the files to be read.
            for now in 1..=50 {
                db.tick(Timestamp(now * 1_000_000)).unwrap();
                db.seal().unwrap();
                db.sync().unwrap();
                while !done.load(Ordering::SeqCst) && db.stats().head.samples == 0 {
                    std::thread::yield_now();
                }
            }
        });
        let reader = scope.spawn(move || {
            let mut views = 0;
            while !done.load(Ordering::SeqCst) {
                check_view(db);
                views += 1;
            }
            views
        });
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::SeqCst);
        sealer.join().unwrap();
        assert!(reader.join().unwrap() > 0);
    });
    assert_eq!(check_view(&db), WRITERS * WIDTH);
    let found = content(&db);
    assert!(found.values().all(|samples| samples.len() == 300));
    assert!(db.stats().seals > 1);
    drop(db);
    assert_eq!(content(&open(&fs).0), found);
}

#[test]
fn lanes_that_share_series_keep_them_in_order_under_threads() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let db = &db;
            scope.spawn(move || {
                for row in 0..200 {
                    let mut appender = lane(db, writer);
                    let refs: Vec<_> =
                        (0..20).map(|at| appender.series(&series(at)).unwrap()).collect();
                    let time = row * 7 + i64::try_from(writer).unwrap();
                    appender.stage_row(Timestamp(time), &refs, &[time as f64; 20], &mut Vec::new());
                    appender.commit().unwrap();
                }
            });
        }
    });
    let found = content(&db);
    let total: usize = found.values().map(Vec::len).sum();
    assert_eq!(db.stats().samples_appended, total as u64, "no sample hides another");
    for samples in found.values() {
        assert!(samples.iter().all(|&(time, bits)| bits == (time as f64).to_bits()));
    }
    drop(db);
    assert_eq!(content(&open(&fs).0), found);
}
