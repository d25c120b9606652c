//! The series log: the definition of every series, written before the first row that uses it
//! (`docs/formats/series-log.md`).
//!
//! A record defines symbols, pairs of symbols and series. It carries the ids it defines, so a lost
//! record costs the series that need it and no other. Other records hold metadata, see `metadata.rs`, or say which series
//! have left for an archive.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_model::{Metadata, SeriesKey};
use regain_storage::fs::{File, Fs};
use regain_storage::record::{self, Scan, Scanned};
use regain_storage::{Error, Result, Trouble};

use crate::index::Index;
use crate::layout::{HEADER_BYTES, Kind, create, io_error, read_all};
use crate::metadata::{self, MetadataTable};
use crate::report::Damage;
use crate::wire::{Cursor, put_bytes, put_varint};

/// Stands where a record has its first symbol, and is none: the record lists series that have left.
const DEPARTED: u64 = (1 << 32) + 1;

/// Definitions that are not in the log yet.
#[derive(Debug, Default)]
pub(crate) struct Definitions {
    symbols: Section,
    pairs: Section,
    series: Section,
    /// The id of the next series after these.
    pub(crate) next_id: u32,
}

#[derive(Debug, Default)]
struct Section {
    first: u32,
    count: u64,
    bytes: Vec<u8>,
}

impl Section {
    fn entry(&mut self, id: u32) -> &mut Vec<u8> {
        if self.count == 0 {
            self.first = id;
        }
        self.count += 1;
        &mut self.bytes
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, u64::from(self.first));
        put_varint(out, self.count);
        out.extend_from_slice(&self.bytes);
    }
}

impl Definitions {
    pub(crate) fn add_symbol(&mut self, id: u32, text: &str) {
        put_bytes(self.symbols.entry(id), text.as_bytes());
    }

    pub(crate) fn add_pair(&mut self, id: u32, name: u32, value: u32) {
        let out = self.pairs.entry(id);
        put_varint(out, u64::from(name));
        put_varint(out, u64::from(value));
    }

    pub(crate) fn add_series(&mut self, id: u32, pairs: &[u32]) {
        let out = self.series.entry(id);
        put_varint(out, u64::from(id));
        put_varint(out, pairs.len() as u64);
        for &pair in pairs {
            put_varint(out, u64::from(pair));
        }
        self.next_id = self.next_id.max(id + 1);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        let (symbols, pairs, series) = (&self.symbols, &self.pairs, &self.series);
        symbols.count == 0 && pairs.count == 0 && series.count == 0 && self.next_id == 0
    }

    fn put(&self, out: &mut Vec<u8>) {
        self.symbols.put(out);
        self.pairs.put(out);
        self.series.put(out);
        put_varint(out, u64::from(self.next_id));
    }
}

/// The log, open for appending.
#[derive(Debug)]
pub(crate) struct SeriesLog {
    path: PathBuf,
    file: Arc<dyn File>,
    /// Why nothing is written any more.
    failed: Option<Trouble>,
    pub(crate) size_bytes: u64,
    /// The length that is durable for sure.
    pub(crate) synced_bytes: u64,
}

impl SeriesLog {
    /// Starts a log with these definitions and metadata, durable but for its directory entry.
    pub(crate) fn create(
        fs: &dyn Fs,
        path: PathBuf,
        all: &Definitions,
        metadata: &MetadataTable,
    ) -> Result<Self> {
        let file = create(fs, &path, Kind::SeriesLog)?;
        let size_bytes = HEADER_BYTES as u64;
        let mut log = Self { path, file, failed: None, size_bytes, synced_bytes: 0 };
        if !all.is_empty() {
            log.append(all)?;
        }
        if !metadata.is_empty() {
            log.write(|out| metadata.put_all(out))?;
        }
        log.sync()?;
        Ok(log)
    }

    /// Opens a log that was read to its end without damage.
    pub(crate) fn open(fs: &dyn Fs, path: PathBuf) -> Result<Self> {
        let file = fs.open_append(&path).map_err(io_error("open", &path))?;
        let size_bytes = file.size_bytes().map_err(io_error("read", &path))?;
        Ok(Self { path, file, failed: None, size_bytes, synced_bytes: 0 })
    }

    pub(crate) fn append(&mut self, definitions: &Definitions) -> Result<()> {
        self.write(|out| definitions.put(out))
    }

    pub(crate) fn append_metadata(&mut self, said: &[(&str, &Metadata)]) -> Result<()> {
        self.write(|out| metadata::put(out, said))
    }

    /// Notes that series are in an archive, which is durable, and no longer here.
    pub(crate) fn append_departed(&mut self, ids: &[u32]) -> Result<()> {
        self.write(|out| {
            put_varint(out, DEPARTED);
            put_varint(out, ids.len() as u64);
            for &id in ids {
                put_varint(out, u64::from(id));
            }
        })
    }

    /// Writes a record whose payload `put` appends.
    fn write(&mut self, put: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        self.check()?;
        let mut out = Vec::new();
        record::put(&mut out, put);
        self.size_bytes += out.len() as u64;
        let written = self.file.append(&out);
        self.failed = written.as_ref().err().map(Trouble::of);
        written.map_err(io_error("write", &self.path))
    }

    pub(crate) fn sync(&mut self) -> Result<()> {
        self.check()?;
        if self.synced_bytes < self.size_bytes {
            let synced = self.file.sync_data();
            self.failed = synced.as_ref().err().map(Trouble::of);
            synced.map_err(io_error("sync", &self.path))?;
            self.synced_bytes = self.size_bytes;
        }
        Ok(())
    }

    /// An error while nothing is written any more.
    pub(crate) fn check(&self) -> Result<()> {
        self.failed.map_or(Ok(()), |trouble| Err(Error::ReadOnly(trouble)))
    }

    /// Why nothing is written any more, if that is so.
    pub(crate) const fn trouble(&self) -> Option<Trouble> {
        self.failed
    }

    /// Ends the log because it no longer fits the index; another one must take its place.
    pub(crate) const fn retire(&mut self) {
        self.failed = Some(Trouble::DiskFailure);
    }
}

/// What reading a log met.
#[derive(Debug, Default)]
pub(crate) struct ReadSeries {
    pub(crate) damage: Vec<Damage>,
    /// Whether the log ends with a whole record, so that it can be continued.
    pub(crate) clean: bool,
    /// Series whose definition is lost.
    pub(crate) lost: u64,
    /// What is said about metrics.
    pub(crate) metadata: MetadataTable,
}

/// Reads the log at `path`, which is durable up to the length `durable`, into an empty index.
pub(crate) fn read(
    fs: &dyn Fs,
    path: &Path,
    durable: u64,
    index: &mut Index,
) -> Result<ReadSeries> {
    let bytes = read_all(fs, path)?;
    let mut read = ReadSeries { clean: true, ..ReadSeries::default() };
    let mut ids = Ids::default();
    if !Kind::SeriesLog.check(path, &bytes)? {
        read.clean = false;
        read.damage.push(Damage::of(path, 0..HEADER_BYTES.min(bytes.len())));
    }
    for scanned in Scan::new(&bytes, HEADER_BYTES) {
        match scanned {
            Scanned::Record(at, payload) => {
                let replayed = if metadata::is_record(payload) {
                    metadata::read(payload, &mut read.metadata)
                } else if Cursor(payload).varint() == Some(DEPARTED) {
                    read_departed(payload, index)
                } else {
                    ids.replay(&mut Cursor(payload), index, &mut read.lost)
                };
                if replayed.is_none() {
                    read.clean = false;
                    read.damage
                        .push(Damage::of(path, at..at + record::HEADER_BYTES + payload.len()));
                }
            }
            // What was never synced may have holes after a power cut; a prefix ends at the first.
            Scanned::Damage(range) if range.start as u64 >= durable => {
                read.clean = false;
                break;
            }
            Scanned::Damage(range) => {
                read.clean = false;
                read.damage.push(Damage::of(path, range));
            }
            Scanned::Tail(_) => read.clean = false,
        }
    }
    read.clean &= ids.same;
    Ok(read)
}

fn read_departed(payload: &[u8], index: &mut Index) -> Option<()> {
    let mut cursor = Cursor(payload);
    cursor.varint()?;
    for _ in 0..cursor.count()? {
        index.depart(cursor.id()?);
    }
    cursor.is_empty().then_some(())
}

/// The log's ids, and what they are in the index: the same, unless a record was lost.
#[derive(Debug)]
struct Ids {
    symbols: Vec<Option<u32>>,
    pairs: Vec<Option<u32>>,
    same: bool,
}

impl Default for Ids {
    fn default() -> Self {
        Self { symbols: Vec::new(), pairs: Vec::new(), same: true }
    }
}

/// The most symbols that lost records can have defined; a larger gap is no gap but damage.
const GAP_MAX: usize = 1 << 24;

impl Ids {
    fn replay(&mut self, cursor: &mut Cursor<'_>, index: &mut Index, lost: &mut u64) -> Option<()> {
        let count = Self::open_section(&mut self.symbols, cursor)?;
        for _ in 0..count {
            let text = std::str::from_utf8(cursor.bytes()?).ok()?;
            let (id, _) = index.symbols.intern(text)?;
            self.same &= id as usize == self.symbols.len();
            self.symbols.push(Some(id));
        }
        let count = Self::open_section(&mut self.pairs, cursor)?;
        for _ in 0..count {
            let (name, value) = (self.symbol(cursor.id()?), self.symbol(cursor.id()?));
            let pair = match (name, value) {
                (Some(name), Some(value)) => Some(index.intern_pair(name, value)?.0),
                _ => None,
            };
            self.same &= pair.is_some_and(|id| id as usize == self.pairs.len());
            self.pairs.push(pair);
        }
        let (_, count) = (cursor.id()?, cursor.count()?);
        for _ in 0..count {
            self.replay_series(cursor, index, lost)?;
        }
        index.series.skip_to(cursor.id()?);
        Some(())
    }

    fn replay_series(
        &self,
        cursor: &mut Cursor<'_>,
        index: &mut Index,
        lost: &mut u64,
    ) -> Option<()> {
        let id = cursor.id()?;
        let mut pairs = Vec::new();
        let mut whole = true;
        for _ in 0..cursor.count()? {
            let pair = self.pairs.get(cursor.id()? as usize).copied().flatten();
            whole &= pair.is_some();
            pairs.extend(pair);
        }
        let key = SeriesKey::of(index.seed(), pairs.iter().map(|&pair| index.pair_texts(pair)));
        whole &= is_label_set(index, &pairs);
        if !whole || pairs.is_empty() || !index.define(id, key, &pairs) {
            *lost += 1;
        }
        index.series.skip_to(id.checked_add(1)?);
        Some(())
    }

    fn open_section(ids: &mut Vec<Option<u32>>, cursor: &mut Cursor<'_>) -> Option<usize> {
        let (first, count) = (cursor.id()? as usize, cursor.count()?);
        if count > 0 {
            if first < ids.len() || first - ids.len() > GAP_MAX {
                return None;
            }
            ids.resize(first, None);
        }
        Some(count)
    }

    fn symbol(&self, id: u32) -> Option<u32> {
        self.symbols.get(id as usize).copied().flatten()
    }
}

/// Whether names ascend and no value is empty, as it is in every label set.
fn is_label_set(index: &Index, pairs: &[u32]) -> bool {
    let texts = || pairs.iter().map(|&pair| index.pair_texts(pair));
    texts().is_sorted_by(|a, b| a.0 < b.0) && texts().all(|(_, value)| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regain_model::KeySeed;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        #[test]
        fn hostile_definitions_are_refused_or_read(payloads: Vec<Vec<u8>>) {
            let (mut ids, mut index) = (Ids::default(), Index::new(KeySeed(1)));
            let mut lost = 0;
            for payload in &payloads {
                let read = ids.replay(&mut Cursor(payload), &mut index, &mut lost);
                prop_assert!(read.is_none() || !payload.is_empty());
            }
            for (_, series) in index.series.iter() {
                prop_assert!(!index.labels_of(series).is_empty());
            }
        }
    }
}
