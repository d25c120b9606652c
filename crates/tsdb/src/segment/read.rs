//! Decodes pieces of a segment's group.

use super::lanes::{SealedLane, read_time_frames};
use super::page::{Piece, Rows};
use crate::beside;
use crate::column::Column;
use crate::frame::{Frame, GroupBytes};
use crate::lane::row::slots;
use crate::wire::Cursor;

const ALL_TIME: (i64, i64) = (i64::MIN, i64::MAX);

/// The times of a lane's rows.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) times: Box<[i64]>,
    /// The longest time between two of them.
    pub(crate) max_gap: u64,
}

impl Decoded {
    pub(crate) fn of(lane: &SealedLane) -> Self {
        let times = lane.times().into_boxed_slice();
        let max_gap = max_gap(&times);
        Self { times, max_gap }
    }

    /// The memory held, in bytes.
    pub(crate) const fn size_bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.times)
    }
}

/// The longest time between two neighbours.
pub(crate) fn max_gap(times: &[i64]) -> u64 {
    times.windows(2).map(|pair| pair[1].abs_diff(pair[0])).max().unwrap_or(0)
}

/// The samples of a piece that lie in a span of time: which of its values, and where their times are.
#[derive(Clone, Debug)]
pub(crate) enum Chosen<'a> {
    /// Neighbouring rows: their times, and the index of the first value.
    Rows(&'a [i64], usize),
    /// All samples, to be clipped afterwards: the times, in rows of a mask.
    Masked(&'a [i64], &'a [u64]),
    /// All samples, to be clipped afterwards: the number of own times.
    Own(usize),
    /// All samples, to be clipped afterwards, and what is beside their values.
    Beside(Box<Self>),
}

/// Chooses the samples of a piece that lie in `min..=max`; `None` when the piece makes no sense.
pub(crate) fn choose<'a>(
    piece: &'a Piece,
    times: &'a [i64],
    span: (i64, i64),
) -> Option<Chosen<'a>> {
    if piece.beside {
        return Some(Chosen::Beside(Box::new(choose_values(piece, times, ALL_TIME)?)));
    }
    choose_values(piece, times, span)
}

/// The same whatever is beside the values.
pub(crate) fn choose_values<'a>(
    piece: &'a Piece,
    times: &'a [i64],
    (min, max): (i64, i64),
) -> Option<Chosen<'a>> {
    let rows = match &piece.rows {
        Rows::All => times,
        Rows::Range(first, rows) => {
            let first = *first as usize;
            times.get(first..first.checked_add(*rows as usize)?)?
        }
        Rows::Mask(mask) => {
            if slots(mask).last().is_some_and(|row| row >= times.len()) {
                return None;
            }
            return Some(Chosen::Masked(times, mask));
        }
        Rows::Own(samples, ..) => return Some(Chosen::Own(*samples as usize)),
    };
    if rows.first().is_some_and(|&first| min <= first)
        && rows.last().is_some_and(|&last| last <= max)
    {
        return Some(Chosen::Rows(rows, 0));
    }
    let end = rows.partition_point(|&time| time <= max);
    let start = rows[..end].partition_point(|&time| time < min);
    Some(Chosen::Rows(&rows[start..end], start))
}

/// Where the frames of a piece begin: the values of its group that are at hand, and a place in the group.
pub(crate) type Frames<'a> = (GroupBytes<'a>, usize);

/// Appends the chosen samples of a piece; `None`, and nothing is appended, when its frames make no sense.
pub(crate) fn decode(
    frames: Frames<'_>,
    chosen: &Chosen<'_>,
    span: (i64, i64),
    out: &mut Column,
) -> Option<()> {
    let before = out.lengths();
    let decoded = append(frames, chosen, span, out);
    if decoded.is_none() {
        out.truncate(before);
    }
    decoded
}

fn append(
    (group, start): Frames<'_>,
    chosen: &Chosen<'_>,
    span: (i64, i64),
    out: &mut Column,
) -> Option<()> {
    let mut cursor = Cursor(group.from(start)?);
    let Chosen::Beside(whole) = chosen else {
        return append_values((&mut cursor, group), chosen, span, out);
    };
    let start = out.times.len();
    append_values((&mut cursor, group), whole, ALL_TIME, out)?;
    beside::read(&mut cursor, start, span, out)
}

fn append_values<'a>(
    (cursor, group): (&mut Cursor<'a>, GroupBytes<'a>),
    chosen: &Chosen<'_>,
    (min, max): (i64, i64),
    out: &mut Column,
) -> Option<()> {
    match chosen {
        Chosen::Rows(times, first) => {
            decode_range((cursor, group), *first, times.len(), &mut out.values)?;
            out.times.extend_from_slice(times);
        }
        Chosen::Masked(times, mask) => {
            let start = out.times.len();
            out.times.extend(slots(mask).map(|row| times[row]));
            decode_range((cursor, group), 0, out.times.len() - start, &mut out.values)?;
            out.clip_from(start, min, max);
        }
        Chosen::Own(samples) => {
            let start = out.times.len();
            read_time_frames(cursor, group, *samples, &mut out.times)?;
            decode_range((cursor, group), 0, *samples, &mut out.values)?;
            out.clip_from(start, min, max);
        }
        // Nothing is beside what is beside.
        Chosen::Beside(_) => return None,
    }
    Some(())
}

/// Appends `count` values of a piece in rows from the index `first` on; `None`, and nothing is appended,
/// when its frames make no sense.
pub(crate) fn decode_values(
    (group, start): Frames<'_>,
    first: usize,
    count: usize,
    out: &mut Vec<f64>,
) -> Option<()> {
    let before = out.len();
    let decoded = decode_range((&mut Cursor(group.from(start)?), group), first, count, out);
    if decoded.is_none() {
        out.truncate(before);
    }
    decoded
}

/// Appends `count` values from the index `first` on; frames before it are skipped.
fn decode_range<'a>(
    (cursor, group): (&mut Cursor<'a>, GroupBytes<'a>),
    first: usize,
    count: usize,
    out: &mut Vec<f64>,
) -> Option<()> {
    let (mut skip, mut rest) = (first, count);
    while rest > 0 {
        let frame = Frame::read(cursor, group)?;
        if skip >= frame.count() {
            skip -= frame.count();
            continue;
        }
        let taken = rest.min(frame.count() - skip);
        let at = out.len();
        out.resize(at + skip + taken, 0.0);
        frame.floats(&mut out[at..]);
        if skip > 0 {
            out.copy_within(at + skip.., at);
            out.truncate(at + taken);
        }
        skip = 0;
        rest -= taken;
    }
    Some(())
}
