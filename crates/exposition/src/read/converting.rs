//! Text whose classic histograms become native ones with custom buckets.
//!
//! The samples of a histogram are gathered until something else comes, and then the histogram comes before that. What
//! belongs together, and what becomes of timestamps, is upstream's (`model/textparse/nhcbparse.go`, 3.14): a histogram
//! has the timestamp of the last line that was read, which may be the one that ended it.

use regain_model::histogram::draft::Invalid;
use regain_model::{BUCKET_LABEL, MetricKind, ResetHint};

use super::classic::ClassicHistogram;
use super::cursor::{Dialect, Exemplar};
use super::error::{ParseError, Problem};
use super::labels::{LabelRun, exemplar_labels};
use super::series::{Piece, SeriesScanner};
use super::source::{ExemplarReading, HistogramReading, Item, ReadOptions, Reading, Says, Source};
use super::text::TextSource;

type Pairs<'a> = Vec<(&'a [u8], &'a [u8])>;
type Advanced<'a> = Result<Option<Item<'a>>, ParseError>;

/// Walks over a body of text.
#[derive(Debug)]
pub struct ConvertingSource<'a> {
    text: TextSource<'a>,
    keep_classic: bool,
    /// Is the name in the last `# TYPE` line.
    family: &'a str,
    timestamp_ms: Option<i64>,
    series: Series<'a>,
    /// Is under way as long as samples of one histogram come.
    gathered: Option<Group<'a>>,
    classic: ClassicHistogram,
    /// Is what comes after a histogram.
    held: Option<Held<'a>>,
    /// Is what was read to find out whether it is the expected sample.
    ahead: Option<Advanced<'a>>,
    /// Is the histogram that was read last, if the sample is one.
    made: Option<Made<'a>>,
    /// Tells that the sample went into a histogram, and its exemplars with it.
    is_gathered: bool,
}

/// Is what comes after a histogram: an item, or the end of the body.
#[derive(Debug)]
struct Held<'a> {
    item: Option<Item<'a>>,
}

/// Is what comes next in the text.
struct ReadOn<'a> {
    held: Held<'a>,
    /// Tells that the histogram that is being gathered is over.
    ends: bool,
    /// Is the timestamp that this histogram has then.
    timestamp_ms: Option<i64>,
}

/// Is a sample's series, taken apart but for escapes.
#[derive(Debug, Default)]
struct Series<'a> {
    name: &'a [u8],
    /// Holds the labels but for the bound of a bucket, sorted.
    labels: Pairs<'a>,
    bound: Option<&'a [u8]>,
}

/// Is a histogram whose samples are being gathered.
#[derive(Debug)]
struct Group<'a> {
    name: &'a [u8],
    labels: Pairs<'a>,
    kind: MetricKind,
    unit: &'a str,
    start_ms: i64,
    exemplars: Vec<Exemplar<'a>>,
}

/// Is a histogram that was made of samples.
#[derive(Debug)]
struct Made<'a> {
    group: Group<'a>,
    text: Vec<u8>,
    reading: HistogramReading,
}

impl<'a> ConvertingSource<'a> {
    /// Starts at the beginning of `body`.
    pub fn new(body: &'a [u8], dialect: Dialect, options: ReadOptions) -> Self {
        Self {
            text: TextSource::new(body, dialect, options),
            keep_classic: options.classic_beside_native,
            family: "",
            timestamp_ms: None,
            series: Series::default(),
            gathered: None,
            classic: ClassicHistogram::default(),
            held: None,
            ahead: None,
            made: None,
            is_gathered: false,
        }
    }

    fn advance(&mut self) -> Advanced<'a> {
        self.made = None;
        loop {
            let item = if let Some(held) = self.held.take() {
                held.item
            } else {
                let ReadOn { held, ends, timestamp_ms } = self.read_on()?;
                if ends && let Some(histogram) = self.make(timestamp_ms) {
                    self.held = Some(held);
                    return Ok(Some(histogram));
                }
                held.item
            };
            match item {
                Some(Item::Sample(reading)) => {
                    if self.take_in(reading.value.unwrap_or_default()) {
                        return Ok(Some(Item::Sample(reading)));
                    }
                }
                other => return Ok(other),
            }
        }
    }

    fn read_on(&mut self) -> Result<ReadOn<'a>, ParseError> {
        let comments = self.text.parser.comments();
        let item = self.text.next_item()?;
        let before = self.timestamp_ms;
        let is_other = match &item {
            Some(Item::Sample(reading)) => {
                self.timestamp_ms = reading.timestamp_ms;
                if self.text.parser.kind() == MetricKind::Histogram {
                    self.series.read(&self.text);
                }
                self.is_other()
            }
            Some(Item::Metadata(said)) => {
                if let Says::Kind(_) = said.says {
                    self.family = said.name;
                }
                true
            }
            None => true,
        };
        let is_interrupted = self.text.parser.comments() != comments;
        let timestamp_ms = if is_interrupted { before } else { self.timestamp_ms };
        Ok(ReadOn { held: Held { item }, ends: is_interrupted || is_other, timestamp_ms })
    }

    /// Gathers a sample if it is one of a histogram; tells whether it is to be handed on.
    fn take_in(&mut self, value: f64) -> bool {
        self.is_gathered = self.gather(value);
        !self.is_gathered || self.keep_classic
    }

    fn gather(&mut self, value: f64) -> bool {
        if self.text.parser.kind() != MetricKind::Histogram {
            return false;
        }
        let (part, base) = part_and_base(self.series.name);
        if base != self.family.as_bytes() {
            return false;
        }
        let bound = match part {
            Part::Bucket => {
                let bound = self.series.bound.and_then(regain_go_format::parse_float);
                let Some(bound) = bound.filter(|bound| !bound.is_nan()) else { return false };
                bound
            }
            Part::Count | Part::Sum => 0.0,
            Part::Other => return false,
        };
        if self.gathered.is_none() {
            self.gathered = Some(Group {
                name: base,
                labels: self.series.labels.clone(),
                kind: self.text.parser.kind(),
                unit: self.text.parser.unit(),
                // Upstream asks for it in any case, with what that means for `_created` samples.
                start_ms: self.text.look_up_start(),
                exemplars: Vec::new(),
            });
        }
        if let (Some(group), Some(exemplar)) = (&mut self.gathered, self.text.parser.exemplar()) {
            group.exemplars.push(exemplar);
        }
        match part {
            Part::Bucket => self.classic.add_bucket(bound, value),
            Part::Count => self.classic.set_count(value),
            Part::Sum => self.classic.set_sum(value),
            Part::Other => {}
        }
        true
    }

    /// Tells whether the sample is none of the histogram that is being gathered.
    fn is_other(&self) -> bool {
        self.gathered.as_ref().is_none_or(|group| {
            self.text.parser.kind() != MetricKind::Histogram
                || part_and_base(self.series.name).1 != group.name
                || self.series.labels != group.labels
        })
    }

    /// Ends the gathering, and makes a histogram of what was gathered if it is one.
    fn make(&mut self, timestamp_ms: Option<i64>) -> Option<Item<'a>> {
        let group = self.gathered.take()?;
        let converted = self.classic.convert(ResetHint::Unknown);
        self.classic.clear();
        let reading = converted.ok().filter(|reading| reading.histogram.validate().is_ok())?;
        self.made = Some(Made { text: group.text(), group, reading });
        Some(Item::Sample(Reading { value: None, timestamp_ms }))
    }
}

impl<'a> Source<'a> for ConvertingSource<'a> {
    type Error = ParseError;

    fn predicted(&mut self, series: &[u8]) -> Option<Reading> {
        let is_plain = self.gathered.is_none() && self.held.is_none() && self.ahead.is_none();
        if is_plain && self.text.parser.kind() != MetricKind::Histogram {
            let reading = self.text.predicted(series)?;
            (self.made, self.is_gathered) = (None, false);
            self.timestamp_ms = reading.timestamp_ms;
            return Some(reading);
        }
        if self.ahead.is_none() {
            self.ahead = Some(self.advance());
        }
        match &self.ahead {
            Some(Ok(Some(Item::Sample(reading)))) if Source::series(self) == series => {
                let reading = *reading;
                self.ahead = None;
                Some(reading)
            }
            _ => None,
        }
    }

    fn next_item(&mut self) -> Advanced<'a> {
        match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.advance(),
        }
    }

    fn series(&self) -> &[u8] {
        match &self.made {
            Some(made) => &made.text,
            None => self.text.text(),
        }
    }

    fn labels<'s>(&'s self, series: &'s [u8], out: &mut LabelRun<'s>) -> Result<(), Problem> {
        match &self.made {
            Some(Made { group, .. }) => {
                self.text.append_labels(series, group.kind, group.unit, out)
            }
            None => self.text.labels(series, out),
        }
    }

    fn histogram(&mut self) -> Option<Result<HistogramReading, Invalid>> {
        self.made.as_ref().map(|made| Ok(made.reading.clone()))
    }

    fn start_ms(&mut self) -> i64 {
        match (&self.made, &self.gathered) {
            (Some(made), _) => made.group.start_ms,
            (None, Some(group)) => group.start_ms,
            (None, None) => self.text.start_ms(),
        }
    }

    fn each_exemplar(&mut self, mut each: impl FnMut(ExemplarReading<'_>)) {
        let Some(made) = &self.made else {
            if !self.is_gathered {
                self.text.each_exemplar(each);
            }
            return;
        };
        for exemplar in &made.group.exemplars {
            let mut labels: LabelRun<'_> = Vec::new();
            if exemplar_labels(exemplar.labels, &mut labels).is_ok() {
                let (value, timestamp_ms) = (exemplar.value, exemplar.timestamp_ms);
                each(ExemplarReading { labels, value, timestamp_ms });
            }
        }
    }
}

impl<'a> Series<'a> {
    fn read(&mut self, source: &TextSource<'a>) {
        self.labels.clear();
        (self.name, self.bound) = (&[], None);
        let mut scanner = SeriesScanner::new(source.text(), 0, source.parser.dialect());
        while let Ok(Some(piece)) = scanner.next() {
            match piece {
                Piece::Name(name) => self.name = name,
                Piece::Label { name, .. } if source.replaces(name) => {}
                Piece::Label { name, value } if name == BUCKET_LABEL.as_bytes() => {
                    self.bound = Some(value);
                }
                Piece::Label { name, value } => self.labels.push((name, value)),
            }
        }
        self.labels.sort_unstable();
    }
}

impl Group<'_> {
    /// Returns the histogram's series as a line of text would have it.
    fn text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        let is_plain = |name: &[u8], colons: bool| {
            let part = |byte: &u8| {
                byte.is_ascii_alphanumeric() || *byte == b'_' || (colons && *byte == b':')
            };
            name.iter().all(part) && name.first().is_some_and(|byte| !byte.is_ascii_digit())
        };
        let named = is_plain(self.name, true);
        if named {
            text.extend_from_slice(self.name);
            if self.labels.is_empty() {
                return text;
            }
            text.push(b'{');
        } else {
            text.push(b'{');
            append_quoted(&mut text, self.name);
        }
        for (at, (name, value)) in self.labels.iter().enumerate() {
            if at > 0 || !named {
                text.push(b',');
            }
            if is_plain(name, false) {
                text.extend_from_slice(name);
            } else {
                append_quoted(&mut text, name);
            }
            text.push(b'=');
            append_quoted(&mut text, value);
        }
        text.push(b'}');
        text
    }
}

/// Puts quotes around a text that has its escapes.
fn append_quoted(text: &mut Vec<u8>, escaped: &[u8]) {
    text.push(b'"');
    text.extend_from_slice(escaped);
    text.push(b'"');
}

/// Says what a sample of a classic histogram is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Bucket,
    Sum,
    Count,
    Other,
}

fn part_and_base(name: &[u8]) -> (Part, &[u8]) {
    let suffixes: [(&[u8], Part); 3] =
        [(b"_bucket", Part::Bucket), (b"_sum", Part::Sum), (b"_count", Part::Count)];
    for (suffix, part) in suffixes {
        if let Some(base) = name.strip_suffix(suffix) {
            return (part, base);
        }
    }
    (Part::Other, name)
}
