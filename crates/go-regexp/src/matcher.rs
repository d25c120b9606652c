//! The engine behind `=~` and `!~`.
//!
//! Most expressions in queries are lists of words, prefixes or infixes. Those are found in the tree and
//! compared as plain text; only the rest runs an automaton. The parts that an index can use come out as
//! [`Matcher::set_matches`] and [`Matcher::prefix`].

mod expand;
mod glob;
mod plan;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::parse::{Flags, parse};
use plan::Plan;

/// A compiled label matcher: it matches whole values, and the dot matches line feeds. Clones share it.
#[derive(Clone)]
pub struct Matcher {
    inner: Arc<Inner>,
}

struct Inner {
    source: String,
    plan: Plan,
    prefix: Option<String>,
}

impl Matcher {
    /// Compiles `pattern`.
    pub fn new(pattern: &str) -> Result<Self, Error> {
        let ast = parse(pattern, Flags { dot_newline: true, ..Flags::default() })?;
        let (plan, prefix) = plan::make(ast, pattern)?;
        Ok(Self { inner: Arc::new(Inner { source: pattern.to_owned(), plan, prefix }) })
    }

    /// The pattern as it was given.
    pub fn as_str(&self) -> &str {
        &self.inner.source
    }

    /// Whether the expression matches the whole of `value`.
    #[inline]
    pub fn matches(&self, value: &str) -> bool {
        self.inner.plan.matches(value)
    }

    /// All values that match, sorted, where they are few enough to list. The list may hold the empty
    /// value, which an index of labels does not.
    pub fn set_matches(&self) -> Option<&[String]> {
        self.inner.plan.values()
    }

    /// Text that every matching value starts with.
    pub fn prefix(&self) -> Option<&str> {
        self.inner.prefix.as_deref()
    }

    /// Whether every value matches, the empty one too.
    pub fn matches_everything(&self) -> bool {
        self.inner.plan.is_everything()
    }

    /// Whether exactly the values that are not empty match.
    pub fn matches_non_empty(&self) -> bool {
        self.inner.plan.is_non_empty()
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Matcher").field(&self.inner.source).finish()
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.source)
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.inner.source == other.inner.source
    }
}

impl Eq for Matcher {}
