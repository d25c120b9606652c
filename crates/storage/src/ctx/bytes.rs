//! The bytes that queries may hold: each by itself, and all of them together.
//!
//! Bytes are taken before memory is asked for, in pieces that are large against a sample: a part, a chunk of rows, a
//! group. What a query still holds at its end goes back with its budget.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};

/// The bytes that all queries may hold together (`--query.max-memory`).
#[derive(Debug)]
pub struct BytePool {
    max: u64,
    held: AtomicU64,
}

impl BytePool {
    /// A pool of `max` bytes.
    pub const fn new(max: u64) -> Self {
        Self { max, held: AtomicU64::new(0) }
    }

    /// How many bytes all queries hold now.
    pub fn held(&self) -> u64 {
        // Ordering: a counter that guards no other memory.
        self.held.load(Ordering::Relaxed)
    }
}

impl Default for BytePool {
    fn default() -> Self {
        Self::new(u64::MAX)
    }
}

/// The bytes that one query may hold (`--query.max-memory-per-query`), out of those of all.
#[derive(Debug)]
pub struct ByteBudget {
    max: u64,
    pool: Arc<BytePool>,
    held: AtomicU64,
    peak: AtomicU64,
}

impl Default for ByteBudget {
    fn default() -> Self {
        Self::new(u64::MAX, Arc::default())
    }
}

impl Drop for ByteBudget {
    fn drop(&mut self) {
        // Ordering: a counter that guards no other memory.
        self.pool.held.fetch_sub(*self.held.get_mut(), Ordering::Relaxed);
    }
}

impl ByteBudget {
    /// A budget of `max` bytes out of `pool`.
    pub const fn new(max: u64, pool: Arc<BytePool>) -> Self {
        Self { max, pool, held: AtomicU64::new(0), peak: AtomicU64::new(0) }
    }

    /// Takes `bytes` from the budget and the pool, or nothing from either.
    pub fn take(&self, bytes: u64) -> Result<()> {
        // Ordering: counters that guard no other memory, here and below.
        let before = self.held.fetch_add(bytes, Ordering::Relaxed);
        let all = self.pool.held.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let held = before.saturating_add(bytes);
        let over = |limit, max_bytes| OverBytes {
            limit,
            max_bytes,
            held_bytes: before,
            asked_bytes: bytes,
        };
        let over = if held > self.max {
            over(ByteLimit::Query, self.max)
        } else if all > self.pool.max {
            over(ByteLimit::AllQueries, self.pool.max)
        } else {
            self.peak.fetch_max(held, Ordering::Relaxed);
            return Ok(());
        };
        self.give_back(bytes);
        Err(Error::TooMuchMemory(over))
    }

    /// Gives `bytes` back.
    pub fn give_back(&self, bytes: u64) {
        // Ordering: counters that guard no other memory.
        self.held.fetch_sub(bytes, Ordering::Relaxed);
        self.pool.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Moves `bytes` of what is held into a budget of its own, which may outlive this one.
    #[must_use]
    pub fn split(&self, bytes: u64) -> Self {
        // Ordering: a counter that guards no other memory.
        self.held.fetch_sub(bytes, Ordering::Relaxed);
        let (held, peak) = (AtomicU64::new(bytes), AtomicU64::new(bytes));
        Self { max: bytes, pool: Arc::clone(&self.pool), held, peak }
    }

    /// How many bytes the query holds now.
    pub fn held(&self) -> u64 {
        // Ordering: a counter that guards no other memory.
        self.held.load(Ordering::Relaxed)
    }

    /// The most bytes that the query has held at once so far.
    pub fn peak(&self) -> u64 {
        // Ordering: a counter that guards no other memory.
        self.peak.load(Ordering::Relaxed)
    }
}

/// Which limit a query has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteLimit {
    /// That of each query.
    Query,
    /// That of all queries together.
    AllQueries,
}

/// A query wanted more bytes than it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverBytes {
    /// The limit.
    pub limit: ByteLimit,
    /// How much it is.
    pub max_bytes: u64,
    /// What the query held.
    pub held_bytes: u64,
    /// What it wanted in addition.
    pub asked_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(budget: &ByteBudget, bytes: u64) -> OverBytes {
        match budget.take(bytes) {
            Err(Error::TooMuchMemory(over)) => over,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_query_gets_its_limit_and_not_a_byte_more() {
        let budget = ByteBudget::new(100, Arc::default());
        budget.take(60).unwrap();
        budget.take(40).unwrap();
        let over = refused(&budget, 1);
        assert_eq!((over.limit, over.max_bytes, over.held_bytes), (ByteLimit::Query, 100, 100));
        budget.give_back(1);
        budget.take(1).unwrap();
        assert_eq!((budget.held(), budget.peak()), (100, 100));
    }

    #[test]
    fn queries_share_a_pool_and_what_one_held_goes_back_with_it() {
        let pool = Arc::new(BytePool::new(100));
        let first = ByteBudget::new(80, Arc::clone(&pool));
        let second = ByteBudget::new(80, Arc::clone(&pool));
        first.take(70).unwrap();
        second.take(30).unwrap();
        let over = refused(&second, 1);
        assert_eq!((over.limit, over.max_bytes, over.held_bytes), (ByteLimit::AllQueries, 100, 30));
        assert_eq!((second.held(), pool.held()), (30, 100));
        drop(first);
        assert_eq!(pool.held(), 30);
        second.take(50).unwrap();
        assert_eq!(refused(&second, 1).limit, ByteLimit::Query);
    }
}
