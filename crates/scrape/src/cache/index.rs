//! Finds entries by their text, for the scrapes that do not repeat the one before.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher as _;

/// Maps texts, which it does not hold itself, to the numbers of their entries.
#[derive(Debug)]
pub(super) struct Index {
    table: HashTable<u32>,
    hasher: RandomState,
}

impl Index {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { table: HashTable::with_capacity(capacity), hasher: RandomState::default() }
    }

    pub(super) fn insert<'a>(&mut self, text: &[u8], at: u32, text_of: impl Fn(u32) -> &'a [u8]) {
        let hasher = &self.hasher;
        self.table
            .insert_unique(hasher.hash_one(text), at, |&other| hasher.hash_one(text_of(other)));
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.table.allocation_size()
    }

    pub(super) fn find<'a>(&self, text: &[u8], text_of: impl Fn(u32) -> &'a [u8]) -> Option<u32> {
        self.table.find(self.hasher.hash_one(text), |&at| text_of(at) == text).copied()
    }
}
