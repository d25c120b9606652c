//! A chunk of histograms under construction. A histogram with buckets that the others lack makes all
//! be written again with the buckets of both; one that starts a counter anew starts a chunk.

use std::fmt::Debug;
use std::sync::Arc;

use regain_model::{ResetHint, is_stale};

use super::{Chunk, Open, predicted_end, range_end};
use crate::chunk::{Encoding, FloatHistogramWriter, HistogramWriter, ResetHeader};
use crate::sample::{Counts, Layout};
use crate::spans::{goes_on, spread, union};

/// How many bytes a chunk aims at.
const BYTES_AIM: usize = 1024;
/// A chunk has no fewer samples than this, unless the range of time ends.
const SAMPLES_MIN: usize = 10;
/// No kind of chunk can count further.
const SAMPLES_MAX: usize = 0x3fff;

/// A time, a start timestamp, and a histogram.
pub(super) type Sample<N> = (i64, i64, Counts<N>);

/// A count of a histogram, and how chunks of such are written.
pub(super) trait Number: Sized + Copy + Default + PartialOrd + Debug {
    type Writer: Debug;
    const ENCODING: Encoding;
    const ENCODING_WITH_STARTS: Encoding;

    /// Takes the open chunk, if it is one of these.
    fn taken(open: &mut Open) -> Option<OpenHistograms<Self>>;
    fn opened(open: OpenHistograms<Self>) -> Open;

    fn writer(resets: ResetHeader, layout: &Layout, with_starts: bool) -> Self::Writer;
    fn push(writer: &mut Self::Writer, sample: &Sample<Self>);
    fn size_bytes(writer: &Self::Writer) -> usize;
    fn into_bytes(writer: Self::Writer) -> Vec<u8>;
}

impl Number for u64 {
    type Writer = HistogramWriter;
    const ENCODING: Encoding = Encoding::Histogram;
    const ENCODING_WITH_STARTS: Encoding = Encoding::HistogramSt;

    fn taken(open: &mut Open) -> Option<OpenHistograms<Self>> {
        match std::mem::replace(open, Open::Nothing) {
            Open::Integers(taken) => Some(taken),
            other => {
                *open = other;
                None
            }
        }
    }
    fn opened(open: OpenHistograms<Self>) -> Open {
        Open::Integers(open)
    }
    fn writer(resets: ResetHeader, layout: &Layout, with_starts: bool) -> Self::Writer {
        HistogramWriter::new(resets, layout, with_starts)
    }
    fn push(writer: &mut Self::Writer, (time, start, histogram): &Sample<Self>) {
        writer.push(*time, *start, histogram);
    }
    fn size_bytes(writer: &Self::Writer) -> usize {
        writer.size_bytes()
    }
    fn into_bytes(writer: Self::Writer) -> Vec<u8> {
        writer.into_bytes()
    }
}

impl Number for f64 {
    type Writer = FloatHistogramWriter;
    const ENCODING: Encoding = Encoding::FloatHistogram;
    const ENCODING_WITH_STARTS: Encoding = Encoding::FloatHistogramSt;

    fn taken(open: &mut Open) -> Option<OpenHistograms<Self>> {
        match std::mem::replace(open, Open::Nothing) {
            Open::FloatHistograms(taken) => Some(taken),
            other => {
                *open = other;
                None
            }
        }
    }
    fn opened(open: OpenHistograms<Self>) -> Open {
        Open::FloatHistograms(open)
    }
    fn writer(resets: ResetHeader, layout: &Layout, with_starts: bool) -> Self::Writer {
        FloatHistogramWriter::new(resets, layout, with_starts)
    }
    fn push(writer: &mut Self::Writer, (time, start, histogram): &Sample<Self>) {
        writer.push(*time, *start, histogram);
    }
    fn size_bytes(writer: &Self::Writer) -> usize {
        writer.size_bytes()
    }
    fn into_bytes(writer: Self::Writer) -> Vec<u8> {
        writer.into_bytes()
    }
}

/// How a histogram follows the one before.
enum Follows {
    /// In the same chunk.
    Here,
    /// In a chunk of its own, with what is known about the counter.
    Anew(ResetHeader),
}

#[derive(Debug)]
pub(super) struct OpenHistograms<N: Number> {
    resets: ResetHeader,
    layout: Arc<Layout>,
    with_starts: bool,
    /// What is in the writer, all with the same layout.
    samples: Vec<Sample<N>>,
    writer: N::Writer,
    /// The time at which the next chunk starts.
    next_at: i64,
    range_end: i64,
    is_predicted: bool,
}

impl<N: Number> OpenHistograms<N> {
    /// Appends a histogram to the chunk `before`, or starts one. Returns what is done by that, and
    /// the open chunk.
    pub(super) fn push(
        before: Option<Self>,
        sample: Sample<N>,
        range_ms: i64,
        with_starts: bool,
    ) -> (Option<Chunk>, Self) {
        let (time, _, histogram) = &sample;
        let is_gauge = histogram.hint == ResetHint::Gauge;
        let Some(mut open) = before else {
            let resets = match histogram.hint {
                ResetHint::Gauge => ResetHeader::Gauge,
                ResetHint::Reset => ResetHeader::Reset,
                ResetHint::Unknown | ResetHint::NotReset => ResetHeader::Unknown,
            };
            return (None, Self::start(resets, sample, range_ms, with_starts));
        };
        let resets = match open.follows(histogram) {
            Follows::Here if open.takes(*time) => {
                open.append(sample);
                return (None, open);
            }
            Follows::Here if is_gauge => ResetHeader::Gauge,
            Follows::Here => ResetHeader::NotReset,
            Follows::Anew(resets) => resets,
        };
        (Some(open.close()), Self::start(resets, sample, range_ms, with_starts))
    }

    fn start(resets: ResetHeader, sample: Sample<N>, range_ms: i64, with_starts: bool) -> Self {
        let layout = Arc::clone(&sample.2.layout);
        let mut writer = N::writer(resets, &layout, with_starts);
        N::push(&mut writer, &sample);
        let range_end = range_end(sample.0, range_ms);
        Self {
            resets,
            layout,
            with_starts,
            samples: vec![sample],
            writer,
            next_at: range_end,
            range_end,
            is_predicted: false,
        }
    }

    /// The time of the newest sample.
    pub(super) fn max(&self) -> i64 {
        self.samples.last().map_or(i64::MIN, |sample| sample.0)
    }

    fn min(&self) -> i64 {
        self.samples.first().map_or(i64::MAX, |sample| sample.0)
    }

    pub(super) fn close(self) -> Chunk {
        Chunk {
            encoding: if self.with_starts { N::ENCODING_WITH_STARTS } else { N::ENCODING },
            min: self.min(),
            max: self.max(),
            samples: u16::try_from(self.samples.len()).expect("a chunk is cut long before"),
            data: N::into_bytes(self.writer),
        }
    }

    /// Whether time and size leave room for a sample at `time`.
    fn takes(&mut self, time: i64) -> bool {
        let size = N::size_bytes(&self.writer);
        if !self.is_predicted && size >= BYTES_AIM / 4 {
            let ratio = BYTES_AIM as f64 / size as f64;
            self.next_at = predicted_end(self.min(), self.max(), self.next_at, ratio);
            self.is_predicted = true;
        }
        let full = time >= self.next_at || size >= BYTES_AIM * 2;
        let enough = self.samples.len() >= SAMPLES_MIN || time >= self.range_end;
        let counted = self.samples.len() < SAMPLES_MAX;
        counted && !(full && enough)
    }

    #[expect(clippy::float_cmp, reason = "thresholds are settings, not measurements")]
    fn follows(&self, now: &Counts<N>) -> Follows {
        let (.., last) = self.samples.last().expect("a chunk starts with a sample");
        let is_gauge = now.hint == ResetHint::Gauge;
        let anew = |counter: ResetHeader| {
            Follows::Anew(if is_gauge { ResetHeader::Gauge } else { counter })
        };
        if is_gauge != (self.resets == ResetHeader::Gauge) {
            return if is_stale(now.sum) { Follows::Here } else { anew(ResetHeader::Unknown) };
        }
        if now.hint == ResetHint::Reset {
            return anew(ResetHeader::Reset);
        }
        match (is_stale(last.sum), is_stale(now.sum)) {
            (_, true) => return Follows::Here,
            (true, false) => return anew(ResetHeader::Unknown),
            (false, false) => {}
        }
        let (before, layout) = (&*self.layout, &*now.layout);
        if !is_gauge && now.count < last.count {
            return anew(ResetHeader::Reset);
        }
        if layout.schema != before.schema || layout.zero_threshold != before.zero_threshold {
            return anew(ResetHeader::Unknown);
        }
        if layout.bounds != before.bounds {
            return anew(ResetHeader::Reset);
        }
        let went_on = now.zero_count >= last.zero_count
            && goes_on((&before.positive, &last.positive), (&layout.positive, &now.positive))
            && goes_on((&before.negative, &last.negative), (&layout.negative, &now.negative));
        if is_gauge || went_on { Follows::Here } else { anew(ResetHeader::Reset) }
    }

    fn append(&mut self, mut sample: Sample<N>) {
        let histogram = &mut sample.2;
        if !is_stale(histogram.sum) {
            let (ours, theirs) = (Arc::clone(&self.layout), Arc::clone(&histogram.layout));
            if ours.positive != theirs.positive || ours.negative != theirs.negative {
                let positive = union(&ours.positive, &theirs.positive);
                let negative = union(&ours.negative, &theirs.negative);
                if positive != ours.positive || negative != ours.negative {
                    self.widen(Layout { positive, negative, ..Layout::clone(&ours) });
                }
                move_to(histogram, &self.layout);
            }
        }
        N::push(&mut self.writer, &sample);
        self.samples.push(sample);
    }

    /// Writes all again with the buckets of `layout`.
    fn widen(&mut self, layout: Layout) {
        self.layout = Arc::new(layout);
        self.writer = N::writer(self.resets, &self.layout, self.with_starts);
        for sample in &mut self.samples {
            if !is_stale(sample.2.sum) {
                move_to(&mut sample.2, &self.layout);
            }
            N::push(&mut self.writer, sample);
        }
    }
}

fn move_to<N: Number>(histogram: &mut Counts<N>, layout: &Arc<Layout>) {
    let from = &histogram.layout;
    histogram.positive = spread(&histogram.positive, &from.positive, &layout.positive);
    histogram.negative = spread(&histogram.negative, &from.negative, &layout.negative);
    histogram.layout = Arc::clone(layout);
}
