//! Floats with start timestamps: one prefix says whether the rhythm and the value went on, the
//! staleness marker costs no value, and its bits do not spoil the next difference.

use regain_model::{STALE_NAN, is_stale};

use crate::bits::{BitReader, BitWriter};
use crate::fault::Read;
use crate::sample::Samples;

use super::starts::{Starts, StartsWriter};
use super::window::{Prefixes, Window};

pub(super) fn read(total: usize, header: u8, stream: &[u8], out: &mut Samples) -> Read<()> {
    let mut reader = BitReader::new(stream);
    if total == 0 {
        return Ok(());
    }
    let mut starts = Starts::of(header);
    let mut time = reader.varint()?;
    let mut value = f64::from_bits(reader.bits(64)?);
    // The last value that is no staleness marker.
    let mut base = Window::of(if is_stale(value) { 0.0 } else { value });
    let start = starts.read(&mut reader, 0, time, 0)?;
    out.push_float(time, start, value);
    let mut delta = 0_i64;
    for index in 1..total {
        let previous = time;
        if index == 1 {
            delta = reader.uvarint()?.cast_signed();
            value = read_value(&mut reader, &mut base)?;
        } else {
            let width = match reader.ones(5)? {
                0 => None,
                1 => {
                    if reader.bit()? {
                        base.read_new(&mut reader)?;
                    } else {
                        base.read_kept(&mut reader)?;
                    }
                    None
                }
                2 => Some(13),
                3 => Some(20),
                4 => Some(64),
                _ => {
                    value = STALE_NAN;
                    time = time.wrapping_add(delta);
                    let start = starts.read(&mut reader, index, time, previous)?;
                    out.push_float(time, start, value);
                    continue;
                }
            };
            value = match width {
                None => base.value(),
                Some(width) => {
                    delta = delta.wrapping_add(reader.signed(width)?);
                    read_value(&mut reader, &mut base)?
                }
            };
        }
        time = time.wrapping_add(delta);
        let start = starts.read(&mut reader, index, time, previous)?;
        out.push_float(time, start, value);
    }
    Ok(())
}

fn read_value(reader: &mut BitReader<'_>, base: &mut Window) -> Read<f64> {
    match reader.ones(3)? {
        0 => {}
        1 => base.read_kept(reader)?,
        2 => base.read_new(reader)?,
        _ => return Ok(STALE_NAN),
    }
    Ok(base.value())
}

/// A chunk of floats with start timestamps that grows.
#[derive(Clone, Debug)]
pub(crate) struct Xor2Writer {
    bits: BitWriter,
    count: u16,
    time: i64,
    delta: i64,
    base: Window,
    starts: StartsWriter,
}

impl Xor2Writer {
    pub(crate) fn new() -> Self {
        let (bits, base) = (BitWriter::behind(3), Window::of(0.0));
        Self { bits, count: 0, time: 0, delta: 0, base, starts: StartsWriter::default() }
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
    pub(crate) fn push(&mut self, time: i64, start: i64, value: f64) {
        let delta = time.wrapping_sub(self.time);
        match self.count {
            0 => {
                self.bits.varint(time);
                self.bits.bits(value.to_bits(), 64);
                if !is_stale(value) {
                    self.base = Window::of(value);
                }
            }
            1 => {
                self.bits.uvarint(delta.cast_unsigned());
                self.push_value(value);
            }
            _ => self.push_joint(delta.wrapping_sub(self.delta), value),
        }
        let times = (time, self.time);
        self.starts.write(&mut self.bits, usize::from(self.count), times, start);
        self.delta = if self.count == 0 { 0 } else { delta };
        self.time = time;
        self.count += 1;
        self.bits.bytes_mut()[..2].copy_from_slice(&self.count.to_be_bytes());
    }

    /// One prefix for the change of the rhythm and of the value.
    fn push_joint(&mut self, change: i64, value: f64) {
        if change == 0 {
            if is_stale(value) {
                self.bits.bits(0b11111, 5);
            } else if value.to_bits() == self.base.value().to_bits() {
                self.bits.bit(false);
            } else {
                let prefixes = Prefixes { kept: (0b100, 3), new: (0b101, 3) };
                self.base.write_change(&mut self.bits, value, prefixes);
            }
            return;
        }
        let (ones, width) = match change {
            -0x1000..=0xfff => (2, 13),
            -0x8_0000..=0x7_ffff => (3, 20),
            _ => (4, 64),
        };
        self.bits.ones(ones, 5);
        self.bits.bits(change.cast_unsigned(), width);
        self.push_value(value);
    }

    fn push_value(&mut self, value: f64) {
        if is_stale(value) {
            self.bits.bits(0b111, 3);
        } else if value.to_bits() == self.base.value().to_bits() {
            self.bits.bit(false);
        } else {
            let prefixes = Prefixes { kept: (0b10, 2), new: (0b110, 3) };
            self.base.write_change(&mut self.bits, value, prefixes);
        }
    }

    /// The chunk.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bits.into_bytes()
    }
}
