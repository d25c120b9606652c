//! The text of a series: the bytes that tell it from all others of a body.
//!
//! It is the name of the family, what the sample is in it, and the labels as they lie in the message. Telling a series
//! that was seen before so takes no decoding of labels.

use std::borrow::Cow;

use regain_model::{BUCKET_LABEL, METRIC_NAME, QUANTILE_LABEL};
use regain_protowire::{Reader, write};

use super::message::{LABEL, LabelBytes};
use crate::read::error::Problem;
use crate::read::labels::LabelRun;
use crate::write::append_open_metrics_float;

/// Ends the name. No UTF-8 holds this byte.
const NAME_END: u8 = 0xff;
const LABEL_NAME: u32 = 1;
const LABEL_VALUE: u32 = 2;

/// Says what a sample is in its family.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    /// Is the only sample of its labels, or their native histogram.
    Whole,
    Count,
    Sum,
    /// Counts all observations up to a bound.
    Bucket(f64),
    Quantile(f64),
}

impl Part {
    const fn tag(self) -> (u8, Option<f64>) {
        match self {
            Self::Whole => (0, None),
            Self::Count => (1, None),
            Self::Sum => (2, None),
            Self::Bucket(bound) => (3, Some(bound)),
            Self::Quantile(quantile) => (4, Some(quantile)),
        }
    }

    const fn suffix(self) -> &'static str {
        match self {
            Self::Whole | Self::Quantile(_) => "",
            Self::Count => "_count",
            Self::Sum => "_sum",
            Self::Bucket(_) => "_bucket",
        }
    }

    /// Takes a part from the start of a text.
    fn split(text: &[u8]) -> Option<(Self, &[u8])> {
        let (&tag, rest) = text.split_first()?;
        let number = |make: fn(f64) -> Self| {
            let (bits, rest) = rest.split_first_chunk()?;
            Some((make(f64::from_le_bytes(*bits)), rest))
        };
        match tag {
            0 => Some((Self::Whole, rest)),
            1 => Some((Self::Count, rest)),
            2 => Some((Self::Sum, rest)),
            3 => number(Self::Bucket),
            4 => number(Self::Quantile),
            _ => None,
        }
    }
}

/// Writes the text of a series in the place of another.
pub(super) fn write_key(key: &mut Vec<u8>, name: &str, part: Part, labels: LabelBytes<'_>) {
    key.clear();
    key.extend_from_slice(name.as_bytes());
    let (tag, number) = part.tag();
    key.extend_from_slice(&[NAME_END, tag]);
    if let Some(number) = number {
        key.extend_from_slice(&number.to_le_bytes());
    }
    match labels {
        LabelBytes::Run(bytes) => key.extend_from_slice(bytes),
        LabelBytes::Scattered(metric) => {
            let mut reader = Reader::new(metric);
            while let Ok(Some(field)) = reader.next_field() {
                if let (LABEL, Ok(label)) = (field.number, field.bytes()) {
                    write::put_bytes(key, LABEL, label);
                }
            }
        }
    }
}

/// Returns the name of the family that a text begins with.
pub(super) fn family_name(key: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(key.split(|&byte| byte == NAME_END).next().unwrap_or_default())
}

/// Appends the labels of a series, the name first.
pub(super) fn append_labels<'s>(key: &'s [u8], out: &mut LabelRun<'s>) -> Result<(), Problem> {
    let at = memchr::memchr(NAME_END, key).ok_or(Problem::NameMissing)?;
    let name = std::str::from_utf8(&key[..at]).map_err(|_| Problem::NameMissing)?;
    let (part, labels) = Part::split(&key[at + 1..]).ok_or(Problem::NameMissing)?;
    let name = match part.suffix() {
        "" => Cow::Borrowed(name),
        suffix => Cow::Owned([name, suffix].concat()),
    };
    out.push((Cow::Borrowed(METRIC_NAME), name));
    let mut reader = Reader::new(labels);
    while let Some(field) = reader.next_field().map_err(|_| Problem::LabelPair)? {
        out.push(label_pair(field.bytes().map_err(|_| Problem::LabelPair)?)?);
    }
    match part {
        Part::Bucket(bound) => out.push((Cow::Borrowed(BUCKET_LABEL), bound_text(bound))),
        Part::Quantile(at) => out.push((Cow::Borrowed(QUANTILE_LABEL), bound_text(at))),
        Part::Whole | Part::Count | Part::Sum => {}
    }
    Ok(())
}

/// Returns the name and the value in a `LabelPair`.
pub(super) fn label_pair(message: &[u8]) -> Result<(Cow<'_, str>, Cow<'_, str>), Problem> {
    let (mut name, mut value): (&[u8], &[u8]) = (&[], &[]);
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next_field().map_err(|_| Problem::LabelPair)? {
        match field.number {
            LABEL_NAME => name = field.bytes().map_err(|_| Problem::LabelPair)?,
            LABEL_VALUE => value = field.bytes().map_err(|_| Problem::LabelPair)?,
            _ => {}
        }
    }
    match (std::str::from_utf8(name), std::str::from_utf8(value)) {
        (Ok(name), Ok(value)) if !name.is_empty() => {
            Ok((Cow::Borrowed(name), Cow::Borrowed(value)))
        }
        (Ok(_), Err(_)) => Err(Problem::LabelUtf8),
        _ => Err(Problem::InvalidLabelName),
    }
}

fn bound_text(bound: f64) -> Cow<'static, str> {
    let mut text = Vec::with_capacity(24);
    append_open_metrics_float(&mut text, bound);
    Cow::Owned(String::from_utf8(text).expect("a number is written in ASCII"))
}
