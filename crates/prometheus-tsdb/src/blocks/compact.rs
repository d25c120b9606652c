//! Merging blocks, and writing them anew without what is deleted.
//!
//! The new block names its parents, and gets its own name before they go: of whatever a stop in between leaves,
//! the next start removes what is there twice.

use std::sync::Arc;

use regain_storage::{Error, Result};

use super::merging::Merging;
use super::plan::{plan, ranges};
use super::{Blocks, Changing, Counters, Inner, open};
use crate::block::Block;
use crate::content::Content;
use crate::head::Head;
use crate::meta::{Compaction, FROM_OUT_OF_ORDER, Meta, Parent};
use crate::names;
use crate::windows::WINDOW_MS;
use crate::writer::{BlockOptions, BlockWriter, WriteError};

/// No block is made longer than this.
const SPAN_MAX_MS: i64 = 31 * 24 * 3_600_000;
/// Of the time that samples are kept, no block is made longer than this part.
const RETENTION_PARTS: i64 = 10;

/// A block that cannot be read so often when it is to be merged is left as it is until the next start.
const READ_ATTEMPTS_MAX: u32 = 3;

/// Whether to go on.
type GoOn<'a> = &'a dyn Fn() -> bool;

impl Blocks {
    /// Merges some blocks, or writes one anew that holds deleted samples. Says whether there was something to do,
    /// so that there may be more. It takes its time; queries, deletions and whatever else go on. `go_on` is asked now
    /// and then; what has been written is dropped when it says no.
    pub fn compact(&self, go_on: &dyn Fn() -> bool) -> Result<bool> {
        let inner = &*self.0;
        let _turn = inner.compacting.lock().expect("no holder of this lock panics");
        Counters::count(&inner.counters.compactions_triggered);
        inner.remove_leaving(&mut inner.changing())?;
        inner.apply_rules()?;
        let content = inner.content();
        let whole: Vec<&Arc<Block>> = content.blocks.iter().filter(|b| !b.is_damaged()).collect();
        let metas: Vec<&Meta> = whole.iter().map(|block| &block.meta).collect();
        let chosen = plan(&metas, &ranges(inner.span_max_ms()));
        if chosen.is_empty() || !go_on() {
            return Ok(false);
        }
        let parents: Vec<Arc<Block>> = chosen.iter().map(|&at| Arc::clone(whole[at])).collect();
        inner.compact(&parents, go_on)
    }

    /// Writes all blocks anew that hold deleted samples, and says whether it came to an end before `go_on`
    /// said no.
    pub fn clean_tombstones(&self, go_on: &dyn Fn() -> bool) -> Result<bool> {
        let inner = &*self.0;
        let _turn = inner.compacting.lock().expect("no holder of this lock panics");
        loop {
            let content = inner.content();
            let mut blocks = content.blocks.iter().filter(|block| !block.is_damaged());
            let Some(block) = blocks.find(|block| block.tombstones.count() > 0) else {
                return Ok(true);
            };
            if !go_on() {
                return Ok(false);
            }
            inner.compact(std::slice::from_ref(block), go_on)?;
        }
    }
}

impl Inner {
    /// How long blocks may become.
    fn span_max_ms(&self) -> i64 {
        let kept = self.retention().time_ms;
        match (self.options.span_max_ms, kept) {
            (0, 0) => SPAN_MAX_MS,
            (0, kept) => (kept / RETENTION_PARTS).min(SPAN_MAX_MS),
            (span, _) => span,
        }
    }

    /// Makes one block of `parents`, and says whether there may be more to do.
    fn compact(&self, parents: &[Arc<Block>], go_on: GoOn<'_>) -> Result<bool> {
        let about = child_of(parents);
        let ulid = about.ulid;
        let done = self.clear(ulid).map_err(WriteError::from).and_then(|()| {
            let with_starts = true;
            let options = BlockOptions { ulid, range_ms: WINDOW_MS, with_starts };
            self.write_merged(parents, about, options, go_on)
        });
        if !matches!(done, Ok(Outcome::Replaced)) {
            self.discard(ulid);
        }
        match done {
            Ok(Outcome::Replaced | Outcome::Outdated) => Ok(true),
            Ok(Outcome::Stopped) => Ok(false),
            Err(error) => {
                Counters::count(&self.counters.compactions_failed);
                self.set_aside(parents, self.unwritten(error)).map(|()| true)
            }
        }
    }

    /// Lets the others be merged without a block that cannot be read: at once where it is damaged, and after some
    /// attempts where there is another reason, which may pass. Any other error is handed back.
    fn set_aside(&self, parents: &[Arc<Block>], error: Error) -> Result<()> {
        let Some(block) = parents.iter().find(|block| open::is_within(&error, &block.dir)) else {
            return Err(error);
        };
        if let Error::Io { .. } = error {
            let mut changing = self.changing();
            let attempts = changing.unreadable.entry(block.meta.ulid).or_default();
            *attempts += 1;
            if *attempts < READ_ATTEMPTS_MAX {
                return Err(error);
            }
        }
        self.content().note_damage(block, error);
        Ok(())
    }

    fn write_merged(
        &self,
        parents: &[Arc<Block>],
        about: Meta,
        options: BlockOptions,
        go_on: GoOn<'_>,
    ) -> std::result::Result<Outcome, WriteError> {
        let content = Content {
            root: self.root.clone(),
            seed: self.options.seed,
            head: Head::default(),
            blocks: parents.to_vec(),
            lost: Vec::new(),
            damages: Arc::default(),
            cache: Arc::default(),
        };
        let mut merging = Merging::new(content)?;
        let (fs, symbols) = (Arc::clone(&self.fs), merging.symbols());
        let mut writer = BlockWriter::with_symbols(fs, &self.root, options, symbols)?;
        writer.set_compaction(about.compaction);
        while merging.write_some(&mut writer)? {
            if !go_on() {
                return Ok(Outcome::Stopped);
            }
        }
        let mut changing = self.changing();
        let shown = self.content();
        let is_parent = |block: &Arc<Block>| parents.iter().any(|other| Arc::ptr_eq(block, other));
        if shown.blocks.iter().filter(|block| is_parent(block)).count() < parents.len() {
            // Something was deleted meanwhile, or has become too old.
            return Ok(Outcome::Outdated);
        }
        let mut blocks = shown.blocks.clone();
        blocks.retain(|block| !is_parent(block));
        if writer.is_empty() {
            drop(writer);
            self.discard(options.ulid);
        } else if writer.finish(Some((about.min_time, about.max_time)))?.is_some() {
            let dir = self.root.join(options.ulid.to_string());
            blocks.push(Arc::new(Block::open(self.fs.as_ref(), &dir)?));
        }
        // Of two samples with one time, another may stay than queries have seen.
        self.show(blocks, merging.overlaps().then_some(about.min_time));
        Counters::count(&self.counters.compactions);
        if merging.overlaps() {
            Counters::count(&self.counters.vertical_compactions);
        }
        self.leave(&mut changing, parents);
        Ok(Outcome::Replaced)
    }

    /// Removes the files of blocks that have a child. What fails is tried again later, and is no failure of what
    /// has been done.
    fn leave(&self, changing: &mut Changing, parents: &[Arc<Block>]) {
        changing.leaving.extend(parents.iter().map(|block| block.dir.clone()));
        drop(self.remove_leaving(changing));
    }
}

/// What has become of a merge.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    /// The child is in the place of its parents.
    Replaced,
    /// The parents have changed; it can be tried again.
    Outdated,
    /// It was no longer wanted.
    Stopped,
}

/// What the block that `parents` are merged into says about itself.
fn child_of(parents: &[Arc<Block>]) -> Meta {
    let metas = || parents.iter().map(|block| &block.meta);
    let parent = |meta: &Meta| {
        let Meta { ulid, min_time, max_time, .. } = *meta;
        Parent { ulid, min_time, max_time }
    };
    let named: Vec<Parent> = metas().map(parent).collect();
    let first = metas().map(|meta| meta.min_time).min().unwrap_or(i64::MAX);
    let last = metas().map(|meta| meta.max_time).max().unwrap_or(i64::MIN);
    let mut child = Meta::new(names::merged(&named), first, last);
    let mut sources: Vec<_> = metas().flat_map(|meta| meta.compaction.sources.clone()).collect();
    sources.sort_unstable();
    sources.dedup();
    let mut hints: Vec<String> = metas().flat_map(|meta| meta.compaction.hints.clone()).collect();
    hints.sort_unstable();
    hints.dedup();
    // A block of late samples is one as long as nothing else comes to it.
    let is_late = metas().all(|meta| meta.compaction.hints.iter().any(|h| h == FROM_OUT_OF_ORDER));
    hints.retain(|hint| is_late || hint != FROM_OUT_OF_ORDER);
    let level = metas().map(|meta| meta.compaction.level).max().unwrap_or_default();
    // Writing one anew is no merge.
    let level = level + u32::from(parents.len() > 1);
    child.compaction =
        Compaction { level, sources, parents: named, hints, ..Compaction::default() };
    child
}
