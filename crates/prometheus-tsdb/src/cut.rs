//! Turning the samples of one series into chunks, with upstream's rules for where one ends (upstream:
//! `tsdb/head_append.go`, 3.14): about 120 floats or 1 KiB of histograms, spread evenly over the
//! range of time that a block has; never across the end of one.

mod histograms;

use crate::chunk::{Encoding, Xor2Writer, XorWriter};
use crate::sample::{Native, Value};

use histograms::{Number, OpenHistograms, Sample};

/// How many floats a chunk aims at.
const FLOATS_AIM: u16 = 120;
/// A chunk of floats is cut before a sample could make it longer than 1 KiB.
const FLOAT_BYTES_MAX: usize = 1024 - 19;

/// A chunk that is done.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    pub(crate) encoding: Encoding,
    /// The time of the first sample.
    pub(crate) min: i64,
    /// The time of the last sample.
    pub(crate) max: i64,
    pub(crate) samples: u16,
    pub(crate) data: Vec<u8>,
}

/// The chunks of one series under construction. Samples come in the order of their times.
#[derive(Debug)]
pub(crate) struct Cutter {
    range_ms: i64,
    with_starts: bool,
    open: Open,
    done: Vec<Chunk>,
}

#[derive(Debug)]
enum Open {
    Nothing,
    Floats(OpenFloats),
    Integers(OpenHistograms<u64>),
    FloatHistograms(OpenHistograms<f64>),
}

#[derive(Debug)]
struct OpenFloats {
    writer: FloatWriter,
    min: i64,
    max: i64,
    /// The time at which the next chunk starts.
    next_at: i64,
}

#[derive(Debug)]
enum FloatWriter {
    Plain(XorWriter),
    WithStarts(Xor2Writer),
}

impl Cutter {
    /// A series whose chunks end with each `range_ms`. Start timestamps are left out.
    pub(crate) const fn new(range_ms: i64) -> Self {
        Self { range_ms, with_starts: false, open: Open::Nothing, done: Vec::new() }
    }

    /// From now on chunks are of the kinds that have start timestamps.
    pub(crate) fn keep_starts(&mut self) {
        if !self.with_starts {
            self.close();
            self.with_starts = true;
        }
    }

    /// Appends a sample, which is newer than those before.
    pub(crate) fn push(&mut self, time: i64, start: i64, value: Value) {
        match value {
            Value::Float(value) => self.push_float(time, start, value),
            Value::Histogram(Native::Integer(counts)) => self.push_histogram((time, start, counts)),
            Value::Histogram(Native::Float(counts)) => self.push_histogram((time, start, counts)),
        }
    }

    /// The time of the newest sample.
    pub(crate) fn newest(&self) -> Option<i64> {
        match &self.open {
            Open::Nothing => None,
            Open::Floats(open) => Some(open.max),
            Open::Integers(open) => Some(open.max()),
            Open::FloatHistograms(open) => Some(open.max()),
        }
    }

    /// What the open chunk holds, its start timestamps left aside.
    pub(crate) const fn encoding(&self) -> Option<Encoding> {
        match &self.open {
            Open::Nothing => None,
            Open::Floats(_) => Some(Encoding::Xor),
            Open::Integers(_) => Some(Encoding::Histogram),
            Open::FloatHistograms(_) => Some(Encoding::FloatHistogram),
        }
    }

    /// All chunks; the cutter is empty then.
    pub(crate) fn finish(&mut self) -> Vec<Chunk> {
        self.close();
        std::mem::take(&mut self.done)
    }

    fn close(&mut self) {
        let chunk = match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => return,
            Open::Floats(open) => open.close(),
            Open::Integers(open) => open.close(),
            Open::FloatHistograms(open) => open.close(),
        };
        self.done.push(chunk);
    }

    fn push_float(&mut self, time: i64, start: i64, value: f64) {
        if let Open::Floats(open) = &mut self.open
            && open.takes(time)
        {
            open.push(time, start, value);
            return;
        }
        self.close();
        let writer = if self.with_starts {
            FloatWriter::WithStarts(Xor2Writer::new())
        } else {
            FloatWriter::Plain(XorWriter::new())
        };
        let next_at = range_end(time, self.range_ms);
        let mut open = OpenFloats { writer, min: time, max: time, next_at };
        open.push(time, start, value);
        self.open = Open::Floats(open);
    }

    fn push_histogram<N: Number>(&mut self, sample: Sample<N>) {
        let before = N::taken(&mut self.open);
        if before.is_none() {
            self.close();
        }
        let (closed, open) = OpenHistograms::push(before, sample, self.range_ms, self.with_starts);
        self.done.extend(closed);
        self.open = N::opened(open);
    }
}

impl FloatWriter {
    const fn count(&self) -> u16 {
        match self {
            Self::Plain(writer) => writer.count(),
            Self::WithStarts(writer) => writer.count(),
        }
    }

    fn size_bytes(&self) -> usize {
        match self {
            Self::Plain(writer) => writer.size_bytes(),
            Self::WithStarts(writer) => writer.size_bytes(),
        }
    }
}

impl OpenFloats {
    /// Whether a sample at `time` still belongs to this chunk.
    fn takes(&mut self, time: i64) -> bool {
        if self.writer.size_bytes() > FLOAT_BYTES_MAX {
            return false;
        }
        let count = self.writer.count();
        if count == FLOATS_AIM / 4 {
            self.next_at = predicted_end(self.min, self.max, self.next_at, 4.0);
        }
        time < self.next_at && count < FLOATS_AIM * 2
    }

    fn push(&mut self, time: i64, start: i64, value: f64) {
        match &mut self.writer {
            FloatWriter::Plain(writer) => writer.push(time, value),
            FloatWriter::WithStarts(writer) => writer.push(time, start, value),
        }
        self.max = time;
    }

    fn close(self) -> Chunk {
        let samples = self.writer.count();
        let (encoding, data) = match self.writer {
            FloatWriter::Plain(writer) => (Encoding::Xor, writer.into_bytes()),
            FloatWriter::WithStarts(writer) => (Encoding::Xor2, writer.into_bytes()),
        };
        Chunk { encoding, min: self.min, max: self.max, samples, data }
    }
}

/// The end of the range of time that `time` is in.
fn range_end(time: i64, range_ms: i64) -> i64 {
    (time / range_ms).saturating_mul(range_ms).saturating_add(range_ms)
}

/// Where a chunk should end so that the chunks up to `end` are about equal, when it is full after
/// `ratio` times what it has now.
#[expect(clippy::cast_possible_truncation, reason = "the time lies between start and end")]
fn predicted_end(start: i64, now: i64, end: i64, ratio: f64) -> i64 {
    let left = end.saturating_sub(start) as f64;
    let chunks = left / (now.saturating_sub(start).saturating_add(1) as f64 * ratio);
    if chunks <= 1.0 { end } else { (start as f64 + left / chunks.floor()) as i64 }
}

#[cfg(test)]
mod tests;
