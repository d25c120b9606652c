//! Finds series that have left memory: for queries, for writers to whom they come back, for merges.
//!
//! What is in memory counts more than what archives say: whoever looks here leaves out what the index has. Of two archives
//! with the same series, the newer one is right, and both have the same labels.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use regain_model::{Labels, METRIC_NAME, MatchOp, Matcher, SeriesKey};
use regain_storage::Result;

use super::Inner;
use super::evict::numbers;
use super::losses::LostSheets;
use crate::archive::sheet::Sheet;
use crate::archive::{Archive, high_of};
use crate::index::{Index, Refused, Sealed, Series};
use crate::view::View;

/// So many sheets are read at once.
const READ_SHEETS: usize = 64;

/// More sheets than these are read by those who want much, and would push out of the cache what many want.
const CACHED_SHEETS: usize = 4;

pub(super) const ALL_KEYS: RangeInclusive<u64> = 0..=u64::MAX;
const ALL_TIME: (i64, i64) = (i64::MIN, i64::MAX);

/// A series in an archive.
#[derive(Clone, Debug)]
pub(super) struct Archived {
    pub(super) sheet: Arc<Sheet>,
    pub(super) at: usize,
}

impl Archived {
    pub(super) fn key(&self) -> SeriesKey {
        self.sheet.key(self.at)
    }

    pub(super) fn id(&self) -> u32 {
        self.sheet.id(self.at)
    }

    pub(super) fn sealed(&self) -> Sealed {
        self.sheet.sealed(self.at)
    }

    pub(super) fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sheet.labels(self.at)
    }
}

/// Leaves out what is in memory.
pub(super) fn leave_out_living(found: &mut Vec<Archived>, index: &Index) {
    found.retain(|series| index.series.get(series.id()).is_none());
}

impl Inner {
    /// The series in archives that match and may have samples within `span`, each once, in no particular order. Some of
    /// them may be in memory, too.
    pub(super) fn archived(
        &self,
        view: &View,
        matchers: &[Matcher],
        span: (i64, i64),
    ) -> Result<(Vec<Archived>, LostSheets)> {
        let mut found: Vec<Archived> = Vec::new();
        let lost = self.visit_archived(view, (matchers, span), |sheet, which| {
            // Of a sheet of which little is wanted, the rest would lie in memory for nothing.
            let few = which.len() * 2 < sheet.len();
            let sheet = if few { Arc::new(sheet.extract(which)) } else { Arc::clone(sheet) };
            let places = (0..which.len()).map(|at| if few { at } else { which[at] });
            found.extend(places.map(|at| Archived { sheet: Arc::clone(&sheet), at }));
        })?;
        Ok((found, lost))
    }

    /// Calls `found` for sheets with those of their series that match and may have samples within a span; each series comes
    /// once.
    pub(super) fn visit_archived(
        &self,
        view: &View,
        (matchers, (min, max)): (&[Matcher], (i64, i64)),
        mut found: impl FnMut(&Arc<Sheet>, &[usize]),
    ) -> Result<LostSheets> {
        let span = (min.max(view.floor()), max);
        let archives = view.archives.iter().rev();
        let mut archives =
            archives.filter(|archive| archive.summary.sealed.overlaps(span)).peekable();
        let (mut newer, mut lost) = (HashSet::new(), LostSheets::default());
        while let Some(archive) = archives.next().filter(|_| span.0 <= span.1) {
            let mut here: Vec<u32> = Vec::new();
            let is_last = archives.peek().is_none();
            let within = archive.sheets_of(&self.keys_of_metric(matchers));
            let labels = self.sheets_of_labels(archive, &within, matchers)?;
            let is_wanted = |at: usize| {
                archive.overlaps(at, span) && labels.as_ref().is_none_or(|labels| labels[at])
            };
            let met = self.scan_sheets(archive, (within, &is_wanted), |sheet| {
                let mut which = sheet.matching(matchers);
                which.retain(|&at| {
                    sheet.sealed(at).overlaps(span) && !newer.contains(&sheet.id(at))
                });
                if !is_last {
                    here.extend(which.iter().map(|&at| sheet.id(at)));
                }
                if !which.is_empty() {
                    found(sheet, &which);
                }
            })?;
            newer.extend(here);
            lost.extend(met);
        }
        Ok(lost)
    }

    /// Where the keys of the series can be that match: those of one metric lie together.
    fn keys_of_metric(&self, matchers: &[Matcher]) -> RangeInclusive<u64> {
        let by_name = |matcher: &&Matcher| {
            matcher.op() == MatchOp::Equal
                && matcher.name() == METRIC_NAME
                && !matcher.value().is_empty()
        };
        let Some(matcher) = matchers.iter().find(by_name) else { return ALL_KEYS };
        let labels = [(METRIC_NAME, matcher.value())];
        let first = high_of(SeriesKey::of(self.seed, labels)) >> 32 << 32;
        first..=first | u64::from(u32::MAX)
    }

    /// Calls `found` for the sheets of an archive that can hold some keys and overlap a span. Damaged ones are noted, so that
    /// they are mended, and returned.
    pub(super) fn scan_archive(
        &self,
        archive: &Archive,
        (keys, span): (&RangeInclusive<u64>, (i64, i64)),
        found: impl FnMut(&Arc<Sheet>),
    ) -> Result<LostSheets> {
        let is_wanted = |at: usize| archive.overlaps(at, span);
        self.scan_sheets(archive, (archive.sheets_of(keys), &is_wanted), found)
    }

    /// Calls `found` for those of some sheets that are wanted.
    fn scan_sheets(
        &self,
        archive: &Archive,
        (within, is_wanted): (Range<usize>, &dyn Fn(usize) -> bool),
        mut found: impl FnMut(&Arc<Sheet>),
    ) -> Result<LostSheets> {
        let mut lost = LostSheets::default();
        let few = within.clone().filter(|&at| is_wanted(at)).take(CACHED_SHEETS + 1);
        let is_many = few.count() > CACHED_SHEETS;
        let Range { mut start, end } = within;
        while start < end {
            if !is_wanted(start) {
                start += 1;
                continue;
            }
            let run = (start..end).take(READ_SHEETS);
            let run = run.take_while(|&sheet| is_wanted(sheet)).count();
            let run = start..start + run;
            let sheets = if is_many {
                self.read_sheets(archive, run.clone())?
            } else {
                self.sheets(archive, run.clone())?
            };
            for (at, sheet) in run.clone().zip(sheets) {
                match sheet {
                    Some(sheet) => found(&sheet),
                    None => lost.note(archive, at),
                }
            }
            start = run.end;
        }
        Ok(lost)
    }

    /// Some neighbouring sheets of an archive; `None` for one that is damaged, which is mended soon.
    pub(super) fn sheets(
        &self,
        archive: &Archive,
        wanted: Range<usize>,
    ) -> Result<Vec<Option<Arc<Sheet>>>> {
        if wanted.len() > CACHED_SHEETS {
            return self.read_sheets(archive, wanted);
        }
        let mut sheets = Vec::with_capacity(wanted.len());
        for at in wanted {
            if let Some(sheet) = self.caches.sheet(archive, at) {
                sheets.push(Some(sheet));
                continue;
            }
            for sheet in self.read_sheets(archive, at..at + 1)? {
                if let Some(sheet) = &sheet {
                    self.caches.keep_sheet(archive, at, sheet);
                }
                sheets.push(sheet);
            }
        }
        Ok(sheets)
    }

    /// The same, past the cache.
    pub(super) fn read_sheets(
        &self,
        archive: &Archive,
        wanted: Range<usize>,
    ) -> Result<Vec<Option<Arc<Sheet>>>> {
        let sheets = archive.read(wanted)?;
        if sheets.iter().any(Option::is_none) {
            self.note_damaged([archive.number]);
        }
        Ok(sheets.into_iter().map(|sheet| sheet.map(Arc::new)).collect())
    }

    /// The series with these labels, whose key is `key`, where an archive has it and not all of its samples are gone.
    pub(super) fn find_archived(
        &self,
        key: SeriesKey,
        labels: &Labels,
    ) -> Result<Option<std::result::Result<Archived, Refused>>> {
        let view = self.view();
        let mut archives = view.archives.iter().rev().filter(|archive| archive.may_have(key));
        // Most keys are in no archive, and then nothing more is done.
        let Some(first) = archives.next() else { return Ok(None) };
        let floor = view.floor();
        for archive in std::iter::once(first).chain(archives) {
            for at in archive.sheets_of(&(high_of(key)..=high_of(key))) {
                let Some(sheet) = self.sheets(archive, at..at + 1)?.pop().flatten() else {
                    // What cannot be read is no reason to take no samples.
                    match self.find_departed(key, labels, archive.sealed_of(at)) {
                        Some(found) => return Ok(Some(Ok(found))),
                        None => continue,
                    }
                };
                let living = sheet.find(key).find(|&at| sheet.sealed(at).max_ms() >= floor);
                let Some(at) = living else { continue };
                let same = sheet.labels(at).eq(labels);
                let found = Archived { sheet, at };
                return Ok(Some(if same { Ok(found) } else { Err(Refused::Collision(key)) }));
            }
        }
        Ok(None)
    }

    /// The series in archives with these ids, wherever they are, and what could not be read.
    pub(super) fn archived_with_ids(
        &self,
        view: &View,
        ids: &HashSet<u32>,
    ) -> Result<(HashMap<u32, Archived>, LostSheets)> {
        let (mut found, mut lost) = (HashMap::new(), LostSheets::default());
        for archive in view.archives.iter().rev() {
            if found.len() == ids.len() {
                break;
            }
            let met = self.scan_archive(archive, (&ALL_KEYS, ALL_TIME), |sheet| {
                for at in (0..sheet.len()).filter(|&at| ids.contains(&sheet.id(at))) {
                    let archived = || Archived { sheet: Arc::clone(sheet), at };
                    found.entry(sheet.id(at)).or_insert_with(archived);
                }
            })?;
            lost.extend(met);
        }
        Ok((found, lost))
    }

    /// The keys of series, which have the upper halves `keys` and may have samples within `span`; `None` for one that is
    /// lost. What is damaged and not mended yet is an error: series may be found again there.
    pub(super) fn keys_of_ids(
        &self,
        view: &View,
        (keys, span): (&RangeInclusive<u64>, (i64, i64)),
        ids: &[u32],
    ) -> Result<Vec<Option<SeriesKey>>> {
        let mut found: Vec<Option<SeriesKey>> = {
            let index = self.index();
            ids.iter().map(|&id| index.series.get(id).map(Series::key)).collect()
        };
        let missing = ids.iter().zip(0..).filter(|&(_, at): &(_, usize)| found[at].is_none());
        let mut missing: HashMap<u32, usize> = missing.map(|(&id, at)| (id, at)).collect();
        let mut lost = LostSheets::default();
        for archive in view.archives.iter().rev() {
            if missing.is_empty() {
                break;
            }
            if archive.summary.sealed.overlaps(span) {
                let met = self.scan_archive(archive, (keys, span), |sheet| {
                    for at in 0..sheet.len() {
                        if let Some(place) = missing.remove(&sheet.id(at)) {
                            found[place] = Some(sheet.key(at));
                        }
                    }
                })?;
                lost.extend(met);
            }
        }
        if !missing.is_empty() {
            lost.refuse()?;
        }
        Ok(found)
    }

    /// No fewer series than archives have.
    pub(super) fn archived_max(&self) -> usize {
        let view = self.view();
        let series: u64 = view.archives.iter().map(|archive| archive.summary.series).sum();
        usize::try_from(series).unwrap_or(usize::MAX)
    }

    /// The names of the metrics of which archives have series; `None` when that cannot be read, and may be any.
    pub(super) fn archived_metrics(&self) -> Option<Arc<HashSet<String>>> {
        let view = self.view();
        let numbers = numbers(&view.archives);
        if let Some(known) = self.caches.metrics(&numbers) {
            return Some(known);
        }
        let (names, lost) = self.archived_values(&view, METRIC_NAME, ALL_TIME).ok()?;
        lost.refuse().ok()?;
        let names = Arc::new(names);
        self.caches.keep_metrics(numbers, &names);
        Some(names)
    }
}
