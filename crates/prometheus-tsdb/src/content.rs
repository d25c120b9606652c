//! What a query sees: a head, and blocks by their first time. It does not change; who changes the
//! directory makes another one.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use regain_model::{KeySeed, Span};
use regain_storage::{Ctx, Error};

use crate::block::Block;
use crate::cache::Cache;
use crate::head::{Head, HeadChunk};
use crate::meta::Meta;

/// Blocks and a head, which may be empty, as they are together at one moment.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) root: PathBuf,
    /// Makes the keys of series.
    pub(crate) seed: KeySeed,
    pub(crate) head: Head,
    /// By their first time.
    pub(crate) blocks: Vec<Arc<Block>>,
    /// Blocks that cannot be opened.
    pub(crate) lost: Vec<Arc<Lost>>,
    pub(crate) damages: Arc<Damages>,
    pub(crate) cache: Arc<Cache>,
}

/// A block that cannot be opened.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) dir: PathBuf,
    /// What it says about itself, where that can be read.
    pub(crate) meta: Option<Meta>,
    /// Why.
    pub(crate) error: Arc<Error>,
}

impl Lost {
    /// The times that it may have samples of.
    pub(crate) fn span(&self) -> Span {
        self.meta.as_ref().map_or(Span::ALL, Meta::span)
    }
}

/// What could not be read so far.
#[derive(Debug, Default)]
pub(crate) struct Damages(Mutex<Vec<Arc<Error>>>);

impl Damages {
    /// So many are kept.
    const COUNT_MAX: usize = 1000;

    /// Adds one, unless it is there already or there are many.
    pub(crate) fn add(&self, error: Error) {
        let mut all = self.0.lock().expect("no holder of this lock panics");
        if all.len() < Self::COUNT_MAX && all.iter().all(|other| !is_same(other, &error)) {
            all.push(Arc::new(error));
        }
    }

    /// All of them.
    pub(crate) fn to_vec(&self) -> Vec<Arc<Error>> {
        self.0.lock().expect("no holder of this lock panics").clone()
    }
}

/// Whether two errors are about one place of a file.
fn is_same(a: &Error, b: &Error) -> bool {
    match (a, b) {
        (
            Error::Corrupt { path: a, offset: a_at, .. },
            Error::Corrupt { path: b, offset: b_at, .. },
        ) => (a, a_at) == (b, b_at),
        _ => false,
    }
}

impl FromIterator<Arc<Error>> for Damages {
    fn from_iter<I: IntoIterator<Item = Arc<Error>>>(errors: I) -> Self {
        Self(Mutex::new(errors.into_iter().collect()))
    }
}

impl Content {
    /// The blocks that may have samples in `span`, with their source's number.
    pub(crate) fn blocks_in(&self, span: Span) -> impl Iterator<Item = (usize, &Arc<Block>)> {
        (Self::HEAD + 1..).zip(&self.blocks).filter(move |(_, block)| block.span().overlaps(span))
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

    /// Takes note of damage to a block.
    pub(crate) fn note_damage(&self, block: &Block, error: Error) {
        block.set_damaged();
        self.damages.add(error);
    }

    /// Tells a query which blocks with times of `span` are left out.
    pub(crate) fn warn_of_lost(&self, span: Span, ctx: &Ctx) {
        for Lost { dir, error, .. } in
            self.lost.iter().map(|lost| &**lost).filter(|lost| lost.span().overlaps(span))
        {
            let name = dir.file_name().unwrap_or_default().display();
            ctx.warnings.add(format!("block {name} is left out, because it is damaged: {error}"));
        }
    }

    /// Tells a query that something of a block is left out. What could not be read for another reason than damage may
    /// be readable the next time.
    pub(crate) fn warn(&self, block: &Block, error: Error, ctx: &Ctx) {
        let name = block.meta.ulid;
        if let Error::Io { .. } = error {
            ctx.warnings.add(format!("a part of block {name} cannot be read: {error}"));
        } else {
            ctx.warnings
                .add(format!("a part of block {name} is left out, because it is damaged: {error}"));
            self.note_damage(block, error);
        }
    }
}
