//! What is merged when: each case is a row of blocks and the places of those that are chosen.

use super::{plan, ranges};
use crate::meta::Meta;
use crate::ulid::Ulid;

/// Blocks as `first:last` in units of the shortest range, with marks behind: `!` failed, `~` of stale series, `*N` with
/// N tombstones on 100 series.
fn chosen(blocks: &str, longest: i64) -> Vec<usize> {
    let unit = ranges(0)[0];
    let parse = |(at, text): (usize, &str)| {
        let (times, marks) = text.split_at(text.find(['!', '~', '*']).unwrap_or(text.len()));
        let (min, max) = times.split_once(':').unwrap();
        let time = |text: &str| text.parse::<i64>().unwrap() * unit;
        let mut meta = Meta::new(Ulid(at as u128), time(min), time(max));
        meta.compaction.failed = marks == "!";
        if marks == "~" {
            meta.compaction.hints.push("from-stale-series".to_owned());
        }
        if let Some(count) = marks.strip_prefix('*') {
            (meta.stats.num_tombstones, meta.stats.num_series) = (count.parse().unwrap(), 100);
        }
        meta
    };
    let metas: Vec<Meta> = blocks.split_whitespace().enumerate().map(parse).collect();
    plan(&metas.iter().collect::<Vec<_>>(), &ranges(longest * unit))
}

#[test]
fn ranges_grow_by_three_up_to_the_longest() {
    let hours =
        |span: i64| ranges(span * 3_600_000).iter().map(|r| r / 3_600_000).collect::<Vec<_>>();
    assert_eq!(hours(0), [2]);
    assert_eq!(hours(36), [2, 6, 18]);
    assert_eq!(hours(31 * 24), [2, 6, 18, 54, 162, 486]);
}

#[test]
fn what_is_merged_next() {
    for (blocks, expected) in [
        ("", &[][..]),
        ("0:1", &[]),
        // The youngest is left alone.
        ("0:1 1:2 2:3", &[]),
        ("0:1 1:2 2:3 3:4", &[0, 1, 2]),
        // A range with a gap waits for a block behind it.
        ("0:1 2:3 3:4", &[0, 1]),
        ("0:1 1:2 3:4", &[]),
        ("0:1 1:2 3:4 4:5", &[0, 1]),
        // Neighbours that do not share a range.
        ("2:3 3:4 4:5", &[]),
        ("0:3 3:6 6:9 9:10", &[0, 1, 2]),
        ("0:3 3:6 6:9 9:10 10:11 11:12 12:13", &[3, 4, 5]),
        ("-3:-2 -2:-1 -1:0 0:1", &[0, 1, 2]),
        // Longer than any range.
        ("0:30 30:31 31:32", &[]),
        // What has failed is not tried again, but what overlaps is.
        ("0:1 1:2! 2:3 3:4", &[]),
        ("0:1 1:2 1:2 2:3", &[1, 2]),
        ("0:9 1:2 3:4 9:10 9:10", &[0, 1, 2]),
        ("0:1 0:1", &[0, 1]),
        ("0:2! 1:3", &[0, 1]),
        // Blocks of some series stay among themselves.
        ("0:1 0:1~", &[]),
        ("0:1~ 0:1~ 0:1", &[0, 1]),
        ("0:1~ 0:1~ 0:1 0:2", &[2, 3]),
    ] {
        assert_eq!(chosen(blocks, 9), expected, "{blocks}");
    }
}

#[test]
fn a_block_with_many_deletions_is_written_anew() {
    for (blocks, expected) in [
        ("0:9*5 9:10", &[][..]),
        ("0:9*6 9:10", &[0]),
        ("0:9*6", &[]),
        // A short one only when everything may be gone, and only the youngest of these.
        ("0:1*99 9:10", &[]),
        ("0:1*100 9:10", &[0]),
        ("0:9*6 10:11*5 18:19", &[]),
        ("0:9*6 9:18*5 18:19", &[0]),
    ] {
        assert_eq!(chosen(blocks, 9), expected, "{blocks}");
    }
}
