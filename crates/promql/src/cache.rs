//! The result cache: range queries that are asked again, a little later.
//!
//! What is kept of an answer is used for the steps that another query of the same expression shares
//! with it; only the steps before and behind are evaluated. An answer with the cache is the one without
//! it, to the last bit:
//! - only queries whose steps do not depend on each other are kept ([`plan::is_stepwise`]), and not those
//!   that speak of their own start, end, range or step;
//! - a step is used again only if no sample that it reads can have changed since. Which have, the store tells
//!   ([`Snapshot::changed_since`]);
//! - an answer with a remark is kept only if the remark is said because of single steps and every part
//!   that was evaluated has said it; one with an error never. Whatever is different about a part, such as
//!   an error or another remark, has the whole evaluated without the cache;
//! - the order of series, on which the last bits of sums depend, is that of all series and not of
//!   those that some steps have met.
//!
//! Not kept are answers to queries that have met types and units among labels, whose removal may let
//! series collide that are never there together, and those with the feature `promql-delayed-name-removal`,
//! which removes names from whole series and not from steps.

mod extent;
mod kept;
mod shelf;
mod survey;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use regain_storage::{Ctx, Queryable, Snapshot};

use crate::ast::Expr;
use crate::eval::{Question, answer, answer_from};
use crate::eval_error::{EvalError, Part, Result};
use crate::grid::{Grid, Held};
use crate::label_sets::MetadataSymbols;
use crate::plan;
use crate::value::{QueryResult, QueryStats, Series, StepStats, Value};
use extent::Extent;
use kept::{Kept, Remarks};
use shelf::{Key, Shelf};
use survey::Survey;

/// An answer takes at most this part of the cache, so that one query does not drive out all others.
const ANSWER_SHARE: usize = 8;

/// What is kept of the answers to range queries over one source.
#[derive(Debug)]
pub struct ResultCache {
    bytes_max: usize,
    shelf: Mutex<Shelf>,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    hits: AtomicU64,
    partial_hits: AtomicU64,
    misses: AtomicU64,
    refused: AtomicU64,
    evictions: AtomicU64,
}

/// How a cache has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Queries that were answered without reading any sample.
    pub hits: u64,
    /// Queries of which some steps were evaluated.
    pub partial_hits: u64,
    /// Queries that were evaluated as a whole.
    pub misses: u64,
    /// Queries that cannot be kept, and were evaluated as a whole.
    pub refused: u64,
    /// Answers that have left for lack of room.
    pub evictions: u64,
    /// The answers that are kept.
    pub answers: u64,
    /// The memory that they take, in bytes.
    pub bytes: u64,
}

/// A query that is being answered.
struct Asked<'q> {
    question: Question<'q>,
    layout: u64,
    snapshot: &'q dyn Snapshot,
    mark: u64,
    ctx: &'q Arc<Ctx>,
}

/// Some steps of an answer.
struct Piece {
    grid: Grid,
    series: Vec<Series>,
    remarks: Remarks,
    stats: QueryStats,
    steps: Vec<StepStats>,
    /// Whether it could be kept.
    is_plain: bool,
}

impl ResultCache {
    /// What a cache takes unless it is told otherwise, in bytes.
    pub const BYTES_DEFAULT: usize = 64 << 20;

    /// A cache of at most `bytes_max` bytes; 0 keeps nothing.
    pub fn new(bytes_max: usize) -> Self {
        let (shelf, counts) = (Mutex::new(Shelf::new(bytes_max)), Counts::default());
        Self { bytes_max, shelf, counts }
    }

    /// How it has done so far.
    pub fn stats(&self) -> CacheStats {
        // Ordering: counters that guard no other memory.
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts { hits, partial_hits, misses, refused, evictions } = &self.counts;
        let shelf = self.shelf();
        CacheStats {
            hits: get(hits),
            partial_hits: get(partial_hits),
            misses: get(misses),
            refused: get(refused),
            evictions: get(evictions),
            answers: shelf.len() as u64,
            bytes: shelf.bytes() as u64,
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().expect("no holder of this lock panics")
    }

    /// Answers a range query.
    pub(crate) fn answer(
        &self,
        question: Question<'_>,
        expr: &Expr,
        source: &dyn Queryable,
        ctx: &Arc<Ctx>,
    ) -> Result<QueryResult> {
        let Question { options, node, grid, over_time, .. } = question;
        let survey = Survey::of(expr);
        let keeps = self.bytes_max > 0
            && grid.len > 0
            && over_time
            && !survey.asks_for_bounds
            && !options.features.delayed_name_removal
            && plan::reads_samples(node)
            && plan::is_stepwise(node, grid.step, options.step_default_ms);
        if !keeps {
            count(&self.counts.refused);
            return answer(question, source, ctx);
        }
        let key = Key::new(expr, grid, options);
        // What is kept comes first: its mark must not be newer than the view of the store.
        let kept = self.shelf().get(&key);
        let snapshot = source.snapshot(plan::time_span(node, grid, options), ctx)?;
        let preparation = question.laps.elapsed();
        let (mark, changed) = snapshot.changed_since(kept.as_ref().map_or(0, |kept| kept.mark));
        let layout = survey.layout;
        let asked = Asked { question, layout, snapshot: snapshot.as_ref(), mark, ctx };
        if let Some(kept) = kept
            && let Some(valid) = kept.valid(changed, |time| asked.read_until(time))
            && let Some(result) = self.extend(&asked, &key, &kept, valid)?
        {
            return Ok(prepared(result, preparation));
        }
        count(&self.counts.misses);
        let piece = asked.evaluate(*grid)?;
        let kept = if piece.is_plain { asked.kept(&piece, self.answer_bytes_max())? } else { None };
        self.keep(key, kept);
        Ok(prepared(piece.into_result(ctx), preparation))
    }

    /// Answers from what is kept and from the steps that are missing; `None` when that does not give the
    /// whole.
    fn extend(
        &self,
        asked: &Asked<'_>,
        key: &Key,
        kept: &Kept,
        valid: Grid,
    ) -> Result<Option<QueryResult>> {
        let grid = asked.question.grid;
        let Some(shared) = grid.within(&valid) else { return Ok(None) };
        if !kept.remarks.is_empty() && kept.layout != asked.layout {
            return Ok(None);
        }
        let pieces = match asked.missing(&shared, &kept.remarks) {
            Ok(Some(pieces)) => pieces,
            Ok(None) => return Ok(None),
            Err(error) if error.ends_the_query() => return Err(error),
            // Which error it is depends on all steps.
            Err(_) => return Ok(None),
        };
        let mut stats = QueryStats { steps_cached: shared.len as u64, ..QueryStats::default() };
        for piece in &pieces {
            stats.samples_total += piece.stats.samples_total;
            stats.samples_read += piece.stats.samples_read;
            stats.sorting += piece.stats.sorting;
        }
        stats.samples_peak = asked.ctx.budget.peak();
        let series = if pieces.is_empty() {
            if !kept.is_said_within(grid) {
                return Ok(None);
            }
            count(&self.counts.hits);
            asked.series(&kept.extent)?
        } else {
            count(&self.counts.partial_hits);
            // A copy of what is kept, with what is new.
            let mut held = Held::new(asked.ctx, 0)?;
            held.add_bytes(kept.extent.size_bytes())?;
            let whole = asked.joined(kept, valid, &pieces);
            held.set_bytes(whole.size_bytes())?;
            let series = asked.series(&whole)?;
            let witness = pieces[pieces.len() - 1].grid;
            let remarks = kept.remarks.clone();
            let fits = whole.size_bytes() <= self.answer_bytes_max();
            let Asked { mark, layout, .. } = *asked;
            let longest = kept.longest.max(grid.len);
            let extent = whole;
            let kept = fits.then_some(Kept { mark, extent, remarks, layout, longest, witness });
            self.keep(key.clone(), kept);
            series
        };
        let Remarks { warnings, infos } = kept.remarks.clone();
        let (value, steps) = (Value::Matrix(series), Vec::new());
        Ok(Some(QueryResult { value, warnings, infos, stats, steps }))
    }

    const fn answer_bytes_max(&self) -> usize {
        self.bytes_max / ANSWER_SHARE
    }

    /// Keeps the newest answer under `key`, or none.
    fn keep(&self, key: Key, kept: Option<Kept>) {
        let mut shelf = self.shelf();
        match kept {
            Some(kept) => {
                let evicted = shelf.put(key, kept);
                // Ordering: a counter that guards no other memory.
                self.counts.evictions.fetch_add(evicted, Ordering::Relaxed);
            }
            None => shelf.remove(&key),
        }
    }
}

fn count(counter: &AtomicU64) {
    // Ordering: a counter that guards no other memory.
    counter.fetch_add(1, Ordering::Relaxed);
}

/// An answer to a query that was prepared for so long.
fn prepared(mut result: QueryResult, preparation: Duration) -> QueryResult {
    result.stats.preparation = preparation;
    result
}

impl Asked<'_> {
    /// The last time that the step at `time` reads.
    fn read_until(&self, time: i64) -> i64 {
        let Question { node, options, .. } = self.question;
        plan::time_span(node, &Grid::instant(time), options).max.0
    }

    /// The steps before and behind `shared`, unless one is special or makes other remarks.
    fn missing(&self, shared: &Grid, remarks: &Remarks) -> Result<Option<Vec<Piece>>> {
        let Grid { start, step, .. } = *self.question.grid;
        let last = self.question.grid.last();
        let mut pieces = Vec::new();
        if start < shared.start {
            pieces.push(Grid::between(start, shared.start - step, step));
        }
        if shared.last() < last {
            pieces.push(Grid::between(shared.last() + step, last, step));
        }
        let mut evaluated = Vec::new();
        for grid in pieces {
            let piece = self.evaluate(grid)?;
            if !piece.is_plain || piece.remarks != *remarks {
                return Ok(None);
            }
            evaluated.push(piece);
        }
        Ok(Some(evaluated))
    }

    fn evaluate(&self, grid: Grid) -> Result<Piece> {
        let question = Question { grid: &grid, ..self.question };
        let result = answer_from(question, self.snapshot, self.ctx)?;
        let QueryResult { value, warnings, infos, stats, steps } = result;
        let Value::Matrix(series) = value else {
            return Err(EvalError::RangeOfType(value.type_name()));
        };
        let remarks = Remarks { warnings, infos };
        let has_types = MetadataSymbols::of(&self.ctx.labels.read()).has_type_or_unit();
        let is_plain = !has_types && remarks.are_of_steps();
        Ok(Piece { grid, series, remarks, stats, steps, is_plain })
    }

    /// What is to be kept of a whole answer, unless that takes more than `bytes_max`.
    fn kept(&self, piece: &Piece, bytes_max: usize) -> Result<Option<Kept>> {
        let points = piece.series.iter().map(|series| series.points.len()).sum::<usize>();
        let bytes = points.saturating_mul(size_of::<f64>());
        if bytes > bytes_max {
            return Ok(None);
        }
        // Until it is with the cache, the query holds it.
        let mut held = Held::new(self.ctx, 0)?;
        held.add_bytes(bytes)?;
        let extent = Extent::of(piece.grid, &piece.series);
        let (remarks, witness) = (piece.remarks.clone(), piece.grid);
        let (mark, layout, longest) = (self.mark, self.layout, piece.grid.len);
        let kept = Kept { mark, extent, remarks, layout, longest, witness };
        Ok((kept.size_bytes() <= bytes_max).then_some(kept))
    }

    /// What is kept together with the pieces around it. It grows up to twice the steps that a query has
    /// asked for.
    fn joined(&self, kept: &Kept, valid: Grid, pieces: &[Piece]) -> Extent {
        let asked = self.question.grid;
        let (mut start, mut last) = (valid.start.min(asked.start), valid.last().max(asked.last()));
        let steps = kept.longest.max(asked.len).saturating_mul(2);
        let length = asked.step.saturating_mul(steps.cast_signed() as i64 - 1);
        if last - start > length {
            start = (last - length).min(asked.start);
            last = last.min(start + length);
        }
        let extents: Vec<(Extent, Grid)> = pieces
            .iter()
            .map(|piece| (Extent::of(piece.grid, &piece.series), piece.grid))
            .collect();
        let mut parts: Vec<(&Extent, Grid)> =
            extents.iter().map(|(extent, grid)| (extent, *grid)).collect();
        parts.push((&kept.extent, valid));
        parts.sort_by_key(|(_, grid)| grid.start);
        Extent::joined(Grid::between(start, last, asked.step), &parts)
    }

    fn series(&self, extent: &Extent) -> Result<Vec<Series>> {
        let held_bytes = self.ctx.bytes.held();
        let series = extent.series(self.question.grid, self.ctx);
        series.map_err(|error| error.about(Part::Answer, held_bytes))
    }
}

impl Piece {
    fn into_result(self, ctx: &Ctx) -> QueryResult {
        let Remarks { warnings, infos } = self.remarks;
        let stats = QueryStats { samples_peak: ctx.budget.peak(), ..self.stats };
        let (value, steps) = (Value::Matrix(self.series), self.steps);
        QueryResult { value, warnings, infos, stats, steps }
    }
}
