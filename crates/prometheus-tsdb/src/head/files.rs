//! `chunks_head`: chunks of the head that Prometheus wrote out before they went into a block.

use std::path::Path;
use std::sync::Arc;

use hashbrown::HashMap;
use regain_storage::fs::Fs;
use regain_storage::{Error, Result};

use super::HeadChunk;
use crate::chunk::{Encoding, sample_count};
use crate::cursor::Cursor;
use crate::fault::Read;
use crate::reading::read_file;
use crate::wal::segments;

/// The directory in the data directory.
pub(crate) const CHUNKS_DIR: &str = "chunks_head";
const MAGIC: u32 = 0x0130_BC91;
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 8;
/// The smallest entry without its data: reference, times, kind, and the longest length.
const ENTRY_BYTES_MIN: usize = 8 + 8 + 8 + 1 + 5;
/// The bit of a kind that says that the samples came late.
const LATE: u8 = 0x80;
/// A file is cut at 128 MiB; one that is much longer is none.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// The chunks in the files.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The chunks of each series in order, by its reference.
    pub(super) in_order: HashMap<u64, Vec<HeadChunk>>,
    /// The chunks of late samples of each series.
    pub(super) late: HashMap<u64, Vec<HeadChunk>>,
    /// The place of the last chunk: the file's number in the upper half, and the offset.
    pub(super) last: u64,
}

struct Entry {
    series: u64,
    place: u64,
    is_late: bool,
    chunk: HeadChunk,
}

impl Files {
    /// Reads the files of the data directory `root`. After damage that file and all later ones are
    /// left alone: what they hold is in the log.
    pub(super) fn load(
        fs: &dyn Fs,
        root: &Path,
        min_valid: i64,
        mut on_damage: impl FnMut(Error),
    ) -> Self {
        let mut files = Self::default();
        let list = match segments(fs, &root.join(CHUNKS_DIR)) {
            Ok(list) => list,
            Err(error) => {
                on_damage(error);
                return files;
            }
        };
        let last = list.last().map(|file| file.number);
        let mut expected = list.first().map(|file| file.number);
        for file in &list {
            let entries = if expected == Some(file.number) {
                read(fs, &file.path, file.number, last == Some(file.number))
            } else {
                let what = "a file of chunks before this one is missing";
                Err(Error::Corrupt { path: file.path.clone(), offset: 0, what })
            };
            expected = Some(file.number + 1);
            let added = entries.and_then(|entries| {
                files.add(entries, min_valid).map_err(|(offset, what)| Error::Corrupt {
                    path: file.path.clone(),
                    offset,
                    what,
                })
            });
            if let Err(error) = added {
                on_damage(error);
                break;
            }
        }
        files
    }

    fn add(
        &mut self,
        entries: Vec<Entry>,
        min_valid: i64,
    ) -> std::result::Result<(), (u64, &'static str)> {
        let mut newest: HashMap<u64, i64> = HashMap::new();
        for entry in entries.iter().filter(|entry| !entry.is_late) {
            let before = newest.get(&entry.series).copied();
            let before = before.or_else(|| Some(self.in_order.get(&entry.series)?.last()?.max));
            if before.is_some_and(|before| before >= entry.chunk.min) {
                let offset = entry.place & u64::from(u32::MAX);
                return Err((offset, "a chunk is older than the one before"));
            }
            newest.insert(entry.series, entry.chunk.max);
        }
        for Entry { series, place, is_late, chunk } in entries {
            self.last = place;
            if is_late {
                self.late.entry(series).or_default().push(chunk);
            } else if chunk.max >= min_valid {
                self.in_order.entry(series).or_default().push(chunk);
            }
        }
        Ok(())
    }
}

fn read(fs: &dyn Fs, path: &Path, number: u64, is_last: bool) -> Result<Vec<Entry>> {
    let bytes = read_file(fs, path, FILE_BYTES_MAX)?;
    // The last file may have been made and not begun.
    if is_last && bytes.iter().take(4).all(|&byte| byte == 0) {
        return Ok(Vec::new());
    }
    entries(&bytes, number).map_err(|fault| fault.within(path, 0))
}

fn entries(bytes: &[u8], number: u64) -> Read<Vec<Entry>> {
    let mut cursor = Cursor::new(bytes);
    if cursor.u32()? != MAGIC {
        return Err(cursor.fault("this is no file of the head's chunks"));
    }
    if cursor.u8()? != VERSION {
        return Err(cursor.fault("the version is not known"));
    }
    cursor.take(HEADER_BYTES - cursor.at())?;
    let mut entries = Vec::new();
    while !cursor.is_done() {
        let start = cursor.at();
        if cursor.left() < ENTRY_BYTES_MIN {
            let rest = cursor.take(cursor.left())?;
            if rest.iter().any(|&byte| byte != 0) {
                return Err(cursor.fault("the file ends within a chunk"));
            }
            break;
        }
        let (series, min, max) = (cursor.u64()?, cursor.i64()?, cursor.i64()?);
        if series == 0 && min == 0 && max == 0 {
            break;
        }
        let kind = cursor.u8()?;
        let data = cursor.counted()?;
        let sum = crc32c::crc32c(&bytes[start..cursor.at()]);
        if cursor.u32()? != sum {
            return Err(cursor.fault("a chunk's checksum does not match"));
        }
        let encoding = Encoding::of(kind & !LATE);
        let encoding = encoding.ok_or_else(|| cursor.fault("a chunk's kind is not known"))?;
        sample_count(encoding, data)?;
        let chunk = HeadChunk::new(encoding, min, max, Arc::from(data));
        let place = number << 32 | start as u64;
        entries.push(Entry { series, place, is_late: kind & LATE != 0, chunk });
    }
    Ok(entries)
}
