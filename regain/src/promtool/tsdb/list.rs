//! `promtool tsdb list`: the blocks of a data directory, and before them the segments of Regain's store.

use std::fmt::Write as _;

use regain_go_format::go_duration;
use regain_prometheus_tsdb::{Block, Meta, open_blocks};
use regain_storage::fs::RealFs;
use regain_tsdb::SegmentFacts;

use super::{TsdbError, directory, own};
use crate::exit;
use crate::flags::Line;

const HEADER: [&str; 8] = [
    "BLOCK ULID",
    "MIN TIME",
    "MAX TIME",
    "DURATION",
    "NUM SAMPLES",
    "NUM CHUNKS",
    "NUM SERIES",
    "SIZE",
];
/// The name of samples that are in no segment yet.
const HEAD: &str = "head";
/// The least width of a column, and the blanks behind its widest cell.
const COLUMN_MIN: usize = 13;
const COLUMN_GAP: usize = 2;
const MS_NS: i64 = 1_000_000;

pub(super) fn run(line: &Line) -> Result<(), TsdbError> {
    let path = directory(line, 0)?;
    let (blocks, damages) = open_blocks(&RealFs, path)?;
    if let Some(damage) = damages.into_iter().next() {
        return Err(damage.into());
    }
    let segments = own::look(path)?.map(|db| db.segments()).unwrap_or_default();
    let segments = segments.iter().map(Row::of_segment);
    let blocks = blocks.iter().map(|block| Row::of_block(block));
    print(segments.chain(blocks), true, line.is_on("human-readable"));
    Ok(())
}

/// A block, or a segment of Regain's store.
pub(super) struct Row {
    name: String,
    min_time: i64,
    /// The time behind the last one.
    max_time: i64,
    samples: u64,
    /// `None` where there are none.
    chunks: Option<u64>,
    series: u64,
    size_bytes: u64,
}

impl Row {
    pub(super) fn of_block(block: &Block) -> Self {
        let Meta { ulid, min_time, max_time, stats, .. } = block.meta();
        Self {
            name: ulid.to_string(),
            min_time: *min_time,
            max_time: *max_time,
            samples: stats.num_samples,
            chunks: Some(stats.num_chunks),
            series: stats.num_series,
            size_bytes: block.size_bytes(),
        }
    }

    fn of_segment(segment: &SegmentFacts) -> Self {
        Self {
            name: segment.name.clone().unwrap_or_else(|| HEAD.to_owned()),
            min_time: segment.min_time,
            max_time: segment.max_time.saturating_add(1),
            samples: segment.samples,
            chunks: None,
            series: segment.series,
            size_bytes: segment.size_bytes,
        }
    }
}

/// Prints blocks and segments as a table.
pub(super) fn print(blocks: impl Iterator<Item = Row>, with_header: bool, for_people: bool) {
    let mut rows: Vec<[String; 8]> = Vec::new();
    if with_header {
        rows.push(HEADER.map(str::to_owned));
    }
    rows.extend(blocks.map(|block| block.cells(for_people)));
    let width = |column: usize| {
        let widest = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        (widest + COLUMN_GAP).max(COLUMN_MIN)
    };
    let widths: Vec<usize> = (0..HEADER.len() - 1).map(width).collect();
    for row in &rows {
        let mut text = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            write!(text, "{cell:width$}").expect("a string takes everything");
        }
        exit::say(&(text + &row[HEADER.len() - 1]));
    }
}

impl Row {
    fn cells(&self, for_people: bool) -> [String; 8] {
        let time = |ms| if for_people { time_of(ms) } else { ms.to_string() };
        let duration = self.max_time.wrapping_sub(self.min_time).wrapping_mul(MS_NS);
        let size = self.size_bytes;
        [
            self.name.clone(),
            time(self.min_time),
            time(self.max_time),
            go_duration::format(duration),
            self.samples.to_string(),
            self.chunks.map_or_else(|| "-".to_owned(), |chunks| chunks.to_string()),
            self.series.to_string(),
            if for_people { size_of(size) } else { size.to_string() },
        ]
    }
}

/// A time in whole seconds, as Go prints it.
fn time_of(ms: i64) -> String {
    match jiff::Timestamp::from_second(ms / 1000) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S +0000 UTC").to_string(),
        Err(_) => ms.to_string(),
    }
}

/// A size with all its units: `1MiB20KiB3B`.
fn size_of(mut bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut parts = Vec::new();
    for (number, unit) in UNITS.iter().enumerate() {
        let digits = bytes % 1024;
        if digits != 0 || number == 0 && bytes == 0 {
            parts.push(format!("{digits}{unit}"));
        }
        bytes /= 1024;
    }
    parts.reverse();
    parts.concat()
}
