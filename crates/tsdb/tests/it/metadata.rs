//! What is said about metrics survives every kind of end, and leaves with the metric.

use regain_model::{Matcher, Metadata, MetricKind, Span, Timestamp};
use regain_storage::Appendable as _;
use regain_storage::fs::MemFs;
use regain_tsdb::Db;

use crate::store::{append_row, open};

fn said(help: &str) -> Metadata {
    Metadata { kind: MetricKind::Counter, help: help.to_owned(), unit: "s".to_owned() }
}

/// Names with the helps of their variants: `a:x,y b:z`.
fn shown(db: &Db) -> String {
    let mut all = db.metadata(None);
    all.sort();
    let name = |(name, variants): (String, Vec<Metadata>)| {
        let helps: Vec<String> = variants.into_iter().map(|variant| variant.help).collect();
        format!("{name}:{}", helps.join(","))
    };
    all.into_iter().map(name).collect::<Vec<_>>().join(" ")
}

#[test]
fn metadata_is_there_after_a_kill_and_is_written_once() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    db.keep_metadata(&[("a", &said("x")), ("b", &said("z")), ("a", &said("x"))]).unwrap();
    db.keep_metadata(&[("a", &said("y"))]).unwrap();
    let written = db.stats().series_log_bytes;
    db.keep_metadata(&[("a", &said("x")), ("a", &said("y"))]).unwrap();
    assert_eq!(db.stats().series_log_bytes, written);
    drop(db);
    let (db, report) = open(&fs);
    assert_eq!((shown(&db).as_str(), report.damage.len()), ("a:x,y b:z", 0));
    assert_eq!(db.metadata(Some("b")), [("b".to_owned(), vec![said("z")])]);
    assert_eq!(db.metadata_stats().names, 2);
}

#[test]
fn a_new_series_log_has_the_metadata_of_metrics_that_have_series() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    // Series are called `a` to `d`; those of the first row leave.
    append_row(&db, 1, 0..2, 1000);
    append_row(&db, 2, 2..3, 1000);
    db.keep_metadata(&[("a", &said("x")), ("c", &said("y"))]).unwrap();
    for name in ["a", "b"] {
        db.delete(&[Matcher::equal("__name__", name)], Span::ALL).unwrap();
    }
    db.seal().unwrap();
    while db.merge(&|| true).unwrap() {}
    db.remove_unused().unwrap();
    assert!(fs.paths().iter().any(|path| path.ends_with("regain/00000002.series")), "written anew");
    assert_eq!(shown(&db), "c:y");
    drop(db);
    assert_eq!(shown(&open(&fs).0), "c:y");
}

#[test]
fn a_writer_that_contradicts_itself_all_the_time_does_not_fill_the_disk() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    append_row(&db, 1, 0..1, 1000);
    let help = "x".repeat(4000);
    for number in 0..2000 {
        db.keep_metadata(&[("a", &said(&format!("{help}{number}")))]).unwrap();
        db.tick(Timestamp(number)).unwrap();
    }
    let stats = db.stats();
    assert!(stats.series_log_bytes < 2 << 20, "{}", stats.series_log_bytes);
    drop(db);
    let (db, report) = open(&fs);
    let kept = db.metadata(Some("a"));
    assert_eq!((kept[0].1.len(), report.damage.len()), (4, 0));
    assert!(kept[0].1[3].help.ends_with("x1999"), "the last one is there");
}
