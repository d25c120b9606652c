//! Lines of start timestamps: `metric{a="b"}@st -30s-1mx2 _ 0s`, before the series' own line.
//!
//! Each item is a duration before or after the sample that it belongs to, and is repeated as values
//! are.

use regain_go_format::duration;
use regain_model::{Labels, Timestamp};

use crate::test_language::mistake::Problem;
use crate::test_language::series::{self, SeriesValue, VALUES_MAX};

/// The start timestamps of one series.
#[derive(Debug)]
pub(super) struct StartTimes {
    pub(super) labels: Labels,
    /// For each value how far from it the start is, in milliseconds.
    pub(super) offsets: Vec<Option<i64>>,
}

impl StartTimes {
    /// The start timestamps of those of `values` that are not left out; the first is at the epoch.
    pub(super) fn apply_to(&self, values: &[SeriesValue], step_ms: i64) -> Vec<Timestamp> {
        let mut time = 0_i64;
        let mut starts = Vec::new();
        for (offset, value) in self.offsets.iter().zip(values) {
            if !matches!(value, SeriesValue::Omitted) {
                starts.push(Timestamp(offset.map_or(0, |offset| time.saturating_add(offset))));
            }
            time = time.saturating_add(step_ms);
        }
        starts
    }
}

/// Reads `line` if it is one of start timestamps.
pub(super) fn start_times(line: &str) -> Result<Option<StartTimes>, Problem> {
    let Some((metric, items)) = line.split_once([' ', '\t']) else { return Ok(None) };
    let Some(metric) = metric.strip_suffix("@st") else { return Ok(None) };
    let labels = series::parse(metric).map_err(Problem::Series)?.labels;
    let mut offsets = Vec::new();
    for text in items.split_whitespace() {
        let bad = || Problem::StartTime(text.to_owned());
        let item = item(text).ok_or_else(bad)?;
        if offsets.len().saturating_add(item.count) > VALUES_MAX {
            return Err(bad());
        }
        let mut offset = item.first;
        for _ in 0..item.count {
            offsets.push(offset);
            offset = offset.map(|offset| offset.saturating_add(item.step));
        }
    }
    Ok(Some(StartTimes { labels, offsets }))
}

/// Start timestamps that follow each other.
struct Item {
    /// How far from its sample the first is, if there is one.
    first: Option<i64>,
    /// How much further from its sample each next one is.
    step: i64,
    /// For how many values they stand.
    count: usize,
}

fn item(text: &str) -> Option<Item> {
    if let Some(rest) = text.strip_prefix('_') {
        let count = match rest.strip_prefix('x') {
            Some(count) => count.parse().ok().filter(|count| *count > 0)?,
            None => rest.is_empty().then_some(1)?,
        };
        return Some(Item { first: None, step: 0, count });
    }
    let (first, rest) = duration_first(text)?;
    let (step, rest) = match rest.strip_prefix('-') {
        Some(behind) => duration_first(behind).map(|(step, rest)| (Some(-step), rest))?,
        None => match rest.strip_prefix('+') {
            Some(behind) => duration_first(behind).map(|(step, rest)| (Some(step), rest))?,
            None => (None, rest),
        },
    };
    let count = match rest.strip_prefix('x') {
        Some(count) => count.parse::<usize>().ok()?.checked_add(1)?,
        None => (rest.is_empty() && step.is_none()).then_some(1)?,
    };
    Some(Item { first: Some(first), step: step.unwrap_or(0), count })
}

/// The duration, with or without a sign, at the start of `text`, in milliseconds, and what follows.
fn duration_first(text: &str) -> Option<(i64, &str)> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = |text: &str| {
        let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let rest = unit.trim_start_matches(|c: char| c.is_ascii_alphabetic() && c != 'x');
        text.len() - rest.len()
    };
    let (mut at, mut rest) = (0, text);
    while rest.starts_with(|c: char| c.is_ascii_digit()) {
        at += end(rest);
        rest = text.get(at..)?;
    }
    let millis = duration::parse(text.get(..at)?).ok()?;
    Some((if negative { -millis } else { millis }, rest))
}
