//! The chunks of a series from all sources, as far as a query wants them: found with the series, and read when the
//! series is decoded.
//!
//! A query may find many series that have many chunks each; of these only the first are held until then, and the
//! others are looked up again.

use std::sync::Arc;

use regain_model::Span;
use regain_storage::{Error, Result};

use crate::block::Block;
use crate::content::Content;
use crate::index::ChunkMeta;
use crate::merge::Piece;
use crate::tombstones::Intervals;

/// So many chunks of a series are held.
const HELD_MAX: usize = 64;

/// The chunks of a series.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    /// Those that are in memory.
    pieces: Vec<Piece>,
    /// Those that are in blocks.
    stored: Vec<Stored>,
}

/// The chunks of a series in one block.
#[derive(Debug)]
struct Stored {
    source: usize,
    /// The series.
    reference: u32,
    deleted: Option<Arc<Intervals>>,
    /// `None` where they are looked up again.
    held: Option<Box<[ChunkMeta]>>,
}

/// A chunk that is to be read.
struct Wanted {
    source: usize,
    chunk: ChunkMeta,
    deleted: Option<Arc<Intervals>>,
    /// The place of its series among those that are read together.
    at: usize,
}

impl Chunks {
    /// Chunks that are in memory.
    pub(crate) const fn of_pieces(pieces: Vec<Piece>) -> Self {
        Self { pieces, stored: Vec::new() }
    }

    /// Adds those of `chunks`, which a series of a block has, that may have samples in `span`, and says
    /// whether there are any.
    pub(crate) fn add(
        &mut self,
        (source, block): (usize, &Block),
        (reference, chunks): (u32, &[ChunkMeta]),
        span: Span,
    ) -> bool {
        let deleted = block.tombstones.of(u64::from(reference));
        let deleted = deleted.map(|deleted| Arc::new(deleted.clone()));
        let held: Box<[ChunkMeta]> = wanted(chunks, deleted.as_deref(), span).collect();
        if held.is_empty() {
            return false;
        }
        self.stored.push(Stored { source, reference, deleted, held: Some(held) });
        true
    }

    /// Adds the chunks of the same series elsewhere.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.pieces.append(&mut other.pieces);
        self.stored.append(&mut other.stored);
    }

    /// Lets the last ones go that were added, if there are many before them; they are looked up again.
    pub(crate) fn hold_few(&mut self) {
        let held = |stored: &Stored| stored.held.as_ref().map_or(0, |held| held.len());
        if self.stored.iter().map(held).sum::<usize>() > HELD_MAX
            && let Some(last) = self.stored.last_mut()
        {
            last.held = None;
        }
    }

    /// Whether there are none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.stored.is_empty()
    }
}

/// The chunks that may have samples in `span` that are not deleted.
fn wanted<'a>(
    chunks: &'a [ChunkMeta],
    deleted: Option<&'a Intervals>,
    span: Span,
) -> impl Iterator<Item = ChunkMeta> + 'a {
    let is_gone = move |span| deleted.is_some_and(|deleted| deleted.cover(span));
    let is_wanted = move |chunk: &&ChunkMeta| chunk.span().overlaps(span) && !is_gone(chunk.span());
    chunks.iter().filter(is_wanted).copied()
}

impl Content {
    /// Reads the chunks of some series, whose samples in `span` are wanted. What cannot be read is left out, and
    /// `on_error` is told of each.
    pub(crate) fn read_chunks<'a>(
        &self,
        series: impl Iterator<Item = &'a mut Chunks>,
        span: Span,
        on_error: &mut dyn FnMut(&Block, Error),
    ) -> Vec<Vec<Piece>> {
        let mut pieces: Vec<Vec<Piece>> = Vec::with_capacity(series.size_hint().0);
        let (mut all, mut again) = (Vec::new(), Vec::new());
        for (at, one) in series.enumerate() {
            pieces.push(std::mem::take(&mut one.pieces));
            for Stored { source, reference, deleted, held } in std::mem::take(&mut one.stored) {
                let Some(held) = held else {
                    again.push((source, reference, deleted, at));
                    continue;
                };
                let chunks = held.into_iter();
                all.extend(chunks.map(|chunk| Wanted {
                    source,
                    chunk,
                    deleted: deleted.clone(),
                    at,
                }));
            }
        }
        again.sort_unstable_by_key(|&(source, reference, ..)| (source, reference));
        for same in again.chunk_by(|a, b| a.0 == b.0) {
            let block = self.block(same[0].0);
            let references: Vec<u32> = same.iter().map(|&(_, reference, ..)| reference).collect();
            let found = each_or_all(&references, |some| block.index.series(some));
            for (&(source, _, ref deleted, at), series) in same.iter().zip(found) {
                match series {
                    Ok(series) => {
                        let chunks = wanted(&series.chunks, deleted.as_deref(), span);
                        let of = |chunk| Wanted { source, chunk, deleted: deleted.clone(), at };
                        all.extend(chunks.map(of));
                    }
                    Err(error) => on_error(block, error),
                }
            }
        }
        self.read_all(all, &mut pieces, on_error);
        pieces
    }

    /// Reads chunks, and puts each to its series.
    fn read_all(
        &self,
        mut all: Vec<Wanted>,
        pieces: &mut [Vec<Piece>],
        on_error: &mut dyn FnMut(&Block, Error),
    ) {
        all.sort_unstable_by_key(|wanted| (wanted.source, wanted.chunk.place));
        for same in all.chunk_by(|a, b| a.source == b.source) {
            let block = self.block(same[0].source);
            let places: Vec<u64> = same.iter().map(|wanted| wanted.chunk.place).collect();
            let found = each_or_all(&places, |places| block.segments.read(places));
            for (&Wanted { source, chunk, ref deleted, at }, bytes) in same.iter().zip(found) {
                let (ChunkMeta { min, max, .. }, deleted) = (chunk, deleted.clone());
                match bytes {
                    Ok(bytes) => pieces[at].push(Piece { bytes, min, max, deleted, source }),
                    Err(error) => on_error(block, error),
                }
            }
        }
    }
}

/// Reads many things together. Where one of them is damaged, each is read by itself, so that the others are there;
/// where they cannot be read for another reason, there is that and nothing else.
pub(crate) fn each_or_all<P: Copy, T>(
    places: &[P],
    read: impl Fn(&[P]) -> Result<Vec<T>>,
) -> Vec<Result<T>> {
    match read(places) {
        Ok(all) => all.into_iter().map(Ok).collect(),
        Err(error @ Error::Io { .. }) => vec![Err(error)],
        Err(_) => {
            let first = |mut all: Vec<T>| all.pop().expect("one was read");
            places.iter().map(|place| read(std::slice::from_ref(place)).map(first)).collect()
        }
    }
}
