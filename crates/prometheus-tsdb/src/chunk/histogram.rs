//! Histograms with integer counts: everything but the sum as a difference of differences.

use std::sync::Arc;

use regain_model::is_stale;

use crate::bits::{BitReader, BitWriter};
use crate::fault::Read;
use crate::sample::{Counts, Layout, Native, Samples};

use super::layout::{self, ResetHeader, hint_of};
use super::set_count;
use super::starts::{Starts, StartsWriter};
use super::window::Window;

/// A number that is written as the change of its change.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    value: i64,
    change: i64,
}

impl Pace {
    fn read(&mut self, reader: &mut BitReader<'_>) -> Read<()> {
        self.change = self.change.wrapping_add(reader.varbit()?);
        self.value = self.value.wrapping_add(self.change);
        Ok(())
    }

    fn write(&mut self, writer: &mut BitWriter, value: i64) {
        let change = value.wrapping_sub(self.value);
        writer.varbit(change.wrapping_sub(self.change));
        *self = Self { value, change };
    }
}

/// The buckets as differences to the bucket before.
fn read_deltas(reader: &mut BitReader<'_>, count: usize) -> Read<Vec<Pace>> {
    let pace = |reader: &mut BitReader<'_>| Ok(Pace { value: reader.varbit()?, change: 0 });
    (0..count).map(|_| pace(reader)).collect()
}

fn counts_of(deltas: &[Pace]) -> Vec<u64> {
    let mut count = 0_i64;
    let add = |delta: &Pace| {
        count = count.wrapping_add(delta.value);
        count.cast_unsigned()
    };
    deltas.iter().map(add).collect()
}

pub(super) fn read(
    total: usize,
    resets: u8,
    starts: Option<u8>,
    stream: &[u8],
    out: &mut Samples,
) -> Read<()> {
    if total == 0 {
        return Ok(());
    }
    let mut reader = BitReader::new(stream);
    let (layout, positives, negatives) = layout::read(&mut reader, 1)?;
    let mut starts = starts.map(Starts::of);
    let mut time = Pace { value: reader.varbit()?, change: 0 };
    let mut count = Pace { value: reader.uvarbit()?.cast_signed(), change: 0 };
    let mut zero_count = Pace { value: reader.uvarbit()?.cast_signed(), change: 0 };
    let mut sum = Window::of(f64::from_bits(reader.bits(64)?));
    let mut positive = read_deltas(&mut reader, positives)?;
    let mut negative = read_deltas(&mut reader, negatives)?;
    let mut previous = 0;
    for index in 0..total {
        if index > 0 {
            previous = time.value;
            time.read(&mut reader)?;
            count.read(&mut reader)?;
            zero_count.read(&mut reader)?;
            sum.read(&mut reader)?;
            if !is_stale(sum.value()) {
                for delta in positive.iter_mut().chain(&mut negative) {
                    delta.read(&mut reader)?;
                }
            }
        }
        let start = match &mut starts {
            Some(starts) => starts.read(&mut reader, index, time.value, previous)?,
            None => 0,
        };
        let counts = if is_stale(sum.value()) {
            Counts::stale()
        } else {
            Counts {
                hint: hint_of(resets, index),
                layout: Arc::clone(&layout),
                count: count.value.cast_unsigned(),
                zero_count: zero_count.value.cast_unsigned(),
                sum: sum.value(),
                positive: counts_of(&positive),
                negative: counts_of(&negative),
            }
        };
        out.push_histogram(time.value, start, Native::Integer(counts));
    }
    Ok(())
}

/// A chunk of histograms that grows. All have the layout of the first.
#[derive(Clone, Debug)]
pub(crate) struct HistogramWriter {
    bits: BitWriter,
    starts: Option<StartsWriter>,
    number: u16,
    time: Pace,
    count: Pace,
    zero_count: Pace,
    sum: Window,
    positive: Vec<Pace>,
    negative: Vec<Pace>,
}

impl HistogramWriter {
    /// A chunk whose histograms have this layout, with start timestamps or without.
    pub(crate) fn new(resets: ResetHeader, layout: &Layout, with_starts: bool) -> Self {
        let mut bits = BitWriter::behind(3);
        bits.bytes_mut()[if with_starts { 0 } else { 2 }] = resets.byte();
        let starts = with_starts.then(StartsWriter::default);
        layout::write(&mut bits, layout);
        let (time, count, zero_count) = (Pace::default(), Pace::default(), Pace::default());
        let (sum, positive, negative) = (Window::default(), Vec::new(), Vec::new());
        Self { bits, starts, number: 0, time, count, zero_count, sum, positive, negative }
    }

    /// The size so far.
    pub(crate) fn size_bytes(&self) -> usize {
        self.bits.bytes().len()
    }

    /// Appends a histogram. One that marks the end of a series has no buckets.
    pub(crate) fn push(&mut self, time: i64, start: i64, histogram: &Counts<u64>) {
        let previous = self.time.value;
        let (count, zero_count) =
            (histogram.count.cast_signed(), histogram.zero_count.cast_signed());
        if self.number == 0 {
            self.push_first(time, histogram);
        } else {
            self.time.write(&mut self.bits, time);
            if is_stale(histogram.sum) {
                self.bits.varbit(0);
                self.bits.varbit(0);
            } else {
                self.count.write(&mut self.bits, count);
                self.zero_count.write(&mut self.bits, zero_count);
            }
            self.sum.write(&mut self.bits, histogram.sum);
            let sides = [
                (&mut self.positive, &histogram.positive),
                (&mut self.negative, &histogram.negative),
            ];
            for (paces, counts) in sides {
                for (pace, delta) in paces.iter_mut().zip(deltas_of(counts)) {
                    pace.write(&mut self.bits, delta);
                }
            }
        }
        if let Some(starts) = &mut self.starts {
            let times = (time, previous);
            starts.write(&mut self.bits, usize::from(self.number), times, start);
        }
        self.number += 1;
        set_count(&mut self.bits, self.number);
    }

    fn push_first(&mut self, time: i64, histogram: &Counts<u64>) {
        let still = |value: i64| Pace { value, change: 0 };
        self.bits.varbit(time);
        self.bits.uvarbit(histogram.count);
        self.bits.uvarbit(histogram.zero_count);
        self.bits.bits(histogram.sum.to_bits(), 64);
        self.time = still(time);
        self.count = still(histogram.count.cast_signed());
        self.zero_count = still(histogram.zero_count.cast_signed());
        self.sum = Window::of(histogram.sum);
        self.positive = deltas_of(&histogram.positive).map(still).collect();
        self.negative = deltas_of(&histogram.negative).map(still).collect();
        for pace in self.positive.iter().chain(&self.negative) {
            self.bits.varbit(pace.value);
        }
    }

    /// The chunk.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bits.into_bytes()
    }
}

/// Counts as differences to the count before.
pub(crate) fn deltas_of(counts: &[u64]) -> impl Iterator<Item = i64> {
    let mut before = 0_i64;
    counts.iter().map(move |count| {
        let count = count.cast_signed();
        let delta = count.wrapping_sub(before);
        before = count;
        delta
    })
}
