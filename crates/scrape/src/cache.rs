//! The series a target exposed last time, in their order.
//!
//! Most expositions repeat the lines of the one before. The cache therefore predicts the next line: its texts lie one
//! after the other in one arena, and the reader compares the body with the expected text. A hit costs a comparison and
//! gives the series' reference. Only after a miss is a hash table built over the texts, kept as long as there are
//! misses and then dropped, so that a steady target pays 16 bytes and its text for each series.
//!
//! Invariants: entries are in the order of the last scrape that went through; no text occurs twice; an entry's mark
//! says in which iteration it was seen, whether a staleness marker is due when it vanishes, and whether one was due
//! before this iteration.

mod index;
mod mark;

use regain_storage::SeriesRef;

use self::index::Index;
use self::mark::Mark;

/// Says how far ahead the expected series is looked for when it has moved.
const LOOK_AHEAD: usize = 4;

/// Bounds the entries that failed scrapes may add, beside as many as the last good one had.
const FAILED_ENTRIES_MAX: usize = 1000;

/// Stands for a series that metric relabelling dropped.
const DROPPED: SeriesRef = SeriesRef(u64::MAX);

#[derive(Debug, Clone, Copy)]
struct Entry {
    series: SeriesRef,
    text_end: u32,
    mark: Mark,
}

/// Remembers the series of one target.
#[derive(Debug, Default)]
pub(crate) struct SeriesCache {
    texts: Vec<u8>,
    entries: Vec<Entry>,
    index: Option<Index>,
    iteration: u32,
    under_way: bool,
    /// Is the entry that should come next.
    cursor: usize,
    /// Is the number of entries that this iteration found.
    known: usize,
    /// Holds the order of this iteration since it differed from the one before.
    order: Option<Vec<u32>>,
    /// Counts the entries that were due a marker at the end of the last iteration.
    due_before: usize,
    /// Is the number of entries after the last scrape that went through; they come first.
    succeeded: usize,
    due_again: usize,
    due_now: usize,
}

/// Is what the cache knows about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) entry: u32,
    /// Is absent for a dropped series.
    pub(crate) series: Option<SeriesRef>,
    /// Tells that the series was seen in this iteration already.
    pub(crate) repeated: bool,
}

/// Reports that the texts of a target's series exceed what the cache can address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CacheFull;

impl SeriesCache {
    /// Starts an iteration over a new body. One that was never ended goes on, and must then fail.
    pub(crate) fn begin(&mut self) {
        if self.under_way {
            return;
        }
        self.under_way = true;
        self.iteration = Mark::next_iteration(self.iteration);
        self.cursor = 0;
        self.known = self.entries.len();
        self.order = None;
        self.due_again = 0;
        self.due_now = 0;
    }

    /// Returns the number of series that are remembered, dropped ones included.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the memory that the cache holds, in bytes.
    #[cfg(test)]
    pub(crate) fn size_bytes(&self) -> usize {
        self.texts.capacity() + self.entries.capacity() * size_of::<Entry>()
    }

    /// Returns the text of the series that should come next.
    #[inline]
    pub(crate) fn expected(&self) -> Option<&[u8]> {
        (self.cursor < self.known).then(|| self.text(self.cursor))
    }

    /// Takes the expected series as seen.
    #[inline]
    pub(crate) fn hit(&mut self, tracked: bool) -> Hit {
        let at = self.cursor;
        self.cursor += 1;
        self.see(at, tracked)
    }

    /// Finds a series that was not the expected one, and expects its successor from now on.
    pub(crate) fn find(&mut self, text: &[u8], tracked: bool) -> Option<Hit> {
        self.diverge();
        let near = self.cursor..self.known.min(self.cursor + LOOK_AHEAD);
        let found = near.into_iter().find(|&at| self.text(at) == text);
        let at = found.or_else(|| self.find_anywhere(text))?;
        let hit = self.see(at, tracked);
        if at < self.known && !hit.repeated {
            self.cursor = at + 1;
        }
        Some(hit)
    }

    /// Remembers a series, a dropped one as `None`, that [`Self::find`] did not find.
    pub(crate) fn insert(
        &mut self,
        text: &[u8],
        series: Option<SeriesRef>,
        tracked: bool,
    ) -> Result<Hit, CacheFull> {
        self.diverge();
        let text_end = u32::try_from(self.texts.len() + text.len()).map_err(|_| CacheFull)?;
        let at = self.entries.len();
        let number = u32::try_from(at).map_err(|_| CacheFull)?;
        self.texts.extend_from_slice(text);
        let mark = Mark::unseen();
        self.entries.push(Entry { series: series.unwrap_or(DROPPED), text_end, mark });
        if let Some(index) = &mut self.index {
            index.insert(text, number, |at| text_of(&self.texts, &self.entries, at));
        }
        Ok(self.see(at, tracked))
    }

    /// Takes back that a marker is due when the entry vanishes: its sample was refused.
    pub(crate) fn untrack(&mut self, entry: u32) {
        let mark = &mut self.entries[entry as usize].mark;
        if mark.is_tracked() {
            *mark = mark.untracked();
            self.due_now -= 1;
            self.due_again -= usize::from(mark.was_due(self.iteration));
        }
    }

    /// Tells whether the entry came in this iteration.
    pub(crate) fn is_new(&self, entry: u32) -> bool {
        entry as usize >= self.known
    }

    /// Returns the text of an entry.
    pub(crate) fn text_of(&self, entry: u32) -> &[u8] {
        self.text(entry as usize)
    }

    /// Gives an entry another reference, because the store has forgotten the one it had.
    pub(crate) fn set_series(&mut self, entry: u32, series: SeriesRef) {
        self.entries[entry as usize].series = series;
    }

    /// Names the series that vanished since the last iteration.
    pub(crate) fn for_each_vanished(&self, mut vanished: impl FnMut(SeriesRef)) {
        if self.due_again == self.due_before {
            return;
        }
        for entry in &self.entries {
            if entry.mark.vanished(self.iteration) {
                vanished(entry.series);
            }
        }
    }

    /// Ends an iteration whose samples were taken: what was not seen is forgotten.
    pub(crate) fn finish(&mut self) {
        self.under_way = false;
        self.due_before = self.due_now;
        if self.order.is_none() && self.cursor == self.entries.len() {
            self.index = None;
            self.succeeded = self.entries.len();
            return;
        }
        self.diverge();
        let order = self.order.take().unwrap_or_default();
        let mut texts = Vec::with_capacity(self.texts.len());
        let mut entries = Vec::with_capacity(order.len());
        for at in order {
            texts.extend_from_slice(self.text(at as usize));
            let text_end = u32::try_from(texts.len()).expect("the texts are a part of those before");
            entries.push(Entry { text_end, ..self.entries[at as usize] });
        }
        texts.shrink_to_fit();
        self.texts = texts;
        self.entries = entries;
        self.succeeded = self.entries.len();
        if self.index.is_some() {
            self.build_index();
        }
    }

    /// Names all series that were live before this iteration, and ends it: nothing of it was taken.
    ///
    /// What is new in it is remembered, for the next scrape may fail in the same way. Returns whether that had become
    /// too much, so that all that failed scrapes have added was forgotten.
    pub(crate) fn fail(&mut self, mut vanished: impl FnMut(SeriesRef)) -> bool {
        for entry in &self.entries[..self.known] {
            if entry.mark.was_due(self.iteration) {
                vanished(entry.series);
            }
        }
        let flush = self.entries.len() > 2 * self.succeeded + FAILED_ENTRIES_MAX;
        if flush {
            self.entries.truncate(self.succeeded);
            self.texts.truncate(self.entries.last().map_or(0, |entry| entry.text_end as usize));
        }
        self.index = None;
        self.under_way = false;
        self.due_before = 0;
        // What this iteration saw must not count as live in the next.
        self.iteration = Mark::next_iteration(self.iteration);
        flush
    }

    fn see(&mut self, at: usize, tracked: bool) -> Hit {
        let number = u32::try_from(at).expect("the number of entries was checked at insertion");
        let entry = &mut self.entries[at];
        let repeated = entry.mark.is_of(self.iteration);
        let series = (entry.series != DROPPED).then_some(entry.series);
        if repeated {
            return Hit { entry: number, series, repeated };
        }
        let tracked = tracked && series.is_some();
        entry.mark = entry.mark.seen(self.iteration, tracked);
        self.due_now += usize::from(tracked);
        self.due_again += usize::from(tracked && entry.mark.was_due(self.iteration));
        if let Some(order) = &mut self.order {
            order.push(number);
        }
        Hit { entry: number, series, repeated }
    }

    /// Starts to note the order, which so far was the expected one.
    fn diverge(&mut self) {
        if self.order.is_none() {
            let so_far = u32::try_from(self.cursor).expect("there are no more entries than that");
            let mut order = Vec::with_capacity(self.entries.len() + 1);
            order.extend(0..so_far);
            self.order = Some(order);
        }
    }

    fn find_anywhere(&mut self, text: &[u8]) -> Option<usize> {
        if self.index.is_none() {
            self.build_index();
        }
        let index = self.index.as_ref()?;
        index.find(text, |at| text_of(&self.texts, &self.entries, at)).map(|at| at as usize)
    }

    fn build_index(&mut self) {
        let mut index = Index::with_capacity(self.entries.len());
        let len = u32::try_from(self.entries.len()).expect("checked at insertion");
        for at in 0..len {
            let text = |at| text_of(&self.texts, &self.entries, at);
            index.insert(text(at), at, text);
        }
        self.index = Some(index);
    }

    fn text(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).map_or(0, |before| self.entries[before].text_end);
        &self.texts[start as usize..self.entries[at].text_end as usize]
    }
}

fn text_of<'a>(texts: &'a [u8], entries: &[Entry], at: u32) -> &'a [u8] {
    let at = at as usize;
    let start = at.checked_sub(1).map_or(0, |before| entries[before].text_end);
    &texts[start as usize..entries[at].text_end as usize]
}

#[cfg(test)]
mod tests;
