//! Exemplars on their way in and out.

use regain_model::{Exemplar, Labels};

/// The answer to one staged exemplar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExemplarVerdict {
    /// The exemplar is staged.
    Accepted,
    /// It is the newest of its series already.
    Known,
    /// The series has a newer one.
    OutOfOrder,
    /// Its labels are longer than [`regain_model::EXEMPLAR_CHARS_MAX`].
    TooLong,
    /// The store keeps no exemplars.
    NotKept,
    /// The reference is stale; ask [`crate::Appender::series`] again.
    UnknownSeries,
}

/// The exemplars of one series, oldest first.
#[derive(Clone, Debug)]
pub struct SeriesExemplars {
    /// The labels of the series.
    pub labels: Labels,
    /// At least one.
    pub exemplars: Vec<Exemplar>,
}
