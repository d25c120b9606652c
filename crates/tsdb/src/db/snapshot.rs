//! A query's view of the store.

use std::sync::{Arc, Mutex, Weak};

use hashbrown::{HashMap, HashSet};
use regain_model::{Matcher, Span, Timestamp};
use regain_storage::{Ctx, Parts, Result, Selection, Snapshot};

use super::Inner;
use super::by_lane::ByLane;
use super::delete::hides;
use super::losses::LostSheets;
use super::part::StoreParts;
use super::select::LaneView;
use crate::index::{IdSet, Index};
use crate::segment::Segment;
use crate::segment::page::Piece;
use crate::segment::read::Decoded;
use crate::view::View;

/// A query's view of the store: the segments as they were, and every lane as it was when the query
/// first looked at it.
#[derive(Debug)]
pub(super) struct StoreSnapshot {
    seen: Arc<Seen>,
    mark: u64,
    /// Whom to warn who asks for labels.
    ctx: Weak<Ctx>,
}

/// What the parts of a query share.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) db: Arc<Inner>,
    pub(super) view: Arc<View>,
    /// No sample in a segment is earlier.
    pub(super) floor: i64,
    span: (i64, i64),
    lanes: Mutex<HashMap<u32, LaneView>>,
    /// The segments within the query's span, oldest first.
    pub(super) segments: Vec<SeenSegment>,
}

/// A segment and what was decoded of it.
#[derive(Debug)]
pub(super) struct SeenSegment {
    pub(super) segment: Arc<Segment>,
    /// The times of its lanes' rows.
    times: ByLane<Arc<Decoded>>,
}

impl Seen {
    /// The times of the rows of a segment's lane.
    #[inline]
    pub(super) fn times(&self, segment: u32, lane: u32) -> Option<&Decoded> {
        let SeenSegment { segment, times } = &self.segments[segment as usize];
        if lane as usize >= segment.lanes.len() {
            return None;
        }
        Some(times.get_or_find(lane, || self.db.caches.times(segment, lane)))
    }
}

impl Seen {
    /// The unsealed samples of a lane, oldest first.
    pub(super) fn lane(&self, lane: u32) -> LaneView {
        let mut lanes = self.lanes.lock().expect("no holder of this lock panics");
        let parts =
            lanes.entry(lane).or_insert_with(|| self.db.lane_parts(&self.view, lane).into());
        Arc::clone(parts)
    }
}

impl Seen {
    /// The times between which there may be samples.
    fn span(&self) -> Option<Span> {
        if !self.db.is_whole() || self.db.has_losses() {
            // What cannot be read yet, or never again, may be of any time.
            return Some(Span::ALL);
        }
        let sealed = self.segments.iter().map(|seen| seen.segment.summary);
        let sealed = sealed.map(|summary| (summary.min_time, summary.max_time));
        let lanes = self.db.all_lanes().into_iter().map(|lane| self.lane(lane.id));
        let unsealed = lanes.flat_map(|lane| {
            lane.iter().map(|data| (data.min_time, data.max_time)).collect::<Vec<_>>()
        });
        let spans = sealed.chain(unsealed);
        let (min, max) = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        Some(Span::new(Timestamp(min), Timestamp(max)))
    }

    /// What is deleted of a series within `span`, if anything is.
    pub(super) fn deleted(&self, id: u32, span: (i64, i64)) -> Option<&[(i64, i64)]> {
        self.view.deleted.of(id).filter(|deleted| hides(deleted, span))
    }

    /// Whether a piece of a segment may have samples within `min..=max`.
    pub(super) fn overlaps(&self, segment: u32, piece: &Piece, (min, max): (i64, i64)) -> bool {
        let (first, last) = self.segments[segment as usize].segment.span_of(piece);
        first <= max && min <= last
    }
}

/// The values of the label `name` that some series have, sorted.
fn values_of(index: &Index, name: &str, ids: &IdSet) -> Vec<String> {
    let Some(name) = index.symbols.find(name) else { return Vec::new() };
    let series = ids.iter().filter_map(|id| index.series.get(id));
    let pairs = series.flat_map(|series| index.labels_of(series));
    let mut pairs: Vec<u32> =
        pairs.copied().filter(|&pair| index.pairs.get(pair).0 == name).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut values: Vec<String> =
        pairs.into_iter().map(|pair| index.value_text(pair).to_owned()).collect();
    values.sort_unstable();
    values
}

impl StoreSnapshot {
    /// A view of `span` whose mark is older than itself.
    pub(super) fn new(
        db: Arc<Inner>,
        (mark, view): (u64, Arc<View>),
        span: Span,
        ctx: &Arc<Ctx>,
    ) -> Self {
        let overlaps = |segment: &&Arc<Segment>| {
            segment.summary.min_time <= span.max.0 && span.min.0 <= segment.summary.max_time
        };
        let segments = view
            .segments
            .iter()
            .filter(overlaps)
            .map(|segment| SeenSegment {
                segment: Arc::clone(segment),
                times: ByLane::new(segment.lanes.len()),
            })
            .collect();
        let (floor, span) = (view.floor(), (span.min.0, span.max.0));
        let seen = Arc::new(Seen { db, view, floor, span, lanes: Mutex::default(), segments });
        Self { seen, mark, ctx: Arc::downgrade(ctx) }
    }

    /// The names of the labels of series in archives that match. What is in memory, too, has the same labels there.
    fn archived_names(&self, matchers: &[Matcher]) -> Result<HashSet<String>> {
        let Seen { db, view, span, .. } = &*self.seen;
        if matchers.is_empty() {
            return Ok(self.warned(db.archived_names(view, *span)?));
        }
        let mut names = HashSet::new();
        let lost = db.visit_archived(view, (matchers, *span), |sheet, which| {
            for (name, _) in which.iter().flat_map(|&at| sheet.labels(at)) {
                names.get_or_insert_with(name, str::to_owned);
            }
        })?;
        Ok(self.warned((names, lost)))
    }

    /// The values of a label that series in archives have that match.
    fn archived_values(&self, name: &str, matchers: &[Matcher]) -> Result<HashSet<String>> {
        let Seen { db, view, span, .. } = &*self.seen;
        if matchers.is_empty() {
            return Ok(self.warned(db.archived_values(view, name, *span)?));
        }
        let mut values = HashSet::new();
        let lost = db.visit_archived(view, (matchers, *span), |sheet, which| {
            for value in which.iter().filter_map(|&at| sheet.value(at, name)) {
                values.get_or_insert_with(value, str::to_owned);
            }
        })?;
        Ok(self.warned((values, lost)))
    }

    /// What was found, of which whoever asked is warned that some may be missing.
    fn warned<T>(&self, (found, lost): (T, LostSheets)) -> T {
        if let Some(ctx) = self.ctx.upgrade() {
            lost.warn(&ctx);
            let (min, max) = self.seen.span;
            for text in
                self.seen.db.warnings_of_lost_series(Span::new(Timestamp(min), Timestamp(max)))
            {
                ctx.warnings.add(text);
            }
        }
        found
    }

    /// What a selection finds, with warnings of what is missing.
    pub(super) fn read_and_warn(
        &self,
        selection: &Selection<'_>,
        ctx: &Arc<Ctx>,
    ) -> Result<Box<dyn Parts>> {
        self.seen.db.warn_of_losses(selection.span, ctx);
        self.seen.db.warn_of_unread_log(ctx);
        self.read(selection, ctx)
    }

    /// What a selection finds, for whoever does not ask as a query does.
    pub(super) fn read(&self, selection: &Selection<'_>, ctx: &Arc<Ctx>) -> Result<Box<dyn Parts>> {
        let selected = self.seen.select(selection, ctx)?;
        Ok(Box::new(StoreParts::new(Arc::clone(&self.seen), selected, selection, Arc::clone(ctx))))
    }
}

impl Snapshot for StoreSnapshot {
    fn select(&self, selection: &Selection<'_>, ctx: &Arc<Ctx>) -> Result<Box<dyn Parts>> {
        self.note_selected(selection.matchers);
        self.read_and_warn(selection, ctx)
    }

    fn note_selected(&self, matchers: &[Matcher]) {
        self.seen.db.usage.note(matchers);
    }

    fn span(&self) -> Option<Span> {
        self.seen.span()
    }

    fn label_names(&self, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        let archived = self.archived_names(matchers)?;
        let index = self.seen.db.index();
        let mut names: Vec<&str> = if matchers.is_empty() {
            index.sorted_names()
        } else {
            let mut seen = vec![false; index.symbols.len()];
            for id in index.matching(matchers).iter() {
                let Some(series) = index.series.get(id) else { continue };
                for &pair in index.labels_of(series) {
                    seen[index.pairs.get(pair).0 as usize] = true;
                }
            }
            let symbols = (0..).zip(seen).filter(|(_, seen)| *seen);
            let mut names: Vec<&str> = symbols.map(|(name, _)| index.symbols.text(name)).collect();
            names.sort_unstable();
            names
        };
        if !archived.is_empty() {
            names.extend(archived.iter().map(String::as_str));
            names.sort_unstable();
            names.dedup();
        }
        if limit > 0 {
            names.truncate(limit);
        }
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    fn label_values(&self, name: &str, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        let archived = self.archived_values(name, matchers)?;
        let limit = if limit == 0 { usize::MAX } else { limit };
        let values = values_in_memory(&self.seen.db.index(), name, matchers, limit);
        if archived.is_empty() {
            return Ok(values);
        }
        let mut values: Vec<String> = values.into_iter().chain(archived).collect();
        values.sort_unstable();
        values.dedup();
        values.truncate(limit);
        Ok(values)
    }

    fn changed_since(&self, mark: u64) -> (u64, Option<Timestamp>) {
        // Lanes are looked at as a query comes to them, so that this view may hold what has been noted
        // since it began.
        (self.mark, self.seen.db.marks().lowest_since(mark))
    }
}

/// The first values of the label `name` that series in memory have, sorted.
fn values_in_memory(index: &Index, name: &str, matchers: &[Matcher], limit: usize) -> Vec<String> {
    let sorted = index.sorted_pairs(name);
    let text = |&pair: &u32| index.value_text(pair).to_owned();
    if matchers.is_empty() {
        let alive = |pair: &&u32| !index.has_dead() || index.is_alive(**pair);
        return sorted.iter().filter(alive).take(limit).map(text).collect();
    }
    let matching = index.matching(matchers);
    if matching.count() < sorted.len() {
        // Looking at few series is less than looking at the lists of many values.
        return values_of(index, name, &matching).into_iter().take(limit).collect();
    }
    let held = sorted.iter().filter(|&&pair| {
        let mut ids = matching.of_list(&index.postings[pair as usize]);
        ids.any(|id| index.series.get(id).is_some())
    });
    held.take(limit).map(text).collect()
}
