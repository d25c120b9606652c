//! What is wrong with parts of a request of 2.0 whose other parts are kept. The texts are upstream's
//! (`storage/remote/write_handler.go` and `prompb/io/prometheus/write/v2`, 3.14).

use std::fmt::{self, Write as _};

use regain_go_format::quote::quote_bytes;
use regain_model::is_legacy_label_name;

use super::error::Refused;

/// How much of what is wrong with one request is told, in bytes.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// Everything that is wrong with a request, a line each, in the order of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    text: String,
    count: u64,
    untold: u64,
}

impl Problems {
    /// Adds a problem. `problem` is only asked while there is room to tell it.
    pub(super) fn add<P: fmt::Display>(&mut self, problem: impl FnOnce() -> P) {
        self.count += 1;
        if self.text.len() >= TEXT_BYTES_MAX {
            self.untold += 1;
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let mut room = Room { text: &mut self.text };
        if write!(room, "{}", problem()).is_err() {
            self.text.push('…');
        }
    }

    /// How many there are.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if self.untold > 0 {
            write!(f, "\nand {} more", self.untold)?;
        }
        Ok(())
    }
}

/// Takes text up to the limit, and fails with what is beyond it.
struct Room<'a> {
    text: &'a mut String,
}

impl fmt::Write for Room<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = TEXT_BYTES_MAX.saturating_sub(self.text.len());
        let (fits, beyond) = text.split_at(text.floor_char_boundary(room));
        self.text.push_str(fits);
        if beyond.is_empty() { Ok(()) } else { Err(fmt::Error) }
    }
}

/// What is wrong with one series or one of its samples.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem<'a> {
    #[error("parsing labels for series {refs}: {why}")]
    Labels { refs: RefList<'a>, why: BadRefs },
    #[error(
        "parsing metadata for series {refs}: metadata {field} {place} outside of symbols table (size {size})"
    )]
    Metadata { refs: RefList<'a>, field: &'static str, place: u32, size: usize },
    #[error("invalid metric name or labels, got {0}")]
    InvalidLabels(LabelList<'a>),
    #[error("invalid labels for series, labels {labels}, duplicated label {name}")]
    DuplicateLabel { labels: LabelList<'a>, name: &'a str },
    #[error("TimeSeries must contain at least one sample or histogram for series {0}")]
    Empty(LabelList<'a>),
    #[error("parsing exemplar for series {labels}: {why}")]
    Exemplar { labels: LabelList<'a>, why: BadRefs },
    #[error("out of order exemplar for series {0}")]
    LateExemplar(LabelList<'a>),
    #[error("{0} for series {series}", series = .0.series)]
    Refused(&'a Refused),
}

/// Why places are no labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadRefs {
    #[error("invalid labelRefs length {0}")]
    Odd(usize),
    #[error("labelRefs {name} (name) = {value} (value) outside of symbols table (size {size})")]
    Outside { name: u32, value: u32, size: usize },
}

/// Checks that `refs` are pairs of places in a table of `size` texts.
pub(super) fn check_refs(refs: &[u32], size: usize) -> Result<(), BadRefs> {
    if !refs.len().is_multiple_of(2) {
        return Err(BadRefs::Odd(refs.len()));
    }
    let is_outside = |place: u32| place as usize >= size;
    let (pairs, _) = refs.as_chunks();
    match pairs.iter().find(|[name, value]| is_outside(*name) || is_outside(*value)) {
        Some(&[name, value]) => Err(BadRefs::Outside { name, value, size }),
        None => Ok(()),
    }
}

/// Places as Go writes a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct RefList<'a>(pub(super) &'a [u32]);

impl fmt::Display for RefList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        for (at, place) in self.0.iter().enumerate() {
            let gap = if at == 0 { "" } else { " " };
            write!(f, "{gap}{place}")?;
        }
        f.write_char(']')
    }
}

/// A name and a value.
pub(super) type Pair<'a> = (&'a [u8], &'a [u8]);

/// Labels that need not be a label set, as upstream writes one.
#[derive(Clone, Copy, Debug)]
pub(super) struct LabelList<'a>(pub(super) &'a [Pair<'a>]);

impl fmt::Display for LabelList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        for (at, (name, value)) in self.0.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { ", " })?;
            match std::str::from_utf8(name) {
                Ok(name) if is_legacy_label_name(name) => f.write_str(name)?,
                _ => f.write_str(&quote_bytes(name))?,
            }
            write!(f, "={}", quote_bytes(value))?;
        }
        f.write_char('}')
    }
}

#[cfg(test)]
mod tests;
