//! What a store knows about itself.

use std::sync::atomic::Ordering;

use regain_model::{Span, Timestamp};
use regain_storage::Result;

use super::{Counters, Db};

/// How many entries each list of [`LabelStats`] has at most.
const DEFAULT_LIMIT: usize = 10;

/// Numbers of a store, cheap to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// The unsealed part.
    pub head: HeadStats,
    /// Segment files.
    pub segments: u64,
    /// Their size.
    pub segments_bytes: u64,
    /// The memory that open segments take.
    pub segments_memory_bytes: u64,
    /// Samples in them.
    pub segments_samples: u64,
    /// Files of series that have left memory.
    pub archives: u64,
    /// Their size.
    pub archives_bytes: u64,
    /// The memory that they take while they are open.
    pub archives_memory_bytes: u64,
    /// Series in them. Some may have come back, and be in memory, too.
    pub archives_series: u64,
    /// The time of the earliest sample, where there is one.
    pub min_time: Option<i64>,
    /// The time of the latest sample, where there is one.
    pub max_time: Option<i64>,
    /// The size of the write-ahead log's files.
    pub wal_bytes: u64,
    /// Bytes written to the write-ahead log since the start.
    pub wal_written_bytes: u64,
    /// The size of the series log.
    pub series_log_bytes: u64,
    /// Samples appended since the start.
    pub samples_appended: u64,
    /// Samples refused because a newer one was there.
    pub out_of_order: u64,
    /// Samples that were taken although they were older than the newest of their series.
    pub late: u64,
    /// Samples refused because they were later than late ones may be.
    pub too_late: u64,
    /// Samples refused because another value was there.
    pub duplicates: u64,
    /// Samples refused because they lie in the future.
    pub too_new: u64,
    /// Samples refused because they lie too far in the past.
    pub too_old: u64,
    /// Samples refused because unsealed samples fill the memory.
    pub over_limit: u64,
    /// Samples refused because the log could not be written.
    pub unwritten: u64,
    /// Series refused because their key belongs to another.
    pub key_collisions: u64,
    /// Series created since the start.
    pub series_created: u64,
    /// Series removed since the start.
    pub series_removed: u64,
    /// Series whose newest sample is a staleness marker, when they were last counted.
    pub series_stale: u64,
    /// How often such series were moved out of memory because they were many, since the start.
    pub stale_evictions: u64,
    /// How often that failed.
    pub stale_evictions_failed: u64,
    /// Seals since the start.
    pub seals: u64,
    /// Seals that failed.
    pub seals_failed: u64,
    /// Merges since the start.
    pub merges: u64,
    /// Series with deleted samples that are still in files or in memory.
    pub series_deleted: u64,
    /// Segments that have to be written anew because of them.
    pub segments_to_rewrite: u64,
}

/// Numbers of the unsealed part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadStats {
    /// Series that are known.
    pub series: u64,
    /// Series that a lane writes.
    pub series_active: u64,
    /// Lanes.
    pub lanes: u64,
    /// Columns of samples that are coded or open.
    pub chunks: u64,
    /// Unsealed samples.
    pub samples: u64,
    /// Distinct pairs of label names and values.
    pub label_pairs: u64,
    /// The memory of the index, roughly.
    pub index_bytes: u64,
    /// The memory of unsealed samples, roughly.
    pub samples_bytes: u64,
    /// The time of the earliest unsealed sample, where there is one.
    pub min_time: Option<i64>,
    /// The time of the latest unsealed sample, where there is one.
    pub max_time: Option<i64>,
}

/// Which labels have most of what costs memory, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelStats {
    /// Series by metric name.
    pub series_by_metric: Vec<(String, u64)>,
    /// Distinct values by label name.
    pub values_by_label: Vec<(String, u64)>,
    /// Bytes of text by label name.
    pub bytes_by_label: Vec<(String, u64)>,
    /// Series by pair, written `name=value`.
    pub series_by_pair: Vec<(String, u64)>,
}

impl Db {
    /// Numbers of the store.
    pub fn stats(&self) -> Stats {
        let inner = &*self.0;
        let head = self.head_stats();
        let view = inner.view();
        let (wal_current_bytes, wal_written_bytes) = inner.wal.sizes();
        // Ordering: a number that guards no other memory.
        let wal_closed_bytes = inner.wal_closed_bytes.load(Ordering::Relaxed);
        let summaries = view.segments.iter().map(|segment| segment.summary);
        let summaries = summaries.filter(|summary| summary.samples > 0);
        let min = summaries.clone().map(|summary| summary.min_time).chain(head.min_time).min();
        let max = summaries.clone().map(|summary| summary.max_time).chain(head.max_time).max();
        let counters = &inner.counters;
        Stats {
            segments: view.segments.len() as u64,
            segments_bytes: summaries.clone().map(|summary| summary.size_bytes).sum(),
            segments_memory_bytes: view.segments.iter().map(|s| s.memory_bytes() as u64).sum(),
            segments_samples: summaries.map(|summary| summary.samples).sum(),
            archives: view.archives.len() as u64,
            archives_bytes: view.archives.iter().map(|a| a.summary.size_bytes).sum(),
            archives_memory_bytes: view.archives.iter().map(|a| a.memory_bytes() as u64).sum(),
            archives_series: view.archives.iter().map(|a| a.summary.series).sum(),
            min_time: min,
            max_time: max,
            wal_bytes: wal_current_bytes + wal_closed_bytes,
            wal_written_bytes,
            series_log_bytes: inner.series_log().size_bytes,
            samples_appended: Counters::get(&counters.samples_appended),
            out_of_order: Counters::get(&counters.out_of_order),
            late: Counters::get(&counters.late),
            too_late: Counters::get(&counters.too_late),
            duplicates: Counters::get(&counters.duplicates),
            too_new: Counters::get(&counters.too_new),
            too_old: Counters::get(&counters.too_old),
            over_limit: Counters::get(&counters.over_limit),
            unwritten: Counters::get(&counters.unwritten),
            key_collisions: Counters::get(&counters.key_collisions),
            series_created: Counters::get(&counters.series_created),
            series_removed: Counters::get(&counters.series_removed),
            series_stale: Counters::get(&counters.series_stale),
            stale_evictions: Counters::get(&counters.stale_evictions),
            stale_evictions_failed: Counters::get(&counters.stale_evictions_failed),
            seals: Counters::get(&counters.seals),
            seals_failed: Counters::get(&counters.seals_failed),
            merges: Counters::get(&counters.merges),
            series_deleted: view.deleted.series() as u64,
            segments_to_rewrite: inner.segments_to_rewrite(&view),
            head,
        }
    }

    /// From the first sample to the last one; waits for a seal under way.
    pub fn span(&self) -> Option<Span> {
        let files = self.0.files();
        let view = self.0.view();
        let sealed = view.segments.iter().map(|segment| segment.summary);
        let sealed = sealed.filter(|summary| summary.samples > 0);
        let mut times: Vec<(i64, i64)> =
            sealed.map(|summary| (summary.min_time, summary.max_time)).collect();
        // What a seal took and could not write.
        let taken = files.pending.iter().flat_map(|seal| seal.all()).map(|frozen| frozen.data);
        let unsealed = self.0.all_lanes().into_iter().map(|lane| lane.view());
        let unsealed = taken.chain(unsealed).filter(|data| !data.is_empty());
        times.extend(unsealed.map(|data| (data.min_time, data.max_time)));
        let (min, max) = times.into_iter().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        Some(Span::new(Timestamp(min), Timestamp(max)))
    }

    fn head_stats(&self) -> HeadStats {
        let inner = &*self.0;
        let mut head = HeadStats::default();
        for lane in inner.all_lanes() {
            let data = lane.view();
            head.lanes += 1;
            head.samples_bytes += data.size_bytes() as u64;
            head.chunks += data.columns();
            head.samples += data.samples;
            if !data.is_empty() {
                head.min_time = head.min_time.into_iter().chain([data.min_time]).min();
                head.max_time = head.max_time.into_iter().chain([data.max_time]).max();
            }
        }
        let index = inner.index();
        head.series = index.series.len() as u64;
        head.series_active = index.active() as u64;
        head.label_pairs = index.pairs.len() as u64;
        head.index_bytes = index.size_bytes() as u64;
        head
    }

    /// The labels that have most of what costs memory; `limit` entries a list, 0 for the default.
    pub fn label_stats(&self, limit: usize) -> Result<LabelStats> {
        self.0.check_not_closed()?;
        let limit = if limit == 0 { DEFAULT_LIMIT } else { limit };
        let index = self.0.index();
        let mut stats = LabelStats::default();
        let counts = index.series_by_pair();
        let series_of = |pair: u32| counts[pair as usize];
        let metric = index.symbols.find(regain_model::METRIC_NAME);
        let (mut metrics, mut pairs) = (Vec::new(), Vec::new());
        for (&name, entry) in &index.names {
            let text = index.symbols.text(name);
            let values = entry.pairs().iter().copied();
            let values: Vec<u32> = values.filter(|&pair| series_of(pair) > 0).collect();
            if values.is_empty() {
                continue;
            }
            stats.values_by_label.push((text.to_owned(), values.len() as u64));
            let bytes = values.iter().map(|&pair| index.value_text(pair).len() as u64);
            stats.bytes_by_label.push((text.to_owned(), bytes.sum()));
            pairs.extend(values.iter().map(|&pair| (pair, series_of(pair))));
            if Some(name) == metric {
                metrics.extend(values.iter().map(|&pair| (pair, series_of(pair))));
            }
        }
        let top = |mut pairs: Vec<(u32, u64)>| {
            pairs.sort_unstable_by_key(|&(pair, count)| (std::cmp::Reverse(count), pair));
            pairs.truncate(limit);
            pairs
        };
        let name_metric = |(pair, count)| (index.value_text(pair).to_owned(), count);
        stats.series_by_metric = top(metrics).into_iter().map(name_metric).collect();
        let name_pair = |(pair, count): (u32, u64)| {
            let (name, value) = index.pair_texts(pair);
            (format!("{name}={value}"), count)
        };
        stats.series_by_pair = top(pairs).into_iter().map(name_pair).collect();
        for list in [&mut stats.values_by_label, &mut stats.bytes_by_label] {
            list.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            list.truncate(limit);
        }
        Ok(stats)
    }
}
