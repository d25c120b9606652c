//! Aggregations: rows of many series come in one by one, rows of groups come out.
//!
//! A row is folded into its group for all steps at once and then forgotten, so that memory is
//! groups × steps. Rows come in the order of the series, which fixes the order of summation.
//! Upstream: `promql/engine.go`, 3.14.

mod count_values;
mod groups;
mod limit_ratio;
mod native;
mod params;
mod quantile;
mod ranked;
mod simple;
mod sums;

use std::ops::Range;

use regain_storage::{ArenaReader, Ctx, Symbol};

use crate::annotations::Remark;
use crate::eval_error::Result;
use crate::grid::{ABSENT, Matrix, RowLabels};

pub(crate) use count_values::CountValues;
pub(crate) use groups::{Grouped, Grouping};
pub(crate) use limit_ratio::LimitRatio;
pub(crate) use params::Params;
pub(crate) use ranked::{Rank, Ranked};

/// Something that rows flow into, part by part, in the order of the series.
pub(crate) trait Sink: Send {
    /// Prepares for rows whose labels `arena` holds.
    fn begin(&mut self, arena: &ArenaReader<'_>);

    /// Takes one row, which is not empty.
    fn row(&mut self, arena: &ArenaReader<'_>, labels: RowLabels, row: &[f64]) -> Result<()>;

    /// Takes a row of length `len` of which nothing matters but that it has values at `steps`, which are
    /// not none.
    fn present(
        &mut self,
        arena: &ArenaReader<'_>,
        labels: RowLabels,
        steps: Range<usize>,
        len: usize,
    ) -> Result<()> {
        let mut row = vec![ABSENT; len];
        row[steps].fill(1.0);
        self.row(arena, labels, &row)
    }
}

/// A sink that becomes a vector.
pub(crate) trait Aggregation: Sink {
    /// The rows of the groups, and what was noticed with the names of the metrics.
    fn finish(self: Box<Self>, ctx: &Ctx) -> Result<(Matrix, Vec<Noticed>)>;
}

/// What an aggregation noticed, and about which metric.
pub(crate) type Noticed = (Remark, Option<Symbol>);

/// What a group holds for each step, for aggregations that need no labels.
pub(crate) trait GroupState: Send {
    /// Makes room for one more group.
    fn add_group(&mut self);

    /// How much memory each group takes for each step.
    fn cell_bytes(&self) -> usize;

    /// How much more memory `row` takes, where states grow with what is added.
    fn row_bytes(&self, _row: &[f64]) -> usize {
        0
    }

    /// Folds a row into a group.
    fn add(&mut self, group: usize, row: &[f64]);

    /// Folds a row into a group of which nothing matters but that it has values at `steps`.
    fn add_present(&mut self, group: usize, steps: Range<usize>) {
        let mut row = vec![ABSENT; steps.end];
        row[steps].fill(1.0);
        self.add(group, &row);
    }

    /// Writes a group's results.
    fn finish(&mut self, group: usize, out: &mut [f64]);

    /// Whether a group has a value at step `k`.
    fn is_present(&self, group: usize, k: usize) -> bool;
}

/// What an aggregation does with histograms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OfHistograms {
    Sum,
    Avg,
    /// The same as with floats.
    Like,
    /// It leaves them out; the name is for the remark.
    Ignore(&'static str),
}

/// An aggregation without a parameter that changes its kind, or with the quantiles.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fold {
    Sum,
    Avg,
    Count,
    Group,
    Min,
    Max,
    Stddev,
    Stdvar,
    Quantile(Vec<f64>),
}

impl Fold {
    /// What becomes of histograms.
    const fn of_histograms(&self) -> OfHistograms {
        match self {
            Self::Sum => OfHistograms::Sum,
            Self::Avg => OfHistograms::Avg,
            Self::Count | Self::Group => OfHistograms::Like,
            Self::Min => OfHistograms::Ignore("min"),
            Self::Max => OfHistograms::Ignore("max"),
            Self::Stddev => OfHistograms::Ignore("stddev"),
            Self::Stdvar => OfHistograms::Ignore("stdvar"),
            Self::Quantile(_) => OfHistograms::Ignore("quantile"),
        }
    }

    /// An empty state over `steps` steps.
    pub(crate) fn state(self, steps: usize) -> Box<dyn GroupState> {
        match self {
            Self::Sum => Box::new(sums::SumState::new(steps)),
            Self::Avg => Box::new(sums::AvgState::new(steps)),
            Self::Count => Box::new(simple::CountState::new(steps, false)),
            Self::Group => Box::new(simple::CountState::new(steps, true)),
            Self::Min => Box::new(simple::ExtremeState::new(steps, true)),
            Self::Max => Box::new(simple::ExtremeState::new(steps, false)),
            Self::Stddev => Box::new(simple::VarianceState::new(steps, true)),
            Self::Stdvar => Box::new(simple::VarianceState::new(steps, false)),
            Self::Quantile(quantiles) => Box::new(quantile::QuantileState::new(steps, quantiles)),
        }
    }
}
