//! A store in memory: the seam's second implementation, for tests and the test language.
//!
//! It keeps whole series in vectors and takes samples in order only. Snapshots are copy-on-write.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, RwLock};

use hashbrown::HashMap;
use regain_model::{
    Histogram, KeySeed, Labels, METRIC_NAME, MatchOp, Matcher, ResetHint, SeriesKey, Span,
    Timestamp,
};

use crate::append::{Appendable, Appender, Committed, LaneKey, SeriesRef, Verdict};
use crate::arena::LabelsId;
use crate::batch::{Batch, Run};
use crate::cell::{histogram_cell, histogram_index};
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::marks::Marks;
use crate::select::{Order, Part, Parts, Queryable, Selection, SeriesMeta, Snapshot};
use crate::value::Value;

const SEED: KeySeed = KeySeed(0);

/// A sample's time, the start that is known of it or zero, and its value.
pub type StartedValue = (Timestamp, Timestamp, Value);

/// A store in memory. Clones share their content.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<RwLock<Arc<Content>>>);

#[derive(Clone, Debug, Default)]
struct Content {
    series: Vec<Arc<Series>>,
    by_labels: BTreeMap<Labels, usize>,
    /// The series of each metric, in label order; those without a name under the empty one.
    by_name: BTreeMap<String, Vec<usize>>,
    marks: Marks,
}

impl Content {
    /// Adds a series that is not there yet, and says where it is.
    fn insert(&mut self, labels: &Labels) -> usize {
        let at = self.series.len();
        let name = labels.get(METRIC_NAME).unwrap_or_default();
        let of_name = self.by_name.entry(name.to_owned()).or_default();
        let rank = of_name.partition_point(|&other| self.series[other].labels < *labels);
        of_name.insert(rank, at);
        self.by_labels.insert(labels.clone(), at);
        self.series.push(Arc::new(Series {
            labels: labels.clone(),
            key: SeriesKey::of_labels(SEED, labels),
            times: Vec::new(),
            values: Vec::new(),
            histograms: Vec::new(),
            starts: Vec::new(),
        }));
        at
    }

    /// The series that match, in label order.
    fn matching<'a>(&'a self, matchers: &'a [Matcher]) -> impl Iterator<Item = &'a Arc<Series>> {
        let is_name =
            |matcher: &&Matcher| matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal;
        let name = matchers.iter().find(is_name);
        let of_name = name.map(|name| self.by_name.get(name.value()).into_iter().flatten());
        let all = name.is_none().then(|| self.by_labels.values());
        let places = of_name.into_iter().flatten().chain(all.into_iter().flatten());
        places.map(|&at| &self.series[at]).filter(move |series| series.matches(matchers))
    }
}

#[derive(Clone, Debug)]
struct Series {
    labels: Labels,
    key: SeriesKey,
    times: Vec<i64>,
    /// Floats, and the places of `histograms`.
    values: Vec<f64>,
    histograms: Vec<Arc<Histogram>>,
    /// Start timestamps, as long as `times` once any is known.
    starts: Vec<i64>,
}

impl Series {
    fn histogram(&self, cell: f64) -> Option<&Arc<Histogram>> {
        let index = usize::try_from(histogram_index(cell)?).ok()?;
        self.histograms.get(index)
    }

    fn matches(&self, matchers: &[Matcher]) -> bool {
        let value = |matcher: &Matcher| self.labels.get(matcher.name()).unwrap_or_default();
        matchers.iter().all(|matcher| matcher.matches(value(matcher)))
    }

    fn remove(&mut self, rows: Range<usize>) {
        if !self.starts.is_empty() {
            self.starts.drain(rows.clone());
        }
        self.times.drain(rows.clone());
        // Histograms stay where the cells of other samples find them.
        self.values.drain(rows.clone());
        // Behind the gap nothing is known about counter resets.
        let behind = self.values.get(rows.start).and_then(|&cell| histogram_index(cell));
        let behind = behind.and_then(|index| usize::try_from(index).ok());
        let behind = behind.and_then(|index| self.histograms.get_mut(index));
        if let Some(histogram) = behind.filter(|held| held.hint != ResetHint::Gauge) {
            Arc::make_mut(histogram).hint = ResetHint::Unknown;
        }
    }

    /// The value of the newest sample.
    fn newest(&self) -> Option<(i64, Value)> {
        let (time, cell) = self.times.last().copied().zip(self.values.last().copied())?;
        let histogram = self.histogram(cell).map(|held| Value::Histogram(Arc::clone(held)));
        Some((time, histogram.unwrap_or(Value::Float(cell))))
    }

    fn push(&mut self, Sample { time, start, value }: Sample) {
        if start != 0 {
            self.starts.resize(self.times.len(), 0);
            self.starts.push(start);
        } else if !self.starts.is_empty() {
            self.starts.push(0);
        }
        let cell = match value {
            Value::Float(value) => value,
            Value::Histogram(histogram) => {
                let newest = self.newest();
                let previous = match &newest {
                    Some((_, Value::Histogram(previous))) => Some(previous.as_ref()),
                    _ => None,
                };
                let hint = histogram.stored_hint(previous);
                let mut histogram = Arc::unwrap_or_clone(histogram);
                histogram.hint = hint;
                self.histograms.push(Arc::new(histogram));
                histogram_cell(offset(self.histograms.len() - 1))
            }
        };
        self.times.push(time);
        self.values.push(cell);
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `samples`, which must be newer than what the series has, and says how many were taken.
    pub fn add(
        &self,
        labels: &Labels,
        samples: impl IntoIterator<Item = (Timestamp, f64)>,
    ) -> Result<u64> {
        let mut appender = self.writer();
        let series = appender.series(labels)?;
        for (time, value) in samples {
            appender.stage(series, time, value);
        }
        Ok(appender.commit()?.samples)
    }

    /// A writer that takes histograms as well.
    pub fn writer(&self) -> MemoryAppender {
        MemoryAppender { store: self.clone(), staged: Vec::new(), newest: HashMap::new() }
    }

    /// Removes the samples within `span` of the series that match, and says how many there were.
    pub fn delete(&self, matchers: &[Matcher], span: Span) -> u64 {
        let mut guard = self.0.write().expect("no holder of this lock panics");
        let content = Arc::make_mut(&mut guard);
        let (mut deleted, mut lowest) = (0, None);
        for series in content.series.iter_mut().filter(|series| series.matches(matchers)) {
            let rows = within(series, span);
            let Some(&first) = series.times[rows.clone()].first() else { continue };
            lowest = Some(lowest.map_or(first, |lowest: i64| lowest.min(first)));
            deleted += rows.len() as u64;
            Arc::make_mut(series).remove(rows);
        }
        if let Some(lowest) = lowest {
            content.marks.note(Timestamp(lowest));
        }
        deleted
    }

    /// All series with their floats, in label order.
    pub fn to_vec(&self) -> Vec<(Labels, Vec<(Timestamp, f64)>)> {
        let content = self.content();
        let samples = |series: &Series| {
            let samples = series.times.iter().zip(&series.values);
            let floats = samples.filter(|(_, cell)| histogram_index(**cell).is_none());
            floats.map(|(&time, &value)| (Timestamp(time), value)).collect()
        };
        let series = content.by_labels.values().map(|&at| &content.series[at]);
        series.map(|series| (series.labels.clone(), samples(series))).collect()
    }

    /// All series with all samples, histograms among them.
    pub fn to_values(&self) -> Vec<(Labels, Vec<StartedValue>)> {
        let content = self.content();
        let samples = |series: &Series| {
            let starts = series.starts.iter().copied().chain(std::iter::repeat(0));
            let cells = series.times.iter().zip(starts).zip(&series.values);
            let value = |cell| match series.histogram(cell) {
                Some(histogram) => Value::Histogram(Arc::clone(histogram)),
                None => Value::Float(cell),
            };
            let samples = cells
                .map(|((&time, start), &cell)| (Timestamp(time), Timestamp(start), value(cell)));
            samples.collect()
        };
        let series = content.by_labels.values().map(|&at| &content.series[at]);
        series.map(|series| (series.labels.clone(), samples(series))).collect()
    }

    fn content(&self) -> Arc<Content> {
        Arc::clone(&self.0.read().expect("no holder of this lock panics"))
    }
}

impl Appendable for MemoryStore {
    fn appender(&self, _lane: &LaneKey) -> Result<Box<dyn Appender>> {
        Ok(Box::new(self.writer()))
    }
}

/// A writer of a store in memory.
#[derive(Debug)]
pub struct MemoryAppender {
    store: MemoryStore,
    staged: Vec<(SeriesRef, Sample)>,
    /// Where the newest staged sample of each series is.
    newest: HashMap<SeriesRef, usize>,
}

/// A staged sample.
#[derive(Debug)]
struct Sample {
    time: i64,
    /// 0 when it is not known.
    start: i64,
    value: Value,
}

impl Appender for MemoryAppender {
    fn series(&mut self, labels: &Labels) -> Result<SeriesRef> {
        if labels.is_empty() {
            return Err(Error::InvalidLabels { labels: labels.to_string() });
        }
        let mut guard = self.store.0.write().expect("no holder of this lock panics");
        if let Some(&at) = guard.by_labels.get(labels) {
            return Ok(SeriesRef(at as u64));
        }
        let at = Arc::make_mut(&mut guard).insert(labels);
        Ok(SeriesRef(at as u64))
    }

    fn stage(&mut self, series: SeriesRef, time: Timestamp, value: f64) -> Verdict {
        self.stage_value(series, time, Timestamp(0), Value::Float(value))
    }

    fn stage_value(
        &mut self,
        series: SeriesRef,
        time: Timestamp,
        start: Timestamp,
        value: Value,
    ) -> Verdict {
        let value = value.settled();
        let content = self.store.content();
        let Some(held) = index(series).and_then(|at| content.series.get(at)) else {
            return Verdict::UnknownSeries;
        };
        let staged = self.newest.get(&series).map(|&at| &self.staged[at].1);
        let newest = staged.map(|sample| (sample.time, sample.value.clone()));
        match newest.or_else(|| held.newest()) {
            Some((newest, _)) if newest > time.0 => Verdict::OutOfOrder,
            Some((newest, held)) if newest == time.0 => {
                if held.is(&value) {
                    Verdict::Accepted
                } else {
                    Verdict::Duplicate
                }
            }
            _ => {
                self.newest.insert(series, self.staged.len());
                self.staged.push((series, Sample { time: time.0, start: start.0, value }));
                Verdict::Accepted
            }
        }
    }

    fn stage_row(
        &mut self,
        time: Timestamp,
        series: &[SeriesRef],
        values: &[f64],
        refused: &mut Vec<(usize, Verdict)>,
    ) {
        for (index, (&series, &value)) in series.iter().zip(values).enumerate() {
            match self.stage(series, time, value) {
                Verdict::Accepted => {}
                verdict => refused.push((index, verdict)),
            }
        }
    }

    fn commit(&mut self) -> Result<Committed> {
        let mut guard = self.store.0.write().expect("no holder of this lock panics");
        let content = Arc::make_mut(&mut guard);
        let (mut samples, mut created) = (0, 0);
        if let Some(lowest) = self.staged.iter().map(|(_, sample)| sample.time).min() {
            content.marks.note(Timestamp(lowest));
        }
        self.newest.clear();
        for (series, sample) in self.staged.drain(..) {
            let at = index(series).expect("staged references were looked up");
            let series = Arc::make_mut(&mut content.series[at]);
            created += u64::from(series.times.is_empty());
            series.push(sample);
            samples += 1;
        }
        Ok(Committed { samples, series_created: created })
    }

    fn rollback(&mut self) {
        self.staged.clear();
        self.newest.clear();
    }
}

fn index(series: SeriesRef) -> Option<usize> {
    usize::try_from(series.0).ok()
}

impl Queryable for MemoryStore {
    fn snapshot(&self, _span: Span, _ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::new(MemorySnapshot(self.content())))
    }
}

#[derive(Debug)]
struct MemorySnapshot(Arc<Content>);

impl Snapshot for MemorySnapshot {
    fn select(&self, selection: &Selection<'_>, ctx: &Arc<Ctx>) -> Result<Box<dyn Parts>> {
        let mut series: Vec<_> = self.0.matching(selection.matchers).map(Arc::clone).collect();
        if selection.order == Order::Key {
            series.sort_by_key(|series| series.key);
        }
        if selection.limit > 0 {
            series.truncate(selection.limit);
        }
        Ok(Box::new(MemoryParts { series, span: selection.span, ctx: Arc::clone(ctx) }))
    }

    fn label_names(&self, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        let names = self.0.matching(matchers).flat_map(|series| series.labels.iter().map(|l| l.0));
        Ok(distinct(names, limit))
    }

    fn label_values(&self, name: &str, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        let values = self.0.matching(matchers).filter_map(|series| series.labels.get(name));
        Ok(distinct(values, limit))
    }

    fn changed_since(&self, mark: u64) -> (u64, Option<Timestamp>) {
        (self.0.marks.now(), self.0.marks.lowest_since(mark))
    }
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>, limit: usize) -> Vec<String> {
    let mut texts: Vec<&str> = texts.collect();
    texts.sort_unstable();
    texts.dedup();
    if limit > 0 {
        texts.truncate(limit);
    }
    texts.into_iter().map(str::to_owned).collect()
}

#[derive(Debug)]
struct MemoryParts {
    series: Vec<Arc<Series>>,
    span: Span,
    ctx: Arc<Ctx>,
}

impl Parts for MemoryParts {
    fn next(&mut self) -> Result<Option<Box<dyn Part>>> {
        if self.series.is_empty() {
            return Ok(None);
        }
        let rest = self.series.split_off(self.series.len().min(<dyn Parts>::SERIES_MAX));
        let series = std::mem::replace(&mut self.series, rest);
        let metas = series.iter().map(|series| self.meta(series)).collect();
        Ok(Some(Box::new(MemoryPart { series, metas, span: self.span })))
    }
}

impl MemoryParts {
    fn meta(&self, series: &Series) -> SeriesMeta {
        let labels: LabelsId = self.ctx.labels.add(&series.labels);
        let samples_max = within(series, self.span).len() as u64;
        SeriesMeta { key: series.key, labels, samples_max, presence: None }
    }
}

fn within(series: &Series, span: Span) -> Range<usize> {
    let start = series.times.partition_point(|&time| time < span.min.0);
    let end = series.times.partition_point(|&time| time <= span.max.0);
    start..end.max(start)
}

#[derive(Debug)]
struct MemoryPart {
    series: Vec<Arc<Series>>,
    metas: Vec<SeriesMeta>,
    span: Span,
}

impl Part for MemoryPart {
    fn series(&self) -> &[SeriesMeta] {
        &self.metas
    }

    fn decode(&mut self, which: Range<usize>, out: &mut Batch) -> Result<()> {
        out.clear();
        for at in which {
            let series = &self.series[at];
            let range = within(series, self.span);
            if range.is_empty() {
                continue;
            }
            let start = offset(out.times.len());
            out.times.extend_from_slice(&series.times[range.clone()]);
            if !series.starts.is_empty() {
                out.starts.resize(out.floats.len(), 0);
                out.starts.extend_from_slice(&series.starts[range.clone()]);
            }
            let cells = &series.values[range];
            if series.histograms.is_empty() {
                out.floats.extend_from_slice(cells);
            } else {
                for &cell in cells {
                    let held = series.histogram(cell).map(Arc::clone);
                    out.floats.push(if held.is_some() {
                        histogram_cell(offset(out.histograms.len()))
                    } else {
                        cell
                    });
                    out.histograms.extend(held);
                }
            }
            if !out.starts.is_empty() {
                out.starts.resize(out.floats.len(), 0);
            }
            let rows = start..offset(out.times.len());
            out.runs.push(Run { series: offset(at), times: rows.clone(), floats: rows });
        }
        Ok(())
    }
}

fn offset(len: usize) -> u32 {
    u32::try_from(len).expect("a part's samples in memory stay below 2^32")
}

#[cfg(test)]
mod tests;
