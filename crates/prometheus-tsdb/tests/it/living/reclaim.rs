//! Deleted samples leave the files.

use regain_model::{Matcher, Span, Timestamp};
use regain_storage::fs::MemFs;

use super::{
    Expected, STEP_MS, block_file, compact_all, content, cut, fill, labels, open, shape, window,
};

#[test]
fn cleaning_writes_every_block_anew_that_has_deleted_samples() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..3);
    let span = Span::new(Timestamp(50 * STEP_MS), Timestamp(70 * STEP_MS));
    blocks.delete(&[Matcher::equal("parity", "odd")], span).unwrap();
    let expected = content(&blocks);
    let untouched = blocks.all()[2].meta().ulid;
    assert!(!blocks.clean_tombstones(&|| false).unwrap());
    assert!(blocks.clean_tombstones(&|| true).unwrap());
    assert_eq!(content(&blocks), expected);
    assert_eq!(blocks.stats().tombstones, 0);
    assert_eq!(shape(&blocks), [(0, 0, 1, 550), (1, 1, 1, 545), (2, 2, 1, 600)]);
    assert_eq!(blocks.all()[2].meta().ulid, untouched);
    let found = open(&fs);
    assert_eq!((content(&found), found.stats().samples), (expected, 1695));
}

#[test]
fn a_block_of_which_nothing_is_left_goes() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..2);
    blocks.delete(&[], window(0)).unwrap();
    assert!(blocks.clean_tombstones(&|| true).unwrap());
    assert_eq!(shape(&blocks), [(1, 1, 1, 600)]);
    blocks.delete(&[], Span::ALL).unwrap();
    assert!(blocks.clean_tombstones(&|| true).unwrap());
    assert_eq!((shape(&blocks), content(&blocks)), (vec![], Expected::new()));
    assert_eq!(fs.paths(), [""; 0].map(std::path::PathBuf::from));
}

#[test]
fn merging_takes_deleted_samples_out_and_much_of_them_is_a_reason() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..10);
    compact_all(&blocks);
    let bytes = blocks.stats().bytes;
    blocks.delete(&[Matcher::equal("n", "3")], window(4)).unwrap();
    let expected = content(&blocks);
    assert_eq!(compact_all(&blocks), 1, "one of ten series is more than a twentieth");
    assert_eq!((shape(&blocks)[0], content(&blocks)), ((0, 8, 3, 5340), expected));
    assert!(blocks.stats().bytes < bytes);
    fill(&blocks, 10..12);
    blocks.delete(&[Matcher::equal("n", "5")], window(9)).unwrap();
    assert_eq!(compact_all(&blocks), 0, "a short block waits until it is merged");
    fill(&blocks, 12..13);
    assert_eq!(compact_all(&blocks), 1);
    assert_eq!(shape(&blocks)[1], (9, 11, 2, 1740));
    assert_eq!(blocks.stats().tombstones, 0);
}

#[test]
fn what_is_deleted_while_blocks_are_merged_stays_deleted() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..4);
    let is_done = std::cell::Cell::new(false);
    let delete = || {
        if !is_done.replace(true) {
            // The first question comes before anything is read.
            return true;
        }
        blocks.delete(&[Matcher::equal("n", "3")], Span::ALL).unwrap();
        true
    };
    assert!(blocks.compact(&delete).unwrap());
    assert!(!content(&blocks).contains_key(&labels(3).to_string()));
    compact_all(&blocks);
    assert_eq!(shape(&blocks), [(0, 2, 2, 1620), (3, 3, 1, 600)]);
    assert!(!content(&open(&fs)).contains_key(&labels(3).to_string()));
}

#[test]
fn a_sample_that_came_back_survives_the_merge_with_the_block_it_was_deleted_from() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..2);
    blocks.delete(&[Matcher::equal("n", "2")], window(0)).unwrap();
    cut(&blocks, 0, 2..3, &[30, 31], 2).unwrap();
    assert_eq!(compact_all(&blocks), 1);
    let times: Vec<i64> =
        content(&blocks)[&labels(2).to_string()].keys().copied().take(3).collect();
    assert_eq!(times, [30 * STEP_MS, 31 * STEP_MS, window(1).min.0]);
    assert!(fs.bytes(&block_file(&blocks, 0, "tombstones")).unwrap().len() < 10);
}
