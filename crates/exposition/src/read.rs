//! Readers of the Prometheus text format and of OpenMetrics text.
//!
//! [`Parser`] is a cursor over a body. It checks every line as upstream does (upstream: `model/textparse`, 3.14) and
//! yields borrowed events without allocating. Who has seen the body of the same target before can ask
//! [`Parser::predicted`] whether the next line is the series it expects, which costs a comparison and a number.

mod cursor;
mod error;
mod labels;
mod line;
mod number;
mod series;

pub use cursor::{Dialect, Event, Exemplar, Parser, Sample};
pub use error::{ParseError, Problem};
pub use labels::{LabelRun, exemplar_labels, series_labels};
pub use number::{Number, parse_number};

#[cfg(test)]
mod tests;
