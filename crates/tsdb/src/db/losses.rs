//! What a query cannot read because it is damaged: it is left out, and the answer comes with a warning.
//!
//! The file is mended in a moment. Until then, and afterwards, who asks for its times is told that samples may be
//! missing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_model::{Span, Timestamp};
use regain_storage::{Ctx, Error, Result};

use super::snapshot::Seen;
use crate::archive::Archive;
use crate::index::Sealed;
use crate::layout::corrupt;

/// Tells a query what it does not get.
#[derive(Clone, Debug)]
pub(super) struct Losses(pub(super) Arc<Ctx>);

impl Losses {
    /// What was read; nothing where that is damaged.
    pub(super) fn without<T>(&self, seen: &Seen, read: Result<T>) -> Result<Option<T>> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(error) => self.take(seen, error).map(|()| None),
        }
    }

    /// Takes the loss of what is damaged. An error that says something else stays one.
    pub(super) fn take(&self, seen: &Seen, error: Error) -> Result<()> {
        let Error::Corrupt { path, .. } = &error else { return Err(error) };
        let damaged = seen.segments.iter().find(|seen| seen.segment.path == *path);
        let Some(damaged) = damaged else { return Err(error) };
        let (number, summary) = (damaged.segment.number, damaged.segment.summary);
        seen.db.note_damaged([number]);
        let lost = Span::new(Timestamp(summary.min_time), Timestamp(summary.max_time));
        self.0.warnings.add(missing(lost, path, "a damaged file"));
        Ok(())
    }
}

/// Says that samples of a file may be missing, and what the file is.
pub(super) fn missing(lost: Span, path: &Path, what: &str) -> String {
    let (from, to) = (lost.min.0, lost.max.0);
    let name = path.file_name().unwrap_or_default().display();
    format!("samples between {from} and {to} may be missing: {name} is {what}")
}

/// The damaged parts of archives that somebody met who looked for series.
#[derive(Debug, Default)]
#[must_use = "whoever asks is told of it, or it ends what cannot do without"]
pub(super) struct LostSheets(Vec<LostSheet>);

#[derive(Debug)]
struct LostSheet {
    path: PathBuf,
    /// Where the sheet begins.
    offset: u64,
    /// When its series have samples.
    sealed: Sealed,
}

impl LostSheets {
    /// Takes note of a sheet that cannot be read.
    pub(super) fn note(&mut self, archive: &Archive, sheet: usize) {
        let (path, offset) = (archive.path.clone(), archive.range_of(sheet).start);
        self.0.push(LostSheet { path, offset, sealed: archive.sealed_of(sheet) });
    }

    /// Adds what was met elsewhere.
    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// When the series of all of them have samples, where there are some.
    pub(super) fn sealed(&self) -> Option<Sealed> {
        self.0.iter().map(|sheet| sheet.sealed).reduce(Sealed::unite)
    }

    /// Says which series may be missing from an answer.
    pub(super) fn warnings(&self) -> Vec<String> {
        let files = self.0.chunk_by(|a, b| a.path == b.path);
        let one = |sheets: &[LostSheet]| {
            let sealed = sheets.iter().map(|sheet| sheet.sealed).fold(Sealed::NONE, Sealed::unite);
            missing(span_of(sealed), &sheets[0].path, "a damaged file")
        };
        files.map(one).collect()
    }

    /// Warns a query.
    pub(super) fn warn(&self, ctx: &Ctx) {
        for text in self.warnings() {
            ctx.warnings.add(text);
        }
    }

    /// Ends what must see all series.
    pub(super) fn refuse(&self) -> Result<()> {
        let error = |lost: &LostSheet| Err(corrupt(&lost.path, lost.offset, "a sheet of series"));
        self.0.first().map_or(Ok(()), error)
    }
}

/// The times that bounds of seconds stand for.
pub(super) fn span_of(sealed: Sealed) -> Span {
    Span::new(Timestamp(sealed.min_ms()), Timestamp(sealed.max_ms()))
}
