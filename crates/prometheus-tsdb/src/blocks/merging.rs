//! Blocks become one, series by series, in the order of their labels.
//!
//! A chunk of which nothing is deleted, and which no other overlaps, goes over as it is; the others are decoded
//! and cut anew. In memory are the labels of all series and the chunks of some.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use regain_model::{Labels, Span};
use regain_storage::Result;

use crate::block::Block;
use crate::chunk::sample_count;
use crate::chunks::Chunks;
use crate::content::Content;
use crate::cut::Chunk;
use crate::index::IndexedSeries;
use crate::matching::Lists as _;
use crate::merge::{Merger, Piece, overlapping};
use crate::sample::Samples;
use crate::writer::{BlockWriter, WholeChunk, WriteError};

/// So many series have their chunks read together.
const SERIES_PER_READ: usize = 128;

/// Series of several blocks, those with the same labels as one.
#[derive(Debug)]
pub(super) struct Merging {
    /// The blocks, and no head.
    content: Content,
    inputs: Vec<Input>,
    merger: Merger,
    samples: Samples,
}

/// A block with its next series.
#[derive(Debug)]
struct Input {
    source: usize,
    block: Arc<Block>,
    references: Vec<u32>,
    /// How many of these were read.
    read: usize,
    ahead: VecDeque<IndexedSeries>,
    /// The series that came before.
    before: Option<Labels>,
}

/// A chunk for the new block.
#[derive(Debug)]
enum Merged {
    AsItIs(Piece),
    Anew(Chunk),
}

impl Merging {
    /// Those of the blocks of `content`, which has no head.
    pub(super) fn new(content: Content) -> Result<Self> {
        let input = |(at, block): (usize, &Arc<Block>)| {
            let (source, block) = (Content::HEAD + 1 + at, Arc::clone(block));
            let references = block.index.all()?;
            Ok(Input { source, block, references, read: 0, ahead: VecDeque::new(), before: None })
        };
        let inputs = content.blocks.iter().enumerate().map(input).collect::<Result<_>>()?;
        let (merger, samples) = (Merger::default(), Samples::default());
        Ok(Self { content, inputs, merger, samples })
    }

    /// The texts of all labels, in order.
    pub(super) fn symbols(&self) -> Vec<Box<str>> {
        let blocks = self.content.blocks.iter();
        let texts: BTreeSet<&str> = blocks.flat_map(|block| block.index.symbols()).collect();
        texts.into_iter().map(Box::from).collect()
    }

    /// Writes some series, and says whether there may be more.
    pub(super) fn write_some(
        &mut self,
        writer: &mut BlockWriter,
    ) -> std::result::Result<bool, WriteError> {
        let mut some: Vec<(Labels, Chunks)> = Vec::with_capacity(SERIES_PER_READ);
        while some.len() < SERIES_PER_READ
            && let Some(next) = self.next()?
        {
            some.push(next);
        }
        if some.is_empty() {
            return Ok(false);
        }
        let mut unread = Ok(());
        let chunks = some.iter_mut().map(|(_, chunks)| chunks);
        let pieces =
            self.content.read_chunks(chunks, Span::ALL, &mut |_, error| unread = Err(error));
        unread?;
        for ((labels, _), pieces) in some.iter().zip(pieces) {
            let merged = self.merge(writer, labels, pieces)?;
            let whole = merged.iter().map(Merged::whole).collect::<Vec<_>>();
            if !whole.is_empty() {
                writer.add_whole(labels, whole)?;
            }
        }
        Ok(true)
    }

    /// The next series that has chunks.
    fn next(&mut self) -> Result<Option<(Labels, Chunks)>> {
        loop {
            let mut first: Option<&Labels> = None;
            for input in &mut self.inputs {
                if let Some(labels) = input.peek()?
                    && first.is_none_or(|first| labels < first)
                {
                    first = Some(labels);
                }
            }
            let Some(labels) = first.cloned() else { return Ok(None) };
            let mut chunks = Chunks::default();
            for input in &mut self.inputs {
                if let Some(series) = input.ahead.pop_front_if(|series| series.labels == labels) {
                    let of_series = (series.reference, &*series.chunks);
                    chunks.add((input.source, &input.block), of_series, Span::ALL);
                    input.before = Some(series.labels);
                }
            }
            if !chunks.is_empty() {
                return Ok(Some((labels, chunks)));
            }
        }
    }

    /// What becomes of the chunks of a series.
    fn merge(
        &mut self,
        writer: &BlockWriter,
        labels: &Labels,
        mut pieces: Vec<Piece>,
    ) -> std::result::Result<Vec<Merged>, WriteError> {
        pieces.sort_by_key(|piece| (piece.min, piece.source));
        let mut merged = Vec::with_capacity(pieces.len());
        let mut rest = pieces;
        while !rest.is_empty() {
            let behind = rest.split_off(overlapping(&rest));
            let mut together = std::mem::replace(&mut rest, behind);
            if let [piece] = &*together
                && !piece.loses_some()
            {
                merged.extend(together.pop().map(Merged::AsItIs));
                continue;
            }
            let mut damage = Ok(());
            self.merger.merge(&mut together, Span::ALL, &mut self.samples, |piece, fault| {
                damage = Err(fault.within(&self.content.block(piece.source).dir, 0));
            });
            damage?;
            merged.extend(writer.cut(labels, &self.samples)?.into_iter().map(Merged::Anew));
        }
        // A chunk without a sample says nothing.
        merged.retain(|chunk| chunk.whole().samples > 0);
        Ok(merged)
    }

    /// Whether some of the blocks overlap, so that samples of one series may come from several.
    pub(super) fn overlaps(&self) -> bool {
        let mut end = i64::MIN;
        self.content.blocks.iter().any(|block| {
            let overlaps = block.meta.min_time < end;
            end = end.max(block.meta.max_time);
            overlaps
        })
    }
}

impl Merged {
    fn whole(&self) -> WholeChunk<'_> {
        match self {
            Self::Anew(chunk) => chunk.into(),
            Self::AsItIs(piece) => {
                let (encoding, data) = (piece.bytes.encoding, &*piece.bytes.data);
                let samples = sample_count(encoding, data).unwrap_or_default();
                WholeChunk { encoding, min: piece.min, max: piece.max, samples, data }
            }
        }
    }
}

impl Input {
    /// The labels of the next series.
    fn peek(&mut self) -> Result<Option<&Labels>> {
        if self.ahead.is_empty() {
            let rest = &self.references[self.read..];
            let some = &rest[..rest.len().min(SERIES_PER_READ)];
            self.ahead.extend(self.block.index.series(some)?);
            self.read += some.len();
        }
        let next = self.ahead.front().map(|series| &series.labels);
        if let (Some(before), Some(next)) = (&self.before, next)
            && before >= next
        {
            return Err(self
                .block
                .index
                .corrupt("the series are not in the order of their labels"));
        }
        Ok(next)
    }
}
