//! Samples that are older than the newest of their series: taken within a window, and then like all others.

use regain_model::{Span, Timestamp};
use regain_storage::Value;
use regain_storage::Verdict::{self, Accepted, Duplicate, TooOld};
use regain_storage::fs::MemFs;
use regain_tsdb::Db;

use crate::store::{Content, append_row, content, key_of, lane, open, series};

const LATE_MS: i64 = 10_000;

/// Appends samples of the series 5 through a lane of its own, and returns the verdicts.
fn push(db: &Db, samples: &[(i64, f64)]) -> Vec<Verdict> {
    let mut appender = lane(db, 0);
    let at = appender.series(&series(5)).unwrap();
    let verdicts =
        samples.iter().map(|&(time, value)| appender.stage(at, Timestamp(time), value)).collect();
    appender.commit().unwrap();
    verdicts
}

fn samples(content: &Content) -> Vec<(i64, f64)> {
    let samples = content.get(&key_of(&series(5))).cloned().unwrap_or_default();
    samples.into_iter().map(|(time, bits)| (time, f64::from_bits(bits))).collect()
}

#[test]
fn a_late_sample_is_taken_within_the_window_only() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    assert_eq!(push(&db, &[(50_000, 1.0), (49_000, 2.0)])[1], Verdict::OutOfOrder);
    db.set_late_max(LATE_MS);
    let (verdicts, stats) = (
        push(
            &db,
            &[
                (49_000, 2.0),
                (40_000, 3.0),
                (39_999, 4.0),
                (49_000, 2.0),
                (49_000, 5.0),
                (45_000, 6.0),
            ],
        ),
        db.stats(),
    );
    assert_eq!(verdicts, [Accepted, Accepted, TooOld, Accepted, Duplicate, Accepted]);
    assert_eq!((stats.late, stats.too_late, stats.out_of_order, stats.duplicates), (3, 1, 1, 1));
    let expected = [(40_000, 3.0), (45_000, 6.0), (49_000, 2.0), (50_000, 1.0)];
    assert_eq!(samples(&content(&db)), expected);
    // What is there stays as it is, whoever sends it again and wherever it lies.
    assert_eq!(
        push(&db, &[(50_000, 7.0), (45_000, 7.0), (45_000, 6.0)]),
        [Duplicate, Duplicate, Accepted]
    );
    db.seal().unwrap();
    assert_eq!(
        push(&db, &[(45_000, 7.0), (45_000, 6.0), (47_000, 8.0)]),
        [Duplicate, Accepted, Accepted]
    );
    db.set_late_max(0);
    assert_eq!(push(&db, &[(46_000, 9.0)]), [Verdict::OutOfOrder]);
    let expected = [(40_000, 3.0), (45_000, 6.0), (47_000, 8.0), (49_000, 2.0), (50_000, 1.0)];
    assert_eq!(samples(&content(&db)), expected);
    drop(db);
    assert_eq!(samples(&content(&open(&fs).0)), expected, "after a kill");
}

#[test]
fn the_zero_that_a_series_counts_from_is_never_late() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    db.set_late_max(LATE_MS);
    // What a scrape does: the zero before its sample.
    let scrape = |start: i64, time: i64, value: f64| {
        let mut appender = lane(&db, 0);
        let at = appender.series(&series(5)).unwrap();
        appender.stage_zero(at, Timestamp(start), Timestamp(time), &Value::Float(value));
        let mut refused = Vec::new();
        appender.stage_row(Timestamp(time), &[at], &[value], &mut refused);
        appender.commit().unwrap();
        assert_eq!(refused, []);
    };
    scrape(49_000, 50_000, 3.0);
    scrape(49_000, 51_000, 4.0);
    // Another start within the window, but with newer samples behind it; one that is not before its sample; a new one.
    scrape(50_500, 52_000, 5.0);
    scrape(53_000, 53_000, 6.0);
    scrape(53_500, 54_000, 1.0);
    let expected = [
        (49_000, 0.0),
        (50_000, 3.0),
        (51_000, 4.0),
        (52_000, 5.0),
        (53_000, 6.0),
        (53_500, 0.0),
        (54_000, 1.0),
    ];
    assert_eq!(samples(&content(&db)), expected);
    db.seal().unwrap();
    drop(db);
    assert_eq!(samples(&content(&open(&fs).0)), expected, "after a start");
}

#[test]
fn late_rows_of_a_lane_are_merged_into_what_was_there() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    db.set_late_max(LATE_MS);
    for time in [1000, 2000, 4000, 5000, 3000, 1500] {
        append_row(&db, 1, 0..30, time);
        db.seal().unwrap();
    }
    append_row(&db, 1, 0..30, 3500);
    let times = |db: &Db| {
        content(db)
            .values()
            .map(|all| all.iter().map(|&(time, _)| time).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    let expected = vec![vec![1000, 1500, 2000, 3000, 3500, 4000, 5000]; 30];
    assert_eq!(times(&db), expected);
    db.seal().unwrap();
    while db.merge(&|| true).unwrap() {}
    assert_eq!(times(&db), expected);
    drop(db);
    assert_eq!(times(&open(&fs).0), expected);
}

#[test]
fn nothing_late_comes_where_samples_were_deleted() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    db.set_late_max(LATE_MS);
    push(&db, &[(1000, 1.0), (2000, 2.0), (3000, 3.0)]);
    let matcher = regain_model::Matcher::equal("__name__", "b");
    db.delete(&[matcher], Span::new(Timestamp(500), Timestamp(2500))).unwrap();
    assert_eq!(push(&db, &[(1500, 9.0), (2700, 9.0)]), [Verdict::OutOfOrder, Accepted]);
    assert_eq!(samples(&content(&db)), [(2700, 9.0), (3000, 3.0)]);
}
