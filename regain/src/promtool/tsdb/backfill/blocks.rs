//! Samples on their way to blocks, with what the original refuses of them and passes over.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::Arc;

use regain_model::Labels;
use regain_prometheus_tsdb::{Block, BlockOptions, BlockWriter, Samples, Ulid};
use regain_storage::fs::Fs;

use super::TsdbError;
use crate::clock;

/// The length of the blocks, unless longer ones are allowed.
const BLOCK_MS: i64 = 2 * 60 * 60 * 1000;
/// Longer blocks are this many times as long as the next shorter ones, and there are so many lengths.
const LENGTH_FACTOR: i64 = 3;
const LENGTHS: usize = 10;
/// The original takes so many samples at once; what is out of order among these is passed over.
const SAMPLES_AT_ONCE: usize = 5000;

/// Why a sample is refused.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(in crate::promtool::tsdb) enum Refused {
    /// There is one with another value.
    #[error("duplicate sample for timestamp")]
    Duplicate,
    /// There is a later one.
    #[error("out of order sample")]
    OutOfOrder,
}

/// The longest length of blocks that does not exceed `max_ms`.
pub(super) fn block_length(max_ms: i64) -> i64 {
    let lengths = std::iter::successors(Some(BLOCK_MS), |length| Some(length * LENGTH_FACTOR));
    lengths.take(LENGTHS).take_while(|length| *length <= max_ms).last().unwrap_or(BLOCK_MS)
}

/// The samples of one block.
#[derive(Default)]
pub(super) struct Gathered {
    series: BTreeMap<Labels, OneSeries>,
    /// How many samples have come since the last ones were taken for good.
    staged: usize,
}

/// The samples of one series.
#[derive(Default)]
struct OneSeries {
    samples: Samples,
    /// How many samples have been taken for good.
    taken: usize,
}

impl Gathered {
    /// Adds a sample of the series `labels`.
    pub(super) fn add(&mut self, labels: Labels, time: i64, value: f64) -> Result<(), Refused> {
        self.series.entry(labels).or_default().add(time, value)?;
        self.staged += 1;
        if self.staged == SAMPLES_AT_ONCE {
            for one in self.series.values_mut() {
                one.taken = one.samples.len();
            }
            self.staged = 0;
        }
        Ok(())
    }

    /// Writes a block of `length` in milliseconds to `root`, where there are samples.
    pub(super) fn write(
        &self,
        fs: &Arc<dyn Fs>,
        root: &Path,
        length: i64,
    ) -> Result<Option<Block>, TsdbError> {
        if self.series.is_empty() {
            return Ok(None);
        }
        let now = clock::since_epoch();
        let random = || u128::from(RandomState::new().hash_one(now));
        let time_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let ulid = Ulid::new(time_ms, random() << 64 | random());
        // The original's chunks end as if blocks were twice as long.
        let options = BlockOptions { ulid, range_ms: 2 * length, with_starts: false };
        let mut writer = BlockWriter::create(Arc::clone(fs), root, options)?;
        for (labels, one) in &self.series {
            writer.add(labels, &one.samples)?;
        }
        match writer.finish(None)? {
            Some(meta) => Ok(Some(Block::open(fs.as_ref(), &root.join(meta.ulid.to_string()))?)),
            None => Ok(None),
        }
    }
}

impl OneSeries {
    fn add(&mut self, time: i64, value: f64) -> Result<(), Refused> {
        let taken = self.taken.checked_sub(1);
        if let Some(at) = taken
            && time <= self.samples.times[at]
        {
            let same = self.samples.cells[at].to_bits() == value.to_bits();
            return match (time == self.samples.times[at], same) {
                (true, true) => Ok(()),
                (true, false) => Err(Refused::Duplicate),
                (false, _) => Err(Refused::OutOfOrder),
            };
        }
        if self.samples.times.last().is_none_or(|newest| *newest < time) {
            self.samples.push_float(time, 0, value);
        }
        Ok(())
    }
}
