//! Segments: sealed samples in files (`docs/formats/segment.md`).
//!
//! Series lie in the order of their keys, in groups of 128. A group's values are one range of the
//! file, its page of the directory another; what stays in memory is one short entry a group and the
//! coded times of the lanes.

pub(crate) mod encode;
pub(crate) mod lanes;
pub(crate) mod merge;
pub(crate) mod page;
pub(crate) mod read;
pub(crate) mod values;
pub(crate) mod write;

use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;
use std::sync::Arc;

use regain_model::SeriesKey;
use regain_storage::Result;
use regain_storage::fs::{File, Fs};

use crate::layout::{HEADER_BYTES, Kind, Layout, checked, corrupt, io_error};
use crate::wire::Cursor;
use lanes::SealedLane;
use page::{Page, Piece, Rows};

/// The most series in a group.
pub(crate) const GROUP_SERIES: usize = 128;

/// The last bytes of a file: the section table.
const TRAILER_BYTES: usize = 3 * 16 + 4 * 8 + 4 + 4 + 4;

/// An open segment.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
    file: Arc<dyn File>,
    groups: Vec<Group>,
    directory: Range<u64>,
    pub(crate) lanes: Vec<SealedLane>,
    pub(crate) summary: Summary,
}

/// What is known about a segment without its directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) samples: u64,
    pub(crate) series: u32,
    pub(crate) min_time: i64,
    pub(crate) max_time: i64,
    pub(crate) size_bytes: u64,
}

/// Where a group begins: the upper half of its first key, and offsets from the directory's and the
/// data's first byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub(crate) key_high: u64,
    pub(crate) page: u32,
    pub(crate) data: u32,
}

/// A section of the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section {
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// Appends the section table: directory, lanes, groups; then counts and times; then checksums.
pub(crate) fn put_trailer(out: &mut Vec<u8>, sections: [Section; 3], summary: &Summary) {
    let start = out.len();
    for section in sections {
        out.extend_from_slice(&section.offset.to_le_bytes());
        out.extend_from_slice(&section.length.to_le_bytes());
    }
    out.extend_from_slice(&summary.samples.to_le_bytes());
    out.extend_from_slice(&summary.min_time.to_le_bytes());
    out.extend_from_slice(&summary.max_time.to_le_bytes());
    out.extend_from_slice(&u64::from(summary.series).to_le_bytes());
    out.extend_from_slice(b"RgnE");
    out.extend_from_slice(&1_u32.to_le_bytes());
    let crc = crc32c::crc32c(&out[start..]);
    out.extend_from_slice(&crc.to_le_bytes());
}

impl Segment {
    /// Opens the segment `number` and reads all but its directory and its values.
    pub(crate) fn open(fs: &dyn Fs, layout: &Layout, number: u64) -> Result<Self> {
        let path = layout.file(Kind::Segment, number);
        let file = fs.open(&path).map_err(io_error("open", &path))?;
        let size = file.size_bytes().map_err(io_error("read", &path))?;
        let bad = |offset, what| corrupt(&path, offset, what);
        let read = |offset, length: usize| {
            let mut bytes = vec![0; length];
            file.read_at(offset, &mut bytes).map_err(io_error("read", &path)).map(|()| bytes)
        };
        if size < (HEADER_BYTES + TRAILER_BYTES) as u64 {
            return Err(bad(size, "a whole segment"));
        }
        if !Kind::Segment.check(&path, &read(0, HEADER_BYTES)?)? {
            return Err(bad(0, "a segment"));
        }
        let end = size - TRAILER_BYTES as u64;
        let trailer = read(end, TRAILER_BYTES)?;
        let (sections, mut summary) =
            read_trailer(&trailer, end).ok_or_else(|| bad(end, "a section table"))?;
        summary.size_bytes = size;
        let [directory, lanes, groups] = sections;
        let section = |section: Section| -> Result<Vec<u8>> {
            let length = usize::try_from(section.length)
                .map_err(|_| bad(section.offset, "a section that fits memory"))?;
            read(section.offset, length)
        };
        let lanes = read_lanes(&section(lanes)?).ok_or_else(|| bad(lanes.offset, "lanes"))?;
        let groups = read_groups(&section(groups)?).ok_or_else(|| bad(groups.offset, "groups"))?;
        let directory = directory.offset..directory.offset + directory.length;
        let fits = groups.last().is_none_or(|last| {
            directory.start + u64::from(last.page) <= directory.end
                && HEADER_BYTES as u64 + u64::from(last.data) <= directory.start
        });
        if !fits {
            return Err(bad(directory.end, "groups within the file"));
        }
        Ok(Self { number, file, groups, directory, lanes, summary, path: path.clone() })
    }

    pub(crate) const fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// The groups that can hold the series with this key; `hint` is where the series before was.
    pub(crate) fn groups_of(&self, key: SeriesKey, hint: usize) -> Range<usize> {
        let high = u64::try_from(key.0 >> 64).expect("the upper half");
        let begins_before = self.groups.get(hint).is_some_and(|group| group.key_high < high);
        if begins_before && self.groups.get(hint + 1).is_none_or(|next| next.key_high > high) {
            return hint..hint + 1;
        }
        let end = self.groups.partition_point(|group| group.key_high <= high);
        let start = self.groups[..end].partition_point(|group| group.key_high < high);
        start.saturating_sub(1)..end
    }

    /// The upper halves of the keys that a group can hold.
    pub(crate) fn keys_of(&self, group: usize) -> RangeInclusive<u64> {
        let high = |group: usize| self.groups.get(group).map(|group| group.key_high);
        high(group).unwrap_or(0)..=high(group + 1).unwrap_or(u64::MAX)
    }

    /// Reads the pages of some neighbouring groups; `None` for one that is damaged.
    pub(crate) fn pages(&self, groups: Range<usize>) -> Result<Vec<Option<Page>>> {
        let start = self.page_range(groups.start).start;
        let bytes = self.read(start..self.page_range(groups.end).start)?;
        let page = |group| {
            let Range { start: from, end: to } = self.page_range(group);
            page::read(bytes.get(index(from - start)..index(to - start))?)
        };
        Ok(groups.map(page).collect())
    }

    /// Where the page of a group lies in the file.
    pub(crate) fn page_range(&self, group: usize) -> Range<u64> {
        let offset = |group: usize| match self.groups.get(group) {
            Some(group) => self.directory.start + u64::from(group.page),
            None => self.directory.end,
        };
        offset(group)..offset(group + 1)
    }

    /// Calls `found` with the id and the first and last time of every series, and returns where
    /// pages are damaged.
    pub(crate) fn scan(&self, mut found: impl FnMut(u32, i64, i64)) -> Result<Vec<Range<u64>>> {
        let bytes = self.read(self.directory.clone())?;
        let mut damaged = Vec::new();
        for group in 0..self.groups.len() {
            let range = self.page_range(group);
            let from = index(range.start - self.directory.start);
            let to = index(range.end - self.directory.start);
            let mut series: Option<(u32, i64, i64)> = None;
            let whole = bytes.get(from..to).and_then(|page| {
                page::read_with(page, |id, piece| {
                    let (first, last) = self.span_of(&piece);
                    match &mut series {
                        Some(series) if series.0 == id => {
                            *series = (id, series.1.min(first), series.2.max(last));
                        }
                        _ => {
                            if let Some((id, first, last)) = series.replace((id, first, last)) {
                                found(id, first, last);
                            }
                        }
                    }
                })
            });
            if whole.is_none() {
                damaged.push(range);
            } else if let Some((id, first, last)) = series {
                found(id, first, last);
            }
        }
        Ok(damaged)
    }

    /// Times between which a piece has its samples.
    pub(crate) fn span_of(&self, piece: &Piece) -> (i64, i64) {
        match (&piece.rows, self.lanes.get(piece.lane as usize)) {
            (Rows::Own(_, first, last), _) => (*first, *last),
            (_, Some(lane)) => (lane.first, lane.last),
            (_, None) => (i64::MAX, i64::MIN),
        }
    }

    /// Where the values of a group lie in the file.
    pub(crate) fn data_range(&self, group: usize) -> Range<u64> {
        let offset = |group: usize| match self.groups.get(group) {
            Some(group) => HEADER_BYTES as u64 + u64::from(group.data),
            None => self.directory.start,
        };
        offset(group)..offset(group + 1)
    }

    /// Reads bytes of the file.
    pub(crate) fn read(&self, range: Range<u64>) -> Result<Vec<u8>> {
        let mut bytes = vec![0; index(range.end.saturating_sub(range.start))];
        self.file.read_at(range.start, &mut bytes).map_err(io_error("read", &self.path))?;
        Ok(bytes)
    }

    /// The memory held, in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        let lanes: usize = self.lanes.iter().map(SealedLane::size_bytes).sum();
        self.groups.len() * size_of::<Group>() + lanes
    }
}

/// Offsets were checked against the file's size when it was opened, and a file fits memory's address
/// space.
fn index(offset: u64) -> usize {
    usize::try_from(offset).expect("a file's offset fits the address space")
}

fn read_trailer(bytes: &[u8], end: u64) -> Option<([Section; 3], Summary)> {
    let mut cursor = checked(bytes)?;
    let mut section = || {
        let section = Section { offset: cursor.u64()?, length: cursor.u64()? };
        let fits = section.offset >= HEADER_BYTES as u64
            && section.offset.checked_add(section.length)? <= end;
        fits.then_some(section)
    };
    let sections = [section()?, section()?, section()?];
    let samples = cursor.u64()?;
    let (min_time, max_time) = (cursor.u64()?.cast_signed(), cursor.u64()?.cast_signed());
    let series = u32::try_from(cursor.u64()?).ok()?;
    let known = cursor.take(4)? == b"RgnE" && cursor.u32()? == 1;
    known.then_some((sections, Summary { samples, series, min_time, max_time, size_bytes: 0 }))
}

fn read_lanes(bytes: &[u8]) -> Option<Vec<SealedLane>> {
    let mut cursor = checked(bytes)?;
    let count = cursor.count()?;
    (0..count).map(|_| SealedLane::read(&mut cursor)).collect()
}

fn read_groups(bytes: &[u8]) -> Option<Vec<Group>> {
    let mut cursor: Cursor<'_> = checked(bytes)?;
    let mut groups: Vec<Group> = Vec::with_capacity(cursor.0.len() / 16);
    while !cursor.is_empty() {
        let group = Group { key_high: cursor.u64()?, page: cursor.u32()?, data: cursor.u32()? };
        let ascends = groups.last().is_none_or(|last| {
            last.key_high <= group.key_high && last.page <= group.page && last.data <= group.data
        });
        if !ascends {
            return None;
        }
        groups.push(group);
    }
    Some(groups)
}
