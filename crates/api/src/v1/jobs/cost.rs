//! From what scrapes took to what a job costs by the second.

use std::time::Duration;

use regain_tsdb::Stats;
use serde::Serialize;

use crate::targets::{PoolCost, TargetCost};

const SECONDS_PER_DAY: f64 = 86_400.0;

/// What the store pays for a series and for a sample, as means over everything it holds.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Prices {
    /// Memory of the index for a series.
    index_bytes_per_series: f64,
    /// Memory of samples that are not sealed yet, for a series.
    head_bytes_per_series: f64,
    /// Disk for a sample; `None` before the first seal.
    disk_bytes_per_sample: Option<f64>,
}

impl Prices {
    pub(super) fn of(stats: &Stats) -> Self {
        let head = &stats.head;
        let per_series = |bytes: u64| ratio(bytes, head.series).unwrap_or_default();
        Self {
            index_bytes_per_series: per_series(head.index_bytes),
            head_bytes_per_series: per_series(head.samples_bytes),
            disk_bytes_per_sample: ratio(stats.segments_bytes, stats.segments_samples),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a mean needs no more than 53 bits")]
fn ratio(sum: u64, count: u64) -> Option<f64> {
    (count > 0).then(|| sum as f64 / count as f64)
}

/// What a job costs.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cost {
    /// Samples that are stored.
    samples_per_second: f64,
    /// Bytes of bodies on the network.
    wire_bytes_per_second: f64,
    /// CPU time of connections, reading and appending; `None` where it is not measured.
    cpu_seconds_per_second: Option<f64>,
    /// Memory for what is remembered of the targets, for the index and for unsealed samples.
    memory_bytes: f64,
    /// What a day of samples takes on disk; `None` before the first seal.
    disk_bytes_per_day: Option<f64>,
}

impl Cost {
    /// The cost of a job whose targets are scraped every `interval`. Scrapes are taken to be as they were
    /// last; only how many there are changes.
    pub(super) fn at(
        facts: &PoolCost,
        prices: &Prices,
        interval: impl Fn(&TargetCost) -> Duration,
    ) -> Self {
        let per_second = |amount: fn(&TargetCost) -> f64| {
            let rate = |target| amount(target) / interval(target).as_secs_f64();
            facts.targets.iter().map(rate).sum::<f64>()
        };
        let samples_per_second = per_second(samples);
        let samples_now: f64 = facts.targets.iter().map(samples_now).sum();
        let series: usize = facts.targets.iter().map(|target| target.size.series).sum();
        let caches: usize = facts.targets.iter().map(|target| target.size.cache_bytes).sum();
        // Samples stay in memory for a time, so that they take more of it the more come in that time.
        let speed = if samples_now > 0.0 { samples_per_second / samples_now } else { 1.0 };
        let per_series = prices.index_bytes_per_series + prices.head_bytes_per_series * speed;
        let daily_samples = samples_per_second * SECONDS_PER_DAY;
        Self {
            samples_per_second,
            wire_bytes_per_second: per_second(|target| target.size.wire_bytes as f64),
            cpu_seconds_per_second: facts.cpu.map(|cpu| cpu.seconds * per_second(|_| 1.0)),
            memory_bytes: caches as f64 + series as f64 * per_series,
            disk_bytes_per_day: prices.disk_bytes_per_sample.map(|bytes| bytes * daily_samples),
        }
    }
}

fn samples(target: &TargetCost) -> f64 {
    target.size.series as f64
}

fn samples_now(target: &TargetCost) -> f64 {
    samples(target) / target.interval.as_secs_f64()
}
