//! The values of one label name.

use std::sync::OnceLock;

use super::{Index, Pairs, Symbols};

/// The pairs of one name, and their order by the values' text once somebody asked for it.
#[derive(Debug, Default)]
pub(crate) struct NameEntry {
    pairs: Vec<u32>,
    sorted: OnceLock<Box<[u32]>>,
}

impl NameEntry {
    pub(super) fn push(&mut self, pair: u32) {
        self.pairs.push(pair);
        self.sorted = OnceLock::new();
    }

    /// The pairs in the order of their creation.
    pub(crate) fn pairs(&self) -> &[u32] {
        &self.pairs
    }

    /// The pairs in the order of the values' text.
    pub(super) fn sorted(&self, symbols: &Symbols, pairs: &Pairs) -> &[u32] {
        self.sorted.get_or_init(|| {
            let mut sorted = self.pairs.clone();
            sorted.sort_unstable_by_key(|&pair| symbols.text(pairs.get(pair).1));
            sorted.into_boxed_slice()
        })
    }
}

impl Index {
    /// The pairs of the name `name` in the order of the values' text.
    pub(crate) fn sorted_pairs(&self, name: &str) -> &[u32] {
        let entry = self.symbols.find(name).and_then(|symbol| self.names.get(&symbol));
        entry.map_or(&[], |entry| entry.sorted(&self.symbols, &self.pairs))
    }

    /// The text of a pair's value.
    pub(crate) fn value_text(&self, pair: u32) -> &str {
        self.symbols.text(self.pairs.get(pair).1)
    }

    /// All label names, sorted.
    pub(crate) fn sorted_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.names.keys().map(|&name| self.symbols.text(name)).collect();
        names.sort_unstable();
        names
    }
}
