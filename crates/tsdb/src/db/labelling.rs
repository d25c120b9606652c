//! From the labels of series to label sets in the query's arena: all of them, or those that matter.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use regain_model::METRIC_NAME;
use regain_storage::{ArenaWriter, Ctx, Hints, LabelsId, Symbol};

use crate::index::Index;

/// The labels that say what a series means; they always matter.
const METADATA_LABELS: [&str; 3] = [METRIC_NAME, "__type__", "__unit__"];

/// Adds the label sets of series.
pub(super) enum Labelling<'a> {
    Whole(Translator<'a>),
    Projected(Projector<'a>),
}

impl<'a> Labelling<'a> {
    /// For about so many series.
    pub(super) fn new(index: &'a Index, ctx: &'a Ctx, series: usize, hints: &Hints<'a>) -> Self {
        if hints.projected && hints.by {
            Self::Projected(Projector::new(index, ctx, series, hints.grouping))
        } else {
            Self::Whole(Translator::new(index, ctx, series))
        }
    }

    /// Adds the set of a series with these pairs.
    #[inline]
    pub(super) fn add(&mut self, labels: &[u32]) -> LabelsId {
        match self {
            Self::Whole(translator) => translator.add(labels),
            Self::Projected(projector) => projector.add(labels),
        }
    }

    /// Adds the set of a series with these labels, which no index has.
    pub(super) fn add_texts<'t>(
        &mut self,
        labels: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> LabelsId {
        match self {
            Self::Whole(translator) => translator.add_texts(labels),
            Self::Projected(Projector { translator, grouping, .. }) => {
                let matters = |name: &str| {
                    METADATA_LABELS.contains(&name) || grouping.iter().any(|other| other == name)
                };
                translator.add_texts(labels.filter(|label| matters(label.0)))
            }
        }
    }
}

/// Adds the labels with some names, each set of series in memory once.
pub(super) struct Projector<'a> {
    translator: Translator<'a>,
    /// The symbols of the names.
    names: Vec<u32>,
    grouping: &'a [String],
    /// By pair: whether its name is one of them.
    matters: Vec<Option<bool>>,
    sets: HashMap<Box<[u32]>, LabelsId, FixedState>,
    kept: Vec<u32>,
    /// The set that was added last. Series of one writer come one after another.
    last: (Vec<u32>, Option<LabelsId>),
}

impl<'a> Projector<'a> {
    fn new(index: &'a Index, ctx: &'a Ctx, series: usize, grouping: &'a [String]) -> Self {
        let names = METADATA_LABELS.into_iter().chain(grouping.iter().map(String::as_str));
        let names = names.filter_map(|name| index.symbols.find(name)).collect();
        // Few sets come of many series.
        let translator = Translator::new(index, ctx, 0);
        let is_dense = series >= index.pairs.len() / 16;
        let matters = vec![None; if is_dense { index.pairs.len() } else { 0 }];
        let (sets, kept, last) = (HashMap::default(), Vec::new(), (Vec::new(), None));
        Self { translator, names, grouping, matters, sets, kept, last }
    }

    fn add(&mut self, labels: &[u32]) -> LabelsId {
        let Self { translator, names, matters, sets, kept, last, .. } = self;
        let index = translator.index;
        kept.clear();
        kept.extend(labels.iter().copied().filter(|&pair| {
            let find = || names.contains(&index.pairs.get(pair).0);
            match matters.get_mut(pair as usize) {
                Some(known) => *known.get_or_insert_with(find),
                None => find(),
            }
        }));
        if let (same, Some(known)) = last
            && same == kept
        {
            return *known;
        }
        let id = sets.get(kept.as_slice()).copied().unwrap_or_else(|| {
            let id = translator.add(kept);
            sets.insert(kept.as_slice().into(), id);
            id
        });
        last.0.clone_from(kept);
        last.1 = Some(id);
        id
    }
}

/// Adds label sets to the query's arena; every text is looked up once.
pub(super) struct Translator<'a> {
    index: &'a Index,
    arena: ArenaWriter<'a>,
    /// By pair, where there are many series.
    table: Vec<(Symbol, Symbol)>,
    /// By pair, where a few series do not pay for a table of all.
    sparse: HashMap<u32, (Symbol, Symbol)>,
    pairs: Vec<(Symbol, Symbol)>,
}

/// How many labels a series has, roughly.
const LABELS_GUESS: usize = 6;

const UNKNOWN: Symbol = Symbol(u32::MAX);

impl<'a> Translator<'a> {
    pub(super) fn new(index: &'a Index, ctx: &'a Ctx, series: usize) -> Self {
        let is_dense = series >= index.pairs.len() / 16;
        let table = vec![(UNKNOWN, UNKNOWN); if is_dense { index.pairs.len() } else { 0 }];
        let mut arena = ctx.labels.write();
        arena.reserve(series, series.saturating_mul(LABELS_GUESS));
        Self { index, arena, table, sparse: HashMap::new(), pairs: Vec::new() }
    }

    /// Adds a set of labels that no index has.
    pub(super) fn add_texts<'t>(
        &mut self,
        labels: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> LabelsId {
        let Self { arena, pairs, .. } = self;
        pairs.clear();
        pairs.extend(labels.map(|(name, value)| (arena.symbol(name), arena.symbol(value))));
        arena.add_pairs(pairs)
    }

    pub(super) fn add(&mut self, labels: &[u32]) -> LabelsId {
        let Self { index, arena, table, sparse, pairs } = self;
        pairs.clear();
        for &pair in labels {
            let mut symbols = || {
                let (name, value) = index.pair_texts(pair);
                (arena.symbol(name), arena.symbol(value))
            };
            pairs.push(match table.get_mut(pair as usize) {
                Some(known) => {
                    if known.0 == UNKNOWN {
                        *known = symbols();
                    }
                    *known
                }
                None => *sparse.entry(pair).or_insert_with(symbols),
            });
        }
        arena.add_pairs(pairs)
    }
}
