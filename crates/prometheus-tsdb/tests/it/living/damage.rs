//! What cannot be read or written: the rest serves, nothing is lost, and nobody has to tidy up.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_model::{Span, Timestamp};
use regain_prometheus_tsdb::WINDOW_MS;
use regain_storage::fs::{Fs as _, MemFs};
use regain_storage::{Ctx, Retention};

use super::{
    Expected, ROOT, block_file, compact_all, content, cut, directories, fill, open, shape, store,
    window,
};
use crate::all::{all, all_with};

/// Ten series in five windows, with a bit of a file of the second one turned.
fn damaged(name: &str, at: usize) -> (MemFs, PathBuf) {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..5);
    let path = block_file(&blocks, 1, name);
    let mut bytes = fs.bytes(&path).unwrap();
    bytes[at] ^= 0x40;
    fs.set_bytes(&path, bytes);
    (fs, path)
}

#[test]
fn a_block_that_cannot_be_opened_is_left_out_and_reported_until_it_is_too_old() {
    for (name, at) in [("index", 20), ("chunks/000001", 1), ("tombstones", 7), ("meta.json", 0)] {
        let (fs, path) = damaged(name, at);
        let blocks = open(&fs);
        let ctx = Arc::new(Ctx::default());
        let rest: Vec<i64> = (0..60).chain(120..300).collect();
        assert_eq!(all_with(&blocks, &ctx), all(&store(0..10, &rest)), "{name}");
        assert_eq!(ctx.warnings.to_vec().len(), 1, "{name}");
        let damages = blocks.damages();
        assert_eq!(damages.len(), 1, "{name}");
        assert!(damages[0].to_string().contains(path.to_str().unwrap()), "{name}: {}", damages[0]);
        assert_eq!((blocks.stats().blocks, blocks.stats().damaged), (4, 1), "{name}");
        // The others are merged without it.
        assert_eq!(compact_all(&blocks), 1);
        assert_eq!((shape(&blocks).len(), directories(&fs)), (3, 4));
        blocks.set_retention(Retention::of_ms(2 * WINDOW_MS));
        blocks.tick(Timestamp(i64::MIN), 0).unwrap();
        // Of one that does not say how old it is, nothing goes.
        assert_eq!(fs.paths().contains(&path), name == "meta.json", "{name}");
    }
}

#[test]
fn what_is_damaged_in_a_block_is_left_out_and_the_rest_of_it_serves() {
    let whole = content(&store(0..10, &(0..300).collect::<Vec<_>>()));
    let entry = 5 + 8 + 4; // Any place in the first entries of series does.
    for (name, at) in [("chunks/000001", 300), ("index", 16 * entry)] {
        let (fs, path) = damaged(name, at);
        let blocks = open(&fs);
        let ctx = Arc::new(Ctx::default());
        let seen: Expected = all_with(&blocks, &ctx)
            .into_iter()
            .map(|(l, s)| (l, s.into_iter().collect()))
            .collect();
        let missing: Vec<(&String, i64)> = whole
            .iter()
            .flat_map(|(series, samples)| samples.keys().map(move |&time| (series, time)))
            .filter(|(series, time)| !seen[*series].contains_key(time))
            .collect();
        assert_eq!(missing.len(), 60, "{name}");
        let is_there = |&(series, time): &(&String, i64)| {
            series == missing[0].0 && window(1).contains(Timestamp(time))
        };
        assert!(missing.iter().all(is_there), "{name}");
        assert_eq!(ctx.warnings.to_vec().len(), 1, "{name}");
        assert_eq!(content(&blocks), seen, "{name}");
        assert_eq!(blocks.damages().len(), 1, "{name}: one place is reported once");
        assert!(blocks.damages()[0].to_string().contains(path.to_str().unwrap()), "{name}");
        assert_eq!((blocks.stats().blocks, blocks.stats().damaged), (5, 1), "{name}");
        // It stays as it is, and the others are merged.
        assert_eq!(compact_all(&blocks), 1);
        assert_eq!(shape(&blocks).len(), 4);
        assert!(blocks.clean_tombstones(&|| true).unwrap());
        assert_eq!((content(&blocks), fs.paths().contains(&path)), (seen, true));
    }
}

#[test]
fn a_block_that_fails_in_a_merge_does_not_hold_the_others_up() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..5);
    let path = block_file(&blocks, 0, "chunks/000001");
    let mut bytes = fs.bytes(&path).unwrap();
    bytes[300] ^= 1;
    fs.set_bytes(&path, bytes);
    let blocks = open(&fs);
    assert_eq!(compact_all(&blocks), 2);
    let merged = [(0, 0, 1, 600), (1, 2, 2, 1200), (3, 3, 1, 600), (4, 4, 1, 600)];
    assert_eq!(shape(&blocks), merged);
    assert_eq!((blocks.stats().compactions, blocks.stats().compactions_failed), (1, 1));
    assert_eq!(blocks.damages().len(), 1);
}

#[test]
fn a_block_that_cannot_be_read_for_a_moment_is_back_the_next_moment() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..4);
    let before = content(&blocks);
    fs.fail_reads("chunks");
    let ctx = Arc::new(Ctx::default());
    assert_eq!(all_with(&blocks, &ctx), []);
    assert_eq!(ctx.warnings.to_vec().len(), 4);
    assert!(blocks.compact(&|| true).is_err());
    fs.heal_failures();
    assert_eq!(content(&blocks), before);
    assert_eq!((blocks.damages().len(), compact_all(&blocks)), (0, 1));
    assert_eq!(content(&blocks), before);
}

#[test]
fn a_block_that_can_never_be_read_does_not_hold_the_others_up() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..5);
    let name = blocks.all()[0].meta().ulid.to_string();
    fs.fail_reads(String::leak(name));
    let results: Vec<bool> = (0..3).map(|_| blocks.compact(&|| true).is_ok()).collect();
    assert_eq!(results, [false, false, true]);
    assert_eq!(compact_all(&blocks), 1);
    assert_eq!(shape(&blocks)[..2], [(0, 0, 1, 600), (1, 2, 2, 1200)]);
    assert_eq!(blocks.damages().len(), 1);
}

#[test]
fn deleting_goes_on_past_damaged_series() {
    let (fs, _) = damaged("index", 16 * 17);
    let blocks = open(&fs);
    assert_eq!(blocks.delete(&[], Span::ALL).unwrap(), 10);
    assert_eq!((content(&blocks), blocks.damages().len()), (Expected::new(), 1));
    assert_eq!(content(&open(&fs)), Expected::new());
}

#[test]
fn a_disk_that_is_full_for_a_while_costs_nothing() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..3);
    let (before, used) = (content(&blocks), fs.used());
    let rows: Vec<i64> = (0..60).collect();
    for room in [0, 100, 1000, 2000] {
        fs.set_capacity(Some(used + room));
        assert!(cut(&blocks, 3, 0..10, &rows, 1).is_err(), "{room}");
        assert_eq!((fs.used(), content(&blocks)), (used, before.clone()), "{room}");
    }
    for room in [0, 40, 500, 600] {
        fs.set_capacity(Some(used + room));
        let deleted = blocks.delete(&[], window(0));
        if deleted.is_ok() {
            break;
        }
        // Whoever starts again sees what those see who went on.
        assert_eq!(content(&blocks), before, "{room}");
        assert_eq!(content(&open(&fs)), before, "{room}");
        assert!(room < 600);
    }
    fs.set_capacity(None);
    fill(&blocks, 3..4);
    let (before, used) = (content(&blocks), fs.used());
    fs.set_capacity(Some(used + 2000));
    assert!(blocks.compact(&|| true).is_err());
    assert_eq!((fs.used(), content(&blocks)), (used, before.clone()));
    assert_eq!(blocks.stats().compactions_failed, 1);
    fs.set_capacity(None);
    assert_eq!(compact_all(&blocks), 1);
    assert_eq!(content(&blocks), before);
}

#[test]
fn a_directory_that_is_read_only_serves() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..4);
    let before = content(&blocks);
    fs.make_read_only(true);
    let blocks = open(&fs);
    assert_eq!(content(&blocks), before);
    blocks.set_retention(Retention::of_ms(WINDOW_MS));
    assert!(blocks.compact(&|| true).is_err());
    assert!(blocks.delete(&[], Span::ALL).is_err());
    assert!(blocks.tick(Timestamp(0), 0).is_err());
    fs.make_read_only(false);
    blocks.tick(Timestamp(0), 0).unwrap();
    assert_eq!(directories(&fs), 1, "what could not be removed is removed later");
}

#[test]
fn what_prometheus_has_not_finished_is_tidied_up() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..1);
    let before = content(&blocks);
    let name = blocks.all()[0].dir().display().to_string();
    for path in [
        format!("{ROOT}/01HZZZZZZZZZZZZZZZZZZZZZZZ.tmp-for-creation/index"),
        format!("{ROOT}/01HZZZZZZZZZZZZZZZZZZZZZZZ.tmp-for-deletion/chunks/000001"),
    ] {
        fs.set_bytes(Path::new(&path), b"something".to_vec());
    }
    fs.set_bytes(Path::new(&format!("{ROOT}/other.tmp-for-deletion/file")), b"mine".to_vec());
    // A parent that its child has outlived, and a block that Prometheus has found empty.
    let child = fs.bytes(Path::new(&format!("{name}/meta.json"))).unwrap();
    let child = String::from_utf8(child).unwrap();
    let parent = "01HYYYYYYYYYYYYYYYYYYYYYYY";
    for file in ["index", "chunks/000001", "tombstones"] {
        let bytes = fs.bytes(Path::new(&format!("{name}/{file}"))).unwrap();
        for block in [parent, "01HZZZZZZZZZZZZZZZZZZZZZZZ"] {
            fs.set_bytes(Path::new(&format!("{ROOT}/{block}/{file}")), bytes.clone());
        }
    }
    let ulid = name.rsplit('/').next().unwrap();
    let named = child.replace(ulid, parent);
    fs.set_bytes(Path::new(&format!("{ROOT}/{parent}/meta.json")), named.into_bytes());
    let deletable = child.replace(ulid, "01HZZZZZZZZZZZZZZZZZZZZZZZ");
    let deletable = deletable.replace("\"level\": 1,", "\"level\": 1, \"deletable\": true,");
    let path = format!("{ROOT}/01HZZZZZZZZZZZZZZZZZZZZZZZ/meta.json");
    fs.set_bytes(Path::new(&path), deletable.into_bytes());
    let parents = format!(
        "\"level\": 1, \"parents\": [{{\"ulid\": \"{parent}\", \"minTime\": 0, \"maxTime\": 1}}],"
    );
    let child = child.replace("\"level\": 1,", &parents);
    fs.set_bytes(Path::new(&format!("{name}/meta.json")), child.into_bytes());

    let blocks = open(&fs);
    assert_eq!(content(&blocks), before);
    assert_eq!(fs.list_dirs(Path::new(ROOT)).unwrap(), [ulid, "other.tmp-for-deletion"]);
}
