//! From a selection to series in the order asked for, with their labels in the query's arena.

use std::cmp::Ordering;
use std::sync::Arc;

use hashbrown::HashMap;
use regain_model::SeriesKey;
use regain_storage::{Ctx, LabelsId, Order, Parts, Result, Selection, Want};

use super::archived::{Archived, leave_out_living};
use super::labelling::{Labelling, Translator};
use super::snapshot::Seen;
use crate::index::{Index, Place, Series};
use crate::lane::LaneData;

/// The unsealed samples of a lane, oldest first.
pub(super) type LaneView = Arc<[Arc<LaneData>]>;

/// A series that a query reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Selected {
    pub(super) key: SeriesKey,
    pub(super) id: u32,
    pub(super) labels: LabelsId,
    pub(super) place: SeenPlace,
    /// Whether it has samples in the span for sure.
    pub(super) is_certain: bool,
}

/// A slot of a lane that the query has looked at, as an index among those.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenPlace {
    pub(super) lane: u32,
    pub(super) slot: u32,
}

impl SeenPlace {
    pub(super) const NONE: Self = Self { lane: u32::MAX, slot: 0 };
}

/// The series of a selection.
#[derive(Debug, Default)]
pub(super) struct SelectedSeries {
    pub(super) series: Vec<Selected>,
    /// Second and further places of series that several lanes write, by id.
    pub(super) others: HashMap<u32, Vec<SeenPlace>>,
    pub(super) lanes: Vec<LaneView>,
    /// Whether they are in the order of their places instead of that which was asked for.
    pub(super) is_loose: bool,
}

/// The lanes that a selection has met.
struct MetLanes<'a> {
    seen: &'a Seen,
    views: Vec<LaneView>,
    by_id: HashMap<u32, u32>,
    /// The lane that was asked for last, and its index.
    last: (u32, u32),
}

/// Whether there are samples in a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    Nothing,
    Perhaps,
    Samples,
}

impl MetLanes<'_> {
    fn place(&mut self, place: Place) -> SeenPlace {
        if place == Place::NONE {
            return SeenPlace::NONE;
        }
        if self.last.0 != place.lane {
            let Self { seen, views, by_id, .. } = self;
            let lane = *by_id.entry(place.lane).or_insert_with(|| {
                views.push(seen.lane(place.lane));
                u32::try_from(views.len() - 1).expect("lanes are counted in 32 bits")
            });
            self.last = (place.lane, lane);
        }
        SeenPlace { lane: self.last.1, slot: place.slot }
    }

    /// Whether a place has unsealed samples in the span.
    fn find(&self, place: SeenPlace, (min, max): (i64, i64)) -> Found {
        let Some(lane) = self.views.get(place.lane as usize) else { return Found::Nothing };
        let here = lane.iter().filter(|data| data.overlaps(min, max) && data.has(place.slot));
        here.map(|data| if data.is_within(min, max) { Found::Samples } else { Found::Perhaps })
            .max()
            .unwrap_or(Found::Nothing)
    }
}

impl Seen {
    /// The series that match and may have samples in the span, in the selection's order.
    pub(super) fn select(&self, selection: &Selection<'_>, ctx: &Ctx) -> Result<SelectedSeries> {
        let (min, max) = (selection.span.min.0, selection.span.max.0);
        // Archives are read before the index is held. What leaves the index meanwhile is in one of them.
        let (mut archived, lost) = self.db.archived(&self.view, selection.matchers, (min, max))?;
        lost.warn(ctx);
        let index = self.db.index();
        leave_out_living(&mut archived, &index);
        let ids = index.matching(selection.matchers);
        let mut out = SelectedSeries::default();
        out.series.reserve(ids.count() + archived.len());
        let mut lanes =
            MetLanes { seen: self, views: Vec::new(), by_id: HashMap::new(), last: (u32::MAX, 0) };
        // Labels are read in the order of ids, as they lie in memory, unless most are cut off.
        let mut labels = (selection.limit == 0)
            .then(|| Labelling::new(&index, ctx, ids.count(), &selection.hints));
        let mut is_in_memory = archived.is_empty();
        for id in ids.iter() {
            let Some(series) = index.series.get(id) else { continue };
            let place = lanes.place(series.place);
            let mut found = lanes.find(place, (min, max));
            if series.shared {
                let others = index.other_places(id).iter().map(|&place| lanes.place(place));
                let others: Vec<SeenPlace> = others.collect();
                let elsewhere = others.iter().map(|&place| lanes.find(place, (min, max)));
                found = elsewhere.fold(found, Ord::max);
                out.others.insert(id, others);
            }
            let sealed = find_sealed(series, (min.max(self.floor), max));
            is_in_memory &= sealed == Found::Nothing;
            found = found.max(sealed);
            if found == Found::Nothing {
                continue;
            }
            let is_certain = found == Found::Samples && self.deleted(id, (min, max)).is_none();
            let labels =
                labels.as_mut().map_or(LabelsId(0), |labels| labels.add(index.labels_of(series)));
            out.series.push(Selected { key: series.key(), id, labels, place, is_certain });
        }
        out.is_loose = is_in_memory && may_be_loose(selection, out.series.len());
        match selection.order {
            _ if out.is_loose => sort_by_place(&mut out.series),
            Order::Key => {
                out.series
                    .extend(archived.iter().map(|series| select_archived(series, &mut labels)));
                sort_by_key(&mut out.series);
            }
            Order::Labels => {
                sort_by_labels(&index, &mut out.series);
                archived.sort_unstable_by(|a, b| a.labels().cmp(b.labels()));
                let archived =
                    archived.iter().map(|found| (found, select_archived(found, &mut labels)));
                merge_by_labels(&index, &mut out.series, archived.collect());
            }
        }
        drop(labels);
        if selection.limit > 0 {
            out.series.truncate(selection.limit);
            let mut labels = Translator::new(&index, ctx, out.series.len());
            let archived: HashMap<u32, &Archived> =
                archived.iter().map(|series| (series.id(), series)).collect();
            for selected in &mut out.series {
                if let Some(series) = index.series.get(selected.id) {
                    selected.labels = labels.add(index.labels_of(series));
                } else if let Some(series) = archived.get(&selected.id) {
                    selected.labels = labels.add_texts(series.labels());
                }
            }
        }
        out.lanes = lanes.views;
        Ok(out)
    }
}

/// A series in an archive as one that a query reads.
fn select_archived(series: &Archived, labels: &mut Option<Labelling<'_>>) -> Selected {
    let (key, id, place) = (series.key(), series.id(), SeenPlace::NONE);
    let add = |labels: &mut Labelling<'_>| labels.add_texts(series.labels());
    let labels = labels.as_mut().map_or(LabelsId(0), add);
    Selected { key, id, labels, place, is_certain: false }
}

/// Puts series in archives among those of the index, which are in the order of labels, too.
fn merge_by_labels(
    index: &Index,
    series: &mut Vec<Selected>,
    archived: Vec<(&Archived, Selected)>,
) {
    if archived.is_empty() {
        return;
    }
    let mut in_memory = std::mem::take(series).into_iter().peekable();
    for (found, selected) in archived {
        let comes_before = |other: &Selected| {
            let labels = index.series.get(other.id).map_or(&[][..], |s| index.labels_of(s));
            labels.iter().map(|&pair| index.pair_texts(pair)).lt(found.labels())
        };
        while let Some(before) = in_memory.next_if(comes_before) {
            series.push(before);
        }
        series.push(selected);
    }
    series.extend(in_memory);
}

/// Whether a series has sealed samples in the span.
fn find_sealed(series: &Series, (min, max): (i64, i64)) -> Found {
    let last = series.sealed.max_ms();
    if !series.sealed.overlaps((min, max)) {
        return Found::Nothing;
    }
    // Somewhere in the last second there is a sample. (The first one may have been dropped.)
    let is_last_here = min <= last.saturating_sub(1000) && last <= max && last < i64::MAX;
    let is_last_here = is_last_here && !series.pruned;
    if is_last_here { Found::Samples } else { Found::Perhaps }
}

/// Whether so many series, which have samples in memory alone, may come as these lie there. Few are read at once in any
/// case.
fn may_be_loose(selection: &Selection<'_>, series: usize) -> bool {
    let is_asked_for = selection.limit == 0 && series <= selection.loose_max;
    is_asked_for && series > <dyn Parts>::SERIES_MAX && selection.want != Want::Nothing
}

/// Sorts by place, so that neighbours share the memory that their samples lie in.
fn sort_by_place(series: &mut [Selected]) {
    let place = |selected: &Selected| (selected.place.lane, selected.place.slot);
    if !series.is_sorted_by_key(place) {
        series.sort_unstable_by_key(place);
    }
}

/// Sorts by key: first the keys with the places of their series, and then those are moved once.
fn sort_by_key(series: &mut Vec<Selected>) {
    if series.is_sorted_by_key(|selected| selected.key) {
        return;
    }
    let high = |key: SeriesKey| u64::try_from(key.0 >> 64).expect("the upper half");
    let low = |key: SeriesKey| u64::try_from(key.0 & u128::from(u64::MAX)).expect("the lower half");
    let mut keys: Vec<(u64, u64, u32)> =
        (0..).zip(&*series).map(|(at, s)| (high(s.key), low(s.key), at)).collect();
    keys.sort_unstable();
    *series = keys.into_iter().map(|(.., at)| series[at as usize]).collect();
}

/// Sorts by label set. The distinct pairs are sorted once by their text; then sets are compared by
/// the ranks of their pairs, of which the first four lie beside the series.
fn sort_by_labels(index: &Index, series: &mut Vec<Selected>) {
    let labels = |selected: &Selected| {
        index.series.get(selected.id).map_or(&[][..], |series| index.labels_of(series))
    };
    let mut ranks = vec![0_u32; index.pairs.len()];
    let mut pairs: Vec<u32> = Vec::new();
    for selected in &*series {
        for &pair in labels(selected) {
            if std::mem::replace(&mut ranks[pair as usize], 1) == 0 {
                pairs.push(pair);
            }
        }
    }
    pairs.sort_unstable_by_key(|&pair| index.pair_texts(pair));
    for (rank, &pair) in (1..).zip(&pairs) {
        ranks[pair as usize] = rank;
    }
    let rank = |pair: &u32| ranks[*pair as usize];
    let mut ranked: Vec<(u128, Selected)> = series
        .iter()
        .map(|selected| {
            let first = labels(selected).iter().map(rank).chain(std::iter::repeat(0)).take(4);
            (first.fold(0, |all, rank| all << 32 | u128::from(rank)), *selected)
        })
        .collect();
    ranked.sort_unstable_by(|(a_first, a), (b_first, b)| match a_first.cmp(b_first) {
        Ordering::Equal => labels(a).iter().map(rank).cmp(labels(b).iter().map(rank)),
        order => order,
    });
    series.clear();
    series.extend(ranked.into_iter().map(|(_, selected)| selected));
}
