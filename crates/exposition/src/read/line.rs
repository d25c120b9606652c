//! Metadata lines: `# HELP`, `# TYPE`, `# UNIT`.

use regain_model::MetricKind;

use super::cursor::Dialect;
use super::error::Problem;
use super::series::{after_blanks, name_end, quoted_end};

/// Is a line that starts with `#`, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MetadataLine<'a> {
    Help { name: &'a str, text: &'a str },
    Kind { name: &'a str, kind: MetricKind },
    Unit { name: &'a str, unit: &'a str },
    Comment,
    Eof,
}

/// Takes apart a line without its line end.
pub(super) fn parse(line: &[u8], dialect: Dialect) -> Result<MetadataLine<'_>, Problem> {
    match dialect {
        Dialect::Text => text(line),
        Dialect::OpenMetrics => open_metrics(line),
    }
}

fn text(line: &[u8]) -> Result<MetadataLine<'_>, Problem> {
    let word = after_blanks(line, 1);
    let keyword = |keyword: &[u8]| {
        let rest = line[word..].strip_prefix(keyword)?;
        (word > 1 && matches!(rest.first(), Some(b' ' | b'\t'))).then_some(rest)
    };
    if let Some(rest) = keyword(b"HELP") {
        return help(&rest[after_blanks(rest, 0)..]);
    }
    if let Some(rest) = keyword(b"TYPE") {
        let (name, text) = split(&rest[after_blanks(rest, 0)..], "TYPE")?;
        let kind = match text {
            b"counter" => MetricKind::Counter,
            b"gauge" => MetricKind::Gauge,
            b"histogram" => MetricKind::Histogram,
            b"summary" => MetricKind::Summary,
            b"untyped" => MetricKind::Unknown,
            _ => return Err(Problem::Kind),
        };
        return Ok(MetadataLine::Kind { name, kind });
    }
    Ok(MetadataLine::Comment)
}

fn open_metrics(line: &[u8]) -> Result<MetadataLine<'_>, Problem> {
    let words = line.strip_prefix(b"# ").ok_or(Problem::Start)?;
    if words == b"EOF" {
        return Ok(MetadataLine::Eof);
    }
    if let Some(rest) = words.strip_prefix(b"HELP ") {
        return help(rest);
    }
    if let Some(rest) = words.strip_prefix(b"TYPE ") {
        let (name, text) = split(rest, "TYPE")?;
        let kind = match text {
            b"counter" => MetricKind::Counter,
            b"gauge" => MetricKind::Gauge,
            b"histogram" => MetricKind::Histogram,
            b"gaugehistogram" => MetricKind::GaugeHistogram,
            b"summary" => MetricKind::Summary,
            b"info" => MetricKind::Info,
            b"stateset" => MetricKind::StateSet,
            b"unknown" => MetricKind::Unknown,
            _ => return Err(Problem::Kind),
        };
        return Ok(MetadataLine::Kind { name, kind });
    }
    if let Some(rest) = words.strip_prefix(b"UNIT ") {
        let (name, text) = split(rest, "UNIT")?;
        let unit = std::str::from_utf8(text).map_err(|_| Problem::Unit)?;
        let is_suffix = name.strip_suffix(unit).is_some_and(|stem| stem.ends_with('_'));
        if !unit.is_empty() && !is_suffix {
            return Err(Problem::Unit);
        }
        return Ok(MetadataLine::Unit { name, unit });
    }
    Err(Problem::Start)
}

fn help(rest: &[u8]) -> Result<MetadataLine<'_>, Problem> {
    let (name, text) = split(rest, "HELP")?;
    let text = std::str::from_utf8(text).map_err(|_| Problem::HelpUtf8)?;
    Ok(MetadataLine::Help { name, text })
}

/// Splits a name, without its quotes, from the text after it, without the blank between them.
fn split<'a>(rest: &'a [u8], keyword: &'static str) -> Result<(&'a str, &'a [u8]), Problem> {
    let missing = Problem::MetadataName(keyword);
    let (name, end) = if let Some(end) = quoted_end(rest, 0, false) {
        (&rest[1..end - 1], end)
    } else {
        let end = name_end(rest, 0, true).ok_or(missing)?;
        (&rest[..end], end)
    };
    let name = std::str::from_utf8(name).map_err(|_| missing)?;
    Ok((name, rest.get(end + 1..).unwrap_or_default()))
}
