//! Samples of one slot that fit no row.

use crate::column::Column;
use crate::frame::{Encoder, Frame};
use crate::wire::Cursor;

/// So many samples go into a frame together; the newest stay as they came.
const FRAME_SAMPLES: usize = 8;

/// Samples with times of their own, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    /// Frames of times and of values by turns.
    frames: Vec<u8>,
    coded: u32,
    newest: Vec<(i64, f64)>,
}

impl Own {
    /// Adds a sample, and returns by how many bytes the memory held has grown.
    pub(super) fn push(&mut self, time: i64, value: f64) -> usize {
        let before = self.size_bytes();
        if self.newest.len() == FRAME_SAMPLES {
            let (times, values): (Vec<i64>, Vec<f64>) = self.newest.drain(..).unzip();
            let mut encoder = Encoder::head();
            encoder.put_times(&mut self.frames, &times);
            encoder.put_floats(&mut self.frames, &values);
            self.coded += u32::try_from(times.len()).expect("a frame is short");
        }
        self.newest.push((time, value));
        self.size_bytes().saturating_sub(before)
    }

    /// The number of samples.
    pub(crate) fn len(&self) -> usize {
        self.coded as usize + self.newest.len()
    }

    /// The newest sample: time and bits.
    pub(super) fn newest(&self) -> Option<(i64, u64)> {
        self.newest.last().map(|&(time, value)| (time, value.to_bits()))
    }

    /// Appends all samples.
    pub(crate) fn read(&self, out: &mut Column) {
        let mut cursor = Cursor(&self.frames);
        while !cursor.is_empty() {
            let at = out.times.len();
            let times = Frame::read(&mut cursor, &[]).expect("the head's own frames are whole");
            let values = Frame::read(&mut cursor, &[]).expect("values follow times");
            out.times.resize(at + times.count(), 0);
            out.values.resize(at + values.count(), 0.0);
            times.times(&mut out.times[at..]).expect("times come first");
            values.floats(&mut out.values[at..]);
        }
        for &(time, value) in &self.newest {
            out.push(time, value);
        }
    }

    const fn size_bytes(&self) -> usize {
        size_of::<Self>()
            + self.frames.capacity()
            + self.newest.capacity() * size_of::<(i64, f64)>()
    }
}
