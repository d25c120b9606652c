//! Asks the lists of archives: which sheets can hold what matches, and which names and values there are.
//!
//! Lists only save reading. Where an archive has none, or they are damaged, its sheets say the same.

use std::ops::Range;

use hashbrown::{HashMap, HashSet};
use regain_model::{METRIC_NAME, MatchOp, Matcher};
use regain_storage::{Error, Result};

use super::Inner;
use super::archived::ALL_KEYS;
use super::losses::LostSheets;
use crate::archive::Archive;
use crate::archive::lists::Listed;
use crate::archive::sheet::Sheet;
use crate::index::Sealed;
use crate::view::View;

/// So few sheets are read as soon as lists.
const SHEETS_MIN: usize = 2;

/// Names or values of labels.
type Texts = HashSet<String>;

/// Texts, and the damaged parts of archives that may have more.
type Listing = (Texts, LostSheets);

/// What lists say about times of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// A series with it begins before the span, another one ends behind it, or it is one series.
    Perhaps,
    Series,
}

fn find(sealed: Sealed, span: (i64, i64)) -> Found {
    if !sealed.overlaps(span) {
        Found::Nothing
    } else if span.0 <= sealed.min_ms() || sealed.max_ms() <= span.1 {
        Found::Series
    } else {
        Found::Perhaps
    }
}

/// Values of which sheets must say whether series have them in a span.
struct Unsure {
    /// With their sheets.
    values: HashMap<String, Box<[Range<u32>]>>,
    /// How many of them each sheet has.
    by_sheet: Vec<u32>,
}

impl Unsure {
    fn add(&mut self, listed: &Listed<'_>) {
        self.values.insert(listed.value.to_owned(), listed.sheets.into());
        for sheet in listed.sheets.iter().cloned().flatten() {
            self.by_sheet[sheet as usize] += 1;
        }
    }

    fn remove(&mut self, value: &str) {
        for sheet in self.values.remove(value).iter().flatten().cloned().flatten() {
            self.by_sheet[sheet as usize] -= 1;
        }
    }
}

/// Adds the values of a label that an archive says for sure to be in a span, and returns the others; `None` when it has no
/// lists.
fn read_values(
    archive: &Archive,
    (name, span): (&str, (i64, i64)),
    texts: &mut Texts,
) -> Result<Option<Unsure>> {
    let Some(register) = archive.register()? else { return Ok(None) };
    let by_sheet = vec![0; archive.sheet_count()];
    let mut unsure = Unsure { values: HashMap::new(), by_sheet };
    for block in register.values_of(name) {
        archive.listed(block, |listed| match find(listed.sealed, span) {
            Found::Series => add_text(texts, listed.value),
            Found::Perhaps if !texts.contains(listed.value) => unsure.add(listed),
            Found::Perhaps | Found::Nothing => {}
        })?;
    }
    Ok(Some(unsure))
}

/// Adds the values of a label that series of a sheet have in a span.
fn add_values(sheet: &Sheet, (name, span): (&str, (i64, i64)), texts: &mut Texts) {
    let here = (0..sheet.len()).filter(|&at| sheet.sealed(at).overlaps(span));
    for value in here.filter_map(|at| sheet.value(at, name)) {
        add_text(texts, value);
    }
}

fn add_text(texts: &mut Texts, text: &str) {
    if !texts.contains(text) {
        texts.insert(text.to_owned());
    }
}

/// Leaves the sheets that can hold what matches each matcher that lists tell something of.
fn narrow(
    archive: &Archive,
    within: &Range<usize>,
    matchers: &[Matcher],
    narrowed: &mut Option<Vec<bool>>,
) -> Result<()> {
    let Some(register) = archive.register()?.filter(|_| within.len() > SHEETS_MIN) else {
        return Ok(());
    };
    let (mut equal, mut patterns): (Vec<_>, Vec<_>) = matchers
        .iter()
        .filter(|matcher| !matcher.matches_empty())
        .partition(|matcher| matcher.op() == MatchOp::Equal);
    // These lie together, and `within` is where.
    equal.retain(|matcher| matcher.name() != METRIC_NAME || within.len() == archive.sheet_count());
    patterns.retain(|matcher| matcher.op() == MatchOp::Regex);
    let mut left = archive.bytes_of(within);
    for matcher in equal.into_iter().chain(patterns) {
        let blocks: Vec<Range<u64>> = match matcher.op() {
            MatchOp::Equal => {
                register.value_of(matcher.name(), matcher.value()).into_iter().collect()
            }
            _ => register.values_of(matcher.name()),
        };
        // Reading a long list to save a few sheets would be no saving.
        if blocks.iter().map(|block| block.end - block.start).sum::<u64>() > left {
            continue;
        }
        let mut has = vec![false; archive.sheet_count()];
        for block in blocks {
            archive.listed(block, |listed| {
                if matcher.matches(listed.value) {
                    for run in listed.sheets {
                        has[run.start as usize..run.end as usize].fill(true);
                    }
                }
            })?;
        }
        if let Some(before) = narrowed.as_ref() {
            has.iter_mut().zip(before).for_each(|(has, before)| *has &= *before);
        }
        let kept = within.clone().filter(|&sheet| has[sheet]);
        left = kept.map(|sheet| archive.bytes_of(&(sheet..sheet + 1))).sum();
        *narrowed = Some(has);
    }
    Ok(())
}

/// What `add` adds of each archive with series in a span.
fn texts_of(
    view: &View,
    (min, max): (i64, i64),
    mut add: impl FnMut(&Archive, (i64, i64), &mut Texts) -> Result<LostSheets>,
) -> Result<Listing> {
    let span = (min.max(view.floor()), max);
    let (mut texts, mut lost) = (Texts::new(), LostSheets::default());
    for archive in &view.archives {
        if span.0 <= span.1 && archive.summary.sealed.overlaps(span) {
            lost.extend(add(archive, span, &mut texts)?);
        }
    }
    Ok((texts, lost))
}

impl Inner {
    /// Which of some sheets can hold series that match, by sheet; `None` for all.
    pub(super) fn sheets_of_labels(
        &self,
        archive: &Archive,
        within: &Range<usize>,
        matchers: &[Matcher],
    ) -> Result<Option<Vec<bool>>> {
        let mut narrowed = None;
        let read = narrow(archive, within, matchers, &mut narrowed);
        self.unless_damaged(read)?;
        Ok(narrowed)
    }

    /// The values of a label that series in archives have, of which some may be in memory, too.
    pub(super) fn archived_values(
        &self,
        view: &View,
        name: &str,
        span: (i64, i64),
    ) -> Result<Listing> {
        texts_of(view, span, |archive, span, texts| self.values_in(archive, (name, span), texts))
    }

    /// The names of the labels that series in archives have, of which some may be in memory, too.
    pub(super) fn archived_names(&self, view: &View, span: (i64, i64)) -> Result<Listing> {
        texts_of(view, span, |archive, span, texts| self.names_in(archive, span, texts))
    }

    fn names_in(
        &self,
        archive: &Archive,
        span: (i64, i64),
        texts: &mut Texts,
    ) -> Result<LostSheets> {
        let Some(register) = self.unless_damaged(archive.register())?.flatten() else {
            return self.scan_archive(archive, (&ALL_KEYS, span), |sheet| {
                for at in (0..sheet.len()).filter(|&at| sheet.sealed(at).overlaps(span)) {
                    for (name, _) in sheet.labels(at) {
                        add_text(texts, name);
                    }
                }
            });
        };
        let mut lost = LostSheets::default();
        for (name, sealed) in register.names() {
            let has = match find(sealed, span) {
                _ if texts.contains(name) => continue,
                Found::Nothing => false,
                Found::Series => true,
                Found::Perhaps => {
                    let mut values = Texts::new();
                    lost.extend(self.values_in(archive, (name, span), &mut values)?);
                    !values.is_empty()
                }
            };
            if has {
                add_text(texts, name);
            }
        }
        Ok(lost)
    }

    /// Adds the values of a label that series of an archive have in a span.
    fn values_in(
        &self,
        archive: &Archive,
        (name, span): (&str, (i64, i64)),
        texts: &mut Texts,
    ) -> Result<LostSheets> {
        let read = read_values(archive, (name, span), texts);
        if let Some(unsure) = self.unless_damaged(read)?.flatten() {
            return self.values_of_unsure(archive, (name, span), unsure, texts);
        }
        self.scan_archive(archive, (&ALL_KEYS, span), |sheet| {
            add_values(sheet, (name, span), texts);
        })
    }

    /// What was read of lists; nothing where they are damaged, which is mended soon.
    fn unless_damaged<T>(&self, read: Result<T>) -> Result<Option<T>> {
        match read {
            Err(error @ Error::Corrupt { .. }) => {
                self.note_damage(&error);
                Ok(None)
            }
            read => read.map(Some),
        }
    }

    /// Reads sheets for as long as there are values of which nobody knows.
    fn values_of_unsure(
        &self,
        archive: &Archive,
        (name, span): (&str, (i64, i64)),
        mut unsure: Unsure,
        texts: &mut Texts,
    ) -> Result<LostSheets> {
        let mut lost = LostSheets::default();
        for at in 0..archive.sheet_count() {
            if unsure.by_sheet[at] == 0 || !archive.overlaps(at, span) {
                continue;
            }
            let Some(sheet) = self.read_sheets(archive, at..at + 1)?.pop().flatten() else {
                lost.note(archive, at);
                continue;
            };
            let mut here = Texts::new();
            add_values(&sheet, (name, span), &mut here);
            here.iter().for_each(|value| unsure.remove(value));
            texts.extend(here);
        }
        Ok(lost)
    }
}
