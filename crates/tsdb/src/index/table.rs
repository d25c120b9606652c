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

/// One series.
#[expect(clippy::struct_excessive_bools, reason = "there are millions, and a byte each is free")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Series {
    key_high: u64,
    key_low: u64,
    pub(crate) labels_start: u32,
    pub(crate) labels_len: u16,
    pub(crate) alive: bool,
    /// Whether further places are in the side table.
    pub(crate) shared: bool,
    /// Whether samples were deleted, so that there may be none at the end of what was sealed.
    pub(crate) pruned: bool,
    /// Whether it counts among the series of its metric and its job.
    pub(crate) counted: bool,
    pub(crate) place: Place,
    /// The number of segments that hold samples of it.
    pub(crate) segments: u32,
    /// Seconds since the epoch between which segments hold samples, rounded outwards.
    pub(crate) sealed_min_s: u32,
    pub(crate) sealed_max_s: u32,
}

#[expect(clippy::cast_possible_truncation, reason = "the key is split into halves")]
impl Series {
    pub(crate) const fn new(key: SeriesKey, labels_start: u32, labels_len: u16) -> Self {
        Self {
            key_high: (key.0 >> 64) as u64,
            key_low: key.0 as u64,
            labels_start,
            labels_len,
            alive: true,
            shared: false,
            pruned: false,
            counted: false,
            place: Place::NONE,
            segments: 0,
            sealed_min_s: u32::MAX,
            sealed_max_s: 0,
        }
    }

    /// Notes a segment with samples from `first` to `last`.
    pub(crate) fn add_segment(&mut self, first: i64, last: i64) {
        self.segments += 1;
        self.sealed_min_s = self.sealed_min_s.min(seconds(first.div_euclid(1000)));
        self.sealed_max_s = self.sealed_max_s.max(seconds(last.div_euclid(1000).saturating_add(1)));
    }

    /// Notes that samples up to `last` are deleted. As long as that is remembered it counts like a
    /// segment: the series stays, and nothing older than the last sample is taken for new.
    pub(crate) fn add_deleted(&mut self, first: i64, last: i64) {
        self.add_segment(first, last);
        self.pruned = true;
    }

    /// Notes that a segment is gone.
    pub(crate) fn remove_segment(&mut self) {
        self.segments = self.segments.saturating_sub(1);
        if self.segments == 0 {
            (self.sealed_min_s, self.sealed_max_s) = (u32::MAX, 0);
            self.pruned = false;
        }
    }

    /// A time that no sample in a segment exceeds.
    pub(crate) fn sealed_max_ms(&self) -> i64 {
        if self.sealed_max_s == u32::MAX { i64::MAX } else { i64::from(self.sealed_max_s) * 1000 }
    }

    /// A time that no sample in a segment precedes.
    pub(crate) fn sealed_min_ms(&self) -> i64 {
        if self.sealed_min_s == 0 { i64::MIN } else { i64::from(self.sealed_min_s) * 1000 }
    }

    pub(crate) const fn key(&self) -> SeriesKey {
        SeriesKey((self.key_high as u128) << 64 | self.key_low as u128)
    }
}

/// All series, in pages: ids are never reused, and a page whose series have all left is freed.
#[derive(Debug, Default)]
pub(crate) struct SeriesTable {
    pages: Vec<Option<Box<[Series]>>>,
    tail: Vec<Series>,
    by_key: HashTable<u32>,
}

const PAGE: usize = 1024;

#[expect(clippy::cast_possible_truncation, reason = "the key is split into halves")]
const fn hash_key(key: SeriesKey) -> u64 {
    // The key is a hash already; the bucket part spreads the series of one histogram.
    ((key.0 >> 32) as u64) ^ (key.0 as u64).rotate_left(40)
}

impl SeriesTable {
    /// The id that the next series gets.
    pub(crate) fn next_id(&self) -> u32 {
        u32::try_from(self.pages.len() * PAGE + self.tail.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn get(&self, id: u32) -> Option<&Series> {
        let at = id as usize;
        let series = match self.pages.get(at / PAGE) {
            Some(page) => page.as_ref()?.get(at % PAGE),
            None => self.tail.get(at.checked_sub(self.pages.len() * PAGE)?),
        };
        series.filter(|series| series.alive)
    }

    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut Series> {
        let at = id as usize;
        let sealed = self.pages.len() * PAGE;
        let series = match self.pages.get_mut(at / PAGE) {
            Some(page) => page.as_mut()?.get_mut(at % PAGE),
            None => self.tail.get_mut(at.checked_sub(sealed)?),
        };
        series.filter(|series| series.alive)
    }

    pub(crate) fn find(&self, key: SeriesKey) -> Option<u32> {
        self.by_key
            .find(hash_key(key), |&id| self.get(id).is_some_and(|series| series.key() == key))
            .copied()
    }

    /// Adds a series under the next id.
    pub(crate) fn push(&mut self, series: Series) -> u32 {
        let id = self.next_id();
        self.push_slot(series);
        let key = series.key();
        let Self { pages, tail, by_key } = self;
        by_key.insert_unique(hash_key(key), id, |&other| {
            let at = other as usize;
            let series = match pages.get(at / PAGE) {
                Some(page) => page.as_ref().map(|page| &page[at % PAGE]),
                None => tail.get(at - pages.len() * PAGE),
            };
            hash_key(series.expect("the table of keys names living series").key())
        });
        id
    }

    /// Leaves ids without a series up to `id`, which then is the next.
    pub(crate) fn skip_to(&mut self, id: u32) {
        while self.next_id() < id {
            if self.tail.is_empty() && (id - self.next_id()) as usize >= PAGE {
                self.pages.push(None);
                continue;
            }
            self.push_slot(Series { alive: false, ..Series::new(SeriesKey(0), 0, 0) });
        }
    }

    fn push_slot(&mut self, series: Series) {
        self.tail.push(series);
        if self.tail.len() == PAGE {
            let page = std::mem::take(&mut self.tail);
            let dead = page.iter().all(|series| !series.alive);
            self.pages.push(if dead { None } else { Some(page.into_boxed_slice()) });
        }
    }

    /// Forgets a series.
    pub(crate) fn remove(&mut self, id: u32) {
        let Some(series) = self.get(id) else { return };
        let hash = hash_key(series.key());
        if let Ok(entry) = self.by_key.find_entry(hash, |&other| other == id) {
            entry.remove();
        }
        if let Some(series) = self.get_mut(id) {
            series.alive = false;
        }
        let page = id as usize / PAGE;
        if let Some(slot) = self.pages.get_mut(page)
            && slot.as_ref().is_some_and(|page| page.iter().all(|series| !series.alive))
        {
            *slot = None;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// The living series with their ids, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Series)> {
        (0..self.next_id()).filter_map(|id| Some((id, self.get(id)?)))
    }

    /// The memory held, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        let pages = self.pages.iter().flatten().count() * PAGE + self.tail.capacity();
        pages * size_of::<Series>() + self.by_key.allocation_size()
    }
}

fn seconds(seconds: i64) -> u32 {
    u32::try_from(seconds.max(0)).unwrap_or(u32::MAX)
}
