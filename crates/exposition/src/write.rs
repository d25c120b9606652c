//! Encoders: metric families to text, byte for byte as the official client library writes them, and to protobuf.

mod classic;
mod line;
mod open_metrics;
mod protobuf;
mod text;

use regain_model::MetricKind;
use thiserror::Error;

use crate::family::{MetricFamily, MetricValue};
use crate::negotiate::{Format, FormatKind};

pub use line::append_float;
pub(crate) use line::append_open_metrics_float;

/// Reports a family that cannot be written.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum WriteError {
    #[error("metric family has no name")]
    NoName,
    #[error("metric family {family} is a {} but holds another kind of value", kind.as_str())]
    KindMismatch { family: String, kind: MetricKind },
}

/// Appends families to a buffer in one format.
#[derive(Debug)]
pub struct Encoder<'a> {
    format: Format,
    has_help: bool,
    out: &'a mut Vec<u8>,
}

impl<'a> Encoder<'a> {
    /// Creates an encoder that appends to `out`.
    pub fn new(format: Format, out: &'a mut Vec<u8>) -> Self {
        Self { format, has_help: true, out }
    }

    /// Leaves out the help, which the text format and protobuf have even where it is empty: a federated metric has
    /// none.
    #[must_use]
    pub fn without_help(self) -> Self {
        Self { has_help: false, ..self }
    }

    /// Appends one family; on an error nothing of it remains in the buffer.
    pub fn family(&mut self, family: &MetricFamily) -> Result<(), WriteError> {
        if family.metrics.is_empty() && self.format.kind == FormatKind::Text {
            return Ok(());
        }
        check(family)?;
        match self.format.kind {
            FormatKind::Text => {
                let escaping = self.format.escaping;
                text::family(self.out, family, escaping, self.has_help);
            }
            FormatKind::Protobuf => {
                let escaping = self.format.escaping;
                protobuf::family(self.out, family, escaping, self.has_help);
            }
            FormatKind::OpenMetrics001 | FormatKind::OpenMetrics100 => {
                open_metrics::family(self.out, family, self.format.escaping);
            }
        }
        Ok(())
    }

    /// Ends the exposition; OpenMetrics demands a last line `# EOF`.
    pub fn finish(self) {
        if matches!(self.format.kind, FormatKind::OpenMetrics001 | FormatKind::OpenMetrics100) {
            self.out.extend_from_slice(b"# EOF\n");
        }
    }
}

/// Encodes all families into a new buffer.
pub fn encode(families: &[MetricFamily], format: Format) -> Result<Vec<u8>, WriteError> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(format, &mut out);
    for family in families {
        encoder.family(family)?;
    }
    encoder.finish();
    Ok(out)
}

fn check(family: &MetricFamily) -> Result<(), WriteError> {
    if family.name.is_empty() {
        return Err(WriteError::NoName);
    }
    let fits = family.metrics.iter().all(|metric| match family.kind {
        MetricKind::Histogram | MetricKind::GaugeHistogram => {
            matches!(metric.value, MetricValue::Histogram(_) | MetricValue::Native(_))
        }
        MetricKind::Summary => matches!(metric.value, MetricValue::Summary(_)),
        _ => matches!(metric.value, MetricValue::Number(_)),
    });
    if fits {
        Ok(())
    } else {
        let family_name = family.name.clone().into_owned();
        Err(WriteError::KindMismatch { family: family_name, kind: family.kind })
    }
}

#[cfg(test)]
mod tests;
