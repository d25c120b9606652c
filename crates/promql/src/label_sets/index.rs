//! Dense numbers for label sets and parts of them.

use std::hash::BuildHasher as _;
use std::ops::Range;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::Pair;

/// Gives each distinct key the next number.
#[derive(Debug, Default)]
pub(crate) struct KeyIndex {
    table: HashTable<u32>,
    pool: Vec<Pair>,
    keys: Vec<Range<usize>>,
}

impl KeyIndex {
    /// The number of `key`, and whether it is new.
    pub(crate) fn number(&mut self, key: &[Pair]) -> (usize, bool) {
        let hash = hash_of(key);
        let Self { table, pool, keys } = self;
        if let Some(&found) = table.find(hash, |&at| &pool[keys[at as usize].clone()] == key) {
            return (found as usize, false);
        }
        let number = keys.len();
        let start = pool.len();
        pool.extend_from_slice(key);
        keys.push(start..pool.len());
        let id = u32::try_from(number).expect("a query's label sets have 32-bit ids");
        table.insert_unique(hash, id, |&at| hash_of(&pool[keys[at as usize].clone()]));
        (number, true)
    }

    /// The number of `key`, where it has one.
    pub(crate) fn find(&self, key: &[Pair]) -> Option<usize> {
        let is_it = |at: &u32| self.key(*at as usize) == key;
        self.table.find(hash_of(key), is_it).map(|&at| at as usize)
    }

    /// The key with this number.
    pub(crate) fn key(&self, number: usize) -> &[Pair] {
        &self.pool[self.keys[number].clone()]
    }

    /// How many keys there are.
    pub(crate) const fn len(&self) -> usize {
        self.keys.len()
    }
}

fn hash_of(key: &[Pair]) -> u64 {
    FixedState::default().hash_one(key)
}
