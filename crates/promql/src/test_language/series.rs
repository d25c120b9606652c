//! Series descriptions: `metric{a="b"} 1+2x3 _ stale -2x5 NaN {{schema:0 count:3}}`.
//!
//! The part before the values is written like a selector with equality alone. Values are separated
//! by space, and `x` repeats: `1x3` is four times 1, `1+2x3` is 1 3 5 7, `_x3` leaves out three.

mod cursor;
mod histogram;

use regain_go_format::{parse_float, parse_int_base0};
use regain_model::{Labels, LabelsBuilder, METRIC_NAME, STALE_NAN};

use cursor::Cursor;
pub use histogram::WrittenHistogram;

/// The most values that one series may be described with.
pub(super) const VALUES_MAX: usize = 1 << 20;

/// One described series.
#[derive(Debug)]
pub struct SeriesText {
    /// Which one.
    pub labels: Labels,
    /// Its values, one after another.
    pub values: Vec<SeriesValue>,
}

/// What a series has at one of its times.
#[derive(Clone, Debug, PartialEq)]
pub enum SeriesValue {
    /// Nothing.
    Omitted,
    /// A number, or the staleness marker.
    Float(f64),
    /// A native histogram.
    Histogram(WrittenHistogram),
}

/// What is wrong with a series description.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeriesProblem {
    /// Something else was expected.
    #[error("unexpected {found}, expected {expected}")]
    Unexpected {
        /// What stands there.
        found: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// A number that cannot be read.
    #[error("bad number {0:?}")]
    Number(String),
    /// A text with unknown escapes or without its closing quote.
    #[error("bad string {0}")]
    Text(String),
    /// A part of a histogram that is written twice.
    #[error("duplicate key {0:?} in histogram")]
    Twice(String),
    /// Histograms that cannot be added.
    #[error("error combining histograms of different schemas")]
    MixedSchemas,
    /// More values than a series may have.
    #[error("more than {VALUES_MAX} values")]
    TooMany,
}

/// Reads a series description.
pub fn parse(text: &str) -> Result<SeriesText, SeriesProblem> {
    let mut cursor = Cursor::new(text);
    let labels = metric(&mut cursor)?;
    let mut values = Vec::new();
    while !cursor.at_end() {
        if !cursor.skip_space() {
            return Err(cursor.unexpected("a space before the next value"));
        }
        if !cursor.at_end() {
            item(&mut cursor, &mut values)?;
        }
    }
    Ok(SeriesText { labels, values })
}

/// Reads a number as the language has it: in any base, or as a float.
pub(super) fn number(text: &str) -> Option<f64> {
    let integer = parse_int_base0(text.as_bytes()).map(|integer| integer as f64);
    integer.or_else(|| parse_float(text.as_bytes()))
}

fn metric(cursor: &mut Cursor<'_>) -> Result<Labels, SeriesProblem> {
    let mut labels = LabelsBuilder::new();
    let name = cursor.take_while(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(SeriesProblem::Unexpected {
            found: format!("{name:?}"),
            expected: "a metric name",
        });
    }
    let has_labels = cursor.skip("{");
    if has_labels {
        label_set(cursor, &mut labels)?;
    } else if name.is_empty() {
        return Err(cursor.unexpected("a metric name or \"{\""));
    }
    if !name.is_empty() {
        labels.set(METRIC_NAME, name);
    }
    Ok(labels.labels())
}

/// The labels after the opening brace, up to the closing one.
fn label_set(cursor: &mut Cursor<'_>, labels: &mut LabelsBuilder) -> Result<(), SeriesProblem> {
    loop {
        cursor.skip_space();
        if cursor.skip("}") {
            return Ok(());
        }
        let quoted = cursor.at_quote();
        let name = if quoted { cursor.text()? } else { cursor.identifier()?.to_owned() };
        cursor.skip_space();
        if cursor.skip("=") {
            cursor.skip_space();
            if !cursor.at_quote() {
                return Err(cursor.unexpected("a string"));
            }
            labels.set(&name, &cursor.text()?);
        } else if quoted {
            labels.set(METRIC_NAME, &name);
        } else {
            return Err(cursor.unexpected("\"=\""));
        }
        cursor.skip_space();
        if !cursor.skip(",") && !cursor.at("}") {
            return Err(cursor.unexpected("\",\" or \"}\""));
        }
    }
}

/// One item of the values, which may stand for many.
fn item(cursor: &mut Cursor<'_>, values: &mut Vec<SeriesValue>) -> Result<(), SeriesProblem> {
    if cursor.skip("_") {
        let count = repetitions(cursor)?.unwrap_or(1);
        return repeat(values, &SeriesValue::Omitted, count);
    }
    if cursor.at("{{") {
        return histograms(cursor, values);
    }
    let mut value = if cursor.skip_word("stale") { STALE_NAN } else { signed(cursor)? };
    let step = if cursor.at("+") || cursor.at("-") { Some(signed(cursor)?) } else { None };
    let count = repetitions(cursor)?;
    if step.is_some() && count.is_none() {
        return Err(cursor.unexpected("\"x\" and how often the step is made"));
    }
    // The steps are added one after another, because upstream's rounding shows.
    for _ in 0..=count.unwrap_or(0) {
        repeat(values, &SeriesValue::Float(value), 1)?;
        value += step.unwrap_or(0.0);
    }
    Ok(())
}

/// The number after `x`, if there is one.
fn repetitions(cursor: &mut Cursor<'_>) -> Result<Option<usize>, SeriesProblem> {
    if !cursor.skip("x") {
        return Ok(None);
    }
    let digits = cursor.take_while(|c| c.is_ascii_digit());
    if digits.is_empty() {
        return Err(cursor.unexpected("a number of repetitions"));
    }
    match digits.parse() {
        Ok(count) if count < VALUES_MAX => Ok(Some(count)),
        _ => Err(SeriesProblem::TooMany),
    }
}

fn repeat(
    values: &mut Vec<SeriesValue>,
    value: &SeriesValue,
    count: usize,
) -> Result<(), SeriesProblem> {
    if values.len() + count > VALUES_MAX {
        return Err(SeriesProblem::TooMany);
    }
    values.extend(std::iter::repeat_n(value, count).cloned());
    Ok(())
}

/// A histogram, which may stand for many: the same, or each with one more added or subtracted.
fn histograms(cursor: &mut Cursor<'_>, values: &mut Vec<SeriesValue>) -> Result<(), SeriesProblem> {
    let mut written = histogram::read(cursor)?;
    let negative = cursor.at("-{{");
    if !negative && !cursor.at("+{{") {
        let count = repetitions(cursor)?.map_or(1, |count| count + 1);
        return repeat(values, &SeriesValue::Histogram(written), count);
    }
    cursor.skip_char();
    let step = histogram::read(cursor)?;
    let Some(count) = repetitions(cursor)? else {
        return Err(cursor.unexpected("\"x\" and how often the histogram is repeated"));
    };
    // The hint of what is added says whether hints matter.
    written.hinted = step.hinted;
    repeat(values, &SeriesValue::Histogram(written.clone()), 1)?;
    for _ in 0..count {
        let next = histogram::stepped(&written.histogram, &step.histogram, negative)?;
        written.histogram = next.into();
        repeat(values, &SeriesValue::Histogram(written.clone()), 1)?;
    }
    Ok(())
}

/// A number with or without a sign.
fn signed(cursor: &mut Cursor<'_>) -> Result<f64, SeriesProblem> {
    let negative = cursor.at("-");
    if negative || cursor.at("+") {
        cursor.skip_char();
    }
    let value = cursor.number()?;
    Ok(if negative { -value } else { value })
}

#[cfg(test)]
mod tests;
