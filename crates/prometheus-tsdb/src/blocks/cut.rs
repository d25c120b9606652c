//! Taking samples over from a store that is cut into blocks.

use std::io;
use std::sync::Arc;

use regain_model::Span;
use regain_storage::{BlockFormat, Ctx, Error, Queryable, Result, Written};

use super::{Blocks, Inner};
use crate::block::Block;
use crate::names;
use crate::stored::write_stored;
use crate::ulid::Ulid;
use crate::windows::WINDOW_MS;
use crate::writer::{BlockOptions, BlockWriter, WriteError, failed, unfinished};

impl BlockFormat for Blocks {
    fn write(&self, store: &dyn Queryable, span: Span, id: u64) -> Result<Written> {
        let inner = &*self.0;
        let _turn = inner.cutting.lock().expect("no holder of this lock panics");
        let ulid = names::cut(names::origin_of(inner.options.seed), span, id);
        if inner.has(ulid) {
            return Ok(Written::default());
        }
        let written = inner.write_cut(store, span, ulid);
        if written.is_err() {
            inner.discard(ulid);
        }
        written
    }
}

impl Inner {
    /// Whether a block is there, or one that was merged out of it.
    fn has(&self, ulid: Ulid) -> bool {
        let content = self.content();
        content
            .blocks
            .iter()
            .any(|block| block.meta.ulid == ulid || block.meta.compaction.sources.contains(&ulid))
    }

    fn write_cut(&self, store: &dyn Queryable, span: Span, ulid: Ulid) -> Result<Written> {
        self.clear(ulid)?;
        let ctx = Arc::new(Ctx::default());
        let with_starts = self.options.with_starts;
        let options = BlockOptions { ulid, range_ms: WINDOW_MS, with_starts };
        let begin = || BlockWriter::create(Arc::clone(&self.fs), &self.root, options);
        let range = (span.min.0, span.max.0.saturating_add(1));
        let finished = write_stored::<WriteError>(store, span, &ctx, begin, &mut |_, _| Ok(()))
            .and_then(|writer| writer.map_or(Ok(None), |writer| writer.finish(Some(range))));
        let Some(meta) = finished.map_err(|error| self.unwritten(error))? else {
            return Ok(Written::default());
        };
        let block = Block::open(self.fs.as_ref(), &self.root.join(ulid.to_string()))?;
        let bytes = block.size_bytes();
        let changing = self.changing();
        let mut blocks = self.content().blocks.clone();
        // It may have been taken for one that came from elsewhere.
        if blocks.iter().all(|other| other.meta.ulid != ulid) {
            blocks.push(Arc::new(block));
            self.show(blocks, Some(meta.min_time));
        }
        drop(changing);
        let (series, samples) = (meta.stats.num_series, meta.stats.num_samples);
        Ok(Written { blocks: 1, series, samples, bytes })
    }

    /// Makes sure that nothing has this name. A block that nobody has seen may: its name was not durable when
    /// an attempt failed.
    pub(super) fn clear(&self, ulid: Ulid) -> Result<()> {
        let names = self.fs.list_dirs(&self.root).map_err(failed("list", &self.root))?;
        for path in [self.root.join(ulid.to_string()), unfinished(&self.root, ulid)] {
            let is_there = names.iter().any(|name| path.ends_with(name));
            if is_there {
                self.fs.remove_dir_all(&path).map_err(failed("remove", &path))?;
            }
        }
        Ok(())
    }

    /// Gives up a block that could not be written. What cannot be removed now is removed by the next attempt or
    /// the next start.
    pub(super) fn discard(&self, ulid: Ulid) {
        drop(self.clear(ulid));
    }

    /// Why a block was not written, in the words of stores.
    pub(super) fn unwritten(&self, error: WriteError) -> Error {
        match error {
            WriteError::Storage(error) => error,
            error => failed("write", &self.root)(io::Error::other(error)),
        }
    }
}
