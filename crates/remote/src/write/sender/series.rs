//! From the bytes of a series' labels to a label set.

use regain_model::{Labels, MAX_LABEL_BYTES, METRIC_NAME};
use regain_protowire::Error;

use crate::write::encode::append_label;
use crate::write::v1::{Label, decode_labels};

/// A valid series.
pub(super) struct Series {
    pub(super) labels: Labels,
    /// Whether these bytes are the ones that an encoder makes of the sorted labels.
    pub(super) canonical: bool,
}

impl Series {
    /// Decodes labels; `None` where upstream skips the series: without a metric name, with a name twice or
    /// empty, or with text that is no UTF-8.
    pub(super) fn decode(raw: &[u8]) -> Result<Option<Self>, Error> {
        let decoded = decode_labels(raw)?;
        Ok(texts(&decoded).and_then(|pairs| Self::new(pairs, raw)))
    }

    fn new(mut pairs: Vec<(&str, &str)>, raw: &[u8]) -> Option<Self> {
        pairs.sort_unstable();
        let names_are_valid = pairs.iter().all(|(name, _)| !name.is_empty())
            && pairs.windows(2).all(|pair| pair[0].0 != pair[1].0);
        // An empty label is an absent label.
        pairs.retain(|(_, value)| !value.is_empty());
        if !names_are_valid || !pairs.iter().any(|(name, _)| *name == METRIC_NAME) {
            return None;
        }
        let mut encoded = Vec::with_capacity(raw.len());
        for (name, value) in &pairs {
            append_label(&mut encoded, name, value);
        }
        Some(Self { canonical: encoded == raw, labels: Labels::from_sorted(pairs) })
    }
}

fn texts<'a>(labels: &[Label<'a>]) -> Option<Vec<(&'a str, &'a str)>> {
    labels.iter().map(|label| Some((text(label.name)?, text(label.value)?))).collect()
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| text.len() <= MAX_LABEL_BYTES)
}
