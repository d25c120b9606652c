//! `promtool tsdb analyze`: which labels a block has, how often, and how long.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regain_go_format::go_duration;
use regain_model::METRIC_NAME;
use regain_prometheus_tsdb::{Block, BlockSeries, ChunkStats, open_blocks};
use regain_storage::Ctx;
use regain_storage::fs::RealFs;

use super::sizes::chart;
use super::{TsdbError, directory, selector};
use crate::exit;
use crate::flags::Line;

const MS_NS: i64 = 1_000_000;

pub(super) fn run(line: &Line) -> Result<(), TsdbError> {
    let matchers = match line.text("match") {
        "" => Vec::new(),
        text => selector(text)?,
    };
    let block = block(line)?;
    let meta = block.meta();
    let length = meta.max_time.wrapping_sub(meta.min_time);
    exit::say(&format!("Block ID: {}", meta.ulid));
    exit::say(&format!("Duration: {}", go_duration::format(length.wrapping_mul(MS_NS))));
    exit::say(&format!("Total Series: {}", meta.stats.num_series));
    if !matchers.is_empty() {
        exit::say(&format!("Matcher: {}", line.text("match")));
    }
    let series = block.series(&matchers, &Ctx::default())?;
    let labels = Counted::of(&series, length.cast_unsigned());
    let names = if matchers.is_empty() { block.label_names().len() } else { labels.values.len() };
    exit::say(&format!("Label names: {names}"));
    if !matchers.is_empty() {
        exit::say(&format!("Matched series: {}", series.len()));
    }
    labels.print(line.count("limit"));
    if line.is_on("extended") {
        print_chunks(&block, &series)?;
    }
    Ok(())
}

/// The block that `line` names, or the last one.
fn block(line: &Line) -> Result<Arc<Block>, TsdbError> {
    let path = directory(line, 0)?;
    let wanted = line.arguments.get(1).map(String::as_str).filter(|name| !name.is_empty());
    if let Some(name) = wanted {
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
    fn of(series: &'a [BlockSeries], length: u64) -> Self {
        let (pairs, names) = (BTreeMap::new(), BTreeMap::new());
        let mut all = Self { length, pairs, names, values: BTreeMap::new(), entries: 0 };
        for one in series {
            let covered = one.span().map_or(0, |span| span.max.0.wrapping_sub(span.min.0));
            let missing = length.wrapping_sub(covered.cast_unsigned());
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
