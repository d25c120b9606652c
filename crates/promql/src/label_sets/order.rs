//! Orders of rows that depend on nothing but their labels.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};

use foldhash::fast::FixedState;
use regain_storage::{ArenaReader, LabelsId};

use crate::grid::RowLabels;

/// The rows in the order of their labels.
pub(crate) fn by_labels(arena: &ArenaReader<'_>, rows: &[RowLabels]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|&a, &b| texts(arena, rows[a].labels).cmp(texts(arena, rows[b].labels)));
    order
}

/// The rows in an order that is found faster and looks random.
pub(crate) fn by_hash(arena: &ArenaReader<'_>, rows: &[RowLabels]) -> Vec<usize> {
    let hash = |row: &RowLabels| {
        let mut hasher = FixedState::default().build_hasher();
        texts(arena, row.labels).for_each(|text| text.hash(&mut hasher));
        hasher.finish()
    };
    let mut hashes: Vec<(u64, usize)> = rows.iter().map(hash).zip(0..).collect();
    hashes.sort_unstable();
    hashes.into_iter().map(|(_, row)| row).collect()
}

fn texts<'a>(
    arena: &'a ArenaReader<'_>,
    labels: LabelsId,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    arena.pairs(labels).iter().map(|&(name, value)| (arena.text(name), arena.text(value)))
}
