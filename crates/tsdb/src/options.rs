//! What a store is opened with.

use regain_model::KeySeed;
use regain_storage::Retention;

use crate::limits::SeriesLimits;
use crate::progress::ReplayProgress;

/// Settings of a store. Sizes and times are named constants as defaults; tests choose smaller ones.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of a new directory's series keys, which should be random; an existing one keeps its own.
    pub seed: KeySeed,
    /// How long samples are kept at first.
    pub retention: Retention,
    /// Limits on series at first.
    pub limits: SeriesLimits,
    /// A seal comes after at least this many samples …
    pub seal_samples_min: u64,
    /// … and at least this many per active series.
    pub seal_samples_per_series: u64,
    /// A seal comes when unsealed samples take this much memory.
    pub head_bytes_max: u64,
    /// A seal comes after this long without samples, and after half as long where there are as many per
    /// active series as above. Then neighbouring segments are merged, too.
    pub seal_silence_ms: i64,
    /// A seal comes, and unused series leave, at every multiple of this time.
    pub period_ms: i64,
    /// Segments are merged over windows of three times a period, nine times and so on up to this.
    pub merge_span_max_ms: i64,
    /// Samples later than the last tick by more than this are too new; 0 takes all.
    pub future_max_ms: i64,
    /// Samples older than the newest of the store by more than this are too old; 0 takes all.
    pub past_max_ms: i64,
    /// A file of the write-ahead log is followed by the next at this size.
    pub wal_file_bytes_max: u64,
    /// So many exemplars are kept at first; 0 keeps none.
    pub exemplars_max: usize,
    /// Is told how far the replay has come while the store is opened.
    pub replay_progress: ReplayProgress,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: KeySeed(0),
            retention: Retention::of_ms(15 * 24 * 3_600_000),
            limits: SeriesLimits::default(),
            seal_samples_min: 4_000_000,
            seal_samples_per_series: 32,
            head_bytes_max: 256 << 20,
            seal_silence_ms: 60_000,
            period_ms: 2 * 3_600_000,
            merge_span_max_ms: 54 * 3_600_000,
            future_max_ms: 600_000,
            past_max_ms: 3_600_000,
            wal_file_bytes_max: 64 << 20,
            exemplars_max: 0,
            replay_progress: ReplayProgress::default(),
        }
    }
}
