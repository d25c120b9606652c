//! Aggregations over chains and over whole vectors.

use regain_storage::{ArenaReader, Hints};

use super::Evaluator;
use crate::aggregate::{
    Aggregation, CountValues, Fold, Grouped, Grouping, LimitRatio, Params, Rank, Ranked,
};
use crate::annotations::Kind;
use crate::eval_error::{EvalError, Result};
use crate::grid::{Grid, Matrix, RowLabels};
use crate::label_sets::{by_hash, by_labels};
use crate::plan::{AggregateNode, AggregateOp, Position};

impl Evaluator<'_> {
    pub(super) fn aggregate(&mut self, node: &AggregateNode, grid: &Grid) -> Result<Matrix> {
        if let AggregateOp::CountValues(label) = &node.op
            && !regain_model::is_valid_label_name(label, regain_model::NameScheme::Utf8)
        {
            return Err(EvalError::InvalidLabelName(label.clone().into_bytes()));
        }
        let params = match &node.param {
            Some(param) => Some(Params::new(self.param(param, grid)?)),
            None => None,
        };
        let before = (self.annotations.clone(), self.stats);
        if self.fuse
            && let Some(fused) = self.linked(&node.input, grid)?
            && (!fused.nameless || self.may_lose_name(&fused))
        {
            let strip = fused.nameless && !self.delayed();
            let mut sink = match self.sink(node, params.as_ref(), strip, grid) {
                Ok(Some(sink)) => sink,
                // What is to be said about the input is said, even if nothing of it is kept.
                nothing => {
                    (self.annotations, self.stats) = before;
                    self.lent(&node.input, grid)?;
                    return nothing.map(|_| Matrix::new(grid.len));
                }
            };
            let presence_only =
                fused.is_instant() && matches!(node.op, AggregateOp::Count | AggregateOp::Group);
            let hints = hints(node);
            self.run(&fused, grid, hints, presence_only, sink.as_mut())?;
            if !(strip && self.has_type_or_unit()) {
                return self.finish(node, sink);
            }
            return self.unfused(before, |evaluator| {
                let input = evaluator.lent(&node.input, grid)?;
                evaluator.fold(node, params.as_ref(), &input, grid)
            });
        }
        if self.shares.key(&node.input, grid).is_none()
            && let Some(joined) = self.aggregate_joined(node, params.as_ref(), grid)?
        {
            return Ok(joined);
        }
        let input = self.lent(&node.input, grid)?;
        self.fold(node, params.as_ref(), &input, grid)
    }

    pub(super) fn fold(
        &mut self,
        node: &AggregateNode,
        params: Option<&Params>,
        input: &Matrix,
        grid: &Grid,
    ) -> Result<Matrix> {
        let Some(mut sink) = self.sink(node, params, false, grid)? else {
            return Ok(Matrix::new(grid.len));
        };
        {
            let arena = self.ctx.labels.read();
            sink.begin(&arena);
            for row in self.folding_order(node, &arena, &input.labels) {
                sink.row(&arena, input.labels[row], input.row(row))?;
            }
        }
        self.finish(node, sink)
    }

    /// The rows of the groups, after what was noticed has been said.
    pub(super) fn finish(
        &mut self,
        node: &AggregateNode,
        sink: Box<dyn Aggregation>,
    ) -> Result<Matrix> {
        let (matrix, noticed) = sink.finish(self.ctx)?;
        let at = match node.op {
            AggregateOp::TopK | AggregateOp::BottomK => &node.at,
            _ => &node.input_at,
        };
        let arena = self.ctx.labels.read();
        for (remark, name) in noticed {
            let name = name.map_or("", |name| arena.text(name));
            self.annotations.add(&remark.about(name), at.clone());
        }
        Ok(matrix)
    }

    /// Where rows are aggregated, or `None` when the parameter leaves nothing.
    pub(super) fn sink(
        &mut self,
        node: &AggregateNode,
        params: Option<&Params>,
        strip: bool,
        grid: &Grid,
    ) -> Result<Option<Box<dyn Aggregation>>> {
        let grouping = Grouping { labels: &node.labels, without: node.without, strip };
        let missing = EvalError::Unsupported("an aggregation without its parameter");
        let grouped = |fold: Fold| -> Result<Box<dyn Aggregation>> {
            Ok(Box::new(Grouped::new(grouping, fold, grid.len, self.ctx)?))
        };
        Ok(Some(match &node.op {
            AggregateOp::Sum => grouped(Fold::Sum)?,
            AggregateOp::Avg => grouped(Fold::Avg)?,
            AggregateOp::Count => grouped(Fold::Count)?,
            AggregateOp::Group => grouped(Fold::Group)?,
            AggregateOp::Min => grouped(Fold::Min)?,
            AggregateOp::Max => grouped(Fold::Max)?,
            AggregateOp::Stddev => grouped(Fold::Stddev)?,
            AggregateOp::Stdvar => grouped(Fold::Stdvar)?,
            AggregateOp::CountValues(label) => {
                Box::new(CountValues::new(label, grouping, grid.len, self.ctx)?)
            }
            AggregateOp::Quantile => {
                let params = params.ok_or(missing)?;
                self.check_quantiles(params, &node.param_at);
                grouped(Fold::Quantile(params.values.clone()))?
            }
            AggregateOp::LimitRatio => {
                let params = params.ok_or(missing)?;
                let Some(ratios) = params.ratios()? else { return Ok(None) };
                self.check_ratios(params, &node.param_at);
                Box::new(LimitRatio::new(ratios, strip, self.ctx)?)
            }
            AggregateOp::TopK | AggregateOp::BottomK | AggregateOp::LimitK => {
                let Some(counts) = params.ok_or(missing)?.counts()? else { return Ok(None) };
                let rank = match node.op {
                    AggregateOp::TopK => Rank::Top,
                    AggregateOp::BottomK => Rank::Bottom,
                    _ => Rank::First,
                };
                Box::new(Ranked::new(rank, counts, grouping, self.ctx)?)
            }
        }))
    }

    /// The order in which rows are folded. A sum shows it in its last bits, and a choice among equals in what
    /// is chosen. At one time it is that of the vector, which `topk` and `sort` order; over time it is that of
    /// the series, or one that depends on the labels alone, so that no step depends on which others are
    /// asked for.
    fn folding_order(
        &self,
        node: &AggregateNode,
        arena: &ArenaReader<'_>,
        rows: &[RowLabels],
    ) -> Vec<usize> {
        let is_any_order =
            matches!(node.op, AggregateOp::Count | AggregateOp::Group | AggregateOp::LimitRatio);
        if !self.over_time || is_any_order || node.input.comes_in_series_order(self.delayed()) {
            return (0..rows.len()).collect();
        }
        match node.op {
            AggregateOp::TopK | AggregateOp::BottomK | AggregateOp::LimitK => {
                by_labels(arena, rows)
            }
            _ => by_hash(arena, rows),
        }
    }

    fn check_quantiles(&mut self, params: &Params, at: &Position) {
        let mut warn = |got| self.annotations.add(&Kind::InvalidQuantile { got }, at.clone());
        if params.any_nan {
            warn(f64::NAN);
        }
        if params.max > 1.0 {
            warn(params.max);
        }
        if params.min < 0.0 {
            warn(params.min);
        }
    }

    fn check_ratios(&mut self, params: &Params, at: &Position) {
        let mut warn = |got, to| self.annotations.add(&Kind::InvalidRatio { got, to }, at.clone());
        if params.max > 1.0 {
            warn(params.max, 1.0);
        }
        if params.min < -1.0 {
            warn(params.min, -1.0);
        }
    }
}

pub(super) fn hints(node: &AggregateNode) -> Hints<'_> {
    let function = match node.op {
        AggregateOp::Sum => "sum",
        AggregateOp::Avg => "avg",
        AggregateOp::Count => "count",
        AggregateOp::Group => "group",
        AggregateOp::Min => "min",
        AggregateOp::Max => "max",
        AggregateOp::Stddev => "stddev",
        AggregateOp::Stdvar => "stdvar",
        AggregateOp::Quantile => "quantile",
        AggregateOp::TopK => "topk",
        AggregateOp::BottomK => "bottomk",
        AggregateOp::LimitK => "limitk",
        AggregateOp::LimitRatio => "limit_ratio",
        AggregateOp::CountValues(_) => "count_values",
    };
    // What picks series shows their labels, and what counts values tells groups apart by one more.
    let keeps_series = matches!(
        node.op,
        AggregateOp::TopK
            | AggregateOp::BottomK
            | AggregateOp::LimitK
            | AggregateOp::LimitRatio
            | AggregateOp::CountValues(_)
    );
    let by = !node.without;
    Hints { function, grouping: &node.labels, by, projected: by && !keeps_series, ..Hints::NONE }
}
