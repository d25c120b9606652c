//! Points in time as templates see them: Go's `time.Time` with its methods.

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use regain_go_format::time::layout::{self, Moment};

use crate::error::FunctionError;

mod methods;

pub(crate) use methods::{duration_method, time_method};

/// Go's zero time, the start of the year 1, in seconds.
const ZERO_SECOND: i64 = -62_135_596_800;
/// How Go prints a time that nobody formats.
const DEFAULT_LAYOUT: &str = "2006-01-02 15:04:05.999999999 -0700 MST";

/// A point in time and the zone it is shown in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    instant: Timestamp,
    zone: TimeZone,
}

impl Time {
    /// A time that is shown in UTC.
    pub fn utc(instant: Timestamp) -> Self {
        Self { instant, zone: TimeZone::UTC }
    }

    /// Go's zero time, which means that there is none.
    pub fn zero() -> Self {
        Self::utc(zero_instant())
    }

    /// The same point in time in the zone of that name in the time zone database; the empty name is UTC.
    pub fn in_zone(&self, name: &str) -> Result<Self, FunctionError> {
        let zone = match name {
            "" | "UTC" | "Local" => TimeZone::UTC,
            _ => TimeZone::get(name)
                .map_err(|_| FunctionError::new(format!("unknown time zone {name}")))?,
        };
        Ok(Self { instant: self.instant, zone })
    }

    /// A time that is shown with a fixed offset from Greenwich, in seconds.
    pub fn with_offset(instant: Timestamp, offset_s: i32) -> Self {
        let zone = jiff::tz::Offset::from_seconds(offset_s).map_or(TimeZone::UTC, TimeZone::fixed);
        Self { instant, zone }
    }

    /// The point in time.
    pub fn instant(&self) -> Timestamp {
        self.instant
    }

    /// Whether this is Go's zero time.
    pub fn is_zero(&self) -> bool {
        self.instant == zero_instant()
    }

    /// The time written by a Go layout.
    pub fn format(&self, layout: &str) -> String {
        layout::format(layout, &self.moment())
    }

    fn moment(&self) -> Moment {
        let info = self.zone.to_offset_info(self.instant);
        let is_fixed = self.zone.to_fixed_offset().is_ok() && self.zone != TimeZone::UTC;
        let abbreviation = if is_fixed { String::new() } else { info.abbreviation().to_owned() };
        Moment {
            civil: info.offset().to_datetime(self.instant),
            offset_s: info.offset().seconds(),
            abbreviation,
        }
    }

    fn plus(&self, duration_ns: i64) -> Self {
        let moved = self.instant.checked_add(SignedDuration::from_nanos(duration_ns));
        let limit = if duration_ns < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Self { instant: moved.unwrap_or(limit), zone: self.zone.clone() }
    }

    /// The time from `other` to this, in nanoseconds, at the ends of the range where it is longer.
    fn since(&self, other: &Self) -> i64 {
        let difference = self.instant.as_nanosecond() - other.instant.as_nanosecond();
        i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX })
    }
}

fn zero_instant() -> Timestamp {
    Timestamp::constant(ZERO_SECOND, 0)
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.format(DEFAULT_LAYOUT))
    }
}
