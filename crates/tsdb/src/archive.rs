//! Archives: series that have left memory, in files (`docs/formats/archive.md`).
//!
//! An archive has the labels of series of which all samples are in segments, in the order of their keys and in **sheets** of
//! some hundred, and lists which labels are in which sheets. What stays in memory is one short entry a sheet and a filter
//! that says which keys may be there. An archive never changes; a series that comes back is defined in the series log again under its old id, and what is in memory
//! counts more than what archives say of it.

pub(crate) mod filter;
pub(crate) mod lists;
mod salvage;
pub(crate) mod sheet;
pub(crate) mod write;

use std::io::ErrorKind;
use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use regain_model::SeriesKey;
use regain_storage::fs::{File, Fs};
use regain_storage::{Error, Result};

use crate::index::Sealed;
use crate::layout::{HEADER_BYTES, Kind, Layout, checked, corrupt, io_error};
use crate::wire::put_varint;
use filter::Filter;
use lists::{Listed, Register, read_block};
use sheet::Sheet;

/// The last bytes of a file: where its parts end, two numbers, and a checksum.
const TRAILER_BYTES: usize = 6 * 8 + 4;
/// The same in files that have no lists.
const TRAILER_BYTES_V1: usize = 4 * 8 + 4;

/// An open archive.
#[derive(Debug)]
pub(crate) struct Archive {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
    file: Arc<dyn File>,
    sheets: Vec<SheetPlace>,
    filter: Filter,
    /// Where the blocks of the lists and their register are, where there are some.
    lists: Option<[Range<u64>; 2]>,
    register: OnceLock<Register>,
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
        let header = read(0..HEADER_BYTES as u64)?;
        if !Kind::Archive.check(&path, &header)? {
            return Err(bad(0, "an archive"));
        }
        let has_lists = header[8..12] != 1_u32.to_le_bytes();
        let end = size - if has_lists { TRAILER_BYTES } else { TRAILER_BYTES_V1 } as u64;
        let trailer = read(end..size)?;
        let Trailer { ends, series, first_end_s } =
            read_trailer(&trailer, end, has_lists).ok_or_else(|| bad(end, "a trailer"))?;
        let [sheets_end, blocks_end, register_end, directory_end] = ends;
        let directory = read_directory(&read(register_end..directory_end)?, sheets_end);
        let sheets = directory.ok_or_else(|| bad(register_end, "a directory of sheets"))?;
        let filter = read(directory_end..end)?;
        let filter = checked(&filter).and_then(|content| Filter::read(content.0));
        let filter = filter.ok_or_else(|| bad(directory_end, "a filter of keys"))?;
        let lists = has_lists.then_some([sheets_end..blocks_end, blocks_end..register_end]);
        let all = sheets.iter().map(|sheet| sheet.sealed).reduce(Sealed::unite);
        let sealed = all.unwrap_or(Sealed::NONE);
        let summary = Summary { series, sealed, first_end_s, size_bytes: size };
        let (path, register, damage) = (path.clone(), OnceLock::new(), Vec::new());
        Ok(Self { number, path, file, sheets, filter, lists, register, summary, damage })
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
        let Some(bytes) = self.read_bytes(start..start + all)? else {
            if places.len() == 1 {
                return Ok(vec![None]);
            }
            let each = sheets.map(|at| self.read(at..at + 1));
            return Ok(each.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect());
        };
        let mut rest = &bytes[..];
        let mut sheet = |place: &SheetPlace| {
            let (sheet, behind) = rest.split_at_checked(place.length as usize)?;
            rest = behind;
            Sheet::read(sheet)
        };
        Ok(places.iter().map(&mut sheet).collect())
    }

    /// Some bytes of the file; `None` where it has become shorter since it was opened.
    fn read_bytes(&self, range: Range<u64>) -> Result<Option<Vec<u8>>> {
        let length = usize::try_from(range.end - range.start)
            .map_err(|_| corrupt(&self.path, range.start, "a section that fits memory"))?;
        let mut bytes = vec![0; length];
        match self.file.read_at(range.start, &mut bytes) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            read => read.map_err(io_error("read", &self.path)).map(|()| Some(bytes)),
        }
    }

    /// Which labels there are; `None` for an archive that does not list them. An error where that is damaged.
    pub(crate) fn register(&self) -> Result<Option<&Register>> {
        let Some([blocks, place]) = &self.lists else { return Ok(None) };
        if let Some(register) = self.register.get() {
            return Ok(Some(register));
        }
        let bytes = self.read_bytes(place.clone())?.unwrap_or_default();
        let register = Register::read(&bytes, blocks.end - blocks.start);
        let register =
            register.ok_or_else(|| corrupt(&self.path, place.start, "a register of labels"))?;
        Ok(Some(self.register.get_or_init(|| register)))
    }

    /// Calls `found` for the values in a block, which lies there behind the first one. An error where it is damaged.
    pub(crate) fn listed(&self, block: Range<u64>, found: impl FnMut(&Listed<'_>)) -> Result<()> {
        let start = self.lists.as_ref().map_or(0, |lists| lists[0].start);
        let place = start + block.start..start + block.end;
        let bytes = self.read_bytes(place.clone())?.unwrap_or_default();
        read_block(&bytes, self.sheets.len(), found)
            .ok_or_else(|| corrupt(&self.path, place.start, "a list of labels"))
    }

    /// Where lists are damaged.
    pub(crate) fn damaged_lists(&self) -> Result<Vec<Range<u64>>> {
        let Some([blocks, place]) = &self.lists else { return Ok(Vec::new()) };
        let register = match self.register() {
            Err(Error::Corrupt { .. }) => {
                return Ok(std::iter::once(blocks.start..place.end).collect());
            }
            register => register?,
        };
        let mut damaged = Vec::new();
        for block in register.into_iter().flat_map(Register::all) {
            match self.listed(block.clone(), |_| {}) {
                Err(Error::Corrupt { .. }) => {
                    damaged.push(blocks.start + block.start..blocks.start + block.end);
                }
                listed => listed?,
            }
        }
        Ok(damaged)
    }

    /// The size of some sheets.
    pub(crate) fn bytes_of(&self, sheets: &Range<usize>) -> u64 {
        self.sheets[sheets.clone()].iter().map(|sheet| u64::from(sheet.length)).sum()
    }

    /// Where a sheet lies in the file.
    pub(crate) fn range_of(&self, sheet: usize) -> Range<u64> {
        let SheetPlace { offset, length, .. } = self.sheets[sheet];
        offset..offset + u64::from(length)
    }

    /// The memory held, in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        let register = self.register.get().map_or(0, Register::size_bytes);
        size_of::<Self>() + size_of_val(&*self.sheets) + self.filter.size_bytes() + register
    }
}

/// What the last bytes of a file say.
struct Trailer {
    /// Where the sheets, the blocks of the lists, their register and the directory end.
    ends: [u64; 4],
    series: u64,
    first_end_s: u32,
}

fn read_trailer(bytes: &[u8], end: u64, has_lists: bool) -> Option<Trailer> {
    let mut cursor = checked(bytes)?;
    let sheets_end = cursor.u64()?;
    let (blocks_end, register_end) =
        if has_lists { (cursor.u64()?, cursor.u64()?) } else { (sheets_end, sheets_end) };
    let ends = [sheets_end, blocks_end, register_end, cursor.u64()?];
    let (series, first_end_s) = (cursor.u64()?, u32::try_from(cursor.u64()?).ok()?);
    let fits = HEADER_BYTES as u64 <= sheets_end && ends.is_sorted() && ends[3] <= end;
    fits.then_some(Trailer { ends, series, first_end_s })
}
