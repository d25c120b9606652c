//! Series of a data directory that satisfy matchers, with their chunks from all sources.

use std::sync::Arc;

use hashbrown::HashTable;
use regain_model::{Labels, Matcher, SeriesKey, Span};
use regain_storage::{Ctx, Error, Order, Result};

use crate::block::Block;
use crate::cache::{Cache, Named};
use crate::chunks::{Chunks, each_or_all};
use crate::content::Content;
use crate::dir::PrometheusDir;
use crate::fault::Fault;
use crate::index::Index;
use crate::matching::{Lists, matching};
use crate::merge::{Merger, Piece};
use crate::sample::Samples;

/// So many series have their chunks read together.
const SERIES_PER_READ: usize = 128;
/// So many series are looked up before a query is asked whether it is still wanted.
const SERIES_PER_LOOK: usize = 4096;

/// A series that was found.
#[derive(Debug)]
pub(crate) struct Candidate {
    named: Arc<Named>,
    chunks: Chunks,
}

impl Candidate {
    pub(crate) fn key(&self) -> SeriesKey {
        self.named.key
    }

    pub(crate) fn labels(&self) -> &Labels {
        &self.named.labels
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
                let named = Arc::new(Named::new(self.seed, series.labels.clone()));
                found.add(named, Chunks::of_pieces(pieces));
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

    /// Reads the chunks of `series`, whose samples in `span` are wanted. What cannot be read is left out.
    pub(crate) fn read(&self, series: &mut [Candidate], span: Span, ctx: &Ctx) -> Vec<Vec<Piece>> {
        let chunks = series.iter_mut().map(|one| &mut one.chunks);
        self.read_chunks(chunks, span, &mut |block, error| self.warn(block, error, ctx))
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

struct Finding<'a> {
    content: &'a Content,
    /// The places in `all`, by key.
    by_key: HashTable<usize>,
    all: Vec<Candidate>,
}

impl Finding<'_> {
    /// Adds chunks of a series, which may be there already.
    fn add(&mut self, named: Arc<Named>, chunks: Chunks) {
        let hash = |key: SeriesKey| {
            let [upper, lower] = [key.0 >> 64, key.0 & u128::from(u64::MAX)];
            u64::try_from(upper ^ lower).expect("64 bits of both")
        };
        let Self { by_key, all, .. } = self;
        let is_same = |&at: &usize| *all[at].named == *named;
        let found = by_key.find(hash(named.key), is_same).copied();
        let at = found.unwrap_or_else(|| {
            by_key.insert_unique(hash(named.key), all.len(), |&at| hash(all[at].key()));
            all.push(Candidate { named, chunks: Chunks::default() });
            all.len() - 1
        });
        let before = &mut all[at].chunks;
        before.append(chunks);
        before.hold_few();
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
                    Ok(known) => {
                        let of_series = (known.reference, &*known.chunks);
                        if chunks.add((source, block), of_series, span) {
                            self.add(Arc::clone(&known.named), chunks);
                        }
                    }
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
        let find = || self.index.with(name, value);
        Ok(self.cache.list(self.index, (&Matcher::equal(name, value), true), find)?.to_vec())
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
    /// No fewer series than match and have samples in `span`: of every block, without reading from it.
    pub(crate) fn series_max(&self, matchers: &[Matcher], span: Span) -> usize {
        let of = |block: &Block| {
            let needed = matchers.iter().filter(|matcher| !matcher.matches_empty());
            let each = needed.map(|matcher| {
                let known = self.cache.count(&block.index, (matcher, true));
                known.unwrap_or_else(|| block.index.series_max(matcher))
            });
            let all = usize::try_from(block.meta.stats.num_series).unwrap_or(usize::MAX);
            each.min().map_or(all, |least| least.min(all))
        };
        let blocks = self.blocks_in(span).map(|(_, block)| of(block));
        blocks.fold(self.head.series.len(), usize::saturating_add)
    }

    /// No fewer than the label `name` has values, or than there are names of labels, in `span`.
    pub(crate) fn texts_max(&self, name: Option<&str>, span: Span) -> usize {
        let in_head = match name {
            Some(name) => self.head.label_values(name).count(),
            None => self.head.label_names().count(),
        };
        let blocks = self.blocks_in(span).map(|(_, block)| block.index.texts_count(name));
        blocks.fold(in_head, usize::saturating_add)
    }

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
                let pieces = self.content.read(&mut some, self.span, &self.ctx);
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
