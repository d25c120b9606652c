//! Remote write: the receiving end.
//!
//! The protocol without its transport: whoever speaks HTTP hands a decompressed body in and gets a typed
//! outcome back. Nothing here reads a clock or opens a socket.

pub mod write;
