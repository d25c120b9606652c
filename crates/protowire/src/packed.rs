//! Repeated numbers that share one field.

use crate::error::Error;
use crate::reader::Reader;

/// Yields the varints of a packed field.
#[derive(Clone, Debug)]
pub struct PackedVarints<'a> {
    reader: Reader<'a>,
}

impl<'a> PackedVarints<'a> {
    /// The varints in the bytes of a packed field.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { reader: Reader::new(bytes) }
    }
}

impl Iterator for PackedVarints<'_> {
    type Item = Result<u64, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let value = self.reader.varint();
        if value.is_err() {
            self.reader = Reader::new(&[]);
        }
        Some(value)
    }
}

/// Yields the doubles of a packed field.
#[derive(Clone, Debug)]
pub struct PackedDoubles<'a> {
    rest: &'a [u8],
}

impl<'a> PackedDoubles<'a> {
    /// The doubles in the bytes of a packed field; fails if the last one is cut off.
    pub const fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        if bytes.len().is_multiple_of(size_of::<f64>()) {
            Ok(Self { rest: bytes })
        } else {
            Err(Error::Truncated)
        }
    }
}

impl Iterator for PackedDoubles<'_> {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(f64::from_le_bytes(*bytes))
    }
}
