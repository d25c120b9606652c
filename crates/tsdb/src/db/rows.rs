//! Which rows of segments' lanes lie in the span of a selection, found once for each lane.

use std::ops::Range;

use super::by_lane::ByLane;
use super::snapshot::Seen;
use crate::segment::page::{Piece, Rows};
use crate::segment::read::{Chosen, choose, choose_values, max_gap};

/// The rows of all lanes of the segments that a query sees.
#[derive(Debug)]
pub(super) struct RowsInSpan {
    span: (i64, i64),
    segments: Box<[ByLane<InSpan>]>,
}

/// The rows of one lane.
#[derive(Clone, Debug)]
struct InSpan {
    rows: Range<usize>,
    /// The longest time between two of them.
    max_gap: u64,
}

impl RowsInSpan {
    pub(super) fn new(seen: &Seen, span: (i64, i64)) -> Self {
        let segments = seen.segments.iter();
        let lanes = segments.map(|seen| ByLane::new(seen.segment.lanes.len()));
        Self { span, segments: lanes.collect() }
    }

    /// The span of the selection.
    pub(super) fn span(&self) -> (i64, i64) {
        self.span
    }

    fn of_lane(&self, seen: &Seen, segment: u32, lane: u32) -> Option<&InSpan> {
        let decoded = seen.times(segment, lane)?;
        Some(self.segments[segment as usize].get_or_find(lane, || {
            let (min, max) = self.span;
            let end = decoded.times.partition_point(|&time| time <= max);
            let start = decoded.times[..end].partition_point(|&time| time < min);
            let rows = start..end;
            let whole = rows.len() == decoded.times.len();
            let gap = if whole { decoded.max_gap } else { max_gap(&decoded.times[rows.clone()]) };
            InSpan { rows, max_gap: gap }
        }))
    }

    /// The samples of a piece that lie in the span; `None` when the piece makes no sense.
    pub(super) fn choose<'a>(
        &self,
        seen: &'a Seen,
        segment: u32,
        piece: &'a Piece,
    ) -> Option<Chosen<'a>> {
        if piece.beside {
            let times = &seen.times(segment, piece.lane)?.times;
            return choose(piece, times, self.span);
        }
        self.choose_values(seen, segment, piece)
    }

    /// The values of a piece that lie in the span, whatever is beside them.
    pub(super) fn choose_values<'a>(
        &self,
        seen: &'a Seen,
        segment: u32,
        piece: &'a Piece,
    ) -> Option<Chosen<'a>> {
        let times = &seen.times(segment, piece.lane)?.times;
        let (rows, first) = match piece.rows {
            Rows::All => (self.of_lane(seen, segment, piece.lane)?.rows.clone(), 0),
            Rows::Range(first, rows) => {
                let first = first as usize;
                let end = first.checked_add(rows as usize).filter(|&end| end <= times.len())?;
                let here = &self.of_lane(seen, segment, piece.lane)?.rows;
                let start = here.start.clamp(first, end);
                (start..here.end.clamp(start, end), first)
            }
            Rows::Mask(_) | Rows::Own(..) => return choose_values(piece, times, self.span),
        };
        let skipped = rows.start - first;
        Some(Chosen::Rows(&times[rows], skipped))
    }

    /// The longest time between two neighbours of `rows`, which are a piece's in the span.
    pub(super) fn max_gap(&self, seen: &Seen, segment: u32, piece: &Piece, rows: &[i64]) -> u64 {
        let lane = self.of_lane(seen, segment, piece.lane);
        let whole = lane.filter(|in_span| in_span.rows.len() == rows.len());
        whole.map_or_else(|| max_gap(rows), |in_span| in_span.max_gap)
    }
}
