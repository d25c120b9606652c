//! The upkeep of archives: neighbouring ones become one, what is gone leaves them, damaged ones are mended.

use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashSet;
use regain_model::SeriesKey;
use regain_storage::Result;

use super::evict::{ARCHIVE_SERIES_MAX, numbers};
use super::health::SetAside;
use super::losses::span_of;
use super::merge::GoOn;
use super::{Files, Inner};
use crate::archive::sheet::{Entry, SHEET_SERIES, Sheet};
use crate::archive::write::{Writer, write};
use crate::archive::{Archive, Summary};
use crate::index::Sealed;
use crate::layout::{corrupt, io_error, set_aside};
use crate::report::Damage;
use crate::view::View;

/// So many archives in a row that are about as large become one.
const RUN: usize = 8;

/// An archive is as large as another when their series have the same number of octal digits.
const TIER_BITS: u32 = 3;

/// So many sheets of each archive are read at once.
const READ_SHEETS: usize = 16;

/// What is left out of archives that are written anew.
#[derive(Clone, Copy)]
pub(super) struct LeftOut<'a> {
    /// Series without samples.
    pub(super) gone: &'a HashSet<u32>,
    /// Series without samples from here on.
    pub(super) floor: i64,
}

impl Inner {
    /// Makes one of archives where that is due, and says whether it was.
    pub(super) fn merge_archives(&self, view: &View, go_on: GoOn<'_>) -> Result<bool> {
        let summaries: Vec<Summary> = view.archives.iter().map(|archive| archive.summary).collect();
        let floor = view.floor();
        let Some(due) = run_due(&summaries).or_else(|| half_gone(&summaries, floor)) else {
            return Ok(false);
        };
        // What cannot be read now is tried again after the next start.
        let is_readable =
            |archive: &Arc<Archive>, files: &Files| !files.unmergeable.contains(&archive.number);
        if !view.archives[due.clone()].iter().all(|archive| is_readable(archive, &self.files())) {
            return Ok(false);
        }
        let left_out = LeftOut { gone: &HashSet::new(), floor };
        self.renew_archives(&view.archives[due], left_out, go_on)?;
        Ok(true)
    }

    /// Writes an archive anew without its damaged sheets, and keeps the damaged file under another name.
    pub(super) fn mend_archive(&self, damaged: &Arc<Archive>, go_on: GoOn<'_>) -> Result<()> {
        let inputs = std::slice::from_ref(damaged);
        let (mut lost, nobody) = (damaged.damage.clone(), HashSet::new());
        let left_out = LeftOut { gone: &nobody, floor: i64::MIN };
        lost.extend(damaged.damaged_lists()?);
        let mended = self.write_archive(inputs, left_out, go_on, Some(&mut lost))?;
        if lost.is_empty() {
            // It reads well by now: a disk may have answered wrongly once.
            self.forget_damaged(damaged.number);
            return mended.map_or(Ok(()), |mended| self.remove_file(&mended.path));
        }
        // Before anything forgets them: merges leave out samples of nobody.
        let recovered = self.recover_series(&self.view())?;
        let Summary { series, sealed, .. } = damaged.summary;
        let kept = mended.as_ref().map_or(0, |mended| mended.summary.series);
        if !self.replace_archives(inputs, mended)? {
            return Ok(());
        }
        let path = set_aside(&damaged.path);
        self.fs.rename(&damaged.path, &path).map_err(io_error("rename", &damaged.path))?;
        let damage = |bytes| Damage { path: damaged.path.clone(), bytes };
        self.note_set_aside(SetAside {
            path,
            span: span_of(sealed),
            damage: lost.into_iter().map(damage).collect(),
            is_recovered: kept + recovered >= series,
            is_archive: true,
        });
        self.forget_damaged(damaged.number);
        self.note_change(sealed.min_ms());
        Ok(())
    }

    /// Mends all archives in which damage was found, for whoever cannot go on before.
    pub(super) fn mend_archives(&self) -> Result<()> {
        let _turn = self.merging.lock().expect("no holder of this lock panics");
        self.mend_archives_with(&|| self.check_open())
    }

    /// Mends all archives in which damage was found.
    pub(super) fn mend_archives_with(&self, go_on: GoOn<'_>) -> Result<()> {
        loop {
            let view = self.view();
            let Some(damaged) = self.first_damaged_archive(&view) else { return Ok(()) };
            self.mend_archive(damaged, go_on)?;
        }
    }

    /// Writes those archives anew that hold some series, without them.
    pub(super) fn purge_archives(
        &self,
        view: &View,
        gone: &HashSet<u32>,
        go_on: GoOn<'_>,
    ) -> Result<()> {
        if gone.is_empty() {
            return Ok(());
        }
        for archive in &view.archives {
            let mut holds = false;
            let lost =
                self.scan_archive(archive, (&(0..=u64::MAX), (i64::MIN, i64::MAX)), |sheet| {
                    holds |= (0..sheet.len()).any(|at| gone.contains(&sheet.id(at)));
                })?;
            lost.refuse()?;
            if holds {
                let left_out = LeftOut { gone, floor: view.floor() };
                self.renew_archives(std::slice::from_ref(archive), left_out, go_on)?;
            }
        }
        Ok(())
    }

    fn renew_archives(
        &self,
        inputs: &[Arc<Archive>],
        left_out: LeftOut<'_>,
        go_on: GoOn<'_>,
    ) -> Result<()> {
        let output = self.write_archive(inputs, left_out, go_on, None)?;
        if self.replace_archives(inputs, output)? {
            inputs.iter().try_for_each(|archive| self.remove_file(&archive.path))?;
        }
        Ok(())
    }

    /// Writes what archives hold into one; `None` where nothing is left. Damaged sheets are told in `lost`; without it, they
    /// end it.
    fn write_archive(
        &self,
        inputs: &[Arc<Archive>],
        left_out: LeftOut<'_>,
        go_on: GoOn<'_>,
        mut lost: Option<&mut Vec<Range<u64>>>,
    ) -> Result<Option<Arc<Archive>>> {
        let number = self.next_segment();
        let mut series = 0;
        write((&*self.fs, &self.layout), number, |writer| {
            let mut inputs: Vec<Input<'_>> = inputs.iter().map(Input::new).collect();
            let mut output = Output::new(writer);
            loop {
                for input in &mut inputs {
                    if input.fill(&mut lost).inspect_err(|error| self.note_damage(error))? {
                        go_on()?;
                    }
                }
                // Of the same series, the last one is the newest.
                let next = |(at, input): (usize, &Input<'_>)| Some((input.next()?, at));
                let Some((first, _)) = inputs.iter().enumerate().filter_map(next).min() else {
                    break;
                };
                let same = inputs.iter_mut().filter(|input| input.next() == Some(first));
                let (mut sealed, mut sheet) = (Sealed::NONE, None);
                for input in same {
                    let (here, at) = input.take();
                    sealed = sealed.unite(here.sealed(at));
                    sheet = Some((here, at));
                }
                let Some((sheet, at)) = sheet else { break };
                if sealed.max_ms() >= left_out.floor && !left_out.gone.contains(&first.1) {
                    output.add(sheet, at, sealed)?;
                }
            }
            output.flush()?;
            series = writer.series();
            Ok(())
        })?;
        if series == 0 {
            let path = self.layout.file(crate::layout::Kind::Archive, number);
            return self.remove_file(&path).map(|()| None);
        }
        Archive::open(&*self.fs, &self.layout, number).map(Arc::new).map(Some)
    }

    /// Puts an archive in the place of others, and says whether it could: retention may have taken one of them.
    fn replace_archives(
        &self,
        inputs: &[Arc<Archive>],
        output: Option<Arc<Archive>>,
    ) -> Result<bool> {
        let mut files = self.files();
        let view = self.view();
        let wanted = numbers(inputs);
        let mut all = view.archives.windows(inputs.len());
        let Some(at) = all.position(|some| numbers(some) == wanted) else {
            drop(files);
            output.map_or(Ok(()), |output| self.remove_file(&output.path))?;
            return Ok(false);
        };
        // What came back from an archive must be defined elsewhere before that goes.
        self.sync_series()?;
        let mut archives = view.archives.clone();
        archives.splice(at..at + inputs.len(), output);
        self.show_archives(&mut files, archives)?;
        Ok(true)
    }

    /// Takes those archives off a view of whose series it has no samples, and returns them.
    pub(super) fn take_empty_archives(&self, view: &mut View) -> Vec<Arc<Archive>> {
        let floor = view.floor();
        let is_empty = |archive: &Arc<Archive>| archive.summary.sealed.max_ms() < floor;
        // What came back from an archive must be defined elsewhere before that goes.
        if !view.archives.iter().any(is_empty) || self.sync_series().is_err() {
            return Vec::new();
        }
        view.archives.extract_if(.., |archive| is_empty(archive)).collect()
    }

    /// The first archive in which damage was found.
    pub(super) fn first_damaged_archive<'a>(&self, view: &'a View) -> Option<&'a Arc<Archive>> {
        let damaged = self.damaged_segments();
        view.archives.iter().find(|archive| damaged.contains(&archive.number))
    }
}

/// An archive that is read from its first series to its last.
struct Input<'a> {
    archive: &'a Archive,
    /// The sheets that were read, and the sheet after them.
    sheets: std::vec::IntoIter<Arc<Sheet>>,
    next_sheet: usize,
    sheet: Option<Arc<Sheet>>,
    at: usize,
}

impl<'a> Input<'a> {
    fn new(archive: &'a Arc<Archive>) -> Self {
        Self { archive, sheets: Vec::new().into_iter(), next_sheet: 0, sheet: None, at: 0 }
    }

    /// Goes to the next sheet where this one is at its end; whether it has read some.
    fn fill(&mut self, lost: &mut Option<&mut Vec<Range<u64>>>) -> Result<bool> {
        let mut has_read = false;
        while self.sheet.as_ref().is_none_or(|sheet| self.at >= sheet.len()) {
            if let Some(sheet) = self.sheets.next() {
                (self.sheet, self.at) = (Some(sheet), 0);
                continue;
            }
            let end = self.archive.sheet_count().min(self.next_sheet + READ_SHEETS);
            if self.next_sheet == end {
                self.sheet = None;
                break;
            }
            let wanted = std::mem::replace(&mut self.next_sheet, end)..end;
            let mut sheets = Vec::with_capacity(wanted.len());
            for (at, sheet) in wanted.clone().zip(self.archive.read(wanted)?) {
                let range = self.archive.range_of(at);
                match (sheet, &mut *lost) {
                    (Some(sheet), _) => sheets.push(Arc::new(sheet)),
                    (None, Some(lost)) => lost.push(range),
                    (None, None) => {
                        let path = &self.archive.path;
                        return Err(corrupt(path, range.start, "a sheet of series"));
                    }
                }
            }
            self.sheets = sheets.into_iter();
            has_read = true;
        }
        Ok(has_read)
    }

    /// The next series.
    fn next(&self) -> Option<(SeriesKey, u32)> {
        let sheet = self.sheet.as_ref().filter(|sheet| self.at < sheet.len())?;
        Some((sheet.key(self.at), sheet.id(self.at)))
    }

    fn take(&mut self) -> (Arc<Sheet>, usize) {
        let sheet = Arc::clone(self.sheet.as_ref().expect("there is a next series"));
        self.at += 1;
        (sheet, self.at - 1)
    }
}

/// The sheet that is put together.
struct Output<'a> {
    writer: &'a mut Writer,
    series: Vec<(Arc<Sheet>, usize, Sealed)>,
}

impl<'a> Output<'a> {
    fn new(writer: &'a mut Writer) -> Self {
        Self { writer, series: Vec::with_capacity(SHEET_SERIES) }
    }

    fn add(&mut self, sheet: Arc<Sheet>, at: usize, sealed: Sealed) -> Result<()> {
        self.series.push((sheet, at, sealed));
        if self.series.len() == SHEET_SERIES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let series = std::mem::take(&mut self.series);
        let entries: Vec<Entry<'_>> = series
            .iter()
            .map(|(sheet, at, sealed)| Entry { sealed: *sealed, ..sheet.entry(*at) })
            .collect();
        self.writer.add(&entries)
    }
}

/// The last archives, if there are many of one size or a smaller one.
fn run_due(archives: &[Summary]) -> Option<Range<usize>> {
    let tier = |archive: &Summary| (u64::BITS - archive.series.leading_zeros()).div_ceil(TIER_BITS);
    for limit in 0..=u64::BITS / TIER_BITS + 1 {
        let run = archives.iter().rev().take_while(|archive| tier(archive) <= limit).count();
        let due = &archives[archives.len() - run..];
        let series: u64 = due.iter().map(|archive| archive.series).sum();
        if run >= RUN && series <= ARCHIVE_SERIES_MAX as u64 {
            return Some(archives.len() - run..archives.len());
        }
    }
    None
}

/// An archive of which about half the series have no samples any more: their ends lie between two times, and `floor` is
/// behind the middle.
fn half_gone(archives: &[Summary], floor: i64) -> Option<Range<usize>> {
    let is_half_gone = |archive: &Summary| {
        let (first, last) = (i64::from(archive.first_end_s), i64::from(archive.sealed.max_s));
        first * 1000 < floor && i64::midpoint(first, last) * 1000 < floor
    };
    let at = archives.iter().position(is_half_gone)?;
    Some(at..at + 1)
}
