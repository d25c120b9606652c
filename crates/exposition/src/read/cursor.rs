//! The cursor over a body.

use std::borrow::Cow;

use regain_model::MetricKind;

use super::error::{ParseError, Problem};
use super::labels::unescape_text;
use super::line::{self, MetadataLine};
use super::number::{Number, parse_number};
use super::series::{SeriesScanner, after_blanks};

/// Starts the lines that give a unit, which only OpenMetrics has.
const UNIT_START: &[u8] = b"# UNIT ";

/// Names the grammar of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Is the Prometheus text format, 0.0.4 and 1.0.0.
    Text,
    /// Is OpenMetrics text.
    OpenMetrics,
}

/// Is what one line says.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    Help { name: &'a str, text: Cow<'a, str> },
    Kind { name: &'a str, kind: MetricKind },
    Unit { name: &'a str, unit: &'a str },
    Sample(Sample<'a>),
}

/// Is one sample line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample<'a> {
    /// Is the name with the labels as they stand in the line; [`super::series_labels`] takes it apart.
    pub series: &'a [u8],
    pub value: f64,
    pub timestamp_ms: Option<i64>,
}

/// Is the exemplar at the end of a sample line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exemplar<'a> {
    /// Is the text after the opening brace up to the closing one; [`super::exemplar_labels`] takes it apart.
    pub labels: &'a [u8],
    pub value: f64,
    pub timestamp_ms: Option<i64>,
}

/// Walks over a body, line by line.
#[derive(Debug, Clone)]
pub struct Parser<'a> {
    body: &'a [u8],
    pos: usize,
    dialect: Dialect,
    kind: MetricKind,
    exemplar: Option<Exemplar<'a>>,
    metadata_text: &'a [u8],
    unit_text: &'a [u8],
    comments: usize,
    ended: bool,
}

impl<'a> Parser<'a> {
    /// Starts at the beginning of `body`.
    pub fn new(body: &'a [u8], dialect: Dialect) -> Self {
        Self {
            body,
            pos: 0,
            dialect,
            kind: MetricKind::Unknown,
            exemplar: None,
            metadata_text: &[],
            unit_text: &[],
            comments: 0,
            ended: false,
        }
    }

    /// Returns the grammar of the body.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the kind that the last `# TYPE` line gave, which decides how labels are read.
    pub fn kind(&self) -> MetricKind {
        self.kind
    }

    /// Returns the exemplar of the sample that was read last.
    pub fn exemplar(&self) -> Option<Exemplar<'a>> {
        self.exemplar
    }

    /// Reads the next event, or nothing at the end of the body. After an error the body is of no further use.
    pub fn next_event(&mut self) -> Result<Option<Event<'a>>, ParseError> {
        loop {
            if self.ended {
                return Ok(None);
            }
            if self.dialect == Dialect::Text {
                self.pos = after_blanks(self.body, self.pos);
            }
            match (self.body.get(self.pos), self.dialect) {
                (None, Dialect::OpenMetrics) => return Err(self.error(self.pos, Problem::NoEof)),
                // Upstream's lexer takes a zero byte for the end.
                (None | Some(0), Dialect::Text) => self.ended = true,
                (Some(b'\n'), Dialect::Text) => self.pos += 1,
                (Some(b'#'), _) => {
                    if let Some(event) = self.metadata()? {
                        return Ok(Some(event));
                    }
                }
                _ => return self.sample().map(|sample| Some(Event::Sample(sample))),
            }
        }
    }

    /// Reads the next line if it is a sample of exactly this series, and else changes nothing.
    #[inline]
    pub fn predicted(&mut self, series: &[u8]) -> Option<Sample<'a>> {
        let rest = self.body.get(self.pos..)?;
        if !rest.starts_with(series) || !matches!(rest.get(series.len()), Some(b' ' | b'\t')) {
            return None;
        }
        let text = &rest[..series.len()];
        self.after_series(self.pos + series.len(), text).ok()
    }

    /// Reads lines as long as they are of just these series, in their order, each with a number and nothing else, and returns
    /// how many there were.
    #[inline]
    pub fn plain_values<'s>(
        &mut self,
        series: impl Iterator<Item = &'s [u8]>,
        values: &mut Vec<f64>,
    ) -> usize {
        let (before, mut pos) = (values.len(), self.pos);
        for series in series {
            let Some((value, len)) = self.body.get(pos..).and_then(|rest| plain_line(rest, series))
            else {
                break;
            };
            values.push(value);
            pos += len;
        }
        self.pos = pos;
        self.exemplar = None;
        values.len() - before
    }

    /// Returns the next line with its line end if it is a comment or metadata.
    #[inline]
    pub fn metadata_line(&self) -> Option<&'a [u8]> {
        let rest = self.body.get(self.pos..)?;
        if rest.first() != Some(&b'#') {
            return None;
        }
        memchr::memchr(b'\n', rest).map(|end| &rest[..=end])
    }

    /// Passes over the line that [`Self::metadata_line`] returned, which is known to say `kind` if it is a `# TYPE`.
    #[inline]
    pub fn skip_metadata_line(&mut self, line: &'a [u8], kind: Option<MetricKind>) {
        self.pos += line.len();
        self.metadata_text = line;
        if let Some(kind) = kind {
            self.kind = kind;
        } else if line.starts_with(UNIT_START) {
            self.unit_text = line;
        }
    }

    /// Returns the line of the metadata that was read or passed over last, as [`Self::metadata_line`] would have.
    pub fn metadata_text(&self) -> &'a [u8] {
        self.metadata_text
    }

    /// Returns the name in the line of the metadata that was read or passed over last.
    pub(super) fn family_name(&self) -> &'a str {
        match self.parsed(self.metadata_text) {
            MetadataLine::Help { name, .. }
            | MetadataLine::Kind { name, .. }
            | MetadataLine::Unit { name, .. } => name,
            MetadataLine::Comment | MetadataLine::Eof => "",
        }
    }

    /// Returns the unit that the last `# UNIT` line gave. It stays that of the families that follow and give none, as it
    /// does upstream.
    pub(super) fn unit(&self) -> &'a str {
        match self.parsed(self.unit_text) {
            MetadataLine::Unit { unit, .. } => unit,
            _ => "",
        }
    }

    /// Takes apart a line that was read before, if there was one.
    fn parsed(&self, line: &'a [u8]) -> MetadataLine<'a> {
        if line.is_empty() {
            return MetadataLine::Comment;
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        line::parse(line, self.dialect).unwrap_or(MetadataLine::Comment)
    }

    /// Returns how many comments that say nothing about a family were passed over.
    pub(super) fn comments(&self) -> usize {
        self.comments
    }

    /// Returns the place up to which the body was read.
    pub(super) fn pos(&self) -> usize {
        self.pos
    }

    fn metadata(&mut self) -> Result<Option<Event<'a>>, ParseError> {
        let start = self.pos;
        let rest = &self.body[start..];
        let (line, closed) = match memchr::memchr(b'\n', rest) {
            Some(end) => (&rest[..end], true),
            None => (rest, false),
        };
        let parsed =
            line::parse(line, self.dialect).map_err(|problem| self.error(start, problem))?;
        self.pos = start + line.len() + usize::from(closed);
        let text = &self.body[start..self.pos];
        if !closed && self.dialect == Dialect::OpenMetrics && parsed != MetadataLine::Eof {
            return Err(self.error(self.pos, Problem::NoEof));
        }
        match parsed {
            MetadataLine::Comment => self.comments += 1,
            MetadataLine::Unit { .. } => (self.metadata_text, self.unit_text) = (text, text),
            _ => self.metadata_text = text,
        }
        let quotes = self.dialect == Dialect::OpenMetrics;
        Ok(match parsed {
            MetadataLine::Help { name, text } => {
                Some(Event::Help { name, text: unescape_text(text, quotes) })
            }
            MetadataLine::Kind { name, kind } => {
                self.kind = kind;
                Some(Event::Kind { name, kind })
            }
            MetadataLine::Unit { name, unit } => Some(Event::Unit { name, unit }),
            MetadataLine::Comment => None,
            MetadataLine::Eof if self.pos < self.body.len() => {
                return Err(self.error(self.pos, Problem::AfterEof));
            }
            MetadataLine::Eof => {
                self.ended = true;
                None
            }
        })
    }

    fn sample(&mut self) -> Result<Sample<'a>, ParseError> {
        let start = self.pos;
        let mut scanner = SeriesScanner::new(self.body, start, self.dialect);
        scanner.finish().map_err(|problem| self.error(scanner.pos(), problem))?;
        let end = scanner.pos();
        self.after_series(end, &self.body[start..end])
            .map_err(|(at, problem)| self.error(at, problem))
    }

    /// Reads value, timestamp, exemplar and line end, and moves on only when all are well.
    #[inline]
    fn after_series(
        &mut self,
        at: usize,
        series: &'a [u8],
    ) -> Result<Sample<'a>, (usize, Problem)> {
        let at = self.gap(at).ok_or((at, Problem::Value))?;
        let number = match self.body.get(at) {
            None | Some(b'\n' | b' ' | b'\t') => return Err((at, Problem::Value)),
            Some(_) => parse_number(&self.body[at..]).ok_or((at, Problem::Number))?,
        };
        let at = at + number.len;
        self.exemplar = None;
        let value = number.value;
        if self.body.get(at) == Some(&b'\n') {
            self.pos = at + 1;
            return Ok(Sample { series, value, timestamp_ms: None });
        }
        let (timestamp_ms, end) = match self.dialect {
            Dialect::Text => self.text_tail(at)?,
            Dialect::OpenMetrics => self.open_metrics_tail(at)?,
        };
        self.pos = end;
        Ok(Sample { series, value, timestamp_ms })
    }

    /// Passes over what separates two parts of a line: one blank in OpenMetrics, any number in the text format.
    #[inline]
    fn gap(&self, at: usize) -> Option<usize> {
        match self.dialect {
            Dialect::Text => Some(after_blanks(self.body, at)),
            Dialect::OpenMetrics => (self.body.get(at) == Some(&b' ')).then_some(at + 1),
        }
    }

    fn text_tail(&self, at: usize) -> Result<(Option<i64>, usize), (usize, Problem)> {
        let at = after_blanks(self.body, at);
        let rest = &self.body[at..];
        let digits = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        if digits == 0 {
            return self.line_end(at).map(|end| (None, end)).ok_or((at, Problem::LineEnd));
        }
        let timestamp =
            std::str::from_utf8(&rest[..digits]).ok().and_then(|text| text.parse().ok());
        let timestamp_ms = timestamp.ok_or((at, Problem::Timestamp))?;
        let after = after_blanks(self.body, at + digits);
        let end = self.line_end(after).ok_or((after, Problem::AfterTimestamp))?;
        Ok((Some(timestamp_ms), end))
    }

    fn line_end(&self, at: usize) -> Option<usize> {
        match self.body.get(at) {
            Some(b'\n') => Some(at + 1),
            None => Some(at),
            Some(_) => None,
        }
    }

    fn open_metrics_tail(&mut self, at: usize) -> Result<(Option<i64>, usize), (usize, Problem)> {
        let mut at = at;
        let mut timestamp_ms = None;
        if !self.body[at..].starts_with(b" # {") && self.body.get(at) == Some(&b' ') {
            let (millis, end) = self.open_metrics_time(at + 1)?;
            timestamp_ms = Some(millis);
            at = end;
        }
        if self.body[at..].starts_with(b" # {") {
            at = self.read_exemplar(at + 4)?;
        }
        match self.body.get(at) {
            Some(b'\n') => Ok((timestamp_ms, at + 1)),
            None => Err((at, Problem::NoEof)),
            Some(_) if timestamp_ms.is_some() => Err((at, Problem::AfterTimestamp)),
            Some(_) => Err((at, Problem::LineEnd)),
        }
    }

    fn open_metrics_time(&self, at: usize) -> Result<(i64, usize), (usize, Problem)> {
        let seconds = self.body.get(at..).and_then(parse_number).ok_or((at, Problem::Timestamp))?;
        if !seconds.value.is_finite() {
            return Err((at, Problem::Timestamp));
        }
        Ok((millis(seconds.value), at + seconds.len))
    }

    fn read_exemplar(&mut self, start: usize) -> Result<usize, (usize, Problem)> {
        let mut scanner = SeriesScanner::exemplar(self.body, start);
        scanner.finish().map_err(|problem| (scanner.pos(), problem))?;
        let end = scanner.pos();
        let at = self.gap(end).ok_or((end, Problem::ExemplarValue))?;
        let number = parse_number(&self.body[at..]).ok_or((at, Problem::ExemplarValue))?;
        let mut after = at + number.len;
        let mut timestamp_ms = None;
        if self.body.get(after) == Some(&b' ') {
            let (millis, end) = self.open_metrics_time(after + 1)?;
            timestamp_ms = Some(millis);
            after = end;
        }
        let labels = &self.body[start..end];
        self.exemplar = Some(Exemplar { labels, value: number.value, timestamp_ms });
        Ok(after)
    }

    #[cold]
    fn error(&self, at: usize, problem: Problem) -> ParseError {
        ParseError::new(self.body, at, problem)
    }
}

/// Returns the value and the length of a line that is this series, a blank and a number.
#[inline]
fn plain_line(rest: &[u8], series: &[u8]) -> Option<(f64, usize)> {
    let number = rest.strip_prefix(series)?.strip_prefix(b" ")?;
    let Number { value, len } = parse_number(number)?;
    (number.get(len) == Some(&b'\n')).then(|| (value, series.len() + 1 + len + 1))
}

/// Turns seconds into whole milliseconds as upstream does: towards zero.
#[expect(clippy::cast_possible_truncation, reason = "the conversion saturates, which is wanted")]
pub(super) fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0) as i64
}
