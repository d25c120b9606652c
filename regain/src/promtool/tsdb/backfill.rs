//! `promtool tsdb create-blocks-from openmetrics`: blocks of samples that come as text.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::path::Path;
use std::sync::Arc;

use regain_exposition::read::{
    Dialect, Event, LabelRun, ParseError, Parser, Problem, series_labels,
};
use regain_model::{Labels, LabelsBuilder};
use regain_prometheus_tsdb::{Block, BlockOptions, BlockWriter, Samples, Ulid};
use regain_storage::fs::{Fs, RealFs};

use super::{DEFAULT_PATH, TsdbError, list};
use crate::clock;
use crate::flags::Line;

/// The length of the blocks, unless longer ones are allowed.
const BLOCK_MS: i64 = 2 * 60 * 60 * 1000;
/// Longer blocks are this many times as long as the next shorter ones, and there are so many lengths.
const LENGTH_FACTOR: i64 = 3;
const LENGTHS: usize = 10;
/// The original takes so many samples at once; what is out of order among these is passed over.
const SAMPLES_AT_ONCE: usize = 5000;
const MS_NS: i64 = 1_000_000;

/// Why a text cannot be turned into blocks.
#[derive(Debug, thiserror::Error)]
pub(super) enum BackfillError {
    /// The text cannot be read as a file.
    #[error("open {path}: {source}")]
    Open {
        /// The file.
        path: String,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The output directory cannot be made.
    #[error("create output dir: {0}")]
    CreateDir(#[source] io::Error),
    /// The text is no OpenMetrics.
    #[error("getting min and max timestamp: next: {0}")]
    Parse(#[from] ParseError),
    /// A label cannot be read.
    #[error("block creation: process blocks: parse: {0}")]
    Labels(#[from] Problem),
    /// A sample says not when it was taken.
    #[error("getting min and max timestamp: expected timestamp for series got none")]
    NoTime,
    /// A sample is older than one that was taken before.
    #[error("block creation: process blocks: add sample: {0}")]
    Add(&'static str),
}

pub(super) fn run(line: &Line) -> Result<(), TsdbError> {
    let path = &line.arguments[0];
    let text = std::fs::read(path);
    let text = text.map_err(|source| BackfillError::Open { path: path.clone(), source })?;
    let root = Path::new(line.arguments.get(1).map_or(DEFAULT_PATH, String::as_str));
    let fs: Arc<dyn Fs> = Arc::new(RealFs);
    fs.create_dirs(root).map_err(BackfillError::CreateDir)?;
    let extra: Vec<(&str, &str)> =
        line.texts("label").iter().filter_map(|pair| pair.split_once('=')).collect();
    let length = block_length(line.nanos("max-block-duration") / MS_NS);
    let Some((min, max)) = times(&text)? else { return Ok(()) };
    let mut is_first = true;
    let mut start = min / length * length;
    while start <= max {
        let end = start.saturating_add(length);
        let range = Range { start, end };
        let (series, next) = gather(&text, range, &extra)?;
        if let Some(block) = write(&fs, root, &series, length)?
            && !line.is_on("quiet")
        {
            let row = std::iter::once((block.meta(), block.size_bytes()));
            list::print(row, is_first, line.is_on("human-readable"));
            is_first = false;
        }
        // Ranges without samples need no look at the text.
        start = match next {
            Some(next) => start + (next - start) / length * length,
            None => break,
        };
    }
    Ok(())
}

/// A range of time: its end belongs to the next one.
#[derive(Clone, Copy)]
struct Range {
    start: i64,
    end: i64,
}

/// The longest length of blocks that does not exceed `max_ms`.
fn block_length(max_ms: i64) -> i64 {
    let lengths = std::iter::successors(Some(BLOCK_MS), |length| Some(length * LENGTH_FACTOR));
    lengths.take(LENGTHS).take_while(|length| *length <= max_ms).last().unwrap_or(BLOCK_MS)
}

/// The first and the last time of the text's samples.
fn times(text: &[u8]) -> Result<Option<(i64, i64)>, BackfillError> {
    let mut parser = Parser::new(text, Dialect::OpenMetrics);
    let mut times: Option<(i64, i64)> = None;
    while let Some(event) = parser.next_event()? {
        if let Event::Sample(sample) = event {
            let time = sample.timestamp_ms.ok_or(BackfillError::NoTime)?;
            let (min, max) = times.unwrap_or((time, time));
            times = Some((min.min(time), max.max(time)));
        }
    }
    Ok(times)
}

/// The samples of one series in one range.
#[derive(Default)]
struct Gathered {
    samples: Samples,
    /// How many samples have been taken for good.
    taken: usize,
}

type Series = BTreeMap<Labels, Gathered>;

/// The series with their samples in `range`, and the first time behind it that has a sample.
fn gather(
    text: &[u8],
    range: Range,
    extra: &[(&str, &str)],
) -> Result<(Series, Option<i64>), BackfillError> {
    let (mut series, mut next): (Series, Option<i64>) = (BTreeMap::new(), None);
    let mut parser = Parser::new(text, Dialect::OpenMetrics);
    let mut pairs = LabelRun::new();
    let (mut builder, mut staged) = (LabelsBuilder::new(), 0);
    while let Some(event) = parser.next_event()? {
        let Event::Sample(sample) = event else { continue };
        let time = sample.timestamp_ms.ok_or(BackfillError::NoTime)?;
        if time >= range.end {
            next = Some(next.map_or(time, |next| next.min(time)));
        }
        if time < range.start || time >= range.end {
            continue;
        }
        pairs.clear();
        series_labels(sample.series, parser.kind(), Dialect::OpenMetrics, &mut pairs)?;
        builder.reset(&pairs.iter().map(|(name, value)| (name, value)).collect());
        for (name, value) in extra {
            builder.set(name, value);
        }
        let gathered = series.entry(builder.labels()).or_default();
        gathered.add(time, sample.value)?;
        staged += 1;
        if staged == SAMPLES_AT_ONCE {
            for gathered in series.values_mut() {
                gathered.taken = gathered.samples.len();
            }
            staged = 0;
        }
    }
    Ok((series, next))
}

impl Gathered {
    fn add(&mut self, time: i64, value: f64) -> Result<(), BackfillError> {
        let taken = self.taken.checked_sub(1);
        if let Some(at) = taken
            && time <= self.samples.times[at]
        {
            let same = self.samples.cells[at].to_bits() == value.to_bits();
            return match (time == self.samples.times[at], same) {
                (true, true) => Ok(()),
                (true, false) => Err(BackfillError::Add("duplicate sample for timestamp")),
                (false, _) => Err(BackfillError::Add("out of order sample")),
            };
        }
        if self.samples.times.last().is_none_or(|newest| *newest < time) {
            self.samples.push_float(time, 0, value);
        }
        Ok(())
    }
}

/// Writes a block of `series`.
fn write(
    fs: &Arc<dyn Fs>,
    root: &Path,
    series: &Series,
    length: i64,
) -> Result<Option<Block>, TsdbError> {
    if series.is_empty() {
        return Ok(None);
    }
    let now = clock::since_epoch();
    let random = || u128::from(RandomState::new().hash_one(now));
    let time_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let ulid = Ulid::new(time_ms, random() << 64 | random());
    // The original's chunks end as if blocks were twice as long.
    let options = BlockOptions { ulid, range_ms: 2 * length, with_starts: false };
    let mut writer = BlockWriter::create(Arc::clone(fs), root, options)?;
    for (labels, gathered) in series {
        writer.add(labels, &gathered.samples)?;
    }
    match writer.finish(None)? {
        Some(meta) => Ok(Some(Block::open(fs.as_ref(), &root.join(meta.ulid.to_string()))?)),
        None => Ok(None),
    }
}
