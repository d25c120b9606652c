//! Parts of a selection: up to 128 series, where their samples are, and their decoding.

use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;
use regain_model::{SeriesKey, Timestamp};
use regain_storage::{Batch, Ctx, Part, Parts, Presence, Result, Run, Selection, SeriesMeta, Want};

use super::select::{Selected, SelectedSeries};
use super::snapshot::Seen;
use crate::column::{Column, Times};
use crate::index::Place;
use crate::lane::LaneData;
use crate::layout::corrupt;
use crate::segment::page::{Page, Piece, Rows};
use crate::segment::read::{Chosen, choose, decode};

/// Hands out the parts of a selection.
#[derive(Debug)]
pub(super) struct StoreParts {
    seen: Arc<Seen>,
    selected: SelectedSeries,
    next: usize,
    span: (i64, i64),
    /// Whether the presence of series is worth computing.
    presence: bool,
    ctx: Arc<Ctx>,
}

impl StoreParts {
    pub(super) fn new(
        seen: Arc<Seen>,
        selected: SelectedSeries,
        selection: &Selection<'_>,
        ctx: Arc<Ctx>,
    ) -> Self {
        let span = (selection.span.min.0, selection.span.max.0);
        let presence = selection.want == Want::Nothing
            || matches!(selection.hints.function, "count" | "group" | "absent");
        Self { seen, selected, next: 0, span, presence, ctx }
    }
}

impl Parts for StoreParts {
    fn next(&mut self) -> Result<Option<Box<dyn Part>>> {
        self.ctx.cancel.check()?;
        let rest = self.selected.series.get(self.next..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        let series = &rest[..rest.len().min(<dyn Parts>::SERIES_MAX)];
        self.next += series.len();
        let part =
            StorePart::new(&self.seen, series, &self.selected.places, (self.span, self.presence))?;
        Ok(Some(Box::new(part)))
    }
}

#[derive(Debug)]
struct StorePart {
    seen: Arc<Seen>,
    span: (i64, i64),
    metas: Vec<SeriesMeta>,
    sources: Vec<Sources>,
    /// Values of groups that were read.
    groups: HashMap<(usize, usize), Box<[u8]>>,
}

/// Where the samples of one series are.
#[derive(Debug, Default)]
struct Sources {
    sealed: Vec<Sealed>,
    head: Vec<(Arc<LaneData>, u32)>,
}

/// An entry of a segment's directory.
#[derive(Debug)]
struct Sealed {
    segment: usize,
    group: usize,
    /// The checksum of the group's values.
    crc: u32,
    start: u32,
    pieces: Vec<Piece>,
}

impl StorePart {
    fn new(
        seen: &Arc<Seen>,
        series: &[Selected],
        places: &HashMap<u32, Vec<Place>>,
        (span, presence): ((i64, i64), bool),
    ) -> Result<Self> {
        let mut part = Self {
            seen: Arc::clone(seen),
            span,
            metas: Vec::with_capacity(series.len()),
            sources: series.iter().map(|_| Sources::default()).collect(),
            groups: HashMap::new(),
        };
        // Directory pages are in the order of keys, whatever the order of the selection.
        let mut by_key: Vec<(SeriesKey, u32, usize)> =
            series.iter().enumerate().map(|(at, series)| (series.key, series.id, at)).collect();
        by_key.sort_unstable();
        for segment in 0..seen.segments.len() {
            part.find_in_segment(segment, &by_key)?;
        }
        for (selected, sources) in series.iter().zip(&mut part.sources) {
            let others = places.get(&selected.id).map_or(&[][..], Vec::as_slice);
            for place in std::iter::once(&selected.place).chain(others) {
                if *place != Place::NONE {
                    let parts = seen.lane(place.lane);
                    let here = parts.iter().filter(|data| {
                        data.min_time <= span.1 && span.0 <= data.max_time && data.has(place.slot)
                    });
                    sources.head.extend(here.map(|data| (Arc::clone(data), place.slot)));
                }
            }
        }
        let mut gaps = GapCache::default();
        for (selected, sources) in series.iter().zip(&part.sources) {
            let samples_max = part.samples_max(sources)?;
            let known = if presence { part.presence(sources, &mut gaps)? } else { None };
            let (key, labels) = (selected.key, selected.labels);
            part.metas.push(SeriesMeta { key, labels, samples_max, presence: known });
        }
        Ok(part)
    }

    /// Finds the series, ascending by key, in a segment's directory.
    fn find_in_segment(&mut self, at: usize, by_key: &[(SeriesKey, u32, usize)]) -> Result<()> {
        let segment = &self.seen.segments[at].segment;
        let mut pages: Vec<Option<Page>> = Vec::new();
        let mut loaded = 0..0;
        for (index, &(key, id, series)) in by_key.iter().enumerate() {
            let groups = segment.groups_of(key);
            if groups.is_empty() {
                continue;
            }
            if groups.start < loaded.start || groups.end > loaded.end {
                // Pages that the next series need, too, come with the same read.
                let mut end = groups.end;
                for &(key, ..) in &by_key[index + 1..] {
                    let next = segment.groups_of(key);
                    if next.start > end {
                        break;
                    }
                    end = end.max(next.end);
                }
                loaded = groups.start..end;
                pages = segment.pages(loaded.clone())?;
            }
            let mut damaged = None;
            for group in groups {
                let Some(page) = &mut pages[group - loaded.start] else {
                    damaged = Some(group);
                    continue;
                };
                let entry = page.entries.iter_mut().find(|entry| entry.id == id);
                let Some(entry) = entry else { continue };
                let (crc, start) = (page.data_crc, entry.start);
                let pieces = std::mem::take(&mut entry.pieces);
                self.sources[series].sealed.push(Sealed { segment: at, group, crc, start, pieces });
                damaged = None;
                break;
            }
            if let Some(group) = damaged {
                let offset = segment.page_range(group).start;
                return Err(corrupt(&segment.path, offset, "a directory page"));
            }
        }
        Ok(())
    }

    fn chosen<'a>(&'a self, sealed: &Sealed, piece: &'a Piece) -> Result<Chosen<'a>> {
        let seen = &self.seen.segments[sealed.segment];
        seen.times(piece.lane)
            .and_then(|times| choose(piece, times, self.span))
            .ok_or_else(|| corrupt(&seen.segment.path, 0, "rows that the lane has"))
    }

    fn samples_max(&self, sources: &Sources) -> Result<u64> {
        let mut samples = 0;
        for sealed in &sources.sealed {
            for piece in &sealed.pieces {
                samples += self.chosen(sealed, piece)?.samples_max();
            }
        }
        for (data, slot) in &sources.head {
            let own = data.own.get(slot).map_or(0, |own| own.times.len() as u64);
            samples += data.rows_max(self.span.0, self.span.1) + own;
        }
        Ok(samples)
    }

    /// When a series has samples, as far as its sources know without decoding.
    fn presence(&self, sources: &Sources, gaps: &mut GapCache) -> Result<Option<Presence>> {
        let mut times = Times::default();
        for sealed in &sources.sealed {
            for piece in &sealed.pieces {
                if piece.stale {
                    return Ok(None);
                }
                let Chosen::Rows(rows, first) = self.chosen(sealed, piece)? else {
                    return Ok(None);
                };
                if let (Some(&from), Some(&to)) = (rows.first(), rows.last()) {
                    if times.span.is_some_and(|(_, last)| last >= from) {
                        return Ok(None);
                    }
                    times.add(from, self.span);
                    times.max_gap = times.max_gap.max(gaps.max_gap(sealed, piece, first, rows));
                    times.span = times.span.map(|(first, _)| (first, to));
                }
            }
        }
        for (data, slot) in &sources.head {
            let last = times.span.map_or(i64::MIN, |(_, last)| last);
            if data.min_time <= last || data.presence(*slot, self.span, &mut times).is_none() {
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

    /// Reads the values of the groups that the series need.
    fn load(&mut self, which: Range<usize>) -> Result<()> {
        let Self { seen, sources, groups, .. } = self;
        for sealed in sources[which].iter().flat_map(|sources| &sources.sealed) {
            let key = (sealed.segment, sealed.group);
            if groups.contains_key(&key) {
                continue;
            }
            let segment = &seen.segments[sealed.segment].segment;
            let range = segment.data_range(sealed.group);
            let bytes = segment.read(range.clone())?;
            if crc32c::crc32c(&bytes) != sealed.crc {
                return Err(corrupt(&segment.path, range.start, "the values of a group"));
            }
            groups.insert(key, bytes.into_boxed_slice());
        }
        Ok(())
    }

    /// Appends the samples of one series to `out`.
    fn read_series(&self, sources: &Sources, out: &mut Column) -> Result<()> {
        let start = out.times.len();
        let mut ordered = true;
        for sealed in &sources.sealed {
            let bytes = &self.groups[&(sealed.segment, sealed.group)];
            let mut from = sealed.start as usize;
            for piece in &sealed.pieces {
                let to = from + piece.size_bytes as usize;
                let piece_start = out.times.len();
                bytes
                    .get(from..to)
                    .and_then(|bytes| {
                        decode(bytes, &self.chosen(sealed, piece).ok()?, self.span, out)
                    })
                    .ok_or_else(|| {
                        let segment = &self.seen.segments[sealed.segment].segment;
                        corrupt(&segment.path, from as u64, "frames of values")
                    })?;
                ordered &= is_ordered(out, start, piece_start);
                from = to;
            }
        }
        for (data, slot) in &sources.head {
            let piece_start = out.times.len();
            data.read(*slot, self.span, out);
            ordered &= is_ordered(out, start, piece_start);
        }
        if !ordered {
            out.merge_from(start);
        }
        Ok(())
    }
}

/// Whether the piece that begins at `at` is newer than what lies before it.
fn is_ordered(column: &Column, start: usize, at: usize) -> bool {
    at == start || at == column.times.len() || column.times[at - 1] < column.times[at]
}

/// The largest gaps of rows that many series share.
#[derive(Debug, Default)]
struct GapCache(HashMap<(usize, u32, usize, usize), u64>);

impl GapCache {
    fn max_gap(&mut self, sealed: &Sealed, piece: &Piece, first: usize, rows: &[i64]) -> u64 {
        let base = if let Rows::Range(base, _) = piece.rows { base as usize } else { 0 };
        let key = (sealed.segment, piece.lane, base + first, rows.len());
        *self.0.entry(key).or_insert_with(|| {
            rows.windows(2).map(|pair| pair[1].abs_diff(pair[0])).max().unwrap_or(0)
        })
    }
}

impl Part for StorePart {
    fn series(&self) -> &[SeriesMeta] {
        &self.metas
    }

    fn decode(&mut self, which: Range<usize>, out: &mut Batch) -> Result<()> {
        out.clear();
        self.load(which.clone())?;
        let mut column = Column {
            times: std::mem::take(&mut out.times),
            values: std::mem::take(&mut out.floats),
        };
        for at in which {
            let start = column.times.len();
            self.read_series(&self.sources[at], &mut column)?;
            if column.times.len() == start {
                continue;
            }
            let times = offset(start)..offset(column.times.len());
            out.runs.push(Run { series: offset(at), times: times.clone(), floats: times });
        }
        out.times = column.times;
        out.floats = column.values;
        Ok(())
    }
}

fn offset(length: usize) -> u32 {
    u32::try_from(length).expect("a part's samples in memory stay below 2^32")
}
