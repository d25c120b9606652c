//! A store in memory: the seam's second implementation, for tests and the test language.
//!
//! It keeps whole series in vectors and takes samples in order only. Snapshots are copy-on-write.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, RwLock};

use regain_model::{KeySeed, Labels, Matcher, SeriesKey, Span, Timestamp};

use crate::append::{Appendable, Appender, Committed, LaneKey, SeriesRef, Verdict};
use crate::arena::LabelsId;
use crate::batch::{Batch, Run};
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::select::{Order, Part, Parts, Queryable, Selection, SeriesMeta, Snapshot};

const SEED: KeySeed = KeySeed(0);

/// A store in memory. Clones share their content.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<RwLock<Arc<Content>>>);

#[derive(Clone, Debug, Default)]
struct Content {
    series: Vec<Arc<Series>>,
    by_labels: BTreeMap<Labels, usize>,
}

#[derive(Clone, Debug)]
struct Series {
    labels: Labels,
    key: SeriesKey,
    times: Vec<i64>,
    values: Vec<f64>,
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
        let mut appender = MemoryAppender { store: self.clone(), staged: Vec::new() };
        let series = appender.series(labels)?;
        for (time, value) in samples {
            appender.stage(series, time, value);
        }
        Ok(appender.commit()?.samples)
    }

    /// All series with their samples, in label order.
    pub fn to_vec(&self) -> Vec<(Labels, Vec<(Timestamp, f64)>)> {
        let content = self.content();
        let samples = |series: &Series| {
            series.times.iter().map(|&t| Timestamp(t)).zip(series.values.iter().copied()).collect()
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
        Ok(Box::new(MemoryAppender { store: self.clone(), staged: Vec::new() }))
    }
}

#[derive(Debug)]
struct MemoryAppender {
    store: MemoryStore,
    staged: Vec<(SeriesRef, i64, f64)>,
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
        let content = Arc::make_mut(&mut guard);
        let at = content.series.len();
        content.by_labels.insert(labels.clone(), at);
        content.series.push(Arc::new(Series {
            labels: labels.clone(),
            key: SeriesKey::of_labels(SEED, labels),
            times: Vec::new(),
            values: Vec::new(),
        }));
        Ok(SeriesRef(at as u64))
    }

    fn stage(&mut self, series: SeriesRef, time: Timestamp, value: f64) -> Verdict {
        let content = self.store.content();
        let Some(held) = index(series).and_then(|at| content.series.get(at)) else {
            return Verdict::UnknownSeries;
        };
        let staged = self.staged.iter().rev().find(|staged| staged.0 == series);
        let kept = held.times.last().copied().zip(held.values.last().copied());
        let newest = staged.map(|&(_, time, value)| (time, value)).or(kept);
        match newest {
            Some((newest, _)) if newest > time.0 => Verdict::OutOfOrder,
            Some((newest, held)) if newest == time.0 => {
                if held.to_bits() == value.to_bits() {
                    Verdict::Accepted
                } else {
                    Verdict::Duplicate
                }
            }
            _ => {
                self.staged.push((series, time.0, value));
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
        for (series, time, value) in self.staged.drain(..) {
            let at = index(series).expect("staged references were looked up");
            let series = Arc::make_mut(&mut content.series[at]);
            created += u64::from(series.times.is_empty());
            series.times.push(time);
            series.values.push(value);
            samples += 1;
        }
        Ok(Committed { samples, series_created: created })
    }

    fn rollback(&mut self) {
        self.staged.clear();
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

impl MemorySnapshot {
    fn matching<'a>(&'a self, matchers: &'a [Matcher]) -> impl Iterator<Item = &'a Arc<Series>> {
        self.0.by_labels.iter().filter_map(move |(labels, &at)| {
            let matched =
                matchers.iter().all(|m| m.matches(labels.get(m.name()).unwrap_or_default()));
            matched.then(|| &self.0.series[at])
        })
    }
}

impl Snapshot for MemorySnapshot {
    fn select(&self, selection: &Selection<'_>, ctx: &Arc<Ctx>) -> Result<Box<dyn Parts>> {
        let mut series: Vec<_> = self.matching(selection.matchers).map(Arc::clone).collect();
        if selection.order == Order::Key {
            series.sort_by_key(|series| series.key);
        }
        if selection.limit > 0 {
            series.truncate(selection.limit);
        }
        Ok(Box::new(MemoryParts { series, span: selection.span, ctx: Arc::clone(ctx) }))
    }

    fn label_names(&self, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        let names = self.matching(matchers).flat_map(|series| series.labels.iter().map(|l| l.0));
        Ok(distinct(names, limit))
    }

    fn label_values(&self, name: &str, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        let values = self.matching(matchers).filter_map(|series| series.labels.get(name));
        Ok(distinct(values, limit))
    }

    fn changed_since(&self, mark: u64) -> (u64, Option<Timestamp>) {
        (mark, None)
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
            out.floats.extend_from_slice(&series.values[range]);
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
