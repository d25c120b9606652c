//! Damaged files: never a wrong sample, never a panic; the report names the place, and the rest reads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use regain_model::{Labels, Matcher, Span, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::{Error, Queryable as _, Result};
use regain_tsdb::{Db, ReplayReport};

use crate::store::{
    Content, append_row, assert_same, content, content_and_warnings, key_of, lane, open, options,
    series, try_content, warnings,
};

const DIR: &str = "/data";
/// What a query is told that meets damage in the first segment of a [`filled`] store.
const DAMAGED: &str =
    "samples between 0 and 29007 may be missing: 00000001.segment is a damaged file";

/// A store with two segments and an unsealed part, left as a killed process leaves it.
fn filled() -> (MemFs, Content) {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    for (part, rows) in [(0, 30), (1, 25), (2, 90)] {
        for row in 0..rows {
            let time = part * 1_000_000 + row * 1000;
            append_row(&db, 1, 0..20, time);
            append_row(&db, 2, 20..(25 + usize::try_from(row).unwrap() / 30), time + 7);
            db.sync().unwrap();
        }
        if part < 2 {
            db.seal().unwrap();
        }
    }
    let all = content(&db);
    (fs, all)
}

fn files(fs: &MemFs, extension: &str) -> Vec<PathBuf> {
    let paths = fs.paths().into_iter();
    paths.filter(|path| path.extension().is_some_and(|tail| tail == extension)).collect()
}

fn reopen(fs: &MemFs) -> Result<(Db, ReplayReport)> {
    Db::open(Path::new(DIR), Arc::new(fs.clone()), options())
}

/// Reads series by series, so that what cannot be read costs itself only; and what was warned of.
fn readable(db: &Db, all: &Content) -> (Content, BTreeSet<String>) {
    let (mut found, mut warnings) = (Content::new(), BTreeSet::new());
    let labels: Vec<Labels> = (0..40).map(series).collect();
    for labels in labels.iter().filter(|labels| all.contains_key(&key_of(labels))) {
        let mut matchers: Vec<Matcher> =
            labels.iter().map(|(name, value)| Matcher::equal(name, value)).collect();
        if labels.get("odd").is_none() {
            matchers.push(Matcher::equal("odd", ""));
        }
        let (content, warned) = content_and_warnings(db, &matchers, Span::ALL);
        found.extend(content);
        warnings.extend(warned);
    }
    (found, warnings)
}

/// Everything that is found is true; what is missing was reported.
fn check(fs: &MemFs, all: &Content, is_cut: bool) -> std::result::Result<(), TestCaseError> {
    let (db, report) = match reopen(fs) {
        Ok(opened) => opened,
        Err(error) => {
            let named = matches!(error, Error::Corrupt { .. } | Error::UnknownVersion { .. });
            prop_assert!(named, "{}", error);
            return Ok(());
        }
    };
    let (found, warnings) = readable(&db, all);
    for (series, samples) in &found {
        for sample in samples {
            prop_assert!(all[series].contains(sample), "{} has {:?}", series, sample);
        }
    }
    let is_reported = !report.damage.is_empty() || report.torn_bytes > 0 || !warnings.is_empty();
    prop_assert!(is_reported || is_cut || found == *all, "silent loss: {:?}", report);
    // Life goes on, whatever was lost.
    append_row(&db, 1, 0..20, 9_000_000);
    append_row(&db, 3, 0..30, 9_000_001);
    let (after, _) = readable(&db, all);
    for (series, samples) in &after {
        let before = found.get(series).map_or(0, Vec::len);
        prop_assert!(samples.len() >= before, "{}", series);
    }
    drop(db);
    let (db, _) = reopen(fs).unwrap();
    prop_assert_eq!(&readable(&db, all).0, &after);
    db.seal().unwrap();
    prop_assert_eq!(&readable(&db, all).0, &after);
    // What is damaged leaves the files, with its group at most, and queries meet no damage any more.
    while db.merge(&|| true).unwrap() {}
    let (mended, warnings) = readable(&db, all);
    prop_assert!(warnings.iter().all(|text| text.ends_with("that was set aside")), "{warnings:?}");
    for (series, samples) in &mended {
        for sample in samples {
            let is_known = all.get(series).is_some_and(|all| all.contains(sample));
            prop_assert!(is_known || sample.0 >= 9_000_000, "{} has {:?}", series, sample);
        }
    }
    prop_assert!(mended == after || !db.health().set_aside.is_empty(), "{:?}", db.health());
    drop(db);
    let (db, report) = reopen(fs).unwrap();
    prop_assert_eq!(report.damage, vec![]);
    prop_assert_eq!(&readable(&db, all).0, &mended);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn any_damage_is_noticed(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1..=255_u8), 0..4),
        cut in prop::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>())),
    ) {
        let (fs, all) = filled();
        let paths: Vec<PathBuf> =
            fs.paths().into_iter().filter(|path| !path.ends_with("lock")).collect();
        for (path, at, mask) in flips {
            let path = path.get(&paths);
            let mut bytes = fs.bytes(path).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= mask;
            fs.set_bytes(path, bytes);
        }
        let mut is_cut = false;
        if let Some((path, length)) = cut {
            let path = path.get(&paths);
            let mut bytes = fs.bytes(path).unwrap();
            bytes.truncate(length.index(bytes.len()));
            // A log that ends with a whole record looks as if the process had ended there.
            is_cut = path.extension().is_some_and(|tail| tail == "wal");
            fs.set_bytes(path, bytes);
        }
        check(&fs, &all, is_cut)?;
    }
}

#[test]
fn a_damaged_batch_costs_its_lane_until_the_next_whole_row() {
    let (fs, all) = filled();
    let path = files(&fs, "wal").pop().unwrap();
    let mut bytes = fs.bytes(&path).unwrap();
    let at = bytes.len() / 5;
    bytes[at] ^= 0x10;
    fs.set_bytes(&path, bytes);
    let (db, report) = reopen(&fs).unwrap();
    assert_eq!(report.damage.len(), 1, "{report:?}");
    let damage = &report.damage[0];
    assert_eq!(damage.path, path);
    assert!(damage.bytes.contains(&(at as u64)), "{damage:?}");
    assert!(report.batches_skipped > 0 && report.batches_skipped < 32, "{report:?}");
    let found = content(&db);
    let mut missing: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    for number in 0..25 {
        let key = key_of(&series(number));
        let lost = all[&key].iter().filter(|sample| !found[&key].contains(sample));
        missing.entry(usize::from(number >= 20)).or_default().extend(lost.map(|sample| sample.0));
    }
    let lost: Vec<usize> = missing.values().map(Vec::len).collect();
    assert!(lost.contains(&0), "one lane has lost nothing: {lost:?}");
    let (_, times) = missing.iter().find(|(_, times)| !times.is_empty()).unwrap();
    let newest = all.values().flatten().map(|sample| sample.0).max().unwrap();
    assert!(times.iter().max().unwrap() + 10_000 < newest, "the last rows are there again");
    // The damaged file is kept aside once it is not needed.
    db.seal().unwrap();
    assert!(fs.bytes(&path).is_none());
    assert!(fs.paths().iter().any(|kept| kept.to_string_lossy().ends_with(".wal.damaged")));
}

#[test]
fn a_damaged_group_costs_its_series_and_no_others() {
    let (fs, all) = filled();
    let path = files(&fs, "segment").remove(0);
    let mut bytes = fs.bytes(&path).unwrap();
    bytes[20] ^= 1;
    fs.set_bytes(&path, bytes);
    let (db, report) = reopen(&fs).unwrap();
    assert_eq!(report.damage, [], "values are read when they are needed");
    let late = Span::new(Timestamp(1_000_000), Timestamp::MAX);
    let expected: Content = all
        .iter()
        .map(|(key, samples)| (key, samples.iter().filter(|s| s.0 >= 1_000_000).copied().collect()))
        .map(|(key, samples): (&String, Vec<_>)| (key.clone(), samples))
        .filter(|(_, samples)| !samples.is_empty())
        .collect();
    assert_same(&try_content(&db, &[], late).unwrap(), &expected, "other segments");
    let (found, warned) = content_and_warnings(&db, &[], Span::ALL);
    assert_same(&found, &expected, "all but the damaged group, which is the segment's only one");
    assert_eq!(warned, [DAMAGED], "who asks is told at once");
    let nothing = content_and_warnings(&db, &[Matcher::equal("none", "such")], Span::ALL);
    assert_eq!(nothing, (Content::new(), vec![]));
}

/// A store with two segments of three groups each.
fn wide() -> (MemFs, Content) {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    for part in 0..2 {
        for row in 0..5 {
            append_row(&db, 1, 0..300, part * 1_000_000 + row * 1000);
        }
        db.seal().unwrap();
    }
    let all = content(&db);
    (fs, all)
}

fn flip(fs: &MemFs, path: &Path, at: usize) -> Vec<u8> {
    let mut bytes = fs.bytes(path).unwrap();
    bytes[at] ^= 1;
    fs.set_bytes(path, bytes.clone());
    bytes
}

fn count(content: &Content) -> usize {
    content.values().map(Vec::len).sum()
}

#[test]
fn a_damaged_group_is_left_out_and_its_file_set_aside() {
    let (fs, all) = wide();
    let path = files(&fs, "segment").remove(0);
    let bytes = flip(&fs, &path, 20);
    let (db, _) = reopen(&fs).unwrap();
    let (before, warned) = content_and_warnings(&db, &[], Span::ALL);
    assert_eq!(
        warned,
        ["samples between 0 and 4000 may be missing: 00000001.segment is a damaged file"]
    );
    let mark = db.snapshot(Span::ALL, &Arc::default()).unwrap().changed_since(0).0;
    assert!(db.merge(&|| true).unwrap(), "the query has told of it");

    let found = content(&db);
    assert!(found.iter().all(|(series, found)| found.iter().all(|one| all[series].contains(one))));
    assert_eq!(count(&all) - count(&found), 128 * 5, "one group of one segment");
    assert_same(&before, &found, "mending costs no more than the damage did");
    let [set_aside] = &db.health().set_aside[..] else { panic!("{:?}", db.health()) };
    assert_eq!(set_aside.path, Path::new(DIR).join("regain/00000001.segment.damaged"));
    assert_eq!(fs.bytes(&set_aside.path), Some(bytes), "for whoever wants to look at it");
    assert_eq!(fs.bytes(&path), None);
    assert!(set_aside.damage.iter().any(|damage| damage.bytes.contains(&20)), "{set_aside:?}");
    let changed = db.snapshot(Span::ALL, &Arc::default()).unwrap().changed_since(mark).1;
    assert_eq!(changed, Some(Timestamp(0)), "caches have to forget what they read");
    let warning = "samples between 0 and 4000 may be missing: 00000001.segment.damaged is a damaged \
                   file that was set aside";
    assert_eq!(warnings(&db, Span::new(Timestamp(4000), Timestamp(9000))), [warning]);
    assert_eq!(warnings(&db, Span::new(Timestamp(4001), Timestamp::MAX)), [""; 0]);
    drop(db);
    let (db, report) = reopen(&fs).unwrap();
    assert_eq!(report.damage, []);
    assert_same(&content(&db), &found, "after a restart");
}

#[test]
fn damage_that_merging_finds_holds_up_no_merge() {
    let (fs, all) = wide();
    let path = files(&fs, "segment").remove(1);
    flip(&fs, &path, 20);
    let (db, _) = reopen(&fs).unwrap();
    for part in 2..8 {
        for row in 0..5 {
            append_row(&db, 1, 0..300, part * 1_000_000 + row * 1000);
        }
        db.seal().unwrap();
    }
    while db.merge(&|| true).unwrap() {}
    assert_eq!((db.stats().segments, db.health().set_aside.len()), (1, 1));
    assert_eq!(count(&all) * 4 - count(&content(&db)), 128 * 5);
}

#[test]
fn a_segment_of_which_nothing_can_be_read_is_set_aside_as_a_whole() {
    let (fs, all) = filled();
    let path = files(&fs, "segment").remove(0);
    flip(&fs, &path, 20);
    let (db, _) = reopen(&fs).unwrap();
    assert_eq!(warnings(&db, Span::ALL), [DAMAGED]);
    while db.merge(&|| true).unwrap() {}
    assert_eq!(count(&all) - count(&content(&db)), 30 * 25);
    assert_eq!(db.health().set_aside.len(), 1);
}

#[test]
fn a_segment_that_cannot_be_read_is_not_damaged() {
    let (fs, all) = wide();
    let (db, _) = reopen(&fs).unwrap();
    for row in 0..8 {
        append_row(&db, 1, 0..300, 2_000_000 + row * 1000);
        db.seal().unwrap();
    }
    fs.fail_reads(".segment");
    let error = db.merge(&|| true).unwrap_err();
    assert!(matches!(error, Error::Io { operation: "read", .. }), "{error}");
    fs.heal_failures();
    while db.merge(&|| true).unwrap() {}
    assert_eq!(db.health().set_aside, []);
    assert_eq!(count(&content(&db)), count(&all) + 300 * 8);
}

#[test]
fn a_damaged_segment_is_set_aside() {
    let (fs, all) = filled();
    let path = files(&fs, "segment").remove(0);
    let bytes = fs.bytes(&path).unwrap();
    fs.set_bytes(&path, bytes[..bytes.len() - 1].to_vec());
    let (db, report) = reopen(&fs).unwrap();
    assert_eq!(report.damage.len(), 1);
    assert_eq!(report.damage[0].path, path);
    assert_eq!(report.segments, 1);
    let lost: usize = all.values().map(Vec::len).sum::<usize>()
        - content(&db).values().map(Vec::len).sum::<usize>();
    assert_eq!(lost, 30 * 25);
    assert!(fs.paths().iter().any(|kept| kept.to_string_lossy().ends_with(".segment.damaged")));
    drop(db);
    assert_eq!(reopen(&fs).unwrap().1.damage, []);
}

#[test]
fn a_lost_manifest_is_no_new_store() {
    let (fs, all) = filled();
    let path = Path::new(DIR).join("regain/manifest");
    let bytes = fs.bytes(&path).unwrap();
    regain_storage::fs::Fs::remove(&fs, &path).unwrap();
    let error = reopen(&fs).unwrap_err();
    assert!(matches!(&error, Error::Corrupt { path: named, .. } if *named == path), "{error}");
    fs.set_bytes(&path, bytes);
    assert_same(&content(&reopen(&fs).unwrap().0), &all, "nothing was removed");
}

#[test]
fn a_lost_definition_costs_its_series_and_its_id_is_not_given_away() {
    let (fs, all) = filled();
    let path = files(&fs, "series").pop().unwrap();
    let bytes = fs.bytes(&path).unwrap();
    // The log loses its end, as if the last definitions had rotted; segments still use their ids.
    fs.set_bytes(&path, bytes[..bytes.len() / 2].to_vec());
    let (db, report) = reopen(&fs).unwrap();
    assert!(report.series_lost > 0, "{report:?}");
    let before = readable(&db, &all).0;
    let mut appender = lane(&db, 5);
    let labels: Vec<Labels> = (0..40)
        .map(|at| Labels::from_pairs([("__name__", "fresh"), ("at", &format!("{at}"))]))
        .collect();
    for labels in &labels {
        let series = appender.series(labels).unwrap();
        appender.stage(series, Timestamp(9_000_000), 1.0);
    }
    appender.commit().unwrap();
    let fresh = try_content(&db, &[Matcher::equal("__name__", "fresh")], Span::ALL).unwrap();
    assert_eq!(fresh.len(), 40);
    assert!(fresh.values().all(|samples| samples.len() == 1), "{fresh:?}");
    assert_eq!(readable(&db, &all).0, before);
}

#[test]
fn an_unreadable_file_is_an_error_and_not_a_loss() {
    let (fs, all) = filled();
    let (db, _) = reopen(&fs).unwrap();
    fs.fail_reads(".segment");
    let error = try_content(&db, &[], Span::ALL).unwrap_err();
    assert!(matches!(error, Error::Io { operation: "read", .. }), "{error}");
    fs.heal();
    assert_same(&content(&db), &all, "after the disk came back");
    drop(db);
    for part in [".segment", ".series", ".wal", "manifest"] {
        fs.fail_reads(part);
        let error = reopen(&fs).unwrap_err();
        assert!(matches!(error, Error::Io { operation: "read", .. }), "{error}");
        fs.heal();
    }
    assert_same(&content(&reopen(&fs).unwrap().0), &all, "nothing was changed");
}

#[test]
fn a_slot_that_changed_hands_shows_nobody_elses_samples() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    let name = |name: &str| Labels::from_pairs([("__name__", name)]);
    let append = |db: &Db, names: &[&str], time| {
        let mut appender = lane(db, 1);
        let refs: Vec<_> =
            names.iter().map(|other| appender.series(&name(other)).unwrap()).collect();
        let values = vec![time as f64; refs.len()];
        appender.stage_row(Timestamp(time), &refs, &values, &mut Vec::new());
        appender.commit().unwrap();
        appender
    };
    append(&db, &["old", "kept"], 1000);
    append_row(&db, 2, 0..1, 1000);
    // A batch under way keeps its lane out of the seal, and the log in place.
    let mut busy = lane(&db, 2);
    let other = busy.series(&series(0)).unwrap();
    busy.stage(other, Timestamp(2000), 1.0);
    let appender = append(&db, &["kept"], 2000);
    db.remove_unused().unwrap();
    drop(appender);
    append(&db, &["new", "kept"], 3000);
    drop((busy, db));
    let path = files(&fs, "segment").pop().unwrap();
    let mut bytes = fs.bytes(&path).unwrap();
    bytes.pop();
    fs.set_bytes(&path, bytes);
    let (db, report) = reopen(&fs).unwrap();
    assert_eq!(report.damage.len(), 1, "{report:?}");
    let found = content(&db);
    let times = |series: &str| -> Vec<i64> {
        found.get(&key_of(&name(series))).into_iter().flatten().map(|sample| sample.0).collect()
    };
    assert_eq!(times("new"), [3000], "the old samples were in this slot");
    // The log has brought back what the segment has lost, as far as it can be told whose it is.
    assert_eq!(times("kept"), [1000, 2000, 3000]);
}
