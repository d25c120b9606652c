//! `promtool tsdb analyze`: which labels a block, or Regain's store, has, how often, and how long.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use regain_go_format::go_duration;
use regain_model::{Labels, METRIC_NAME, Matcher, Span};
use regain_prometheus_tsdb::{Block, BlockSeries, ChunkStats, Samples, StoredSeries, open_blocks};
use regain_storage::Ctx;
use regain_storage::fs::RealFs;
use regain_tsdb::Db;

use super::sizes::chart;
use super::{Bar, TsdbError, directory, own, selector};
use crate::exit;
use crate::flags::Line;

const MS_NS: i64 = 1_000_000;
/// What stands for Regain's store, which has no blocks.
const STORE: &str = "regain";

pub(super) fn run(line: &Line) -> Result<(), TsdbError> {
    let matchers = match line.text("match") {
        "" => Vec::new(),
        text => selector(text)?,
    };
    let path = directory(line, 0)?;
    let block = line.arguments.get(1).filter(|name| !name.is_empty());
    if block.is_none()
        && !own::has_blocks(path)?
        && let Some(db) = own::look(path)?
    {
        if line.is_on("extended") {
            return Err(TsdbError::NoChunks(path.to_owned()));
        }
        Source::of_store(&db, &matchers)?.print(line, !matchers.is_empty());
        return Ok(());
    }
    let block = open_block(path, block.map(String::as_str))?;
    let series = block.series(&matchers, &Ctx::default())?;
    Source::of_block(&block, &series, matchers.is_empty()).print(line, !matchers.is_empty());
    if line.is_on("extended") {
        print_chunks(&block, &series)?;
    }
    Ok(())
}

/// What is analysed.
struct Source {
    name: String,
    /// The length of its time in milliseconds.
    length_ms: i64,
    series_total: u64,
    /// The names of all labels; `None` where only those of the series that match count.
    label_names: Option<usize>,
    /// The series that match.
    series: Vec<Series>,
}

/// A series, with how long it has samples for.
struct Series {
    labels: Labels,
    covered_ms: i64,
}

impl Source {
    fn of_block(block: &Block, series: &[BlockSeries], is_whole: bool) -> Self {
        let meta = block.meta();
        let length = |span: Span| span.max.0.wrapping_sub(span.min.0);
        let of = |one: &BlockSeries| Series {
            labels: one.labels.clone(),
            covered_ms: one.span().map_or(0, length),
        };
        Self {
            name: meta.ulid.to_string(),
            length_ms: meta.max_time.wrapping_sub(meta.min_time),
            series_total: meta.stats.num_series,
            label_names: is_whole.then(|| block.label_names().len()),
            series: series.iter().map(of).collect(),
        }
    }

    /// Regain's store as a whole.
    fn of_store(db: &Db, matchers: &[Matcher]) -> Result<Self, TsdbError> {
        let span = db.span().ok_or(TsdbError::NoBlocks)?;
        let ctx = Arc::new(Ctx::default());
        let mut found = StoredSeries::select(db, matchers, span, &ctx)?;
        let (mut series, mut samples) = (Vec::new(), Samples::default());
        let mut bar = Bar::new("reading");
        let total = db.stats().head.series;
        while let Some(labels) = found.next(&mut samples)? {
            bar.show(series.len() as u64, total);
            let (first, last) = (samples.times.first(), samples.times.last());
            let covered = first.zip(last).map_or(0, |(first, last)| last.wrapping_sub(*first));
            series.push(Series { labels, covered_ms: covered });
        }
        Ok(Self {
            name: STORE.to_owned(),
            length_ms: span.max.0.saturating_sub(span.min.0).saturating_add(1),
            series_total: total,
            label_names: None,
            series,
        })
    }

    fn print(&self, line: &Line, is_part: bool) {
        let length = go_duration::format(self.length_ms.wrapping_mul(MS_NS));
        exit::say(&format!("Block ID: {}", self.name));
        exit::say(&format!("Duration: {length}"));
        exit::say(&format!("Total Series: {}", self.series_total));
        if is_part {
            exit::say(&format!("Matcher: {}", line.text("match")));
        }
        let labels = Counted::of(&self.series, self.length_ms.cast_unsigned());
        let names = self.label_names.unwrap_or(labels.values.len());
        exit::say(&format!("Label names: {names}"));
        if is_part {
            exit::say(&format!("Matched series: {}", self.series.len()));
        }
        labels.print(line.count("limit"));
    }
}

/// The block of this name, or the last one.
fn open_block(path: &Path, name: Option<&str>) -> Result<Arc<Block>, TsdbError> {
    if let Some(name) = name {
        let dir = path.join(name);
        if !dir.is_dir() {
            return Err(TsdbError::NoBlock(name.to_owned()));
        }
        return Ok(Arc::new(Block::open(&RealFs, &dir)?));
    }
    let (mut blocks, _) = open_blocks(&RealFs, path)?;
    blocks.sort_by_key(|block| block.meta().ulid);
    blocks.pop().ok_or(TsdbError::NoBlocks)
}

/// What the labels of series add up to.
struct Counted<'a> {
    /// The block's length in milliseconds.
    length: u64,
    /// How long a pair is missing, in milliseconds of all its series, and how many these are.
    pairs: BTreeMap<(&'a str, &'a str), (u64, u64)>,
    /// How long a name is missing.
    names: BTreeMap<&'a str, u64>,
    values: BTreeMap<&'a str, BTreeSet<&'a str>>,
    entries: usize,
}

impl<'a> Counted<'a> {
    fn of(series: &'a [Series], length: u64) -> Self {
        let (pairs, names) = (BTreeMap::new(), BTreeMap::new());
        let mut all = Self { length, pairs, names, values: BTreeMap::new(), entries: 0 };
        for one in series {
            let missing = length.wrapping_sub(one.covered_ms.cast_unsigned());
            for (name, value) in &one.labels {
                let (time, count) = all.pairs.entry((name, value)).or_default();
                *time = time.wrapping_add(missing);
                *count += 1;
                let time = all.names.entry(name).or_default();
                *time = time.wrapping_add(missing);
                all.values.entry(name).or_default().insert(value);
                all.entries += 1;
            }
        }
        all
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number of series cannot be below zero, and fractions are cut off on purpose"
    )]
    fn blocks(&self, missing: u64) -> u64 {
        (missing as f64 / self.length as f64) as u64
    }

    fn print(&self, limit: usize) {
        let pair = |(name, value): &(&str, &str)| format!("{name}={value}");
        exit::say(&format!("Postings (unique label pairs): {}", self.pairs.len()));
        exit::say(&format!("Postings entries (total label pairs): {}", self.entries));
        let list = |title: &str, items: Vec<(u64, String)>| {
            exit::say(&format!("\n{title}:"));
            print_items(items, limit);
        };
        let pairs = || self.pairs.iter();
        list(
            "Label pairs most involved in churning",
            pairs().map(|(key, (time, _))| (self.blocks(*time), pair(key))).collect(),
        );
        let names = self.names.iter();
        list(
            "Label names most involved in churning",
            names.map(|(name, time)| (self.blocks(*time), (*name).to_owned())).collect(),
        );
        list(
            "Most common label pairs",
            pairs().map(|(key, (_, count))| (*count, pair(key))).collect(),
        );
        let bytes = |values: &BTreeSet<&str>| values.iter().map(|value| value.len() as u64).sum();
        let values = || self.values.iter();
        list(
            "Label names with highest cumulative label value length",
            values().map(|(name, values)| (bytes(values), (*name).to_owned())).collect(),
        );
        list(
            "Highest cardinality labels",
            values().map(|(name, values)| (values.len() as u64, (*name).to_owned())).collect(),
        );
        let metrics = pairs().filter(|((name, _), _)| *name == METRIC_NAME);
        list(
            "Highest cardinality metric names",
            metrics.map(|((_, value), (_, count))| (*count, (*value).to_owned())).collect(),
        );
    }
}

/// Prints the largest; the order of equals is that of their names.
fn print_items(mut items: Vec<(u64, String)>, limit: usize) {
    items.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    for (number, name) in items.iter().take(limit) {
        exit::say(&format!("{number} {name}"));
    }
}

fn print_chunks(block: &Block, series: &[BlockSeries]) -> Result<(), TsdbError> {
    let mut chunks = Vec::new();
    for one in series {
        chunks.extend(block.chunks(one)?);
    }
    let total = chunks.len();
    let of_kind = |is_histogram: bool, size: fn(&ChunkStats) -> usize| {
        let chunks = chunks.iter().filter(|chunk| chunk.encoding.is_histogram() == is_histogram);
        chunks.map(size).collect()
    };
    let charts = [
        chart("samples per float chunk", of_kind(false, |chunk| chunk.samples), total),
        chart("bytes per float chunk", of_kind(false, |chunk| chunk.bytes), total),
        chart("samples per histogram chunk", of_kind(true, |chunk| chunk.samples), total),
        chart("bytes per histogram chunk", of_kind(true, |chunk| chunk.bytes), total),
        chart("buckets per histogram chunk", of_kind(true, |chunk| chunk.buckets), total),
    ];
    exit::say("\nCompaction analysis:\n");
    for chart in charts {
        exit::say(chart.trim_end_matches('\n'));
        exit::say("");
    }
    Ok(())
}
