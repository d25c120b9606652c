//! `and`, `or` and `unless`.

use std::sync::Arc;

use regain_storage::Ctx;

use super::groups::{MatchGroups, matching_filter};
use crate::eval_error::Result;
use crate::grid::{ABSENT, Held, Matrix, is_absent};
use crate::label_sets::{Duplicates, merge_same_labels};
use crate::plan::{SetNode, SetOp};

/// Computes a set operation; series of both sides match by their labels alone, any number of them.
pub(crate) fn set(
    ctx: &Arc<Ctx>,
    node: &SetNode,
    mut left: Matrix,
    right: &Matrix,
) -> Result<Matrix> {
    let arena = &ctx.labels;
    let mut filter = matching_filter(node.on, &node.labels);
    let groups = MatchGroups::new(&arena.read(), &left, right, &mut filter);
    let steps = left.steps;
    if node.op == SetOp::Or {
        let present = presence(&left, &groups.of_left, groups.len());
        let (mut row, mut held) = (vec![ABSENT; steps], Held::new(ctx, 0)?);
        for (index, (labels, values)) in right.rows().enumerate() {
            let matched = &present[groups.of_right[index]];
            for (k, out) in row.iter_mut().enumerate() {
                let hidden = matched.as_ref().is_some_and(|matched| matched[k]);
                *out = if hidden { ABSENT } else { values[k] };
            }
            left.push_held(labels, &row, &mut held)?;
        }
        return merge_same_labels(ctx, left, Duplicates::Merge);
    }
    let wanted = node.op == SetOp::And;
    let present = presence(right, &groups.of_right, groups.len());
    for row in 0..left.len() {
        let matched = &present[groups.of_left[row]];
        for (k, value) in left.row_mut(row).iter_mut().enumerate() {
            if matched.as_ref().is_some_and(|matched| matched[k]) != wanted {
                *value = ABSENT;
            }
        }
    }
    left.drop_empty();
    Ok(left)
}

/// At which steps each group has any series; `None` where it has none at all.
fn presence(matrix: &Matrix, groups: &[usize], count: usize) -> Vec<Option<Vec<bool>>> {
    let mut present: Vec<Option<Vec<bool>>> = vec![None; count];
    for (&group, (_, row)) in groups.iter().zip(matrix.rows()) {
        let steps = present[group].get_or_insert_with(|| vec![false; matrix.steps]);
        for (step, &value) in steps.iter_mut().zip(row) {
            *step |= !is_absent(value);
        }
    }
    present
}
