//! What can be read of an archive of which nobody knows where its sheets are: its directory, filter or trailer is damaged.
//!
//! Sheets end with their checksums, so that each is found by reading on from where the one before ends.

use std::ops::Range;
use std::sync::OnceLock;

use regain_storage::Result;
use regain_storage::fs::Fs;

use super::filter::Filter;
use super::sheet::Sheet;
use super::{Archive, SheetPlace, Summary, high_of};
use crate::index::Sealed;
use crate::layout::{HEADER_BYTES, Kind, Layout, io_error, read_all};

impl Archive {
    /// Opens the archive `number` with the sheets that are found in it; `None` where there is none.
    pub(crate) fn salvage(fs: &dyn Fs, layout: &Layout, number: u64) -> Result<Option<Self>> {
        let path = layout.file(Kind::Archive, number);
        let bytes = read_all(fs, &path)?;
        let (mut sheets, mut keys, mut damage) = (Vec::new(), Vec::new(), Vec::new());
        let mut first_end_s = u32::MAX;
        let mut at = HEADER_BYTES.min(bytes.len());
        let mut known = at;
        while at < bytes.len() {
            let found = Sheet::read_first(&bytes[at..]);
            let found = found.filter(|(sheet, _)| {
                let last = keys.last();
                sheet.len() > 0 && last.is_none_or(|&last| last <= sheet.key(0))
            });
            let Some((sheet, length)) = found else {
                at += 1;
                continue;
            };
            note_gap(&mut damage, known..at);
            keys.extend((0..sheet.len()).map(|at| sheet.key(at)));
            let ends = (0..sheet.len()).map(|at| sheet.sealed(at).max_s);
            first_end_s = ends.fold(first_end_s, u32::min);
            let sealed = (0..sheet.len()).map(|at| sheet.sealed(at));
            let Ok(short) = u32::try_from(length) else { break };
            sheets.push(SheetPlace {
                key_high: high_of(sheet.key(0)),
                offset: at as u64,
                length: short,
                sealed: sealed.fold(Sealed::NONE, Sealed::unite),
            });
            at += length;
            known = at;
        }
        note_gap(&mut damage, known..bytes.len());
        if sheets.is_empty() {
            return Ok(None);
        }
        let sealed = sheets.iter().map(|sheet| sheet.sealed).fold(Sealed::NONE, Sealed::unite);
        let size_bytes = bytes.len() as u64;
        let summary = Summary { series: keys.len() as u64, sealed, first_end_s, size_bytes };
        let file = fs.open(&path).map_err(io_error("open", &path))?;
        let filter = Filter::new(&keys);
        let (lists, register) = (None, OnceLock::new());
        Ok(Some(Self { number, path, file, sheets, filter, lists, register, summary, damage }))
    }
}

fn note_gap(damage: &mut Vec<Range<u64>>, gap: Range<usize>) {
    if !gap.is_empty() {
        damage.push(gap.start as u64..gap.end as u64);
    }
}
