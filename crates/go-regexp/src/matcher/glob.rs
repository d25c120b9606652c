//! Literal texts with gaps: `foo.*`, `.+bar`, `a.*b.*c`, `.*`.

use memchr::memmem::Finder;

use super::expand::{Case, comparable};
use crate::ast::Node;

/// A text, a gap, a text, a gap, …, a text; the first and the last may be empty.
#[derive(Debug)]
pub(super) struct Glob {
    prefix: String,
    /// The texts in the middle with the least number of characters in the gap before each.
    middle: Vec<(u32, Finder<'static>)>,
    /// The least number of characters in the last gap.
    last_gap: u32,
    suffix: String,
}

/// One part of a flat concatenation.
enum Piece {
    Text(String),
    Gap(u32),
}

impl Glob {
    /// The glob that `node` is, if it is one and has a gap.
    pub(super) fn new(node: &Node, case: Case) -> Option<Self> {
        let mut pieces = Vec::new();
        flatten(node, case, &mut pieces)?;
        let (mut prefix, mut middle) = (None, Vec::new());
        let (mut text, mut gap) = (String::new(), None);
        for piece in pieces {
            match piece {
                Piece::Text(more) => text.push_str(&more),
                Piece::Gap(more) => {
                    if prefix.is_none() {
                        prefix = Some(std::mem::take(&mut text));
                    } else if !text.is_empty() {
                        let finder = Finder::new(text.as_bytes()).into_owned();
                        middle.push((gap.take().unwrap_or(0), finder));
                        text.clear();
                    }
                    gap = Some(gap.unwrap_or(0) + more);
                }
            }
        }
        Some(Self { prefix: prefix?, middle, last_gap: gap?, suffix: text })
    }

    pub(super) fn matches(&self, value: &str) -> bool {
        let Some(mut rest) = within(value, &self.prefix, &self.suffix) else { return false };
        for (gap, finder) in &self.middle {
            // The earliest place leaves the most room for what follows.
            let Some(after_gap) = skip_chars(rest, *gap) else { return false };
            let Some(at) = finder.find(after_gap.as_bytes()) else { return false };
            rest = after_gap.get(at + finder.needle().len()..).unwrap_or_default();
        }
        skip_chars(rest, self.last_gap).is_some()
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The least length of a text that is all gap.
    pub(super) fn only_gap(&self) -> Option<u32> {
        let only = self.prefix.is_empty() && self.middle.is_empty() && self.suffix.is_empty();
        only.then_some(self.last_gap)
    }
}

/// What stands between `prefix` and `suffix`, if `value` starts and ends with them.
///
/// Empty ones are not compared: they point at no memory, and glibc's `memcmp` for AVX-512 loads from
/// there under a mask, which takes the processor longer than all else together.
pub(super) fn within<'v>(value: &'v str, prefix: &str, suffix: &str) -> Option<&'v str> {
    let rest = if prefix.is_empty() { value } else { value.strip_prefix(prefix)? };
    if suffix.is_empty() { Some(rest) } else { rest.strip_suffix(suffix) }
}

/// Behind the first `count` characters, if there are so many.
fn skip_chars(text: &str, count: u32) -> Option<&str> {
    let mut chars = text.chars();
    for _ in 0..count {
        chars.next()?;
    }
    Some(chars.as_str())
}

fn flatten(node: &Node, case: Case, pieces: &mut Vec<Piece>) -> Option<()> {
    match node {
        Node::Empty => {}
        Node::Text { text, fold } => pieces.push(Piece::Text(comparable(text, *fold, case)?)),
        Node::Repeat { min, max: None, sub, .. } if is_any(sub) => pieces.push(Piece::Gap(*min)),
        Node::Concat(subs) => subs.iter().try_for_each(|sub| flatten(sub, case, pieces))?,
        _ => return None,
    }
    Some(())
}

const fn is_any(node: &Node) -> bool {
    matches!(node, Node::Any { newline: true })
}
