//! Borrowed protobuf reading and append-style writing.
//!
//! Messages are decoded by hand: a [`Reader`] yields fields whose bytes borrow from the input, and the
//! functions in [`write`] append fields to a buffer. Message types live with those who use them.
//!
//! Invariants: no input makes the reader panic or allocate, and every length is checked against what is
//! left. Nesting is up to the caller, who decides which fields hold messages.

mod error;
mod field;
mod packed;
mod reader;
pub mod write;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use field::{Field, Value};
pub use packed::{PackedDoubles, PackedVarints};
pub use reader::{Reader, WireType, bytes_tag};

/// Turns a zigzag-encoded number (`sint32`, `sint64`) back into a signed one.
#[inline]
pub const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

/// Encodes a signed number so that small magnitudes take few bytes.
#[inline]
pub const fn zigzag(value: i64) -> u64 {
    (value << 1).cast_unsigned() ^ (value >> 63).cast_unsigned()
}
