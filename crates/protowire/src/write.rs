//! Appending fields to a message.
//!
//! Every function writes its field even if it has the default value; leaving those out is up to the
//! caller, because some messages tell an absent field from a zero.

#![expect(clippy::cast_possible_truncation, reason = "seven bits of a number fit into a byte")]

use crate::reader::WireType;
use crate::zigzag;

/// Appends a number in groups of seven bits, without a tag.
#[inline]
pub fn append_varint(dst: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        dst.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    dst.push(value as u8);
}

/// How many bytes [`append_varint`] writes.
#[inline]
pub const fn varint_len(value: u64) -> usize {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

/// Appends a field's number and wire type.
#[inline]
pub fn append_tag(dst: &mut Vec<u8>, field: u32, wire_type: WireType) {
    append_varint(dst, u64::from(field) << 3 | wire_type as u64);
}

/// Appends a `uint64`, `uint32` or enumerator.
pub fn put_varint(dst: &mut Vec<u8>, field: u32, value: u64) {
    append_tag(dst, field, WireType::Varint);
    append_varint(dst, value);
}

/// Appends an `int64` or `int32`; negative ones take ten bytes.
pub fn put_int64(dst: &mut Vec<u8>, field: u32, value: i64) {
    put_varint(dst, field, value.cast_unsigned());
}

/// Appends a `sint64` or `sint32`.
pub fn put_sint64(dst: &mut Vec<u8>, field: u32, value: i64) {
    put_varint(dst, field, zigzag(value));
}

/// Appends a `bool`.
pub fn put_bool(dst: &mut Vec<u8>, field: u32, value: bool) {
    put_varint(dst, field, u64::from(value));
}

/// Appends a `fixed64`.
pub fn put_fixed64(dst: &mut Vec<u8>, field: u32, value: u64) {
    append_tag(dst, field, WireType::Fixed64);
    dst.extend_from_slice(&value.to_le_bytes());
}

/// Appends a `double`.
pub fn put_double(dst: &mut Vec<u8>, field: u32, value: f64) {
    put_fixed64(dst, field, value.to_bits());
}

/// Appends `bytes`, or a message that is encoded already.
pub fn put_bytes(dst: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    append_tag(dst, field, WireType::Bytes);
    append_varint(dst, bytes.len() as u64);
    dst.extend_from_slice(bytes);
}

/// Appends a `string`.
pub fn put_str(dst: &mut Vec<u8>, field: u32, text: &str) {
    put_bytes(dst, field, text.as_bytes());
}

/// Appends a message whose fields `write` appends.
pub fn put_message(dst: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    append_tag(dst, field, WireType::Bytes);
    let len_at = dst.len();
    // Most messages are short, so one byte for the length is right at once.
    dst.push(0);
    let start = dst.len();
    write(dst);
    let len = (dst.len() - start) as u64;
    let extra = varint_len(len) - 1;
    if extra > 0 {
        let end = dst.len();
        dst.resize(end + extra, 0);
        dst.copy_within(start..end, start + extra);
    }
    let mut rest = len;
    for byte in &mut dst[len_at..len_at + extra] {
        *byte = (rest & 0x7f) as u8 | 0x80;
        rest >>= 7;
    }
    dst[len_at + extra] = rest as u8;
}

/// Appends packed `uint64` values.
pub fn put_packed_varints(dst: &mut Vec<u8>, field: u32, values: impl IntoIterator<Item = u64>) {
    put_message(dst, field, |dst| values.into_iter().for_each(|value| append_varint(dst, value)));
}

/// Appends packed `sint64` values.
pub fn put_packed_sint64(dst: &mut Vec<u8>, field: u32, values: impl IntoIterator<Item = i64>) {
    put_packed_varints(dst, field, values.into_iter().map(zigzag));
}

/// Appends packed `double` values.
pub fn put_packed_doubles(dst: &mut Vec<u8>, field: u32, values: &[f64]) {
    append_tag(dst, field, WireType::Bytes);
    append_varint(dst, size_of_val(values) as u64);
    dst.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}
