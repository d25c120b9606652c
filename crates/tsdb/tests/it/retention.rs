//! Old segments go, by time and by size, and nothing else does.

use regain_model::Timestamp;
use regain_storage::fs::MemFs;
use regain_tsdb::{Db, Options, Retention};

use crate::store::{append_row, content, open_with, options};

fn segments(fs: &MemFs) -> usize {
    let is_segment = |path: &&std::path::PathBuf| path.extension().is_some_and(|e| e == "segment");
    fs.paths().iter().filter(is_segment).count()
}

fn fill(db: &Db, segments: i64) {
    for segment in 0..segments {
        for row in 0..5 {
            append_row(db, 1, 0..30, segment * 100_000 + row * 1000);
        }
        db.seal().unwrap();
    }
}

fn first_time(db: &Db) -> i64 {
    content(db).values().map(|samples| samples[0].0).min().unwrap()
}

#[test]
fn segments_older_than_the_retention_go() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, Options { retention: Retention::of_ms(300_000), ..options() });
    fill(&db, 10);
    db.tick(Timestamp(0)).unwrap();
    // The newest sample is at 904 s, so a segment that ends at 604 s is too old by just nothing.
    assert_eq!(first_time(&db), 700_000);
    assert_eq!(segments(&fs), 3);
    assert_eq!(db.stats().segments, 3);
    drop(db);
    assert_eq!(first_time(&open_with(&fs, options()).0), 700_000);
}

#[test]
fn the_oldest_segments_go_when_all_are_too_large() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, options());
    fill(&db, 10);
    let stats = db.stats();
    let others = stats.wal_bytes + stats.series_log_bytes;
    let each = stats.segments_bytes / 10;
    drop(db);
    let limit = Options {
        retention: Retention { bytes: others + each * 4 + each / 2, ..Retention::ENDLESS },
        ..options()
    };
    let (db, _) = open_with(&fs, limit);
    assert_eq!(segments(&fs), 10);
    db.tick(Timestamp(0)).unwrap();
    assert!((3..=4).contains(&segments(&fs)), "{} segments", segments(&fs));
    let kept = i64::try_from(segments(&fs)).unwrap();
    assert_eq!(first_time(&db), (10 - kept) * 100_000);
    // The log counts, too.
    for row in 0..400 {
        append_row(&db, 1, 0..30, 2_000_000 + row * 1000);
    }
    db.tick(Timestamp(1)).unwrap();
    assert_eq!(first_time(&db), 2_000_000);
    assert!(content(&db).values().all(|samples| samples.len() == 400));
}
