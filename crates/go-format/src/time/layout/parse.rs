//! Reading a time by a layout, as `time.Parse` does.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use super::{Item, MONTHS, Moment, OffsetForm, OffsetPart, SHORT_NAME_LEN, WEEKDAYS, next_item};
use crate::quote::quote;

/// Why a text does not fit its layout; the messages are Go's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// A part of the text is not what the layout says.
    #[error(
        "parsing time {} as {}: cannot parse {} as {}",
        quote(text),
        quote(layout),
        quote(part),
        quote(element)
    )]
    Mismatch {
        /// The whole text.
        text: String,
        /// The whole layout.
        layout: String,
        /// The rest of the text.
        part: String,
        /// The element of the layout.
        element: String,
    },
    /// The text goes on behind the layout.
    #[error("parsing time {}: extra text: {}", quote(text), quote(extra))]
    ExtraText {
        /// The whole text.
        text: String,
        /// What goes on.
        extra: String,
    },
    /// A number is too large or too small.
    #[error("parsing time {}: {what} out of range", quote(text))]
    OutOfRange {
        /// The whole text.
        text: String,
        /// Which number.
        what: &'static str,
    },
}

/// Reads `text`, which is written by `layout`; what the layout leaves out is January the first, midnight, UTC.
///
/// Names of zones are read, but only UTC has a meaning.
pub fn parse(layout: &str, text: &str) -> Result<Moment, LayoutError> {
    let mut reader = Reader { text, rest: text, found: Found::default() };
    let mut rest = layout;
    let mismatch = |part: &str, element: &str| LayoutError::Mismatch {
        text: text.to_owned(),
        layout: layout.to_owned(),
        part: part.to_owned(),
        element: element.to_owned(),
    };
    while let Some((before, item, after)) = next_item(rest) {
        reader.literal(before).map_err(|()| mismatch(reader.rest, before))?;
        let element = rest.get(before.len()..rest.len() - after.len()).unwrap_or_default();
        let held = reader.rest;
        let next_is_fraction = next_item(after).is_some_and(|(between, item, _)| {
            between.is_empty() && matches!(item, Item::Fraction { .. })
        });
        match reader.item(item, next_is_fraction) {
            Ok(()) => {}
            Err(Problem::Mismatch) => return Err(mismatch(held, element)),
            Err(Problem::OutOfRange(what)) => return Err(reader.out_of_range(what)),
        }
        rest = after;
    }
    reader.literal(rest).map_err(|()| mismatch(reader.rest, rest))?;
    if !reader.rest.is_empty() {
        return Err(LayoutError::ExtraText {
            text: text.to_owned(),
            extra: reader.rest.to_owned(),
        });
    }
    reader.moment()
}

enum Problem {
    Mismatch,
    OutOfRange(&'static str),
}

#[derive(Debug)]
struct Found {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
    year_day: Option<i16>,
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
    afternoon: Option<bool>,
    offset_s: i32,
    is_utc: bool,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            year: 0,
            month: None,
            day: None,
            year_day: None,
            hour: 0,
            minute: 0,
            second: 0,
            nanosecond: 0,
            afternoon: None,
            offset_s: 0,
            is_utc: true,
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
    found: Found,
}

impl Reader<'_> {
    fn out_of_range(&self, what: &'static str) -> LayoutError {
        LayoutError::OutOfRange { text: self.text.to_owned(), what }
    }

    /// Takes text that stands in the layout; a space stands for any number of them.
    fn literal(&mut self, mut expected: &str) -> Result<(), ()> {
        while !expected.is_empty() {
            if let Some(tail) = expected.strip_prefix(' ') {
                if !self.rest.is_empty() && !self.rest.starts_with(' ') {
                    return Err(());
                }
                expected = tail.trim_start_matches(' ');
                self.rest = self.rest.trim_start_matches(' ');
                continue;
            }
            let len = expected.find(' ').unwrap_or(expected.len());
            let (word, tail) = expected.split_at(len);
            // The text is consumed as far as it fits, because a message shows what is left.
            let fits = word.bytes().zip(self.rest.bytes()).take_while(|(a, b)| a == b).count();
            let fits = (0..=fits).rev().find(|&at| self.rest.is_char_boundary(at)).unwrap_or(0);
            self.rest = self.rest.get(fits..).unwrap_or_default();
            if fits < word.len() {
                return Err(());
            }
            expected = tail;
        }
        Ok(())
    }

    fn item(&mut self, item: Item, next_is_fraction: bool) -> Result<(), Problem> {
        match item {
            Item::Year => {
                let digits =
                    self.take(4).filter(|text| text.starts_with(|c: char| c.is_ascii_digit()));
                self.found.year = number(digits)?;
            }
            Item::YearShort => {
                let year: i16 = number(self.take(2))?;
                self.found.year = year + if year >= 69 { 1900 } else { 2000 };
            }
            Item::MonthName => self.found.month = Some(self.name(&MONTHS, None)? + 1),
            Item::MonthShort => {
                self.found.month = Some(self.name(&MONTHS, Some(SHORT_NAME_LEN))? + 1);
            }
            Item::Month | Item::MonthPadded => {
                let month = self.digits(item == Item::MonthPadded)?;
                self.found.month = Some(in_range(month, 1, 12, "month")?);
            }
            Item::WeekdayName => drop(self.name(&WEEKDAYS, None)?),
            Item::WeekdayShort => drop(self.name(&WEEKDAYS, Some(SHORT_NAME_LEN))?),
            Item::Day | Item::DaySpaced | Item::DayPadded => {
                if item == Item::DaySpaced {
                    self.rest = self.rest.strip_prefix(' ').unwrap_or(self.rest);
                }
                self.found.day = Some(self.digits(item == Item::DayPadded)?);
            }
            Item::YearDaySpaced | Item::YearDayPadded => self.year_day(item)?,
            Item::Hour24 => self.found.hour = in_range(self.digits(false)?, 0, 23, "hour")?,
            Item::Hour12 | Item::Hour12Padded => {
                let hour = self.digits(item == Item::Hour12Padded)?;
                self.found.hour = in_range(hour, 0, 12, "hour")?;
            }
            Item::Minute | Item::MinutePadded => {
                let minute = self.digits(item == Item::MinutePadded)?;
                self.found.minute = in_range(minute, 0, 59, "minute")?;
            }
            Item::Second | Item::SecondPadded => {
                let second = self.digits(item == Item::SecondPadded)?;
                self.found.second = in_range(second, 0, 59, "second")?;
                if !next_is_fraction {
                    self.fraction();
                }
            }
            Item::Upper | Item::Lower => {
                let names = if item == Item::Upper { ["AM", "PM"] } else { ["am", "pm"] };
                let name = self.take(2).ok_or(Problem::Mismatch)?;
                let index = names.iter().position(|&known| known == name);
                self.found.afternoon = Some(index.ok_or(Problem::Mismatch)? == 1);
            }
            Item::Abbreviation => self.abbreviation()?,
            Item::Offset(form) => self.offset(form)?,
            Item::Fraction { zeros: false, .. } => self.fraction(),
            Item::Fraction { digits, zeros: true, .. } => self.exact_fraction(digits)?,
        }
        Ok(())
    }

    fn take(&mut self, len: usize) -> Option<&str> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    /// Takes one or two digits; `fixed` wants two.
    fn digits(&mut self, fixed: bool) -> Result<i8, Problem> {
        let len = self.rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
        if len == 0 || fixed && len < 2 {
            return Err(Problem::Mismatch);
        }
        number(self.take(len))
    }

    fn year_day(&mut self, item: Item) -> Result<(), Problem> {
        if item == Item::YearDaySpaced {
            for _ in 0..2 {
                self.rest = self.rest.strip_prefix(' ').unwrap_or(self.rest);
            }
        }
        let len = self.rest.bytes().take(3).take_while(u8::is_ascii_digit).count();
        if len == 0 || item == Item::YearDayPadded && len < 3 {
            return Err(Problem::Mismatch);
        }
        self.found.year_day = Some(number(self.take(len))?);
        Ok(())
    }

    /// Takes a name in any case; `len` cuts the names.
    fn name(&mut self, names: &[&str], len: Option<usize>) -> Result<i8, Problem> {
        for (index, name) in (0..).zip(names) {
            let name = name.get(..len.unwrap_or(name.len())).unwrap_or(name);
            if self.rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
                self.rest = self.rest.get(name.len()..).unwrap_or_default();
                return Ok(index);
            }
        }
        Err(Problem::Mismatch)
    }

    /// Takes a fraction of a second, if there is one.
    fn fraction(&mut self) {
        let Some(tail) = self.rest.strip_prefix(['.', ',']) else { return };
        let len = tail.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = tail.split_at(len);
        if !digits.is_empty() {
            self.found.nanosecond = nanosecond(digits);
            self.rest = rest;
        }
    }

    fn exact_fraction(&mut self, len: usize) -> Result<(), Problem> {
        let tail = self.rest.strip_prefix(['.', ',']).ok_or(Problem::Mismatch)?;
        let (digits, rest) = tail.split_at_checked(len).ok_or(Problem::Mismatch)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Problem::Mismatch);
        }
        self.found.nanosecond = nanosecond(digits);
        self.rest = rest;
        Ok(())
    }

    fn abbreviation(&mut self) -> Result<(), Problem> {
        if let Some(rest) = self.rest.strip_prefix("UTC") {
            self.rest = rest;
            return Ok(());
        }
        let len = self.rest.bytes().take(6).take_while(u8::is_ascii_uppercase).count();
        let name = self.rest.get(..len).unwrap_or_default();
        let is_zone = match len {
            3 => true,
            4 => name.ends_with('T') || name == "WITA",
            5 => name.ends_with('T'),
            _ => false,
        };
        if !is_zone {
            return Err(Problem::Mismatch);
        }
        self.rest = self.rest.get(len..).unwrap_or_default();
        Ok(())
    }

    fn offset(&mut self, form: OffsetForm) -> Result<(), Problem> {
        if form.z
            && let Some(rest) = self.rest.strip_prefix('Z')
        {
            self.rest = rest;
            return Ok(());
        }
        let negative = match self.take(1) {
            Some("+") => false,
            Some("-") => true,
            _ => return Err(Problem::Mismatch),
        };
        let mut parts = [0_i32; 3];
        let limits = [
            (24, "time zone offset hour"),
            (60, "time zone offset minute"),
            (60, "time zone offset second"),
        ];
        let wanted = [true, form.finest >= OffsetPart::Minutes, form.finest >= OffsetPart::Seconds];
        for (index, part) in parts.iter_mut().enumerate().filter(|(index, _)| wanted[*index]) {
            if index > 0 && form.colons {
                self.rest = self.rest.strip_prefix(':').ok_or(Problem::Mismatch)?;
            }
            *part = i32::from(self.digits(true)?);
            let (limit, what) = limits[index];
            if *part > limit {
                return Err(Problem::OutOfRange(what));
            }
        }
        let [hours, minutes, seconds] = parts;
        let magnitude = (hours * 60 + minutes) * 60 + seconds;
        self.found.offset_s = if negative { -magnitude } else { magnitude };
        self.found.is_utc = false;
        Ok(())
    }

    fn moment(&self) -> Result<Moment, LayoutError> {
        let found = &self.found;
        let hour = match found.afternoon {
            Some(true) if found.hour < 12 => found.hour + 12,
            Some(false) if found.hour == 12 => 0,
            _ => found.hour,
        };
        let date = match found.year_day {
            Some(day) => {
                let first = Date::new(found.year, 1, 1);
                let date = first.and_then(|first| first.with().day_of_year(day).build());
                date.map_err(|_| self.out_of_range("day-of-year"))?
            }
            None => Date::new(found.year, found.month.unwrap_or(1), found.day.unwrap_or(1))
                .map_err(|_| self.out_of_range("day"))?,
        };
        let time = Time::new(hour, found.minute, found.second, found.nanosecond);
        let time = time.map_err(|_| self.out_of_range("hour"))?;
        let civil = DateTime::from_parts(date, time);
        Offset::from_seconds(found.offset_s)
            .map_err(|_| self.out_of_range("time zone offset hour"))?;
        let abbreviation = if found.is_utc { "UTC".to_owned() } else { String::new() };
        Ok(Moment { civil, offset_s: found.offset_s, abbreviation })
    }
}

fn number<N: std::str::FromStr>(digits: Option<&str>) -> Result<N, Problem> {
    digits.and_then(|digits| digits.parse().ok()).ok_or(Problem::Mismatch)
}

fn in_range(number: i8, low: i8, high: i8, what: &'static str) -> Result<i8, Problem> {
    if (low..=high).contains(&number) { Ok(number) } else { Err(Problem::OutOfRange(what)) }
}

/// The nanoseconds of a fraction's digits; those beyond nine are dropped.
fn nanosecond(digits: &str) -> i32 {
    let padded = digits.bytes().chain(std::iter::repeat(b'0')).take(9);
    padded.fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'))
}
