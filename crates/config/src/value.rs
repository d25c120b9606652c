//! Reading the kinds of values that many sections have.

use std::time::Duration;

use regain_go_format::{duration, size};
use regain_yaml::{Decode as _, Mistakes, Node, Section, Span};

/// A duration; nothing where the key is absent or has no value.
pub(crate) fn optional_duration(section: &mut Section<'_>, name: &'static str) -> Option<Duration> {
    let ms = section.parsed(name, duration::parse)?;
    Some(Duration::from_millis(ms.unsigned_abs()))
}

/// A duration, zero where the key has no value.
pub(crate) fn duration_or(
    section: &mut Section<'_>,
    name: &'static str,
    default: Duration,
) -> Duration {
    if section.peek(name).is_some_and(Node::is_null) {
        section.field(name);
        return Duration::ZERO;
    }
    optional_duration(section, name).unwrap_or(default)
}

/// A size with its unit, in bytes; zero where the key is absent.
pub(crate) fn size_bytes(section: &mut Section<'_>, name: &'static str) -> i64 {
    section.parsed(name, size::parse).unwrap_or(0)
}

/// The items of a list; an item without a value is a mistake with the text `empty`.
pub(crate) fn items<T>(
    section: &mut Section<'_>,
    name: &'static str,
    empty: &str,
    mut decode: impl FnMut(&Node, &Mistakes) -> Option<T>,
) -> Vec<T> {
    section.list(name, |node, mistakes| {
        if node.is_null() {
            mistakes.rule(node.span, empty);
            return None;
        }
        decode(node, mistakes)
    })
}

/// Texts, each with its place.
pub(crate) fn texts(section: &mut Section<'_>, name: &'static str) -> Vec<(Span, String)> {
    section.list(name, |node, mistakes| Some((node.span, String::decode(node, mistakes)?)))
}
