//! The lanes of a segment: how far each is sealed, and the times of its rows.

use crate::frame::{Encoder, Frame, GroupBytes, SEGMENT_FRAME};
use crate::wire::{Cursor, put_bytes, put_varint};

/// One lane of a segment.
#[derive(Debug)]
pub(crate) struct SealedLane {
    pub(crate) id: u32,
    /// The last batch that is sealed.
    pub(crate) sequence: u64,
    pub(crate) rows: u32,
    pub(crate) first: i64,
    pub(crate) last: i64,
    times: Box<[u8]>,
}

/// Appends frames of `times`.
pub(crate) fn put_time_frames(out: &mut Vec<u8>, times: &[i64]) {
    if times.len() > SEGMENT_FRAME {
        Encoder::block().put_all_times(out, times);
    } else {
        Encoder::segment().put_all_times(out, times);
    }
}

/// Reads frames of times until there are `count`, appended to `out`. What aliases stand for lies in
/// `group`.
pub(crate) fn read_time_frames<'a>(
    cursor: &mut Cursor<'a>,
    group: GroupBytes<'a>,
    count: usize,
    out: &mut Vec<i64>,
) -> Option<()> {
    let mut rest = count;
    while rest > 0 {
        let frame = Frame::read(cursor, group)?;
        rest = rest.checked_sub(frame.count())?;
        let at = out.len();
        out.resize(at + frame.count(), 0);
        frame.times(&mut out[at..])?;
    }
    Some(())
}

impl SealedLane {
    /// Stands for a lane's number where the times belong to series of several lanes.
    pub(crate) const NO_LANE: u32 = u32::MAX;

    /// Appends a lane.
    pub(crate) fn put(out: &mut Vec<u8>, id: u32, sequence: u64, times: &[i64]) {
        let mut frames = Vec::new();
        put_time_frames(&mut frames, times);
        put_varint(out, u64::from(id));
        put_varint(out, sequence);
        put_varint(out, times.len() as u64);
        put_bytes(out, &frames);
    }

    /// Reads a lane and checks that its times ascend.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let (id, sequence, rows) = (cursor.id()?, cursor.varint()?, cursor.id()?);
        let frames = cursor.bytes()?;
        let mut times = Vec::new();
        read_time_frames(&mut Cursor(frames), GroupBytes::default(), rows as usize, &mut times)?;
        if times.windows(2).any(|pair| pair[0] >= pair[1]) {
            return None;
        }
        let first = times.first().copied().unwrap_or(i64::MAX);
        let last = times.last().copied().unwrap_or(i64::MIN);
        Some(Self { id, sequence, rows, first, last, times: frames.into() })
    }

    /// The times of the rows.
    pub(crate) fn times(&self) -> Vec<i64> {
        let mut times = Vec::with_capacity(self.rows as usize);
        read_time_frames(
            &mut Cursor(&self.times),
            GroupBytes::default(),
            self.rows as usize,
            &mut times,
        )
        .expect("the frames were read when the segment was opened");
        times
    }

    pub(crate) const fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.times.len()
    }
}
