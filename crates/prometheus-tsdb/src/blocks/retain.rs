//! Old blocks go, by time and by size.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use regain_model::Timestamp;
use regain_storage::Result;

use super::{Blocks, Changing, Counters, Inner};
use crate::block::Block;
use crate::content::Lost;

impl Blocks {
    /// Shows blocks that others have put into the directory, and removes those that are too old or too many; meant to be called every few seconds. `newest` is the
    /// newest sample of everything that is queried together, and `other_bytes` the size of what counts for
    /// the limit beside the blocks.
    pub fn tick(&self, newest: Timestamp, other_bytes: u64) -> Result<()> {
        // Ordering: a time that moves slowly.
        self.0.newest.fetch_max(newest.0, Ordering::Relaxed);
        let mut changing = self.0.changing();
        Counters::count(&self.0.counters.reloads);
        self.0
            .adopt(&changing)
            .inspect_err(|_| Counters::count(&self.0.counters.reloads_failed))?;
        self.0.retain(&mut changing, other_bytes)
    }
}

impl Inner {
    fn retain(&self, changing: &mut Changing, other_bytes: u64) -> Result<()> {
        let content = self.content();
        let retention = self.retention();
        let oldest = self.newest(&content).saturating_sub(retention.time_ms);
        // A block goes when the last of its samples is too old.
        let is_old = |max_time: i64| retention.time_ms > 0 && max_time <= oldest;
        let mut newest_first: Vec<&Arc<Block>> = content.blocks.iter().collect();
        newest_first.sort_by_key(|block| std::cmp::Reverse((block.meta.max_time, block.meta.ulid)));
        let mut total = other_bytes;
        let (mut kept, mut removed) = (Vec::new(), Vec::new());
        let (mut are_old, mut are_too_many) = (false, false);
        for block in newest_first {
            total = total.saturating_add(block.size_bytes());
            let is_too_much = retention.bytes > 0 && total > retention.bytes;
            if is_old(block.meta.max_time) {
                are_old = true;
            } else if is_too_much {
                are_too_many = true;
            } else {
                kept.push(Arc::clone(block));
                continue;
            }
            removed.push(block);
        }
        let counters = [
            (are_old, &self.counters.time_retentions),
            (are_too_many, &self.counters.size_retentions),
        ];
        counters.iter().filter(|(is_so, _)| *is_so).for_each(|(_, times)| Counters::count(times));
        let (old, lost): (Vec<Arc<Lost>>, Vec<Arc<Lost>>) = content
            .lost
            .iter()
            .cloned()
            .partition(|lost| lost.meta.as_ref().is_some_and(|meta| is_old(meta.max_time)));
        changing.leaving.extend(removed.iter().map(|block| block.dir.clone()));
        changing.leaving.extend(old.iter().map(|lost| lost.dir.clone()));
        let lowest = removed.iter().map(|block| block.meta.min_time).min();
        if lowest.is_some() || !old.is_empty() {
            self.show_all(kept, lost, lowest);
        }
        self.remove_leaving(changing)
    }
}
