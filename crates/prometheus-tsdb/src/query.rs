//! Blocks and a head behind the seam that queries ask at.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use regain_model::{Matcher, STALE_NAN, SeriesKey, Span, Timestamp};
use regain_storage::{
    Batch, Ctx, Marks, Order, Part, Parts, Queryable, Result, Run, Selection, SeriesMeta, Snapshot,
    Want, histogram_cell,
};

use crate::chunk::sample_count;
use crate::content::Content;
use crate::dir::PrometheusDir;
use crate::merge::{Merger, Piece};
use crate::sample::{Native, Samples};
use crate::select::Candidate;

impl Queryable for PrometheusDir {
    fn snapshot(&self, span: Span, _ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        // Nothing changes a directory while it is open.
        let (content, marks) = (Arc::clone(&self.content), Arc::default());
        Ok(Arc::new(View { content, span, marks }))
    }
}

/// What a query sees.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) content: Arc<Content>,
    pub(crate) span: Span,
    /// The changes up to the moment of the view.
    pub(crate) marks: Arc<Marks>,
}

impl View {
    fn candidates(&self, matchers: &[Matcher]) -> Result<Vec<Candidate>> {
        self.content.find(matchers, self.span, Some(Order::Labels), &Ctx::default())
    }
}

impl Snapshot for View {
    fn select(&self, selection: &Selection<'_>, ctx: &Arc<Ctx>) -> Result<Box<dyn Parts>> {
        let Selection { matchers, span, order, limit, .. } = *selection;
        let mut found = self.content.find(matchers, span, Some(order), ctx)?;
        if limit > 0 {
            found.truncate(limit);
        }
        found.reverse();
        let looks = selection.want != Want::Nothing;
        let (content, ctx) = (Arc::clone(&self.content), Arc::clone(ctx));
        Ok(Box::new(Found { content, ctx, span, looks, rest: found }))
    }

    fn label_names(&self, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        if matchers.is_empty() {
            return Ok(limited(self.content.names(self.span), limit));
        }
        let found = self.candidates(matchers)?;
        let names = found.iter().flat_map(|one| one.labels().iter().map(|(name, _)| name));
        Ok(limited(names.collect::<BTreeSet<_>>(), limit))
    }

    fn label_values(&self, name: &str, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        if matchers.is_empty() {
            let values = self.content.values(name, self.span)?;
            return Ok(limited(values.iter().map(String::as_str), limit));
        }
        let found = self.candidates(matchers)?;
        let values = found.iter().filter_map(|one| one.labels().get(name));
        Ok(limited(values.collect::<BTreeSet<_>>(), limit))
    }

    fn span(&self) -> Option<Span> {
        self.content.span(self.span)
    }

    fn changed_since(&self, mark: u64) -> (u64, Option<Timestamp>) {
        (self.marks.now(), self.marks.lowest_since(mark))
    }
}

fn limited<'a>(texts: impl IntoIterator<Item = &'a str>, limit: usize) -> Vec<String> {
    let most = if limit == 0 { usize::MAX } else { limit };
    texts.into_iter().take(most).map(str::to_owned).collect()
}

/// The series of a selection.
#[derive(Debug)]
struct Found {
    content: Arc<Content>,
    ctx: Arc<Ctx>,
    span: Span,
    /// Whether samples are wanted.
    looks: bool,
    /// What is left, the last one first.
    rest: Vec<Candidate>,
}

impl Parts for Found {
    fn next(&mut self) -> Result<Option<Box<dyn Part>>> {
        let mut part = self.next_unprepared()?;
        part.as_mut().map_or(Ok(()), |part| part.prepare())?;
        Ok(part)
    }

    fn next_unprepared(&mut self) -> Result<Option<Box<dyn Part>>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let from = self.rest.len().saturating_sub(<dyn Parts>::SERIES_MAX);
        let mut series = self.rest.split_off(from);
        series.reverse();
        Ok(Some(Box::new(SomeSeries {
            content: Arc::clone(&self.content),
            ctx: Arc::clone(&self.ctx),
            span: self.span,
            looks: self.looks,
            series,
            metas: Vec::new(),
            pieces: Vec::new(),
            merger: Merger::default(),
            samples: Samples::default(),
        })))
    }
}

fn bound(pieces: &[Piece]) -> u64 {
    let count = |piece: &Piece| sample_count(piece.bytes.encoding, &piece.bytes.data).unwrap_or(0);
    pieces.iter().map(|piece| u64::from(count(piece))).sum()
}

/// Series with their chunks.
#[derive(Debug)]
struct SomeSeries {
    content: Arc<Content>,
    ctx: Arc<Ctx>,
    span: Span,
    looks: bool,
    /// Before their chunks are read.
    series: Vec<Candidate>,
    metas: Vec<SeriesMeta>,
    pieces: Vec<Vec<Piece>>,
    merger: Merger,
    samples: Samples,
}

impl Part for SomeSeries {
    fn prepare(&mut self) -> Result<()> {
        let mut series = std::mem::take(&mut self.series);
        if self.looks {
            self.pieces = self.content.read(&mut series, self.span, &self.ctx);
        }
        let mut arena = self.ctx.labels.write();
        let pieces = &self.pieces;
        let meta = |(at, one): (usize, &Candidate)| SeriesMeta {
            key: one.key(),
            labels: arena.add(one.labels()),
            // Who wants no samples needs no bound.
            samples_max: pieces.get(at).map_or(u64::MAX, |pieces| bound(pieces)),
            presence: None,
        };
        self.metas = series.iter().enumerate().map(meta).collect();
        drop(arena);
        self.ctx.hold_labels()
    }

    fn keys(&self) -> Option<Vec<SeriesKey>> {
        Some(self.series.iter().map(Candidate::key).collect())
    }

    fn series(&self) -> &[SeriesMeta] {
        &self.metas
    }

    fn decode(&mut self, which: Range<usize>, out: &mut Batch) -> Result<()> {
        out.clear();
        for at in which {
            let Some(pieces) = self.pieces.get_mut(at) else { continue };
            self.merger.merge(pieces, self.span, &mut self.samples, |piece, fault| {
                self.content.chunk_fault(piece, fault, &self.ctx);
            });
            append(&self.samples, at, out);
        }
        Ok(())
    }
}

fn offset(len: usize) -> u32 {
    u32::try_from(len).expect("a part's samples in memory stay below 2^32")
}

/// Appends the samples of the series `at`.
fn append(samples: &Samples, at: usize, out: &mut Batch) {
    if samples.is_empty() {
        return;
    }
    let start = offset(out.times.len());
    out.times.extend_from_slice(&samples.times);
    if samples.starts.iter().any(|&start| start != 0) {
        out.starts.resize(out.floats.len(), 0);
        out.starts.extend_from_slice(&samples.starts);
    }
    if samples.histograms.is_empty() {
        out.floats.extend_from_slice(&samples.cells);
    } else {
        for (index, &cell) in samples.cells.iter().enumerate() {
            let histogram = samples.histogram(index);
            let model = histogram.filter(|held| !held.is_stale()).and_then(Native::to_model);
            out.floats.push(match (histogram, &model) {
                (None, _) => cell,
                // What marks the end of a series is the same for floats and histograms. One whose
                // buckets do not fit its layout says nothing, as the end does.
                (Some(_), None) => STALE_NAN,
                (Some(_), Some(_)) => histogram_cell(offset(out.histograms.len())),
            });
            out.histograms.extend(model.map(Arc::new));
        }
    }
    if !out.starts.is_empty() {
        out.starts.resize(out.floats.len(), 0);
    }
    let rows = start..offset(out.times.len());
    out.runs.push(Run { series: offset(at), times: rows.clone(), floats: rows });
}
