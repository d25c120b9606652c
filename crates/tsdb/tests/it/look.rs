//! Looking at a store that somebody else has open.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use regain_model::Timestamp;
use regain_storage::fs::MemFs;
use regain_tsdb::{Db, Options};

use crate::store::{append_row, assert_same, content, open_with, options};

fn look(fs: &MemFs) -> Db {
    Db::look(Path::new("/data"), fs, options()).unwrap().0
}

#[test]
fn what_is_seen_stays_and_nothing_is_changed() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, options());
    for row in 0..40 {
        append_row(&db, 1, 0..10, row * 1000);
    }
    db.seal().unwrap();
    for row in 40..50 {
        append_row(&db, 1, 0..10, row * 1000);
    }
    let before = content(&db);
    let operations = fs.operations();
    let looked = look(&fs);
    assert_eq!(fs.operations(), operations, "nothing on disk is changed by looking");
    assert_same(&content(&looked), &before, "sealed and unsealed");
    let facts = looked.segments();
    assert_eq!(facts.iter().map(|one| one.name.is_some()).collect::<Vec<_>>(), [true, false]);
    assert_eq!(facts.iter().map(|one| one.samples).collect::<Vec<_>>(), [400, 100]);

    // The server goes on, and what was looked at is sealed and closed in memory.
    append_row(&db, 1, 0..10, 50_000);
    db.seal().unwrap();
    while db.merge(&|| true).unwrap() {}
    let operations = fs.operations();
    looked.tick(Timestamp(60_000)).unwrap();
    looked.close().unwrap();
    assert_eq!(fs.operations(), operations, "nothing on disk is changed by what was looked at");
    assert_same(&content(&looked), &before, "after the server has gone on");
}

#[test]
fn a_store_under_change_is_seen_as_it_was_at_some_moment() {
    let fs = MemFs::new();
    let small = || Options { period_ms: 20_000, ..options() };
    let (db, _) = open_with(&fs, small());
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for row in 0..600_i64 {
                let first = usize::try_from(row / 10).unwrap();
                append_row(&db, 1, first..first + 5, row * 1000);
                if row % 7 == 0 {
                    db.seal().unwrap();
                }
                if row % 50 == 0 {
                    while db.merge(&|| true).unwrap() {}
                }
            }
            // Ordering: the flag guards nothing.
            is_done.store(true, Ordering::Relaxed);
        });
        let mut looks = 0;
        // Ordering: as above.
        while looks == 0 || !is_done.load(Ordering::Relaxed) {
            let seen = content(&look(&fs));
            let times = seen.values().flat_map(|samples| samples.iter().map(|sample| sample.0));
            let rows = times.clone().max().map_or(0, |last| last / 1000 + 1);
            let samples = times.count();
            assert_eq!(samples, usize::try_from(rows).unwrap() * 5, "a prefix of {rows} rows");
            looks += 1;
        }
    });
    assert_same(&content(&look(&fs)), &content(&db), "at the end");
}
