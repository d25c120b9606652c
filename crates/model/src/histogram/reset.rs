//! Counter resets: what is known about them, and finding them.

use super::buckets::Buckets;
use super::custom::{add_up, common_bounds};
use super::{CUSTOM_SCHEMA, Histogram, exponential_bound};

/// What is known about whether a histogram starts a counter anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResetHint {
    /// Nothing is known.
    #[default]
    Unknown,
    /// The counter started again.
    Reset,
    /// The counter went on.
    NotReset,
    /// It is no counter.
    Gauge,
}

impl ResetHint {
    /// What is known about a sum of two, and whether they contradict each other.
    pub(super) const fn combined(self, other: Self) -> (Self, bool) {
        match (self, other) {
            (Self::Gauge, _) | (_, Self::Gauge) => (Self::Gauge, false),
            (Self::Unknown, _) | (_, Self::Unknown) => (Self::Unknown, false),
            (Self::Reset, Self::NotReset) | (Self::NotReset, Self::Reset) => (Self::Unknown, true),
            (same, _) => (same, false),
        }
    }
}

impl Histogram {
    /// Whether a counter started again between `previous` and this: anything has decreased, or the
    /// layout has changed as it only does then. A hint is believed.
    pub fn detect_reset(&self, previous: &Self) -> bool {
        match self.hint {
            ResetHint::Reset => true,
            ResetHint::NotReset => false,
            ResetHint::Unknown | ResetHint::Gauge => self.has_decreased(previous, false),
        }
    }

    #[expect(clippy::float_cmp, reason = "thresholds and bounds are settings, not measurements")]
    fn has_decreased(&self, previous: &Self, thorough: bool) -> bool {
        if self.count < previous.count {
            return true;
        }
        if self.is_custom() {
            if !previous.is_custom() {
                return true;
            }
            if self.custom_bounds() != previous.custom_bounds() {
                return self.has_decreased_in_common(previous);
            }
        }
        if self.schema > previous.schema || self.zero_threshold < previous.zero_threshold {
            return true;
        }
        let (zero_count, threshold) = previous.zero_count_up_to(self.zero_threshold);
        if threshold != self.zero_threshold || self.zero_count < zero_count.sum {
            return true;
        }
        let sides = [(&self.positive, &previous.positive), (&self.negative, &previous.negative)];
        sides.into_iter().any(|(now, before)| {
            if previous.schema == self.schema {
                return self.buckets_have_decreased(now, before, thorough);
            }
            let steps = (previous.schema - self.schema).unsigned_abs();
            self.buckets_have_decreased(now, &before.reduced(steps), thorough)
        })
    }

    /// Whether a bucket outside of the zero bucket has decreased. Unless it is `thorough`, the first
    /// bucket behind the last one of `now` speaks for all that follow, as it does upstream (3.14):
    /// where that one is empty, those that are missing behind it are not noticed.
    fn buckets_have_decreased(&self, now: &Buckets, before: &Buckets, thorough: bool) -> bool {
        let outside_zero = |&(index, _): &(i32, f64)| {
            self.schema == CUSTOM_SCHEMA
                || self.zero_threshold == 0.0
                || exponential_bound(index, self.schema) > self.zero_threshold
        };
        let mut now = now.iter().skip_while(|bucket| !outside_zero(bucket)).peekable();
        for (index, count) in before.iter().skip_while(|bucket| !outside_zero(bucket)) {
            while now.next_if(|&(other, _)| other < index).is_some() {}
            match now.peek() {
                None if !thorough => return count != 0.0,
                Some(&(other, found)) if other == index && found < count => return true,
                Some(&(other, _)) if other == index => {}
                _ if count != 0.0 => return true,
                _ => {}
            }
        }
        false
    }

    /// Whether any count has decreased once both have the bounds that both have.
    fn has_decreased_in_common(&self, previous: &Self) -> bool {
        let common = common_bounds(self.custom_bounds(), previous.custom_bounds());
        let counts = |histogram: &Self| {
            let mut counts = vec![0.0; common.len() + 1];
            let bounds = histogram.custom_bounds();
            add_up(&histogram.positive, bounds, &common, |at, count| counts[at] += count);
            counts
        };
        counts(self).iter().zip(&counts(previous)).any(|(now, before)| now < before)
    }

    /// What a store that writes one sample after another knows about this one, the sample after
    /// `previous`: whether a counter went on is found out once, when it is written, and is believed
    /// only where the layout stayed the same (upstream: `tsdb/chunkenc`, 3.14).
    #[expect(clippy::float_cmp, reason = "thresholds are settings, not measurements")]
    pub fn stored_hint(&self, previous: Option<&Self>) -> ResetHint {
        if self.hint == ResetHint::Gauge {
            return ResetHint::Gauge;
        }
        let goes_on = |previous: &Self| {
            self.hint != ResetHint::Reset
                && previous.hint != ResetHint::Gauge
                && self.schema == previous.schema
                && self.zero_threshold == previous.zero_threshold
                && self.custom_bounds() == previous.custom_bounds()
                && !self.has_decreased(previous, true)
        };
        if previous.is_some_and(goes_on) { ResetHint::NotReset } else { ResetHint::Unknown }
    }
}
