//! Reads one series outside of a query: how new it is.

use std::sync::Arc;

use regain_model::{Histogram, SeriesKey};
use regain_storage::is_histogram;

use super::Inner;
use crate::column::Column;
use crate::index::Place;
use crate::lane::LaneData;
use crate::segment::Segment;
use crate::segment::read::{Frames, choose, decode};
use crate::segment::values::KnownValues;
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
            (series.key(), places, series.sealed.max_ms())
        };
        let mut newest = None;
        for place in places.into_iter().filter(|&place| place != Place::NONE) {
            for data in self.lane_parts(&view, place.lane) {
                newest = newest.max(data.newest(place.slot));
            }
        }
        if sealed_max >= from {
            newest = newest_sealed(&view, (id, key), from, newest);
        }
        // A deleted sample still is one that later samples have to follow.
        let deleted = view.deleted.of(id).and_then(|spans| spans.last());
        let deleted = deleted.map(|&(_, last)| (last, DELETED_BITS));
        if newest.map(|(time, _)| time) < deleted.map(|(time, _)| time) {
            newest = deleted;
        }
        newest.filter(|&(time, _)| time >= from)
    }

    /// The histogram that is the newest sample of a series, if it is one.
    pub(super) fn newest_histogram_of(&self, id: u32) -> Option<Arc<Histogram>> {
        let (time, bits) = self.newest_of(id, i64::MIN)?;
        if !is_histogram(f64::from_bits(bits)) {
            return None;
        }
        let view = self.view();
        let deleted = view.deleted.of(id).unwrap_or_default();
        if deleted.iter().any(|&(first, last)| first <= time && time <= last) {
            return None;
        }
        let mut column = self.samples_within(id, (time, time));
        column.settle();
        column.histograms.pop()
    }

    /// The samples of a series within `span` in the order of time, deleted ones too. A segment that cannot be read is
    /// passed over.
    pub(super) fn samples_within(&self, id: u32, span: (i64, i64)) -> Column {
        let (view, mut column) = (self.view(), Column::default());
        let (key, places) = {
            let index = self.index();
            let Some(series) = index.series.get(id) else { return column };
            let others = index.other_places(id).iter().copied();
            (series.key(), std::iter::once(series.place).chain(others).collect::<Vec<_>>())
        };
        for segment in &view.segments {
            let (summary, lengths) = (&segment.summary, column.lengths());
            let overlaps = summary.min_time <= span.1 && span.0 <= summary.max_time;
            if overlaps && read_segment(segment, (id, key), span, &mut column).is_none() {
                column.truncate(lengths);
            }
        }
        for place in places.into_iter().filter(|&place| place != Place::NONE) {
            for data in self.lane_parts(&view, place.lane) {
                data.read(place.slot, span, &mut column);
            }
        }
        column.merge_from(0);
        column
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

/// The newest of `newest` and of the samples at `from` or later that segments hold of a series, deleted ones too.
pub(super) fn newest_sealed(
    view: &View,
    (id, key): (u32, SeriesKey),
    from: i64,
    mut newest: Option<(i64, u64)>,
) -> Option<(i64, u64)> {
    for segment in view.segments.iter().rev() {
        let max = segment.summary.max_time;
        if max >= from && newest.is_none_or(|(time, _)| time < max) {
            newest = newest.max(newest_in(segment, id, key, from));
        }
    }
    newest
}

fn newest_in(segment: &Segment, id: u32, key: SeriesKey, from: i64) -> Option<(i64, u64)> {
    let mut column = Column::default();
    read_segment(segment, (id, key), (from, i64::MAX), &mut column)?;
    column.newest()
}

/// Appends the samples of a series that a segment has within `span`; `None` when it cannot be read.
fn read_segment(
    segment: &Segment,
    (id, key): (u32, SeriesKey),
    span: (i64, i64),
    column: &mut Column,
) -> Option<()> {
    let groups = segment.groups_of(key, usize::MAX);
    let pages = segment.pages(groups.clone()).ok()?;
    for (group, page) in groups.zip(pages) {
        let Some((page, at)) = page.and_then(|page| page.find(id, 0).map(|at| (page, at))) else {
            continue;
        };
        let (entry, source) = (&page.entries[at], (segment, group, &*page.sums));
        let pieces = page.pieces_of(entry);
        let size_bytes: usize = pieces.iter().map(|piece| piece.size_bytes as usize).sum();
        let (mut at, mut values) = (entry.start as usize, KnownValues::default());
        values.load(source, at..at + size_bytes).ok()?;
        for piece in pieces {
            let times = segment.lanes.get(piece.lane as usize)?.times();
            let chosen = choose(piece, &times, span)?;
            let decode = |frames: Frames<'_>| decode(frames, &chosen, span, column);
            if !values.decode(source, at, decode).ok()? {
                return None;
            }
            at += piece.size_bytes as usize;
        }
    }
    Some(())
}
