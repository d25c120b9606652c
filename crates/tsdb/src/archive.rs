//! Archives: series that have left memory, in files (`docs/formats/archive.md`).
//!
//! An archive has the labels of series of which all samples are in segments, in the order of their keys and in **sheets** of
//! some hundred. What stays in memory is one short entry a sheet and a filter that says which keys may be there. An
//! archive never changes; a series that comes back is defined in the series log again under its old id, and what is in memory
//! counts more than what archives say of it.

pub(crate) mod filter;
mod salvage;
pub(crate) mod sheet;
pub(crate) mod write;

use std::io::ErrorKind;
use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;
use std::sync::Arc;

use regain_model::SeriesKey;
use regain_storage::Result;
use regain_storage::fs::{File, Fs};

use crate::index::Sealed;
use crate::layout::{HEADER_BYTES, Kind, Layout, checked, corrupt, io_error};
use crate::wire::put_varint;
use filter::Filter;
use sheet::Sheet;

/// The last bytes of a file: where the sheets and the directory end, two numbers, and a checksum.
const TRAILER_BYTES: usize = 4 * 8 + 4;

/// An open archive.
#[derive(Debug)]
pub(crate) struct Archive {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
    file: Arc<dyn File>,
    sheets: Vec<SheetPlace>,
    filter: Filter,
    pub(crate) summary: Summary,
    /// What was damaged beside sheets when it was opened.
    pub(crate) damage: Vec<Range<u64>>,
}

/// What is known about an archive without its sheets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) series: u64,
    pub(crate) sealed: Sealed,
    /// The second since the epoch after which the first of the series has no samples any more.
    pub(crate) first_end_s: u32,
    pub(crate) size_bytes: u64,
}

/// Where a sheet is: the upper half of its first key, its place in the file, and when its series have samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SheetPlace {
    key_high: u64,
    offset: u64,
    length: u32,
    sealed: Sealed,
}

/// The upper half of a key.
pub(crate) fn high_of(key: SeriesKey) -> u64 {
    u64::try_from(key.0 >> 64).expect("the upper half")
}

/// Appends the directory without its checksum.
fn put_directory(out: &mut Vec<u8>, sheets: &[SheetPlace]) {
    put_varint(out, sheets.len() as u64);
    for sheet in sheets {
        out.extend_from_slice(&sheet.key_high.to_le_bytes());
        put_varint(out, u64::from(sheet.length));
        put_varint(out, u64::from(sheet.sealed.min_s));
        put_varint(out, u64::from(sheet.sealed.max_s - sheet.sealed.min_s));
    }
}

/// Reads a directory whose sheets lie between the header and `end`.
fn read_directory(bytes: &[u8], end: u64) -> Option<Vec<SheetPlace>> {
    let mut cursor = checked(bytes)?;
    let mut offset = HEADER_BYTES as u64;
    let mut sheets: Vec<SheetPlace> = Vec::new();
    for _ in 0..cursor.count()? {
        let (key_high, length, min_s) = (cursor.u64()?, cursor.id()?, cursor.id()?);
        let sealed = Sealed { min_s, max_s: min_s.checked_add(cursor.id()?)? };
        if sheets.last().is_some_and(|last| last.key_high > key_high) {
            return None;
        }
        sheets.push(SheetPlace { key_high, offset, length, sealed });
        offset = offset.checked_add(u64::from(length))?;
    }
    (cursor.is_empty() && offset == end).then_some(sheets)
}

impl Archive {
    /// Opens the archive `number` and reads all but its sheets.
    pub(crate) fn open(fs: &dyn Fs, layout: &Layout, number: u64) -> Result<Self> {
        let path = layout.file(Kind::Archive, number);
        let file = fs.open(&path).map_err(io_error("open", &path))?;
        let size = file.size_bytes().map_err(io_error("read", &path))?;
        let bad = |offset, what| corrupt(&path, offset, what);
        let read = |range: Range<u64>| {
            let length = usize::try_from(range.end.saturating_sub(range.start))
                .map_err(|_| bad(range.start, "a section that fits memory"))?;
            let mut bytes = vec![0; length];
            file.read_at(range.start, &mut bytes).map_err(io_error("read", &path)).map(|()| bytes)
        };
        if size < (HEADER_BYTES + TRAILER_BYTES) as u64 {
            return Err(bad(size, "a whole archive"));
        }
        if !Kind::Archive.check(&path, &read(0..HEADER_BYTES as u64)?)? {
            return Err(bad(0, "an archive"));
        }
        let end = size - TRAILER_BYTES as u64;
        let trailer = read(end..size)?;
        let ([sheets_end, directory_end], series, first_end_s) =
            read_trailer(&trailer, end).ok_or_else(|| bad(end, "a trailer"))?;
        let directory = read_directory(&read(sheets_end..directory_end)?, sheets_end);
        let sheets = directory.ok_or_else(|| bad(sheets_end, "a directory of sheets"))?;
        let filter = read(directory_end..end)?;
        let filter = checked(&filter).and_then(|content| Filter::read(content.0));
        let filter = filter.ok_or_else(|| bad(directory_end, "a filter of keys"))?;
        let all = sheets.iter().map(|sheet| sheet.sealed).reduce(Sealed::unite);
        let sealed = all.unwrap_or(Sealed::NONE);
        let summary = Summary { series, sealed, first_end_s, size_bytes: size };
        let (path, damage) = (path.clone(), Vec::new());
        Ok(Self { number, path, file, sheets, filter, summary, damage })
    }

    /// Whether a series with this key may be here.
    #[inline]
    pub(crate) fn may_have(&self, key: SeriesKey) -> bool {
        self.filter.may_have(key)
    }

    /// The number of sheets.
    pub(crate) fn sheet_count(&self) -> usize {
        self.sheets.len()
    }

    /// The sheets that can hold series with keys whose upper halves are these.
    pub(crate) fn sheets_of(&self, high: &RangeInclusive<u64>) -> Range<usize> {
        let start = self.sheets.partition_point(|sheet| sheet.key_high < *high.start());
        let end = self.sheets.partition_point(|sheet| sheet.key_high <= *high.end());
        start.saturating_sub(1)..end
    }

    /// Whether series of a sheet may have samples within `span`.
    pub(crate) fn overlaps(&self, sheet: usize, span: (i64, i64)) -> bool {
        self.sheets[sheet].sealed.overlaps(span)
    }

    /// When series of a sheet have samples.
    pub(crate) fn sealed_of(&self, sheet: usize) -> Sealed {
        self.sheets[sheet].sealed
    }

    /// Reads some neighbouring sheets at once; `None` for one that is damaged.
    pub(crate) fn read(&self, sheets: Range<usize>) -> Result<Vec<Option<Sheet>>> {
        let Some(places) = self.sheets.get(sheets.clone()).filter(|places| !places.is_empty())
        else {
            return Ok(Vec::new());
        };
        let start = places[0].offset;
        let all: u64 = places.iter().map(|place| u64::from(place.length)).sum();
        let length = usize::try_from(all).map_err(|_| corrupt(&self.path, start, "sheets"))?;
        let mut bytes = vec![0; length];
        match self.file.read_at(start, &mut bytes) {
            // The file has become shorter since it was opened.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && places.len() == 1 => {
                return Ok(vec![None]);
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                let each = sheets.map(|at| self.read(at..at + 1));
                return Ok(each.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect());
            }
            read => read.map_err(io_error("read", &self.path))?,
        }
        let mut rest = &bytes[..];
        let mut sheet = |place: &SheetPlace| {
            let (sheet, behind) = rest.split_at_checked(place.length as usize)?;
            rest = behind;
            Sheet::read(sheet)
        };
        Ok(places.iter().map(&mut sheet).collect())
    }

    /// Where a sheet lies in the file.
    pub(crate) fn range_of(&self, sheet: usize) -> Range<u64> {
        let SheetPlace { offset, length, .. } = self.sheets[sheet];
        offset..offset + u64::from(length)
    }

    /// The memory held, in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.sheets) + self.filter.size_bytes()
    }
}

/// Where the sheets and the directory end, the number of series, and the first second in which one of them ends.
fn read_trailer(bytes: &[u8], end: u64) -> Option<([u64; 2], u64, u32)> {
    let mut cursor = checked(bytes)?;
    let (sheets_end, directory_end, series) = (cursor.u64()?, cursor.u64()?, cursor.u64()?);
    let first_end_s = u32::try_from(cursor.u64()?).ok()?;
    let fits =
        HEADER_BYTES as u64 <= sheets_end && sheets_end <= directory_end && directory_end <= end;
    fits.then_some(([sheets_end, directory_end], series, first_end_s))
}
