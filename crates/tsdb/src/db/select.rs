//! From a selection to series in the order asked for, with their labels in the query's arena.

use hashbrown::HashMap;
use regain_model::SeriesKey;
use regain_storage::{Ctx, LabelsId, Order, Selection, Symbol};

use super::snapshot::Seen;
use crate::index::{Index, Place};

/// A series that a query reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Selected {
    pub(super) key: SeriesKey,
    pub(super) id: u32,
    pub(super) labels: LabelsId,
    pub(super) place: Place,
}

/// The series of a selection.
#[derive(Debug, Default)]
pub(super) struct SelectedSeries {
    pub(super) series: Vec<Selected>,
    /// Second and further places of series that several lanes write.
    pub(super) places: HashMap<u32, Vec<Place>>,
}

impl Seen {
    /// The series that match and may have samples in the span, in the selection's order.
    pub(super) fn select(&self, selection: &Selection<'_>, ctx: &Ctx) -> SelectedSeries {
        let index = self.db.index();
        let mut out = SelectedSeries::default();
        let ids = index.matching(selection.matchers);
        out.series.reserve(ids.count());
        let (min, max) = (selection.span.min.0, selection.span.max.0);
        for id in ids.iter() {
            let Some(series) = index.series.get(id) else { continue };
            if series.shared {
                out.places.insert(id, index.other_places(id).to_vec());
            }
            let sealed = series.segments > 0
                && series.sealed_min_ms() <= max
                && min <= series.sealed_max_ms();
            let others = out.places.get(&id).map_or(&[][..], Vec::as_slice);
            if sealed || self.is_unsealed(series.place, (min, max)) || {
                others.iter().any(|&place| self.is_unsealed(place, (min, max)))
            } {
                let (key, place) = (series.key(), series.place);
                out.series.push(Selected { key, id, labels: LabelsId(0), place });
            }
        }
        match selection.order {
            Order::Key => out.series.sort_unstable_by_key(|series| series.key),
            Order::Labels => sort_by_labels(&index, &mut out.series),
        }
        if selection.limit > 0 {
            out.series.truncate(selection.limit);
        }
        translate(&index, &mut out.series, ctx);
        out
    }

    /// Whether a place has unsealed samples that may lie in the span.
    fn is_unsealed(&self, place: Place, (min, max): (i64, i64)) -> bool {
        place != Place::NONE
            && self
                .lane(place.lane)
                .iter()
                .any(|data| data.min_time <= max && min <= data.max_time && data.has(place.slot))
    }
}

/// Sorts by label set: the distinct pairs are sorted once by their text, and then sets are compared
/// by the pairs' ranks.
fn sort_by_labels(index: &Index, series: &mut [Selected]) {
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
    for (rank, &pair) in (0..).zip(&pairs) {
        ranks[pair as usize] = rank;
    }
    series.sort_unstable_by(|a, b| {
        let rank = |&pair: &u32| ranks[pair as usize];
        labels(a).iter().map(rank).cmp(labels(b).iter().map(rank))
    });
}

/// Adds the label sets to the query's arena; every text is looked up once.
fn translate(index: &Index, series: &mut [Selected], ctx: &Ctx) {
    const UNKNOWN: Symbol = Symbol(u32::MAX);
    // A few series do not pay for a table of all pairs.
    let dense = series.len() >= index.pairs.len() / 16;
    let mut table = vec![(UNKNOWN, UNKNOWN); if dense { index.pairs.len() } else { 0 }];
    let mut sparse: HashMap<u32, (Symbol, Symbol)> = HashMap::new();
    let mut arena = ctx.labels.write();
    let mut pairs = Vec::new();
    for selected in series {
        let Some(series) = index.series.get(selected.id) else { continue };
        pairs.clear();
        for &pair in index.labels_of(series) {
            let mut symbols = || {
                let (name, value) = index.pair_texts(pair);
                (arena.symbol(name), arena.symbol(value))
            };
            pairs.push(if dense {
                let slot = &mut table[pair as usize];
                if slot.0 == UNKNOWN {
                    *slot = symbols();
                }
                *slot
            } else {
                *sparse.entry(pair).or_insert_with(symbols)
            });
        }
        selected.labels = arena.add_pairs(&pairs);
    }
}
