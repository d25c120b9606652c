//! The label sets of one query.
//!
//! Symbol ids hold only in their own table, so every query has one arena and each source translates
//! into it: a source keeps a table from its own ids to the arena's [`Symbol`]s, and pays for a text
//! once. A set is a run of (name, value) symbols in the order of the names' text.
//!
//! **Invariant.** One text has one symbol, so comparing symbols compares texts. One label set may
//! have several ids, when several sources hold it.

use std::hash::BuildHasher as _;
use std::ops::Range;
use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use regain_model::Labels;

/// A text in an arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub u32);

/// A label set in an arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelsId(pub u32);

/// The label sets that one query has met.
#[derive(Debug, Default)]
pub struct LabelArena(RwLock<Inner>);

#[derive(Debug, Default)]
struct Inner {
    text: String,
    symbols: Vec<Range<u32>>,
    by_text: HashTable<u32>,
    pairs: Vec<(Symbol, Symbol)>,
    sets: Vec<Range<u32>>,
}

impl LabelArena {
    /// Opens the arena for reading.
    pub fn read(&self) -> ArenaReader<'_> {
        ArenaReader(self.0.read().expect("no holder of this lock panics"))
    }

    /// Opens the arena for adding.
    pub fn write(&self) -> ArenaWriter<'_> {
        ArenaWriter(self.0.write().expect("no holder of this lock panics"))
    }

    /// Adds `labels` as a set.
    pub fn add(&self, labels: &Labels) -> LabelsId {
        self.write().add(labels)
    }

    /// How much memory the sets take.
    pub fn size_bytes(&self) -> u64 {
        let inner = self.0.read().expect("no holder of this lock panics");
        let Inner { text, symbols, by_text, pairs, sets } = &*inner;
        let ranges = symbols.capacity() + by_text.capacity() + pairs.capacity() + sets.capacity();
        (text.capacity() + ranges * size_of::<Range<u32>>()) as u64
    }

    /// The set `id` as a value of its own.
    pub fn labels(&self, id: LabelsId) -> Labels {
        self.read().labels(id)
    }
}

impl Inner {
    fn text(&self, symbol: Symbol) -> &str {
        let Range { start, end } = self.symbols[symbol.0 as usize];
        self.text.get(start as usize..end as usize).expect("symbols lie on character boundaries")
    }

    fn find(&self, text: &str) -> Option<Symbol> {
        let hash = hash_of(text);
        self.by_text.find(hash, |&id| self.text(Symbol(id)) == text).copied().map(Symbol)
    }

    fn pairs(&self, id: LabelsId) -> &[(Symbol, Symbol)] {
        let Range { start, end } = self.sets[id.0 as usize];
        &self.pairs[start as usize..end as usize]
    }
}

fn hash_of(text: &str) -> u64 {
    FixedState::default().hash_one(text)
}

fn id_of(len: usize) -> u32 {
    u32::try_from(len).expect("a query's labels stay below 4 GiB of text and 2^32 entries")
}

/// An arena opened for reading.
#[derive(Debug)]
pub struct ArenaReader<'a>(RwLockReadGuard<'a, Inner>);

impl ArenaReader<'_> {
    /// The text of `symbol`.
    pub fn text(&self, symbol: Symbol) -> &str {
        self.0.text(symbol)
    }

    /// The symbol of `text`, where any set has used it.
    pub fn symbol(&self, text: &str) -> Option<Symbol> {
        self.0.find(text)
    }

    /// The names and values of the set `id`, in the order of the names' text.
    pub fn pairs(&self, id: LabelsId) -> &[(Symbol, Symbol)] {
        self.0.pairs(id)
    }

    /// The value of the label `name` in the set `id`.
    pub fn get(&self, id: LabelsId, name: Symbol) -> Option<Symbol> {
        self.pairs(id).iter().find(|(label, _)| *label == name).map(|(_, value)| *value)
    }

    /// The labels of the set `id`.
    pub fn iter(&self, id: LabelsId) -> impl Iterator<Item = (&str, &str)> {
        self.pairs(id).iter().map(|&(name, value)| (self.text(name), self.text(value)))
    }

    /// The set `id` as a value of its own.
    pub fn labels(&self, id: LabelsId) -> Labels {
        Labels::from_sorted(self.iter(id))
    }
}

/// An arena opened for adding.
#[derive(Debug)]
pub struct ArenaWriter<'a>(RwLockWriteGuard<'a, Inner>);

impl ArenaWriter<'_> {
    /// Makes room for this many sets with this many labels in all.
    pub fn reserve(&mut self, sets: usize, labels: usize) {
        self.0.sets.reserve(sets);
        self.0.pairs.reserve(labels);
    }

    /// The symbol of `text`, added on first use.
    pub fn symbol(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.0.find(text) {
            return symbol;
        }
        let inner = &mut *self.0;
        let start = id_of(inner.text.len());
        inner.text.push_str(text);
        let id = id_of(inner.symbols.len());
        inner.symbols.push(start..id_of(inner.text.len()));
        let Inner { text: texts, symbols, by_text, .. } = inner;
        by_text.insert_unique(hash_of(text), id, |&other| {
            let Range { start, end } = symbols[other as usize];
            hash_of(texts.get(start as usize..end as usize).expect("character boundaries"))
        });
        Symbol(id)
    }

    /// Adds a set whose pairs are in the order of the names' text.
    pub fn add_pairs(&mut self, pairs: &[(Symbol, Symbol)]) -> LabelsId {
        let inner = &mut *self.0;
        let start = id_of(inner.pairs.len());
        inner.pairs.extend_from_slice(pairs);
        let id = LabelsId(id_of(inner.sets.len()));
        inner.sets.push(start..id_of(inner.pairs.len()));
        id
    }

    /// Adds `labels` as a set.
    pub fn add(&mut self, labels: &Labels) -> LabelsId {
        let pairs: Vec<_> =
            labels.iter().map(|(name, value)| (self.symbol(name), self.symbol(value))).collect();
        self.add_pairs(&pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_has_one_symbol_and_sets_read_back() {
        let arena = LabelArena::default();
        let sets: Vec<_> = (0..500)
            .map(|at| Labels::from_pairs([("job", "api"), ("instance", &format!("host-{at}"))]))
            .collect();
        let ids: Vec<_> = sets.iter().map(|labels| arena.add(labels)).collect();
        let reader = arena.read();
        let job = reader.symbol("job").unwrap();
        for (labels, &id) in sets.iter().zip(&ids) {
            assert_eq!(&reader.labels(id), labels);
            assert_eq!(reader.get(id, job), reader.symbol("api"));
        }
        assert_eq!(reader.symbol("host-500"), None);
    }
}
