//! Match groups: the series of both sides whose matching labels are the same.

use regain_model::METRIC_NAME;
use regain_storage::ArenaReader;

use crate::grid::Matrix;
use crate::label_sets::{KeyIndex, LabelFilter};

/// Both sides' rows by match group.
#[derive(Debug, Default)]
pub(crate) struct MatchGroups {
    /// The group of each row of the left side.
    pub(crate) of_left: Vec<usize>,
    /// The group of each row of the right side.
    pub(crate) of_right: Vec<usize>,
    /// The rows of the left side in each group.
    pub(crate) left: Vec<Vec<usize>>,
    /// The rows of the right side in each group.
    pub(crate) right: Vec<Vec<usize>>,
}

impl MatchGroups {
    pub(crate) fn new(
        arena: &ArenaReader<'_>,
        left: &Matrix,
        right: &Matrix,
        filter: &mut LabelFilter,
    ) -> Self {
        filter.resolve(arena);
        let (mut index, mut key) = (KeyIndex::default(), Vec::new());
        let mut number = |matrix: &Matrix| -> Vec<usize> {
            let rows = matrix.labels.iter();
            rows.map(|row| {
                filter.apply(arena.pairs(row.labels), &mut key);
                index.number(&key).0
            })
            .collect()
        };
        let (of_left, of_right) = (number(left), number(right));
        let count = index.len();
        Self { left: invert(&of_left, count), right: invert(&of_right, count), of_left, of_right }
    }

    /// How many groups there are.
    pub(crate) const fn len(&self) -> usize {
        self.left.len()
    }
}

/// Picks the labels that must be the same.
pub(crate) fn matching_filter(on: bool, labels: &[String]) -> LabelFilter {
    let labels = labels.iter().map(String::as_str);
    if on {
        LabelFilter::keeping(labels)
    } else {
        LabelFilter::removing(labels.chain([METRIC_NAME]))
    }
}

fn invert(groups: &[usize], count: usize) -> Vec<Vec<usize>> {
    let mut rows = vec![Vec::new(); count];
    for (row, &group) in groups.iter().enumerate() {
        rows[group].push(row);
    }
    rows
}
