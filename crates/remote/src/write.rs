//! Remote write 1.0 and 2.0: decoding, and appending to a store.
//!
//! A [`Receiver`] keeps what it learned about every sender's series, so that a sender that repeats
//! itself costs little more than a comparison of bytes and a copy of the number.

pub mod encode;
pub mod histogram;
pub mod v1;
pub mod v2;

mod cache;
mod error;
mod exemplar;
mod metadata;
mod problem;
mod receiver;
mod row;
mod sender;
mod texts;

pub use error::{Fault, Refusal, Refused, WriteError};
pub use problem::Problems;
pub use receiver::{Receiver, ReceiverOptions};
pub use sender::Outcome;

/// Which protocol a request speaks, and so which message its body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// 1.0: `prometheus.WriteRequest`.
    V1,
    /// 2.0: `io.prometheus.write.v2.Request`.
    V2,
}

impl Message {
    /// The name of the message, as `Content-Type` and the flag say it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1 => "prometheus.WriteRequest",
            Self::V2 => "io.prometheus.write.v2.Request",
        }
    }

    /// The message with this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::V1, Self::V2].into_iter().find(|message| message.name() == name)
    }
}

/// The largest decompressed body that a receiver takes, as upstream limits it.
pub const DECODED_BYTES_MAX: usize = 32 << 20;

/// How far ahead of the receiver's clock a sample may lie, as upstream limits it.
pub const AHEAD_MS_MAX: i64 = 10 * 60 * 1000;
