//! What is known about the series of one sender.
//!
//! A series is recognised by the bytes of its labels as they lie in the request. Each one remembers which
//! series followed it last time. A sender repeats its order, so the next series is nearly always the one
//! remembered, and comparing its bytes is all it takes. The bytes lie in one buffer in the order in which
//! the series first came, which is the order in which they are compared later.

use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use regain_storage::SeriesRef;

use super::v1::LABEL_TAG;

/// The index of a series in the cache of its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EntryId(u32);

/// What is known about one series.
#[derive(Debug)]
pub(super) struct Entry {
    start: usize,
    len: u32,
    /// The series that came next last time.
    next: Option<EntryId>,
    /// The index of its lane in the sender.
    pub(super) lane: u32,
    pub(super) series: SeriesRef,
    /// The last request with a sample of the series, and that sample's time.
    pub(super) request: u64,
    pub(super) time_ms: i64,
    /// Whether no other bytes can stand for the same series.
    pub(super) canonical: bool,
}

#[derive(Debug, Default)]
pub(super) struct Cache {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    by_bytes: HashTable<EntryId>,
    hasher: RandomState,
}

impl Cache {
    /// The series that starts `message`, if it is the one that followed `previous` last time.
    #[inline]
    pub(super) fn predict(&self, previous: Option<EntryId>, message: &[u8]) -> Option<EntryId> {
        let next = self.entry(previous?).next?;
        let raw = self.raw(next);
        // Another label behind the known ones makes another series.
        let ends = message.get(raw.len()) != Some(&LABEL_TAG);
        (ends && message.starts_with(raw)).then_some(next)
    }

    /// The series with exactly these labels.
    pub(super) fn find(&self, raw: &[u8]) -> Option<EntryId> {
        self.by_bytes.find(self.hasher.hash_one(raw), |&id| self.raw(id) == raw).copied()
    }

    /// Adds a series that [`Self::find`] did not find.
    pub(super) fn insert(
        &mut self,
        raw: &[u8],
        lane: u32,
        series: SeriesRef,
        canonical: bool,
    ) -> EntryId {
        let index = u32::try_from(self.entries.len());
        let id = EntryId(index.expect("the cache's limit in bytes is below 2^32 series"));
        let len = u32::try_from(raw.len()).expect("a series is shorter than its request");
        let start = self.bytes.len();
        self.bytes.extend_from_slice(raw);
        let (request, time_ms) = (0, 0);
        self.entries.push(Entry {
            start,
            len,
            next: None,
            lane,
            series,
            request,
            time_ms,
            canonical,
        });
        let Self { bytes, entries, by_bytes, hasher } = self;
        by_bytes.insert_unique(hasher.hash_one(raw), id, |&other| {
            hasher.hash_one(bytes_of(bytes, &entries[other.0 as usize]))
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
    pub(super) fn raw(&self, id: EntryId) -> &[u8] {
        bytes_of(&self.bytes, self.entry(id))
    }

    #[inline]
    pub(super) fn entry(&self, id: EntryId) -> &Entry {
        &self.entries[id.0 as usize]
    }

    #[inline]
    pub(super) fn entry_mut(&mut self, id: EntryId) -> &mut Entry {
        &mut self.entries[id.0 as usize]
    }

    /// About how much memory the series take.
    pub(super) const fn size_bytes(&self) -> usize {
        // Entries and the table's slots grow by doubling, so up to twice their number is reserved.
        self.bytes.len() + self.entries.len() * (size_of::<Entry>() + 2 * size_of::<EntryId>())
    }
}

#[inline]
fn bytes_of<'a>(bytes: &'a [u8], entry: &Entry) -> &'a [u8] {
    &bytes[entry.start..entry.start + entry.len as usize]
}
