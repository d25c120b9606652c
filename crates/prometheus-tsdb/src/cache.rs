//! What queries have read of blocks' indexes, so that the next one finds it: series, and which of them a matcher
//! chooses.
//!
//! It is bounded. What was asked for lately is in the younger of two halves; when that is full, it takes the place
//! of the older one, which is forgotten. An index never changes, so that nothing in here is ever wrong.

use std::sync::{Arc, Mutex, MutexGuard};

use hashbrown::HashMap;
use regain_model::{KeySeed, Labels, Matcher, SeriesKey};
use regain_storage::Result;

use crate::index::{ChunkMeta, Index, IndexedSeries};

/// The memory that series take at most, roughly.
const SERIES_BYTES_MAX: usize = 48 << 20;
/// The memory that lists of series take at most.
const LISTS_BYTES_MAX: usize = 16 << 20;
/// Series of a query that wants more than this are not kept: they would drive everything else out.
const SERIES_OF_QUERY_MAX: usize = 32 << 10;
/// What an entry takes beside what hangs on it, roughly.
const ENTRY_BYTES: usize = 128;

/// Labels with their key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) key: SeriesKey,
    pub(crate) labels: Labels,
}

impl Named {
    pub(crate) fn new(seed: KeySeed, labels: Labels) -> Self {
        Self { key: SeriesKey::of_labels(seed, &labels), labels }
    }
}

/// A series as a block has it.
#[derive(Debug)]
pub(crate) struct KnownSeries {
    pub(crate) named: Arc<Named>,
    pub(crate) reference: u32,
    pub(crate) chunks: Box<[ChunkMeta]>,
}

impl KnownSeries {
    fn new(seed: KeySeed, series: IndexedSeries) -> Self {
        let IndexedSeries { reference, labels, chunks } = series;
        let named = Arc::new(Named::new(seed, labels));
        Self { named, reference, chunks: chunks.into() }
    }

    fn size_bytes(&self) -> usize {
        let labels = self.named.labels.iter().map(|(name, value)| name.len() + value.len() + 2);
        ENTRY_BYTES + labels.sum::<usize>() + size_of_val(&*self.chunks)
    }
}

/// What was read, for all blocks of a directory.
#[derive(Debug)]
pub(crate) struct Cache {
    series: Mutex<Halves<SeriesPlace, Arc<KnownSeries>>>,
    lists: Mutex<Halves<Question, Arc<[u32]>>>,
}

/// The number of an index, and a reference in it.
type SeriesPlace = (u64, u32);
/// The number of an index, whether a matcher is to be satisfied, and the matcher.
type Question = (u64, bool, String);

impl Default for Cache {
    fn default() -> Self {
        Self {
            series: Mutex::new(Halves::new(SERIES_BYTES_MAX)),
            lists: Mutex::new(Halves::new(LISTS_BYTES_MAX)),
        }
    }
}

impl Cache {
    /// The series with these references, which ascend, in this order; they are some of the `wanted` ones
    /// of a query.
    pub(crate) fn series(
        &self,
        (index, seed): (&Index, KeySeed),
        references: &[u32],
        wanted: usize,
    ) -> Result<Vec<Arc<KnownSeries>>> {
        let known = |series| Arc::new(KnownSeries::new(seed, series));
        if wanted > SERIES_OF_QUERY_MAX {
            return Ok(index.series(references)?.into_iter().map(known).collect());
        }
        let number = index.number();
        let mut found: Vec<Option<Arc<KnownSeries>>> = {
            let mut series = lock(&self.series);
            references.iter().map(|&reference| series.get(&(number, reference))).collect()
        };
        let missing = references.iter().zip(&found).filter(|(_, found)| found.is_none());
        let missing: Vec<u32> = missing.map(|(&reference, _)| reference).collect();
        if !missing.is_empty() {
            let read: Vec<Arc<KnownSeries>> =
                index.series(&missing)?.into_iter().map(known).collect();
            let mut series = lock(&self.series);
            for one in &read {
                series.put((number, one.reference), Arc::clone(one), one.size_bytes());
            }
            drop(series);
            let places = found.iter_mut().filter(|found| found.is_none());
            places.zip(read).for_each(|(place, one)| *place = Some(one));
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// The length of such a list as [`list`](Self::list) gives, if that is known.
    pub(crate) fn count(
        &self,
        index: &Index,
        (matcher, satisfies): (&Matcher, bool),
    ) -> Option<usize> {
        let key = (index.number(), satisfies, matcher.to_string());
        lock(&self.lists).get(&key).map(|list| list.len())
    }

    /// The list of the series that have a value which satisfies a matcher, or one that does not, as `find` finds it.
    pub(crate) fn list(
        &self,
        index: &Index,
        (matcher, satisfies): (&Matcher, bool),
        find: impl FnOnce() -> Result<Vec<u32>>,
    ) -> Result<Arc<[u32]>> {
        let key = (index.number(), satisfies, matcher.to_string());
        if let Some(list) = lock(&self.lists).get(&key) {
            return Ok(list);
        }
        let list: Arc<[u32]> = find()?.into();
        let size_bytes = ENTRY_BYTES + key.2.len() + size_of_val(&*list);
        lock(&self.lists).put(key, Arc::clone(&list), size_bytes);
        Ok(list)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no holder of this lock panics")
}

/// Two maps, of which one is younger.
#[derive(Debug)]
struct Halves<K, V> {
    young: HashMap<K, (V, usize)>,
    old: HashMap<K, (V, usize)>,
    /// The memory that the younger one takes.
    bytes: usize,
    bytes_max: usize,
}

impl<K: Eq + std::hash::Hash, V: Clone> Halves<K, V> {
    fn new(bytes_max: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), bytes: 0, bytes_max }
    }

    fn get(&mut self, key: &K) -> Option<V> {
        if let Some((value, _)) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, (value, bytes)) = self.old.remove_entry(key)?;
        self.put(key, value.clone(), bytes);
        Some(value)
    }

    fn put(&mut self, key: K, value: V, bytes: usize) {
        if bytes > self.bytes_max / 2 {
            return;
        }
        if self.bytes + bytes > self.bytes_max / 2 {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += bytes;
        if let Some((_, before)) = self.young.insert(key, (value, bytes)) {
            self.bytes -= before;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Halves;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let mut halves = Halves::new(20);
        for number in 0..1000 {
            halves.put(number, number * 2, 1);
            assert_eq!(halves.get(&0), Some(0), "after {number}");
            assert!(halves.young.len() + halves.old.len() <= 20);
        }
        assert_eq!(halves.get(&999), Some(1998));
        assert_eq!(halves.get(&500), None);
        halves.put(-1, 1, 11);
        assert_eq!((halves.get(&-1), halves.get(&999)), (None, Some(1998)));
    }
}
