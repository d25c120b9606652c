//! What is known about the series of one sender.
//!
//! A series is recognised by a key, the numbers of the texts that its labels consist of. Each one remembers which series
//! followed it last time. A sender repeats its order, so the next series is nearly always the one remembered, and comparing its
//! key is all it takes. The keys lie in one buffer in the order in which the series first came, which is the order in which they
//! are compared later.

use std::hash::BuildHasher as _;
use std::num::NonZeroU32;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use regain_storage::SeriesRef;

use super::texts::TextId;

/// The number of a series in the cache of its sender. There is none that is zero, so that one that is not known takes no more
/// memory than one that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EntryId(NonZeroU32);

impl EntryId {
    const fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// What is known about one series.
#[derive(Debug)]
pub(super) struct Entry {
    start: u32,
    len: u32,
    /// The series that came next last time.
    next: Option<EntryId>,
    /// The index of its lane in the sender.
    pub(super) lane: u32,
    pub(super) series: SeriesRef,
    /// The last request with a sample of the series that was not refused, or 0, and that sample's time.
    pub(super) request: u64,
    pub(super) time_ms: i64,
    /// What tells what the sender said of its metric from everything else; 0 where it said nothing.
    pub(super) said: u64,
    /// Whether no other key can stand for the same series.
    pub(super) canonical: bool,
}

impl Entry {
    /// Takes back that the request has a sample at `time_ms`, which was refused, unless it has a newer one.
    pub(super) const fn forget_sample(&mut self, time_ms: i64) {
        if self.time_ms == time_ms {
            self.request = 0;
        }
    }
}

/// Series by keys.
#[derive(Debug, Default)]
pub(super) struct Cache {
    keys: Vec<TextId>,
    entries: Vec<Entry>,
    by_key: HashTable<EntryId>,
    hasher: RandomState,
}

impl Cache {
    /// The series that followed `previous` last time. Whether it does this time, its key has to say.
    #[inline]
    pub(super) fn successor(&self, previous: Option<EntryId>) -> Option<EntryId> {
        self.entry(previous?).next
    }

    /// The series with exactly this key.
    pub(super) fn find(&self, key: &[TextId]) -> Option<EntryId> {
        self.by_key.find(self.hasher.hash_one(key), |&id| self.key(id) == key).copied()
    }

    /// Adds a series that [`Self::find`] did not find.
    pub(super) fn insert(
        &mut self,
        key: &[TextId],
        lane: u32,
        series: SeriesRef,
        canonical: bool,
    ) -> EntryId {
        let number = u32::try_from(self.entries.len() + 1).ok().and_then(NonZeroU32::new);
        let id = EntryId(number.expect("the cache's limit in bytes is below 2^32 series"));
        let len = u32::try_from(key.len()).expect("a key is shorter than its request");
        let start = u32::try_from(self.keys.len());
        let start = start.expect("the cache's limit in bytes is below 2^32 labels");
        self.keys.extend_from_slice(key);
        let (request, time_ms, said) = (0, 0, 0);
        self.entries.push(Entry {
            start,
            len,
            next: None,
            lane,
            series,
            request,
            time_ms,
            said,
            canonical,
        });
        let Self { keys, entries, by_key, hasher } = self;
        by_key.insert_unique(hasher.hash_one(key), id, |&other| {
            hasher.hash_one(key_of(keys, &entries[other.index()]))
        });
        id
    }

    /// Remembers that `next` came after `previous`.
    pub(super) fn link(&mut self, previous: Option<EntryId>, next: EntryId) {
        if let Some(previous) = previous {
            self.entry_mut(previous).next = Some(next);
        }
    }

    #[inline]
    pub(super) fn key(&self, id: EntryId) -> &[TextId] {
        key_of(&self.keys, self.entry(id))
    }

    #[inline]
    pub(super) fn entry(&self, id: EntryId) -> &Entry {
        &self.entries[id.index()]
    }

    #[inline]
    pub(super) fn entry_mut(&mut self, id: EntryId) -> &mut Entry {
        &mut self.entries[id.index()]
    }

    /// About how much memory the series take.
    pub(super) const fn size_bytes(&self) -> usize {
        // Entries and the table's slots grow by doubling, so up to twice their number is reserved.
        self.keys.len() * size_of::<TextId>()
            + self.entries.len() * (size_of::<Entry>() + 2 * size_of::<EntryId>())
    }
}

#[inline]
fn key_of<'a>(keys: &'a [TextId], entry: &Entry) -> &'a [TextId] {
    let start = entry.start as usize;
    &keys[start..start + entry.len as usize]
}
