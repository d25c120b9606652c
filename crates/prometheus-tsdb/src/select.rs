//! Series of a data directory that satisfy matchers, with their chunks from all sources.

use std::sync::Arc;

use hashbrown::HashTable;
use regain_model::{Labels, Matcher, SeriesKey, Span};
use regain_storage::{Ctx, Error, Order, Result};

use crate::block::Block;
use crate::cache::{Cache, KnownSeries};
use crate::content::Content;
use crate::dir::PrometheusDir;
use crate::fault::Fault;
use crate::index::{ChunkMeta, Index, IndexedSeries};
use crate::matching::{Lists, matching};
use crate::merge::{Merger, Piece};
use crate::sample::Samples;
use crate::tombstones::Intervals;

/// So many series have their chunks read together.
const SERIES_PER_READ: usize = 128;
/// So many series are looked up before a query is asked whether it is still wanted.
const SERIES_PER_LOOK: usize = 4096;

/// A series that was found.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// Itself, as the first that has it knows it.
    known: Arc<KnownSeries>,
    chunks: Chunks,
}

impl Candidate {
    pub(crate) fn key(&self) -> SeriesKey {
        self.known.key
    }

    pub(crate) fn labels(&self) -> &Labels {
        &self.known.series.labels
    }
}

/// The chunks of a series.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    /// Those that are in memory.
    pieces: Vec<Piece>,
    /// Those that are in blocks.
    stored: Vec<Stored>,
}

#[derive(Debug)]
struct Stored {
    source: usize,
    chunk: ChunkMeta,
    deleted: Option<Arc<Intervals>>,
}

impl Chunks {
    /// Adds the chunks of a series of a block that may have samples in `span`, and says whether there are any.
    pub(crate) fn add(
        &mut self,
        (source, block): (usize, &Block),
        series: &IndexedSeries,
        span: Span,
    ) -> bool {
        let deleted = block.tombstones.of(u64::from(series.reference));
        let deleted = deleted.map(|deleted| Arc::new(deleted.clone()));
        let gone = |span| deleted.as_ref().is_some_and(|deleted| deleted.cover(span));
        let wanted = |chunk: &ChunkMeta| chunk.span().overlaps(span) && !gone(chunk.span());
        let chunks = series.chunks.iter().filter(|chunk| wanted(chunk));
        let before = self.stored.len();
        self.stored.extend(chunks.map(|&chunk| Stored { source, chunk, deleted: deleted.clone() }));
        self.stored.len() > before
    }

    /// Whether there are none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.stored.is_empty()
    }
}

impl Content {
    /// The series that satisfy `matchers` and may have samples in `span`. Without an order, those of the
    /// head alone come in the order in which they came into being.
    pub(crate) fn find(
        &self,
        matchers: &[Matcher],
        span: Span,
        order: Option<Order>,
        ctx: &Ctx,
    ) -> Result<Vec<Candidate>> {
        let mut found = Finding { content: self, by_key: HashTable::new(), all: Vec::new() };
        for reference in matching(&self.head, matchers, ctx)? {
            let series = &self.head.series[reference as usize];
            let deleted = (!series.deleted.is_empty()).then(|| Arc::new(series.deleted.clone()));
            let chunks = series.chunks.iter().filter(|chunk| chunk.span().overlaps(span));
            let piece = |chunk: &crate::head::HeadChunk| Piece {
                bytes: chunk.bytes.clone(),
                min: chunk.min,
                max: chunk.max,
                deleted: deleted.clone(),
                source: Self::HEAD,
            };
            let pieces: Vec<Piece> = chunks.map(piece).collect();
            if !pieces.is_empty() {
                let (labels, chunks) = (series.labels.clone(), Vec::new());
                let series = IndexedSeries { reference, labels, chunks };
                let known = Arc::new(KnownSeries::new(self.seed, series));
                found.add(known, Chunks { pieces, stored: Vec::new() });
            }
        }
        self.warn_of_lost(span, ctx);
        for (source, block) in self.blocks_in(span) {
            ctx.cancel.check()?;
            match found.in_block(source, block, matchers, span, ctx) {
                Ok(()) => {}
                Err(
                    error @ (Error::Corrupt { .. }
                    | Error::Io { .. }
                    | Error::UnknownVersion { .. }),
                ) => self.warn(block, error, ctx),
                // The query has come to its end.
                Err(error) => return Err(error),
            }
        }
        let mut all = found.all;
        match order {
            None if self.blocks_in(span).next().is_none() => {}
            Some(Order::Key) => all.sort_unstable_by_key(Candidate::key),
            None | Some(Order::Labels) => all.sort_by(|a, b| a.labels().cmp(b.labels())),
        }
        Ok(all)
    }

    /// Reads the chunks of `series`. What cannot be read is left out.
    pub(crate) fn read(&self, series: &mut [Candidate], ctx: &Ctx) -> Vec<Vec<Piece>> {
        let chunks = series.iter_mut().map(|one| &mut one.chunks);
        self.read_chunks(chunks, &mut |block, error| self.warn(block, error, ctx))
    }

    /// Reads the chunks of some series. What cannot be read is left out, and `on_error` is told of each.
    pub(crate) fn read_chunks<'a>(
        &self,
        series: impl Iterator<Item = &'a mut Chunks>,
        on_error: &mut dyn FnMut(&Block, Error),
    ) -> Vec<Vec<Piece>> {
        let mut pieces: Vec<Vec<Piece>> = Vec::with_capacity(series.size_hint().0);
        let mut wanted: Vec<(usize, u64, usize, Stored)> = Vec::new();
        for (at, one) in series.enumerate() {
            pieces.push(std::mem::take(&mut one.pieces));
            let stored = std::mem::take(&mut one.stored).into_iter();
            wanted.extend(stored.map(|stored| (stored.source, stored.chunk.place, at, stored)));
        }
        wanted.sort_unstable_by_key(|&(source, place, ..)| (source, place));
        for wanted in wanted.chunk_by(|a, b| a.0 == b.0) {
            let (source, ..) = wanted[0];
            let block = self.block(source);
            let places: Vec<u64> = wanted.iter().map(|&(_, place, ..)| place).collect();
            let chunks = each_or_all(&places, |places| block.segments.read(places));
            for ((.., at, stored), bytes) in wanted.iter().zip(chunks) {
                let Stored { chunk: ChunkMeta { min, max, .. }, deleted, .. } = stored;
                let (min, max, deleted) = (*min, *max, deleted.clone());
                match bytes {
                    Ok(bytes) => pieces[*at].push(Piece { bytes, min, max, deleted, source }),
                    Err(error) => on_error(block, error),
                }
            }
        }
        pieces
    }

    /// What is to be done about a chunk that is damaged inside.
    pub(crate) fn chunk_fault(&self, piece: &Piece, fault: Fault, ctx: &Ctx) {
        if piece.source == Self::HEAD {
            ctx.warnings.add(format!("a chunk of the head is left out: {}", fault.what));
            self.damages.add(fault.within(&self.root, 0));
        } else {
            let block = self.block(piece.source);
            self.warn(block, fault.within(&block.dir, 0), ctx);
        }
    }
}

/// Reads many things together. Where one of them is damaged, each is read by itself, so that the others are there;
/// where they cannot be read for another reason, there is that and nothing else.
fn each_or_all<P: Copy, T>(places: &[P], read: impl Fn(&[P]) -> Result<Vec<T>>) -> Vec<Result<T>> {
    match read(places) {
        Ok(all) => all.into_iter().map(Ok).collect(),
        Err(error @ Error::Io { .. }) => vec![Err(error)],
        Err(_) => {
            let first = |mut all: Vec<T>| all.pop().expect("one was read");
            places.iter().map(|place| read(std::slice::from_ref(place)).map(first)).collect()
        }
    }
}

struct Finding<'a> {
    content: &'a Content,
    /// The places in `all`, by key.
    by_key: HashTable<usize>,
    all: Vec<Candidate>,
}

impl Finding<'_> {
    /// Adds chunks of a series, which may be there already.
    fn add(&mut self, known: Arc<KnownSeries>, mut chunks: Chunks) {
        let hash = |key: SeriesKey| {
            let [upper, lower] = [key.0 >> 64, key.0 & u128::from(u64::MAX)];
            u64::try_from(upper ^ lower).expect("64 bits of both")
        };
        let Self { by_key, all, .. } = self;
        let is_same =
            |&at: &usize| all[at].key() == known.key && *all[at].labels() == known.series.labels;
        if let Some(&at) = by_key.find(hash(known.key), is_same) {
            let before = &mut all[at].chunks;
            before.pieces.append(&mut chunks.pieces);
            before.stored.append(&mut chunks.stored);
            return;
        }
        by_key.insert_unique(hash(known.key), all.len(), |&at| hash(all[at].key()));
        all.push(Candidate { known, chunks });
    }

    fn in_block(
        &mut self,
        source: usize,
        block: &Block,
        matchers: &[Matcher],
        span: Span,
        ctx: &Ctx,
    ) -> Result<()> {
        let Content { seed, cache, .. } = self.content;
        let references = matching(&Cached { index: &block.index, cache }, matchers, ctx)?;
        for some in references.chunks(SERIES_PER_LOOK) {
            ctx.cancel.check()?;
            let series = each_or_all(some, |some| {
                cache.series((&block.index, *seed), some, references.len())
            });
            for known in series {
                let mut chunks = Chunks::default();
                match known {
                    Err(error) => self.content.warn(block, error, ctx),
                    Ok(known) if chunks.add((source, block), &known.series, span) => {
                        self.add(known, chunks);
                    }
                    Ok(_) => {}
                }
            }
        }
        Ok(())
    }
}

/// The lists of an index, some of which are remembered.
struct Cached<'a> {
    index: &'a Index,
    cache: &'a Cache,
}

impl Lists for Cached<'_> {
    fn all(&self) -> Result<Vec<u32>> {
        self.index.all()
    }

    fn with(&self, name: &str, value: &str) -> Result<Vec<u32>> {
        self.index.with(name, value)
    }

    fn with_any(
        &self,
        name: &str,
        wanted: &mut dyn FnMut(&str) -> Result<bool>,
    ) -> Result<Vec<u32>> {
        self.index.with_any(name, wanted)
    }

    fn of(&self, matcher: &Matcher, satisfies: bool, ctx: &Ctx) -> Result<Vec<u32>> {
        let find = || self.index.of(matcher, satisfies, ctx);
        Ok(self.cache.list(self.index, (matcher, satisfies), find)?.to_vec())
    }
}

impl PrometheusDir {
    /// The samples in `span` of the series that satisfy `matchers`, as they are kept: in this order,
    /// or, where it does not matter, in the order of their labels if any comes from a block.
    pub fn series(
        &self,
        matchers: &[Matcher],
        span: Span,
        order: Option<Order>,
        ctx: &Arc<Ctx>,
    ) -> Result<SeriesSamples> {
        let mut found = self.content.find(matchers, span, order, ctx)?;
        found.reverse();
        let (content, ctx) = (Arc::clone(&self.content), Arc::clone(ctx));
        Ok(SeriesSamples { content, ctx, span, found, read: Vec::new(), merger: Merger::default() })
    }
}

impl Content {
    /// The names of all labels in the blocks and the head.
    pub(crate) fn names(&self, span: Span) -> Vec<&str> {
        let in_blocks = self.blocks_in(span).flat_map(|(_, block)| block.index.label_names());
        sorted(in_blocks.chain(self.head.label_names()).collect())
    }

    /// The values of a label in the blocks and the head. A block whose names are damaged is left out.
    pub(crate) fn values(&self, name: &str, span: Span) -> Result<Vec<String>> {
        let mut all: Vec<String> = self.head.label_values(name).map(str::to_owned).collect();
        for (_, block) in self.blocks_in(span) {
            match block.index.label_values(name) {
                Ok(mut values) => all.append(&mut values),
                Err(error @ Error::Io { .. }) => return Err(error),
                Err(error) => self.note_damage(block, error),
            }
        }
        Ok(sorted(all))
    }
}

fn sorted<T: Ord>(mut texts: Vec<T>) -> Vec<T> {
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// Series with their samples, one after another.
#[derive(Debug)]
pub struct SeriesSamples {
    content: Arc<Content>,
    ctx: Arc<Ctx>,
    span: Span,
    /// What is left, the last one first.
    found: Vec<Candidate>,
    /// What has its chunks, the last one first.
    read: Vec<(Labels, Vec<Piece>)>,
    merger: Merger,
}

impl SeriesSamples {
    /// The next series that has samples, which come into `out`.
    pub fn next(&mut self, out: &mut Samples) -> Result<Option<Labels>> {
        loop {
            if self.read.is_empty() && !self.found.is_empty() {
                self.ctx.cancel.check()?;
                let from = self.found.len().saturating_sub(SERIES_PER_READ);
                let mut some = self.found.split_off(from);
                let pieces = self.content.read(&mut some, &self.ctx);
                self.read = some.iter().map(|one| one.labels().clone()).zip(pieces).collect();
            }
            let Some((labels, mut pieces)) = self.read.pop() else { return Ok(None) };
            self.merger.merge(&mut pieces, self.span, out, |piece, fault| {
                self.content.chunk_fault(piece, fault, &self.ctx);
            });
            if !out.is_empty() {
                return Ok(Some(labels));
            }
        }
    }
}
