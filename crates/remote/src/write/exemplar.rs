//! From the fields of an exemplar in a request to an exemplar.

use regain_model::{EXEMPLAR_CHARS_MAX, Exemplar, Labels, Timestamp};

use super::problem::Pair;

/// How many labels an exemplar has at most: each has a name.
pub(super) const LABELS_MAX: usize = EXEMPLAR_CHARS_MAX;

/// How many bytes a character has at most.
const CHAR_BYTES_MAX: usize = 4;

/// An exemplar as a request has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draft<'a> {
    /// Its labels, in any order.
    pub(super) labels: &'a [Pair<'a>],
    pub(super) value: f64,
    /// Milliseconds since 1970; 0 where it says no time.
    pub(super) time_ms: i64,
}

impl Draft<'_> {
    /// The exemplar; `None` where its labels are no texts, or longer than any exemplar's may be.
    pub(super) fn finish(self) -> Option<Exemplar> {
        let bytes: usize = self.labels.iter().map(|(name, value)| name.len() + value.len()).sum();
        if bytes > EXEMPLAR_CHARS_MAX * CHAR_BYTES_MAX {
            return None;
        }
        let text = |bytes| std::str::from_utf8(bytes).ok();
        let labels: Option<Vec<_>> =
            self.labels.iter().map(|&(name, value)| Some((text(name)?, text(value)?))).collect();
        let (time, is_timed) = (Timestamp(self.time_ms), self.time_ms != 0);
        Some(Exemplar { labels: Labels::from_pairs(labels?), value: self.value, time, is_timed })
    }
}
