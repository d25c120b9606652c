//! Groups: which of them a series belongs to.

use regain_model::METRIC_NAME;
use regain_storage::{ArenaReader, LabelArena};

use super::{Aggregation, Fold, GroupState, Sink};
use crate::eval_error::Result;
use crate::grid::{Held, Matrix, RowLabels, steps_cost};
use crate::label_sets::{KeyIndex, LabelFilter, METADATA_LABELS, Pair, PendingSets};

/// The labels that make a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grouping<'a> {
    pub(crate) labels: &'a [String],
    /// Whether the labels are those that do not count.
    pub(crate) without: bool,
    /// Whether the rows still carry the labels that an operation has dropped.
    pub(crate) strip: bool,
}

impl Grouping<'_> {
    /// The labels of a series that make its group.
    pub(crate) fn filter(&self) -> LabelFilter {
        let labels = self.labels.iter().map(String::as_str);
        if self.without {
            let metadata: &[&str] = if self.strip { &METADATA_LABELS } else { &[METRIC_NAME] };
            LabelFilter::removing(labels.chain(metadata.iter().copied()))
        } else {
            LabelFilter::keeping(
                labels.filter(|label| !(self.strip && METADATA_LABELS.contains(label))),
            )
        }
    }
}

/// The groups met so far.
pub(crate) struct Groups {
    filter: LabelFilter,
    index: KeyIndex,
    drop_name: Vec<bool>,
    key: Vec<Pair>,
    /// What the groups take from the query's budget.
    held: Held,
    cost: u64,
}

impl Groups {
    /// No groups yet; each will have a state over `steps` steps.
    pub(super) fn new(filter: LabelFilter, held: Held, steps: usize) -> Self {
        let (index, drop_name, key) = (KeyIndex::default(), Vec::new(), Vec::new());
        Self { filter, index, drop_name, key, held, cost: steps_cost(steps) }
    }

    pub(super) fn begin(&mut self, arena: &ArenaReader<'_>) {
        self.filter.resolve(arena);
    }

    /// The number of the group of `row`, and whether it is new.
    pub(super) fn number(
        &mut self,
        arena: &ArenaReader<'_>,
        row: RowLabels,
    ) -> Result<(usize, bool)> {
        self.filter.apply(arena.pairs(row.labels), &mut self.key);
        let (group, new) = self.index.number(&self.key);
        if new {
            self.hold_row()?;
            self.drop_name.push(row.drop_name);
        } else {
            self.drop_name[group] |= row.drop_name;
        }
        Ok((group, new))
    }

    /// Takes from the budget what one more row costs.
    pub(super) fn hold_row(&mut self) -> Result<()> {
        self.held.add(self.cost)
    }

    pub(super) const fn len(&self) -> usize {
        self.index.len()
    }

    /// The labels of all groups.
    pub(super) fn labels(&self, arena: &LabelArena) -> Vec<RowLabels> {
        let mut pending = PendingSets::default();
        for group in 0..self.index.len() {
            pending.push(self.index.key(group).iter().copied());
        }
        let rows = pending.store(arena).into_iter().zip(&self.drop_name);
        rows.map(|(labels, &drop_name)| RowLabels { labels, drop_name }).collect()
    }
}

/// An aggregation whose result has one row for each group.
pub(crate) struct Grouped {
    groups: Groups,
    state: Box<dyn GroupState>,
    steps: usize,
}

impl Grouped {
    pub(crate) fn new(grouping: Grouping<'_>, fold: Fold, steps: usize, held: Held) -> Self {
        let groups = Groups::new(grouping.filter(), held, steps);
        Self { groups, state: fold.state(steps), steps }
    }
}

impl Sink for Grouped {
    fn begin(&mut self, arena: &ArenaReader<'_>) {
        self.groups.begin(arena);
    }

    fn row(&mut self, arena: &ArenaReader<'_>, labels: RowLabels, row: &[f64]) -> Result<()> {
        let (group, new) = self.groups.number(arena, labels)?;
        if new {
            self.state.add_group();
        }
        self.state.add(group, row);
        Ok(())
    }
}

impl Aggregation for Grouped {
    fn finish(mut self: Box<Self>, arena: &LabelArena) -> Matrix {
        let mut matrix = Matrix::new(self.steps);
        for (group, labels) in self.groups.labels(arena).into_iter().enumerate() {
            let row = matrix.push_absent(labels);
            self.state.finish(group, matrix.row_mut(row));
        }
        debug_assert_eq!(matrix.len(), self.groups.len(), "a group has a row");
        matrix
    }
}
