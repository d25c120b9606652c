//! Samples of one slot that fit no row.

use regain_storage::Value;

use super::row::{Sample, value_bits};
use crate::beside;
use crate::column::Column;
use crate::frame::{Encoder, Frame, GroupBytes};
use crate::wire::Cursor;

/// So many samples go into a frame together; the newest stay as they came.
const FRAME_SAMPLES: usize = 8;

const ALL_TIME: (i64, i64) = (i64::MIN, i64::MAX);

/// Samples with times of their own, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    /// Frames of times and of values by turns.
    frames: Vec<u8>,
    coded: u32,
    newest: Vec<(i64, f64)>,
    /// The time of the newest sample, and its bits.
    latest: Option<(i64, u64)>,
    /// All samples from the first one on that is more than a float.
    mixed: Option<Box<Mixed>>,
}

/// Samples that are not all floats without starts.
#[derive(Clone, Debug, Default)]
struct Mixed {
    /// By turns frames of times, frames of values, and what is beside them.
    frames: Vec<u8>,
    coded: u32,
    newest: Column,
    newest_bytes: usize,
}

impl Own {
    /// Adds a sample, and returns by how many bytes the memory held has grown.
    pub(super) fn push(&mut self, sample: &Sample) -> usize {
        let before = self.size_bytes();
        if self.latest.is_none_or(|(latest, _)| latest < sample.time) {
            self.latest = Some((sample.time, value_bits(&sample.value)));
        }
        match &sample.value {
            Value::Float(value) if self.mixed.is_none() && sample.start == 0 => {
                self.push_float(sample.time, *value);
            }
            _ => self.mixed.get_or_insert_default().push(sample),
        }
        self.size_bytes().saturating_sub(before)
    }

    fn push_float(&mut self, time: i64, value: f64) {
        if self.newest.len() == FRAME_SAMPLES {
            let (times, values): (Vec<i64>, Vec<f64>) = self.newest.drain(..).unzip();
            let mut encoder = Encoder::head();
            encoder.put_times(&mut self.frames, &times);
            encoder.put_floats(&mut self.frames, &values);
            self.coded += u32::try_from(times.len()).expect("a frame is short");
        }
        self.newest.push((time, value));
    }

    /// The number of samples.
    pub(crate) fn len(&self) -> usize {
        let mixed = self.mixed.as_ref();
        let mixed = mixed.map_or(0, |mixed| mixed.coded as usize + mixed.newest.times.len());
        self.coded as usize + self.newest.len() + mixed
    }

    /// The newest sample: time and bits.
    pub(super) const fn newest(&self) -> Option<(i64, u64)> {
        self.latest
    }

    /// Appends all samples.
    pub(crate) fn read(&self, out: &mut Column) {
        let mut cursor = Cursor(&self.frames);
        while !cursor.is_empty() {
            read_frames(&mut cursor, out);
        }
        for &(time, value) in &self.newest {
            out.push(time, value);
        }
        if let Some(mixed) = &self.mixed {
            mixed.read(out);
        }
    }

    fn size_bytes(&self) -> usize {
        let mixed = self
            .mixed
            .as_ref()
            .map_or(0, |mixed| size_of::<Mixed>() + mixed.frames.capacity() + mixed.newest_bytes);
        size_of::<Self>()
            + self.frames.capacity()
            + self.newest.capacity() * size_of::<(i64, f64)>()
            + mixed
    }
}

/// Appends the samples of a frame of times and one of values.
fn read_frames(cursor: &mut Cursor<'_>, out: &mut Column) {
    let at = out.times.len();
    let times =
        Frame::read(cursor, GroupBytes::default()).expect("the head's own frames are whole");
    let values = Frame::read(cursor, GroupBytes::default()).expect("values follow times");
    out.times.resize(at + times.count(), 0);
    out.values.resize(at + values.count(), 0.0);
    times.times(&mut out.times[at..]).expect("times come first");
    values.floats(&mut out.values[at..]);
}

impl Mixed {
    fn push(&mut self, sample: &Sample) {
        let Self { frames, coded, newest, newest_bytes } = self;
        if newest.times.len() == FRAME_SAMPLES {
            let mut encoder = Encoder::head();
            newest.settle();
            encoder.put_times(frames, &newest.times);
            encoder.put_floats(frames, &newest.values);
            beside::put(frames, newest, &mut encoder);
            *coded += u32::try_from(newest.times.len()).expect("a frame is short");
            newest.clear();
            *newest_bytes = 0;
        }
        newest.push_sample(sample);
        *newest_bytes += size_of::<Sample>();
        if let Value::Histogram(histogram) = &sample.value {
            *newest_bytes += histogram.size_bytes();
        }
    }

    fn read(&self, out: &mut Column) {
        let mut cursor = Cursor(&self.frames);
        while !cursor.is_empty() {
            let at = out.times.len();
            read_frames(&mut cursor, out);
            beside::read(&mut cursor, at, ALL_TIME, out).expect("what is beside follows values");
        }
        out.append(&self.newest);
    }
}
