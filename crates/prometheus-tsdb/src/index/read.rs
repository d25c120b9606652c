//! The index as a file that is read.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use regain_model::{MatchOp, Matcher};
use regain_storage::fs::Fs;
use regain_storage::{Error, Result};

use super::postings::PostingsTable;
use super::series::{self, IndexedSeries};
use super::symbols::Symbols;
use super::{
    BYTES_MAX, CHECKSUM_BYTES, CONTENTS_BYTES, HEADER_BYTES, INDEX_FILE, MAGIC, SERIES_ALIGNMENT,
};
use crate::cursor::Cursor;
use crate::matching::Lists;
use crate::reading::{Source, Sweep};

/// A number in base 128 has at most so many bytes.
const LENGTH_BYTES_MAX: u64 = 10;

/// The number of the next index.
static NEXT_NUMBER: AtomicU64 = AtomicU64::new(0);

/// The index of a block.
#[derive(Debug)]
pub(crate) struct Index {
    /// Tells it from all others of this process.
    number: u64,
    source: Source,
    version: u8,
    symbols: Symbols,
    postings: PostingsTable,
}

impl Index {
    /// Opens the index of the block in `dir`.
    pub(crate) fn open(fs: &dyn Fs, dir: &Path) -> Result<Self> {
        let source = Source::open(fs, &dir.join(INDEX_FILE))?;
        let size = source.size_bytes();
        if size > BYTES_MAX {
            return Err(source.corrupt(BYTES_MAX, "an index is longer than 64 GiB"));
        }
        let header = source.read(0, HEADER_BYTES)?;
        if header[..4] != MAGIC.to_be_bytes() {
            return Err(source.corrupt(0, "this is no index"));
        }
        let version = header[4];
        if !matches!(version, 1..=3) {
            let path = source.path().to_owned();
            return Err(Error::UnknownVersion { path, version: u32::from(version) });
        }
        let contents_at = size.saturating_sub(CONTENTS_BYTES);
        let contents = source.read(contents_at, CONTENTS_BYTES)?;
        let (offsets, sum) = contents.split_at(contents.len() - 4);
        if crc32c::crc32c(offsets).to_be_bytes() != sum {
            return Err(source.corrupt(contents_at, "the contents' checksum does not match"));
        }
        let offset = |number: usize| {
            let bytes = offsets[8 * number..].first_chunk().expect("there are six offsets");
            u64::from_be_bytes(*bytes)
        };
        let (symbols_at, postings_at) = (offset(0), offset(5));
        let content = section(&source, symbols_at)?;
        let base = (version == 1).then_some(symbols_at + 4);
        let symbols = Symbols::read(&content, base)
            .map_err(|fault| fault.within(source.path(), symbols_at + 4))?;
        let postings = PostingsTable::read(&section(&source, postings_at)?, postings_at + 4)
            .map_err(|fault| fault.within(source.path(), postings_at + 4))?;
        // Ordering: nobody learns anything from the order of numbers.
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        Ok(Self { number, source, version, symbols, postings })
    }

    /// A fault of the whole file.
    pub(crate) fn corrupt(&self, what: &'static str) -> Error {
        self.source.corrupt(0, what)
    }

    /// Tells the index from all others that were ever opened.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// The file's length.
    pub(crate) const fn size_bytes(&self) -> u64 {
        self.source.size_bytes()
    }

    const fn offset_of(&self, reference: u32) -> u64 {
        if self.version == 1 { reference as u64 } else { reference as u64 * SERIES_ALIGNMENT }
    }

    /// The series with these references, which ascend, in this order.
    pub(crate) fn series(&self, references: &[u32]) -> Result<Vec<IndexedSeries>> {
        let mut sweep = Sweep::new(&self.source, self.source.size_bytes() - CONTENTS_BYTES);
        let mut all = Vec::with_capacity(references.len());
        for (at, &reference) in references.iter().enumerate() {
            let rest = references[at..].iter().map(|&reference| self.offset_of(reference));
            sweep.seek(rest)?;
            all.push(self.one_series(&mut sweep, reference)?);
        }
        Ok(all)
    }

    fn one_series(&self, sweep: &mut Sweep<'_>, reference: u32) -> Result<IndexedSeries> {
        let offset = self.offset_of(reference);
        let within = |fault: crate::fault::Fault, base| fault.within(self.source.path(), base);
        let mut cursor = Cursor::new(sweep.some(offset, LENGTH_BYTES_MAX)?);
        let len = cursor.uvarint().map_err(|fault| within(fault, offset))?;
        let start = offset + cursor.at() as u64;
        let bytes = sweep.bytes(start, len.saturating_add(CHECKSUM_BYTES))?;
        let (entry, sum) = bytes.split_at(bytes.len() - 4);
        if crc32c::crc32c(entry).to_be_bytes() != sum {
            return Err(self.source.corrupt(offset, "a series' checksum does not match"));
        }
        series::read(reference, entry, &self.symbols).map_err(|fault| within(fault, start))
    }

    /// The references in the lists at `offsets`, one list behind the other. Those of a list ascend.
    fn lists(&self, mut offsets: Vec<u64>) -> Result<Vec<u32>> {
        offsets.sort_unstable();
        let mut sweep = Sweep::new(&self.source, self.source.size_bytes());
        let mut all = Vec::new();
        for (at, &offset) in offsets.iter().enumerate() {
            sweep.seek(offsets[at..].iter().copied())?;
            let wrong = |what| self.source.corrupt(offset, what);
            let len = sweep.bytes(offset, 4)?;
            let len = u32::from_be_bytes(len.try_into().expect("four bytes were read"));
            let bytes = sweep.bytes(offset + 4, u64::from(len) + CHECKSUM_BYTES)?;
            let (content, sum) = bytes.split_at(bytes.len() - 4);
            if crc32c::crc32c(content).to_be_bytes() != sum {
                return Err(wrong("a list's checksum does not match"));
            }
            let (count, list) = content
                .split_first_chunk::<4>()
                .map_or((0, &[][..]), |(count, list)| (u32::from_be_bytes(*count) as usize, list));
            let before = all.len();
            all.extend(list.as_chunks::<4>().0.iter().map(|bytes| u32::from_be_bytes(*bytes)));
            let list = &all[before..];
            if list.len() != count || !list.is_sorted() {
                return Err(wrong("a list of series is not what it says"));
            }
        }
        Ok(all)
    }

    /// The texts of all labels, in the order of the file.
    pub(crate) fn symbols(&self) -> impl Iterator<Item = &str> {
        self.symbols.texts()
    }

    /// The memory that these texts take.
    pub(crate) fn symbols_bytes(&self) -> u64 {
        self.symbols.size_bytes()
    }

    /// The values of a label, in order.
    pub(crate) fn label_values(&self, name: &str) -> Result<Vec<String>> {
        let mut values = Vec::new();
        self.postings.each(&self.source, name, &mut |value, _| {
            values.push(value.to_owned());
            Ok(())
        })?;
        Ok(values)
    }

    /// No fewer series than have a value that satisfies `matcher`, which no series without the label does; found without
    /// reading.
    pub(crate) fn series_max(&self, matcher: &Matcher) -> usize {
        match matcher.op() {
            MatchOp::Equal => self.postings.series_max(matcher.name(), Some(matcher.value())),
            _ => self.postings.series_max(matcher.name(), None),
        }
    }

    /// How many values a label has, or how many names of labels there are.
    pub(crate) fn texts_count(&self, name: Option<&str>) -> usize {
        name.map_or_else(|| self.postings.names().len(), |name| self.postings.values_count(name))
    }

    /// The names of all labels, in order.
    pub(crate) fn label_names(&self) -> Vec<&str> {
        self.postings.names()
    }
}

impl Lists for Index {
    fn all(&self) -> Result<Vec<u32>> {
        self.with("", "")
    }

    fn with(&self, name: &str, value: &str) -> Result<Vec<u32>> {
        let offset = self.postings.offset(&self.source, name, value)?;
        self.lists(offset.into_iter().collect())
    }

    fn with_any(
        &self,
        name: &str,
        wanted: &mut dyn FnMut(&str) -> Result<bool>,
    ) -> Result<Vec<u32>> {
        let mut offsets = Vec::new();
        self.postings.each(&self.source, name, &mut |value, offset| {
            if wanted(value)? {
                offsets.push(offset);
            }
            Ok(())
        })?;
        self.lists(offsets)
    }
}

/// The content of a section: a length, the content, a checksum.
fn section(source: &Source, offset: u64) -> Result<Vec<u8>> {
    let len = source.read(offset, 4)?;
    let len = u64::from(u32::from_be_bytes(len.try_into().expect("four bytes were read")));
    let content_at = offset + 4;
    let mut bytes = source.read(content_at, len + CHECKSUM_BYTES)?;
    let sum = bytes.split_off(bytes.len() - 4);
    if crc32c::crc32c(&bytes).to_be_bytes() != *sum {
        return Err(source.corrupt(offset, "a section's checksum does not match"));
    }
    Ok(bytes)
}
