//! What a store of blocks knows about itself.

use super::{Blocks, Counters};

/// Numbers of a store of blocks, cheap to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlocksStats {
    /// The blocks that serve.
    pub blocks: u64,
    /// Their size.
    pub bytes: u64,
    /// The samples in them, deleted ones included.
    pub samples: u64,
    /// The first time that they cover.
    pub min_time: Option<i64>,
    /// The time behind the last that they cover.
    pub max_time: Option<i64>,
    /// Deleted intervals that are still in files.
    pub tombstones: u64,
    /// Blocks that cannot be opened, and those that serve although something in them is damaged.
    pub damaged: u64,
    /// The memory that the texts of their labels take.
    pub symbols_bytes: u64,
    /// How often it was looked, since the start, whether there was something to merge.
    pub compactions_triggered: u64,
    /// How often blocks were merged or written anew since the start.
    pub compactions: u64,
    /// How often that failed.
    pub compactions_failed: u64,
    /// How often blocks that overlap were merged since the start.
    pub vertical_compactions: u64,
    /// How often blocks went because they were too old, since the start.
    pub time_retentions: u64,
    /// How often blocks went because all together were too large, since the start.
    pub size_retentions: u64,
    /// How often it was looked, since the start, whether others had put blocks into the directory.
    pub reloads: u64,
    /// How often that failed.
    pub reloads_failed: u64,
}

impl Blocks {
    /// Numbers of the store.
    pub fn stats(&self) -> BlocksStats {
        let content = self.0.content();
        let counters = &self.0.counters;
        let mut stats = BlocksStats {
            damaged: content.lost.len() as u64,
            compactions_triggered: Counters::get(&counters.compactions_triggered),
            compactions: Counters::get(&counters.compactions),
            compactions_failed: Counters::get(&counters.compactions_failed),
            vertical_compactions: Counters::get(&counters.vertical_compactions),
            time_retentions: Counters::get(&counters.time_retentions),
            size_retentions: Counters::get(&counters.size_retentions),
            reloads: Counters::get(&counters.reloads),
            reloads_failed: Counters::get(&counters.reloads_failed),
            ..BlocksStats::default()
        };
        for block in &content.blocks {
            stats.damaged += u64::from(block.is_damaged());
            let meta = &block.meta;
            stats.blocks += 1;
            stats.bytes += block.size_bytes();
            stats.symbols_bytes += block.index.symbols_bytes();
            stats.samples += meta.stats.num_samples;
            stats.tombstones += meta.stats.num_tombstones;
            stats.min_time = stats.min_time.into_iter().chain([meta.min_time]).min();
            stats.max_time = stats.max_time.into_iter().chain([meta.max_time]).max();
        }
        stats
    }
}
