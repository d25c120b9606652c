//! `info`: adds the labels of info metrics to the series they describe.
//!
//! A series and an info series belong together when their `instance` and `job` are the same. Of
//! several info series of one metric the one with the newest sample wins.

mod matching;

use std::collections::BTreeMap;

use regain_model::{INSTANCE_NAME, JOB_NAME, Labels, LabelsBuilder, METRIC_NAME, Matcher};

use super::Evaluator;
use crate::eval_error::{EvalError, Result};
use crate::grid::{ABSENT, Grid, Matrix, RowLabels, is_absent};
use crate::label_sets::{Duplicates, merge_same_labels};
use crate::plan::{InfoNode, Selector};
use matching::InfoMatchers;

/// Info series by metric name, instance and job, with the times of their samples at each step.
type InfoSeries = BTreeMap<(String, String, String), Vec<(Labels, Vec<f64>)>>;

impl Evaluator<'_> {
    pub(super) fn info(&mut self, node: &InfoNode, grid: &Grid) -> Result<Matrix> {
        let input = self.lent(&node.input, grid)?;
        let matchers = InfoMatchers::new(&node.matchers);
        let labels: Vec<Labels> = {
            let arena = self.ctx.labels.read();
            input.labels.iter().map(|row| arena.labels(row.labels)).collect()
        };
        let ignored: Vec<bool> =
            labels.iter().map(|labels| matchers.is_info(labels.metric_name())).collect();
        let described = labels.iter().zip(&ignored).filter(|(_, ignored)| !**ignored);
        let described: Vec<&Labels> = described.map(|(labels, _)| labels).collect();
        let infos = match matchers.selection(&described) {
            Some(selection) => self.info_series(selection, node, grid)?,
            None => InfoSeries::new(),
        };
        check_infos(&input, &infos)?;
        let mut out = Matrix::new(grid.len);
        for (row, labels) in labels.iter().enumerate() {
            if ignored[row] {
                out.push(RowLabels { drop_name: false, ..input.labels[row] }, input.row(row));
            } else {
                self.describe(labels, input.row(row), &infos, &matchers, &mut out)?;
            }
        }
        merge_same_labels(self.ctx, out, Duplicates::Merge)
    }

    fn info_series(
        &mut self,
        matchers: Vec<Matcher>,
        node: &InfoNode,
        grid: &Grid,
    ) -> Result<InfoSeries> {
        let selector = Selector {
            matchers,
            offset: 0,
            at: None,
            smoothed: false,
            stats: false,
            position: 0..0,
        };
        let (start, end) = node.at.map_or((grid.start, grid.last()), |at| (at, at));
        let lookback = self.options.lookback_delta_ms;
        let start = start.saturating_sub(node.offset).saturating_sub(lookback);
        let span = (start, end.saturating_sub(node.offset));
        let matrix = self.sample_times(&selector, span, grid)?;
        let mut infos = InfoSeries::new();
        let arena = self.ctx.labels.read();
        for (row, times) in matrix.rows() {
            let labels = arena.labels(row.labels);
            let get = |name| labels.get(name).unwrap_or_default().to_owned();
            let key = (get(METRIC_NAME), get(INSTANCE_NAME), get(JOB_NAME));
            infos.entry(key).or_default().push((labels, times.to_vec()));
        }
        Ok(infos)
    }

    /// Adds the rows of one series, one for each set of labels it is given over time.
    fn describe(
        &self,
        labels: &Labels,
        values: &[f64],
        infos: &InfoSeries,
        matchers: &InfoMatchers,
        out: &mut Matrix,
    ) -> Result<()> {
        let get = |name| labels.get(name).unwrap_or_default();
        let (instance, job) = (get(INSTANCE_NAME), get(JOB_NAME));
        let candidates: Vec<_> = infos
            .iter()
            .filter(|((_, i, j), _)| i == instance && j == job)
            .map(|(_, series)| series)
            .collect();
        let mut rows: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
        for (k, &value) in values.iter().enumerate().filter(|(_, value)| !is_absent(**value)) {
            let mut found = Vec::new();
            for series in &candidates {
                found.extend(newest(series, k)?);
            }
            if found.is_empty() && matchers.required {
                continue;
            }
            let described = matchers.add_labels(labels, &found)?;
            rows.entry(described).or_insert_with(|| vec![ABSENT; values.len()])[k] = value;
        }
        for (labels, row) in rows {
            let labels = self.ctx.labels.add(&labels);
            out.push(RowLabels { labels, drop_name: false }, &row);
        }
        Ok(())
    }
}

/// Refuses info series that say different things where anything is to be described, be it by them or by others.
fn check_infos(input: &Matrix, infos: &InfoSeries) -> Result<()> {
    let mut any = vec![false; input.steps];
    for (_, row) in input.rows() {
        for (any, &value) in any.iter_mut().zip(row) {
            *any |= !is_absent(value);
        }
    }
    for k in (0..input.steps).filter(|&k| any[k]) {
        for series in infos.values() {
            newest(series, k)?;
        }
    }
    Ok(())
}

/// The info series whose sample at step `k` is the newest.
fn newest(series: &[(Labels, Vec<f64>)], k: usize) -> Result<Option<&Labels>> {
    let mut best: Option<(&Labels, f64)> = None;
    for (labels, times) in series {
        let time = times[k];
        if is_absent(time) {
            continue;
        }
        match best {
            Some((_, known)) if known > time => {}
            Some((existing, known)) if known.to_bits() == time.to_bits() => {
                return Err(EvalError::DuplicateInfo {
                    existing: existing.to_string(),
                    existing_time: millis(known),
                    new: labels.to_string(),
                    new_time: millis(time),
                });
            }
            _ => best = Some((labels, time)),
        }
    }
    Ok(best.map(|(labels, _)| labels))
}

#[expect(clippy::cast_possible_truncation, reason = "sample times come from 64-bit milliseconds")]
fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

impl InfoMatchers {
    /// The labels of a series with those of the info series that describe it.
    fn add_labels(&self, base: &Labels, infos: &[&Labels]) -> Result<Labels> {
        let mut added = LabelsBuilder::new();
        for info in infos {
            for (name, value) in *info {
                if name == METRIC_NAME || !self.wants(name) {
                    continue;
                }
                if added.get(name).is_some_and(|known| known != value) {
                    return Err(EvalError::ConflictingInfoLabel(name.to_owned()));
                }
                if base.get(name).is_none() {
                    added.set(name, value);
                }
            }
        }
        let mut builder = LabelsBuilder::from(base);
        for (name, value) in added.iter() {
            builder.set(name, value);
        }
        Ok(builder.labels())
    }
}
