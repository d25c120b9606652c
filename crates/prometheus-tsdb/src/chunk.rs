//! Chunks: the samples of one series, some hundred of them, in a stream of bits.
//!
//! The kinds are upstream's (`tsdb/chunkenc`, 3.14): floats (`xor`, `xor2`), histograms of integers
//! and of floats, and both of these with start timestamps. All kinds are read; those that every
//! Prometheus since 2.40 and Thanos know are written.

mod float_histogram;
mod histogram;
mod layout;
mod starts;
mod window;
mod xor;
mod xor2;

use crate::bits::BitWriter;
use crate::fault::{Fault, Read};
use crate::sample::Samples;

pub(crate) use float_histogram::FloatHistogramWriter;
pub(crate) use histogram::HistogramWriter;
pub(crate) use layout::ResetHeader;
pub(crate) use xor::XorWriter;
pub(crate) use xor2::Xor2Writer;

/// What a chunk holds and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Floats.
    Xor,
    /// Histograms with integer counts.
    Histogram,
    /// Histograms with float counts.
    FloatHistogram,
    /// Floats, with start timestamps.
    Xor2,
    /// Histograms with integer counts, with start timestamps.
    HistogramSt,
    /// Histograms with float counts, with start timestamps.
    FloatHistogramSt,
}

impl Encoding {
    /// The encoding with this number.
    pub const fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Xor,
            2 => Self::Histogram,
            3 => Self::FloatHistogram,
            4 => Self::Xor2,
            5 => Self::HistogramSt,
            6 => Self::FloatHistogramSt,
            _ => return None,
        })
    }

    /// Its number.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Xor => 1,
            Self::Histogram => 2,
            Self::FloatHistogram => 3,
            Self::Xor2 => 4,
            Self::HistogramSt => 5,
            Self::FloatHistogramSt => 6,
        }
    }

    /// Whether its samples are histograms.
    pub const fn is_histogram(self) -> bool {
        !matches!(self, Self::Xor | Self::Xor2)
    }

    /// Whether its samples are histograms with integer counts.
    pub const fn is_integer(self) -> bool {
        matches!(self, Self::Histogram | Self::HistogramSt)
    }

    const fn has_starts(self) -> bool {
        matches!(self, Self::Xor2 | Self::HistogramSt | Self::FloatHistogramSt)
    }

    /// How many bytes come before the samples.
    const fn header_bytes(self) -> usize {
        if matches!(self, Self::Xor) { 2 } else { 3 }
    }
}

/// A chunk with start timestamps and histograms keeps two bits of the count for something else.
const COUNT_MASK: u16 = 0x3fff;

/// How many samples a chunk says it has.
pub(crate) fn sample_count(encoding: Encoding, data: &[u8]) -> Result<u16, Fault> {
    let Some(count) = data.first_chunk::<2>() else {
        return Err(Fault { at: data.len(), what: "a chunk is shorter than its header" });
    };
    let count = u16::from_be_bytes(*count);
    let shares = encoding.is_histogram() && encoding.has_starts();
    Ok(if shares { count & COUNT_MASK } else { count })
}

/// Writes how many samples a chunk of histograms has, beside what else is in these bytes. Chunks are
/// cut before their count needs the bits that a kind with start timestamps keeps for something else.
fn set_count(bits: &mut BitWriter, count: u16) {
    let [high, low] = count.to_be_bytes();
    let bytes = bits.bytes_mut();
    bytes[0] = bytes[0] & 0xc0 | high;
    bytes[1] = low;
}

/// Appends the samples of the chunk `data` to `out`. After a fault, those before it are there.
pub(crate) fn decode(encoding: Encoding, data: &[u8], out: &mut Samples) -> Result<(), Fault> {
    let total = usize::from(sample_count(encoding, data)?);
    let header = encoding.header_bytes();
    let Some((header, stream)) = data.split_at_checked(header) else {
        return Err(Fault { at: data.len(), what: "a chunk is shorter than its header" });
    };
    let shift = |fault: Fault| Fault { at: fault.at + header.len(), ..fault };
    read(encoding, header, total, stream, out).map_err(shift)
}

fn read(
    encoding: Encoding,
    header: &[u8],
    total: usize,
    stream: &[u8],
    out: &mut Samples,
) -> Read<()> {
    match encoding {
        Encoding::Xor => xor::read(total, stream, out),
        Encoding::Xor2 => xor2::read(total, header[2], stream, out),
        Encoding::Histogram => histogram::read(total, header[2], None, stream, out),
        Encoding::FloatHistogram => float_histogram::read(total, header[2], None, stream, out),
        Encoding::HistogramSt => histogram::read(total, header[0], Some(header[2]), stream, out),
        Encoding::FloatHistogramSt => {
            float_histogram::read(total, header[0], Some(header[2]), stream, out)
        }
    }
}

#[cfg(test)]
mod tests;
