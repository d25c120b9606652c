//! Merges neighbouring segments into one, series by series in the order of keys, so that memory holds
//! a group of each and the times of all lanes.
//!
//! The rows of a lane become one column of times, and what a series has in them one piece in longer
//! frames. Samples with times of their own are put together, too; where several series had the same
//! times, they still do. Deleted samples are left out.

use std::hash::BuildHasher as _;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashSet};
use regain_model::{SeriesKey, is_stale};
use regain_storage::{Error, Result, histogram_index};

use super::Segment;
use super::lanes::{SealedLane, put_time_frames};
use super::page::{Page, Piece, Rows};
use super::read::{choose, decode};
use super::values::{ALL, Values};
use super::write::Writer;
use crate::beside;
use crate::column::Column;
use crate::deleted::Deleted;
use crate::frame::{self, FRAME_MAX};
use crate::lane::row::{slots, words};
use crate::layout::corrupt;

const ALL_TIME: (i64, i64) = (i64::MIN, i64::MAX);

/// What a merge has to know about series: their keys by id, whose upper halves lie in a range; none for one that is lost.
type Keys<'a> = &'a dyn Fn(&RangeInclusive<u64>, &[u32]) -> Result<Vec<Option<SeriesKey>>>;

/// Adds to `writer` what `inputs` hold, oldest first. `go_on` is asked now and then and ends it. Groups that are
/// damaged are left out and told in `left_out`; without it, they end it, too.
pub(crate) fn fill_merged(
    writer: &mut Writer,
    inputs: &[Arc<Segment>],
    (keys, deleted): (Keys<'_>, &Deleted),
    go_on: &dyn Fn() -> Result<()>,
    mut left_out: Option<&mut Vec<Range<u64>>>,
) -> Result<()> {
    let mut lanes = Lanes::default();
    let mut inputs: Vec<Input<'_>> =
        inputs.iter().map(|segment| Input::new(segment, &mut lanes)).collect();
    let mut merged = Merged::new(lanes);
    loop {
        for input in &mut inputs {
            if input.fill(keys, &mut left_out)? {
                go_on()?;
            }
        }
        let Some((key, id)) = inputs.iter().filter_map(Input::next).min() else { break };
        merged.pieces.clear();
        for input in inputs.iter_mut().filter(|input| input.next() == Some((key, id))) {
            merged.add(input)?;
            input.at += 1;
        }
        merged.write(writer, (key, id), deleted)?;
    }
    let lanes: Vec<_> =
        merged.lanes.all.iter().map(|lane| (lane.id, lane.sequence, &*lane.times)).collect();
    writer.finish(&lanes, merged.samples)
}

/// A lane of the result.
#[derive(Debug)]
struct Lane {
    id: u32,
    sequence: u64,
    times: Vec<i64>,
}

/// The lanes of the result.
#[derive(Debug, Default)]
struct Lanes {
    all: Vec<Lane>,
    /// The last one of each number.
    by_id: HashMap<u32, usize>,
    /// Times that several series share, by a hash of them.
    shared: HashMap<u64, usize>,
}

impl Lanes {
    /// Adds a lane of a segment, and returns which lane of the result it is and its first row there.
    fn add(&mut self, lane: &SealedLane) -> (u32, u32) {
        let times = lane.times();
        if let Some(&at) = self.by_id.get(&lane.id) {
            let known = &mut self.all[at];
            known.sequence = known.sequence.max(lane.sequence);
            // A row that was filled after a seal is older than the last one before it.
            if known.times.last() < times.first() || times.is_empty() {
                let row = small(known.times.len());
                known.times.extend(times);
                return (small(at), row);
            }
        }
        self.by_id.insert(lane.id, self.all.len());
        self.all.push(Lane { id: lane.id, sequence: lane.sequence, times });
        (small(self.all.len() - 1), 0)
    }

    /// The lane that holds exactly these times, which belong to several series.
    fn share(&mut self, times: &[i64]) -> u32 {
        let hash = FixedState::default().hash_one(times);
        if let Some(&at) = self.shared.get(&hash)
            && self.all[at].times == times
        {
            return small(at);
        }
        self.shared.insert(hash, self.all.len());
        self.all.push(Lane { id: SealedLane::NO_LANE, sequence: 0, times: times.to_vec() });
        small(self.all.len() - 1)
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("lanes and rows are counted in 32 bits")
}

/// A segment that is read from its first series to its last.
struct Input<'a> {
    segment: &'a Segment,
    /// For every lane the lane of the result, and its first row there; `None` for shared times.
    lanes: Vec<Option<(u32, u32)>>,
    times: Vec<Vec<i64>>,
    /// The group that is read next.
    group: usize,
    page: Page,
    keys: Vec<Option<SeriesKey>>,
    values: Values,
    /// The next entry of the page.
    at: usize,
}

impl<'a> Input<'a> {
    fn new(segment: &'a Segment, lanes: &mut Lanes) -> Self {
        let is_shared = |lane: &SealedLane| lane.id == SealedLane::NO_LANE;
        let mapped = segment.lanes.iter().map(|lane| (!is_shared(lane)).then(|| lanes.add(lane)));
        Self {
            segment,
            lanes: mapped.collect(),
            times: segment.lanes.iter().map(SealedLane::times).collect(),
            group: 0,
            page: Page::default(),
            keys: Vec::new(),
            values: Values::default(),
            at: 0,
        }
    }

    /// Reads the next group where this one is at its end; whether it did.
    fn fill(
        &mut self,
        keys: Keys<'_>,
        left_out: &mut Option<&mut Vec<Range<u64>>>,
    ) -> Result<bool> {
        let mut has_read = false;
        loop {
            // What belongs to no series cannot be asked for.
            while self.keys.get(self.at).is_some_and(Option::is_none) {
                self.at += 1;
            }
            if self.at < self.keys.len() || self.group == self.segment.group_count() {
                return Ok(has_read);
            }
            match (self.read_group(self.group), &mut *left_out) {
                (Err(Error::Corrupt { .. }), Some(left_out)) => {
                    left_out.push(self.segment.page_range(self.group));
                    left_out.push(self.segment.data_range(self.group));
                    (self.group, self.at, self.keys) = (self.group + 1, 0, Vec::new());
                    continue;
                }
                (read, _) => read?,
            }
            let ids: Vec<u32> = self.page.entries.iter().map(|entry| entry.id).collect();
            self.keys = keys(&self.segment.keys_of(self.group), &ids)?;
            (self.group, self.at, has_read) = (self.group + 1, 0, true);
        }
    }

    fn read_group(&mut self, group: usize) -> Result<()> {
        let segment = self.segment;
        let page = segment.pages(group..group + 1)?.pop().flatten();
        self.page = page.ok_or_else(|| {
            corrupt(&segment.path, segment.page_range(group).start, "a directory page")
        })?;
        self.values = Values::read((segment, group, &self.page.sums), ALL)?;
        Ok(())
    }

    /// The next series.
    fn next(&self) -> Option<(SeriesKey, u32)> {
        Some(((*self.keys.get(self.at)?)?, self.page.entries[self.at].id))
    }
}

/// Samples of a series in the result.
struct MergedPiece {
    place: MergedPlace,
    column: Column,
}

/// Where their times are.
enum MergedPlace {
    /// In rows of a lane.
    Rows(u32, Vec<u32>),
    /// With the samples; whether all of them came from times that several series share.
    Own(bool),
}

/// The series that is put together.
struct Merged {
    lanes: Lanes,
    pieces: Vec<MergedPiece>,
    encoder: Box<frame::Encoder<FRAME_MAX>>,
    frames: Vec<u8>,
    samples: u64,
}

impl Merged {
    fn new(lanes: Lanes) -> Self {
        let encoder = Box::new(frame::Encoder::block());
        Self { lanes, pieces: Vec::new(), encoder, frames: Vec::new(), samples: 0 }
    }

    /// Adds the samples of the next series of an input.
    fn add(&mut self, input: &Input<'_>) -> Result<()> {
        let entry = &input.page.entries[input.at];
        let mut start = entry.start as usize;
        for piece in input.page.pieces_of(entry) {
            self.add_piece(input, piece, start).ok_or_else(|| {
                let range = input.segment.data_range(input.group - 1);
                corrupt(&input.segment.path, range.start + start as u64, "frames of values")
            })?;
            start += piece.size_bytes as usize;
        }
        Ok(())
    }

    fn add_piece(&mut self, input: &Input<'_>, piece: &Piece, start: usize) -> Option<()> {
        let times = input.times.get(piece.lane as usize)?;
        let chosen = choose(piece, times, ALL_TIME)?;
        let mapped = match piece.rows {
            Rows::Own(..) => None,
            _ => Some(input.lanes[piece.lane as usize]),
        };
        // A piece continues the one before it where that lies in the same lane.
        let continues = self.pieces.last().is_some_and(|last| match (&last.place, mapped) {
            (MergedPlace::Rows(lane, _), Some(Some((mapped, _)))) => *lane == mapped,
            (MergedPlace::Own(_), None | Some(None)) => true,
            _ => false,
        });
        if !continues {
            let place = match mapped {
                Some(Some((lane, _))) => MergedPlace::Rows(lane, Vec::new()),
                _ => MergedPlace::Own(true),
            };
            self.pieces.push(MergedPiece { place, column: Column::default() });
        }
        let into = self.pieces.last_mut().expect("one was pushed");
        decode((input.values.at_hand(), start), &chosen, ALL_TIME, &mut into.column)?;
        match (&mut into.place, mapped) {
            (MergedPlace::Rows(_, rows), Some(Some((_, first)))) => match &piece.rows {
                Rows::All => rows.extend(first..first + small(times.len())),
                Rows::Range(from, count) => rows.extend(first + from..first + from + count),
                Rows::Mask(mask) => rows.extend(slots(mask).map(|row| first + small(row))),
                Rows::Own(..) => {}
            },
            (MergedPlace::Own(is_shared), mapped) => *is_shared &= mapped.is_some(),
            (MergedPlace::Rows(..), _) => {}
        }
        Some(())
    }

    /// Writes the series without what is deleted of it.
    fn write(
        &mut self,
        writer: &mut Writer,
        (key, id): (SeriesKey, u32),
        deleted: &Deleted,
    ) -> Result<()> {
        let mut pieces = std::mem::take(&mut self.pieces);
        if let Some(spans) = deleted.of(id) {
            forget_hints(&mut pieces, spans);
            for piece in &mut pieces {
                piece.delete(spans);
            }
        }
        pieces.retain(|piece| !piece.column.times.is_empty());
        if !pieces.is_empty() {
            writer.begin_series(key);
            for piece in &mut pieces {
                self.write_piece(writer, id, piece);
            }
            writer.end_series()?;
        }
        self.pieces = pieces;
        Ok(())
    }

    fn write_piece(&mut self, writer: &mut Writer, id: u32, piece: &mut MergedPiece) {
        let MergedPiece { place, column } = piece;
        self.frames.clear();
        let (lane, rows) = match place {
            MergedPlace::Rows(lane, rows) => {
                let all = self.lanes.all[*lane as usize].times.len();
                let mut mask = vec![0_u64; words(all)];
                for &row in &*rows {
                    mask[row as usize / 64] |= 1 << (row % 64);
                }
                (*lane, Rows::of_mask(&mask, all).expect("the piece has samples"))
            }
            MergedPlace::Own(is_shared) => {
                column.merge_from(0);
                if *is_shared {
                    (self.lanes.share(&column.times), Rows::All)
                } else {
                    put_time_frames(&mut self.frames, &column.times);
                    let (first, last) = span_of(&column.times);
                    // The lane does not matter, but there must be one.
                    (0, Rows::Own(small(column.times.len()), first, last))
                }
            }
        };
        column.settle();
        self.encoder.put_all_floats(&mut self.frames, &column.values);
        let values_end = self.frames.len();
        if column.has_beside() {
            beside::put(&mut self.frames, column, &mut self.encoder);
        }
        self.samples += column.values.len() as u64;
        let stale = column.values.iter().any(|&value| is_stale(value));
        let described = Piece { lane, rows, stale, beside: false, size_bytes: 0 };
        let bytes = self.frames.split_at(values_end);
        writer.add_piece(id, described, span_of(&column.times), bytes);
    }
}

fn span_of(times: &[i64]) -> (i64, i64) {
    (times[0], times[times.len() - 1])
}

/// Forgets what is known about counter resets of the histograms behind deleted samples, in whatever piece
/// those are.
fn forget_hints(pieces: &mut [MergedPiece], spans: &[(i64, i64)]) {
    if pieces.iter().all(|piece| piece.column.histograms.is_empty()) {
        return;
    }
    let mut times: Vec<i64> =
        pieces.iter().flat_map(|piece| piece.column.times.iter().copied()).collect();
    times.sort_unstable();
    let pairs = times.windows(2).filter(|pair| is_within(pair[0], spans));
    let behind: HashSet<i64> = pairs.map(|pair| pair[1]).collect();
    for column in pieces.iter_mut().map(|piece| &mut piece.column) {
        for at in 0..column.times.len() {
            if behind.contains(&column.times[at])
                && let Some(index) = histogram_index(column.values[at])
            {
                column.forget_hint(index as usize);
            }
        }
    }
}

fn is_within(time: i64, spans: &[(i64, i64)]) -> bool {
    spans.iter().any(|&(min, max)| min <= time && time <= max)
}

impl MergedPiece {
    /// Removes the samples in some spans of time.
    fn delete(&mut self, spans: &[(i64, i64)]) {
        let kept: Vec<bool> =
            self.column.times.iter().map(|&time| !is_within(time, spans)).collect();
        self.column.keep(&kept);
        if let MergedPlace::Rows(_, rows) = &mut self.place {
            let mut kept = kept.iter();
            rows.retain(|_| kept.next().copied().unwrap_or_default());
        }
    }
}
