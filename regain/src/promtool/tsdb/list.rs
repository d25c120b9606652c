//! `promtool tsdb list`: the blocks of a data directory.

use std::fmt::Write as _;

use regain_go_format::go_duration;
use regain_prometheus_tsdb::{Meta, open_blocks};
use regain_storage::fs::RealFs;

use super::{TsdbError, directory};
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
    let rows = blocks.iter().map(|block| (block.meta(), block.size_bytes()));
    print(rows, true, line.is_on("human-readable"));
    Ok(())
}

/// Prints blocks with their sizes as a table.
pub(super) fn print<'a>(
    blocks: impl Iterator<Item = (&'a Meta, u64)>,
    with_header: bool,
    for_people: bool,
) {
    let mut rows: Vec<[String; 8]> = Vec::new();
    if with_header {
        rows.push(HEADER.map(str::to_owned));
    }
    rows.extend(blocks.map(|(meta, size)| row(meta, size, for_people)));
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

fn row(meta: &Meta, size: u64, for_people: bool) -> [String; 8] {
    let time = |ms| if for_people { time_of(ms) } else { ms.to_string() };
    let duration = meta.max_time.wrapping_sub(meta.min_time).wrapping_mul(MS_NS);
    [
        meta.ulid.to_string(),
        time(meta.min_time),
        time(meta.max_time),
        go_duration::format(duration),
        meta.stats.num_samples.to_string(),
        meta.stats.num_chunks.to_string(),
        meta.stats.num_series.to_string(),
        if for_people { size_of(size) } else { size.to_string() },
    ]
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
