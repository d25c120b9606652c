//! Lines of start timestamps: `metric{a="b"}@st -30s-1mx2 _ 0s`, before the series' own line.
//!
//! Each item is a duration before or after the sample that it belongs to, and is repeated as values
//! are. No store here keeps start timestamps, so it only matters which samples would have one.

use regain_go_format::duration;
use regain_model::Labels;

use crate::test_language::mistake::Problem;
use crate::test_language::series::{self, SeriesValue, VALUES_MAX};

/// The start timestamps of one series.
#[derive(Debug)]
pub(super) struct StartTimes {
    pub(super) labels: Labels,
    /// For each value whether it has one.
    pub(super) known: Vec<bool>,
}

impl StartTimes {
    /// Whether any of `values` gets a start timestamp.
    pub(super) fn apply_to(&self, values: &[SeriesValue]) -> bool {
        let mut pairs = self.known.iter().zip(values);
        pairs.any(|(&known, &value)| known && value != SeriesValue::Omitted)
    }
}

/// Reads `line` if it is one of start timestamps.
pub(super) fn start_times(line: &str) -> Result<Option<StartTimes>, Problem> {
    let Some((metric, items)) = line.split_once([' ', '\t']) else { return Ok(None) };
    let Some(metric) = metric.strip_suffix("@st") else { return Ok(None) };
    let labels = series::parse(metric).map_err(Problem::Series)?.labels;
    let mut known = Vec::new();
    for text in items.split_whitespace() {
        let (is_known, count) = item(text).ok_or_else(|| Problem::StartTime(text.to_owned()))?;
        if known.len().saturating_add(count) > VALUES_MAX {
            return Err(Problem::StartTime(text.to_owned()));
        }
        known.extend(std::iter::repeat_n(is_known, count));
    }
    Ok(Some(StartTimes { labels, known }))
}

/// Whether an item has a start timestamp, and for how many values it stands.
fn item(text: &str) -> Option<(bool, usize)> {
    if let Some(rest) = text.strip_prefix('_') {
        let Some(count) = rest.strip_prefix('x') else {
            return rest.is_empty().then_some((false, 1));
        };
        return count.parse().ok().filter(|count| *count > 0).map(|count| (false, count));
    }
    let (stepped, rest) = match after_duration(text)? {
        rest if rest.starts_with(['+', '-']) => (true, after_duration(rest.get(1..)?)?),
        rest => (false, rest),
    };
    match rest.strip_prefix('x') {
        Some(count) => Some((true, count.parse::<usize>().ok()?.checked_add(1)?)),
        None => (rest.is_empty() && !stepped).then_some((true, 1)),
    }
}

/// What follows the duration, with or without a sign, at the start of `text`.
fn after_duration(text: &str) -> Option<&str> {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = unit.trim_start_matches(|c: char| c.is_ascii_alphabetic() && c != 'x');
    duration::parse(text.strip_suffix(rest)?).is_ok().then_some(rest)
}
