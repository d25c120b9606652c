//! Stale series leave memory before the end of a period when they are many.
//!
//! A series is stale when its newest sample is a staleness marker: its target has gone, or no longer exposes it. Where whole
//! fleets are replaced within two hours, these are most of what is in memory.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hashbrown::HashMap;
use regain_model::Timestamp;
use regain_storage::Result;

use super::evict::Leave;
use super::health::Work;
use super::{Counters, Db, Inner};
use crate::index::Series;
use crate::lane::LaneData;

/// This share of a period before its end, nothing is done: its end comes soon.
const SOON: i64 = 12;

impl Db {
    /// Moves stale series out of memory when they are this share of those in it, from 0 to 1; 0 for never.
    pub fn set_stale_share_max(&self, share: f64) {
        // Ordering: a limit of its own.
        self.0.stale_share_max.store(share.to_bits(), Ordering::Relaxed);
    }

    /// Counts the stale series, and moves them out of memory where they are too many and the end of the period is not near.
    /// Says whether it was so. Meant to be called every minute.
    pub fn evict_stale(&self, now: Timestamp) -> Result<bool> {
        let inner = &*self.0;
        inner.check_open()?;
        let (stale, all) = inner.count_stale();
        // Ordering: a number that guards no other memory.
        inner.counters.series_stale.store(stale, Ordering::Relaxed);
        let share = f64::from_bits(inner.stale_share_max.load(Ordering::Relaxed));
        let period = inner.options.period_ms.max(1);
        let is_near_end = period - now.0.rem_euclid(period) < period / SOON;
        if share <= 0.0 || all == 0 || (stale as f64) < share * all as f64 || is_near_end {
            return Ok(false);
        }
        Counters::add(&inner.counters.stale_evictions, 1);
        let done = inner.watch(Work::Writing, inner.evict_stale());
        let failed = u64::from(done.is_err());
        Counters::add(&inner.counters.stale_evictions_failed, failed);
        done.map(|()| true)
    }
}

impl Inner {
    fn evict_stale(&self) -> Result<()> {
        self.seal()?;
        let mut files = self.files();
        if files.pending.is_some() || files.is_looked_back_at() {
            // A query that takes its time: those who come next find the same.
            return Ok(());
        }
        for lane in self.all_lanes() {
            self.release_slots(&lane, |series: &Series| series.stale);
        }
        self.forget_unshared();
        self.archive_unused(&mut files, Leave::Stale)?;
        drop(files);
        self.settle()?;
        self.admission.note_room();
        Ok(())
    }

    /// The number of series in memory whose newest sample is a staleness marker, and of all.
    fn count_stale(&self) -> (u64, u64) {
        let lanes = self.all_lanes().into_iter().map(|lane| (lane.id, lane.view()));
        let lanes: HashMap<u32, Arc<LaneData>> = lanes.collect();
        let index = self.index();
        let is_stale = |series: &Series| {
            let unsealed = lanes.get(&series.place.lane);
            let unsealed = unsealed.and_then(|data| data.ends_stale(series.place.slot));
            unsealed.unwrap_or(series.stale)
        };
        let stale = index.series.iter().filter(|(_, series)| is_stale(series)).count();
        (stale as u64, index.series.len() as u64)
    }
}
