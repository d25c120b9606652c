//! Expressions with captures, for relabelling, `label_replace` and templates.

use std::fmt;
use std::sync::Arc;

use regex_automata::{meta, util::captures};

use crate::compile::compile;
use crate::error::Error;
use crate::parse::{Flags, parse};
use crate::template;

#[cfg(test)]
mod tests;

/// A compiled expression; clones share it.
#[derive(Clone)]
pub struct Regex {
    inner: Arc<Inner>,
}

struct Inner {
    source: String,
    regex: meta::Regex,
    names: Vec<Option<String>>,
}

impl Regex {
    /// Compiles `pattern`, which may match anywhere in a text.
    pub fn new(pattern: &str) -> Result<Self, Error> {
        Self::compile(pattern, pattern)
    }

    /// Compiles `pattern` so that it has to match the whole text, and the dot matches line feeds.
    ///
    /// The pattern is wrapped as text, as upstream does for relabelling: messages show the wrapper.
    pub fn anchored(pattern: &str) -> Result<Self, Error> {
        Self::compile(pattern, &format!("^(?s:{pattern})$"))
    }

    fn compile(source: &str, pattern: &str) -> Result<Self, Error> {
        let ast = parse(pattern, Flags::default())?;
        let regex = compile(&ast.root, ast.height, pattern)?;
        Ok(Self { inner: Arc::new(Inner { source: source.to_owned(), regex, names: ast.names }) })
    }

    /// The pattern as it was given.
    pub fn as_str(&self) -> &str {
        &self.inner.source
    }

    /// The memory that the automaton takes, without what matching adds, in bytes.
    pub fn size_bytes(&self) -> usize {
        self.inner.regex.memory_usage()
    }

    /// Whether the expression matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.inner.regex.is_match(text)
    }

    /// The first match and its groups.
    pub fn captures<'t>(&self, text: &'t str) -> Option<Captures<'_, 't>> {
        let mut groups = self.inner.regex.create_captures();
        self.inner.regex.captures(text, &mut groups);
        groups.is_match().then_some(Captures { names: &self.inner.names, text, groups })
    }

    /// `text` with every match replaced by the expanded template.
    pub fn replace_all(&self, text: &str, template: &str) -> String {
        let mut result = String::with_capacity(text.len());
        let mut copied = 0;
        for groups in self.inner.regex.captures_iter(text) {
            let found = Captures { names: &self.inner.names, text, groups };
            let Some(span) = found.groups.get_group(0) else { continue };
            result.push_str(text.get(copied..span.start).unwrap_or_default());
            found.expand(template, &mut result);
            copied = span.end;
        }
        result.push_str(text.get(copied..).unwrap_or_default());
        result
    }
}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Regex").field(&self.inner.source).finish()
    }
}

impl fmt::Display for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.source)
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.inner.source == other.inner.source
    }
}

impl Eq for Regex {}

/// The groups of one match.
#[derive(Debug)]
pub struct Captures<'r, 't> {
    names: &'r [Option<String>],
    text: &'t str,
    groups: captures::Captures,
}

impl<'t> Captures<'_, 't> {
    /// What group `index` matched, if it took part; group zero is the whole match.
    pub fn get(&self, index: usize) -> Option<&'t str> {
        self.text.get(self.groups.get_group(index)?.range())
    }

    /// What the first group called `name` that took part matched.
    pub fn name(&self, name: &str) -> Option<&'t str> {
        let mut named =
            self.names.iter().enumerate().filter(|(_, known)| known.as_deref() == Some(name));
        named.find_map(|(index, _)| self.get(index))
    }

    /// Appends `template` with `$1`, `$name` and `${name}` replaced by what the groups matched.
    pub fn expand(&self, template: &str, dst: &mut String) {
        template::expand(self, template, dst);
    }
}
