//! Reads one series outside of a query: how new it is.

use std::sync::Arc;

use super::Inner;
use crate::column::Column;
use crate::index::Place;
use crate::lane::LaneData;
use crate::segment::Segment;
use crate::segment::page::Piece;
use crate::segment::read::{Frames, choose, decode};
use crate::view::View;

/// Stands for the value of a deleted sample: no writer sends this one.
const DELETED_BITS: u64 = u64::MAX;

impl Inner {
    /// The newest sample of a series at `from` or later: time and bits. A segment that cannot be
    /// read is passed over: the answer decides about a verdict, and the query will report it.
    pub(super) fn newest_of(&self, id: u32, from: i64) -> Option<(i64, u64)> {
        let view = self.view();
        let (key, places, sealed_max) = {
            let index = self.index();
            let series = index.series.get(id)?;
            let mut places = vec![series.place];
            places.extend_from_slice(index.other_places(id));
            (series.key(), places, series.sealed_max_ms())
        };
        let mut newest = None;
        for place in places.into_iter().filter(|&place| place != Place::NONE) {
            for data in self.lane_parts(&view, place.lane) {
                newest = newest.max(data.newest(place.slot));
            }
        }
        if sealed_max >= from {
            for segment in view.segments.iter().rev() {
                let max = segment.summary.max_time;
                if max < from || newest.is_some_and(|(time, _)| time >= max) {
                    continue;
                }
                newest = newest.max(newest_in(segment, id, key, from));
            }
        }
        // A deleted sample still is one that later samples have to follow.
        let deleted = view.deleted.of(id).and_then(|spans| spans.last());
        let deleted = deleted.map(|&(_, last)| (last, DELETED_BITS));
        if newest.map(|(time, _)| time) < deleted.map(|(time, _)| time) {
            newest = deleted;
        }
        newest.filter(|&(time, _)| time >= from)
    }

    /// The unsealed samples of a lane as the view sees them, oldest first.
    pub(super) fn lane_parts(&self, view: &View, lane: u32) -> Vec<Arc<LaneData>> {
        let head = self.lanes().by_id.get(&lane).map(|lane| lane.view());
        let epoch = head.as_ref().map_or(u64::MAX, |head| head.epoch);
        let seals = view.seals_upto(epoch);
        let frozen = seals.iter().filter_map(|seal| Some(seal.get(lane)?.data));
        frozen.chain(head).filter(|data| !data.is_empty()).collect()
    }
}

fn newest_in(
    segment: &Segment,
    id: u32,
    key: regain_model::SeriesKey,
    from: i64,
) -> Option<(i64, u64)> {
    let groups = segment.groups_of(key, usize::MAX);
    let pages = segment.pages(groups.clone()).ok()?;
    let mut column = Column::default();
    for (group, page) in groups.zip(pages) {
        let Some((page, at)) = page.and_then(|page| page.find(id, 0).map(|at| (page, at))) else {
            continue;
        };
        let entry = &page.entries[at];
        let data = segment.read(segment.data_range(group)).ok()?;
        let mut at = entry.start as usize;
        for piece in page.pieces_of(entry) {
            read_piece(segment, piece, (&data, at), from, &mut column)?;
            at += piece.size_bytes as usize;
        }
    }
    column.newest()
}

fn read_piece(
    segment: &Segment,
    piece: &Piece,
    frames: Frames<'_>,
    from: i64,
    out: &mut Column,
) -> Option<()> {
    let times = segment.lanes.get(piece.lane as usize)?.times();
    let span = (from, i64::MAX);
    let chosen = choose(piece, &times, span)?;
    decode(frames, &chosen, span, out)
}
