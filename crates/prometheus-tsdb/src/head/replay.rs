//! Putting the head together, with the outcome that Prometheus itself has when it starts (upstream:
//! `tsdb/head_wal.go`, 3.14).

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use hashbrown::HashMap;
use regain_model::{Exemplar, Labels, Metadata, Span, Timestamp, is_stale};
use regain_storage::fs::Fs;
use regain_storage::{Error, Result};

use super::files::Files;
use super::snapshot::{self, Snapshot};
use super::{Head, HeadChunk, HeadSeries};
use crate::cut::{Chunk, Cutter};
use crate::record::{self, Logged, Record};
use crate::sample::{Counts, Native, Samples, Value};
use crate::tombstones::Intervals;
use crate::wal::{self, Segment};

/// The length of the head's ranges of time, unless Prometheus is told otherwise.
const RANGE_MS: i64 = 2 * 60 * 60 * 1000;
pub(crate) const WAL_DIR: &str = "wal";
pub(crate) const WBL_DIR: &str = "wbl";
const CHECKPOINT_PREFIX: &str = "checkpoint.";

/// What was found on the way.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What could not be read.
    pub(crate) damages: Vec<Error>,
    /// Samples of series that no record names.
    pub(crate) unknown: u64,
    /// Exemplars of series, in the order in which they came.
    pub(crate) exemplars: Vec<(Labels, Exemplar)>,
    /// What is said about families.
    pub(crate) metadata: BTreeSet<(String, Metadata)>,
}

/// Puts the head of the data directory `root` together. Samples before `min_valid` are in blocks.
pub(crate) fn load(fs: &dyn Fs, root: &Path, min_valid: i64) -> Result<(Head, Found)> {
    let mut found = Found::default();
    let files = Files::load(fs, root, min_valid, |damage| found.damages.push(damage));
    let snapshot = snapshot::load(fs, root, |damage| found.damages.push(damage))?;
    let mut replay = Replay { min_valid, files, ..Replay::default() };
    let wal = segments_after(fs, root, snapshot.as_ref())?;
    if let Some(snapshot) = snapshot
        && wal.last().is_some_and(|last| last.number >= snapshot.segment)
    {
        replay.take_snapshot(snapshot);
    }
    for segment in &wal {
        replay.read(fs, segment, &mut found, Replay::take);
    }
    for segment in &wal::segments(fs, &root.join(WBL_DIR))? {
        replay.read(fs, segment, &mut found, Replay::take_late);
    }
    found.unknown = replay.unknown;
    found.exemplars = std::mem::take(&mut replay.exemplars);
    found.metadata = std::mem::take(&mut replay.metadata);
    Ok((replay.into_head(), found))
}

/// The segments to read: those of the newest checkpoint and what follows it, or what follows a
/// snapshot that is newer.
fn segments_after(fs: &dyn Fs, root: &Path, snapshot: Option<&Snapshot>) -> Result<Vec<Segment>> {
    let dir = root.join(WAL_DIR);
    let mut wal = wal::segments(fs, &dir)?;
    // A snapshot that is ahead of the log belongs to another log.
    let last = wal.last().map_or(0, |segment| segment.number);
    let snapshot = snapshot.filter(|snapshot| last >= snapshot.segment);
    let from = snapshot.map_or(0, |snapshot| snapshot.segment);
    let dirs = match fs.list_dirs(&dir) {
        Ok(dirs) => dirs,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(source) => return Err(Error::Io { operation: "list", path: dir, source }),
    };
    let checkpoint = dirs.iter().filter_map(|name| {
        Some((name.strip_prefix(CHECKPOINT_PREFIX)?.parse::<u64>().ok()?, dir.join(name)))
    });
    let mut segments = Vec::new();
    let mut first = from;
    if let Some((number, path)) = checkpoint.max()
        && number >= from
    {
        segments = wal::segments(fs, &path)?;
        first = number + 1;
    }
    wal.retain(|segment| segment.number >= first);
    if let Some(snapshot) = snapshot {
        let at = wal.iter_mut().find(|segment| segment.number == snapshot.segment);
        if let Some(segment) = at {
            segment.from = snapshot.offset;
        }
    }
    segments.extend(wal);
    Ok(segments)
}

#[derive(Default)]
struct Replay {
    min_valid: i64,
    files: Files,
    series: Vec<Growing>,
    by_labels: HashMap<Labels, usize>,
    /// Series by their references; one may have had several.
    by_reference: HashMap<u64, usize>,
    unknown: u64,
    exemplars: Vec<(Labels, Exemplar)>,
    metadata: BTreeSet<(String, Metadata)>,
}

/// A series while the logs are read.
struct Growing {
    /// The first of its references.
    reference: u64,
    labels: Labels,
    is_gone: bool,
    /// What is done, in order.
    chunks: Vec<HeadChunk>,
    /// What the log adds.
    open: Cutter,
    /// Late samples that Prometheus wrote out.
    late_chunks: Vec<HeadChunk>,
    /// Late samples that are in no chunk.
    late: Samples,
    deleted: Intervals,
}

impl Growing {
    fn new(reference: u64, labels: Labels) -> Self {
        Self {
            reference,
            labels,
            is_gone: false,
            chunks: Vec::new(),
            open: Cutter::new(RANGE_MS),
            late_chunks: Vec::new(),
            late: Samples::default(),
            deleted: Intervals::default(),
        }
    }

    fn newest(&self) -> i64 {
        let done = self.chunks.last().map_or(i64::MIN, |chunk| chunk.max);
        self.open.newest().map_or(done, |open| open.max(done))
    }

    /// The kind of histograms that the newest samples are.
    fn is_integer(&self) -> Option<bool> {
        let done = || self.chunks.last().map(|chunk| chunk.bytes.encoding);
        let encoding = self.open.encoding().or_else(done)?;
        encoding.is_histogram().then_some(encoding.is_integer())
    }

    fn push(&mut self, time: i64, start: i64, value: Value) {
        if time > self.newest() {
            if start != 0 {
                self.open.keep_starts();
            }
            self.open.push(time, start, value);
        }
    }
}

impl Replay {
    fn read(
        &mut self,
        fs: &dyn Fs,
        segment: &Segment,
        found: &mut Found,
        take: impl Fn(&mut Self, Record),
    ) {
        let (mut faults, mut damages) = (Vec::new(), Vec::new());
        wal::read(
            fs,
            segment,
            |bytes, offset| match record::decode(bytes) {
                Ok(record) => take(self, record),
                Err(fault) => faults.push(Error::Corrupt {
                    path: segment.path.clone(),
                    offset,
                    what: fault.what,
                }),
            },
            |damage| damages.push(damage),
        );
        found.damages.append(&mut faults);
        found.damages.append(&mut damages);
    }

    fn take_snapshot(&mut self, snapshot: Snapshot) {
        for one in snapshot.series {
            let at = self.series.len();
            let mut growing = Growing::new(one.reference, one.labels.clone());
            let mapped = self.files.in_order.get(&one.reference);
            growing.chunks = mapped.cloned().unwrap_or_default();
            growing.late_chunks = self.files.late.get(&one.reference).cloned().unwrap_or_default();
            // A chunk that was written out after the snapshot has what the snapshot's has.
            if let Some(chunk) = one.chunk
                && chunk.min > growing.newest()
                && chunk.max >= self.min_valid
            {
                growing.chunks.push(chunk);
            }
            self.by_labels.insert(one.labels, at);
            self.by_reference.insert(one.reference, at);
            self.series.push(growing);
        }
        self.take_exemplars(snapshot.exemplars);
        for (reference, span) in snapshot.deleted {
            if let Some(series) = self.known(reference) {
                series.deleted.add(span);
            }
        }
    }

    fn known(&mut self, reference: u64) -> Option<&mut Growing> {
        let at = *self.by_reference.get(&reference)?;
        self.series.get_mut(at)
    }

    fn take(&mut self, record: Record) {
        match record {
            Record::Series(series) => {
                for (reference, labels) in series {
                    self.start(reference, labels);
                }
            }
            Record::Samples(samples) => {
                for Logged { series, time, start, value } in samples {
                    self.add(series, time, start, Value::Float(value));
                }
            }
            Record::Histograms(samples) => {
                for Logged { series, time, start, value } in samples {
                    self.add(series, time, start, Value::Histogram(value));
                }
            }
            Record::Tombstones(stones) => {
                for (reference, span) in stones {
                    self.delete(reference, span);
                }
            }
            Record::Exemplars(exemplars) => self.take_exemplars(exemplars),
            Record::Metadata(said) => {
                for (reference, metadata) in said {
                    self.note_metadata(reference, metadata);
                }
            }
            Record::Markers(_) | Record::Other => {}
        }
    }

    fn take_exemplars(&mut self, exemplars: Vec<Logged<(f64, Labels)>>) {
        for Logged { series, time, value: (value, labels), .. } in exemplars {
            if let Some(series) = self.known(series) {
                let of = series.labels.clone();
                // The log does not tell whose time it is, and Prometheus takes it for that of a scrape.
                let exemplar = Exemplar { labels, value, time: Timestamp(time), is_timed: false };
                self.exemplars.push((of, exemplar));
            }
        }
    }

    fn note_metadata(&mut self, reference: u64, metadata: Metadata) {
        if let Some(series) = self.known(reference) {
            let family = metadata.kind.family_of(series.labels.metric_name()).to_owned();
            self.metadata.insert((family, metadata));
        }
    }

    /// A series is named: for the first time, or again, after its samples had gone to a block.
    fn start(&mut self, reference: u64, labels: Labels) {
        if labels.is_empty() {
            return;
        }
        let at = self.by_labels.get(&labels).copied().unwrap_or_else(|| {
            self.by_labels.insert(labels.clone(), self.series.len());
            self.series.push(Growing::new(reference, labels));
            self.series.len() - 1
        });
        self.by_reference.insert(reference, at);
        let series = &mut self.series[at];
        series.chunks = self.files.in_order.get(&reference).cloned().unwrap_or_default();
        series.late_chunks = self.files.late.get(&reference).cloned().unwrap_or_default();
        series.open = Cutter::new(RANGE_MS);
    }

    fn add(&mut self, reference: u64, time: i64, start: i64, value: Value) {
        if time < self.min_valid {
            return;
        }
        let Some(series) = self.known(reference) else {
            self.unknown += 1;
            return;
        };
        // The end of a series of histograms is logged as a float.
        let value = match (value, series.is_integer()) {
            (Value::Float(value), Some(true)) if is_stale(value) => {
                Value::Histogram(Native::Integer(Counts::stale()))
            }
            (Value::Float(value), Some(false)) if is_stale(value) => {
                Value::Histogram(Native::Float(Counts::stale()))
            }
            (value, _) => value,
        };
        series.push(time, start, value);
    }

    fn delete(&mut self, reference: u64, span: Span) {
        let everything = span == Span::new(Timestamp::MIN, Timestamp::MAX);
        let min_valid = self.min_valid;
        let Some(series) = self.known(reference) else { return };
        if everything {
            // The series had nothing new and went to a block; another may come with its labels.
            series.is_gone = true;
            let labels = series.labels.clone();
            self.by_labels.remove(&labels);
        } else if span.max.0 >= min_valid && span.min <= span.max {
            series.deleted.add(span);
        }
    }

    fn take_late(&mut self, record: Record) {
        match record {
            Record::Samples(samples) => {
                for Logged { series, time, start, value } in samples {
                    self.add_late(series, time, start, Value::Float(value));
                }
            }
            Record::Histograms(samples) => {
                for Logged { series, time, start, value } in samples {
                    self.add_late(series, time, start, Value::Histogram(value));
                }
            }
            Record::Markers(markers) => {
                // What came before the marker is in the chunk that it names, if that was read.
                for (reference, place) in markers {
                    if place <= self.files.last
                        && let Some(series) = self.known(reference)
                        && !series.late_chunks.is_empty()
                    {
                        series.late.clear();
                    }
                }
            }
            Record::Series(_)
            | Record::Tombstones(_)
            | Record::Exemplars(_)
            | Record::Metadata(_)
            | Record::Other => {}
        }
    }

    fn add_late(&mut self, reference: u64, time: i64, start: i64, value: Value) {
        match self.known(reference) {
            Some(series) => series.late.push(time, start, value),
            None => self.unknown += 1,
        }
    }

    fn into_head(self) -> Head {
        let series = self.series.into_iter().filter(|series| !series.is_gone);
        let mut series: Vec<Growing> = series.collect();
        series.sort_by_key(|series| series.reference);
        Head::new(series.into_iter().map(Growing::into_series).collect())
    }
}

impl Growing {
    fn into_series(mut self) -> HeadSeries {
        self.chunks.extend(self.open.finish().into_iter().map(in_memory));
        // Late samples come in any order; the first of two with one time stays.
        let mut order: Vec<usize> = (0..self.late.len()).collect();
        order.sort_by_key(|&at| self.late.times[at]);
        order.dedup_by_key(|at| self.late.times[*at]);
        let mut late = Cutter::new(RANGE_MS);
        if self.late.starts.iter().any(|&start| start != 0) {
            late.keep_starts();
        }
        for at in order {
            late.push(self.late.times[at], self.late.starts[at], self.late.value(at));
        }
        self.chunks.append(&mut self.late_chunks);
        self.chunks.extend(late.finish().into_iter().map(in_memory));
        HeadSeries { labels: self.labels, chunks: self.chunks, deleted: self.deleted }
    }
}

fn in_memory(chunk: Chunk) -> HeadChunk {
    HeadChunk::new(chunk.encoding, chunk.min, chunk.max, Arc::from(chunk.data))
}
