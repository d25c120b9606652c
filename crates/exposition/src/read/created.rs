//! Start timestamps in OpenMetrics: `_created` samples, which come after the samples that they are about.
//!
//! Which sample is about which is found as upstream finds it (`model/textparse/openmetricsparse.go`, 3.14): the next
//! `_created` sample of the family counts for a series that has the same labels, and is remembered for series with these
//! labels that follow it. What comes next is looked up once for all samples before it.

use regain_model::{BUCKET_LABEL, MetricKind, QUANTILE_LABEL};

use super::cursor::{Dialect, Event, Parser, millis};
use super::series::{Piece, SeriesScanner};

const SUFFIX: &[u8] = b"_created";
/// Is the name of no series.
const NO_NAME: &[u8] = &[0xff];

/// Knows the start timestamps around the sample that was read last.
#[derive(Debug, Default)]
pub(super) struct Created {
    /// Is the identity of the sample, in memory that is used again.
    key: Vec<u8>,
    found: Option<Start>,
    ahead: Ahead,
}

/// Is a `_created` sample.
#[derive(Debug)]
struct Start {
    key: Vec<u8>,
    start_ms: i64,
}

/// Is the `_created` sample that comes next, if there is one in the family.
#[derive(Debug, Default)]
struct Ahead {
    /// Is the place up to which this holds.
    until: usize,
    start: Option<Start>,
}

impl Created {
    /// Returns when the series of a sample, which `parser` has just read, started; 0 where the body does not say.
    pub(super) fn start_ms(&mut self, parser: &Parser<'_>, series: &[u8]) -> i64 {
        if !counts(parser.kind()) {
            self.found = None;
            return 0;
        }
        self.key.clear();
        let family = parser.family_name().len();
        // A series of another name than the family's has no start.
        let name = |key: &mut Vec<u8>, text: &[u8]| {
            key.extend_from_slice(text.get(..family).unwrap_or(NO_NAME));
        };
        append_identity(&mut self.key, series, parser, name);
        if let Some(found) = &self.found
            && found.start_ms > 0
            && found.key == self.key
        {
            return found.start_ms;
        }
        if parser.pos() >= self.ahead.until {
            self.ahead = look_ahead(parser);
        }
        self.found = None;
        match &self.ahead.start {
            Some(start) if start.key == self.key => {
                let (key, start_ms) = (self.key.clone(), start.start_ms);
                self.found = Some(Start { key, start_ms });
                start_ms
            }
            _ => 0,
        }
    }
}

/// Tells whether samples of this kind count something, and so have a start.
const fn counts(kind: MetricKind) -> bool {
    matches!(kind, MetricKind::Counter | MetricKind::Histogram | MetricKind::Summary)
}

/// Tells whether a series that `parser` has just read says when others started.
pub(super) fn is_created(parser: &Parser<'_>, series: &[u8]) -> bool {
    parser.dialect() == Dialect::OpenMetrics && counts(parser.kind()) && has_suffix(series)
}

fn has_suffix(series: &[u8]) -> bool {
    let mut scanner = SeriesScanner::new(series, 0, Dialect::OpenMetrics);
    while let Ok(Some(piece)) = scanner.next() {
        if let Piece::Name(name) = piece {
            return name.ends_with(SUFFIX);
        }
    }
    false
}

fn look_ahead(parser: &Parser<'_>) -> Ahead {
    let mut ahead = parser.clone();
    while let Ok(Some(event)) = ahead.next_event() {
        let Event::Sample(sample) = event else { return Ahead { until: ahead.pos(), start: None } };
        if has_suffix(sample.series) {
            let mut key = Vec::new();
            append_identity(&mut key, sample.series, &ahead, |key, name| {
                key.extend_from_slice(name.strip_suffix(SUFFIX).unwrap_or(name));
            });
            let start = Start { key, start_ms: millis(sample.value) };
            return Ahead { until: ahead.pos(), start: Some(start) };
        }
    }
    Ahead { until: usize::MAX, start: None }
}

/// Appends what a sample and the `_created` sample about it have in common.
fn append_identity(
    key: &mut Vec<u8>,
    series: &[u8],
    parser: &Parser<'_>,
    append_name: impl FnOnce(&mut Vec<u8>, &[u8]),
) {
    let bound = match parser.kind() {
        MetricKind::Histogram => BUCKET_LABEL,
        MetricKind::Summary => QUANTILE_LABEL,
        _ => "",
    };
    let mut scanner = SeriesScanner::new(series, 0, parser.dialect());
    let mut metric: &[u8] = &[];
    while let Ok(Some(piece)) = scanner.next() {
        match piece {
            Piece::Name(name) => metric = name,
            Piece::Label { name, .. } if name == bound.as_bytes() => {}
            Piece::Label { name, value } => {
                for text in [name, value] {
                    key.extend_from_slice(text);
                    // No text between quotes holds this byte.
                    key.push(0xff);
                }
            }
        }
    }
    append_name(key, metric);
}
