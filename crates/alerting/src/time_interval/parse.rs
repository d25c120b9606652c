//! From the texts of a file to ranges, and back.

use std::fmt;

use jiff::tz::TimeZone;

use super::{Location, MINUTES_PER_HOUR, Range, TimeRange};

const WEEKDAYS: [&str; 7] =
    ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const LONGEST_MONTH: i32 = 31;
/// The length of the shortest month, by which ranges that can never hold are found.
const SHORTEST_MONTH: i32 = 28;

/// Why a text is no part of a time interval; the texts are upstream's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntervalError {
    /// A range has more than two ends.
    #[error("couldn't parse range {0}, invalid format")]
    Range(String),
    /// A text is no number.
    #[error("strconv.Atoi: parsing {}: {}", regain_go_format::quote::quote(.text), .reason)]
    Number {
        /// The text.
        text: String,
        /// What Go says about it.
        reason: &'static str,
    },
    /// A text is no day of the week.
    #[error("{0} is not a valid weekday")]
    Weekday(String),
    /// A week ends before it starts.
    #[error("start day cannot be before end day")]
    WeekdayOrder,
    /// A number is no day of the month.
    #[error("{0} is not a valid day of the month: out of range")]
    DayOfMonth(i32),
    /// A range from a day counted back to a day counted forth holds in some months only.
    #[error("end day must be negative if start day is negative")]
    DaySigns,
    /// A range of days holds in no month.
    #[error("end day {end} is always before start day {begin}")]
    DayOrder {
        /// The first day.
        begin: i32,
        /// The last day.
        end: i32,
    },
    /// A text is no month.
    #[error("{0} is not a valid month")]
    Month(String),
    /// A range of months ends before it starts.
    #[error("end month {} is before start month {}", month_name(*.end), month_name(*.begin))]
    MonthOrder {
        /// The first month.
        begin: i32,
        /// The last month.
        end: i32,
    },
    /// A range of years ends before it starts.
    #[error("end year {end} is before start year {begin}")]
    YearOrder {
        /// The first year.
        begin: i32,
        /// The last year.
        end: i32,
    },
    /// One end of a range of times is missing.
    #[error("both start and end times must be provided")]
    TimeMissing,
    /// A text is no time of the day.
    #[error("couldn't parse timestamp {0}, invalid format")]
    Time(String),
    /// A range of times ends before it starts.
    #[error("start time cannot be equal or greater than end time")]
    TimeOrder,
    /// No time zone has the name.
    #[error("unknown time zone {0}")]
    Zone(String),
}

fn month_name(month: i32) -> &'static str {
    let index = usize::try_from(month).ok().and_then(|month| month.checked_sub(1));
    index.and_then(|index| MONTHS.get(index)).copied().unwrap_or_default()
}

impl Range {
    /// Reads days of the week: `monday:friday` or `sunday`, in any case.
    pub fn weekdays(text: &str) -> Result<Self, IntervalError> {
        let range = Self::parse(text, |word| {
            position(&WEEKDAYS, word).ok_or_else(|| IntervalError::Weekday(word.to_owned()))
        })?;
        if range.begin > range.end { Err(IntervalError::WeekdayOrder) } else { Ok(range) }
    }

    /// Reads days of the month: `1:5`, `-3:-1` or `15`.
    pub fn days_of_month(text: &str) -> Result<Self, IntervalError> {
        let range = Self::parse(text, number)?;
        for day in [range.begin, range.end] {
            if day == 0 || day.abs() > LONGEST_MONTH {
                return Err(IntervalError::DayOfMonth(day));
            }
        }
        if range.begin < 0 && range.end > 0 {
            return Err(IntervalError::DaySigns);
        }
        let in_february = |day: i32| if day < 0 { SHORTEST_MONTH + day } else { day };
        if in_february(range.begin) > in_february(range.end) {
            return Err(IntervalError::DayOrder { begin: range.begin, end: range.end });
        }
        Ok(range)
    }

    /// Reads months by name or number: `january:march`, `1:3` or `may`, in any case.
    pub fn months(text: &str) -> Result<Self, IntervalError> {
        let range = Self::parse(text, |word| {
            let named = position(&MONTHS, word).map(|index| index + 1);
            let month = named.or_else(|| number(word).ok());
            month.ok_or_else(|| IntervalError::Month(word.to_owned()))
        })?;
        let Self { begin, end } = range;
        if begin > end { Err(IntervalError::MonthOrder { begin, end }) } else { Ok(range) }
    }

    /// Reads years: `2020:2022` or `2030`.
    pub fn years(text: &str) -> Result<Self, IntervalError> {
        let range = Self::parse(text, number)?;
        let Self { begin, end } = range;
        if begin > end { Err(IntervalError::YearOrder { begin, end }) } else { Ok(range) }
    }

    /// The days of the week as [`Range::weekdays`] reads them.
    pub fn weekdays_text(self) -> String {
        let name = |day: i32| usize::try_from(day).ok().and_then(|day| WEEKDAYS.get(day).copied());
        let (begin, end) = (name(self.begin), name(self.end));
        match (begin.unwrap_or_default(), end.unwrap_or_default()) {
            (begin, end) if begin == end => begin.to_owned(),
            (begin, end) => format!("{begin}:{end}"),
        }
    }

    fn parse(
        text: &str,
        member: impl Fn(&str) -> Result<i32, IntervalError>,
    ) -> Result<Self, IntervalError> {
        let text = text.to_lowercase();
        match text.split_once(':') {
            None => member(&text).map(|only| Self { begin: only, end: only }),
            Some((_, end)) if end.contains(':') => Err(IntervalError::Range(text)),
            Some((begin, end)) => Ok(Self { begin: member(begin)?, end: member(end)? }),
        }
    }
}

impl fmt::Display for Range {
    /// Writes `1:5`, or `1` for a range of one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.begin == self.end {
            write!(f, "{}", self.begin)
        } else {
            write!(f, "{}:{}", self.begin, self.end)
        }
    }
}

fn position(words: &[&str], word: &str) -> Option<i32> {
    let index = words.iter().position(|known| *known == word)?;
    i32::try_from(index).ok()
}

/// A whole number as Go's `strconv.Atoi` reads it.
fn number(text: &str) -> Result<i32, IntervalError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let reason = if is_number { "value out of range" } else { "invalid syntax" };
    text.parse().map_err(|_| IntervalError::Number { text: text.to_owned(), reason })
}

impl TimeRange {
    /// Reads the two ends of a range, each `HH:MM` up to `24:00`.
    pub fn parse(start: &str, end: &str) -> Result<Self, IntervalError> {
        if start.is_empty() || end.is_empty() {
            return Err(IntervalError::TimeMissing);
        }
        let (start_minute, end_minute) = (minute_of_day(start)?, minute_of_day(end)?);
        if start_minute >= end_minute {
            return Err(IntervalError::TimeOrder);
        }
        Ok(Self { start_minute, end_minute })
    }

    /// The two ends as [`TimeRange::parse`] reads them.
    pub fn texts(self) -> [String; 2] {
        [self.start_minute, self.end_minute].map(|minute| {
            format!("{:02}:{:02}", minute / MINUTES_PER_HOUR, minute % MINUTES_PER_HOUR)
        })
    }
}

fn minute_of_day(text: &str) -> Result<i32, IntervalError> {
    let invalid = || IntervalError::Time(text.to_owned());
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i32::from(byte - b'0'));
    let &[h1, h2, b':', m1, m2] = text.as_bytes() else { return Err(invalid()) };
    let read = || Some((digit(h1)? * 10 + digit(h2)?, digit(m1)? * 10 + digit(m2)?));
    match read().ok_or_else(invalid)? {
        (hour @ 0..=23, minute @ 0..=59) => Ok(hour * MINUTES_PER_HOUR + minute),
        (24, 0) => Ok(24 * MINUTES_PER_HOUR),
        _ => Err(invalid()),
    }
}

impl Location {
    /// Finds a time zone by its name in the IANA database; `Local` is the host's, nothing is UTC.
    pub fn parse(name: &str) -> Result<Self, IntervalError> {
        match name {
            "" | "UTC" => Ok(Self::Utc),
            "Local" => Ok(Self::Local),
            // The database is searched without regard to case, upstream finds files by their exact name.
            _ => TimeZone::get(name)
                .ok()
                .filter(|zone| zone.iana_name() == Some(name))
                .map(Self::Named)
                .ok_or_else(|| IntervalError::Zone(name.to_owned())),
        }
    }

    /// The name as files write it.
    pub fn name(&self) -> &str {
        match self {
            Self::Utc => "UTC",
            Self::Local => "Local",
            Self::Named(zone) => zone.iana_name().unwrap_or("UTC"),
        }
    }
}
