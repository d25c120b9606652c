//! Things that were asked for last, within a number of bytes.

use std::hash::{BuildHasher as _, Hash};
use std::sync::{Arc, Mutex};

use foldhash::quality::FixedState;

/// In how many shelves a thing may be looked for; each has a lock of its own.
const SHELVES: usize = 64;

/// The things of one kind that were asked for last.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    shelves: Box<[Mutex<Shelf<K, V>>]>,
    shelf_bytes_max: usize,
}

/// Things in the order in which they were asked for, the last one first.
#[derive(Debug)]
struct Shelf<K, V> {
    kept: Vec<(K, Arc<V>, usize)>,
    bytes: usize,
}

impl<K: Copy + Eq + Hash, V> Recent<K, V> {
    /// Keeps at most `bytes_max` bytes.
    pub(super) fn new(bytes_max: usize) -> Self {
        let shelf = || Mutex::new(Shelf { kept: Vec::new(), bytes: 0 });
        let shelves = std::iter::repeat_with(shelf).take(SHELVES).collect();
        Self { shelves, shelf_bytes_max: bytes_max / SHELVES }
    }

    fn shelf(&self, key: K) -> &Mutex<Shelf<K, V>> {
        let hash = FixedState::default().hash_one(key);
        &self.shelves[usize::try_from(hash % SHELVES as u64).expect("there are few shelves")]
    }

    pub(super) fn get(&self, key: K) -> Option<Arc<V>> {
        let mut shelf = self.shelf(key).lock().expect("no holder of this lock panics");
        let at = shelf.kept.iter().position(|(known, ..)| *known == key)?;
        shelf.kept[..=at].rotate_right(1);
        Some(Arc::clone(&shelf.kept[0].1))
    }

    /// Keeps a thing of so many bytes, in the place of those that nobody has asked for the longest.
    pub(super) fn put(&self, key: K, value: &Arc<V>, bytes: usize) {
        if bytes > self.shelf_bytes_max {
            return;
        }
        let mut shelf = self.shelf(key).lock().expect("no holder of this lock panics");
        if shelf.kept.iter().any(|(known, ..)| *known == key) {
            return;
        }
        shelf.bytes += bytes;
        while shelf.bytes > self.shelf_bytes_max {
            let Some((.., freed)) = shelf.kept.pop() else { break };
            shelf.bytes -= freed;
        }
        shelf.kept.insert(0, (key, Arc::clone(value), bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_last_stays() {
        let recent = Recent::new(SHELVES * 100);
        let on_one_shelf = |key: &u64| std::ptr::eq(recent.shelf(*key), recent.shelf(0));
        let keys: Vec<u64> = (0..).filter(on_one_shelf).take(4).collect();
        for &key in &keys[..3] {
            recent.put(key, &Arc::new(key * 2), 33);
        }
        assert_eq!(recent.get(keys[0]).as_deref(), Some(&(keys[0] * 2)));
        recent.put(keys[3], &Arc::new(7), 60);
        let here: Vec<bool> = keys.iter().map(|&key| recent.get(key).is_some()).collect();
        assert_eq!(here, [true, false, false, true]);
        recent.put(1, &Arc::new(1), 101);
        assert_eq!(recent.get(1), None);
    }
}
