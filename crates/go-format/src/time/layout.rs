//! Go's layouts: how the reference time `Mon Jan 2 15:04:05 MST 2006` is written says how others are.

use jiff::civil::DateTime;

mod parse;
#[cfg(test)]
mod tests;

pub use parse::{LayoutError, parse};

/// A time of day in some zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What clocks and calendars show there.
    pub civil: DateTime,
    /// How far the zone is east of Greenwich, in seconds.
    pub offset_s: i32,
    /// The zone's abbreviation; empty where it has none, and the offset is written instead.
    pub abbreviation: String,
}

/// One element of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    MonthName,
    MonthShort,
    Month,
    MonthPadded,
    WeekdayName,
    WeekdayShort,
    Day,
    DaySpaced,
    DayPadded,
    YearDaySpaced,
    YearDayPadded,
    Hour24,
    Hour12,
    Hour12Padded,
    Minute,
    MinutePadded,
    Second,
    SecondPadded,
    Year,
    YearShort,
    Upper,
    Lower,
    Abbreviation,
    Offset(OffsetForm),
    /// A separator, how many digits, and whether trailing zeros are written.
    Fraction {
        separator: u8,
        digits: usize,
        zeros: bool,
    },
}

/// How an offset is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OffsetForm {
    /// Whether Greenwich is `Z`.
    z: bool,
    finest: OffsetPart,
    colons: bool,
}

/// The finest part of an offset that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum OffsetPart {
    Hours,
    Minutes,
    Seconds,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const SHORT_NAME_LEN: usize = 3;

/// The English name of a month, from one.
pub fn month_name(month: i8) -> &'static str {
    usize::try_from(month)
        .ok()
        .and_then(|month| MONTHS.get(month.checked_sub(1)?))
        .map_or("", |name| name)
}

/// The English name of a weekday; Sunday is zero.
pub fn weekday_name(weekday: i8) -> &'static str {
    usize::try_from(weekday).ok().and_then(|weekday| WEEKDAYS.get(weekday)).map_or("", |name| name)
}

/// Writes `moment` as `time.Time.Format` does.
pub fn format(layout: &str, moment: &Moment) -> String {
    let mut text = String::with_capacity(layout.len() + 8);
    let mut rest = layout;
    while let Some((before, item, after)) = next_item(rest) {
        text.push_str(before);
        append(&mut text, item, moment);
        rest = after;
    }
    text.push_str(rest);
    text
}

fn append(text: &mut String, item: Item, moment: &Moment) {
    let civil = moment.civil;
    let weekday = || weekday_name(civil.weekday().to_sunday_zero_offset());
    let hour12 = || if civil.hour() % 12 == 0 { 12 } else { civil.hour() % 12 };
    let short = |name: &'static str| name.get(..SHORT_NAME_LEN).unwrap_or(name);
    let year = i32::from(civil.year());
    match item {
        Item::MonthName => text.push_str(month_name(civil.month())),
        Item::MonthShort => text.push_str(short(month_name(civil.month()))),
        Item::Month => append_number(text, civil.month(), "", 1),
        Item::MonthPadded => append_number(text, civil.month(), "0", 2),
        Item::WeekdayName => text.push_str(weekday()),
        Item::WeekdayShort => text.push_str(short(weekday())),
        Item::Day => append_number(text, civil.day(), "", 1),
        Item::DaySpaced => append_number(text, civil.day(), " ", 2),
        Item::DayPadded => append_number(text, civil.day(), "0", 2),
        Item::YearDaySpaced => append_number(text, civil.day_of_year(), " ", 3),
        Item::YearDayPadded => append_number(text, civil.day_of_year(), "0", 3),
        Item::Hour24 => append_number(text, civil.hour(), "0", 2),
        Item::Hour12 => append_number(text, hour12(), "", 1),
        Item::Hour12Padded => append_number(text, hour12(), "0", 2),
        Item::Minute => append_number(text, civil.minute(), "", 1),
        Item::MinutePadded => append_number(text, civil.minute(), "0", 2),
        Item::Second => append_number(text, civil.second(), "", 1),
        Item::SecondPadded => append_number(text, civil.second(), "0", 2),
        Item::Year => {
            text.push_str(if year < 0 { "-" } else { "" });
            append_number(text, year.abs(), "0", 4);
        }
        Item::YearShort => append_number(text, year.abs() % 100, "0", 2),
        Item::Upper => text.push_str(if civil.hour() >= 12 { "PM" } else { "AM" }),
        Item::Lower => text.push_str(if civil.hour() >= 12 { "pm" } else { "am" }),
        Item::Abbreviation => append_abbreviation(text, moment),
        Item::Offset(form) => append_offset(text, form, moment.offset_s),
        Item::Fraction { separator, digits, zeros } => {
            append_fraction(text, (separator, digits, zeros), civil.subsec_nanosecond());
        }
    }
}

/// Appends a number with as many `fill` before it as `width` asks for.
fn append_number(text: &mut String, number: impl itoa::Integer, fill: &str, width: usize) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(number);
    for _ in digits.len()..width {
        text.push_str(fill);
    }
    text.push_str(digits);
}

fn append_abbreviation(text: &mut String, moment: &Moment) {
    if moment.abbreviation.is_empty() {
        let form = OffsetForm { z: false, finest: OffsetPart::Minutes, colons: false };
        append_offset(text, form, moment.offset_s);
    } else {
        text.push_str(&moment.abbreviation);
    }
}

fn append_offset(text: &mut String, form: OffsetForm, offset_s: i32) {
    if form.z && offset_s == 0 {
        text.push('Z');
        return;
    }
    let magnitude = offset_s.unsigned_abs();
    // What is less than a minute does not make an offset negative.
    text.push(if offset_s / 60 < 0 { '-' } else { '+' });
    append_number(text, magnitude / 3600, "0", 2);
    for (part, number) in
        [(OffsetPart::Minutes, magnitude / 60 % 60), (OffsetPart::Seconds, magnitude % 60)]
    {
        if form.finest >= part {
            text.push_str(if form.colons { ":" } else { "" });
            append_number(text, number, "0", 2);
        }
    }
}

/// Appends the fraction of a second after `(separator, digits, zeros)`, the fields of [`Item::Fraction`].
fn append_fraction(text: &mut String, form: (u8, usize, bool), nanosecond: i32) {
    let (separator, digits, zeros) = form;
    let all = format!("{nanosecond:09}");
    let kept = all.get(..digits.min(all.len())).unwrap_or(&all);
    let kept = if zeros { kept } else { kept.trim_end_matches('0') };
    if !kept.is_empty() {
        text.push(char::from(separator));
        text.push_str(kept);
    }
}

/// Splits a layout at its first element.
fn next_item(layout: &str) -> Option<(&str, Item, &str)> {
    for (at, byte) in layout.bytes().enumerate() {
        if !byte.is_ascii() {
            continue;
        }
        let rest = layout.get(at..).unwrap_or_default();
        // An underscore before the year is text.
        if rest.starts_with("_2006") {
            return Some((layout.get(..=at)?, Item::Year, rest.get(5..)?));
        }
        if let Some((item, len)) = item_at(rest) {
            return Some((layout.get(..at)?, item, rest.get(len..)?));
        }
    }
    None
}

/// The element that a text starts with and its length.
fn item_at(text: &str) -> Option<(Item, usize)> {
    /// Longer elements stand before those that they start with.
    const ITEMS: [(&str, Item); 26] = [
        ("January", Item::MonthName),
        ("Monday", Item::WeekdayName),
        ("MST", Item::Abbreviation),
        ("002", Item::YearDayPadded),
        ("01", Item::MonthPadded),
        ("02", Item::DayPadded),
        ("03", Item::Hour12Padded),
        ("04", Item::MinutePadded),
        ("05", Item::SecondPadded),
        ("06", Item::YearShort),
        ("15", Item::Hour24),
        ("1", Item::Month),
        ("2006", Item::Year),
        ("2", Item::Day),
        ("__2", Item::YearDaySpaced),
        ("_2", Item::DaySpaced),
        ("3", Item::Hour12),
        ("4", Item::Minute),
        ("5", Item::Second),
        ("PM", Item::Upper),
        ("pm", Item::Lower),
        ("-070000", offset(false, OffsetPart::Seconds, false)),
        ("-07:00:00", offset(false, OffsetPart::Seconds, true)),
        ("-0700", offset(false, OffsetPart::Minutes, false)),
        ("-07:00", offset(false, OffsetPart::Minutes, true)),
        ("-07", offset(false, OffsetPart::Hours, false)),
    ];
    const Z_ITEMS: [(&str, Item); 5] = [
        ("Z070000", offset(true, OffsetPart::Seconds, false)),
        ("Z07:00:00", offset(true, OffsetPart::Seconds, true)),
        ("Z0700", offset(true, OffsetPart::Minutes, false)),
        ("Z07:00", offset(true, OffsetPart::Minutes, true)),
        ("Z07", offset(true, OffsetPart::Hours, false)),
    ];
    let mut items = ITEMS.iter().chain(&Z_ITEMS);
    if let Some((name, item)) = items.find(|(name, _)| text.starts_with(name)) {
        return Some((*item, name.len()));
    }
    // A short name that goes on in small letters is another word.
    for (name, item) in [("Jan", Item::MonthShort), ("Mon", Item::WeekdayShort)] {
        if let Some(rest) = text.strip_prefix(name) {
            return (!rest.starts_with(|c: char| c.is_ascii_lowercase()))
                .then_some((item, name.len()));
        }
    }
    fraction(text)
}

/// `.000`, `.999`, or with a comma; digits that go on are no fraction.
fn fraction(text: &str) -> Option<(Item, usize)> {
    let (&separator, digits) = text.as_bytes().split_first()?;
    let first = *digits.first()?;
    if !matches!(separator, b'.' | b',') || !matches!(first, b'0' | b'9') {
        return None;
    }
    let len = digits.iter().take_while(|&&byte| byte == first).count();
    if digits.get(len).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some((Item::Fraction { separator, digits: len, zeros: first == b'0' }, len + 1))
}

const fn offset(z: bool, finest: OffsetPart, colons: bool) -> Item {
    Item::Offset(OffsetForm { z, finest, colons })
}
