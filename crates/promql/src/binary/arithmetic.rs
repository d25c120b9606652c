//! Arithmetic and comparisons between two vectors.

use std::sync::Arc;

use hashbrown::HashMap;
use regain_model::Labels;
use regain_storage::{ArenaReader, Ctx};

use super::groups::{MatchGroups, matching_filter};
use super::result_labels::ResultLabels;
use super::rows::{any_present, combine, combine_mixed_rows, hide};
use crate::annotations::Remark;
use crate::eval_error::{EvalError, Result};
use crate::grid::{ABSENT, Held, Matrix, RowLabels, is_absent};
use crate::label_sets::{Duplicates, KeyIndex, Pair, PendingSets, merge_same_labels};
use crate::native::{Notes, has_histograms};
use crate::plan::{Cardinality, VectorVector};

/// Computes an operation between two vectors.
pub(crate) fn vectors(
    ctx: &Arc<Ctx>,
    node: &VectorVector,
    [left, right]: [&Matrix; 2],
    delayed: bool,
    notes: &mut Notes,
) -> Result<Matrix> {
    let arena = &ctx.labels;
    let swapped = node.matching.cardinality == Cardinality::OneToMany;
    let (many, one) = if swapped { (right, left) } else { (left, right) };
    // Upstream gives the fill of the right side to the side that is unique, swapped or not.
    let (fill_one, fill_many) = (node.matching.fill_right, node.matching.fill_left);
    let fills = fill_one.is_some() || fill_many.is_some();
    let (no_many, no_one) = (many.len() == 0, one.len() == 0);
    if no_many && no_one || (no_many || no_one) && !fills {
        return Ok(Matrix::new(many.steps));
    }
    let (labels, mut values, mut held, failed) = {
        let reader = arena.read();
        let mut filter = matching_filter(node.matching.on, &node.matching.labels);
        let groups = MatchGroups::new(&reader, many, one, &mut filter);
        let labels = ResultLabels::new(&reader, node, delayed);
        let mut operation = Operation::new(node, ctx, [many, one], &groups, labels, &reader)?;
        operation.check_one_side(fills);
        operation.match_many(fill_one)?;
        if let Some(fill) = fill_many {
            operation.fill_many(fill)?;
        }
        notes.0.extend(operation.remarks.values().map(|&remark| ((0, remark), 1)));
        (operation.out_labels, operation.out_values, operation.held, operation.first_error)
    };
    let mut matrix = Matrix::new(many.steps);
    let rows = values.chunks_exact_mut(many.steps.max(1));
    for (labels, row) in labels.store(arena).into_iter().zip(rows) {
        if let Some((step, _)) = failed {
            row[step..].fill(ABSENT);
        }
        matrix.push_held(RowLabels { labels, drop_name: node.as_bool }, row, &mut held)?;
    }
    // Results that are the same at a step before are told first.
    let merged = merge_same_labels(ctx, matrix, Duplicates::Merge)?;
    match failed {
        Some((_, error)) => Err(error),
        None => Ok(merged),
    }
}

struct Operation<'a> {
    node: &'a VectorVector,
    ctx: &'a Ctx,
    swapped: bool,
    many: &'a Matrix,
    one: &'a Matrix,
    groups: &'a MatchGroups,
    reader: &'a ArenaReader<'a>,
    labels: ResultLabels<'a>,
    /// At which steps each match group has had a match.
    matched: Vec<Option<Vec<bool>>>,
    /// Numbers for the result's label sets.
    results: KeyIndex,
    /// At which steps a match group has had a result's label set.
    matched_results: HashMap<(usize, usize), Vec<bool>>,
    out_labels: PendingSets,
    out_values: Vec<f64>,
    /// The memory of the values.
    held: Held,
    /// For each step what was noticed last, which is what upstream says.
    remarks: HashMap<usize, Remark>,
    /// The earliest step with an error, and the error.
    first_error: Option<(usize, EvalError)>,
    /// The row at work, and at which of its steps both sides are there.
    row: Vec<f64>,
    present: Vec<bool>,
    key: Vec<Pair>,
}

impl<'a> Operation<'a> {
    fn new(
        node: &'a VectorVector,
        ctx: &'a Arc<Ctx>,
        [many, one]: [&'a Matrix; 2],
        groups: &'a MatchGroups,
        labels: ResultLabels<'a>,
        reader: &'a ArenaReader<'a>,
    ) -> Result<Self> {
        Ok(Self {
            node,
            ctx,
            swapped: node.matching.cardinality == Cardinality::OneToMany,
            many,
            one,
            groups,
            reader,
            labels,
            matched: vec![None; groups.len()],
            results: KeyIndex::default(),
            matched_results: HashMap::new(),
            out_labels: PendingSets::default(),
            out_values: Vec::new(),
            held: Held::new(ctx, 0)?,
            remarks: HashMap::new(),
            first_error: None,
            row: Vec::new(),
            present: Vec::new(),
            key: Vec::new(),
        })
    }

    /// The side that must be unique has at most one series in each match group and step.
    fn check_one_side(&mut self, fills: bool) {
        let mut many_present: Option<Vec<bool>> = None;
        let mut earliest: Option<(usize, usize, usize)> = None;
        for rows in self.groups.right.iter().filter(|rows| rows.len() > 1) {
            for k in 0..self.one.steps {
                let mut present = rows.iter().filter(|&&row| !is_absent(self.one.row(row)[k]));
                let (Some(&first), Some(&second)) = (present.next(), present.next()) else {
                    continue;
                };
                // Upstream does not look at a side whose other side is empty.
                let many = many_present.get_or_insert_with(|| any_present(self.many));
                let found = (k, second, first);
                if (fills || many[k]) && earliest.is_none_or(|known| found < known) {
                    earliest = Some(found);
                }
            }
        }
        self.first_error = earliest.map(|(k, second, first)| (k, self.many_to_many(first, second)));
    }

    fn many_to_many(&self, first: usize, second: usize) -> EvalError {
        let text = |pairs: &[Pair]| {
            let pairs = pairs.iter();
            let texts =
                pairs.map(|&(name, value)| (self.reader.text(name), self.reader.text(value)));
            Labels::from_sorted(texts).to_string()
        };
        let (first, second) = (self.pairs_of_one(first), self.pairs_of_one(second));
        EvalError::ManyToMany {
            group: text(&self.labels.matched(second)),
            side: if self.swapped { "left" } else { "right" },
            second: text(second),
            first: text(first),
        }
    }

    fn pairs_of_one(&self, row: usize) -> &'a [Pair] {
        self.reader.pairs(self.one.labels[row].labels)
    }

    fn pairs_of_many(&self, row: usize) -> &'a [Pair] {
        self.reader.pairs(self.many.labels[row].labels)
    }

    /// Finds for each series of the many side the one it matches.
    fn match_many(&mut self, fill_one: Option<f64>) -> Result<()> {
        let (many_side, one_side, groups) = (self.many, self.one, self.groups);
        for many in 0..many_side.len() {
            let group = groups.of_left[many];
            let (values, pairs) = (many_side.row(many), self.pairs_of_many(many));
            for &one in &groups.right[group] {
                let one_pairs = self.pairs_of_one(one);
                self.emit(group, (values, pairs), (one_side.row(one), one_pairs))?;
            }
            if let Some(fill) = fill_one {
                let mut filled = vec![fill; values.len()];
                for &one in &groups.right[group] {
                    hide(&mut filled, one_side.row(one));
                }
                let stand_in = self.labels.matched(pairs);
                self.emit(group, (values, pairs), (&filled, &stand_in))?;
            }
        }
        Ok(())
    }

    /// Matches what is left over of the one side with a number.
    fn fill_many(&mut self, fill: f64) -> Result<()> {
        let (one_side, groups) = (self.one, self.groups);
        for one in 0..one_side.len() {
            let group = groups.of_right[one];
            let filled: Vec<f64> = match &self.matched[group] {
                None => vec![fill; one_side.steps],
                Some(matched) => {
                    matched.iter().map(|&matched| if matched { ABSENT } else { fill }).collect()
                }
            };
            let pairs = self.pairs_of_one(one);
            let stand_in = self.labels.matched(pairs);
            self.emit(group, (&filled, &stand_in), (one_side.row(one), pairs))?;
        }
        Ok(())
    }

    /// Computes one pair of series and keeps the result.
    fn emit(
        &mut self,
        group: usize,
        many: (&[f64], &[Pair]),
        one: (&[f64], &[Pair]),
    ) -> Result<()> {
        let (left, right) = if self.swapped { (one.0, many.0) } else { (many.0, one.0) };
        self.present.clear();
        let both = left.iter().zip(right).map(|(l, r)| !is_absent(*l) && !is_absent(*r));
        self.present.extend(both);
        if !self.present.contains(&true) {
            return Ok(());
        }
        let (op, as_bool) = (self.node.op, self.node.as_bool);
        if op.histogram_only().is_some()
            || has_histograms(self.ctx, left)
            || has_histograms(self.ctx, right)
        {
            let (ctx, row, remarks) = (self.ctx, &mut self.row, &mut self.remarks);
            let refused = combine_mixed_rows(ctx, self.node, [left, right], row, remarks)?;
            // What the operator does not take is no match.
            for k in refused {
                self.present[k] = false;
            }
        } else {
            combine(op, as_bool, left, right, &mut self.row);
        }
        let mut key = std::mem::take(&mut self.key);
        self.labels.of(self.reader, many.1, one.1, &mut key);
        self.check_many_side(group, &key);
        self.out_labels.push(key.iter().copied());
        self.held.make_room(&mut self.out_values, self.row.len())?;
        self.out_values.extend_from_slice(&self.row);
        self.key = key;
        Ok(())
    }

    /// Within a match group the results of a step are told apart by their labels, or there is only
    /// one of them.
    fn check_many_side(&mut self, group: usize, key: &[Pair]) {
        let one_to_one = self.node.matching.cardinality == Cardinality::OneToOne;
        let alone = self.groups.left[group].len() < 2;
        if !alone && !one_to_one {
            let (result, _) = self.results.number(key);
            let steps = self.matched_results.entry((group, result));
            let steps = steps.or_insert_with(|| vec![false; self.present.len()]);
            if let Some(k) = mark(steps, &self.present) {
                fail(&mut self.first_error, k, EvalError::GroupingNotUnique);
            }
        }
        if !alone || self.node.matching.fill_left.is_some() {
            let steps = self.matched[group].get_or_insert_with(|| vec![false; self.present.len()]);
            if let Some(k) = mark(steps, &self.present)
                && one_to_one
            {
                fail(&mut self.first_error, k, EvalError::ManyToOneImplicit);
            }
        }
    }
}

/// Marks the steps of `present` and returns the first that was marked before.
fn mark(steps: &mut [bool], present: &[bool]) -> Option<usize> {
    let mut twice = None;
    for (k, (step, &present)) in steps.iter_mut().zip(present).enumerate() {
        if *step && present && twice.is_none() {
            twice = Some(k);
        }
        *step |= present;
    }
    twice
}

fn fail(first: &mut Option<(usize, EvalError)>, k: usize, error: EvalError) {
    if first.as_ref().is_none_or(|(step, _)| k < *step) {
        *first = Some((k, error));
    }
}
