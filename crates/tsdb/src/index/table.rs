//! The series by id: key, labels and where their samples are.

use hashbrown::HashTable;
use regain_model::SeriesKey;

/// A place in the head: a lane and one of its slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) lane: u32,
    pub(crate) slot: u32,
}

impl Place {
    /// No place: the series has no slot.
    pub(crate) const NONE: Self = Self { lane: u32::MAX, slot: 0 };
}

/// Seconds since the epoch between which segments hold samples of a series, rounded outwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) min_s: u32,
    pub(crate) max_s: u32,
}

impl Sealed {
    /// No segment holds any.
    pub(crate) const NONE: Self = Self { min_s: u32::MAX, max_s: 0 };

    /// Notes samples from `first` to `last`, in milliseconds.
    pub(crate) fn add(&mut self, first: i64, last: i64) {
        self.min_s = self.min_s.min(seconds(first.div_euclid(1000)));
        self.max_s = self.max_s.max(seconds(last.div_euclid(1000).saturating_add(1)));
    }

    /// Whether there are any.
    pub(crate) const fn is_some(self) -> bool {
        self.min_s <= self.max_s
    }

    /// A time that no sample exceeds.
    pub(crate) fn max_ms(self) -> i64 {
        if self.max_s == u32::MAX { i64::MAX } else { i64::from(self.max_s) * 1000 }
    }

    /// A time that no sample precedes.
    pub(crate) fn min_ms(self) -> i64 {
        if self.min_s == 0 { i64::MIN } else { i64::from(self.min_s) * 1000 }
    }

    /// Whether some may lie within `min..=max`, in milliseconds.
    pub(crate) fn overlaps(self, (min, max): (i64, i64)) -> bool {
        self.is_some() && self.min_ms() <= max && min <= self.max_ms()
    }

    /// Both together.
    pub(crate) fn unite(self, other: Self) -> Self {
        Self { min_s: self.min_s.min(other.min_s), max_s: self.max_s.max(other.max_s) }
    }
}

/// One series.
#[expect(clippy::struct_excessive_bools, reason = "there are millions, and a byte each is free")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Series {
    key_high: u64,
    key_low: u64,
    pub(crate) labels_start: u32,
    pub(crate) labels_len: u16,
    /// Whether further places are in the side table.
    pub(crate) shared: bool,
    /// Whether samples were deleted, so that there may be none at the end of what was sealed.
    pub(crate) pruned: bool,
    /// Whether it counts among the series of its metric and its job.
    pub(crate) counted: bool,
    /// Whether the newest of its samples that were sealed since the start is a staleness marker.
    pub(crate) stale: bool,
    pub(crate) place: Place,
    /// Where segments hold samples of it. What retention has dropped stays in it.
    pub(crate) sealed: Sealed,
}

#[expect(clippy::cast_possible_truncation, reason = "the key is split into halves")]
impl Series {
    pub(crate) const fn new(key: SeriesKey, labels_start: u32, labels_len: u16) -> Self {
        Self {
            key_high: (key.0 >> 64) as u64,
            key_low: key.0 as u64,
            labels_start,
            labels_len,
            shared: false,
            pruned: false,
            counted: false,
            stale: false,
            place: Place::NONE,
            sealed: Sealed::NONE,
        }
    }

    /// Notes that samples from `first` to `last` were sealed, and whether the last one is a staleness marker.
    pub(crate) fn add_sealed(&mut self, (first, last): (i64, i64), ends_stale: bool) {
        // What came late says nothing about the end.
        if !self.sealed.is_some() || last.saturating_add(1000) >= self.sealed.max_ms() {
            self.stale = ends_stale;
        }
        self.sealed.add(first, last);
    }

    /// Notes that samples from `first` to `last` are deleted. As long as that is remembered they count like
    /// sealed ones: the series stays, and nothing older than the last sample is taken for new.
    pub(crate) fn add_deleted(&mut self, first: i64, last: i64) {
        self.sealed.add(first, last);
        self.pruned = true;
    }

    /// Whether it has neither a slot nor samples at `floor` or later; segments hold none before.
    pub(crate) fn is_dead(&self, floor: i64) -> bool {
        self.place == Place::NONE && (!self.sealed.is_some() || self.sealed.max_ms() < floor)
    }

    pub(crate) const fn key(&self) -> SeriesKey {
        SeriesKey((self.key_high as u128) << 64 | self.key_low as u128)
    }
}

/// All series by id and by key. Ids are never given to others, so most of those that were given are of series that have
/// left: a page holds as many series as it has living ones.
#[derive(Debug, Default)]
pub(crate) struct SeriesTable {
    blocks: Vec<Option<Box<[Page; BLOCK]>>>,
    next: u32,
    by_key: HashTable<u32>,
}

/// So many ids are in a page.
const PAGE: usize = 64;

/// So many pages are in a block, which goes with the last of its series.
const BLOCK: usize = 64;

/// The living ones of 64 neighbouring ids.
#[derive(Debug, Default)]
struct Page {
    /// Which ids are alive, the first in the lowest bit.
    alive: u64,
    /// Their series, ascending.
    series: Vec<Series>,
}

impl Page {
    /// Where a living id is among the series.
    #[inline]
    fn rank(&self, at: usize) -> Option<usize> {
        let before = self.alive & ((1 << at) - 1);
        (self.alive & 1 << at != 0).then_some(before.count_ones() as usize)
    }

    fn insert(&mut self, at: usize, series: Series) {
        let before = (self.alive & ((1 << at) - 1)).count_ones() as usize;
        self.alive |= 1 << at;
        self.series.insert(before, series);
    }

    fn remove(&mut self, at: usize) {
        let Some(rank) = self.rank(at) else { return };
        self.series.remove(rank);
        self.alive &= !(1 << at);
        if self.series.len() * 2 <= self.series.capacity() {
            self.series.shrink_to_fit();
        }
    }
}

/// The block, the page in it, and the place in the page of an id.
#[inline]
const fn split(id: u32) -> (usize, usize, usize) {
    let at = id as usize;
    (at / (PAGE * BLOCK), at / PAGE % BLOCK, at % PAGE)
}

#[inline]
fn lookup(blocks: &[Option<Box<[Page; BLOCK]>>], id: u32) -> Option<&Series> {
    let (block, page, at) = split(id);
    let page = &blocks.get(block)?.as_ref()?[page];
    page.series.get(page.rank(at)?)
}

#[expect(clippy::cast_possible_truncation, reason = "the key is split into halves")]
const fn hash_key(key: SeriesKey) -> u64 {
    // The key is a hash already; the bucket part spreads the series of one histogram.
    ((key.0 >> 32) as u64) ^ (key.0 as u64).rotate_left(40)
}

impl SeriesTable {
    /// The id that the next series gets.
    pub(crate) const fn next_id(&self) -> u32 {
        self.next
    }

    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<&Series> {
        lookup(&self.blocks, id)
    }

    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut Series> {
        let (block, page, at) = split(id);
        let page = &mut self.blocks.get_mut(block)?.as_mut()?[page];
        let rank = page.rank(at)?;
        page.series.get_mut(rank)
    }

    pub(crate) fn find(&self, key: SeriesKey) -> Option<u32> {
        self.by_key
            .find(hash_key(key), |&id| self.get(id).is_some_and(|series| series.key() == key))
            .copied()
    }

    /// Adds a series under an id that no living series has.
    pub(crate) fn insert(&mut self, id: u32, series: Series) {
        let (block, page, at) = split(id);
        if block >= self.blocks.len() {
            self.blocks.resize_with(block + 1, || None);
        }
        let pages = self.blocks[block]
            .get_or_insert_with(|| Box::new(std::array::from_fn(|_| Page::default())));
        if id == self.next && pages[page].series.capacity() == 0 {
            // Others follow.
            pages[page].series.reserve_exact(PAGE - at);
        }
        pages[page].insert(at, series);
        self.skip_to(id.saturating_add(1));
        let Self { blocks, by_key, .. } = self;
        by_key.insert_unique(hash_key(series.key()), id, |&other| {
            let series = lookup(blocks, other);
            hash_key(series.expect("the table of keys names living series").key())
        });
    }

    /// Leaves ids without a series up to `id`, which then is the next.
    pub(crate) fn skip_to(&mut self, id: u32) {
        self.next = self.next.max(id);
    }

    /// Forgets a series.
    pub(crate) fn remove(&mut self, id: u32) {
        let Some(series) = self.get(id) else { return };
        let hash = hash_key(series.key());
        if let Ok(entry) = self.by_key.find_entry(hash, |&other| other == id) {
            entry.remove();
        }
        let (block, page, at) = split(id);
        let Some(pages) = self.blocks[block].as_mut() else { return };
        pages[page].remove(at);
        if pages[page].alive == 0 && pages.iter().all(|page| page.alive == 0) {
            self.blocks[block] = None;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// The living series with their ids, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Series)> {
        let blocks = (0..).zip(&self.blocks);
        let blocks = blocks.filter_map(|(at, block)| Some((at, block.as_ref()?)));
        let pages = blocks.flat_map(|(block, pages)| {
            (0..).zip(pages.iter()).map(move |(at, page)| ((block * BLOCK + at) * PAGE, page))
        });
        pages.flat_map(|(first, page)| {
            let alive = (0..PAGE).filter(|at| page.alive & 1 << at != 0);
            let ids = alive.map(move |at| u32::try_from(first + at).expect("ids have 32 bits"));
            ids.zip(&page.series)
        })
    }

    /// The memory held, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        let blocks = self.blocks.iter().flatten();
        let series: usize = blocks
            .map(|pages| {
                let series = pages.iter().map(|page| page.series.capacity()).sum::<usize>();
                size_of_val(&**pages) + series * size_of::<Series>()
            })
            .sum();
        self.blocks.capacity() * size_of::<usize>() + series + self.by_key.allocation_size()
    }
}

fn seconds(seconds: i64) -> u32 {
    u32::try_from(seconds.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::collections::btree_map::Entry;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn series_are_where_their_ids_say(
            steps in prop::collection::vec((any::<bool>(), 0..10_000_u32), 0..200),
        ) {
            let (mut table, mut expected) = (SeriesTable::default(), BTreeMap::new());
            for (adds, id) in steps {
                if !adds {
                    table.remove(id);
                    expected.remove(&id);
                } else if let Entry::Vacant(entry) = expected.entry(id) {
                    let key = SeriesKey(u128::from(id) << 32);
                    table.insert(id, Series::new(key, id, 1));
                    entry.insert(key);
                }
            }
            prop_assert!(table.iter().map(|(id, series)| (id, series.key())).eq(expected.clone()));
            prop_assert_eq!(table.len(), expected.len());
            for (id, key) in expected {
                prop_assert!(id < table.next_id());
                prop_assert_eq!(table.get(id).map(Series::key), Some(key));
                prop_assert_eq!(table.find(key), Some(id));
            }
        }
    }
}
