//! Writes an archive, sheet by sheet.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_model::SeriesKey;
use regain_storage::Result;
use regain_storage::fs::{File, Fs};

use super::filter::Filter;
use super::lists::Lists;
use super::sheet::{Entry, put};
use super::{SheetPlace, high_of, put_directory};
use crate::index::Sealed;
use crate::layout::{HEADER_BYTES, Kind, Layout, create, io_error, publish};

/// Bytes are handed to the file in pieces of about this size.
const BUFFER_BYTES: usize = 1 << 20;

/// Writes the archive `number` of the sheets that `fill` adds. It is durable when this returns, name and all.
pub(crate) fn write(
    (fs, layout): (&dyn Fs, &Layout),
    number: u64,
    fill: impl FnOnce(&mut Writer) -> Result<()>,
) -> Result<()> {
    publish((fs, layout), (Kind::Archive, number), |tmp| write_file(fs, tmp, fill))
}

fn write_file(fs: &dyn Fs, tmp: &Path, fill: impl FnOnce(&mut Writer) -> Result<()>) -> Result<()> {
    let mut writer = Writer {
        file: create(fs, tmp, Kind::Archive)?,
        path: tmp.to_owned(),
        buffer: Vec::new(),
        offset: HEADER_BYTES as u64,
        sheets: Vec::new(),
        lists: Lists::default(),
        keys: Vec::new(),
        first_end_s: u32::MAX,
    };
    fill(&mut writer)?;
    writer.finish()
}

/// An archive under construction.
#[derive(Debug)]
pub(crate) struct Writer {
    file: Arc<dyn File>,
    path: PathBuf,
    /// Bytes that are not in the file yet.
    buffer: Vec<u8>,
    /// Where the next sheet begins.
    offset: u64,
    sheets: Vec<SheetPlace>,
    lists: Lists,
    keys: Vec<SeriesKey>,
    first_end_s: u32,
}

impl Writer {
    /// The number of series so far.
    pub(crate) fn series(&self) -> usize {
        self.keys.len()
    }

    /// Adds a sheet of some series, whose keys are no smaller than those before.
    pub(crate) fn add(&mut self, entries: &[Entry<'_>]) -> Result<()> {
        let Some(first) = entries.first() else { return Ok(()) };
        let start = self.buffer.len();
        put(&mut self.buffer, entries);
        let length = u32::try_from(self.buffer.len() - start);
        let length = length.expect("labels of a few hundred series stay below 4 GiB");
        let sealed = entries.iter().map(|entry| entry.sealed).fold(Sealed::NONE, Sealed::unite);
        let sheet = u32::try_from(self.sheets.len()).expect("an archive has a few thousand sheets");
        self.lists.add(sheet, entries);
        let (key_high, offset) = (high_of(first.key), self.offset);
        self.sheets.push(SheetPlace { key_high, offset, length, sealed });
        self.keys.extend(entries.iter().map(|entry| entry.key));
        let ends = entries.iter().map(|entry| entry.sealed.max_s);
        self.first_end_s = ends.fold(self.first_end_s, u32::min);
        self.offset += u64::from(length);
        if self.buffer.len() >= BUFFER_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        self.file.append(&self.buffer).map_err(io_error("write", &self.path))?;
        self.buffer.clear();
        Ok(())
    }

    /// Adds the lists, the directory, the filter, and the trailer.
    fn finish(&mut self) -> Result<()> {
        let sheets_end = self.offset;
        let mut tail = Vec::new();
        let register = std::mem::take(&mut self.lists).put(&mut tail);
        let blocks_end = tail.len();
        register.put(&mut tail);
        seal_section(&mut tail, blocks_end);
        let register_end = tail.len();
        put_directory(&mut tail, &self.sheets);
        seal_section(&mut tail, register_end);
        let directory_end = tail.len();
        Filter::new(&self.keys).put(&mut tail);
        seal_section(&mut tail, directory_end);
        let trailer = tail.len();
        let ends = [0, blocks_end, register_end, directory_end];
        let ends = ends.map(|length| sheets_end + length as u64);
        for number in ends.into_iter().chain([self.keys.len() as u64, self.first_end_s.into()]) {
            tail.extend_from_slice(&number.to_le_bytes());
        }
        seal_section(&mut tail, trailer);
        self.buffer.extend_from_slice(&tail);
        self.flush()?;
        self.file.sync_data().map_err(io_error("sync", &self.path))
    }
}

/// Appends the checksum of what lies from `start` on.
fn seal_section(out: &mut Vec<u8>, start: usize) {
    let crc = crc32c::crc32c(&out[start..]);
    out.extend_from_slice(&crc.to_le_bytes());
}
