//! Labels on demand: only series that were not seen before have theirs read.

use std::borrow::Cow;

use regain_model::{BUCKET_LABEL, METRIC_NAME, MetricKind, QUANTILE_LABEL};

use super::cursor::Dialect;
use super::error::Problem;
use super::series::{Piece, SeriesScanner};
use crate::write::append_open_metrics_float;

/// Holds label names and values in the order of the text, the metric name as `__name__` first.
pub type LabelRun<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// Appends the labels of a series that a [`super::Sample`] named. `kind` is the kind of its family: the bounds of
/// histograms and summaries are brought into OpenMetrics' form (`le="1"` is `le="1.0"`).
pub fn series_labels<'a>(
    series: &'a [u8],
    kind: MetricKind,
    dialect: Dialect,
    out: &mut LabelRun<'a>,
) -> Result<(), Problem> {
    let bound = match kind {
        MetricKind::Histogram => Some(BUCKET_LABEL),
        MetricKind::Summary => Some(QUANTILE_LABEL),
        _ => None,
    };
    let mut scanner = SeriesScanner::new(series, 0, dialect);
    while let Some(piece) = scanner.next()? {
        match piece {
            Piece::Name(name) => out.insert(0, (Cow::Borrowed(METRIC_NAME), unescape(name)?)),
            Piece::Label { name, value } => {
                let (name, value) = (unescape(name)?, unescape(value)?);
                let value = match bound {
                    Some(bound) if bound == name => normalize_bound(value),
                    _ => value,
                };
                out.push((name, value));
            }
        }
    }
    Ok(())
}

/// Appends the labels of an exemplar that [`super::Parser::exemplar`] named.
pub fn exemplar_labels<'a>(labels: &'a [u8], out: &mut LabelRun<'a>) -> Result<(), Problem> {
    let mut scanner = SeriesScanner::exemplar(labels, 0);
    while let Some(piece) = scanner.next()? {
        if let Piece::Label { name, value } = piece {
            out.push((utf8(name)?, utf8(value)?));
        }
    }
    Ok(())
}

fn utf8(text: &[u8]) -> Result<Cow<'_, str>, Problem> {
    std::str::from_utf8(text).map(Cow::Borrowed).map_err(|_| Problem::LabelUtf8)
}

fn unescape(text: &[u8]) -> Result<Cow<'_, str>, Problem> {
    let text = std::str::from_utf8(text).map_err(|_| Problem::LabelUtf8)?;
    Ok(unescape_text(text, true))
}

/// Resolves `\\`, `\n` and, where `quotes` says so, `\"`; any other backslash stays.
pub(super) fn unescape_text(text: &str, quotes: bool) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let mut ahead = chars.clone();
        match ahead.next() {
            Some('n') => out.push('\n'),
            Some('\\') => out.push('\\'),
            Some('"') if quotes => out.push('"'),
            _ => {
                out.push('\\');
                continue;
            }
        }
        chars = ahead;
    }
    Cow::Owned(out)
}

fn normalize_bound(value: Cow<'_, str>) -> Cow<'_, str> {
    let Some(number) = regain_go_format::parse_float(value.as_bytes()) else { return value };
    let mut text = Vec::with_capacity(24);
    append_open_metrics_float(&mut text, number);
    if text == value.as_bytes() {
        return value;
    }
    Cow::Owned(String::from_utf8(text).expect("a number is written in ASCII"))
}
