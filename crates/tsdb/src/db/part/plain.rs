//! Series whose samples are rows without gaps: their values alone are read, as such series share the times.
//!
//! Those that are neighbours in a lane are read together, because so do their values lie in memory.

use std::ops::Range;

use regain_storage::{Batch, Run};

use super::StorePart;
use crate::db::batch_times::{BatchTimes, IN_MEMORY, RowsId, offset};
use crate::db::locate::SealedPiece;
use crate::db::select::SeenPlace;
use crate::lane::LaneData;
use crate::lane::whole::RowsWithin;
use crate::segment::page::Rows;
use crate::segment::read::{Chosen, decode_values};

/// The samples of a piece that are neighbouring rows: their times, and the index of the first value.
#[derive(Debug)]
pub(super) struct Plain<'a> {
    sealed: &'a SealedPiece,
    times: &'a [i64],
    first: usize,
}

impl Plain<'_> {
    fn id(&self) -> RowsId {
        let SealedPiece { segment, piece, .. } = self.sealed;
        let row = match piece.rows {
            Rows::Range(first, _) => first as usize + self.first,
            _ => self.first,
        };
        (*segment, piece.lane, offset(row), offset(self.times.len()))
    }
}

/// A lane in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct InMemory<'a> {
    lane: u32,
    data: &'a LaneData,
    rows: &'a RowsWithin,
}

impl StorePart {
    /// Whether all samples are in memory, each series has its own in one lane, and nothing is deleted.
    pub(super) fn is_bare(&self) -> bool {
        let is_sealed = self.located.as_ref().is_some_and(|located| !located.is_empty());
        !is_sealed && self.selected.others.is_empty() && self.seen.view.deleted.is_empty()
    }

    /// The lane that has the samples of the first of some series of a bare part; `slots` become those that it and the next
    /// ones have in it, as far as they are whole there. `None` where that is one alone.
    pub(super) fn neighbours(
        &self,
        series: &[usize],
        slots: &mut Vec<u32>,
    ) -> Option<InMemory<'_>> {
        let place = |&at: &usize| self.selected_at(at).place;
        let (first, second) = (place(series.first()?), place(series.get(1)?));
        let mut lanes = self.lanes_of(series[0]);
        let (Some((data, SeenPlace { lane, .. })), None) = (lanes.next(), lanes.next()) else {
            return None;
        };
        if first.lane != second.lane {
            return None;
        }
        let rows = self.rows_in_memory(data, lane);
        let here = series.iter().map(place).take_while(|place| place.lane == lane);
        slots.clear();
        slots.extend(here.map(|place| place.slot).take_while(|&slot| data.is_whole(slot, rows)));
        (slots.len() > 1).then_some(InMemory { lane, data, rows })
    }

    /// Appends the samples of neighbours, of which the first is `index` among the series of the part.
    pub(super) fn read_neighbours(
        InMemory { lane, data, rows }: InMemory<'_>,
        (slots, index): (&[u32], usize),
        (shared, out): (&mut BatchTimes, &mut Batch),
    ) {
        let count = rows.times.len();
        if count == 0 {
            return;
        }
        let start = out.floats.len();
        out.floats.resize(start + slots.len() * count, 0.0);
        data.read_all_whole(slots, rows, &mut out.floats[start..]);
        let id = (IN_MEMORY, lane, 0, offset(count));
        let times = shared.of_rows(&[id], &mut out.times, |all| all.extend_from_slice(&rows.times));
        let starts = (start..).step_by(count);
        out.runs.extend((index..).zip(starts).take(slots.len()).map(|(index, start)| Run {
            series: offset(index),
            times: times.clone(),
            floats: offset(start)..offset(start + count),
        }));
    }

    /// The rows in which a series has all its sealed samples, if they neither overlap nor have gaps. Returns the
    /// last time.
    fn plain_rows<'a>(&'a self, at: usize, plain: &mut Vec<Plain<'a>>) -> Option<i64> {
        plain.clear();
        let mut last = i64::MIN;
        for sealed in self.pieces_of(at) {
            let Ok(Chosen::Rows(times, first)) = self.chosen(sealed) else { return None };
            let (Some(&from), Some(&to)) = (times.first(), times.last()) else { continue };
            if from <= last {
                return None;
            }
            last = to;
            plain.push(Plain { sealed, times, first });
        }
        Some(last)
    }

    /// Appends the values of a series whose samples are rows without gaps, first sealed ones and then those of one
    /// lane in memory, and returns where their times are. `None`, and nothing is appended, for any other series and where
    /// something cannot be read.
    pub(super) fn read_plain<'a>(
        &'a self,
        at: usize,
        (plain, ids): &mut (Vec<Plain<'a>>, Vec<RowsId>),
        (shared, out): (&mut BatchTimes, &mut Batch),
    ) -> Option<Range<u32>> {
        let last = self.plain_rows(at, plain).filter(|_| self.deleted(at).is_none())?;
        let mut lanes = self.lanes_of(at);
        let (head, None) = (lanes.next(), lanes.next()) else { return None };
        let head = head.map(|(data, place)| (data, place, self.rows_in_memory(data, place.lane)));
        if let Some((data, place, rows)) = &head {
            let is_after = rows.times.first().is_none_or(|&first| first > last);
            if !is_after || !data.is_whole(place.slot, rows) {
                return None;
            }
        }
        if !self.decode_plain(plain, out) {
            return None;
        }
        ids.clear();
        ids.extend(plain.iter().map(Plain::id));
        if let Some((data, place, rows)) = &head {
            data.read_whole(place.slot, rows, &mut out.floats);
            ids.push((IN_MEMORY, place.lane, 0, offset(rows.times.len())));
        }
        Some(shared.of_rows(ids, &mut out.times, |all| {
            for Plain { times, .. } in &*plain {
                all.extend_from_slice(times);
            }
            if let Some((.., rows)) = &head {
                all.extend_from_slice(&rows.times);
            }
        }))
    }

    /// The rows in the span of a lane that the query has met, of which nothing else is in memory.
    fn rows_in_memory(&self, data: &LaneData, lane: u32) -> &RowsWithin {
        self.in_memory.get_or_find(lane, || data.rows_within(self.plan.span))
    }

    /// Appends the values of plain rows; nothing, and false, when some cannot be read.
    fn decode_plain(&self, plain: &[Plain<'_>], out: &mut Batch) -> bool {
        let before = out.floats.len();
        let all = plain.iter().all(|Plain { sealed, times, first }| {
            let decoded = self.decode_piece(sealed, |frames| {
                decode_values(frames, *first, times.len(), &mut out.floats)
            });
            decoded.is_ok()
        });
        if !all {
            out.floats.truncate(before);
        }
        all
    }
}
