//! The series a target exposed last time, in their order.
//!
//! Most expositions repeat the lines of the one before. The cache therefore predicts the next line, and the reader
//! compares the body with the expected text. A hit costs a comparison and gives the series' reference. Only after a miss
//! is a hash table built over the texts, kept as long as there are misses and then dropped. A steady target pays 12
//! bytes for each series, and its texts share the memory of other targets' equal ones.
//!
//! Invariants: entries are in the order of the last scrape that went through; no text occurs twice; an entry's mark
//! says in which iteration it was seen, whether a staleness marker is due when it vanishes, and whether one was due
//! before this iteration.

mod index;
mod mark;
mod texts;

use std::sync::Arc;

use regain_storage::SeriesRef;

pub(crate) use self::texts::SharedTexts;

use self::index::Index;
use self::mark::Mark;
use self::texts::{Cursor, Texts};

/// Says how far ahead the expected series is looked for when it has moved.
const LOOK_AHEAD: usize = 4;

/// Bounds the entries that failed scrapes may add, beside as many as the last good one had.
const FAILED_ENTRIES_MAX: usize = 1000;

/// Stands for a series that metric relabelling dropped.
const DROPPED: SeriesRef = SeriesRef(u64::MAX);

/// Remembers the series of one target.
#[derive(Debug, Default)]
pub(crate) struct SeriesCache {
    shared: Arc<SharedTexts>,
    texts: Texts,
    /// Holds the reference of each entry.
    series: Vec<SeriesRef>,
    /// Holds the mark of each entry.
    marks: Vec<Mark>,
    index: Option<Index>,
    iteration: u32,
    under_way: bool,
    /// Is the entry that should come next.
    cursor: Cursor,
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

/// Reports that a target has more series, or more text in them, than the cache can address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CacheFull;

impl SeriesCache {
    /// Creates an empty cache whose texts are shared with others.
    pub(crate) fn new(shared: &Arc<SharedTexts>) -> Self {
        Self { shared: Arc::clone(shared), ..Self::default() }
    }

    /// Starts an iteration over a new body. One that was never ended goes on, and must then fail.
    pub(crate) fn begin(&mut self) {
        if self.under_way {
            return;
        }
        self.under_way = true;
        self.iteration = Mark::next_iteration(self.iteration);
        self.cursor = Cursor::default();
        self.known = self.series.len();
        self.order = None;
        self.due_again = 0;
        self.due_now = 0;
    }

    /// Returns the number of series that are remembered, dropped ones included.
    pub(crate) fn len(&self) -> usize {
        self.series.len()
    }

    /// Returns the memory that the cache holds, in bytes. Texts that targets share count in equal parts.
    pub(crate) fn size_bytes(&self) -> usize {
        self.series.capacity() * size_of::<SeriesRef>()
            + self.marks.capacity() * size_of::<Mark>()
            + self.texts.size_bytes()
            + self.index.as_ref().map_or(0, Index::size_bytes)
    }

    /// Returns the text of the series that should come next.
    #[inline]
    pub(crate) fn expected(&self) -> Option<&[u8]> {
        self.texts.at(self.cursor)
    }

    /// Takes the expected series as seen.
    #[inline]
    pub(crate) fn hit(&mut self, tracked: bool) -> Hit {
        let at = self.cursor.at;
        self.texts.advance(&mut self.cursor);
        self.see(at, tracked)
    }

    /// Returns the texts of the series that should come next, as many as lie together.
    #[inline]
    pub(crate) fn expected_run(&self) -> Option<impl Iterator<Item = &[u8]>> {
        self.texts.run(self.cursor)
    }

    /// Takes the first series of [`Self::expected_run`] as seen and tracked, and returns the number of the first and the
    /// references of all. Where one of them is dropped or repeated, nothing is done.
    pub(crate) fn hit_run(&mut self, count: usize) -> Option<(u32, &[SeriesRef])> {
        let run = self.cursor.at..self.cursor.at + count;
        let (series, marks) = (&self.series[run.clone()], &mut self.marks[run.clone()]);
        let iteration = self.iteration;
        let is_repeated = marks.iter().fold(false, |any, mark| any | mark.is_of(iteration));
        if is_repeated || self.order.is_some() || series.contains(&DROPPED) {
            return None;
        }
        self.due_now += count;
        for mark in marks {
            *mark = mark.seen(iteration, true);
            self.due_again += usize::from(mark.was_due(iteration));
        }
        self.texts.advance_by(&mut self.cursor, count);
        let first = u32::try_from(run.start).expect("checked at insertion");
        Some((first, series))
    }

    /// Finds a series that was not the expected one, and expects its successor from now on.
    pub(crate) fn find(&mut self, text: &[u8], tracked: bool) -> Option<Hit> {
        self.diverge();
        let at = self.find_ahead(text).or_else(|| self.find_anywhere(text))?;
        let hit = self.see(at, tracked);
        if at < self.known && !hit.repeated {
            self.cursor = self.texts.cursor(at + 1);
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
        let at = self.series.len();
        let number = u32::try_from(at).map_err(|_| CacheFull)?;
        if !self.texts.add(text) {
            return Err(CacheFull);
        }
        self.series.push(series.unwrap_or(DROPPED));
        self.marks.push(Mark::unseen());
        if let Some(index) = &mut self.index {
            index.insert(text, number, |at| self.texts.get(at as usize));
        }
        Ok(self.see(at, tracked))
    }

    /// Takes back that a marker is due when the entry vanishes: its sample was refused.
    pub(crate) fn untrack(&mut self, entry: u32) {
        let mark = &mut self.marks[entry as usize];
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
        self.texts.get(entry as usize)
    }

    /// Returns the reference of an entry.
    pub(crate) fn series_of(&self, entry: u32) -> SeriesRef {
        self.series[entry as usize]
    }

    /// Gives an entry another reference, because the store has forgotten the one it had.
    pub(crate) fn set_series(&mut self, entry: u32, series: SeriesRef) {
        self.series[entry as usize] = series;
    }

    /// Names the series that vanished since the last iteration.
    pub(crate) fn for_each_vanished(&self, mut vanished: impl FnMut(SeriesRef)) {
        if self.due_again == self.due_before {
            return;
        }
        for (&series, mark) in self.series.iter().zip(&self.marks) {
            if mark.vanished(self.iteration) {
                vanished(series);
            }
        }
    }

    /// Ends an iteration whose samples were taken: what was not seen is forgotten.
    pub(crate) fn finish(&mut self) {
        self.under_way = false;
        self.due_before = self.due_now;
        let repeats = self.order.is_none() && self.cursor.at == self.series.len();
        if repeats {
            self.index = None;
        } else {
            self.diverge();
            let order = self.order.take().unwrap_or_default();
            self.texts.keep(&order, &self.shared);
            self.series = order.iter().map(|&at| self.series[at as usize]).collect();
            self.marks = order.iter().map(|&at| self.marks[at as usize]).collect();
            if self.index.is_some() {
                self.build_index();
            }
        }
        self.succeeded = self.series.len();
    }

    /// Names all series that were live before this iteration, and ends it: nothing of it was taken.
    ///
    /// What is new in it is remembered, for the next scrape may fail in the same way. Returns whether that had become
    /// too much, so that all that failed scrapes have added was forgotten.
    pub(crate) fn fail(&mut self, mut vanished: impl FnMut(SeriesRef)) -> bool {
        for (&series, mark) in self.series.iter().zip(&self.marks).take(self.known) {
            if mark.was_due(self.iteration) {
                vanished(series);
            }
        }
        let flush = self.series.len() > 2 * self.succeeded + FAILED_ENTRIES_MAX;
        if flush {
            self.texts.truncate(self.succeeded, &self.shared);
            self.series.truncate(self.succeeded);
            self.marks.truncate(self.succeeded);
        } else {
            self.texts.settle(&self.shared);
        }
        self.index = None;
        self.under_way = false;
        self.due_before = 0;
        // What this iteration saw must not count as live in the next.
        self.iteration = Mark::next_iteration(self.iteration);
        flush
    }

    #[inline]
    fn see(&mut self, at: usize, tracked: bool) -> Hit {
        let number = u32::try_from(at).expect("the number of entries was checked at insertion");
        let (series, mark) = (self.series[at], &mut self.marks[at]);
        let repeated = mark.is_of(self.iteration);
        let series = (series != DROPPED).then_some(series);
        if repeated {
            return Hit { entry: number, series, repeated };
        }
        let tracked = tracked && series.is_some();
        *mark = mark.seen(self.iteration, tracked);
        self.due_now += usize::from(tracked);
        self.due_again += usize::from(tracked && mark.was_due(self.iteration));
        if let Some(order) = &mut self.order {
            order.push(number);
        }
        Hit { entry: number, series, repeated }
    }

    /// Starts to note the order, which so far was the expected one.
    fn diverge(&mut self) {
        if self.order.is_none() {
            let so_far =
                u32::try_from(self.cursor.at).expect("there are no more entries than that");
            let mut order = Vec::with_capacity(self.series.len() + 1);
            order.extend(0..so_far);
            self.order = Some(order);
        }
    }

    /// Looks for a text among those that are expected soon.
    fn find_ahead(&self, text: &[u8]) -> Option<usize> {
        let mut cursor = self.cursor;
        for _ in 0..LOOK_AHEAD {
            if self.texts.at(cursor)? == text {
                return Some(cursor.at);
            }
            self.texts.advance(&mut cursor);
        }
        None
    }

    fn find_anywhere(&mut self, text: &[u8]) -> Option<usize> {
        if self.index.is_none() {
            self.build_index();
        }
        let index = self.index.as_ref()?;
        index.find(text, |at| self.texts.get(at as usize)).map(|at| at as usize)
    }

    fn build_index(&mut self) {
        let mut index = Index::with_capacity(self.series.len());
        let len = u32::try_from(self.series.len()).expect("checked at insertion");
        for at in 0..len {
            let text = |at| self.texts.get(at as usize);
            index.insert(text(at), at, text);
        }
        self.index = Some(index);
    }
}

#[cfg(test)]
mod tests;
