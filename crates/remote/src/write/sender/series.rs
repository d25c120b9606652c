//! From the labels of a series in a request to a label set.

use regain_model::{Labels, MAX_LABEL_BYTES, METRIC_NAME};

use crate::write::problem::Pair;

/// Why labels are those of no series. Upstream checks the same, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit<'a> {
    /// No metric name, a name that is empty, or text that is no UTF-8.
    Invalid,
    /// A name twice.
    Duplicate(&'a str),
}

/// Sorts labels by name and makes a set of them.
pub(super) fn label_set<'a>(pairs: &mut [Pair<'a>]) -> Result<Labels, Unfit<'a>> {
    pairs.sort_by_key(|&(name, _)| name);
    let texts: Option<Vec<(&str, &str)>> =
        pairs.iter().map(|&(name, value)| Some((text(name)?, text(value)?))).collect();
    let mut texts = texts.ok_or(Unfit::Invalid)?;
    let is_valid = |&(name, value): &(&str, &str)| {
        !name.is_empty() && (name != METRIC_NAME || !value.is_empty())
    };
    if !texts.iter().all(is_valid) || !texts.iter().any(|&(name, _)| name == METRIC_NAME) {
        return Err(Unfit::Invalid);
    }
    let (left, right) = (texts.iter(), texts.iter().skip(1));
    if let Some(((name, _), _)) = left.zip(right).find(|((a, _), (b, _))| a == b) {
        return Err(Unfit::Duplicate(name));
    }
    // An empty label is an absent label.
    texts.retain(|(_, value)| !value.is_empty());
    Ok(Labels::from_sorted(texts))
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| text.len() <= MAX_LABEL_BYTES)
}
