//! Sharing equal values between targets: those of a job say much the same.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashSet;

/// Says how many additions are taken, beside half of what there is, before unused values are looked for.
const SWEEP_AFTER: usize = 256;

/// Holds one of each value as long as somebody uses it.
#[derive(Debug)]
pub(crate) struct Interner<T>(Mutex<Values<T>>);

#[derive(Debug)]
struct Values<T> {
    values: HashSet<Arc<T>>,
    added: usize,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self(Mutex::new(Values { values: HashSet::new(), added: 0 }))
    }
}

impl<T: Eq + Hash> Interner<T> {
    /// Returns the value that is shared by all who have an equal one.
    pub(crate) fn share(&self, value: Arc<T>) -> Arc<T> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shared.values.get(&value) {
            return Arc::clone(known);
        }
        shared.added += 1;
        if shared.added > SWEEP_AFTER + shared.values.len() / 2 {
            shared.added = 0;
            shared.values.retain(|value| Arc::strong_count(value) > 1);
        }
        shared.values.insert(Arc::clone(&value));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_become_one_and_unused_ones_leave() {
        let interner = Interner::default();
        let kept = interner.share(Arc::new(0));
        assert!(Arc::ptr_eq(&kept, &interner.share(Arc::new(0))));
        for value in 1..10_000 {
            drop(interner.share(Arc::new(value)));
            let held = interner.0.lock().unwrap().values.len();
            assert!(held <= 3 * SWEEP_AFTER, "{held}");
        }
        assert!(Arc::ptr_eq(&kept, &interner.share(Arc::new(0))));
    }
}
