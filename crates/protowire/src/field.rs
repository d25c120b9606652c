//! One field of a message.

use crate::error::Error;
use crate::packed::{PackedDoubles, PackedVarints};
use crate::reader::{Reader, WireType};
use crate::unzigzag;

/// A field's number and its undecoded value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The number that the message's definition gives the field.
    pub number: u32,
    /// The value as it lies in the message.
    pub value: Value<'a>,
}

/// A value by its wire type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// An integer, a boolean or an enumerator.
    Varint(u64),
    /// A fixed integer or a double.
    Fixed64(u64),
    /// A string, bytes, a message or packed numbers.
    Bytes(&'a [u8]),
    /// A fixed integer or a float.
    Fixed32(u32),
}

impl<'a> Field<'a> {
    const fn wrong_wire_type(&self) -> Error {
        let wire_type = match self.value {
            Value::Varint(_) => WireType::Varint,
            Value::Fixed64(_) => WireType::Fixed64,
            Value::Bytes(_) => WireType::Bytes,
            Value::Fixed32(_) => WireType::Fixed32,
        };
        Error::WrongWireType { number: self.number, wire_type: wire_type as u8 }
    }

    /// The field as `bytes`, or the bytes of a message or of packed numbers.
    #[inline]
    pub const fn bytes(&self) -> Result<&'a [u8], Error> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(self.wrong_wire_type()),
        }
    }

    /// The field as a reader of the message that it holds.
    #[inline]
    pub fn message(&self) -> Result<Reader<'a>, Error> {
        self.bytes().map(Reader::new)
    }

    /// The field as `string`.
    #[inline]
    pub fn str(&self) -> Result<&'a str, Error> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Error::NotUtf8 { number: self.number })
    }

    /// The field as `uint64`, `uint32` or an enumerator.
    #[inline]
    pub const fn uint64(&self) -> Result<u64, Error> {
        match self.value {
            Value::Varint(value) => Ok(value),
            _ => Err(self.wrong_wire_type()),
        }
    }

    /// The field as `int64`.
    #[inline]
    pub fn int64(&self) -> Result<i64, Error> {
        self.uint64().map(u64::cast_signed)
    }

    /// The field as `int32`: the low 32 bits.
    #[inline]
    pub fn int32(&self) -> Result<i32, Error> {
        self.uint64().map(|value| (value & 0xffff_ffff) as u32).map(u32::cast_signed)
    }

    /// The field as `uint32`: the low 32 bits.
    #[inline]
    pub fn uint32(&self) -> Result<u32, Error> {
        self.int32().map(i32::cast_unsigned)
    }

    /// The field as `bool`.
    #[inline]
    pub fn bool(&self) -> Result<bool, Error> {
        self.uint64().map(|value| value != 0)
    }

    /// The field as `sint64` or `sint32`.
    #[inline]
    pub fn sint64(&self) -> Result<i64, Error> {
        self.uint64().map(unzigzag)
    }

    /// The field as `sint32`: the low 32 bits.
    #[inline]
    pub fn sint32(&self) -> Result<i32, Error> {
        self.uint32().map(|value| (value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }

    /// Calls `each` with the numbers of a repeated field: those that share this field, or the one that has it to itself.
    #[inline]
    pub fn for_each_varint(&self, mut each: impl FnMut(u64)) -> Result<(), Error> {
        match self.value {
            Value::Varint(value) => each(value),
            Value::Bytes(bytes) => {
                for value in PackedVarints::new(bytes) {
                    each(value?);
                }
            }
            _ => return Err(self.wrong_wire_type()),
        }
        Ok(())
    }

    /// The same for `double`.
    #[inline]
    pub fn for_each_double(&self, mut each: impl FnMut(f64)) -> Result<(), Error> {
        match self.value {
            Value::Fixed64(bits) => each(f64::from_bits(bits)),
            Value::Bytes(bytes) => PackedDoubles::new(bytes)?.for_each(each),
            _ => return Err(self.wrong_wire_type()),
        }
        Ok(())
    }

    /// The field as `fixed64`.
    #[inline]
    pub const fn fixed64(&self) -> Result<u64, Error> {
        match self.value {
            Value::Fixed64(value) => Ok(value),
            _ => Err(self.wrong_wire_type()),
        }
    }

    /// The field as `double`.
    #[inline]
    pub fn double(&self) -> Result<f64, Error> {
        self.fixed64().map(f64::from_bits)
    }
}
