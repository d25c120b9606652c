//! What is known about a series' samples without decoding them.

use regain_model::Timestamp;
use regain_storage::Presence;

use super::rows::RowsInSpan;
use super::snapshot::Seen;
use crate::column::Times;
use crate::lane::LaneData;
use crate::lane::row::slots;
use crate::segment::page::{Piece, Rows};
use crate::segment::read::Chosen;

/// A series seen from afar; its pieces are added in the order of time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sketch {
    /// An upper bound of the number of samples.
    pub(super) samples_max: u64,
    times: Times,
    /// Whether the samples must be decoded to know when there are some.
    is_unknown: bool,
}

impl Sketch {
    /// A series of which so many samples are left and nothing else is known.
    pub(super) fn of_count(samples: u64) -> Self {
        Self { samples_max: samples, is_unknown: true, ..Self::default() }
    }

    /// Adds a piece of a segment; `None` when the piece makes no sense.
    pub(super) fn add_sealed(
        &mut self,
        (seen, rows_in_span): (&Seen, &RowsInSpan),
        segment: u32,
        piece: &Piece,
    ) -> Option<()> {
        self.is_unknown |= piece.stale;
        match &piece.rows {
            Rows::Own(samples, ..) => self.samples_max += u64::from(*samples),
            Rows::Mask(_) => {
                let Chosen::Masked(times, mask) =
                    rows_in_span.choose_values(seen, segment, piece)?
                else {
                    return None;
                };
                let (min, max) = rows_in_span.span();
                for &time in slots(mask).map(|row| &times[row]).filter(|&&t| min <= t && t <= max) {
                    self.samples_max += 1;
                    self.is_unknown |= self.times.span.is_some_and(|(_, last)| last >= time);
                    self.times.add(time, (i64::MIN, i64::MAX));
                }
                return Some(());
            }
            Rows::All | Rows::Range(..) => {
                let Chosen::Rows(rows, _) = rows_in_span.choose_values(seen, segment, piece)?
                else {
                    return None;
                };
                self.samples_max += rows.len() as u64;
                let (Some(&from), Some(&to)) = (rows.first(), rows.last()) else { return Some(()) };
                self.is_unknown |= self.times.span.is_some_and(|(_, last)| last >= from);
                self.times.add(from, (i64::MIN, i64::MAX));
                let gap = rows_in_span.max_gap(seen, segment, piece, rows);
                self.times.max_gap = self.times.max_gap.max(gap);
                self.times.span = self.times.span.map(|(first, _)| (first, to));
                return Some(());
            }
        }
        self.is_unknown = true;
        Some(())
    }

    /// Adds the unsealed samples of a slot, and looks at their times if `presence` says so.
    pub(super) fn add_unsealed(
        &mut self,
        (data, slot): (&LaneData, u32),
        span: (i64, i64),
        presence: bool,
    ) {
        let own = data.own.get(&slot).map_or(0, |own| own.len() as u64);
        self.samples_max += data.rows_max(span.0, span.1) + own;
        let last = self.times.span.map_or(i64::MIN, |(_, last)| last);
        self.is_unknown = self.is_unknown
            || !presence
            || data.min_time <= last
            || data.presence(slot, span, &mut self.times).is_none();
    }

    /// When the series has samples, where that is known.
    pub(super) fn presence(&self) -> Option<Presence> {
        let (first, last) = self.times.span.filter(|_| !self.is_unknown)?;
        let max_gap_ms = self.times.max_gap;
        Some(Presence { first: Timestamp(first), last: Timestamp(last), max_gap_ms, stale: 0 })
    }
}
