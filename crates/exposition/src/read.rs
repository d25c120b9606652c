//! Readers of the Prometheus text format, of OpenMetrics text and of Prometheus' protobuf.
//!
//! [`Parser`] is a cursor over a body. It checks every line as upstream does (upstream: `model/textparse`, 3.14) and
//! yields borrowed events without allocating. Who has seen the body of the same target before can ask
//! [`Parser::predicted`] whether the next line is the series it expects, which costs a comparison and a number.
//! Every format is also a [`Source`], which is what a scrape asks.

mod cursor;
mod error;
mod labels;
mod line;
mod number;
mod series;

mod source;

mod created;
mod text;

mod classic;
mod converting;
mod protobuf;

pub use classic::ClassicProblem;
pub use converting::ConvertingSource;
pub use cursor::{Dialect, Event, Exemplar, Parser, Sample};
pub use error::{ParseError, Problem};
pub use labels::{LabelRun, exemplar_labels, series_labels};
pub use number::{Number, parse_number};
pub use protobuf::{ProtobufError, ProtobufProblem, ProtobufSource};
pub use source::{
    ExemplarReading, HistogramReading, Item, MetadataItem, ReadOptions, Reading, Says, Source,
};
pub use text::TextSource;

#[cfg(test)]
mod tests;
