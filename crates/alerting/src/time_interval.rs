//! Time intervals: when routes are muted or active.
//!
//! An interval holds at a time if all of its fields do; a field holds if any of its ranges does. Wall-clock
//! fields are looked at in the interval's own time zone, so that an interval follows summer time.

mod parse;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use hashbrown::HashMap;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};

use crate::settings::NamedIntervals;

pub use parse::IntervalError;

const MINUTES_PER_HOUR: i32 = 60;
const HOURS_PER_DAY: i64 = 24;

/// When something holds. A field without ranges holds never, one that is `None` always.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeInterval {
    /// Times of the day.
    pub times: Option<Vec<TimeRange>>,
    /// Days of the week, from Sunday, 0, to Saturday, 6.
    pub weekdays: Option<Vec<Range>>,
    /// Days of the month from 1; negative ones count back from the last day, -1.
    pub days_of_month: Option<Vec<Range>>,
    /// Months from January, 1.
    pub months: Option<Vec<Range>>,
    /// Years.
    pub years: Option<Vec<Range>>,
    /// The time zone of the fields; UTC where there is none.
    pub location: Option<Location>,
}

/// Minutes of a day, the end excluded; the end of the day is 1440.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// The first minute.
    pub start_minute: i32,
    /// The minute after the last.
    pub end_minute: i32,
}

/// A range, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub begin: i32,
    /// The last.
    pub end: i32,
}

impl Range {
    const fn contains(self, value: i32) -> bool {
        self.begin <= value && value <= self.end
    }
}

/// A time zone.
#[derive(Clone, Debug, PartialEq)]
pub enum Location {
    /// Coordinated universal time.
    Utc,
    /// The zone of the host.
    Local,
    /// A zone of the IANA database.
    Named(TimeZone),
}

/// All named intervals of a configuration.
#[derive(Clone, Debug)]
pub struct TimeIntervals {
    by_name: HashMap<Arc<str>, Vec<TimeInterval>>,
    local: TimeZone,
}

impl TimeIntervals {
    /// Takes the intervals of a configuration; `local` is the time zone of the host.
    pub fn new(named: &[NamedIntervals], local: TimeZone) -> Self {
        let by_name = named.iter().map(|one| (Arc::clone(&one.name), one.intervals.clone()));
        Self { by_name: by_name.collect(), local }
    }

    /// The names among `names` that hold at `now`, each once for every interval under it that does.
    ///
    /// A name that no interval has does not hold; configurations have none.
    pub fn holding(&self, names: &[Arc<str>], now: Timestamp) -> Vec<Arc<str>> {
        let mut holding = Vec::new();
        for name in names {
            let intervals = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
            for interval in intervals {
                if interval.contains(now, &self.local) {
                    holding.push(Arc::clone(name));
                }
            }
        }
        holding
    }

    /// Whether a route with `names` as its mute intervals is muted at `now`.
    pub fn is_muted(&self, names: &[Arc<str>], now: Timestamp) -> bool {
        !self.holding(names, now).is_empty()
    }

    /// Whether a route with `names` as its active intervals is active at `now`; without names it is.
    pub fn is_active(&self, names: &[Arc<str>], now: Timestamp) -> bool {
        names.is_empty() || !self.holding(names, now).is_empty()
    }
}

impl TimeInterval {
    /// Whether the interval holds at `now`; `local` is the time zone of the host.
    pub fn contains(&self, now: Timestamp, local: &TimeZone) -> bool {
        let zone = match &self.location {
            None | Some(Location::Utc) => TimeZone::UTC,
            Some(Location::Local) => local.clone(),
            Some(Location::Named(zone)) => zone.clone(),
        };
        let time = now.to_zoned(zone);
        let minute = i32::from(time.hour()) * MINUTES_PER_HOUR + i32::from(time.minute());
        let in_times =
            |range: &TimeRange| range.start_minute <= minute && minute < range.end_minute;
        let holds = |ranges: &Option<Vec<Range>>, value: i32| {
            ranges.as_ref().is_none_or(|ranges| ranges.iter().any(|range| range.contains(value)))
        };
        self.times.as_ref().is_none_or(|ranges| ranges.iter().any(in_times))
            && self.days_of_month.as_ref().is_none_or(|ranges| in_days(ranges, &time))
            && holds(&self.months, i32::from(time.month()))
            && holds(&self.weekdays, weekday(time.weekday()))
            && holds(&self.years, i32::from(time.year()))
    }
}

fn weekday(day: Weekday) -> i32 {
    i32::from(day.to_sunday_zero_offset())
}

fn in_days(ranges: &[Range], time: &Zoned) -> bool {
    let length = days_in_month(time);
    let from_start = |day: i32| if day < 0 { length + day + 1 } else { day };
    ranges.iter().any(|range| {
        let begin = from_start(range.begin);
        // A range that starts after the end of a short month is not pulled into it.
        let exists = begin <= length;
        let clamped = Range {
            begin: begin.clamp(-length, length),
            end: from_start(range.end).clamp(-length, length),
        };
        exists && clamped.contains(i32::from(time.day()))
    })
}

/// The whole days between the start of the month and the start of the next.
///
/// As in upstream (0.34, `timeinterval.go`) these are days of 24 hours, so that a month in which the clock
/// goes forward has a day less.
fn days_in_month(time: &Zoned) -> i32 {
    let first = time.date().first_of_month();
    let zone = time.time_zone();
    let hours = first
        .checked_add(1.month())
        .and_then(|next| Ok((first.to_zoned(zone.clone())?, next.to_zoned(zone.clone())?)))
        .map(|(start, end)| end.timestamp().duration_since(start.timestamp()).as_hours());
    match hours {
        Ok(hours) => i32::try_from(hours / HOURS_PER_DAY).expect("a month is short"),
        // The last month that a calendar date can name has no next one.
        Err(_) => i32::from(time.days_in_month()),
    }
}
