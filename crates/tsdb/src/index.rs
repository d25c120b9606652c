//! The index of the series in memory, those that are written or were a short time ago: labels, keys, postings.
//!
//! One table of texts, one of pairs, one of series; ids ascend and mean nothing outside.
//! A new series is written into `pending`, from which the series log takes it before the first
//! row that uses it reaches the write-ahead log.

mod census;
mod matching;
mod names;
mod postings;
mod symbols;
mod table;

use hashbrown::HashMap;
use regain_model::{KeySeed, Labels, SeriesKey};

pub(crate) use census::{Census, Counted};
pub(crate) use names::NameEntry;
pub(crate) use postings::{IdSet, Postings};
pub(crate) use symbols::{Pairs, Symbols};
pub(crate) use table::{Place, Sealed, Series, SeriesTable};

use crate::series_log::Definitions;

/// How many labels a series has, roughly.
const LABELS_GUESS: usize = 16;

/// The series of a store.
#[derive(Debug)]
pub(crate) struct Index {
    seed: KeySeed,
    pub(crate) symbols: Symbols,
    pub(crate) pairs: Pairs,
    pub(crate) postings: Vec<Postings>,
    pub(crate) names: HashMap<u32, NameEntry>,
    labels: Vec<u32>,
    pub(crate) series: SeriesTable,
    /// Second and further places of series that several lanes write.
    places: HashMap<u32, Vec<Place>>,
    /// The number of series that have a place.
    active: usize,
    census: Census,
    /// What the series log has not taken yet.
    pub(crate) pending: Definitions,
    /// Labels of series that have left.
    dead_labels: usize,
    /// Series that left for an archive, with their labels, which are here until the tables are rebuilt.
    departed: HashMap<u32, (u32, u16)>,
}

/// Why a series was not created.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Another series has its key.
    Collision(SeriesKey),
    /// A table is full.
    Full,
}

impl Index {
    pub(crate) fn new(seed: KeySeed) -> Self {
        Self {
            seed,
            symbols: Symbols::default(),
            pairs: Pairs::default(),
            postings: Vec::new(),
            names: HashMap::new(),
            labels: Vec::new(),
            series: SeriesTable::default(),
            places: HashMap::new(),
            active: 0,
            census: Census::default(),
            pending: Definitions::default(),
            dead_labels: 0,
            departed: HashMap::new(),
        }
    }

    pub(crate) const fn seed(&self) -> KeySeed {
        self.seed
    }

    /// The pairs of a series, in the order of the names' text.
    pub(crate) fn labels_of(&self, series: &Series) -> &[u32] {
        let start = series.labels_start as usize;
        &self.labels[start..start + usize::from(series.labels_len)]
    }

    /// The labels of a series as a set of their own.
    pub(crate) fn label_set(&self, series: &Series) -> Labels {
        Labels::from_sorted(self.labels_of(series).iter().map(|&pair| self.pair_texts(pair)))
    }

    /// The texts of a pair.
    pub(crate) fn pair_texts(&self, pair: u32) -> (&str, &str) {
        let (name, value) = self.pairs.get(pair);
        (self.symbols.text(name), self.symbols.text(value))
    }

    /// The series with these labels, whose key is `key`, where there is one.
    pub(crate) fn find(&self, key: SeriesKey, labels: &Labels) -> Option<Result<u32, Refused>> {
        let id = self.series.find(key)?;
        let series = self.series.get(id)?;
        let pairs = self.labels_of(series);
        let same = pairs.iter().map(|&pair| self.pair_texts(pair)).eq(labels);
        Some(if same { Ok(id) } else { Err(Refused::Collision(key)) })
    }

    /// Creates the series with these labels, whose key is `key` and which [`Self::find`] did not find.
    pub(crate) fn create(&mut self, key: SeriesKey, labels: &Labels) -> Result<u32, Refused> {
        let mut run = Vec::with_capacity(LABELS_GUESS);
        for (name, value) in labels {
            run.push(self.intern(name, value).ok_or(Refused::Full)?);
        }
        let id = self.add(key, &run).ok_or(Refused::Full)?;
        self.pending.add_series(id, &run);
        Ok(id)
    }

    /// Takes a series in again that is in an archive under this id.
    pub(crate) fn restore<'a>(
        &mut self,
        (id, key): (u32, SeriesKey),
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
        sealed: Sealed,
    ) -> Result<(), Refused> {
        if self.departed.contains_key(&id) {
            self.bring_back(id, key);
        } else {
            let mut run = Vec::with_capacity(LABELS_GUESS);
            for (name, value) in labels {
                run.push(self.intern(name, value).ok_or(Refused::Full)?);
            }
            self.add_under(id, key, &run).ok_or(Refused::Full)?;
        }
        let Some(series) = self.series.get_mut(id) else { return Err(Refused::Full) };
        // What the archive says may have been deleted since.
        (series.sealed, series.pruned) = (sealed, true);
        let (start, length) = (series.labels_start as usize, usize::from(series.labels_len));
        self.pending.add_series(id, &self.labels[start..start + length]);
        Ok(())
    }

    /// Makes a departed series one that is here; its labels are.
    fn bring_back(&mut self, id: u32, key: SeriesKey) {
        if let Some((start, length)) = self.departed.remove(&id) {
            self.dead_labels -= usize::from(length);
            self.series.insert(id, Series::new(key, start, length));
        }
    }

    /// The labels of a series that has left for an archive, as long as they are here.
    pub(crate) fn departed_labels(&self, id: u32) -> Option<Vec<(&str, &str)>> {
        let &(start, length) = self.departed.get(&id)?;
        let start = start as usize;
        let pairs = &self.labels[start..start + usize::from(length)];
        Some(pairs.iter().map(|&pair| self.pair_texts(pair)).collect())
    }

    /// The series with these labels that has left for an archive, as long as its labels are here.
    pub(crate) fn find_departed(&self, labels: &Labels) -> Option<u32> {
        let list = |(name, value): (&str, &str)| {
            let pair = self.find_pair(self.symbols.find(name)?, value)?;
            Some(IdSet::of(&self.postings[pair as usize]))
        };
        let lists: Option<Vec<IdSet>> = labels.iter().map(list).collect();
        let ids = lists?.into_iter().reduce(|all, list| all.intersect(&list))?;
        let is_it =
            |id: &u32| self.departed_labels(*id).is_some_and(|it| it.into_iter().eq(labels));
        ids.iter().find(is_it)
    }

    /// Lets a series leave that is in an archive.
    pub(crate) fn depart(&mut self, id: u32) {
        let Some(&Series { labels_start, labels_len, .. }) = self.series.get(id) else { return };
        self.remove(id);
        self.departed.insert(id, (labels_start, labels_len));
    }

    fn intern(&mut self, name: &str, value: &str) -> Option<u32> {
        let (name, new_name) = self.symbols.intern(name)?;
        if new_name {
            self.pending.add_symbol(name, self.symbols.text(name));
        }
        let (value, new_value) = self.symbols.intern(value)?;
        if new_value {
            self.pending.add_symbol(value, self.symbols.text(value));
        }
        let (pair, new_pair) = self.intern_pair(name, value)?;
        if new_pair {
            self.pending.add_pair(pair, name, value);
        }
        Some(pair)
    }

    /// The id of a pair of symbols, and whether it is new.
    pub(crate) fn intern_pair(&mut self, name: u32, value: u32) -> Option<(u32, bool)> {
        let (pair, new) = self.pairs.intern((name, value))?;
        if new {
            self.postings.push(Postings::default());
            self.names.entry(name).or_default().push(pair);
        }
        Some((pair, new))
    }

    /// Adds a series under the next id.
    pub(crate) fn add(&mut self, key: SeriesKey, run: &[u32]) -> Option<u32> {
        let id = self.series.next_id();
        self.add_under(id, key, run).map(|()| id)
    }

    /// Adds a series under an id that is free and is in no list.
    pub(crate) fn add_under(&mut self, id: u32, key: SeriesKey, run: &[u32]) -> Option<()> {
        let start = u32::try_from(self.labels.len()).ok()?;
        let length = u16::try_from(run.len()).ok()?;
        if id == u32::MAX {
            return None;
        }
        self.labels.extend_from_slice(run);
        self.series.insert(id, Series::new(key, start, length));
        for &pair in run {
            self.postings[pair as usize].insert(id);
        }
        Some(())
    }

    /// Defines a series as the series log says: under an id that is new, or that it had before it left for an archive.
    /// False when that makes no sense.
    pub(crate) fn define(&mut self, id: u32, key: SeriesKey, run: &[u32]) -> bool {
        let same = |labels: &[u32]| labels == run;
        if let Some(series) = self.series.get(id) {
            return same(self.labels_of(series));
        }
        if let Some(&(start, length)) = self.departed.get(&id) {
            let start = start as usize;
            let is_it = same(&self.labels[start..start + usize::from(length)]);
            if is_it && self.make_way(key, run) {
                self.bring_back(id, key);
            }
            return is_it;
        }
        self.make_way(key, run) && self.add_under(id, key, run).is_some()
    }

    /// Notes that a lane's slot belongs to a series, and returns its places before.
    pub(crate) fn add_place(&mut self, id: u32, place: Place) -> Vec<Place> {
        let Some(series) = self.series.get_mut(id) else { return Vec::new() };
        if series.place == Place::NONE {
            series.place = place;
            self.active += 1;
            self.count(id);
            return Vec::new();
        }
        series.shared = true;
        let first = series.place;
        let others = self.places.entry(id).or_default();
        let before = std::iter::once(first).chain(others.iter().copied()).collect();
        others.push(place);
        before
    }

    /// Notes that a lane gave a slot of a series back.
    pub(crate) fn remove_place(&mut self, id: u32, place: Place) {
        let Some(series) = self.series.get_mut(id) else { return };
        if let Some(others) = self.places.get_mut(&id) {
            others.retain(|&other| other != place);
            if series.place == place {
                series.place = others.pop().unwrap_or(Place::NONE);
            }
            if others.is_empty() {
                self.places.remove(&id);
                series.shared = false;
            }
        } else if series.place == place {
            series.place = Place::NONE;
            self.active -= 1;
        }
    }

    /// The number of series that a lane writes.
    pub(crate) const fn active(&self) -> usize {
        self.active
    }

    /// The places of a series besides its first.
    pub(crate) fn other_places(&self, id: u32) -> &[Place] {
        self.places.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Forgets series that have neither samples nor a slot, and says how many. Segments hold nothing before `floor`.
    pub(crate) fn remove_dead(&mut self, floor: i64) -> usize {
        let dead = self.series.iter().filter(|(_, series)| series.is_dead(floor));
        let dead: Vec<u32> = dead.map(|(id, _)| id).collect();
        for &id in &dead {
            self.remove(id);
        }
        dead.len()
    }

    fn remove(&mut self, id: u32) {
        self.uncount(id);
        self.dead_labels += self.series.get(id).map_or(0, |series| usize::from(series.labels_len));
        self.series.remove(id);
    }

    /// Lets an earlier definition of a series go: one that left and came back is defined again under
    /// another id. False when the key belongs to other labels.
    pub(crate) fn make_way(&mut self, key: SeriesKey, run: &[u32]) -> bool {
        let Some(id) = self.series.find(key) else { return true };
        let same = self.series.get(id).is_some_and(|series| self.labels_of(series) == run);
        if same {
            self.remove(id);
        }
        same
    }

    /// Whether series have left whose texts and lists are still here.
    pub(crate) const fn has_dead(&self) -> bool {
        self.dead_labels > 0
    }

    /// Whether a living series has this pair.
    pub(crate) fn is_alive(&self, pair: u32) -> bool {
        let ids = self.postings[pair as usize].runs().flat_map(|(start, end)| start..end);
        ids.into_iter().any(|id| self.series.get(id).is_some())
    }

    /// The number of living series that have each pair.
    pub(crate) fn series_by_pair(&self) -> Vec<u64> {
        if !self.has_dead() {
            return self.postings.iter().map(|list| list.count() as u64).collect();
        }
        let mut counts = vec![0; self.pairs.len()];
        for (_, series) in self.series.iter() {
            for &pair in self.labels_of(series) {
                counts[pair as usize] += 1;
            }
        }
        counts
    }

    /// Whether a quarter of the labels belongs to series that have left.
    pub(crate) const fn wants_rebuild(&self) -> bool {
        self.dead_labels > 0 && self.dead_labels * 4 >= self.labels.len()
    }

    /// The same series without the texts and lists that nobody uses any more. Series keep their
    /// ids; the definitions of all are pending in the result, for a new series log.
    pub(crate) fn rebuilt(&self) -> Option<Self> {
        let mut index = Self::new(self.seed);
        let mut run = Vec::new();
        for (id, series) in self.series.iter() {
            run.clear();
            for &pair in self.labels_of(series) {
                let (name, value) = self.pair_texts(pair);
                run.push(index.intern(name, value)?);
            }
            index.add_under(id, series.key(), &run)?;
            index.pending.add_series(id, &run);
            let kept = index.series.get_mut(id)?;
            let (start, length) = (kept.labels_start, kept.labels_len);
            *kept = *series;
            (kept.labels_start, kept.labels_len) = (start, length);
            if std::mem::take(&mut kept.counted) {
                index.count(id);
            }
        }
        index.forget_who_came();
        index.series.skip_to(self.series.next_id());
        index.pending.next_id = self.series.next_id();
        index.places.clone_from(&self.places);
        index.active = self.active;
        Some(index)
    }

    /// The memory held, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        let postings: usize = self.postings.iter().map(Postings::size_bytes).sum();
        self.symbols.size_bytes()
            + self.pairs.size_bytes()
            + self.postings.capacity() * size_of::<Postings>()
            + postings
            + self.labels.capacity() * 4
            + self.series.size_bytes()
    }
}
