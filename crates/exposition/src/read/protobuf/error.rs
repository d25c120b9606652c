//! What can be wrong with messages, and where.

use regain_protowire::Error as WireError;
use thiserror::Error;

use crate::read::classic::ClassicProblem;

/// Reports the first metric family that could not be read.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("metric family {name:?} at byte {at}: {problem}")]
pub struct ProtobufError {
    /// Is empty where the name was not read.
    pub name: String,
    /// Is where the family starts in the body.
    pub at: usize,
    #[source]
    pub problem: ProtobufProblem,
}

/// Names what is wrong with a family.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum ProtobufProblem {
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("its length takes more than {max} bytes")]
    LengthTooLong { max: usize },
    #[error("it has {length} bytes and the body only {left} more")]
    Truncated { length: u64, left: usize },
    #[error("invalid metric name")]
    Name,
    #[error("invalid help")]
    Help,
    #[error("invalid unit")]
    Unit,
    #[error("unknown metric type {0}")]
    Kind(i32),
    #[error("{side} side: spans require {spans} buckets, have {buckets}")]
    Spans { side: &'static str, spans: u64, buckets: usize },
    #[error(transparent)]
    Classic(#[from] ClassicProblem),
}
