//! Encodes what a seal took out of the lanes.
//!
//! Lane by lane, because that is how samples lie in memory; the pieces are then brought into the
//! order of keys, in which a segment holds them.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use regain_model::{SeriesKey, is_stale};

use super::lanes::put_time_frames;
use super::page::{Piece, Rows};
use crate::beside;
use crate::column::Column;
use crate::frame::{self, SEGMENT_FRAME};
use crate::lane::LaneData;
use crate::lane::row::words;

/// A lane as a seal took it.
#[derive(Clone, Debug)]
pub(crate) struct Frozen {
    pub(crate) lane: u32,
    /// The last batch in it.
    pub(crate) sequence: u64,
    pub(crate) data: Arc<LaneData>,
    /// The series of every slot, `u32::MAX` for none.
    pub(crate) series: Arc<[u32]>,
}

/// The encoded samples of some lanes.
#[derive(Debug)]
pub(crate) struct Encoded {
    /// The pieces of all series, in the order of keys.
    pub(super) pieces: Vec<EncodedPiece>,
    frames: Vec<u8>,
    /// What few pieces need.
    details: Vec<Detail>,
    /// The times of the lanes' rows, then those that series share beyond lanes.
    pub(super) times: Vec<Arc<[i64]>>,
    pub(super) samples: u64,
}

/// What few pieces need: rows other than all or something beside the values.
#[derive(Debug)]
struct Detail {
    rows: Rows,
    /// The first and the last time.
    span: (i64, i64),
    /// How many of the bytes at the end are beside the values.
    beside_bytes: u32,
}

/// Where an encoded piece is. There are hundreds of thousands, so it is small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EncodedPiece {
    key: (u64, u64),
    pub(super) id: u32,
    /// Its lane, as an index, and in the highest bits whether staleness markers are in it, and whether one is at its end.
    lane: u32,
    start: u32,
    size_bytes: u32,
    /// Its index among the details, `u32::MAX` for all rows of the lane.
    detail: u32,
}

const STALE: u32 = 1 << 31;
const ENDS_STALE: u32 = 1 << 30;
const ALL_ROWS: u32 = u32::MAX;

fn small(length: usize) -> u32 {
    u32::try_from(length).expect("what is between two seals stays below 4 GiB")
}

fn halves(key: SeriesKey) -> (u64, u64) {
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).expect("half of the bits");
    (half(key.0 >> 64), half(key.0))
}

impl EncodedPiece {
    pub(super) fn key(&self) -> SeriesKey {
        SeriesKey(u128::from(self.key.0) << 64 | u128::from(self.key.1))
    }

    /// Its lane, as an index.
    const fn lane(&self) -> u32 {
        self.lane & !(STALE | ENDS_STALE)
    }
}

impl Encoded {
    /// Encodes the lanes. `keys` gives the keys of a lane's slots; a slot without a key is left out.
    pub(crate) fn new(lanes: &[Frozen], keys: impl Fn(&Frozen) -> Vec<Option<SeriesKey>>) -> Self {
        let times = lanes.iter().map(|lane| lane.data.row_times().into()).collect();
        let encoded =
            Self { pieces: Vec::new(), frames: Vec::new(), details: Vec::new(), times, samples: 0 };
        let mut encoder = Encoder {
            encoded,
            shared: shared_times(lanes),
            kept: HashMap::new(),
            column: Column::default(),
            mask: Vec::new(),
            frames: frame::Encoder::segment(),
        };
        for (at, lane) in (0..).zip(lanes) {
            for (slot, key) in (0..).zip(keys(lane)) {
                if let Some(key) = key {
                    let id = lane.series[slot as usize];
                    encoder.add_rows((at, lane), slot, (key, id));
                    encoder.add_own((at, lane), slot, (key, id));
                }
            }
        }
        let mut encoded = encoder.encoded;
        encoded.pieces.sort_unstable();
        encoded
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The frames of a piece, and what is beside their values.
    pub(super) fn frames_of(&self, piece: &EncodedPiece) -> (&[u8], &[u8]) {
        let start = piece.start as usize;
        let detail = self.details.get(piece.detail as usize);
        let beside = detail.map_or(0, |detail| detail.beside_bytes);
        self.frames[start..start + piece.size_bytes as usize]
            .split_at((piece.size_bytes - beside) as usize)
    }

    /// The piece as the directory describes it.
    pub(super) fn describe(&self, piece: &EncodedPiece) -> Piece {
        let rows = match self.details.get(piece.detail as usize) {
            Some(detail) => detail.rows.clone(),
            None => Rows::All,
        };
        let (lane, stale) = (piece.lane(), piece.lane & STALE != 0);
        Piece { lane, rows, stale, beside: false, size_bytes: piece.size_bytes }
    }

    /// The first and the last time of a piece.
    pub(super) fn span_of(&self, piece: &EncodedPiece) -> (i64, i64) {
        if let Some(detail) = self.details.get(piece.detail as usize) {
            return detail.span;
        }
        let times = &self.times[piece.lane() as usize];
        (times[0], times[times.len() - 1])
    }

    /// For every series its id with its first and last time, and whether a staleness marker is at its end.
    pub(crate) fn series(&self) -> impl Iterator<Item = (u32, (i64, i64), bool)> + '_ {
        self.pieces.chunk_by(|a, b| a.id == b.id).map(|pieces| {
            let (mut all, mut ends_stale) = ((i64::MAX, i64::MIN), false);
            for piece in pieces {
                let (first, last) = self.span_of(piece);
                if last >= all.1 {
                    ends_stale = piece.lane & ENDS_STALE != 0;
                }
                all = (all.0.min(first), all.1.max(last));
            }
            (pieces[0].id, all, ends_stale)
        })
    }
}

/// How many series have the same times of their own, by a hash of them.
fn shared_times(lanes: &[Frozen]) -> HashMap<u64, u32> {
    let mut counts: HashMap<u64, u32> = HashMap::new();
    let mut column = Column::default();
    for lane in lanes.iter().filter(|lane| !lane.data.own.is_empty()) {
        for own in (0..small(lane.series.len())).filter_map(|slot| lane.data.own.get(&slot)) {
            column.clear();
            own.read(&mut column);
            *counts.entry(hash_of(&column.times)).or_default() += 1;
        }
    }
    counts.retain(|_, count| *count > 1);
    counts
}

fn hash_of(times: &[i64]) -> u64 {
    FixedState::default().hash_one(times)
}

struct Encoder {
    encoded: Encoded,
    /// Hashes of times that several series have.
    shared: HashMap<u64, u32>,
    /// Where times with such a hash are kept.
    kept: HashMap<u64, u32>,
    column: Column,
    mask: Vec<u64>,
    frames: frame::Encoder<SEGMENT_FRAME>,
}

impl Encoder {
    /// Adds the samples that lie in the lane's rows.
    fn add_rows(&mut self, (at, lane): (u32, &Frozen), slot: u32, series: (SeriesKey, u32)) {
        let rows = self.encoded.times[at as usize].len();
        self.column.clear();
        self.mask.clear();
        self.mask.resize(words(rows), 0);
        lane.data.read_rows(slot, &mut self.column, &mut self.mask);
        if self.column.times.is_empty() {
            return;
        }
        let is_whole = self.column.times.len() == rows;
        let some = if is_whole { None } else { Rows::of_mask(&self.mask, rows) };
        let start = self.encoded.frames.len();
        self.add(at, series, start, some);
    }

    /// Adds the samples with times of their own.
    fn add_own(&mut self, (at, lane): (u32, &Frozen), slot: u32, series: (SeriesKey, u32)) {
        let Some(own) = lane.data.own.get(&slot) else { return };
        self.column.clear();
        own.read(&mut self.column);
        self.column.merge_from(0);
        let Self { encoded, shared, kept, column, .. } = self;
        let start = encoded.frames.len();
        let hash = hash_of(&column.times);
        if shared.contains_key(&hash) {
            // Equal times are kept once, like those of a lane.
            let lane = *kept.entry(hash).or_insert_with(|| {
                encoded.times.push(column.times.as_slice().into());
                small(encoded.times.len() - 1)
            });
            if *encoded.times[lane as usize] == *column.times {
                self.add(lane, series, start, None);
                return;
            }
        }
        put_time_frames(&mut encoded.frames, &column.times);
        let (first, last) = (column.times[0], column.times[column.times.len() - 1]);
        let rows = Rows::Own(small(column.times.len()), first, last);
        self.add(at, series, start, Some(rows));
    }

    /// Encodes the values of the column as a piece; `rows` where they are not all of the lane's.
    fn add(&mut self, lane: u32, (key, id): (SeriesKey, u32), start: usize, rows: Option<Rows>) {
        let Self { encoded, column, frames, .. } = self;
        let is_any_stale = column.values.iter().any(|&value| is_stale(value));
        let ends_stale = column.values.last().is_some_and(|&value| is_stale(value));
        let stale = if is_any_stale { STALE } else { 0 } | if ends_stale { ENDS_STALE } else { 0 };
        column.settle();
        // The sample before is in another file, which may lose it.
        column.forget_hint(0);
        frames.put_all_floats(&mut encoded.frames, &column.values);
        encoded.samples += column.values.len() as u64;
        let mut detail = ALL_ROWS;
        if rows.is_some() || column.has_beside() {
            detail = small(encoded.details.len());
            let before = encoded.frames.len();
            if column.has_beside() {
                beside::put(&mut encoded.frames, column, frames);
            }
            let beside_bytes = small(encoded.frames.len() - before);
            let span = (column.times[0], column.times[column.times.len() - 1]);
            let rows = rows.unwrap_or(Rows::All);
            encoded.details.push(Detail { rows, span, beside_bytes });
        }
        let key = halves(key);
        let size_bytes = small(encoded.frames.len() - start);
        let (lane, start) = (lane | stale, small(start));
        encoded.pieces.push(EncodedPiece { key, id, lane, start, size_bytes, detail });
    }
}
