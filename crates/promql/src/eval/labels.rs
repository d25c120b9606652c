//! `label_replace` and `label_join`.

use regain_model::{METRIC_NAME, NameScheme, is_valid_label_name};

use super::Evaluator;
use crate::eval_error::{EvalError, Result};
use crate::grid::{Grid, Matrix};
use crate::label_sets::{Duplicates, Edit, edit_all, merge_same_labels};
use crate::plan::{LabelReplace, Node};

impl Evaluator<'_> {
    pub(super) fn label_replace(&mut self, node: &LabelReplace, grid: &Grid) -> Result<Matrix> {
        let regex = self
            .regexes
            .anchored(&node.regex)
            .map_err(|_| EvalError::InvalidRegex(node.regex.clone()))?;
        check_target("label_replace", &node.target)?;
        let mut matrix = self.vector(&node.input, grid)?;
        let mut changed = Vec::new();
        let mut row = 0;
        edit_all(&self.ctx.labels, &mut matrix.labels, &node.target, |get| {
            let source = get(&node.source);
            let replaced = regex.captures(&source).map(|captures| {
                let mut value = String::new();
                captures.expand(&node.replacement, &mut value);
                value
            });
            if replaced.is_some() {
                changed.push(row);
            }
            row += 1;
            replaced.map_or(Edit::Keep, Edit::Set)
        });
        self.named(matrix, &node.target, &changed)
    }

    pub(super) fn label_join(
        &mut self,
        input: &Node,
        target: &str,
        separator: &str,
        sources: &[String],
        grid: &Grid,
    ) -> Result<Matrix> {
        if let Some(bad) = sources.iter().find(|name| !is_valid_label_name(name, NameScheme::Utf8))
        {
            return Err(EvalError::InvalidSource(bad.clone()));
        }
        check_target("label_join", target)?;
        let mut matrix = self.vector(input, grid)?;
        edit_all(&self.ctx.labels, &mut matrix.labels, target, |get| {
            let values: Vec<String> = sources.iter().map(|source| get(source)).collect();
            Edit::Set(values.join(separator))
        });
        let all: Vec<usize> = (0..matrix.len()).collect();
        self.named(matrix, target, &all)
    }

    /// Keeps the names that were set on purpose, and merges series that have become the same.
    fn named(&self, mut matrix: Matrix, target: &str, changed: &[usize]) -> Result<Matrix> {
        if target == METRIC_NAME {
            for &row in changed {
                matrix.labels[row].drop_name = false;
            }
        }
        merge_same_labels(self.ctx, matrix, Duplicates::Merge)
    }
}

fn check_target(function: &'static str, name: &str) -> Result<()> {
    if is_valid_label_name(name, NameScheme::Utf8) {
        return Ok(());
    }
    Err(EvalError::InvalidDestination { function, name: name.to_owned() })
}
