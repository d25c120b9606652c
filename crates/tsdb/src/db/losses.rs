//! What a query cannot read because it is damaged: it is left out, and the answer comes with a warning.
//!
//! The segment is mended in a moment. Until then, and afterwards, who asks for its times is told that samples may be
//! missing.

use std::path::Path;
use std::sync::Arc;

use regain_model::{Span, Timestamp};
use regain_storage::{Ctx, Error, Result};

use super::snapshot::Seen;

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
