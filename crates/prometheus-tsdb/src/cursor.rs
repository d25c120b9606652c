//! Reading a piece of bytes from front to back. Every read is checked; a length is a claim.

use crate::fault::{Fault, Read};

/// The most bytes of a number in base 128.
const VARINT_BYTES_MAX: usize = 10;

/// A place in a piece of bytes.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The start of `bytes`.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes have been read.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    pub(crate) const fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Whether nothing is left.
    pub(crate) const fn is_done(&self) -> bool {
        self.left() == 0
    }

    /// A fault here.
    pub(crate) const fn fault(&self, what: &'static str) -> Fault {
        Fault { at: self.at, what }
    }

    /// The next `len` bytes.
    pub(crate) fn take(&mut self, len: usize) -> Read<&'a [u8]> {
        let end = self.at.checked_add(len);
        let bytes = end.and_then(|end| self.bytes.get(self.at..end));
        let bytes = bytes.ok_or_else(|| self.fault("it ends early"))?;
        self.at += len;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let bytes = self.take(N)?;
        Ok(bytes.try_into().expect("as many bytes were taken"))
    }

    /// A byte.
    pub(crate) fn u8(&mut self) -> Read<u8> {
        Ok(self.array::<1>()?[0])
    }

    /// Four bytes, the highest first.
    pub(crate) fn u32(&mut self) -> Read<u32> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// Eight bytes, the highest first.
    pub(crate) fn u64(&mut self) -> Read<u64> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// Eight bytes, the highest first, of a number with a sign.
    pub(crate) fn i64(&mut self) -> Read<i64> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    /// Eight bytes of a float.
    pub(crate) fn f64(&mut self) -> Read<f64> {
        Ok(f64::from_bits(self.u64()?))
    }

    /// A number in base 128, the lowest digit first.
    pub(crate) fn uvarint(&mut self) -> Read<u64> {
        let mut value = 0_u64;
        for digit in 0..VARINT_BYTES_MAX {
            let byte = self.u8()?;
            if digit == VARINT_BYTES_MAX - 1 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << (7 * digit);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.fault("a number has too many digits"))
    }

    /// A number with a sign, which is in its lowest bit.
    pub(crate) fn varint(&mut self) -> Read<i64> {
        Ok(unzigzag(self.uvarint()?))
    }

    /// A number in base 128 that fits a length or a count.
    pub(crate) fn length(&mut self) -> Read<usize> {
        let value = self.uvarint()?;
        usize::try_from(value).map_err(|_| self.fault("a length is out of range"))
    }

    /// A number in base 128 that fits 32 bits.
    pub(crate) fn uvarint32(&mut self) -> Read<u32> {
        let value = self.uvarint()?;
        u32::try_from(value).map_err(|_| self.fault("a number is out of range"))
    }

    /// Bytes that their length comes before.
    pub(crate) fn counted(&mut self) -> Read<&'a [u8]> {
        let len = self.length()?;
        self.take(len)
    }

    /// A text that its length comes before.
    pub(crate) fn text(&mut self) -> Read<&'a str> {
        let bytes = self.counted()?;
        std::str::from_utf8(bytes).map_err(|_| self.fault("a text is not UTF-8"))
    }

    /// How many items of at least `size` bytes may follow at most, for a count that claims `count`.
    pub(crate) fn plausible(&self, count: usize, size: usize) -> Read<usize> {
        if count > self.left() / size { Err(self.fault("a count is too high")) } else { Ok(count) }
    }
}

/// The number with a sign that `value` stands for.
pub(crate) const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

/// `value` with its sign in the lowest bit.
pub(crate) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// Appends `value` in base 128.
pub(crate) fn put_uvarint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(low_byte(value) | 0x80);
        value >>= 7;
    }
    out.push(low_byte(value));
}

/// Appends `value` with its sign in the lowest bit.
pub(crate) fn put_varint(out: &mut Vec<u8>, value: i64) {
    put_uvarint(out, zigzag(value));
}

/// Appends a text behind its length.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_uvarint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// The lowest eight bits.
#[expect(clippy::cast_possible_truncation, reason = "the lowest eight bits are what is meant")]
pub(crate) const fn low_byte(value: u64) -> u8 {
    value as u8
}
