//! The index of a new block: gathered in memory, and written from front to back when all series are
//! known, because the symbols come before them.

use std::fmt::Debug;

use hashbrown::HashMap;
use regain_model::Labels;

use super::series::{self, ChunkMeta};
use super::{BYTES_MAX, MAGIC, SERIES_ALIGNMENT};
use crate::cursor::{put_text, put_uvarint};

/// The version that is written: the newest that all Prometheus since 2.0 and Thanos read.
const VERSION: u8 = 2;

/// A block's index has more than its format can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the index would be longer than its format allows")]
pub struct TooLong;

/// Something that takes the bytes of a file in order.
pub(crate) trait Sink {
    /// What can go wrong.
    type Error: From<TooLong>;
    fn put(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
}

/// The series of a block, in the order of their labels.
#[derive(Debug, Default)]
pub(crate) struct IndexBuilder {
    ids: HashMap<Box<str>, u32>,
    series: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    labels: Box<[(u32, u32)]>,
    chunks: Box<[ChunkMeta]>,
}

impl IndexBuilder {
    /// Adds a series.
    pub(crate) fn add(&mut self, labels: &Labels, chunks: Vec<ChunkMeta>) {
        let pairs = labels.iter().map(|(name, value)| (self.id(name), self.id(value))).collect();
        self.series.push(Entry { labels: pairs, chunks: chunks.into() });
    }

    fn id(&mut self, text: &str) -> u32 {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = u32::try_from(self.ids.len()).expect("symbols of a block fit memory");
        self.ids.insert(text.into(), id);
        id
    }

    /// Writes the file.
    pub(crate) fn write<S: Sink>(self, sink: &mut S) -> Result<(), S::Error> {
        let mut symbols: Vec<(Box<str>, u32)> = self.ids.into_iter().collect();
        symbols.sort_unstable();
        let mut ranks = vec![0_u32; symbols.len()];
        for (rank, (_, id)) in (0..).zip(&symbols) {
            ranks[*id as usize] = rank;
        }
        let texts: Vec<Box<str>> = symbols.into_iter().map(|(text, _)| text).collect();
        let mut file = Numbered { sink, at: 0 };
        file.put(&[&MAGIC.to_be_bytes()[..], &[VERSION]].concat())?;
        let symbols_at = file.at;
        file.section(&symbols_content(&texts))?;
        let series_at = file.at;
        let references = write_series(&mut file, &self.series, &ranks)?;
        file.pad(4)?;
        let postings_at = file.at;
        let table = write_postings(&mut file, &self.series, &ranks, &references, &texts)?;
        let table_at = file.at;
        file.section(&table)?;
        // Lists of label values were there once; their place is where the postings are.
        let contents = [symbols_at, series_at, postings_at, postings_at, postings_at, table_at];
        let mut contents: Vec<u8> =
            contents.iter().flat_map(|offset| offset.to_be_bytes()).collect();
        contents.extend_from_slice(&crc32c::crc32c(&contents).to_be_bytes());
        file.put(&contents)
    }
}

/// A sink that knows how far it is.
struct Numbered<'a, S> {
    sink: &'a mut S,
    at: u64,
}

impl<S: Sink> Numbered<'_, S> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        self.at += bytes.len() as u64;
        if self.at > BYTES_MAX {
            return Err(TooLong.into());
        }
        self.sink.put(bytes)
    }

    fn pad(&mut self, alignment: u64) -> Result<(), S::Error> {
        let missing = usize::try_from(self.at.next_multiple_of(alignment) - self.at);
        self.put(&[0; 16][..missing.expect("less than the alignment")])
    }

    fn section(&mut self, content: &[u8]) -> Result<(), S::Error> {
        let len = u32::try_from(content.len()).map_err(|_| TooLong)?;
        self.put(&len.to_be_bytes())?;
        self.put(content)?;
        self.put(&crc32c::crc32c(content).to_be_bytes())
    }
}

fn symbols_content(texts: &[Box<str>]) -> Vec<u8> {
    let mut content = count_of(texts.len()).to_be_bytes().to_vec();
    for text in texts {
        put_text(&mut content, text);
    }
    content
}

fn count_of(len: usize) -> u32 {
    u32::try_from(len).expect("what a block has is counted with 32 bits")
}

/// Writes all entries and returns their references.
fn write_series<S: Sink>(
    file: &mut Numbered<'_, S>,
    series: &[Entry],
    ranks: &[u32],
) -> Result<Vec<u32>, S::Error> {
    let mut references = Vec::with_capacity(series.len());
    let (mut content, mut entry) = (Vec::new(), Vec::new());
    for one in series {
        file.pad(SERIES_ALIGNMENT)?;
        let reference = u32::try_from(file.at / SERIES_ALIGNMENT).map_err(|_| TooLong)?;
        references.push(reference);
        content.clear();
        let rank = |&(name, value): &(u32, u32)| (ranks[name as usize], ranks[value as usize]);
        series::write(&mut content, one.labels.iter().map(rank), &one.chunks);
        entry.clear();
        put_uvarint(&mut entry, content.len() as u64);
        entry.extend_from_slice(&content);
        entry.extend_from_slice(&crc32c::crc32c(&content).to_be_bytes());
        file.put(&entry)?;
    }
    Ok(references)
}

/// Writes the lists of series by label and returns the table of where they are.
fn write_postings<S: Sink>(
    file: &mut Numbered<'_, S>,
    series: &[Entry],
    ranks: &[u32],
    references: &[u32],
    texts: &[Box<str>],
) -> Result<Vec<u8>, S::Error> {
    let labels = series.iter().map(|one| one.labels.len()).sum();
    let mut postings: Vec<(u32, u32, u32)> = Vec::with_capacity(labels);
    for (one, &reference) in series.iter().zip(references) {
        let rank =
            |&(name, value): &(u32, u32)| (ranks[name as usize], ranks[value as usize], reference);
        postings.extend(one.labels.iter().map(rank));
    }
    postings.sort_unstable();
    let lists: Vec<&[(u32, u32, u32)]> =
        postings.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).collect();
    let mut table = count_of(lists.len() + 1).to_be_bytes().to_vec();
    let mut list = Vec::new();
    let mut put = |file: &mut Numbered<'_, S>, name: &str, value: &str, list: &[u8]| {
        put_uvarint(&mut table, 2);
        put_text(&mut table, name);
        put_text(&mut table, value);
        put_uvarint(&mut table, file.at);
        file.section(list)
    };
    write_list(&mut list, references.iter().copied());
    put(file, "", "", &list)?;
    for postings in lists {
        let (name, value, _) = postings[0];
        write_list(&mut list, postings.iter().map(|&(_, _, reference)| reference));
        put(file, &texts[name as usize], &texts[value as usize], &list)?;
    }
    Ok(table)
}

fn write_list(list: &mut Vec<u8>, references: impl ExactSizeIterator<Item = u32>) {
    list.clear();
    list.extend_from_slice(&count_of(references.len()).to_be_bytes());
    list.extend(references.flat_map(u32::to_be_bytes));
}
