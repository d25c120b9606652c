//! The ring: the last exemplars of all series, by series and time.
//!
//! What is taken and what is refused follows upstream (`tsdb/exemplar.go`, 3.14).

use std::cmp::Ordering;
use std::collections::VecDeque;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry as MapEntry;
use regain_model::{Exemplar, Labels, Matcher, SeriesKey, Span};
use regain_storage::{ExemplarVerdict, SeriesExemplars};

/// The room that the ring takes at first, in exemplars.
const FIRST_ROOM: usize = 64;

/// Numbers of the exemplars of a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExemplarStats {
    /// How many there may be.
    pub max: u64,
    /// How many there are.
    pub count: u64,
    /// The series that they belong to.
    pub series: u64,
    /// The time of the one that came first.
    pub oldest_ms: i64,
    /// Those that were taken since the start.
    pub appended: u64,
    /// Those that were staged and logged, and overtaken by a newer one before they came into the ring.
    pub out_of_order: u64,
    /// The memory that all take, with the labels of their series.
    pub bytes: u64,
}

/// The last exemplars of all series.
#[derive(Debug)]
pub(crate) struct Ring {
    max: usize,
    late_max_ms: i64,
    /// In the order in which they came.
    entries: VecDeque<Entry>,
    /// The place of the first of them, counted over the life of the ring.
    first_place: u64,
    series: HashMap<SeriesKey, Known>,
    /// The number that the next one gets.
    next_number: u64,
    appended: u64,
    out_of_order: u64,
    /// The bytes of all labels.
    text_bytes: usize,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: SeriesKey,
    pub(super) number: u64,
    pub(super) exemplar: Exemplar,
}

/// A series with exemplars.
#[derive(Debug)]
struct Known {
    labels: Labels,
    /// The places of its exemplars in the order of their times. Never empty.
    places: VecDeque<u64>,
}

impl Ring {
    /// An empty ring with room for `max` exemplars.
    pub(crate) fn new(max: usize) -> Self {
        Self {
            max,
            late_max_ms: 0,
            entries: VecDeque::new(),
            first_place: 0,
            series: HashMap::new(),
            next_number: 0,
            appended: 0,
            out_of_order: 0,
            text_bytes: 0,
        }
    }

    pub(super) const fn are_kept(&self) -> bool {
        self.max > 0
    }

    /// Sets how late an exemplar may be, and returns how late it might have been before.
    pub(super) const fn set_late_max(&mut self, late_max_ms: i64) -> i64 {
        std::mem::replace(&mut self.late_max_ms, late_max_ms)
    }

    /// Gives no number below this one any more.
    pub(super) fn number_from(&mut self, next: u64) {
        self.next_number = self.next_number.max(next);
    }

    /// Numbers for so many exemplars, the first of them.
    pub(super) fn number(&mut self, count: usize) -> u64 {
        let first = self.next_number;
        self.next_number += count as u64;
        first
    }

    /// What becomes of an exemplar that comes now.
    pub(super) fn judge(&self, key: SeriesKey, exemplar: &Exemplar) -> ExemplarVerdict {
        if !self.are_kept() {
            return ExemplarVerdict::NotKept;
        }
        if !exemplar.fits() {
            return ExemplarVerdict::TooLong;
        }
        let Some(known) = self.series.get(&key) else { return ExemplarVerdict::Accepted };
        let newest = self.at(known.newest());
        if newest.is_same(exemplar) {
            return ExemplarVerdict::Known;
        }
        let is_late = exemplar.time < newest.time
            && exemplar.time <= newest.time.saturating_sub(self.late_max_ms);
        if is_late || exemplar.time == newest.time && precedes(exemplar, newest) {
            return ExemplarVerdict::OutOfOrder;
        }
        ExemplarVerdict::Accepted
    }

    /// Takes in an exemplar that was judged when it was staged, and is once more: others may have come since.
    pub(super) fn add(
        &mut self,
        key: SeriesKey,
        number: u64,
        exemplar: Exemplar,
        labels: impl FnOnce() -> Option<Labels>,
    ) {
        match self.judge(key, &exemplar) {
            ExemplarVerdict::Accepted => {}
            ExemplarVerdict::OutOfOrder => {
                self.out_of_order += 1;
                return;
            }
            _ => return,
        }
        if self.has_late(key, &exemplar) {
            return;
        }
        if self.entries.len() >= self.max {
            self.drop_first();
        }
        let place = self.first_place + self.entries.len() as u64;
        let at = self.series.get(&key).map_or(0, |known| self.position(known, &exemplar));
        match self.series.entry(key) {
            MapEntry::Occupied(mut known) => known.get_mut().places.insert(at, place),
            MapEntry::Vacant(vacant) => {
                let Some(labels) = labels() else { return };
                self.text_bytes += labels.size_bytes();
                vacant.insert(Known { labels, places: VecDeque::from([place]) });
            }
        }
        self.text_bytes += exemplar.labels.size_bytes();
        self.make_room();
        self.entries.push_back(Entry { key, number, exemplar });
        self.appended += 1;
    }

    /// Whether the series has an exemplar at the time of one that is not its newest: that one counts as the same.
    fn has_late(&self, key: SeriesKey, exemplar: &Exemplar) -> bool {
        let Some(known) = self.series.get(&key) else { return false };
        let is_late = exemplar.time < self.at(known.newest()).time;
        let before = self.position(known, exemplar).checked_sub(1);
        is_late && before.is_some_and(|at| self.at(known.places[at]).time == exemplar.time)
    }

    /// Behind how many exemplars of its series one belongs.
    fn position(&self, known: &Known, exemplar: &Exemplar) -> usize {
        let newer = known.places.iter().rev().take_while(|&&at| self.at(at).time > exemplar.time);
        known.places.len() - newer.count()
    }

    fn at(&self, place: u64) -> &Exemplar {
        &self.entry(place).exemplar
    }

    fn entry(&self, place: u64) -> &Entry {
        let at = usize::try_from(place - self.first_place);
        &self.entries[at.expect("the ring is in memory")]
    }

    /// Forgets the exemplar that came first.
    fn drop_first(&mut self) {
        let Some(Entry { key, exemplar, .. }) = self.entries.pop_front() else { return };
        self.text_bytes -= exemplar.labels.size_bytes();
        let place = self.first_place;
        self.first_place += 1;
        let MapEntry::Occupied(mut known) = self.series.entry(key) else { return };
        let places = &mut known.get_mut().places;
        // What came first is nearly always the oldest.
        if let Some(at) = places.iter().position(|&other| other == place) {
            places.remove(at);
        }
        if places.is_empty() {
            let known = known.remove();
            self.text_bytes -= known.labels.size_bytes();
        }
    }

    /// Makes room for one more, but never for more than there may be.
    fn make_room(&mut self) {
        if self.entries.len() == self.entries.capacity() {
            let more = self.entries.len().max(FIRST_ROOM);
            self.entries.reserve_exact(more.min(self.max - self.entries.len()));
        }
    }

    /// Keeps so many from now on; of more, those that came last stay.
    pub(super) fn resize(&mut self, max: usize) {
        self.max = max;
        while self.entries.len() > max {
            self.drop_first();
        }
        self.entries.shrink_to(max);
        if max == 0 {
            self.series.shrink_to_fit();
        }
    }

    pub(super) fn select(&self, span: Span, selectors: &[Vec<Matcher>]) -> Vec<SeriesExemplars> {
        let mut selected = Vec::new();
        for known in self.series.values() {
            let exemplars = known.places.iter().map(|&place| self.at(place));
            let within = exemplars.filter(|e| span.min <= e.time && e.time <= span.max);
            if self.overlaps(known, span) && is_selected(&known.labels, selectors) {
                let exemplars: Vec<Exemplar> = within.cloned().collect();
                if !exemplars.is_empty() {
                    selected.push(SeriesExemplars { labels: known.labels.clone(), exemplars });
                }
            }
        }
        selected.sort_unstable_by(|a, b| a.labels.cmp(&b.labels));
        selected
    }

    fn overlaps(&self, known: &Known, span: Span) -> bool {
        let oldest = known.places.front().map(|&place| self.at(place).time);
        oldest.is_some_and(|oldest| oldest <= span.max) && self.at(known.newest()).time >= span.min
    }

    /// Every series with its exemplars.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Labels, impl Iterator<Item = &Entry>)> {
        self.series
            .values()
            .map(|known| (&known.labels, known.places.iter().map(|&place| self.entry(place))))
    }

    pub(super) fn stats(&self) -> ExemplarStats {
        let entries = self.entries.capacity() * size_of::<Entry>();
        let places = self.series.values().map(|known| known.places.capacity() * size_of::<u64>());
        let series = self.series.capacity() * size_of::<(SeriesKey, Known)>();
        let bytes = entries + places.sum::<usize>() + series + self.text_bytes;
        ExemplarStats {
            max: self.max as u64,
            count: self.entries.len() as u64,
            series: self.series.len() as u64,
            oldest_ms: self.entries.front().map_or(0, |entry| entry.exemplar.time.0),
            appended: self.appended,
            out_of_order: self.out_of_order,
            bytes: bytes as u64,
        }
    }
}

impl Known {
    fn newest(&self) -> u64 {
        *self.places.back().expect("a series stays as long as it has exemplars")
    }
}

/// Whether an exemplar comes before another one of the same time: by its value, then by the hash that upstream gives its labels.
fn precedes(exemplar: &Exemplar, other: &Exemplar) -> bool {
    match exemplar.value.partial_cmp(&other.value) {
        Some(Ordering::Less) => true,
        Some(Ordering::Equal) => exemplar.labels.upstream_hash() < other.labels.upstream_hash(),
        _ => false,
    }
}

fn is_selected(labels: &Labels, selectors: &[Vec<Matcher>]) -> bool {
    let matches =
        |matcher: &Matcher| matcher.matches(labels.get(matcher.name()).unwrap_or_default());
    selectors.iter().any(|matchers| matchers.iter().all(matches))
}

#[cfg(test)]
mod tests;
