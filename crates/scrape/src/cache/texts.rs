//! The texts of a target's series, in chunks that targets share.
//!
//! Targets of one job name much the same series. Where a chunk ends is decided by the texts themselves, so that two
//! targets which differ in some series still have most chunks in common.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::interner::Interner;

/// Bounds the texts of a chunk.
const CHUNK_TEXTS_MAX: usize = 128;
/// A text ends its chunk when these bits of its hash are zero: one in 32.
const CUT_MASK: u64 = 31;

/// Shares chunks between targets.
pub(crate) type SharedTexts = Interner<Chunk>;

/// Holds texts one after the other.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Chunk {
    bytes: Box<[u8]>,
    ends: Box<[u32]>,
}

impl Chunk {
    #[inline]
    fn get(&self, at: usize) -> &[u8] {
        text(&self.bytes, &self.ends, at)
    }

    /// Returns the texts from a place on.
    #[inline]
    fn from(&self, at: usize) -> impl Iterator<Item = &[u8]> {
        let mut start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.ends[at..].iter().map(move |&end| {
            let text = &self.bytes[start..end as usize];
            start = end as usize;
            text
        })
    }

    fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.bytes.len() + size_of_val(&*self.ends)
    }
}

#[inline]
fn text<'a>(bytes: &'a [u8], ends: &[u32], at: usize) -> &'a [u8] {
    let start = at.checked_sub(1).map_or(0, |before| ends[before] as usize);
    &bytes[start..ends[at] as usize]
}

/// Holds all texts of a target: those in chunks, and those that were added since.
#[derive(Debug, Default)]
pub(super) struct Texts {
    chunks: Vec<Arc<Chunk>>,
    /// Holds the number of the first text of each chunk.
    starts: Vec<u32>,
    chunked: usize,
    added: Vec<u8>,
    added_ends: Vec<u32>,
}

/// Is a place among the texts in chunks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor {
    pub(super) at: usize,
    chunk: usize,
    within: usize,
}

impl Texts {
    pub(super) fn get(&self, at: usize) -> &[u8] {
        if let Some(added) = at.checked_sub(self.chunked) {
            return text(&self.added, &self.added_ends, added);
        }
        let Cursor { chunk, within, .. } = self.cursor(at);
        self.chunks[chunk].get(within)
    }

    /// Returns the text at a place; nothing behind the last chunk.
    #[inline]
    pub(super) fn at(&self, cursor: Cursor) -> Option<&[u8]> {
        self.chunks.get(cursor.chunk).map(|chunk| chunk.get(cursor.within))
    }

    /// Returns the texts from a place to the end of its chunk; nothing behind the last chunk.
    #[inline]
    pub(super) fn run(&self, cursor: Cursor) -> Option<impl Iterator<Item = &[u8]>> {
        self.chunks.get(cursor.chunk).map(|chunk| chunk.from(cursor.within))
    }

    /// Moves to the next text.
    #[inline]
    pub(super) fn advance(&self, cursor: &mut Cursor) {
        self.advance_by(cursor, 1);
    }

    /// Moves on by some texts of the chunk.
    #[inline]
    pub(super) fn advance_by(&self, cursor: &mut Cursor, count: usize) {
        cursor.at += count;
        cursor.within += count;
        if cursor.within == self.chunks[cursor.chunk].ends.len() {
            cursor.chunk += 1;
            cursor.within = 0;
        }
    }

    /// Returns the place of a text that lies in a chunk, or the place behind all of them.
    pub(super) fn cursor(&self, at: usize) -> Cursor {
        if at >= self.chunked {
            return Cursor { at, chunk: self.chunks.len(), within: 0 };
        }
        let after = self.starts.partition_point(|&start| start as usize <= at);
        let chunk = after - 1;
        Cursor { at, chunk, within: at - self.starts[chunk] as usize }
    }

    /// Adds a text; returns false where there are too many bytes already.
    pub(super) fn add(&mut self, text: &[u8]) -> bool {
        let Ok(end) = u32::try_from(self.added.len() + text.len()) else { return false };
        self.added.extend_from_slice(text);
        self.added_ends.push(end);
        true
    }

    /// Keeps the first texts.
    pub(super) fn truncate(&mut self, len: usize, shared: &SharedTexts) {
        let order: Vec<u32> = (0..).take(len).collect();
        self.keep(&order, shared);
    }

    /// Keeps the texts with these numbers, in their order, in chunks.
    pub(super) fn keep(&mut self, order: &[u32], shared: &SharedTexts) {
        let mut kept = Self::default();
        let mut cursor = Cursor::default();
        for &at in order {
            let at = at as usize;
            if at < self.chunked {
                if cursor.at != at {
                    cursor = self.cursor(at);
                }
                kept.push(self.chunks[cursor.chunk].get(cursor.within), shared);
                self.advance(&mut cursor);
            } else {
                kept.push(self.get(at), shared);
            }
        }
        kept.cut(shared);
        kept.added = Vec::new();
        kept.added_ends = Vec::new();
        *self = kept;
    }

    /// Puts what was added into chunks, too.
    pub(super) fn settle(&mut self, shared: &SharedTexts) {
        if !self.added_ends.is_empty() {
            let (added, ends) =
                (std::mem::take(&mut self.added), std::mem::take(&mut self.added_ends));
            for at in 0..ends.len() {
                self.push(text(&added, &ends, at), shared);
            }
            self.cut(shared);
            self.added = Vec::new();
            self.added_ends = Vec::new();
        }
    }

    /// Adds a text, and ends the chunk where the text or its number says so.
    fn push(&mut self, text: &[u8], shared: &SharedTexts) {
        // Chunks are far smaller than what their ends can count.
        let end = u32::try_from(self.added.len() + text.len());
        let Ok(end) = end else { return self.cut_and_push(text, shared) };
        self.added.extend_from_slice(text);
        self.added_ends.push(end);
        let ends_chunk = FixedState::default().hash_one(text) & CUT_MASK == 0;
        if ends_chunk || self.added_ends.len() >= CHUNK_TEXTS_MAX {
            self.cut(shared);
        }
    }

    /// Adds a text to a new chunk, because the one before it holds 4 GiB.
    #[cold]
    fn cut_and_push(&mut self, text: &[u8], shared: &SharedTexts) {
        self.cut(shared);
        self.push(text, shared);
    }

    fn cut(&mut self, shared: &SharedTexts) {
        if self.added_ends.is_empty() {
            return;
        }
        let chunk =
            Chunk { bytes: self.added.as_slice().into(), ends: self.added_ends.as_slice().into() };
        self.starts.push(u32::try_from(self.chunked).expect("entries are counted in 32 bits"));
        self.chunked += chunk.ends.len();
        self.chunks.push(shared.share(Arc::new(chunk)));
        self.added.clear();
        self.added_ends.clear();
    }

    /// Returns the memory that the texts take, in bytes. Chunks that others hold, too, count in equal parts.
    pub(super) fn size_bytes(&self) -> usize {
        let chunks = self.chunks.iter().map(|chunk| {
            // One of the holders is the interner.
            let holders = Arc::strong_count(chunk).saturating_sub(1).max(1);
            chunk.size_bytes().div_ceil(holders)
        });
        chunks.sum::<usize>()
            + self.chunks.capacity() * size_of::<Arc<Chunk>>()
            + self.starts.capacity() * size_of::<u32>()
            + self.added.capacity()
            + self.added_ends.capacity() * size_of::<u32>()
    }

    #[cfg(test)]
    pub(super) fn chunks(&self) -> &[Arc<Chunk>] {
        &self.chunks
    }
}
