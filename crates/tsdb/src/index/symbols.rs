//! Interned label texts and label pairs.
//!
//! A text has one u32 id, a (name, value) pair has another. A series' label set is a run of pair
//! ids, four bytes a label; postings hang on pair ids. Ids ascend in the order of first use and
//! are never reused within one table.

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// Texts in one buffer, found by content.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    text: String,
    ends: Vec<u32>,
    by_text: HashTable<u32>,
}

fn hash_text(text: &str) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}

impl Symbols {
    pub(crate) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text of the symbol `id`.
    pub(crate) fn text(&self, id: u32) -> &str {
        let at = id as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        self.text.get(start..self.ends[at] as usize).expect("symbols end on characters")
    }

    /// The id of `text`, where it is known.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        self.by_text.find(hash_text(text), |&id| self.text(id) == text).copied()
    }

    /// The id of `text`, and whether it is new. `None` when the table is full.
    pub(crate) fn intern(&mut self, text: &str) -> Option<(u32, bool)> {
        if let Some(id) = self.find(text) {
            return Some((id, false));
        }
        let id = u32::try_from(self.ends.len()).ok()?;
        let end = u32::try_from(self.text.len() + text.len()).ok()?;
        self.text.push_str(text);
        self.ends.push(end);
        let Self { text: texts, ends, by_text } = self;
        by_text.insert_unique(hash_text(text), id, |&other| {
            let at = other as usize;
            let start = if at == 0 { 0 } else { ends[at - 1] as usize };
            hash_text(texts.get(start..ends[at] as usize).expect("symbols end on characters"))
        });
        Some((id, true))
    }

    /// The memory held, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * 4 + self.by_text.allocation_size()
    }
}

/// Label pairs by their symbols.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    pairs: Vec<(u32, u32)>,
    by_symbols: HashTable<u32>,
}

const fn hash_pair((name, value): (u32, u32)) -> u64 {
    // Two odd multipliers and a fold: symbol ids are small and dense.
    let mixed = (name as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (value as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

impl Pairs {
    pub(crate) const fn len(&self) -> usize {
        self.pairs.len()
    }

    /// The symbols of the pair `id`.
    pub(crate) fn get(&self, id: u32) -> (u32, u32) {
        self.pairs[id as usize]
    }

    /// The id of a pair, where it is known.
    pub(crate) fn find(&self, pair: (u32, u32)) -> Option<u32> {
        self.by_symbols.find(hash_pair(pair), |&id| self.get(id) == pair).copied()
    }

    /// The id of a pair, and whether it is new. `None` when the table is full.
    pub(crate) fn intern(&mut self, pair: (u32, u32)) -> Option<(u32, bool)> {
        if let Some(id) = self.find(pair) {
            return Some((id, false));
        }
        let id = u32::try_from(self.pairs.len()).ok()?;
        self.pairs.push(pair);
        let Self { pairs, by_symbols } = self;
        by_symbols.insert_unique(hash_pair(pair), id, |&other| hash_pair(pairs[other as usize]));
        Some((id, true))
    }

    /// The memory held, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        self.pairs.capacity() * 8 + self.by_symbols.allocation_size()
    }
}
