//! Finds the samples of some series in the segments that a query sees.

use std::ops::Range;
use std::sync::Arc;

use regain_model::SeriesKey;
use regain_storage::Result;

use super::caches::Caches;
use super::losses::Losses;
use super::select::Selected;
use super::snapshot::Seen;
use crate::layout::corrupt;
use crate::segment::Segment;
use crate::segment::page::{Entry, Page, Piece};

/// Where the samples of some series are in segments.
#[derive(Debug, Default)]
pub(super) struct Located {
    /// The pieces of all series, one series after another, oldest segment first.
    pieces: Vec<SealedPiece>,
    /// Where the pieces of each series end.
    ends: Vec<u32>,
    /// The groups in which they are.
    pub(super) groups: Vec<SealedGroup>,
}

/// The pages of a segment that were read last: the next series in the order of keys are there, too.
#[derive(Debug, Default)]
pub(super) struct LoadedPages {
    groups: Range<usize>,
    pages: Vec<Option<Arc<Page>>>,
}

/// A piece of a series in a segment.
#[derive(Debug)]
pub(super) struct SealedPiece {
    /// The series, as an index among those looked for.
    series: u32,
    /// The index of the segment among those that the query sees.
    pub(super) segment: u32,
    /// The index among [`Located::groups`].
    pub(super) group: u32,
    /// Where its frames begin in the group's data.
    pub(super) start: u32,
    pub(super) piece: Piece,
}

/// A group of a segment.
#[derive(Clone, Debug)]
pub(super) struct SealedGroup {
    pub(super) segment: u32,
    pub(super) group: u32,
    pub(super) page: Arc<Page>,
}

impl LoadedPages {
    /// Gets pages, and reads with them those that the next series need, too, while they follow.
    fn load(
        &mut self,
        (caches, segment): (&Caches, &Segment),
        wanted: Range<usize>,
        next: &[(SeriesKey, u32, u32)],
    ) -> Result<()> {
        let Range { start, end } = wanted;
        // The first of them may be the last of those that are here.
        let kept = (start + 1 == self.groups.end).then(|| self.pages.pop()).flatten();
        self.pages.clear();
        self.groups = 0..0;
        self.pages.extend(kept);
        for group in start + self.pages.len()..end {
            if let Some(page) = caches.page(segment, group) {
                self.pages.push(Some(page));
                continue;
            }
            let read = group..followed_by(segment, group..end, next);
            for (group, page) in read.clone().zip(segment.pages(read)?) {
                let page = page.map(Arc::new);
                if let Some(page) = &page {
                    caches.keep_page(segment, group, page);
                }
                self.pages.push(page);
            }
            break;
        }
        self.groups = start..start + self.pages.len();
        Ok(())
    }

    /// The group and the entry of a series, which is in one of some groups that are loaded, if it is here
    /// at all.
    fn find(
        &self,
        segment: &Segment,
        groups: Range<usize>,
        id: u32,
        hint: &mut (usize, usize),
    ) -> Result<Option<(usize, usize)>> {
        let mut damaged = None;
        for group in groups {
            let Some(page) = &self.pages[group - self.groups.start] else {
                damaged = Some(group);
                continue;
            };
            let from = if group == hint.0 { hint.1 } else { 0 };
            if let Some(entry) = page.find(id, from) {
                *hint = (group, entry + 1);
                return Ok(Some((group, entry)));
            }
        }
        damaged.map_or(Ok(None), |group| {
            let offset = segment.page_range(group).start;
            Err(corrupt(&segment.path, offset, "a directory page"))
        })
    }
}

/// Where the groups end that are read with `wanted`, because the next series are there.
fn followed_by(segment: &Segment, wanted: Range<usize>, next: &[(SeriesKey, u32, u32)]) -> usize {
    let mut end = wanted.end;
    for &(key, ..) in next {
        let next = segment.groups_of(key, end - 1);
        if next.start > end {
            break;
        }
        end = end.max(next.end);
    }
    end
}

fn small(index: usize) -> u32 {
    u32::try_from(index).expect("segments, groups and series are counted in 32 bits")
}

impl Located {
    /// Looks the series up in all segments; pieces that do not overlap the span are left out.
    pub(super) fn new(
        (seen, losses): (&Seen, &Losses),
        loaded: &mut [LoadedPages],
        series: &[Selected],
        span: (i64, i64),
    ) -> Result<Self> {
        let mut located = Self::default();
        let mut last_groups = vec![u32::MAX; loaded.len()];
        let mut by_series = true;
        find((seen, losses), loaded, series, |found| {
            by_series &= located.pieces.last().is_none_or(|last| last.series <= found.series);
            located.add(seen, &found, span, &mut last_groups[found.segment]);
        })?;
        if !by_series {
            located.pieces.sort_by_key(|piece| piece.series);
        }
        let mut end = 0;
        for at in 0..small(series.len()) {
            let rest = &located.pieces[end..];
            end += rest.iter().take_while(|piece| piece.series == at).count();
            located.ends.push(small(end));
        }
        Ok(located)
    }

    /// Whether no series has any pieces.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The pieces of a series, oldest segment first.
    pub(super) fn pieces_of(&self, at: usize) -> &[SealedPiece] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.pieces[start..self.ends[at] as usize]
    }

    /// Adds the pieces of an entry.
    fn add(&mut self, seen: &Seen, found: &FoundEntry<'_>, span: (i64, i64), last_group: &mut u32) {
        let FoundEntry { series, page, entry, .. } = found;
        let (segment, group) = (small(found.segment), small(found.group));
        let mut start = entry.start;
        for piece in page.pieces_of(entry) {
            if seen.overlaps(segment, piece, span) {
                let place = self.groups.get(*last_group as usize);
                if place.is_none_or(|place| place.group != group) {
                    *last_group = small(self.groups.len());
                    self.groups.push(SealedGroup { segment, group, page: Arc::clone(page) });
                }
                let (series, group, piece) = (*series, *last_group, piece.clone());
                self.pieces.push(SealedPiece { series, segment, group, start, piece });
            }
            start += piece.size_bytes;
        }
    }
}

/// An entry of a directory.
pub(super) struct FoundEntry<'a> {
    /// The series, as an index among those looked for.
    pub(super) series: u32,
    /// The index of the segment among those that the query sees, and of the group in it.
    pub(super) segment: usize,
    group: usize,
    page: &'a Arc<Page>,
    entry: Entry,
}

impl FoundEntry<'_> {
    /// The pieces of the series.
    pub(super) fn pieces(&self) -> &[Piece] {
        self.page.pieces_of(&self.entry)
    }
}

/// Looks series up in all segments: calls `found` for one after another in the order of their keys, for
/// each from the oldest segment on. What a damaged page held of them is lost, and told of.
pub(super) fn find(
    (seen, losses): (&Seen, &Losses),
    loaded: &mut [LoadedPages],
    series: &[Selected],
    mut found: impl FnMut(FoundEntry<'_>),
) -> Result<()> {
    if loaded.is_empty() {
        return Ok(());
    }
    // Directory pages are in the order of keys, whatever the order of the selection.
    let mut by_key: Vec<(SeriesKey, u32, u32)> =
        (0..).zip(series).map(|(at, series)| (series.key, series.id, at)).collect();
    by_key.sort_unstable();
    // The group and the entry after the one that was found last in each segment.
    let mut hints = vec![(usize::MAX, 0); loaded.len()];
    for (index, &(key, id, series)) in by_key.iter().enumerate() {
        for (at, (loaded, hint)) in loaded.iter_mut().zip(&mut hints).enumerate() {
            let segment = &*seen.segments[at].segment;
            let groups = segment.groups_of(key, hint.0);
            if groups.is_empty() {
                continue;
            }
            if groups.start < loaded.groups.start || groups.end > loaded.groups.end {
                let caches = &seen.db.caches;
                loaded.load((caches, segment), groups.clone(), &by_key[index + 1..])?;
            }
            let place = loaded.find(segment, groups, id, hint);
            if let Some((group, entry)) = losses.without(seen, place)?.flatten() {
                let page = loaded.pages[group - loaded.groups.start].as_ref();
                let page = page.expect("an entry was found in it");
                let entry = page.entries[entry];
                found(FoundEntry { series, segment: at, group, page, entry });
            }
        }
    }
    Ok(())
}
