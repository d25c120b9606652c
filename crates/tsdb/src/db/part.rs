//! Parts of a selection: up to 128 series, where their samples are, and their decoding.

use std::ops::Range;
use std::sync::Arc;

use regain_model::Timestamp;
use regain_storage::{Batch, Ctx, Part, Parts, Presence, Result, Run, Selection, SeriesMeta, Want};

use super::locate::{LoadedPages, Located, SealedPiece};
use super::select::{Selected, SelectedSeries};
use super::snapshot::Seen;
use crate::column::{Column, Times};
use crate::lane::LaneData;
use crate::lane::row::count;
use crate::layout::corrupt;
use crate::segment::page::Rows;
use crate::segment::read::{Chosen, choose, decode, max_gap};

/// Hands out the parts of a selection.
#[derive(Debug)]
pub(super) struct StoreParts {
    seen: Arc<Seen>,
    selected: Arc<SelectedSeries>,
    next: usize,
    loaded: Vec<LoadedPages>,
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
        Self { seen, selected: Arc::new(selected), next: 0, loaded, plan, ctx }
    }
}

impl Parts for StoreParts {
    fn next(&mut self) -> Result<Option<Box<dyn Part>>> {
        loop {
            self.ctx.cancel.check()?;
            let rest = self.selected.series.len() - self.next;
            if rest == 0 {
                return Ok(None);
            }
            let end = self.next + rest.min(<dyn Parts>::SERIES_MAX);
            let range = std::mem::replace(&mut self.next, end)..end;
            let part =
                StorePart::new(&self.seen, &self.selected, range, (self.plan, &mut self.loaded))?;
            // Whether all series had samples is known only now.
            if !part.metas.is_empty() {
                return Ok(Some(Box::new(part)));
            }
        }
    }
}

#[derive(Debug)]
struct StorePart {
    seen: Arc<Seen>,
    selected: Arc<SelectedSeries>,
    plan: Plan,
    metas: Vec<SeriesMeta>,
    /// The place of each among the selected series, from `first` on.
    places: Vec<usize>,
    first: usize,
    /// Where their samples are in segments.
    located: Located,
    /// Values of groups that were read, as the groups lie in `located`.
    values: Vec<Option<Box<[u8]>>>,
}

impl StorePart {
    fn new(
        seen: &Arc<Seen>,
        selected: &Arc<SelectedSeries>,
        range: Range<usize>,
        (plan, loaded): (Plan, &mut [LoadedPages]),
    ) -> Result<Self> {
        let series = &selected.series[range.clone()];
        let looks = plan.decodes || plan.presence || series.iter().any(|series| !series.is_certain);
        let located = if looks {
            Located::new(seen, loaded, series, plan.span)?
        } else {
            Located::nothing(series.len())
        };
        let mut part = Self {
            seen: Arc::clone(seen),
            selected: Arc::clone(selected),
            plan,
            metas: Vec::with_capacity(series.len()),
            places: Vec::with_capacity(series.len()),
            first: range.start,
            values: vec![None; located.groups.len()],
            located,
        };
        for (at, &Selected { key, labels, .. }) in series.iter().enumerate() {
            // Who wants no samples needs no bound, and gets none.
            let samples_max = if looks { part.samples_max(at)? } else { u64::MAX };
            if samples_max == 0 {
                continue;
            }
            let presence = if plan.presence { part.presence(at)? } else { None };
            part.metas.push(SeriesMeta { key, labels, samples_max, presence });
            part.places.push(at);
        }
        Ok(part)
    }

    /// The unsealed samples of a series, oldest first lane by lane.
    fn unsealed(&self, at: usize) -> impl Iterator<Item = (&LaneData, u32)> {
        let Selected { id, place, .. } = self.selected.series[self.first + at];
        let others = self.selected.others.get(&id).map_or(&[][..], Vec::as_slice);
        let (min, max) = self.plan.span;
        std::iter::once(place).chain(others.iter().copied()).flat_map(move |place| {
            let lane = self.selected.lanes.get(place.lane as usize);
            lane.into_iter().flat_map(|lane| lane.iter()).filter_map(move |data| {
                let is_here = data.overlaps(min, max) && data.has(place.slot);
                is_here.then_some((&**data, place.slot))
            })
        })
    }

    fn chosen<'a>(&'a self, sealed: &'a SealedPiece) -> Result<Chosen<'a>> {
        let seen = &self.seen.segments[sealed.segment as usize];
        seen.times(sealed.piece.lane)
            .and_then(|lane| choose(&sealed.piece, &lane.times, self.plan.span))
            .ok_or_else(|| corrupt(&seen.segment.path, 0, "rows that the lane has"))
    }

    fn samples_max(&self, at: usize) -> Result<u64> {
        let (min, max) = self.plan.span;
        let mut samples = 0;
        for sealed in self.located.pieces_of(at) {
            let segment = &self.seen.segments[sealed.segment as usize].segment;
            let lane = segment.lanes.get(sealed.piece.lane as usize);
            let is_whole = lane.is_some_and(|lane| min <= lane.first && lane.last <= max);
            samples += match &sealed.piece.rows {
                Rows::Own(samples, ..) => u64::from(*samples),
                Rows::Mask(mask) => count(mask),
                Rows::Range(_, rows) if is_whole => u64::from(*rows),
                Rows::All if is_whole => lane.map_or(0, |lane| u64::from(lane.rows)),
                Rows::All | Rows::Range(..) => match self.chosen(sealed)? {
                    Chosen::Rows(rows, _) => rows.len() as u64,
                    Chosen::Masked(..) | Chosen::Own(_) => 0,
                },
            };
        }
        for (data, slot) in self.unsealed(at) {
            let own = data.own.get(&slot).map_or(0, |own| own.len() as u64);
            samples += data.rows_max(min, max) + own;
        }
        Ok(samples)
    }

    /// When a series has samples, as far as its sources know without decoding.
    fn presence(&self, at: usize) -> Result<Option<Presence>> {
        let mut times = Times::default();
        for sealed in self.located.pieces_of(at) {
            if sealed.piece.stale {
                return Ok(None);
            }
            let Chosen::Rows(rows, _) = self.chosen(sealed)? else { return Ok(None) };
            let (Some(&from), Some(&to)) = (rows.first(), rows.last()) else { continue };
            if times.span.is_some_and(|(_, last)| last >= from) {
                return Ok(None);
            }
            times.add(from, self.plan.span);
            let lane = self.seen.segments[sealed.segment as usize].times(sealed.piece.lane);
            let whole = lane.filter(|lane| lane.times.len() == rows.len());
            let gap = whole.map_or_else(|| max_gap(rows), |lane| lane.max_gap);
            times.max_gap = times.max_gap.max(gap);
            times.span = times.span.map(|(first, _)| (first, to));
        }
        for (data, slot) in self.unsealed(at) {
            let last = times.span.map_or(i64::MIN, |(_, last)| last);
            if data.min_time <= last || data.presence(slot, self.plan.span, &mut times).is_none() {
                return Ok(None);
            }
        }
        Ok(times.span.map(|(first, last)| Presence {
            first: Timestamp(first),
            last: Timestamp(last),
            max_gap_ms: times.max_gap,
            stale: 0,
        }))
    }

    /// Reads the values of the groups that a series needs.
    fn load(&mut self, at: usize) -> Result<()> {
        let Self { seen, located, values, .. } = self;
        for sealed in located.pieces_of(at) {
            let slot = &mut values[sealed.group as usize];
            if slot.is_some() {
                continue;
            }
            let group = located.groups[sealed.group as usize];
            let segment = &seen.segments[group.segment as usize].segment;
            let range = segment.data_range(group.group as usize);
            let bytes = segment.read(range.clone())?;
            if crc32c::crc32c(&bytes) != group.crc {
                return Err(corrupt(&segment.path, range.start, "the values of a group"));
            }
            *slot = Some(bytes.into_boxed_slice());
        }
        Ok(())
    }

    /// Reads the samples of one series into `out`.
    fn read_series(&self, at: usize, out: &mut Column) -> Result<()> {
        out.clear();
        let mut ordered = true;
        for sealed in self.located.pieces_of(at) {
            let SealedPiece { segment, group, start: from, piece, .. } = sealed;
            let (from, size) = (*from as usize, piece.size_bytes as usize);
            let piece_start = out.times.len();
            let bytes = self.values[*group as usize].as_ref();
            let frames = bytes.and_then(|bytes| bytes.get(from..from.checked_add(size)?));
            let chosen = self.chosen(sealed)?;
            frames.and_then(|frames| decode(frames, &chosen, self.plan.span, out)).ok_or_else(
                || {
                    let segment = &self.seen.segments[*segment as usize].segment;
                    corrupt(&segment.path, from as u64, "frames of values")
                },
            )?;
            ordered &= is_ordered(&out.times, piece_start);
        }
        for (data, slot) in self.unsealed(at) {
            let piece_start = out.times.len();
            data.read(slot, self.plan.span, out);
            ordered &= is_ordered(&out.times, piece_start);
        }
        if !ordered {
            out.merge_from(0);
        }
        Ok(())
    }
}

/// Whether the piece that begins at `at` is newer than what lies before it.
fn is_ordered(times: &[i64], at: usize) -> bool {
    at == 0 || at == times.len() || times[at - 1] < times[at]
}

impl Part for StorePart {
    fn series(&self) -> &[SeriesMeta] {
        &self.metas
    }

    fn decode(&mut self, which: Range<usize>, out: &mut Batch) -> Result<()> {
        out.clear();
        let mut column = Column::default();
        for index in which {
            let at = self.places[index];
            self.load(at)?;
            self.read_series(at, &mut column)?;
            if column.times.is_empty() {
                continue;
            }
            let from = out.floats.len();
            out.floats.extend_from_slice(&column.values);
            let floats = offset(from)..offset(out.floats.len());
            // Neighbours often come from one writer, and then they share its times.
            let before = out.runs.last().filter(|run| out.times_of(run) == column.times);
            let times = if let Some(run) = before {
                run.times.clone()
            } else {
                let from = out.times.len();
                out.times.extend_from_slice(&column.times);
                offset(from)..offset(out.times.len())
            };
            out.runs.push(Run { series: offset(index), times, floats });
        }
        Ok(())
    }
}

fn offset(length: usize) -> u32 {
    u32::try_from(length).expect("a part's samples in memory stay below 2^32")
}
