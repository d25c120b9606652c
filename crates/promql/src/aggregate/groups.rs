//! Groups: which of them a series belongs to.

use std::ops::Range;
use std::sync::Arc;

use regain_model::METRIC_NAME;
use regain_storage::{ArenaReader, Ctx, LabelArena, Symbol, is_histogram};

use super::native::NativeState;
use super::{Aggregation, Fold, GroupState, Noticed, OfHistograms, Sink};
use crate::annotations::Remark;
use crate::eval_error::Result;
use crate::grid::{ABSENT, Held, Matrix, RowLabels, steps_cost};
use crate::label_sets::{KeyIndex, LabelFilter, METADATA_LABELS, Pair, PendingSets};
use crate::native::has_histograms;

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

/// No group is known.
const UNKNOWN: u32 = u32::MAX;

/// The groups met so far.
pub(crate) struct Groups {
    filter: LabelFilter,
    index: KeyIndex,
    /// The group of each label set, by its id: series may share them.
    by_labels: Vec<u32>,
    drop_name: Vec<bool>,
    key: Vec<Pair>,
    /// What the groups take from the query's budget.
    pub(super) held: Held,
    cost: u64,
    row_bytes: usize,
}

/// What a group takes beside its state and its labels: its place in the index, and its name's fate.
const GROUP_BYTES: usize = 64;

impl Groups {
    /// No groups yet; each will have a state over `steps` steps of `cell_bytes` each.
    pub(super) fn new(filter: LabelFilter, held: Held, steps: usize, cell_bytes: usize) -> Self {
        let (index, by_labels) = (KeyIndex::default(), Vec::new());
        let (drop_name, key, cost) = (Vec::new(), Vec::new(), steps_cost(steps));
        let row_bytes = GROUP_BYTES + steps.saturating_mul(cell_bytes);
        Self { filter, index, by_labels, drop_name, key, held, cost, row_bytes }
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
        let id = row.labels.0 as usize;
        if let Some(&known) = self.by_labels.get(id).filter(|known| **known != UNKNOWN) {
            let group = known as usize;
            self.drop_name[group] |= row.drop_name;
            return Ok((group, false));
        }
        self.filter.apply(arena.pairs(row.labels), &mut self.key);
        let (group, new) = self.index.number(&self.key);
        if self.by_labels.len() <= id {
            self.by_labels.resize(id + 1, UNKNOWN);
        }
        self.by_labels[id] = u32::try_from(group).unwrap_or(UNKNOWN);
        if new {
            self.hold_row()?;
            self.drop_name.push(row.drop_name);
        } else {
            self.drop_name[group] |= row.drop_name;
        }
        Ok((group, new))
    }

    /// Takes from the budgets what one more row costs.
    pub(super) fn hold_row(&mut self) -> Result<()> {
        self.held.add(self.cost)?;
        self.held.add_bytes(self.row_bytes + size_of_val(self.key.as_slice()))
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
    ctx: Arc<Ctx>,
    of_histograms: OfHistograms,
    native: NativeState,
    /// The row at work without its histograms.
    floats: Vec<f64>,
    /// Whether names are gone.
    strip: bool,
}

impl Grouped {
    pub(crate) fn new(
        grouping: Grouping<'_>,
        fold: Fold,
        steps: usize,
        ctx: &Arc<Ctx>,
    ) -> Result<Self> {
        let of_histograms = fold.of_histograms();
        let native = NativeState::new(of_histograms == OfHistograms::Avg);
        let state = fold.state(steps);
        let (filter, held) = (grouping.filter(), Held::new(ctx, 0)?);
        let groups = Groups::new(filter, held, steps, state.cell_bytes());
        let (ctx, floats, strip) = (Arc::clone(ctx), Vec::new(), grouping.strip);
        Ok(Self { groups, state, steps, ctx, of_histograms, native, floats, strip })
    }

    /// Folds a row that holds histograms.
    fn add_mixed(&mut self, group: usize, row: &[f64], name: Option<Symbol>) -> Result<()> {
        self.floats.clear();
        let floats = row.iter().map(|&cell| if is_histogram(cell) { ABSENT } else { cell });
        self.floats.extend(floats);
        match self.of_histograms {
            OfHistograms::Like => {}
            OfHistograms::Ignore(name) => {
                self.native.noticed.insert((Remark::IgnoredInAggregation(name), None));
            }
            OfHistograms::Sum | OfHistograms::Avg => {
                for (k, &cell) in row.iter().enumerate() {
                    if let Some(histogram) = self.ctx.histograms.get(cell) {
                        let floats = self.state.is_present(group, k);
                        let bytes = self.native.add((group, k), &histogram, floats, name);
                        self.groups.held.add_bytes(bytes)?;
                    }
                }
            }
        }
        self.state.add(group, &self.floats);
        Ok(())
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
        self.groups.held.add_bytes(self.state.row_bytes(row))?;
        if self.of_histograms != OfHistograms::Like && has_histograms(&self.ctx, row) {
            let name = arena.symbol(METRIC_NAME).filter(|_| !self.strip);
            let name = name.and_then(|name| arena.get(labels.labels, name));
            return self.add_mixed(group, row, name);
        }
        self.state.add(group, row);
        Ok(())
    }

    fn present(
        &mut self,
        arena: &ArenaReader<'_>,
        labels: RowLabels,
        steps: Range<usize>,
        _len: usize,
    ) -> Result<()> {
        let (group, new) = self.groups.number(arena, labels)?;
        if new {
            self.state.add_group();
        }
        self.state.add_present(group, steps);
        Ok(())
    }
}

impl Aggregation for Grouped {
    fn finish(mut self: Box<Self>, ctx: &Ctx) -> Result<(Matrix, Vec<Noticed>)> {
        let mut matrix = Matrix::new(self.steps);
        let values = self.groups.len().saturating_mul(self.steps);
        self.groups.held.make_room(&mut matrix.values, values)?;
        for (group, labels) in self.groups.labels(&ctx.labels).into_iter().enumerate() {
            let row = matrix.push_absent(labels);
            self.state.finish(group, matrix.row_mut(row));
            if !ctx.histograms.is_empty() {
                self.native.finish(group, ctx, matrix.row_mut(row))?;
            }
        }
        debug_assert_eq!(matrix.len(), self.groups.len(), "a group has a row");
        if !ctx.histograms.is_empty() {
            matrix.drop_empty();
        }
        Ok((matrix, self.native.noticed.into_iter().collect()))
    }
}
