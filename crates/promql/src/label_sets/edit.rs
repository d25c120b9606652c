//! Edits of label sets that need their texts.

use regain_model::LabelsBuilder;
use regain_storage::{LabelArena, LabelsId};

use super::{MetadataSymbols, PendingSets};
use crate::grid::RowLabels;

/// What to do with a row's labels.
pub(crate) enum Edit {
    /// They stay as they are.
    Keep,
    /// The label gets the value; the empty value deletes it.
    Set(String),
}

/// Sets the label `name` of each row to what `edit` says, looking at the row's labels as text.
pub(crate) fn edit_all(
    arena: &LabelArena,
    rows: &mut [RowLabels],
    name: &str,
    mut edit: impl FnMut(&dyn Fn(&str) -> String) -> Edit,
) {
    let mut changed = Vec::new();
    {
        let reader = arena.read();
        for (index, row) in rows.iter().enumerate() {
            let get = |label: &str| {
                let value = reader.symbol(label).and_then(|label| reader.get(row.labels, label));
                value.map_or_else(String::new, |value| reader.text(value).to_owned())
            };
            if let Edit::Set(value) = edit(&get) {
                let mut builder = LabelsBuilder::from(&reader.labels(row.labels));
                builder.set(name, &value);
                changed.push((index, builder.labels()));
            }
        }
    }
    let mut writer = arena.write();
    for (index, labels) in changed {
        rows[index].labels = writer.add(&labels);
    }
}

/// Removes the labels that say what a series means from each row.
pub(crate) fn drop_metadata(arena: &LabelArena, rows: &mut [RowLabels]) {
    let mut pending = PendingSets::default();
    let mut changed: Vec<usize> = Vec::new();
    {
        let reader = arena.read();
        let metadata = MetadataSymbols::of(&reader);
        for (index, row) in rows.iter().enumerate() {
            let pairs = reader.pairs(row.labels);
            if pairs.iter().any(|(name, _)| metadata.contain(*name)) {
                pending.push(pairs.iter().copied().filter(|(name, _)| !metadata.contain(*name)));
                changed.push(index);
            }
        }
    }
    let ids: Vec<LabelsId> = pending.store(arena);
    for (index, id) in changed.into_iter().zip(ids) {
        rows[index].labels = id;
    }
}
