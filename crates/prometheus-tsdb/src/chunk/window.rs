//! Floats as differences of bits: only the bits between leading and trailing zeros are written, and
//! these bounds are kept for as long as they fit.

use crate::bits::{BitReader, BitWriter};
use crate::fault::Read;

/// The most leading zeros that five bits tell.
const LEADING_MAX: u32 = 31;

/// A float and the bounds of its last difference.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    bits: u64,
    leading: u32,
    trailing: u32,
    /// Whether a writer has set bounds. A reader takes a difference of 64 bits before any was set,
    /// because a writer that went on with a chunk after a restart wrote such ones.
    is_set: bool,
}

impl Window {
    pub(super) const fn of(value: f64) -> Self {
        Self { bits: value.to_bits(), leading: 0, trailing: 0, is_set: false }
    }

    pub(super) const fn value(&self) -> f64 {
        f64::from_bits(self.bits)
    }

    /// Reads the next value.
    #[inline]
    pub(super) fn read(&mut self, reader: &mut BitReader<'_>) -> Read<()> {
        match reader.ones(2)? {
            0 => Ok(()),
            1 => self.read_kept(reader),
            _ => self.read_new(reader),
        }
    }

    /// Reads a difference with the bounds of the one before.
    #[inline]
    pub(super) fn read_kept(&mut self, reader: &mut BitReader<'_>) -> Read<()> {
        let difference = reader.bits(64 - self.leading - self.trailing)?;
        self.bits ^= difference << self.trailing;
        Ok(())
    }

    /// Reads a difference with bounds of its own.
    #[inline]
    pub(super) fn read_new(&mut self, reader: &mut BitReader<'_>) -> Read<()> {
        let bounds = reader.bits(11)?;
        let (leading, significant) = ((bounds >> 6) & 0x1f, bounds & 0x3f);
        let significant = if significant == 0 { 64 } else { significant };
        if leading + significant > 64 {
            return Err(reader.fault("a float has more than 64 bits"));
        }
        let narrow = |value: u64| u32::try_from(value).expect("at most 64");
        self.leading = narrow(leading);
        self.trailing = narrow(64 - leading - significant);
        self.is_set = true;
        self.read_kept(reader)
    }

    /// Writes the next value.
    pub(super) fn write(&mut self, writer: &mut BitWriter, value: f64) {
        if value.to_bits() == self.bits {
            writer.bit(false);
        } else {
            self.write_change(writer, value, Prefixes { kept: (0b10, 2), new: (0b11, 2) });
        }
    }

    /// Writes a value that is another than the last one.
    pub(super) fn write_change(&mut self, writer: &mut BitWriter, value: f64, prefixes: Prefixes) {
        let difference = value.to_bits() ^ self.bits;
        self.bits = value.to_bits();
        let leading = difference.leading_zeros().min(LEADING_MAX);
        let trailing = difference.trailing_zeros();
        if self.is_set && leading >= self.leading && trailing >= self.trailing {
            writer.bits(prefixes.kept.0, prefixes.kept.1);
        } else {
            (self.leading, self.trailing, self.is_set) = (leading, trailing, true);
            writer.bits(prefixes.new.0, prefixes.new.1);
            writer.bits(u64::from(leading), 5);
            // 64 significant bits are written as 0, which cannot be meant otherwise.
            writer.bits(u64::from(64 - leading - trailing), 6);
        }
        writer.bits(difference >> self.trailing, 64 - self.leading - self.trailing);
    }
}

/// The bits, and how many, that say whether a difference has the bounds of the one before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prefixes {
    pub(super) kept: (u64, u32),
    pub(super) new: (u64, u32),
}
