//! Streams of bits, the highest bit of a byte first, as Prometheus' chunks are written.

use crate::cursor::{low_byte, unzigzag, zigzag};
use crate::fault::{Fault, Read};

/// The widths of the numbers behind a prefix of as many ones as the place in this list tells.
const WIDTHS: [u32; 9] = [0, 3, 6, 9, 12, 18, 25, 56, 64];

/// A place in a stream of bits.
#[derive(Clone, Debug)]
pub(crate) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The next bits, from the highest one down; behind the valid ones are bits of the next byte.
    buffer: u64,
    valid: u32,
}

impl<'a> BitReader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, buffer: 0, valid: 0 }
    }

    /// A fault here, by the byte that is read next.
    pub(crate) fn fault(&self, what: &'static str) -> Fault {
        Fault { at: self.at.saturating_sub((self.valid / 8) as usize), what }
    }

    /// How many bits are left.
    pub(crate) const fn bits_left(&self) -> u64 {
        (self.bytes.len() - self.at) as u64 * 8 + self.valid as u64
    }

    fn end(&self) -> Fault {
        self.fault("the chunk's samples end early")
    }

    #[inline]
    fn refill(&mut self) {
        if let Some(word) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            self.buffer |= u64::from_be_bytes(*word) >> self.valid;
            let bytes = (63 - self.valid) / 8;
            self.at += bytes as usize;
            self.valid += bytes * 8;
            return;
        }
        while self.valid <= 56
            && let Some(&byte) = self.bytes.get(self.at)
        {
            self.buffer |= u64::from(byte) << (56 - self.valid);
            self.at += 1;
            self.valid += 8;
        }
    }

    #[inline]
    fn skip(&mut self, count: u32) {
        self.buffer <<= count;
        self.valid -= count;
    }

    /// The next `count` bits, at most 64.
    #[inline]
    pub(crate) fn bits(&mut self, count: u32) -> Read<u64> {
        if count > 56 {
            let high = self.bits(count - 32)?;
            return Ok(high << 32 | self.bits(32)?);
        }
        if self.valid < count {
            self.refill();
            if self.valid < count {
                return Err(self.end());
            }
        }
        if count == 0 {
            return Ok(0);
        }
        let value = self.buffer >> (64 - count);
        self.skip(count);
        Ok(value)
    }

    /// A bit.
    #[inline]
    pub(crate) fn bit(&mut self) -> Read<bool> {
        Ok(self.bits(1)? == 1)
    }

    /// How many ones come next, up to `most`; the zero behind fewer than `most` is read, too.
    #[inline]
    pub(crate) fn ones(&mut self, most: u32) -> Read<u32> {
        if self.valid <= most {
            self.refill();
        }
        let ones = self.buffer.leading_ones().min(most);
        let count = if ones < most { ones + 1 } else { ones };
        if self.valid < count {
            return Err(self.end());
        }
        self.skip(count);
        Ok(ones)
    }

    /// A number with a sign of `width` bits, whose range reaches one further up than down.
    #[inline]
    pub(crate) fn upper(&mut self, width: u32) -> Read<i64> {
        let raw = self.bits(width)?.cast_signed();
        Ok(if width < 64 && width > 0 && raw > 1 << (width - 1) { raw - (1 << width) } else { raw })
    }

    /// A number with a sign of `width` bits in two's complement.
    #[inline]
    pub(crate) fn signed(&mut self, width: u32) -> Read<i64> {
        let raw = self.bits(width)?.cast_signed();
        Ok(raw << (64 - width) >> (64 - width))
    }

    /// A number with a sign behind its prefix.
    #[inline]
    pub(crate) fn varbit(&mut self) -> Read<i64> {
        let prefix = self.ones(8)?;
        self.upper(WIDTHS[prefix as usize])
    }

    /// A number without a sign behind its prefix.
    #[inline]
    pub(crate) fn uvarbit(&mut self) -> Read<u64> {
        let prefix = self.ones(8)?;
        self.bits(WIDTHS[prefix as usize])
    }

    /// A number in base 128.
    pub(crate) fn uvarint(&mut self) -> Read<u64> {
        let mut value = 0;
        for digit in 0..10 {
            let byte = self.bits(8)?;
            if digit == 9 && byte > 1 {
                break;
            }
            value |= (byte & 0x7f) << (7 * digit);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.fault("a number has too many digits"))
    }

    /// A number in base 128 with its sign in the lowest bit.
    pub(crate) fn varint(&mut self) -> Read<i64> {
        Ok(unzigzag(self.uvarint()?))
    }
}

/// A stream of bits that grows.
#[derive(Clone, Debug, Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    /// How many bits of the last byte are not taken.
    free: u32,
}

impl BitWriter {
    /// A stream behind `header` zero bytes.
    pub(crate) fn behind(header: usize) -> Self {
        Self { bytes: vec![0; header], free: 0 }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Appends the lowest `count` bits of `value`.
    pub(crate) fn bits(&mut self, value: u64, count: u32) {
        let mut left = count;
        while left > 0 {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            let taken = left.min(self.free);
            let part = low_byte(value >> (left - taken)) & low_byte((1 << taken) - 1);
            let last = self.bytes.last_mut().expect("a byte with free bits is there");
            *last |= part << (self.free - taken);
            self.free -= taken;
            left -= taken;
        }
    }

    /// Appends a bit.
    pub(crate) fn bit(&mut self, bit: bool) {
        self.bits(u64::from(bit), 1);
    }

    /// Appends `ones` ones and, where that are fewer than `most`, a zero.
    pub(crate) fn ones(&mut self, ones: u32, most: u32) {
        self.bits(u64::MAX, ones);
        if ones < most {
            self.bit(false);
        }
    }

    /// Appends a number with a sign behind its prefix.
    pub(crate) fn varbit(&mut self, value: i64) {
        let fits = |width: u32| match width {
            0 => value == 0,
            64 => true,
            _ => reaches(value, width),
        };
        let prefix = WIDTHS.iter().position(|&width| fits(width)).unwrap_or(WIDTHS.len() - 1);
        self.prefixed(prefix, value.cast_unsigned());
    }

    /// Appends a number without a sign behind its prefix.
    pub(crate) fn uvarbit(&mut self, value: u64) {
        let needed = 64 - value.leading_zeros();
        let prefix = WIDTHS.iter().position(|&width| needed <= width).unwrap_or(WIDTHS.len() - 1);
        self.prefixed(prefix, value);
    }

    fn prefixed(&mut self, prefix: usize, value: u64) {
        let ones = u32::try_from(prefix).expect("there are nine prefixes");
        self.ones(ones, 8);
        self.bits(value, WIDTHS[prefix]);
    }

    /// Appends a number in base 128.
    pub(crate) fn uvarint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bits(value & 0x7f | 0x80, 8);
            value >>= 7;
        }
        self.bits(value, 8);
    }

    /// Appends a number in base 128 with its sign in the lowest bit.
    pub(crate) fn varint(&mut self, value: i64) {
        self.uvarint(zigzag(value));
    }
}

/// Whether `value` fits `width` bits whose range reaches one further up than down.
pub(crate) const fn reaches(value: i64, width: u32) -> bool {
    let top = 1_i64 << (width - 1);
    -(top - 1) <= value && value <= top
}
