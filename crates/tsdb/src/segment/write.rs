//! Writes a segment file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_model::SeriesKey;
use regain_storage::fs::{File, Fs};
use regain_storage::{Error, Result, Trouble};

use super::encode::{Encoded, Frozen};
use super::lanes::SealedLane;
use super::page::{Page, Piece};
use super::values::checksums;
use super::{GROUP_SERIES, Group, Section, Summary, page, put_trailer};
use crate::frame::Aliases;
use crate::layout::{HEADER_BYTES, Kind, Layout, create, io_error, publish};
use crate::wire::put_varint;

/// Bytes are handed to the file in pieces of about this size.
const BUFFER_BYTES: usize = 1 << 20;

/// Writes the segment `number` of what `fill` adds. It is durable when this returns, name and all.
pub(crate) fn write(
    (fs, layout): (&dyn Fs, &Layout),
    number: u64,
    fill: impl FnOnce(&mut Writer) -> Result<()>,
) -> Result<()> {
    publish((fs, layout), (Kind::Segment, number), |tmp| write_file(fs, tmp, fill))
}

fn write_file(fs: &dyn Fs, tmp: &Path, fill: impl FnOnce(&mut Writer) -> Result<()>) -> Result<()> {
    let mut writer = Writer::new(create(fs, tmp, Kind::Segment)?, tmp);
    fill(&mut writer)?;
    writer.flush(true)?;
    writer.file.sync_data().map_err(io_error("sync", tmp))
}

/// Adds what a seal has encoded.
pub(crate) fn fill_sealed(writer: &mut Writer, lanes: &[Frozen], encoded: &Encoded) -> Result<()> {
    for series in encoded.pieces.chunk_by(|a, b| a.id == b.id) {
        writer.begin_series(series[0].key());
        for piece in series {
            let (described, span) = (encoded.describe(piece), encoded.span_of(piece));
            writer.add_piece(piece.id, described, span, encoded.frames_of(piece));
        }
        writer.end_series()?;
    }
    let ids = lanes.iter().map(|lane| (lane.lane, lane.sequence));
    let ids = ids.chain(std::iter::repeat((SealedLane::NO_LANE, 0)));
    let times = encoded.times.iter().zip(ids);
    let lanes: Vec<_> = times.map(|(times, (id, sequence))| (id, sequence, &**times)).collect();
    writer.finish(&lanes, encoded.samples)
}

/// A segment file under construction. Series come in the order of their keys.
#[derive(Debug)]
pub(crate) struct Writer {
    file: Arc<dyn File>,
    path: PathBuf,
    /// Bytes that are not in the file yet; `offset` is where they belong.
    buffer: Vec<u8>,
    offset: u64,
    directory: Vec<u8>,
    groups: Vec<Group>,
    /// Where the open group begins in the buffer.
    group_start: usize,
    page: Page,
    aliases: Aliases,
    first_key: SeriesKey,
    summary: Summary,
}

impl Writer {
    fn new(file: Arc<dyn File>, path: &Path) -> Self {
        let (min_time, max_time) = (i64::MAX, i64::MIN);
        let summary = Summary { samples: 0, series: 0, min_time, max_time, size_bytes: 0 };
        Self {
            file,
            path: path.to_owned(),
            buffer: Vec::with_capacity(BUFFER_BYTES + BUFFER_BYTES / 4),
            offset: HEADER_BYTES as u64,
            directory: Vec::new(),
            groups: Vec::new(),
            group_start: 0,
            page: Page::default(),
            aliases: Aliases::default(),
            first_key: SeriesKey::default(),
            summary,
        }
    }

    fn end(&self) -> u64 {
        self.offset + self.buffer.len() as u64
    }

    pub(super) fn begin_series(&mut self, key: SeriesKey) {
        if self.page.entries.is_empty() {
            self.first_key = key;
        }
    }

    /// Adds a piece of the series that was begun: frames, and what is beside their values. Its size is what
    /// they come to.
    pub(super) fn add_piece(
        &mut self,
        id: u32,
        mut piece: Piece,
        (first, last): (i64, i64),
        (frames, beside): (&[u8], &[u8]),
    ) {
        let start = self.buffer.len();
        self.aliases.put(&mut self.buffer, self.group_start, frames);
        self.buffer.extend_from_slice(beside);
        piece.beside = !beside.is_empty();
        let size = u32::try_from(self.buffer.len() - start);
        piece.size_bytes = size.expect("a piece stays below 4 GiB");
        self.page.push(id, 0, piece);
        self.summary.min_time = self.summary.min_time.min(first);
        self.summary.max_time = self.summary.max_time.max(last);
    }

    pub(super) fn end_series(&mut self) -> Result<()> {
        self.summary.series += 1;
        if self.page.entries.len() == GROUP_SERIES {
            self.close_group()?;
            self.flush(false)?;
        }
        Ok(())
    }

    fn close_group(&mut self) -> Result<()> {
        let start = self.offset + self.group_start as u64 - HEADER_BYTES as u64;
        let (data, page) = (offset_u32(start)?, offset_u32(self.directory.len() as u64)?);
        let key_high = u64::try_from(self.first_key.0 >> 64).expect("the upper half");
        self.groups.push(Group { key_high, page, data });
        self.page.sums.extend(checksums(&self.buffer[self.group_start..]));
        page::put(&mut self.directory, &self.page);
        self.page.clear();
        self.aliases.clear();
        self.group_start = self.buffer.len();
        Ok(())
    }

    /// Adds the lanes, each with its number, its last batch and its times, and all that comes behind.
    pub(super) fn finish(&mut self, lanes: &[(u32, u64, &[i64])], samples: u64) -> Result<()> {
        self.summary.samples = samples;
        if !self.page.entries.is_empty() {
            self.close_group()?;
        }
        let directory = std::mem::take(&mut self.directory);
        let directory = self.section(&directory);
        let mut bytes = Vec::new();
        put_varint(&mut bytes, lanes.len() as u64);
        for &(id, sequence, times) in lanes {
            SealedLane::put(&mut bytes, id, sequence, times);
        }
        let lanes = self.checked_section(bytes);
        let mut bytes = Vec::with_capacity(self.groups.len() * 16 + 4);
        for group in &self.groups {
            bytes.extend_from_slice(&group.key_high.to_le_bytes());
            bytes.extend_from_slice(&group.page.to_le_bytes());
            bytes.extend_from_slice(&group.data.to_le_bytes());
        }
        let groups = self.checked_section(bytes);
        put_trailer(&mut self.buffer, [directory, lanes, groups], &self.summary);
        Ok(())
    }

    fn checked_section(&mut self, mut bytes: Vec<u8>) -> Section {
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        self.section(&bytes)
    }

    fn section(&mut self, bytes: &[u8]) -> Section {
        let section = Section { offset: self.end(), length: bytes.len() as u64 };
        self.buffer.extend_from_slice(bytes);
        section
    }

    /// Hands bytes to the file; no group is open.
    fn flush(&mut self, all: bool) -> Result<()> {
        if all || self.buffer.len() >= BUFFER_BYTES {
            self.file.append(&self.buffer).map_err(io_error("write", &self.path))?;
            self.offset += self.buffer.len() as u64;
            self.buffer.clear();
            self.group_start = 0;
        }
        Ok(())
    }
}

/// Seals come long before a segment reaches 4 GiB, and merging knows a limit.
fn offset_u32(offset: u64) -> Result<u32> {
    u32::try_from(offset).map_err(|_| Error::ReadOnly(Trouble::DiskFull))
}
