//! The text formats as a [`Source`].

use regain_model::MetricKind;

use super::created::{Created, is_created};
use super::cursor::{Dialect, Event, Parser};
use super::error::{ParseError, Problem};
use super::labels::{LabelRun, exemplar_labels, series_labels};
use super::source::{
    ExemplarReading, Item, MetadataItem, ReadOptions, Reading, Says, Source, TYPE_LABEL,
    UNIT_LABEL, add_type_and_unit,
};

/// Walks over a body of text.
#[derive(Debug)]
pub struct TextSource<'a> {
    pub(super) parser: Parser<'a>,
    type_and_unit_labels: bool,
    reads_starts: bool,
    /// Tells that `_created` samples are left out.
    skips_created: bool,
    created: Created,
    series: &'a [u8],
}

impl<'a> TextSource<'a> {
    /// Starts at the beginning of `body`.
    pub fn new(body: &'a [u8], dialect: Dialect, options: ReadOptions) -> Self {
        let has_starts = options.start_timestamps && dialect == Dialect::OpenMetrics;
        Self {
            parser: Parser::new(body, dialect),
            type_and_unit_labels: options.type_and_unit_labels,
            reads_starts: has_starts,
            skips_created: has_starts,
            created: Created::default(),
            series: &[],
        }
    }

    /// Returns the text of the sample's series, which the body holds.
    pub(super) fn text(&self) -> &'a [u8] {
        self.series
    }

    /// Returns when the series that was read last started. From then on `_created` samples are left out.
    pub(super) fn look_up_start(&mut self) -> i64 {
        if self.parser.dialect() == Dialect::Text {
            return 0;
        }
        self.skips_created = true;
        self.created.start_ms(&self.parser, self.series)
    }

    /// Appends the labels of `series` as if `kind` and `unit` were said of it.
    pub(super) fn append_labels<'s>(
        &self,
        series: &'s [u8],
        kind: MetricKind,
        unit: &'s str,
        out: &mut LabelRun<'s>,
    ) -> Result<(), Problem> {
        series_labels(series, kind, self.parser.dialect(), out)?;
        if self.type_and_unit_labels {
            add_type_and_unit(kind, unit, out);
        }
        Ok(())
    }

    /// Tells whether a label of the sample gives way to one that says its kind or unit.
    pub(super) fn replaces(&self, label: &[u8]) -> bool {
        self.type_and_unit_labels
            && (label == TYPE_LABEL.as_bytes() && self.parser.kind() != MetricKind::Unknown
                || label == UNIT_LABEL.as_bytes() && !self.parser.unit().is_empty())
    }

    fn metadata(&self, name: &'a str, says: Says<'a>) -> Item<'a> {
        Item::Metadata(MetadataItem { line: self.parser.metadata_text(), name, says })
    }
}

impl<'a> Source<'a> for TextSource<'a> {
    type Error = ParseError;

    #[inline]
    fn predicted(&mut self, series: &[u8]) -> Option<Reading> {
        let sample = self.parser.predicted(series)?;
        self.series = sample.series;
        Some(Reading { value: Some(sample.value), timestamp_ms: sample.timestamp_ms })
    }

    #[inline]
    fn plain_values<'s>(
        &mut self,
        series: impl Iterator<Item = &'s [u8]>,
        values: &mut Vec<f64>,
    ) -> usize {
        self.parser.plain_values(series, values)
    }

    fn next_item(&mut self) -> Result<Option<Item<'a>>, ParseError> {
        loop {
            return Ok(Some(match self.parser.next_event()? {
                None => return Ok(None),
                Some(Event::Help { name, text }) => self.metadata(name, Says::Help(text)),
                Some(Event::Kind { name, kind }) => self.metadata(name, Says::Kind(kind)),
                Some(Event::Unit { name, unit }) => self.metadata(name, Says::Unit(unit)),
                Some(Event::Sample(sample)) => {
                    if self.skips_created && is_created(&self.parser, sample.series) {
                        continue;
                    }
                    self.series = sample.series;
                    let timestamp_ms = sample.timestamp_ms;
                    Item::Sample(Reading { value: Some(sample.value), timestamp_ms })
                }
            }));
        }
    }

    fn series(&self) -> &[u8] {
        self.series
    }

    fn labels<'s>(&'s self, series: &'s [u8], out: &mut LabelRun<'s>) -> Result<(), Problem> {
        let unit = if self.type_and_unit_labels { self.parser.unit() } else { "" };
        self.append_labels(series, self.parser.kind(), unit, out)
    }

    fn start_ms(&mut self) -> i64 {
        if !self.reads_starts {
            return 0;
        }
        self.created.start_ms(&self.parser, self.series)
    }

    fn each_exemplar(&mut self, mut each: impl FnMut(ExemplarReading<'_>)) {
        let Some(exemplar) = self.parser.exemplar() else { return };
        let mut labels: LabelRun<'_> = Vec::new();
        // They were checked when the line was read.
        if exemplar_labels(exemplar.labels, &mut labels).is_ok() {
            let (value, timestamp_ms) = (exemplar.value, exemplar.timestamp_ms);
            each(ExemplarReading { labels, value, timestamp_ms });
        }
    }

    #[inline]
    fn metadata_line(&self) -> Option<&'a [u8]> {
        self.parser.metadata_line()
    }

    #[inline]
    fn skip_metadata_line(&mut self, line: &'a [u8], kind: Option<MetricKind>) {
        self.parser.skip_metadata_line(line, kind);
    }
}
