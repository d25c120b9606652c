//! Where answers lie: by key, the one that was used longest ago first to go.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::kept::Kept;
use crate::ast::Expr;
use crate::engine::{EngineOptions, Features};
use crate::grid::Grid;

/// What must be the same for an answer to be used again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The expression as it is printed.
    text: Arc<str>,
    step: i64,
    /// The time of the steps that lies between zero and the first step.
    phase: i64,
    lookback_delta_ms: i64,
    step_default_ms: i64,
    features: Features,
}

impl Key {
    pub(super) fn new(expr: &Expr, grid: &Grid, options: &EngineOptions) -> Self {
        Self {
            text: expr.to_string().into(),
            step: grid.step,
            phase: grid.start.rem_euclid(grid.step),
            lookback_delta_ms: options.lookback_delta_ms,
            step_default_ms: options.step_default_ms,
            features: options.features,
        }
    }
}

/// What an answer takes beside its values and the key's text, in bytes, roughly.
const ANSWER_BYTES: usize = 512;

/// The answers that are kept.
#[derive(Debug)]
pub(super) struct Shelf {
    bytes_max: usize,
    bytes: usize,
    answers: HashMap<Key, Place, RandomState>,
    /// The keys by when they were used.
    by_use: BTreeMap<u64, Key>,
    uses: u64,
}

#[derive(Debug)]
struct Place {
    kept: Arc<Kept>,
    bytes: usize,
    used: u64,
}

impl Shelf {
    pub(super) fn new(bytes_max: usize) -> Self {
        let (answers, by_use) = (HashMap::default(), BTreeMap::new());
        Self { bytes_max, bytes: 0, answers, by_use, uses: 0 }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.answers.len()
    }

    /// The answer under `key`, which counts as used.
    pub(super) fn get(&mut self, key: &Key) -> Option<Arc<Kept>> {
        let place = self.answers.get_mut(key)?;
        let key = self.by_use.remove(&place.used)?;
        self.uses += 1;
        place.used = self.uses;
        self.by_use.insert(place.used, key);
        Some(Arc::clone(&place.kept))
    }

    /// Keeps an answer, which must not be larger than the shelf, and returns how many others had to go.
    pub(super) fn put(&mut self, key: Key, kept: Kept) -> u64 {
        self.remove(&key);
        let bytes = kept.size_bytes() + key.text.len() + ANSWER_BYTES;
        self.uses += 1;
        self.by_use.insert(self.uses, key.clone());
        self.answers.insert(key, Place { kept: Arc::new(kept), bytes, used: self.uses });
        self.bytes += bytes;
        let mut evicted = 0;
        while self.bytes > self.bytes_max
            && let Some((_, oldest)) = self.by_use.pop_first()
        {
            self.forget(&oldest);
            evicted += 1;
        }
        evicted
    }

    /// Forgets the answer under `key`.
    pub(super) fn remove(&mut self, key: &Key) {
        if let Some(used) = self.forget(key) {
            self.by_use.remove(&used);
        }
    }

    fn forget(&mut self, key: &Key) -> Option<u64> {
        let place = self.answers.remove(key)?;
        self.bytes -= place.bytes;
        Some(place.used)
    }
}
