//! Work on label sets as runs of symbols: filters, indexes, edits. No text is compared or copied
//! where symbols do.

mod edit;
mod filter;
mod index;
mod merge;
mod order;

use regain_model::{Labels, METRIC_NAME};
use regain_storage::{ArenaReader, LabelArena, LabelsId, Symbol};

pub(crate) use edit::{Edit, drop_metadata, edit_all};
pub(crate) use filter::LabelFilter;
pub(crate) use index::KeyIndex;
pub(crate) use merge::{Duplicates, merge_same_labels};
pub(crate) use order::{by_hash, by_labels};

/// A name and a value.
pub(crate) type Pair = (Symbol, Symbol);

/// The labels that say what a series means; they go when an operation changes the meaning.
pub(crate) const METADATA_LABELS: [&str; 3] = [METRIC_NAME, "__type__", "__unit__"];

/// The symbols of [`METADATA_LABELS`], as far as any label set uses them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MetadataSymbols([Option<Symbol>; 3]);

impl MetadataSymbols {
    pub(crate) fn of(arena: &ArenaReader<'_>) -> Self {
        Self(METADATA_LABELS.map(|name| arena.symbol(name)))
    }

    pub(crate) fn contain(&self, name: Symbol) -> bool {
        self.0.contains(&Some(name))
    }

    /// The symbol of the metric name's label.
    pub(crate) const fn metric_name(&self) -> Option<Symbol> {
        self.0[0]
    }

    /// Whether any label set has a type or a unit.
    pub(crate) const fn has_type_or_unit(&self) -> bool {
        self.0[1].is_some() || self.0[2].is_some()
    }
}

/// Label sets that wait to be added to an arena, because it cannot be read and written at once.
#[derive(Debug, Default)]
pub(crate) struct PendingSets {
    pairs: Vec<Pair>,
    ends: Vec<usize>,
}

impl PendingSets {
    pub(crate) fn push(&mut self, pairs: impl IntoIterator<Item = Pair>) {
        self.pairs.extend(pairs);
        self.ends.push(self.pairs.len());
    }

    /// Adds all sets and returns their ids in order.
    pub(crate) fn store(&self, arena: &LabelArena) -> Vec<LabelsId> {
        let mut writer = arena.write();
        let mut start = 0;
        let sets = self.ends.iter().map(|&end| {
            let id = writer.add_pairs(&self.pairs[start..end]);
            start = end;
            id
        });
        sets.collect()
    }
}

/// The set of no labels.
pub(crate) fn empty_set(arena: &LabelArena) -> LabelsId {
    arena.write().add_pairs(&[])
}

/// The metric name of a set, or the empty string.
pub(crate) fn metric_name<'a>(arena: &'a ArenaReader<'_>, id: LabelsId) -> &'a str {
    let name = arena.symbol(METRIC_NAME).and_then(|name| arena.get(id, name));
    name.map_or("", |value| arena.text(value))
}

/// The set `id` without the labels that say what a series means.
pub(crate) fn without_metadata(labels: &Labels) -> Labels {
    Labels::from_sorted(labels.iter().filter(|(name, _)| !METADATA_LABELS.contains(name)))
}
