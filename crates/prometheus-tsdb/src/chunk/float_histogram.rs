//! Histograms with float counts: each count as a difference of bits with bounds of its own.

use std::sync::Arc;

use regain_model::is_stale;

use crate::bits::{BitReader, BitWriter};
use crate::fault::Read;
use crate::sample::{Counts, Layout, Native, Samples};

use super::layout::{self, ResetHeader, hint_of};
use super::set_count;
use super::starts::{Starts, StartsWriter};
use super::window::Window;

fn read_window(reader: &mut BitReader<'_>) -> Read<Window> {
    Ok(Window::of(f64::from_bits(reader.bits(64)?)))
}

fn values_of(windows: &[Window]) -> Vec<f64> {
    windows.iter().map(Window::value).collect()
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
    let (layout, positives, negatives) = layout::read(&mut reader, 64)?;
    let mut starts = starts.map(Starts::of);
    let (mut time, mut change, mut previous) = (reader.varbit()?, 0_i64, 0);
    let mut count = read_window(&mut reader)?;
    let mut zero_count = read_window(&mut reader)?;
    let mut sum = read_window(&mut reader)?;
    let mut windows = |count: usize| -> Read<Vec<Window>> {
        (0..count).map(|_| read_window(&mut reader)).collect()
    };
    let (mut positive, mut negative) = (windows(positives)?, windows(negatives)?);
    for index in 0..total {
        if index > 0 {
            previous = time;
            change = change.wrapping_add(reader.varbit()?);
            time = time.wrapping_add(change);
            count.read(&mut reader)?;
            zero_count.read(&mut reader)?;
            sum.read(&mut reader)?;
            if !is_stale(sum.value()) {
                for window in positive.iter_mut().chain(&mut negative) {
                    window.read(&mut reader)?;
                }
            }
        }
        let start = match &mut starts {
            Some(starts) => starts.read(&mut reader, index, time, previous)?,
            None => 0,
        };
        let counts = if is_stale(sum.value()) {
            Counts::stale()
        } else {
            Counts {
                hint: hint_of(resets, index),
                layout: Arc::clone(&layout),
                count: count.value(),
                zero_count: zero_count.value(),
                sum: sum.value(),
                positive: values_of(&positive),
                negative: values_of(&negative),
            }
        };
        out.push_histogram(time, start, Native::Float(counts));
    }
    Ok(())
}

/// A chunk of histograms that grows. All have the layout of the first.
#[derive(Clone, Debug)]
pub(crate) struct FloatHistogramWriter {
    bits: BitWriter,
    starts: Option<StartsWriter>,
    number: u16,
    time: i64,
    change: i64,
    count: Window,
    zero_count: Window,
    sum: Window,
    positive: Vec<Window>,
    negative: Vec<Window>,
}

impl FloatHistogramWriter {
    /// A chunk whose histograms have this layout, with start timestamps or without.
    pub(crate) fn new(resets: ResetHeader, layout: &Layout, with_starts: bool) -> Self {
        let mut bits = BitWriter::behind(3);
        bits.bytes_mut()[if with_starts { 0 } else { 2 }] = resets.byte();
        let starts = with_starts.then(StartsWriter::default);
        layout::write(&mut bits, layout);
        let (count, zero_count, sum) = (Window::default(), Window::default(), Window::default());
        let (positive, negative) = (Vec::new(), Vec::new());
        Self {
            bits,
            starts,
            number: 0,
            time: 0,
            change: 0,
            count,
            zero_count,
            sum,
            positive,
            negative,
        }
    }

    /// The size so far.
    pub(crate) fn size_bytes(&self) -> usize {
        self.bits.bytes().len()
    }

    /// Appends a histogram. One that marks the end of a series has no buckets.
    pub(crate) fn push(&mut self, time: i64, start: i64, histogram: &Counts<f64>) {
        if self.number == 0 {
            self.push_first(time, histogram);
        } else {
            let change = time.wrapping_sub(self.time);
            self.bits.varbit(change.wrapping_sub(self.change));
            self.change = change;
            self.count.write(&mut self.bits, histogram.count);
            self.zero_count.write(&mut self.bits, histogram.zero_count);
            self.sum.write(&mut self.bits, histogram.sum);
            let sides = [
                (&mut self.positive, &histogram.positive),
                (&mut self.negative, &histogram.negative),
            ];
            for (windows, counts) in sides {
                for (window, &count) in windows.iter_mut().zip(counts) {
                    window.write(&mut self.bits, count);
                }
            }
        }
        if let Some(starts) = &mut self.starts {
            let times = (time, self.time);
            starts.write(&mut self.bits, usize::from(self.number), times, start);
        }
        self.time = time;
        self.number += 1;
        set_count(&mut self.bits, self.number);
    }

    fn push_first(&mut self, time: i64, histogram: &Counts<f64>) {
        self.bits.varbit(time);
        let mut raw = |value: f64| {
            self.bits.bits(value.to_bits(), 64);
            Window::of(value)
        };
        self.count = raw(histogram.count);
        self.zero_count = raw(histogram.zero_count);
        self.sum = raw(histogram.sum);
        self.positive = histogram.positive.iter().map(|&count| raw(count)).collect();
        self.negative = histogram.negative.iter().map(|&count| raw(count)).collect();
    }

    /// The chunk.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bits.into_bytes()
    }
}
