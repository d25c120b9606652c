//! What can be wrong with a message.

/// A malformed message. Where Go's generated decoders have a text for the mistake, it is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The message ends inside a field.
    #[error("unexpected EOF")]
    Truncated,
    /// A varint has more than 64 bits.
    #[error("proto: integer overflow")]
    VarintOverflow,
    /// A field has the number zero or one beyond 2^29.
    #[error("proto: illegal tag {number} (wire type {wire_type})")]
    IllegalTag {
        /// The number in the tag.
        number: u64,
        /// The wire type in the tag.
        wire_type: u8,
    },
    /// A field has a wire type that does not exist, or that of a group.
    #[error("proto: illegal wireType {wire_type}")]
    IllegalWireType {
        /// The wire type in the tag.
        wire_type: u8,
    },
    /// A field has another wire type than its message says.
    #[error("proto: wrong wireType = {wire_type} for field {number}")]
    WrongWireType {
        /// The field.
        number: u32,
        /// The wire type in the tag.
        wire_type: u8,
    },
    /// A text is no UTF-8.
    #[error("proto: field {number} contains invalid UTF-8")]
    NotUtf8 {
        /// The field.
        number: u32,
    },
}
