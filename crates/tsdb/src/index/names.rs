//! The values of one label name.

use std::sync::OnceLock;

use regain_model::METRIC_NAME;

use super::{Index, Pairs, Symbols};

/// The pairs of one name, and their order by the values' text once somebody asked for it.
#[derive(Debug, Default)]
pub(crate) struct NameEntry {
    pairs: Vec<u32>,
    sorted: OnceLock<Box<[u32]>>,
    /// The first pairs in order, from before the last ones came.
    outdated: Box<[u32]>,
}

impl NameEntry {
    pub(super) fn push(&mut self, pair: u32) {
        self.pairs.push(pair);
        if let Some(sorted) = self.sorted.take() {
            self.outdated = sorted;
        }
    }

    /// The pairs in the order of their creation.
    pub(crate) fn pairs(&self) -> &[u32] {
        &self.pairs
    }

    /// The pairs in the order of the values' text.
    pub(super) fn sorted(&self, symbols: &Symbols, pairs: &Pairs) -> &[u32] {
        self.sorted.get_or_init(|| {
            let text = |&pair: &u32| symbols.text(pairs.get(pair).1);
            let mut new = self.pairs[self.outdated.len()..].to_vec();
            new.sort_unstable_by(|a, b| text(a).cmp(text(b)));
            let (mut old, mut new) = (self.outdated.iter().peekable(), new.iter().peekable());
            let mut sorted = Vec::with_capacity(self.pairs.len());
            while let (Some(&a), Some(&b)) = (old.peek(), new.peek()) {
                let first = if text(a) <= text(b) { old.next() } else { new.next() };
                sorted.extend(first);
            }
            sorted.extend(old.chain(new));
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

    /// Whether a living series is of this metric.
    pub(crate) fn has_metric(&self, metric: &str) -> bool {
        let pair = self.symbols.find(METRIC_NAME).and_then(|name| self.find_pair(name, metric));
        pair.is_some_and(|pair| !self.has_dead() || self.is_alive(pair))
    }

    /// The text of a pair's value.
    pub(crate) fn value_text(&self, pair: u32) -> &str {
        self.symbols.text(self.pairs.get(pair).1)
    }

    /// How many values the label `name` has, or without one how many names there are; with those that no living
    /// series has any more.
    pub(crate) fn texts_max(&self, name: Option<&str>) -> usize {
        let Some(name) = name else { return self.names.len() };
        let entry = self.symbols.find(name).and_then(|symbol| self.names.get(&symbol));
        entry.map_or(0, |entry| entry.pairs().len())
    }

    /// The names of the labels of all living series, sorted.
    pub(crate) fn sorted_names(&self) -> Vec<&str> {
        let alive = |entry: &NameEntry| {
            !self.has_dead() || entry.pairs().iter().any(|&pair| self.is_alive(pair))
        };
        let names = self.names.iter().filter(|(_, entry)| alive(entry));
        let mut names: Vec<&str> = names.map(|(&name, _)| self.symbols.text(name)).collect();
        names.sort_unstable();
        names
    }
}
