//! A cursor over the bytes of one message.

use crate::error::Error;
use crate::field::{Field, Value};

/// How a field's value is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireType {
    /// A number in groups of seven bits.
    Varint = 0,
    /// Eight bytes, little-endian.
    Fixed64 = 1,
    /// A length and so many bytes.
    Bytes = 2,
    /// Four bytes, little-endian.
    Fixed32 = 5,
}

/// The byte that starts a field of bytes or a message whose number is below 16.
pub const fn bytes_tag(number: u8) -> u8 {
    assert!(number > 0 && number < 16, "larger numbers take more bytes");
    number << 3 | WireType::Bytes as u8
}

/// The largest field number.
const FIELD_NUMBER_MAX: u64 = (1 << 29) - 1;
/// The most bytes that a varint takes.
const VARINT_BYTES_MAX: usize = 10;

/// Reads the fields of one message from front to back.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the start of `message`.
    #[inline]
    pub const fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// Whether everything was read.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What was not read yet.
    #[inline]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Reads the next field; `None` at the end of the message.
    #[inline]
    pub fn next_field(&mut self) -> Result<Option<Field<'a>>, Error> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (number, wire_type) = self.tag()?;
        let value = match wire_type {
            WireType::Varint => Value::Varint(self.varint()?),
            WireType::Fixed64 => Value::Fixed64(self.fixed64()?),
            WireType::Bytes => Value::Bytes(self.bytes()?),
            WireType::Fixed32 => Value::Fixed32(self.fixed32()?),
        };
        Ok(Some(Field { number, value }))
    }

    /// Reads the next field if it is bytes and starts with `tag`, which is [`bytes_tag`] of its number. Where fields
    /// nearly always come in one order, asking for the next one is cheaper than looking which it is.
    #[inline]
    pub fn next_if_tag(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Error> {
        match self.rest {
            [first, rest @ ..] if *first == tag => {
                self.rest = rest;
                self.bytes().map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Reads a field's number and wire type.
    #[inline]
    pub fn tag(&mut self) -> Result<(u32, WireType), Error> {
        let tag = self.varint()?;
        let number = tag >> 3;
        let wire_type = (tag & 7) as u8;
        let known = match wire_type {
            0 => WireType::Varint,
            1 => WireType::Fixed64,
            2 => WireType::Bytes,
            5 => WireType::Fixed32,
            _ => return Err(Error::IllegalWireType { wire_type }),
        };
        match u32::try_from(number) {
            Ok(small) if (1..=FIELD_NUMBER_MAX).contains(&number) => Ok((small, known)),
            _ => Err(Error::IllegalTag { number, wire_type }),
        }
    }

    /// Reads a number in groups of seven bits.
    #[inline]
    pub fn varint(&mut self) -> Result<u64, Error> {
        match self.rest {
            [byte @ 0..=0x7f, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(*byte))
            }
            [low, high @ 0..=0x7f, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(*low & 0x7f) | u64::from(*high) << 7)
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, Error> {
        let mut value = 0_u64;
        for (index, &byte) in self.rest.iter().take(VARINT_BYTES_MAX).enumerate() {
            // The tenth byte holds the last bit.
            if index == VARINT_BYTES_MAX - 1 && byte > 1 {
                return Err(Error::VarintOverflow);
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.rest = self.rest.get(index + 1..).unwrap_or_default();
                return Ok(value);
            }
        }
        Err(Error::Truncated)
    }

    /// Reads a length and so many bytes.
    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let len = usize::try_from(self.varint()?).map_err(|_| Error::Truncated)?;
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(Error::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Reads eight bytes.
    #[inline]
    pub fn fixed64(&mut self) -> Result<u64, Error> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Error::Truncated)?;
        self.rest = rest;
        Ok(u64::from_le_bytes(*bytes))
    }

    /// Reads four bytes.
    #[inline]
    pub fn fixed32(&mut self) -> Result<u32, Error> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Error::Truncated)?;
        self.rest = rest;
        Ok(u32::from_le_bytes(*bytes))
    }
}
