//! Writes a segment from lanes that were taken out of the head.

use std::path::Path;
use std::sync::Arc;

use regain_model::{SeriesKey, is_stale};
use regain_storage::fs::{File, Fs};
use regain_storage::{Error, Result};

use super::lanes::{SealedLane, put_time_frames};
use super::page::{Page, Piece, Rows};
use super::{GROUP_SERIES, Group, Section, Summary, page, put_trailer};
use crate::column::Column;
use crate::frame::{FRAME_MAX, put_floats};
use crate::lane::LaneData;
use crate::lane::row::words;
use crate::layout::{HEADER_BYTES, Kind, Layout, create, io_error};
use crate::wire::put_varint;

/// Bytes are handed to the file in pieces of about this size.
const BUFFER_BYTES: usize = 1 << 20;

/// A lane as a seal took it.
#[derive(Clone, Debug)]
pub(crate) struct Frozen {
    pub(crate) lane: u32,
    /// The last batch in it.
    pub(crate) sequence: u64,
    pub(crate) data: Arc<LaneData>,
    /// The series of every slot, `u32::MAX` for none.
    pub(crate) series: Arc<[u32]>,
}

/// One slot's samples: whose they are, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source {
    pub(crate) key: SeriesKey,
    pub(crate) id: u32,
    /// The index among the frozen lanes.
    pub(crate) lane: u32,
    pub(crate) slot: u32,
}

/// For every series that was sealed its id with its first and last time.
pub(crate) type Spans = Vec<(u32, i64, i64)>;

/// Writes the segment `number`; `sources` ascend. It is durable when this returns, name and all.
pub(crate) fn write(
    (fs, layout): (&dyn Fs, &Layout),
    number: u64,
    lanes: &[Frozen],
    sources: &[Source],
) -> Result<Spans> {
    let tmp = layout.tmp(Kind::Segment, number);
    let written = write_file(fs, &tmp, lanes, sources).and_then(|spans| {
        let path = layout.file(Kind::Segment, number);
        fs.rename(&tmp, &path).map_err(io_error("rename", &tmp))?;
        fs.sync_dir(layout.dir()).map_err(io_error("sync", layout.dir()))?;
        Ok(spans)
    });
    // A full disk needs the room, and what cannot be removed now goes at the next start.
    written.inspect_err(|_| fs.remove(&tmp).unwrap_or_default())
}

fn write_file(fs: &dyn Fs, tmp: &Path, lanes: &[Frozen], sources: &[Source]) -> Result<Spans> {
    let mut writer = Writer::new(create(fs, tmp, Kind::Segment)?, lanes);
    let append = |writer: &mut Writer<'_>, all| writer.flush(all).map_err(io_error("write", tmp));
    for group in sources.chunk_by(|a, b| a.id == b.id) {
        writer.add_series(group)?;
        append(&mut writer, false)?;
    }
    writer.finish()?;
    append(&mut writer, true)?;
    writer.file.sync_data().map_err(io_error("sync", tmp))?;
    Ok(writer.spans)
}

struct Writer<'a> {
    file: Arc<dyn File>,
    lanes: &'a [Frozen],
    times: Vec<Vec<i64>>,
    /// Bytes that are not in the file yet; `offset` is where they belong.
    buffer: Vec<u8>,
    offset: u64,
    directory: Vec<u8>,
    groups: Vec<Group>,
    group_start: u64,
    page: Page,
    first_key: SeriesKey,
    summary: Summary,
    spans: Vec<(u32, i64, i64)>,
    column: Column,
    mask: Vec<u64>,
    scale: u8,
}

impl<'a> Writer<'a> {
    fn new(file: Arc<dyn File>, lanes: &'a [Frozen]) -> Self {
        let times = lanes.iter().map(|lane| lane.data.row_times()).collect();
        let summary = Summary {
            samples: 0,
            series: 0,
            min_time: i64::MAX,
            max_time: i64::MIN,
            size_bytes: 0,
        };
        Self {
            file,
            lanes,
            times,
            buffer: Vec::with_capacity(BUFFER_BYTES + BUFFER_BYTES / 4),
            offset: HEADER_BYTES as u64,
            directory: Vec::new(),
            groups: Vec::new(),
            group_start: HEADER_BYTES as u64,
            page: Page::default(),
            first_key: SeriesKey::default(),
            summary,
            spans: Vec::new(),
            column: Column::default(),
            mask: Vec::new(),
            scale: 0,
        }
    }

    fn end(&self) -> u64 {
        self.offset + self.buffer.len() as u64
    }

    fn add_series(&mut self, sources: &[Source]) -> Result<()> {
        let Source { key, id, .. } = sources[0];
        let start = self.buffer.len();
        let before = self.page.pieces.len();
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        for source in sources {
            self.add_rows(source);
            if let (Some(&from), Some(&to)) = (self.column.times.first(), self.column.times.last())
            {
                (first, last) = (first.min(from), last.max(to));
            }
            if let Some((from, to)) = self.add_own(source) {
                (first, last) = (first.min(from), last.max(to));
            }
        }
        if self.page.pieces.len() == before {
            return Ok(());
        }
        if self.page.entries.len() == 1 {
            self.first_key = key;
        }
        self.page.data_crc = crc32c::crc32c_append(self.page.data_crc, &self.buffer[start..]);
        self.spans.push((id, first, last));
        self.summary.series += 1;
        self.summary.min_time = self.summary.min_time.min(first);
        self.summary.max_time = self.summary.max_time.max(last);
        if self.page.entries.len() == GROUP_SERIES { self.close_group() } else { Ok(()) }
    }

    /// Adds the samples that lie in the lane's rows; they are in `column` afterwards.
    fn add_rows(&mut self, source: &Source) {
        let lane = &self.lanes[source.lane as usize];
        self.column.clear();
        self.mask.clear();
        self.mask.resize(words(lane.data.rows()), 0);
        lane.data.read_rows(source.slot, &mut self.column, &mut self.mask);
        let rows = self.times[source.lane as usize].len();
        if let Some(rows) =
            Rows::of_mask(&self.mask, rows).filter(|_| !self.column.times.is_empty())
        {
            let start = self.buffer.len();
            self.add_piece(source, rows, start);
        }
    }

    /// Adds the samples with times of their own, and returns the first and the last time.
    fn add_own(&mut self, source: &Source) -> Option<(i64, i64)> {
        let own = self.lanes[source.lane as usize].data.own.get(&source.slot)?;
        self.column.clear();
        self.column.times.extend_from_slice(&own.times);
        self.column.values.extend_from_slice(&own.values);
        self.column.merge_from(0);
        let (first, last) = (*self.column.times.first()?, *self.column.times.last()?);
        let samples = u32::try_from(self.column.times.len()).ok()?;
        let start = self.buffer.len();
        put_time_frames(&mut self.buffer, &self.column.times);
        self.add_piece(source, Rows::Own(samples, first, last), start);
        Some((first, last))
    }

    /// Writes the values of `column` and describes them.
    fn add_piece(&mut self, source: &Source, rows: Rows, start: usize) {
        let mut stale = false;
        for values in self.column.values.chunks(FRAME_MAX) {
            stale |= values.iter().any(|&value| is_stale(value));
            put_floats(&mut self.buffer, values, &mut self.scale);
        }
        self.summary.samples += self.column.values.len() as u64;
        let size_bytes = u32::try_from(self.buffer.len() - start)
            .expect("the samples of one series between two seals");
        let piece = Piece { lane: source.lane, rows, stale, size_bytes };
        self.page.push(source.id, 0, piece);
    }

    fn close_group(&mut self) -> Result<()> {
        let data = offset_u32(self.group_start - HEADER_BYTES as u64)?;
        let page = offset_u32(self.directory.len() as u64)?;
        let key_high = u64::try_from(self.first_key.0 >> 64).expect("the upper half");
        self.groups.push(Group { key_high, page, data });
        page::put(&mut self.directory, &self.page);
        self.page.clear();
        self.group_start = self.end();
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        if !self.page.entries.is_empty() {
            self.close_group()?;
        }
        let directory = std::mem::take(&mut self.directory);
        let directory = self.section(&directory);
        let mut bytes = Vec::new();
        put_varint(&mut bytes, self.lanes.len() as u64);
        for (lane, times) in self.lanes.iter().zip(&self.times) {
            SealedLane::put(&mut bytes, lane.lane, lane.sequence, times);
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
        self.summary.size_bytes = self.end();
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

    fn flush(&mut self, all: bool) -> std::io::Result<()> {
        if all || self.buffer.len() >= BUFFER_BYTES {
            self.file.append(&self.buffer)?;
            self.offset += self.buffer.len() as u64;
            self.buffer.clear();
        }
        Ok(())
    }
}

/// Seals come long before a segment reaches 4 GiB.
fn offset_u32(offset: u64) -> Result<u32> {
    u32::try_from(offset).map_err(|_| Error::ReadOnly)
}
