//! What a query sees: a head, and blocks by their first time. It does not change; who changes the
//! directory makes another one.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use regain_model::{KeySeed, Span};
use regain_storage::Error;

use crate::block::Block;
use crate::head::{Head, HeadChunk};

/// Blocks and a head, which may be empty, as they are together at one moment.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) root: PathBuf,
    /// Makes the keys of series.
    pub(crate) seed: KeySeed,
    pub(crate) head: Head,
    /// By their first time.
    pub(crate) blocks: Vec<Arc<Block>>,
    pub(crate) damages: Arc<Damages>,
}

/// What could not be read so far.
#[derive(Debug, Default)]
pub(crate) struct Damages(Mutex<Vec<Arc<Error>>>);

impl Damages {
    /// Adds one.
    pub(crate) fn add(&self, error: Arc<Error>) {
        self.0.lock().expect("no holder of this lock panics").push(error);
    }

    /// All of them.
    pub(crate) fn to_vec(&self) -> Vec<Arc<Error>> {
        self.0.lock().expect("no holder of this lock panics").clone()
    }
}

impl FromIterator<Error> for Damages {
    fn from_iter<I: IntoIterator<Item = Error>>(errors: I) -> Self {
        Self(Mutex::new(errors.into_iter().map(Arc::new).collect()))
    }
}

impl Content {
    /// The blocks that may have samples in `span`, with their source's number.
    pub(crate) fn blocks_in(&self, span: Span) -> impl Iterator<Item = (usize, &Arc<Block>)> {
        let wanted = move |block: &Block| block.span().overlaps(span) && !block.is_broken();
        (Self::HEAD + 1..).zip(&self.blocks).filter(move |(_, block)| wanted(block))
    }

    /// The times of `span` between which there may be samples, if there are any.
    pub(crate) fn span(&self, span: Span) -> Option<Span> {
        let blocks = self.blocks_in(span).map(|(_, block)| block.span());
        let head = self.head.series.iter().flat_map(|series| &series.chunks).map(HeadChunk::span);
        let all = blocks.chain(head.filter(|chunk| chunk.overlaps(span)));
        let all = all.reduce(|a, b| Span::new(a.min.min(b.min), a.max.max(b.max)))?;
        Some(Span::new(all.min.max(span.min), all.max.min(span.max)))
    }

    /// The source of the head's chunks; blocks have numbers behind it.
    pub(crate) const HEAD: usize = 0;

    /// The block with a source's number.
    pub(crate) fn block(&self, source: usize) -> &Arc<Block> {
        &self.blocks[source - 1]
    }

    /// Leaves a block alone from now on, because of `error`.
    pub(crate) fn quarantine(&self, block: &Block, error: Error) -> Arc<Error> {
        block.set_broken();
        let error = Arc::new(error);
        self.damages.add(Arc::clone(&error));
        error
    }
}
