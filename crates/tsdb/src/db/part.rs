//! Parts of a selection: up to 128 series, where their samples are, and their decoding.

use std::ops::Range;
use std::sync::Arc;

use regain_storage::{
    Batch, Ctx, Error, Part, Parts, Result, Run, Selection, SeriesMeta, Want, histogram_cell,
    histogram_index,
};

use super::batch_times::{BatchTimes, IN_MEMORY, RowsId, offset};
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
use crate::segment::page::{Piece, Rows};
use crate::segment::read::{Chosen, Frames, decode, decode_values};
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
        for (at, sketch) in sketches.iter_mut().enumerate() {
            // To look whether the lanes have something is more work than to bound how much that may be.
            let is_looked_at = presence || !self.selected_at(at).is_certain;
            for (data, SeenPlace { slot, .. }) in self.lanes_of(at) {
                if !is_looked_at || data.has(slot) {
                    sketch.add_unsealed((data, slot), span, presence);
                }
            }
        }
        Ok(Some(sketches))
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

    /// The rows in which a series has all its sealed samples, if they neither overlap nor have gaps. Returns the
    /// last time.
    fn plain_rows<'a>(&'a self, at: usize, plain: &mut Vec<Plain<'a>>) -> Option<i64> {
        plain.clear();
        let mut last = i64::MIN;
        for sealed in self.pieces_of(at) {
            let Ok(Chosen::Rows(times, first)) = self.chosen(sealed) else { return None };
            let (Some(&from), Some(&to)) = (times.first(), times.last()) else { continue };
            if from <= last {
                return None;
            }
            last = to;
            plain.push(Plain { sealed, times, first });
        }
        Some(last)
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

    /// Appends the values of a series whose samples are rows without gaps, first sealed ones and then those of one
    /// lane in memory, and returns where their times are. `None`, and nothing is appended, for any other series and where
    /// something cannot be read.
    fn read_plain<'a>(
        &'a self,
        at: usize,
        (plain, ids): &mut (Vec<Plain<'a>>, Vec<RowsId>),
        (shared, out): (&mut BatchTimes, &mut Batch),
    ) -> Option<Range<u32>> {
        let last = self.plain_rows(at, plain).filter(|_| self.deleted(at).is_none())?;
        let mut lanes = self.lanes_of(at);
        let (head, None) = (lanes.next(), lanes.next()) else { return None };
        let head = head.map(|(data, place)| (data, place, self.rows_in_memory(data, place.lane)));
        if let Some((data, place, rows)) = &head {
            let is_after = rows.times.first().is_none_or(|&first| first > last);
            if !is_after || !data.is_whole(place.slot, rows) {
                return None;
            }
        }
        if !self.decode_plain(plain, out) {
            return None;
        }
        ids.clear();
        ids.extend(plain.iter().map(Plain::id));
        if let Some((data, place, rows)) = &head {
            data.read_whole(place.slot, rows, &mut out.floats);
            ids.push((IN_MEMORY, place.lane, 0, offset(rows.times.len())));
        }
        Some(shared.of_rows(ids, &mut out.times, |all| {
            for Plain { times, .. } in &*plain {
                all.extend_from_slice(times);
            }
            if let Some((.., rows)) = &head {
                all.extend_from_slice(&rows.times);
            }
        }))
    }

    /// The rows in the span of a lane that the query has met, of which nothing else is in memory.
    fn rows_in_memory(&self, data: &LaneData, lane: u32) -> &RowsWithin {
        self.in_memory.get_or_find(lane, || data.rows_within(self.plan.span))
    }

    /// Appends the values of plain rows; nothing, and false, when some cannot be read.
    fn decode_plain(&self, plain: &[Plain<'_>], out: &mut Batch) -> bool {
        let before = out.floats.len();
        let all = plain.iter().all(|Plain { sealed, times, first }| {
            let decoded = self.decode_piece(sealed, |frames| {
                decode_values(frames, *first, times.len(), &mut out.floats)
            });
            decoded.is_ok()
        });
        if !all {
            out.floats.truncate(before);
        }
        all
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

/// The samples of a piece that are neighbouring rows: their times, and the index of the first value.
#[derive(Debug)]
struct Plain<'a> {
    sealed: &'a SealedPiece,
    times: &'a [i64],
    first: usize,
}

impl Plain<'_> {
    fn id(&self) -> RowsId {
        let SealedPiece { segment, piece, .. } = self.sealed;
        let row = match piece.rows {
            Rows::Range(first, _) => first as usize + self.first,
            _ => self.first,
        };
        (*segment, piece.lane, offset(row), offset(self.times.len()))
    }
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

    fn series(&self) -> &[SeriesMeta] {
        &self.metas
    }

    fn decode(&mut self, which: Range<usize>, out: &mut Batch) -> Result<()> {
        out.clear();
        self.locate()?;
        let places = self.places[which.clone()].to_vec();
        self.load(places)?;
        let (mut shared, mut column) = (BatchTimes::default(), Column::default());
        let mut found = Default::default();
        for index in which {
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
