//! Finds the samples of some series in the segments that a query sees.

use std::ops::Range;

use regain_model::SeriesKey;
use regain_storage::Result;

use super::select::Selected;
use super::snapshot::Seen;
use crate::layout::corrupt;
use crate::segment::Segment;
use crate::segment::page::{Page, Piece};

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
    pages: Vec<Option<Page>>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SealedGroup {
    pub(super) segment: u32,
    pub(super) group: u32,
    /// The checksum of its values.
    pub(super) crc: u32,
}

impl LoadedPages {
    /// Reads pages, and with them those that the next series need, too, while they follow.
    fn load(
        &mut self,
        segment: &Segment,
        wanted: Range<usize>,
        next: &[(SeriesKey, u32, u32)],
    ) -> Result<()> {
        let Range { start, mut end } = wanted;
        for &(key, ..) in next {
            let next = segment.groups_of(key, end - 1);
            if next.start > end {
                break;
            }
            end = end.max(next.end);
        }
        // The first of them may be the last of those that are here.
        let kept = (start + 1 == self.groups.end).then(|| self.pages.pop()).flatten();
        let read_from = start + usize::from(kept.is_some());
        self.pages.clear();
        self.pages.extend(kept);
        self.groups = 0..0;
        self.pages.extend(segment.pages(read_from..end)?);
        self.groups = start..end;
        Ok(())
    }
}

fn small(index: usize) -> u32 {
    u32::try_from(index).expect("segments, groups and series are counted in 32 bits")
}

impl Located {
    /// No pieces for any of this many series.
    pub(super) fn nothing(series: usize) -> Self {
        Self { ends: vec![0; series], ..Self::default() }
    }

    /// Looks the series up in all segments; pieces that do not overlap the span are left out.
    pub(super) fn new(
        seen: &Seen,
        loaded: &mut [LoadedPages],
        series: &[Selected],
        span: (i64, i64),
    ) -> Result<Self> {
        let mut located = Self::default();
        // Directory pages are in the order of keys, whatever the order of the selection.
        let mut by_key: Vec<(SeriesKey, u32, u32)> =
            (0..).zip(series).map(|(at, series)| (series.key, series.id, at)).collect();
        by_key.sort_unstable();
        for (segment, loaded) in loaded.iter_mut().enumerate() {
            located.look_into(seen, (segment, loaded), &by_key, span)?;
        }
        located.pieces.sort_by_key(|piece| piece.series);
        let mut end = 0;
        for at in 0..small(series.len()) {
            let rest = &located.pieces[end..];
            end += rest.iter().take_while(|piece| piece.series == at).count();
            located.ends.push(small(end));
        }
        Ok(located)
    }

    /// The pieces of a series, oldest segment first.
    pub(super) fn pieces_of(&self, at: usize) -> &[SealedPiece] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.pieces[start..self.ends[at] as usize]
    }

    /// Looks the series, ascending by key, up in one segment.
    fn look_into(
        &mut self,
        seen: &Seen,
        (at, loaded): (usize, &mut LoadedPages),
        by_key: &[(SeriesKey, u32, u32)],
        span: (i64, i64),
    ) -> Result<()> {
        let segment = &seen.segments[at].segment;
        // The group and the entry after the one that was found last.
        let mut hint = (usize::MAX, 0);
        for (index, &(key, id, series)) in by_key.iter().enumerate() {
            let candidates = segment.groups_of(key, hint.0);
            if candidates.is_empty() {
                continue;
            }
            if candidates.start < loaded.groups.start || candidates.end > loaded.groups.end {
                loaded.load(segment, candidates.clone(), &by_key[index + 1..])?;
            }
            let mut damaged = None;
            for group in candidates {
                let Some(page) = &loaded.pages[group - loaded.groups.start] else {
                    damaged = Some(group);
                    continue;
                };
                let from = if group == hint.0 { hint.1 } else { 0 };
                let Some(entry) = page.find(id, from) else { continue };
                hint = (group, entry + 1);
                self.add(seen, (at, group), (page, entry), (series, span));
                damaged = None;
                break;
            }
            if let Some(group) = damaged {
                let offset = segment.page_range(group).start;
                return Err(corrupt(&segment.path, offset, "a directory page"));
            }
        }
        Ok(())
    }

    /// Adds the pieces of an entry.
    fn add(
        &mut self,
        seen: &Seen,
        (segment, group): (usize, usize),
        (page, entry): (&Page, usize),
        (series, (min, max)): (u32, (i64, i64)),
    ) {
        let found =
            SealedGroup { segment: small(segment), group: small(group), crc: page.data_crc };
        let entry = &page.entries[entry];
        let mut start = entry.start;
        for piece in page.pieces_of(entry) {
            let (first, last) = seen.segments[segment].segment.span_of(piece);
            if first <= max && min <= last {
                if self.groups.last() != Some(&found) {
                    self.groups.push(found);
                }
                let group = small(self.groups.len() - 1);
                let piece = piece.clone();
                self.pieces.push(SealedPiece {
                    series,
                    segment: found.segment,
                    group,
                    start,
                    piece,
                });
            }
            start += piece.size_bytes;
        }
    }
}
