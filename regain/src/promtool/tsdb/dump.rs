//! `promtool tsdb dump` and `dump-openmetrics`: the samples of a data directory as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use regain_go_format::append_float_g;
use regain_go_format::quote::quote;
use regain_model::{KeySeed, Labels, METRIC_NAME, Matcher, Span, Timestamp};
use regain_prometheus_tsdb::{Native, PrometheusDir, Samples, SeriesSamples, StoredSeries};
use regain_storage::fs::RealFs;
use regain_storage::{Ctx, Merged, Order, Queryable, Result as StoreResult};

use super::{TsdbError, complain, directory, own, selector};
use crate::exit;
use crate::flags::Line;

/// How a series is printed.
type Print = fn(&mut dyn Write, &Labels, &Samples) -> io::Result<()>;

pub(super) fn run(line: &Line) -> Result<(), TsdbError> {
    let path = directory(line, 0)?;
    let selectors = line.texts("match").iter().map(|text| selector(text));
    let selectors = selectors.collect::<Result<Vec<_>, _>>()?;
    let span = Span::new(Timestamp(line.integer("min-time")), Timestamp(line.integer("max-time")));
    let source = Source::open(path)?;
    let ctx = Arc::new(Ctx::default());
    let sets = source.select(&selectors, span, &ctx)?;
    let is_open_metrics = line.commands.last() == Some(&"dump-openmetrics");
    let print: Print = if is_open_metrics {
        print_open_metrics
    } else if line.text("format") == "seriesjson" {
        print_labels
    } else {
        print_samples
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let printed = print_all(Sets::new(sets)?, &mut out, print)?;
    let ended = if is_open_metrics { writeln!(out, "# EOF") } else { Ok(()) };
    if printed.and(ended).and_then(|()| out.flush()).is_err() {
        // Whoever reads has had enough.
        exit::now();
    }
    for damage in source.damages(&ctx) {
        complain(&damage);
    }
    Ok(())
}

/// Where samples come from.
enum Source {
    Prometheus(PrometheusDir),
    Store(Box<dyn Queryable>),
}

impl Source {
    /// Regain's store in the data directory `path` with blocks beside it, or else what a Prometheus has there.
    fn open(path: &Path) -> Result<Self, TsdbError> {
        let has_blocks = own::has_blocks(path)?;
        let db = own::look(path)?;
        let Some(db) = db.filter(|db| !has_blocks || db.span().is_some()) else {
            return Ok(Self::Prometheus(PrometheusDir::open(&RealFs, path, KeySeed(0))?));
        };
        if !has_blocks {
            return Ok(Self::Store(Box::new(db)));
        }
        let blocks = PrometheusDir::open(&RealFs, path, db.seed())?;
        for damage in blocks.damages() {
            complain(&damage.to_string());
        }
        Ok(Self::Store(Box::new(Merged::new(Arc::new(db), vec![Arc::new(blocks)]))))
    }

    fn select(
        &self,
        selectors: &[Vec<Matcher>],
        span: Span,
        ctx: &Arc<Ctx>,
    ) -> StoreResult<Vec<Found>> {
        let order = (selectors.len() > 1).then_some(Order::Labels);
        let select = |matchers: &Vec<Matcher>| match self {
            Self::Prometheus(dir) => dir.series(matchers, span, order, ctx).map(Found::Prometheus),
            Self::Store(db) => StoredSeries::select(&**db, matchers, span, ctx).map(Found::Store),
        };
        selectors.iter().map(select).collect()
    }

    /// What could not be read.
    fn damages(&self, ctx: &Ctx) -> Vec<String> {
        match self {
            Self::Prometheus(dir) => dir.damages().iter().map(ToString::to_string).collect(),
            Self::Store(_) => ctx.warnings.to_vec(),
        }
    }
}

/// The series of one selection.
enum Found {
    Prometheus(SeriesSamples),
    Store(StoredSeries),
}

impl Found {
    fn next(&mut self, samples: &mut Samples) -> StoreResult<Option<Labels>> {
        match self {
            Self::Prometheus(series) => series.next(samples),
            Self::Store(series) => series.next(samples),
        }
    }
}

fn print_all(
    mut sets: Sets,
    out: &mut impl Write,
    print: Print,
) -> Result<io::Result<()>, TsdbError> {
    while let Some((labels, samples)) = sets.next()? {
        if let Err(error) = print(out, &labels, &samples) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

/// The series of several selections, each once, in the order of their labels.
struct Sets {
    sets: Vec<Found>,
    /// The next series of each.
    heads: Vec<Option<(Labels, Samples)>>,
}

impl Sets {
    fn new(sets: Vec<Found>) -> Result<Self, TsdbError> {
        let mut all = Self { heads: vec![None; sets.len()], sets };
        for at in 0..all.sets.len() {
            all.advance(at)?;
        }
        Ok(all)
    }

    fn advance(&mut self, at: usize) -> Result<(), TsdbError> {
        let mut samples = Samples::default();
        let labels = self.sets[at].next(&mut samples)?;
        self.heads[at] = labels.map(|labels| (labels, samples));
        Ok(())
    }

    fn next(&mut self) -> Result<Option<(Labels, Samples)>, TsdbError> {
        let filled =
            self.heads.iter().enumerate().filter_map(|(at, head)| Some((at, head.as_ref()?)));
        let Some((first, _)) = filled.min_by(|a, b| a.1.0.cmp(&b.1.0)) else { return Ok(None) };
        let found = self.heads[first].take().expect("it was the lowest one");
        self.advance(first)?;
        for at in 0..self.heads.len() {
            if at != first && self.heads[at].as_ref().is_some_and(|head| head.0 == found.0) {
                self.advance(at)?;
            }
        }
        Ok(Some(found))
    }
}

fn general(value: f64) -> String {
    let mut text = Vec::new();
    append_float_g(&mut text, value);
    String::from_utf8(text).expect("a float's text is ASCII")
}

/// What a sample is, in the order in which the original prints the kinds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Float,
    FloatHistogram,
    Histogram,
}

/// Prints samples as promtool does, with its gaps: it goes through a series once, prints floats until
/// something else comes, then histograms of floats, then histograms of integers, and at each change
/// the sample that shows it is passed over.
fn print_samples(out: &mut dyn Write, labels: &Labels, samples: &Samples) -> io::Result<()> {
    let kind = |at: usize| match samples.histogram(at) {
        None => Kind::Float,
        Some(Native::Float(_)) => Kind::FloatHistogram,
        Some(Native::Integer(_)) => Kind::Histogram,
    };
    let mut at = 0;
    for wanted in [Kind::Float, Kind::FloatHistogram, Kind::Histogram] {
        while at < samples.len() {
            if kind(at) != wanted {
                at += 1;
                break;
            }
            let time = samples.times[at];
            match samples.histogram(at) {
                None => writeln!(out, "{labels} {} {time}", general(samples.cells[at]))?,
                Some(histogram) => writeln!(out, "{labels} {histogram} {time}")?,
            }
            at += 1;
        }
    }
    Ok(())
}

fn print_open_metrics(out: &mut dyn Write, labels: &Labels, samples: &Samples) -> io::Result<()> {
    let others = labels.iter().filter(|(name, _)| *name != METRIC_NAME);
    let others: Vec<String> =
        others.map(|(name, value)| format!("{name}={}", quote(value))).collect();
    let series = format!("{}{{{}}}", labels.metric_name(), others.join(","));
    for at in 0..samples.len() {
        if samples.histogram(at).is_some() {
            break;
        }
        let seconds = samples.times[at] as f64 / 1000.0;
        writeln!(out, "{series} {} {seconds:.3}", general(samples.cells[at]))?;
    }
    Ok(())
}

fn print_labels(out: &mut dyn Write, labels: &Labels, _: &Samples) -> io::Result<()> {
    let labels: BTreeMap<&str, &str> = labels.iter().collect();
    let text = serde_json::to_string(&labels).map_err(io::Error::other)?;
    writeln!(out, "{}", escaped_for_html(&text))
}

/// JSON as Go writes it, which can stand in a page.
fn escaped_for_html(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                write!(text, "\\u{:04x}", u32::from(letter)).expect("a string takes everything");
            }
            _ => text.push(letter),
        }
    }
    text
}
