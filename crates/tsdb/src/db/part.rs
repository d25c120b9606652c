//! Parts of a selection: up to 128 series, where their samples are, and their decoding.

mod plain;

use std::ops::Range;
use std::sync::Arc;

use regain_model::SeriesKey;
use regain_storage::{
    Batch, Ctx, Error, Part, Parts, Result, Run, Selection, SeriesMeta, Want, histogram_cell,
    histogram_index,
};

use super::batch_times::{BatchTimes, offset};
use super::by_lane::ByLane;
use super::delete::hide;
use super::locate::{LoadedPages, Located, SealedGroup, SealedPiece, find};
use super::losses::Losses;
use super::rows::RowsInSpan;
use super::select::{SeenPlace, Selected, SelectedSeries};
use super::sketch::Sketch;
use super::snapshot::Seen;
use crate::column::Column;
use crate::lane::LaneData;
use crate::lane::whole::RowsWithin;
use crate::layout::corrupt;
use crate::segment::page::Piece;
use crate::segment::read::{Chosen, Frames, decode};
use crate::segment::values::{KnownValues, Source};

/// Hands out the parts of a selection.
#[derive(Debug)]
pub(super) struct StoreParts {
    seen: Arc<Seen>,
    selected: Arc<SelectedSeries>,
    next: usize,
    loaded: Vec<LoadedPages>,
    rows: Arc<RowsInSpan>,
    in_memory: Arc<ByLane<RowsWithin>>,
    plan: Plan,
    ctx: Arc<Ctx>,
}

/// What parts are for.
#[derive(Clone, Copy, Debug)]
struct Plan {
    span: (i64, i64),
    /// Whether the presence of series is worth computing.
    presence: bool,
    /// Whether samples will be decoded.
    decodes: bool,
}

impl StoreParts {
    pub(super) fn new(
        seen: Arc<Seen>,
        selected: SelectedSeries,
        selection: &Selection<'_>,
        ctx: Arc<Ctx>,
    ) -> Self {
        let plan = Plan {
            span: (selection.span.min.0, selection.span.max.0),
            presence: matches!(selection.hints.function, "count" | "group" | "absent"),
            decodes: selection.want != Want::Nothing,
        };
        let loaded = seen.segments.iter().map(|_| LoadedPages::default()).collect();
        let rows = Arc::new(RowsInSpan::new(&seen, plan.span));
        let in_memory = Arc::new(ByLane::new(selected.lanes.len()));
        Self { seen, selected: Arc::new(selected), next: 0, loaded, rows, in_memory, plan, ctx }
    }

    /// The next part, which is not prepared.
    fn take(&mut self) -> Result<Option<StorePart>> {
        self.ctx.cancel.check()?;
        let rest = self.selected.series.len() - self.next;
        if rest == 0 {
            return Ok(None);
        }
        let end = self.next + rest.min(<dyn Parts>::SERIES_MAX);
        let range = std::mem::replace(&mut self.next, end)..end;
        Ok(Some(StorePart::new(self, range)))
    }
}

impl Parts for StoreParts {
    fn next(&mut self) -> Result<Option<Box<dyn Part>>> {
        while let Some(mut part) = self.take()? {
            part.prepare_with(&mut self.loaded)?;
            // Whether all series had samples is known only now.
            if !part.metas.is_empty() {
                return Ok(Some(Box::new(part)));
            }
        }
        Ok(None)
    }

    fn next_unprepared(&mut self) -> Result<Option<Box<dyn Part>>> {
        Ok(self.take()?.map(|part| Box::new(part) as Box<dyn Part>))
    }

    fn loose(&self) -> Option<usize> {
        self.selected.is_loose.then_some(self.selected.series.len())
    }
}

#[derive(Debug)]
struct StorePart {
    seen: Arc<Seen>,
    selected: Arc<SelectedSeries>,
    rows: Arc<RowsInSpan>,
    losses: Losses,
    in_memory: Arc<ByLane<RowsWithin>>,
    plan: Plan,
    metas: Vec<SeriesMeta>,
    /// The place of each among the selected series, from the start of `range` on.
    places: Vec<usize>,
    range: Range<usize>,
    /// Where their samples are in segments, once that is of interest.
    located: Option<Located>,
    /// The values of the groups as far as they were read, as the groups lie in `located`.
    values: Vec<KnownValues>,
}

impl StorePart {
    fn new(parts: &StoreParts, range: Range<usize>) -> Self {
        Self {
            seen: Arc::clone(&parts.seen),
            selected: Arc::clone(&parts.selected),
            rows: Arc::clone(&parts.rows),
            losses: Losses(Arc::clone(&parts.ctx)),
            in_memory: Arc::clone(&parts.in_memory),
            plan: parts.plan,
            metas: Vec::with_capacity(range.len()),
            places: Vec::with_capacity(range.len()),
            range,
            located: None,
            values: Vec::new(),
        }
    }

    /// Finds out what is known of the series, with the pages that were read last.
    fn prepare_with(&mut self, loaded: &mut [LoadedPages]) -> Result<()> {
        let mut sketches = self.sketches(loaded)?;
        if let Some(sketches) = &mut sketches {
            self.leave_out_deleted(sketches)?;
        }
        let series = &self.selected.series[self.range.clone()];
        for (at, &Selected { key, labels, .. }) in series.iter().enumerate() {
            let (samples_max, presence) = match &sketches {
                // Who wants no samples needs no bound, and gets none.
                None => (u64::MAX, None),
                Some(sketches) if sketches[at].samples_max == 0 => continue,
                Some(sketches) if self.plan.presence => {
                    (sketches[at].samples_max, sketches[at].presence())
                }
                Some(sketches) => (sketches[at].samples_max, None),
            };
            self.metas.push(SeriesMeta { key, labels, samples_max, presence });
            self.places.push(at);
        }
        Ok(())
    }

    /// What is known about the series; nothing where nobody wants to know.
    fn sketches(&mut self, loaded: &mut [LoadedPages]) -> Result<Option<Vec<Sketch>>> {
        let series = &self.selected.series[self.range.clone()];
        let Plan { span, presence, decodes } = self.plan;
        if !decodes && !presence && series.iter().all(|series| series.is_certain) {
            return Ok(None);
        }
        let mut sketches = vec![Sketch::default(); series.len()];
        let mut broken = None;
        let mut sketch = |series: u32, segment: u32, piece: &Piece| {
            let known = (&*self.seen, &*self.rows);
            if sketches[series as usize].add_sealed(known, segment, piece).is_none() {
                broken = Some(segment);
            }
        };
        let within = (&*self.seen, &self.losses);
        if presence {
            // Where the samples lie matters only if it turns out that they must be decoded.
            find(within, loaded, series, |found| {
                let segment = offset(found.segment);
                let pieces = found.pieces().iter();
                let pieces = pieces.filter(|piece| self.seen.overlaps(segment, piece, span));
                pieces.for_each(|piece| sketch(found.series, segment, piece));
            })?;
        } else {
            let located = Located::new(within, loaded, series, span)?;
            for at in 0..series.len() {
                for sealed in located.pieces_of(at) {
                    sketch(offset(at), sealed.segment, &sealed.piece);
                }
            }
            self.located = Some(located);
        }
        if let Some(segment) = broken {
            self.losses.take(&self.seen, self.impossible(segment))?;
        }
        let mut bound = None;
        for (at, sketch) in sketches.iter_mut().enumerate() {
            let &Selected { place, is_certain, .. } = self.selected_at(at);
            let is_plain = is_certain && !presence && self.selected.others.is_empty();
            if is_plain && let Some(rows) = self.rows_max(place.lane, &mut bound) {
                sketch.samples_max += rows;
                continue;
            }
            // To look whether the lanes have something is more work than to bound how much that may be.
            let is_looked_at = presence || !is_certain;
            for (data, SeenPlace { slot, .. }) in self.lanes_of(at) {
                if !is_looked_at || data.has(slot) {
                    sketch.add_unsealed((data, slot), span, presence);
                }
            }
        }
        Ok(Some(sketches))
    }

    /// How many samples a slot of a lane has in memory at most, if none of its slots has samples of its own; `bound` is
    /// the lane that was asked for last, with its answer.
    fn rows_max(&self, lane: u32, bound: &mut Option<(u32, Option<u64>)>) -> Option<u64> {
        if let Some((known, rows)) = *bound
            && known == lane
        {
            return rows;
        }
        let (min, max) = self.plan.span;
        let data = self.selected.lanes.get(lane as usize)?;
        let data = data.iter().filter(|data| data.overlaps(min, max));
        let rows = data.map(|data| data.own.is_empty().then(|| data.rows_max(min, max))).sum();
        *bound = Some((lane, rows));
        rows
    }

    /// What is deleted of a series within the span.
    fn deleted(&self, at: usize) -> Option<&[(i64, i64)]> {
        self.seen.deleted(self.selected_at(at).id, self.plan.span)
    }

    /// Counts what is left of series of which something is deleted: only decoding tells.
    fn leave_out_deleted(&mut self, sketches: &mut [Sketch]) -> Result<()> {
        let mut column = Column::default();
        for (at, sketch) in sketches.iter_mut().enumerate() {
            if self.deleted(at).is_some() {
                self.locate()?;
                self.load(std::iter::once(at))?;
                self.read_series(at, &mut column)?;
                *sketch = Sketch::of_count(column.times.len() as u64);
            }
        }
        Ok(())
    }

    /// Finds out where the samples are, unless that is known.
    fn locate(&mut self) -> Result<()> {
        let located = if let Some(located) = self.located.take() {
            located
        } else {
            let segments = self.seen.segments.iter();
            let mut loaded: Vec<_> = segments.map(|_| LoadedPages::default()).collect();
            let series = &self.selected.series[self.range.clone()];
            Located::new((&self.seen, &self.losses), &mut loaded, series, self.plan.span)?
        };
        self.values.resize_with(located.groups.len(), KnownValues::default);
        self.located = Some(located);
        Ok(())
    }

    /// Where a series has its sealed samples, oldest first.
    fn pieces_of(&self, at: usize) -> &[SealedPiece] {
        self.located.as_ref().map_or(&[], |located| located.pieces_of(at))
    }

    fn impossible(&self, segment: u32) -> Error {
        let segment = &self.seen.segments[segment as usize].segment;
        corrupt(&segment.path, 0, "rows that the lane has")
    }

    fn selected_at(&self, at: usize) -> &Selected {
        &self.selected.series[self.range.start + at]
    }

    fn chosen<'a>(&'a self, sealed: &'a SealedPiece) -> Result<Chosen<'a>> {
        let chosen = self.rows.choose(&self.seen, sealed.segment, &sealed.piece);
        chosen.ok_or_else(|| self.impossible(sealed.segment))
    }

    /// Reads the values that some series need. Those of a damaged group are not there.
    fn load(&mut self, which: impl IntoIterator<Item = usize>) -> Result<()> {
        let Self { seen, located, values, losses, .. } = self;
        let Some(located) = located else { return Ok(()) };
        // Where the wanted values of each group begin and end.
        let mut wanted = vec![(usize::MAX, 0); located.groups.len()];
        for sealed in which.into_iter().flat_map(|at| located.pieces_of(at)) {
            let (start, end) = &mut wanted[sealed.group as usize];
            let first = sealed.start as usize;
            *start = first.min(*start);
            *end = first.saturating_add(sealed.piece.size_bytes as usize).max(*end);
        }
        for ((group, known), (start, end)) in located.groups.iter().zip(values).zip(wanted) {
            let loaded = known.load_by(start..end, |wanted| {
                seen.db.caches.values(source_of(seen, group), wanted)
            });
            losses.without(seen, loaded)?;
        }
        Ok(())
    }

    /// Decodes a piece whose values were loaded. `decode` says nothing when it could not.
    fn decode_piece(
        &self,
        sealed: &SealedPiece,
        decode: impl FnMut(Frames<'_>) -> Option<()>,
    ) -> Result<()> {
        let located = self.located.as_ref().ok_or_else(|| self.broken(sealed))?;
        let source = source_of(&self.seen, &located.groups[sealed.group as usize]);
        let known = &self.values[sealed.group as usize];
        let is_decoded = known.decode(source, sealed.start as usize, decode)?;
        is_decoded.then_some(()).ok_or_else(|| self.broken(sealed))
    }

    fn broken(&self, sealed: &SealedPiece) -> Error {
        let segment = &self.seen.segments[sealed.segment as usize].segment;
        corrupt(&segment.path, u64::from(sealed.start), "frames of values")
    }

    /// The lanes in memory in which a series may have samples, each with its slot.
    fn lanes_of(&self, at: usize) -> impl Iterator<Item = (&LaneData, SeenPlace)> {
        let &Selected { id, place, .. } = self.selected_at(at);
        let others = self.selected.others.get(&id).map_or(&[][..], Vec::as_slice);
        let (min, max) = self.plan.span;
        std::iter::once(place).chain(others.iter().copied()).flat_map(move |place| {
            let lane = self.selected.lanes.get(place.lane as usize);
            let parts = lane.into_iter().flat_map(|lane| lane.iter());
            let parts = parts.filter(move |data| data.overlaps(min, max));
            parts.map(move |data| (&**data, place))
        })
    }

    /// Reads the samples of one series into `out`; pieces that are damaged are left out.
    fn read_series(&self, at: usize, out: &mut Column) -> Result<()> {
        out.clear();
        let mut ordered = true;
        for sealed in self.pieces_of(at) {
            let piece_start = out.times.len();
            let decoded = self.chosen(sealed).and_then(|chosen| {
                self.decode_piece(sealed, |frames| decode(frames, &chosen, self.plan.span, out))
            });
            self.losses.without(&self.seen, decoded)?;
            ordered &= is_ordered(&out.times, piece_start);
        }
        for (data, SeenPlace { slot, .. }) in self.lanes_of(at) {
            let piece_start = out.times.len();
            data.read(slot, self.plan.span, out);
            ordered &= is_ordered(&out.times, piece_start);
        }
        if !ordered {
            out.merge_from(0);
        }
        if let Some(deleted) = self.deleted(at) {
            hide(deleted, out);
        }
        Ok(())
    }
}

fn source_of<'a>(seen: &'a Seen, group: &'a SealedGroup) -> Source<'a> {
    let segment = &*seen.segments[group.segment as usize].segment;
    (segment, group.group as usize, &group.page.sums)
}

/// Appends the values of a series with what is beside them.
fn append(column: &mut Column, out: &mut Batch) {
    if column.has_beside() {
        column.settle();
        if !column.starts.is_empty() {
            out.starts.resize(out.floats.len(), 0);
            out.starts.extend_from_slice(&column.starts);
        }
        let before = out.histograms.len();
        let moved = |&value: &f64| match histogram_index(value) {
            Some(index) => histogram_cell(offset(before) + index),
            None => value,
        };
        out.floats.extend(column.values.iter().map(moved));
        out.histograms.append(&mut column.histograms);
    } else {
        out.floats.extend_from_slice(&column.values);
    }
}

/// Whether the piece that begins at `at` is newer than what lies before it.
fn is_ordered(times: &[i64], at: usize) -> bool {
    at == 0 || at == times.len() || times[at - 1] < times[at]
}

impl Part for StorePart {
    fn prepare(&mut self) -> Result<()> {
        let segments = self.seen.segments.iter();
        let mut loaded: Vec<_> = segments.map(|_| LoadedPages::default()).collect();
        self.prepare_with(&mut loaded)
    }

    fn keys(&self) -> Option<Vec<SeriesKey>> {
        let series = &self.selected.series[self.range.clone()];
        Some(series.iter().map(|series| series.key).collect())
    }

    fn series(&self) -> &[SeriesMeta] {
        &self.metas
    }

    fn decode(&mut self, which: Range<usize>, out: &mut Batch) -> Result<()> {
        out.clear();
        self.locate()?;
        let places = self.places[which.clone()].to_vec();
        self.load(places)?;
        let (mut shared, mut column) = (BatchTimes::default(), Column::default());
        let (mut found, mut slots) = Default::default();
        let (is_bare, end, mut next) = (self.is_bare(), which.end, which.start);
        while next < end {
            if is_bare && let Some(lane) = self.neighbours(&self.places[next..end], &mut slots) {
                Self::read_neighbours(lane, (&slots, next), (&mut shared, out));
                next += slots.len();
                continue;
            }
            let index = next;
            next += 1;
            let (at, from) = (self.places[index], out.floats.len());
            let plain = self.read_plain(at, &mut found, (&mut shared, out));
            let times = if let Some(times) = plain {
                times
            } else {
                self.read_series(at, &mut column)?;
                append(&mut column, out);
                shared.of_column(&column.times, &mut out.times)
            };
            if !times.is_empty() {
                let floats = offset(from)..offset(out.floats.len());
                out.runs.push(Run { series: offset(index), times, floats });
            }
        }
        if !out.starts.is_empty() {
            out.starts.resize(out.floats.len(), 0);
        }
        Ok(())
    }
}
