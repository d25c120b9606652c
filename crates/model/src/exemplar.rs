//! What ties a sample to something outside the store, such as the trace of one request.

use std::cmp::Ordering;

use crate::labels::Labels;
use crate::timestamp::Timestamp;

/// How many characters the names and values of an exemplar's labels have together at most, as OpenMetrics limits them.
pub const EXEMPLAR_CHARS_MAX: usize = 128;

/// An example of what a series counts.
#[derive(Clone, Debug, Default)]
pub struct Exemplar {
    /// What the example is, such as a trace id.
    pub labels: Labels,
    /// What was measured there.
    pub value: f64,
    /// When that was.
    pub time: Timestamp,
    /// Whether whoever exposes it says when that was. Otherwise `time` is that of the scrape, and the same exemplar scraped
    /// again is no other one.
    pub is_timed: bool,
}

impl Exemplar {
    /// Whether both stand for the same example. Times are compared unless both are those of scrapes (upstream:
    /// `model/exemplar/exemplar.go`, 3.14).
    #[expect(clippy::float_cmp, reason = "a value that is scraped again is the same")]
    pub fn is_same(&self, other: &Self) -> bool {
        self.labels == other.labels
            && (self.time == other.time || !(self.is_timed || other.is_timed))
            && self.value == other.value
    }

    /// Whether the labels are no longer than [`EXEMPLAR_CHARS_MAX`].
    pub fn fits(&self) -> bool {
        let chars = |text: &str| text.chars().count();
        let all = self.labels.iter().map(|(name, value)| chars(name) + chars(value));
        all.sum::<usize>() <= EXEMPLAR_CHARS_MAX
    }

    /// The order in which the exemplars of one series are handed on: by time, value and labels.
    pub fn order(&self, other: &Self) -> Ordering {
        let values = self.value.partial_cmp(&other.value).unwrap_or(Ordering::Equal);
        self.time.cmp(&other.time).then(values).then_with(|| self.labels.cmp(&other.labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exemplar(label: &str, value: f64, time: i64, is_timed: bool) -> Exemplar {
        let labels = Labels::from_pairs([("trace_id", label)]);
        Exemplar { labels, value, time: Timestamp(time), is_timed }
    }

    #[test]
    fn the_time_of_a_scrape_does_not_make_another_exemplar() {
        let (first, again) = (exemplar("a", 1.0, 10, false), exemplar("a", 1.0, 20, false));
        assert!(first.is_same(&again));
        assert!(!first.is_same(&exemplar("a", 1.0, 20, true)));
        assert!(first.is_same(&exemplar("a", 1.0, 10, true)));
        assert!(!first.is_same(&exemplar("a", 2.0, 10, false)));
        assert!(!first.is_same(&exemplar("b", 1.0, 10, false)));
    }

    #[test]
    fn labels_are_counted_in_characters() {
        let name = "trace_id".len();
        for (value, fits) in [("ä".repeat(128 - name), true), ("ä".repeat(129 - name), false)] {
            assert_eq!(exemplar(&value, 1.0, 0, true).fits(), fits);
        }
    }

    #[test]
    fn exemplars_are_ordered_by_time_then_value_then_labels() {
        let ascending = [
            exemplar("b", 2.0, 1, true),
            exemplar("b", 1.0, 2, true),
            exemplar("a", 2.0, 2, true),
            exemplar("b", 2.0, 2, true),
        ];
        assert!(ascending.is_sorted_by(|a, b| a.order(b) == Ordering::Less));
    }
}
