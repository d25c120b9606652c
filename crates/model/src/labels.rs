//! Label sets.
//!
//! A set is one string: for every label in the order of its name, the length of the name, the name,
//! the length of the value, the value. One allocation a set, equality is a `memcmp`, and a set costs
//! little more than its text. A length is written in base 64 with the bit `0x40` on all digits but
//! the last, so that the whole stays valid UTF-8.
//!
//! Invariants: names are unique and ascend by their bytes, values are not empty (an empty label is
//! an absent label), and no name or value exceeds [`MAX_LABEL_BYTES`].

use std::cmp::Ordering;
use std::fmt;

use crate::names::{METRIC_NAME, is_legacy_label_name, is_legacy_metric_name};

/// The longest label name or value that a set holds; a longer one is cut by the reader of the
/// input before it comes here.
pub const MAX_LABEL_BYTES: usize = (1 << 24) - 1;

const DIGIT_BITS: u32 = 6;
const DIGIT_MASK: usize = 0x3f;
const MORE: u8 = 0x40;
/// A length below 2^24 takes at most four digits.
const DIGITS_MAX: u32 = 4;

/// A set of labels, sorted by name.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Labels(Box<str>);

impl Labels {
    /// The set without labels.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The set of `pairs`. The last of two pairs with one name wins; empty values are left out.
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut pairs: Vec<(N, V)> = pairs.into_iter().collect();
        pairs.sort_by(|a, b| a.0.as_ref().cmp(b.0.as_ref()));
        let mut packed = String::new();
        for (index, (name, value)) in pairs.iter().enumerate() {
            let replaced =
                pairs.get(index + 1).is_some_and(|next| next.0.as_ref() == name.as_ref());
            if !replaced && !value.as_ref().is_empty() {
                push(&mut packed, name.as_ref());
                push(&mut packed, value.as_ref());
            }
        }
        Self(packed.into_boxed_str())
    }

    /// The set of `pairs`, which must ascend by name without repetition and without empty values.
    pub fn from_sorted<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut packed = String::new();
        let mut last = None;
        for (name, value) in pairs {
            debug_assert!(last < Some(name), "label names must ascend");
            debug_assert!(!value.is_empty(), "an empty label is an absent label");
            last = Some(name);
            push(&mut packed, name);
            push(&mut packed, value);
        }
        Self(packed.into_boxed_str())
    }

    /// The labels in the order of their names.
    pub fn iter(&self) -> LabelsIter<'_> {
        LabelsIter { rest: &self.0 }
    }

    /// The value of the label `name`, where there is one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(label, _)| *label == name).map(|(_, value)| value)
    }

    /// The metric name, or the empty string.
    pub fn metric_name(&self) -> &str {
        self.get(METRIC_NAME).unwrap_or_default()
    }

    /// Whether the set holds no label.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of labels.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// The size of the set's text in memory, in bytes.
    pub fn size_bytes(&self) -> usize {
        self.0.len()
    }

    /// The hash that upstream gives this set with its default (string) label implementation:
    /// xxhash64 over length-prefixed names and values. Scrape offsets, rule offsets and
    /// `limit_ratio` depend on it (upstream: `model/labels/labels_stringlabels.go`, 3.14).
    pub fn upstream_hash(&self) -> u64 {
        let mut bytes = Vec::with_capacity(self.0.len() + 8);
        for (name, value) in self {
            push_upstream(&mut bytes, name);
            push_upstream(&mut bytes, value);
        }
        xxhash_rust::xxh64::xxh64(&bytes, 0)
    }
}

fn push(packed: &mut String, text: &str) {
    assert!(text.len() <= MAX_LABEL_BYTES, "label text is longer than the limit its reader keeps");
    let mut rest = text.len();
    while rest > DIGIT_MASK {
        packed.push(char::from(low_digit(rest) | MORE));
        rest >>= DIGIT_BITS;
    }
    packed.push(char::from(low_digit(rest)));
    packed.push_str(text);
}

#[expect(clippy::cast_possible_truncation, reason = "the mask leaves six bits")]
const fn low_digit(value: usize) -> u8 {
    (value & DIGIT_MASK) as u8
}

#[expect(clippy::cast_possible_truncation, reason = "the length is cut to its bytes on purpose")]
fn push_upstream(bytes: &mut Vec<u8>, text: &str) {
    let len = text.len();
    if len < 255 {
        bytes.push(len as u8);
    } else {
        bytes.extend_from_slice(&[255, len as u8, (len >> 8) as u8, (len >> 16) as u8]);
    }
    bytes.extend_from_slice(text.as_bytes());
}

/// The labels of a set, name and value, in the order of their names.
#[derive(Clone, Debug)]
pub struct LabelsIter<'a> {
    rest: &'a str,
}

impl<'a> LabelsIter<'a> {
    #[inline]
    fn text(&mut self) -> Option<&'a str> {
        let bytes = self.rest.as_bytes();
        let first = *bytes.first()?;
        let (mut len, mut at) = (usize::from(first) & DIGIT_MASK, 1);
        if first & MORE != 0 {
            for digit in 1..DIGITS_MAX {
                let byte = *bytes.get(at)?;
                at += 1;
                len |= (usize::from(byte) & DIGIT_MASK) << (digit * DIGIT_BITS);
                if byte & MORE == 0 {
                    break;
                }
            }
        }
        let text = self.rest.get(at..at + len)?;
        self.rest = self.rest.get(at + len..)?;
        Some(text)
    }
}

impl<'a> Iterator for LabelsIter<'a> {
    type Item = (&'a str, &'a str);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let name = self.text()?;
        Some((name, self.text()?))
    }
}

impl<'a> IntoIterator for &'a Labels {
    type Item = (&'a str, &'a str);
    type IntoIter = LabelsIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self::from_pairs(pairs)
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Labels {
    /// Orders by the first label that differs, name before value; a prefix comes first.
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Labels {
    /// Writes the set as upstream writes it in messages: `{a="1", "b.c"="2"}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_braces(f, self.iter())
    }
}

impl Labels {
    /// The set written as a selector would be: `name{a="1", b="2"}`.
    pub fn to_metric_string(&self) -> String {
        Metric(self).to_string()
    }
}

struct Metric<'a>(&'a Labels);

impl fmt::Display for Metric<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.metric_name();
        if !is_legacy_metric_name(name) {
            return write_braces(f, self.0.iter());
        }
        f.write_str(name)?;
        let mut rest = self.0.iter().filter(|(label, _)| *label != METRIC_NAME).peekable();
        if rest.peek().is_some() { write_braces(f, rest) } else { Ok(()) }
    }
}

fn write_braces<'a>(
    f: &mut fmt::Formatter<'_>,
    labels: impl Iterator<Item = (&'a str, &'a str)>,
) -> fmt::Result {
    f.write_str("{")?;
    for (index, (name, value)) in labels.enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        if is_legacy_label_name(name) {
            f.write_str(name)?;
        } else {
            f.write_str(&regain_go_format::quote::quote(name))?;
        }
        write!(f, "={}", regain_go_format::quote::quote(value))?;
    }
    f.write_str("}")
}

#[cfg(test)]
mod tests;
