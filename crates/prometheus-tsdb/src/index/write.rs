//! The index of a new block, written from front to back. The symbols come before the series: where they are
//! not known, the series are gathered in memory first.

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
    labels: Pairs,
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
    pub(crate) fn write<S: Sink>(self, sink: S) -> Result<S, S::Error> {
        let mut symbols: Vec<(Box<str>, u32)> = self.ids.into_iter().collect();
        symbols.sort_unstable();
        let mut ranks = vec![0_u32; symbols.len()];
        for (rank, (_, id)) in (0..).zip(&symbols) {
            ranks[*id as usize] = rank;
        }
        let texts = symbols.into_iter().map(|(text, _)| text).collect();
        let mut writer = IndexWriter::start(sink, texts)?;
        for mut one in self.series {
            for (name, value) in &mut one.labels {
                (*name, *value) = (ranks[*name as usize], ranks[*value as usize]);
            }
            writer.add_ranked(one.labels, &one.chunks)?;
        }
        writer.finish()
    }
}

/// Labels, by the numbers of their texts.
type Pairs = Box<[(u32, u32)]>;

/// An index whose symbols are known before its series, so that entries are written as they come.
#[derive(Debug)]
pub(crate) struct IndexWriter<S> {
    file: Numbered<S>,
    /// In order.
    symbols: Vec<Box<str>>,
    symbols_at: u64,
    series_at: u64,
    /// References and labels, by the ranks of their symbols.
    series: Vec<(u32, Pairs)>,
    content: Vec<u8>,
    entry: Vec<u8>,
}

impl<S: Sink> IndexWriter<S> {
    /// Starts a file with these symbols, which are in order, each once.
    pub(crate) fn start(sink: S, symbols: Vec<Box<str>>) -> Result<Self, S::Error> {
        let mut file = Numbered { sink, at: 0 };
        file.put(&[&MAGIC.to_be_bytes()[..], &[VERSION]].concat())?;
        let symbols_at = file.at;
        file.section(&symbols_content(&symbols))?;
        let series_at = file.at;
        let (series, content, entry) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { file, symbols, symbols_at, series_at, series, content, entry })
    }

    /// Adds a series, whose texts are symbols.
    pub(crate) fn add(&mut self, labels: &Labels, chunks: &[ChunkMeta]) -> Result<(), S::Error> {
        let before = self.series.last().map(|(_, pairs)| &**pairs).unwrap_or_default();
        let rank = |text: &str, before: Option<u32>| {
            // Neighbours have most of their labels in common.
            let same = before.filter(|&rank| &*self.symbols[rank as usize] == text);
            same.unwrap_or_else(|| {
                let found = self.symbols.binary_search_by(|symbol| (**symbol).cmp(text));
                count_of(found.expect("the texts of all series are symbols"))
            })
        };
        let pairs = labels.iter().enumerate().map(|(at, (name, value))| {
            let before = before.get(at);
            (rank(name, before.map(|pair| pair.0)), rank(value, before.map(|pair| pair.1)))
        });
        self.add_ranked(pairs.collect(), chunks)
    }

    fn add_ranked(&mut self, labels: Pairs, chunks: &[ChunkMeta]) -> Result<(), S::Error> {
        let Self { file, content, entry, .. } = self;
        file.pad(SERIES_ALIGNMENT)?;
        let reference = u32::try_from(file.at / SERIES_ALIGNMENT).map_err(|_| TooLong)?;
        content.clear();
        series::write(content, labels.iter().copied(), chunks);
        entry.clear();
        put_uvarint(entry, content.len() as u64);
        entry.extend_from_slice(content);
        entry.extend_from_slice(&crc32c::crc32c(content).to_be_bytes());
        file.put(entry)?;
        self.series.push((reference, labels));
        Ok(())
    }

    /// Writes what comes behind the series.
    pub(crate) fn finish(self) -> Result<S, S::Error> {
        let Self { mut file, symbols, symbols_at, series_at, series, .. } = self;
        file.pad(4)?;
        let postings_at = file.at;
        let table = write_postings(&mut file, &series, &symbols)?;
        let table_at = file.at;
        file.section(&table)?;
        // Lists of label values were there once; their place is where the postings are.
        let contents = [symbols_at, series_at, postings_at, postings_at, postings_at, table_at];
        let mut contents: Vec<u8> =
            contents.iter().flat_map(|offset| offset.to_be_bytes()).collect();
        contents.extend_from_slice(&crc32c::crc32c(&contents).to_be_bytes());
        file.put(&contents)?;
        Ok(file.sink)
    }
}

/// A sink that knows how far it is.
#[derive(Debug)]
struct Numbered<S> {
    sink: S,
    at: u64,
}

impl<S: Sink> Numbered<S> {
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

/// Writes the lists of series by label and returns the table of where they are.
fn write_postings<S: Sink>(
    file: &mut Numbered<S>,
    series: &[(u32, Pairs)],
    texts: &[Box<str>],
) -> Result<Vec<u8>, S::Error> {
    let labels = series.iter().map(|(_, labels)| labels.len()).sum();
    let mut postings: Vec<(u32, u32, u32)> = Vec::with_capacity(labels);
    for (reference, labels) in series {
        postings.extend(labels.iter().map(|&(name, value)| (name, value, *reference)));
    }
    postings.sort_unstable();
    let lists = postings.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1));
    let mut table = count_of(lists.clone().count() + 1).to_be_bytes().to_vec();
    let mut list = Vec::new();
    let mut put = |file: &mut Numbered<S>, name: &str, value: &str, list: &[u8]| {
        put_uvarint(&mut table, 2);
        put_text(&mut table, name);
        put_text(&mut table, value);
        put_uvarint(&mut table, file.at);
        file.section(list)
    };
    write_list(&mut list, series.iter().map(|&(reference, _)| reference));
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
