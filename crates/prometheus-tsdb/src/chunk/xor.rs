//! Floats: times as differences of differences, values as differences of bits.

use crate::bits::{BitReader, BitWriter, reaches};
use crate::fault::Read;
use crate::sample::Samples;

use super::window::Window;

/// The widths of a difference of differences behind as many ones as the place tells.
const WIDTHS: [u32; 5] = [0, 14, 17, 20, 64];

pub(super) fn read(total: usize, stream: &[u8], out: &mut Samples) -> Read<()> {
    let mut reader = BitReader::new(stream);
    if total == 0 {
        return Ok(());
    }
    let mut time = reader.varint()?;
    let mut value = Window::of(f64::from_bits(reader.bits(64)?));
    out.push_float(time, 0, value.value());
    let mut delta = 0_i64;
    for index in 1..total {
        if index == 1 {
            delta = reader.uvarint()?.cast_signed();
        } else {
            let ones = reader.ones(4)?;
            delta = delta.wrapping_add(reader.upper(WIDTHS[ones as usize])?);
        }
        time = time.wrapping_add(delta);
        value.read(&mut reader)?;
        out.push_float(time, 0, value.value());
    }
    Ok(())
}

/// A chunk of floats that grows.
#[derive(Clone, Debug)]
pub(crate) struct XorWriter {
    bits: BitWriter,
    count: u16,
    time: i64,
    delta: i64,
    value: Window,
}

impl XorWriter {
    pub(crate) fn new() -> Self {
        let (count, time, delta) = (0, 0, 0);
        Self { bits: BitWriter::behind(2), count, time, delta, value: Window::default() }
    }

    /// The number of samples so far.
    pub(crate) const fn count(&self) -> u16 {
        self.count
    }

    /// The size so far.
    pub(crate) fn size_bytes(&self) -> usize {
        self.bits.bytes().len()
    }

    /// Appends a sample. Whoever cuts chunks sees to it that the count fits.
    pub(crate) fn push(&mut self, time: i64, value: f64) {
        let delta = time.wrapping_sub(self.time);
        match self.count {
            0 => {
                self.bits.varint(time);
                self.bits.bits(value.to_bits(), 64);
                self.value = Window::of(value);
            }
            1 => {
                self.bits.uvarint(delta.cast_unsigned());
                self.value.write(&mut self.bits, value);
            }
            _ => {
                self.push_delta(delta.wrapping_sub(self.delta));
                self.value.write(&mut self.bits, value);
            }
        }
        self.delta = if self.count == 0 { 0 } else { delta };
        self.time = time;
        self.count += 1;
        self.bits.bytes_mut()[..2].copy_from_slice(&self.count.to_be_bytes());
    }

    fn push_delta(&mut self, change: i64) {
        let ones = match change {
            0 => 0,
            _ if reaches(change, 14) => 1,
            _ if reaches(change, 17) => 2,
            _ if reaches(change, 20) => 3,
            _ => 4,
        };
        self.bits.ones(ones, 4);
        self.bits.bits(change.cast_unsigned(), WIDTHS[ones as usize]);
    }

    /// The chunk.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bits.into_bytes()
    }
}
