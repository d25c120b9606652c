//! `chunk_snapshot.N.M`: the head as it was at a clean stop, before segment N of the log, offset M.

use std::path::Path;
use std::sync::Arc;

use regain_model::{Labels, Span};
use regain_storage::fs::Fs;
use regain_storage::{Error, Result};

use super::HeadChunk;
use crate::chunk::{Encoding, sample_count};
use crate::cursor::Cursor;
use crate::fault::Read;
use crate::record::{self, Logged};
use crate::tombstones;
use crate::wal;

pub(crate) const SNAPSHOT_PREFIX: &str = "chunk_snapshot.";
const SERIES: u8 = 1;
const TOMBSTONES: u8 = 2;
const EXEMPLARS: u8 = 3;
const TOMBSTONES_VERSION: u8 = 1;

/// A series as a snapshot has it.
pub(super) struct SnapshotSeries {
    pub(super) reference: u64,
    pub(super) labels: Labels,
    pub(super) chunk: Option<HeadChunk>,
}

/// A snapshot of the head.
pub(super) struct Snapshot {
    /// The segment of the log that comes after it, and the offset in that.
    pub(super) segment: u64,
    pub(super) offset: u64,
    pub(super) series: Vec<SnapshotSeries>,
    pub(super) deleted: Vec<(u64, Span)>,
    /// In the order in which they came.
    pub(super) exemplars: Vec<Logged<(f64, Labels)>>,
}

/// The newest snapshot of the data directory `root`. One that cannot be read as a whole is reported
/// and not used: the log has everything.
pub(super) fn load(
    fs: &dyn Fs,
    root: &Path,
    mut on_damage: impl FnMut(Error),
) -> Result<Option<Snapshot>> {
    let dirs = match fs.list_dirs(root) {
        Ok(dirs) => dirs,
        Err(source) => return Err(Error::Io { operation: "list", path: root.to_owned(), source }),
    };
    let newest = dirs.iter().filter_map(|name| {
        let (segment, offset) = name.strip_prefix(SNAPSHOT_PREFIX)?.split_once('.')?;
        Some((segment.parse::<u64>().ok()?, offset.parse::<u64>().ok()?, root.join(name)))
    });
    let Some((segment, offset, dir)) = newest.max() else { return Ok(None) };
    match read(fs, &dir, segment, offset) {
        Ok(snapshot) => Ok(Some(snapshot)),
        Err(error) => {
            on_damage(error);
            Ok(None)
        }
    }
}

fn read(fs: &dyn Fs, dir: &Path, segment: u64, offset: u64) -> Result<Snapshot> {
    let (series, deleted, exemplars) = (Vec::new(), Vec::new(), Vec::new());
    let mut snapshot = Snapshot { segment, offset, series, deleted, exemplars };
    for file in wal::segments(fs, dir)? {
        let (mut fault, mut damage) = (None, None);
        wal::read(
            fs,
            &file,
            |bytes, at| {
                if let Err(found) = snapshot.take(bytes) {
                    fault.get_or_insert((found, at));
                }
            },
            |error| damage = Some(error),
        );
        if let Some((fault, at)) = fault {
            return Err(Error::Corrupt { path: file.path, offset: at, what: fault.what });
        }
        if let Some(damage) = damage {
            return Err(damage);
        }
    }
    Ok(snapshot)
}

impl Snapshot {
    fn take(&mut self, bytes: &[u8]) -> Read<()> {
        let mut cursor = Cursor::new(bytes);
        match cursor.u8()? {
            SERIES => {
                let reference = cursor.u64()?;
                let labels = record::labels(&mut cursor)?;
                cursor.i64()?;
                let chunk = if cursor.uvarint()? == 0 { None } else { Some(chunk(&mut cursor)?) };
                self.series.push(SnapshotSeries { reference, labels, chunk });
            }
            TOMBSTONES => {
                let mut list = Cursor::new(cursor.counted()?);
                if list.u8()? != TOMBSTONES_VERSION {
                    return Err(cursor.fault("the version of the tombstones is not known"));
                }
                self.deleted.extend(tombstones::spans(&mut list)?);
            }
            EXEMPLARS => self.exemplars.extend(record::exemplars(&mut cursor)?),
            _ => {}
        }
        Ok(())
    }
}

/// The open chunk of a series. The last values behind it are in the chunk as well.
fn chunk(cursor: &mut Cursor<'_>) -> Read<HeadChunk> {
    let (min, max) = (cursor.i64()?, cursor.i64()?);
    let encoding = Encoding::of(cursor.u8()?);
    let encoding = encoding.ok_or_else(|| cursor.fault("a chunk's kind is not known"))?;
    let data = cursor.counted()?;
    sample_count(encoding, data)?;
    Ok(HeadChunk::new(encoding, min, max, Arc::from(data)))
}
