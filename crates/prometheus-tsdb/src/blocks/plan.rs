//! Which blocks are merged next: upstream's plan (`tsdb/compact.go`, 3.14).
//!
//! Blocks that overlap become one. Otherwise, the blocks of an aligned range of three times the shortest block
//! become one when nothing more will come to it, then those of nine times, and so on. Where nothing is to be
//! merged, a large block is written anew of which much is deleted. The youngest block is left alone, so that
//! whoever copies blocks has some time for it.

use crate::meta::{Meta, OF_SOME_SERIES};
use crate::windows::WINDOW_MS;

/// How many of the shortest ranges, or of the next longer ones, make one.
const RANGE_STEP: i64 = 3;
/// A block is written anew when this part of its series has something deleted.
const DELETED_PART: f64 = 0.05;

/// The ranges that blocks are merged to, the shortest first. None is longer than `span_max_ms`, but for the
/// first.
pub(super) fn ranges(span_max_ms: i64) -> Vec<i64> {
    let longer = |range: &i64| range.checked_mul(RANGE_STEP).filter(|range| *range <= span_max_ms);
    std::iter::successors(Some(WINDOW_MS), longer).collect()
}

/// The places of the blocks in `metas`, which are in the order of their first times, that are merged next.
pub(super) fn plan(metas: &[&Meta], ranges: &[i64]) -> Vec<usize> {
    let class = |meta: &Meta| {
        let has = |hint: &&str| meta.compaction.hints.iter().any(|other| other == hint);
        OF_SOME_SERIES.iter().position(has)
    };
    // Blocks of some series are merged with their like, so that what they say stays true.
    [None, Some(0), Some(1)]
        .into_iter()
        .map(|wanted| {
            let places = (0..metas.len()).filter(|&at| class(metas[at]) == wanted);
            let group: Vec<(usize, &Meta)> = places.map(|at| (at, metas[at])).collect();
            let chosen = plan_class(&group, ranges);
            chosen.iter().map(|(at, _)| *at).collect::<Vec<_>>()
        })
        .find(|chosen| !chosen.is_empty())
        .unwrap_or_default()
}

type Placed<'a> = (usize, &'a Meta);

fn plan_class<'a>(blocks: &'a [Placed<'a>], ranges: &[i64]) -> &'a [Placed<'a>] {
    let overlapping = overlapping(blocks);
    if !overlapping.is_empty() {
        return overlapping;
    }
    let Some((_, blocks)) = blocks.split_last() else { return &[] };
    let neighbours = neighbours(blocks, ranges);
    if !neighbours.is_empty() {
        return neighbours;
    }
    for (at, (_, meta)) in blocks.iter().enumerate().rev() {
        let (deleted, series) = (meta.stats.num_tombstones, meta.stats.num_series);
        let is_short = meta.max_time.saturating_sub(meta.min_time) < ranges[ranges.len() / 2];
        let is_wanted = if is_short {
            deleted > 0 && deleted >= series
        } else {
            deleted as f64 / (series + 1) as f64 > DELETED_PART
        };
        if is_wanted {
            return &blocks[at..=at];
        }
        if is_short {
            break;
        }
    }
    &[]
}

/// The first blocks in a row that overlap.
fn overlapping<'a>(blocks: &'a [Placed<'a>]) -> &'a [Placed<'a>] {
    let mut end = i64::MIN;
    let mut first: Option<usize> = None;
    for (at, (_, meta)) in blocks.iter().enumerate() {
        match first {
            // Every block before this one has ended earlier than its predecessor, unless there was an overlap.
            None if meta.min_time < end => first = Some(at - 1),
            Some(first) if meta.min_time >= end => return &blocks[first..at],
            _ => {}
        }
        end = end.max(meta.max_time);
    }
    first.map_or(&[], |first| &blocks[first..])
}

/// The blocks of the shortest range that is over.
fn neighbours<'a>(blocks: &'a [Placed<'a>], ranges: &[i64]) -> &'a [Placed<'a>] {
    let Some((_, youngest)) = blocks.last() else { return &[] };
    let is_over = |part: &&[Placed<'_>], range: i64| {
        let (min, max) = (part[0].1.min_time, part[part.len() - 1].1.max_time);
        let has_failed = part.iter().any(|(_, meta)| meta.compaction.failed);
        part.len() > 1 && !has_failed && (max - min == range || max <= youngest.min_time)
    };
    let longer = ranges.iter().skip(1);
    let mut found = longer.filter_map(|&range| within(blocks, range).find(|p| is_over(p, range)));
    found.next().unwrap_or_default()
}

/// The blocks that lie within one aligned range, range by range.
fn within<'a>(blocks: &'a [Placed<'a>], range: i64) -> impl Iterator<Item = &'a [Placed<'a>]> {
    let mut rest = blocks;
    std::iter::from_fn(move || {
        loop {
            let (_, first) = rest.first()?;
            let end = (first.min_time.div_euclid(range) + 1).saturating_mul(range);
            let count = rest.iter().take_while(|(_, meta)| meta.max_time <= end).count();
            let (part, behind) = rest.split_at(count.max(1));
            rest = behind;
            // A block that reaches further belongs to no range of this length.
            if count > 0 {
                return Some(part);
            }
        }
    })
}

#[cfg(test)]
mod tests;
