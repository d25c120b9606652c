//! Blocks that somebody else puts into the directory while it is open, as backfilling does.

use std::sync::Arc;

use regain_storage::Result;

use super::{Changing, Inner};
use crate::block::Block;
use crate::ulid::Ulid;
use crate::writer::failed;

impl Inner {
    /// Shows the blocks that have come from elsewhere.
    pub(super) fn adopt(&self, changing: &Changing) -> Result<()> {
        let content = self.content();
        let known = content.blocks.iter().map(|block| &block.dir);
        let lost = content.lost.iter().map(|lost| &lost.dir);
        let known: Vec<_> = known.chain(lost).chain(&changing.leaving).collect();
        let names = self.fs.list_dirs(&self.root).map_err(failed("list", &self.root))?;
        let names = names.iter().filter(|name| name.parse::<Ulid>().is_ok());
        let new = names.map(|name| self.root.join(name)).filter(|dir| !known.contains(&dir));
        // What cannot be opened may still be being copied, and is tried again.
        let new = new.filter_map(|dir| Block::open(self.fs.as_ref(), &dir).ok());
        let new: Vec<Arc<Block>> = new.map(Arc::new).collect();
        if let Some(lowest) = new.iter().map(|block| block.meta.min_time).min() {
            self.show(content.blocks.iter().cloned().chain(new).collect(), Some(lowest));
        }
        Ok(())
    }
}
