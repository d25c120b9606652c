//! The formats that metrics travel in.
//!
//! Reading is zero-copy: a [`read::Parser`] walks a scraped text and yields borrowed events, and a [`read::ProtobufSource`]
//! the messages of Prometheus' protobuf, which is read and not written. The text of a series
//! (`name{label="value"}`) comes out untouched, so that a reader who has seen it before need not parse its labels.
//! Writing takes [`MetricFamily`] values and produces the same bytes as the official client library would.
//!
//! Invariants: no input makes the reader panic, and a sample line costs no allocation in either direction.

mod family;

pub mod escaping;
pub mod negotiate;
pub mod read;
pub mod write;

pub use escaping::EscapingScheme;
pub use family::{
    HistogramValue, LabelPair, Metric, MetricFamily, MetricValue, SummaryValue, Text, sort_families,
};
pub use negotiate::{Format, FormatKind, negotiate};
pub use regain_model::MetricKind;
pub use write::{Encoder, WriteError, encode};
