//! Remote write 1.0: decoding, and appending to a store.
//!
//! A [`Receiver`] keeps what it learned about every sender's series, so that a sender that repeats
//! itself costs little more than a comparison of bytes and a copy of the number.

pub mod encode;
pub mod v1;

mod cache;
mod error;
mod receiver;
mod row;
mod sender;

pub use error::{Fault, Refusal, WriteError};
pub use receiver::{Limits, Receiver};
pub use sender::Outcome;

/// The largest decompressed body that a receiver should be handed, as upstream limits it.
pub const DECODED_BYTES_MAX: usize = 32 << 20;

/// How far ahead of the receiver's clock a sample may lie, as upstream limits it.
pub const AHEAD_MS_MAX: i64 = 10 * 60 * 1000;
