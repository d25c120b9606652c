//! Writes a segment file.

use std::path::Path;
use std::sync::Arc;

use regain_model::SeriesKey;
use regain_storage::fs::{File, Fs};
use regain_storage::{Error, Result};

use super::encode::{Encoded, EncodedPiece, Frozen};
use super::lanes::SealedLane;
use super::page::Page;
use super::{GROUP_SERIES, Group, Section, Summary, page, put_trailer};
use crate::layout::{HEADER_BYTES, Kind, Layout, create, io_error};
use crate::wire::put_varint;

/// Bytes are handed to the file in pieces of about this size.
const BUFFER_BYTES: usize = 1 << 20;

/// Writes the segment `number`. It is durable when this returns, name and all.
pub(crate) fn write(
    (fs, layout): (&dyn Fs, &Layout),
    number: u64,
    lanes: &[Frozen],
    encoded: &Encoded,
) -> Result<()> {
    let tmp = layout.tmp(Kind::Segment, number);
    let written = write_file(fs, &tmp, lanes, encoded).and_then(|()| {
        let path = layout.file(Kind::Segment, number);
        fs.rename(&tmp, &path).map_err(io_error("rename", &tmp))?;
        fs.sync_dir(layout.dir()).map_err(io_error("sync", layout.dir()))
    });
    // A full disk needs the room, and what cannot be removed now goes at the next start.
    written.inspect_err(|_| fs.remove(&tmp).unwrap_or_default())
}

fn write_file(fs: &dyn Fs, tmp: &Path, lanes: &[Frozen], encoded: &Encoded) -> Result<()> {
    let mut writer = Writer::new(create(fs, tmp, Kind::Segment)?, encoded);
    let append = |writer: &mut Writer<'_>, all| writer.flush(all).map_err(io_error("write", tmp));
    for series in encoded.pieces.chunk_by(|a, b| a.id == b.id) {
        writer.add_series(series);
        if writer.page.entries.len() == GROUP_SERIES {
            writer.close_group()?;
            append(&mut writer, false)?;
        }
    }
    writer.finish(lanes)?;
    append(&mut writer, true)?;
    writer.file.sync_data().map_err(io_error("sync", tmp))
}

struct Writer<'a> {
    file: Arc<dyn File>,
    encoded: &'a Encoded,
    /// Bytes that are not in the file yet; `offset` is where they belong.
    buffer: Vec<u8>,
    offset: u64,
    directory: Vec<u8>,
    groups: Vec<Group>,
    /// Where the open group begins in the buffer.
    group_start: usize,
    page: Page,
    first_key: SeriesKey,
    summary: Summary,
}

impl<'a> Writer<'a> {
    fn new(file: Arc<dyn File>, encoded: &'a Encoded) -> Self {
        let summary = Summary {
            samples: encoded.samples,
            series: 0,
            min_time: i64::MAX,
            max_time: i64::MIN,
            size_bytes: 0,
        };
        Self {
            file,
            encoded,
            buffer: Vec::with_capacity(BUFFER_BYTES + BUFFER_BYTES / 4),
            offset: HEADER_BYTES as u64,
            directory: Vec::new(),
            groups: Vec::new(),
            group_start: 0,
            page: Page::default(),
            first_key: SeriesKey::default(),
            summary,
        }
    }

    fn end(&self) -> u64 {
        self.offset + self.buffer.len() as u64
    }

    fn add_series(&mut self, pieces: &[EncodedPiece]) {
        if self.page.entries.is_empty() {
            self.first_key = pieces[0].key();
        }
        for piece in pieces {
            self.buffer.extend_from_slice(self.encoded.frames_of(piece));
            self.page.push(piece.id, 0, self.encoded.describe(piece));
            let (first, last) = self.encoded.span_of(piece);
            self.summary.min_time = self.summary.min_time.min(first);
            self.summary.max_time = self.summary.max_time.max(last);
        }
        self.summary.series += 1;
    }

    fn close_group(&mut self) -> Result<()> {
        let start = self.offset + self.group_start as u64 - HEADER_BYTES as u64;
        let (data, page) = (offset_u32(start)?, offset_u32(self.directory.len() as u64)?);
        let key_high = u64::try_from(self.first_key.0 >> 64).expect("the upper half");
        self.groups.push(Group { key_high, page, data });
        self.page.data_crc = crc32c::crc32c(&self.buffer[self.group_start..]);
        page::put(&mut self.directory, &self.page);
        self.page.clear();
        self.group_start = self.buffer.len();
        Ok(())
    }

    fn finish(&mut self, lanes: &[Frozen]) -> Result<()> {
        if !self.page.entries.is_empty() {
            self.close_group()?;
        }
        let directory = std::mem::take(&mut self.directory);
        let directory = self.section(&directory);
        let mut bytes = Vec::new();
        put_varint(&mut bytes, self.encoded.times.len() as u64);
        let ids = lanes.iter().map(|lane| (lane.lane, lane.sequence));
        let ids = ids.chain(std::iter::repeat((SealedLane::NO_LANE, 0)));
        for (times, (id, sequence)) in self.encoded.times.iter().zip(ids) {
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
    fn flush(&mut self, all: bool) -> std::io::Result<()> {
        if all || self.buffer.len() >= BUFFER_BYTES {
            self.file.append(&self.buffer)?;
            self.offset += self.buffer.len() as u64;
            self.buffer.clear();
            self.group_start = 0;
        }
        Ok(())
    }
}

/// Seals come long before a segment reaches 4 GiB.
fn offset_u32(offset: u64) -> Result<u32> {
    u32::try_from(offset).map_err(|_| Error::ReadOnly)
}
