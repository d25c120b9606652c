//! `create-blocks-from openmetrics`: samples that come as text.

use std::io;
use std::path::Path;
use std::sync::Arc;

use regain_exposition::read::{
    Dialect, Event, LabelRun, ParseError, Parser, Problem, series_labels,
};
use regain_model::LabelsBuilder;
use regain_storage::fs::{Fs, RealFs};

use super::blocks::{Gathered, Refused, block_length};
use super::{DEFAULT_PATH, MS_NS, TsdbError, create_root};
use crate::flags::Line;
use crate::promtool::tsdb::{Bar, list};

/// Why a text cannot be turned into blocks.
#[derive(Debug, thiserror::Error)]
pub(in crate::promtool::tsdb) enum OpenMetricsError {
    /// The text cannot be read as a file.
    #[error("open {path}: {source}")]
    Open {
        /// The file.
        path: String,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
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
    Add(#[from] Refused),
}

pub(super) fn run(line: &Line) -> Result<(), TsdbError> {
    let path = &line.arguments[0];
    let text = std::fs::read(path);
    let text = text.map_err(|source| OpenMetricsError::Open { path: path.clone(), source })?;
    let root = Path::new(line.arguments.get(1).map_or(DEFAULT_PATH, String::as_str));
    let fs: Arc<dyn Fs> = Arc::new(RealFs);
    create_root(fs.as_ref(), root)?;
    let extra: Vec<(&str, &str)> =
        line.texts("label").iter().filter_map(|pair| pair.split_once('=')).collect();
    let length = block_length(line.nanos("max-block-duration") / MS_NS);
    let Some((min, max)) = times(&text)? else { return Ok(()) };
    let mut bar = Bar::new("creating blocks");
    let mut is_first = true;
    let mut start = min / length * length;
    while start <= max {
        bar.show_time(start, (min, max));
        let end = start.saturating_add(length);
        let (gathered, next) = gather(&text, Range { start, end }, &extra)?;
        if let Some(block) = gathered.write(&fs, root, length)?
            && !line.is_on("quiet")
        {
            bar.clear();
            let row = std::iter::once(list::Row::of_block(&block));
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

/// The first and the last time of the text's samples.
fn times(text: &[u8]) -> Result<Option<(i64, i64)>, OpenMetricsError> {
    let mut parser = Parser::new(text, Dialect::OpenMetrics);
    let mut times: Option<(i64, i64)> = None;
    while let Some(event) = parser.next_event()? {
        if let Event::Sample(sample) = event {
            let time = sample.timestamp_ms.ok_or(OpenMetricsError::NoTime)?;
            let (min, max) = times.unwrap_or((time, time));
            times = Some((min.min(time), max.max(time)));
        }
    }
    Ok(times)
}

/// The series with their samples in `range`, and the first time behind it that has a sample.
fn gather(
    text: &[u8],
    range: Range,
    extra: &[(&str, &str)],
) -> Result<(Gathered, Option<i64>), OpenMetricsError> {
    let (mut gathered, mut next): (Gathered, Option<i64>) = (Gathered::default(), None);
    let mut parser = Parser::new(text, Dialect::OpenMetrics);
    let mut pairs = LabelRun::new();
    let mut builder = LabelsBuilder::new();
    while let Some(event) = parser.next_event()? {
        let Event::Sample(sample) = event else { continue };
        let time = sample.timestamp_ms.ok_or(OpenMetricsError::NoTime)?;
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
        gathered.add(builder.labels(), time, sample.value)?;
    }
    Ok((gathered, next))
}
