//! Some of a set's labels, by name.

use regain_storage::{ArenaReader, Symbol};

use super::Pair;

/// Keeps or removes labels by their names.
#[derive(Clone, Debug)]
pub(crate) struct LabelFilter {
    names: Vec<String>,
    keep: bool,
    symbols: Vec<Symbol>,
}

impl LabelFilter {
    /// Keeps the labels with these names and no others.
    pub(crate) fn keeping(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::new(names, true)
    }

    /// Removes the labels with these names.
    pub(crate) fn removing(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::new(names, false)
    }

    fn new(names: impl IntoIterator<Item = impl Into<String>>, keep: bool) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Self { names, keep, symbols: Vec::new() }
    }

    /// Looks the names up again, which is needed whenever the arena may have grown.
    pub(crate) fn resolve(&mut self, arena: &ArenaReader<'_>) {
        self.symbols.clear();
        self.symbols.extend(self.names.iter().filter_map(|name| arena.symbol(name)));
    }

    /// Whether labels named so stay.
    #[inline]
    pub(crate) fn keeps(&self, name: Symbol) -> bool {
        self.symbols.contains(&name) == self.keep
    }

    /// Puts the labels that stay into `out`.
    #[inline]
    pub(crate) fn apply(&self, pairs: &[Pair], out: &mut Vec<Pair>) {
        out.clear();
        out.extend(pairs.iter().filter(|(name, _)| self.keeps(*name)));
    }
}
