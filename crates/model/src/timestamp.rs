//! Points and spans of time in milliseconds since the Unix epoch, as samples carry them.

use std::fmt;

/// A point in time in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The earliest representable time.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest representable time.
    pub const MAX: Self = Self(i64::MAX);

    /// The number of milliseconds since the epoch.
    #[inline]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The number of seconds since the epoch.
    #[inline]
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// This time moved by `millis`, held at the ends of the representable range.
    #[inline]
    #[must_use]
    pub const fn saturating_add(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// This time moved back by `millis`, held at the ends of the representable range.
    #[inline]
    #[must_use]
    pub const fn saturating_sub(self, millis: i64) -> Self {
        Self(self.0.saturating_sub(millis))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A closed span of time: both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first instant.
    pub min: Timestamp,
    /// The last instant.
    pub max: Timestamp,
}

impl Span {
    /// The span that holds every time.
    pub const ALL: Self = Self { min: Timestamp::MIN, max: Timestamp::MAX };

    /// The span from `min` to `max`, both included.
    pub const fn new(min: Timestamp, max: Timestamp) -> Self {
        Self { min, max }
    }

    /// Whether `t` lies in the span.
    #[inline]
    pub const fn contains(self, t: Timestamp) -> bool {
        self.min.0 <= t.0 && t.0 <= self.max.0
    }

    /// Whether the two spans share an instant.
    #[inline]
    pub const fn overlaps(self, other: Self) -> bool {
        self.min.0 <= other.max.0 && other.min.0 <= self.max.0
    }
}
