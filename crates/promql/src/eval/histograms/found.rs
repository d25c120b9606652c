//! The histograms of a vector: classic ones, whose buckets are series, and native ones.
//!
//! Series that differ in `le` alone are one classic histogram. Their buckets are ordered once, not
//! at every step. Where a classic and a native histogram have the same labels at the same step,
//! neither is looked at.

use std::sync::Arc;

use hashbrown::HashSet;
use regain_go_format::parse_float;
use regain_model::{BUCKET_LABEL, Histogram};
use regain_storage::is_histogram;

use crate::annotations::Kind;
use crate::eval::Evaluator;
use crate::functions::buckets::Bucket;
use crate::grid::{Matrix, RowLabels, is_absent};
use crate::label_sets::{KeyIndex, LabelFilter, PendingSets, metric_name};
use crate::native::has_histograms;
use crate::plan::Position;

/// The histograms of a vector.
pub(super) struct Found {
    pub(super) classic: Vec<Classic>,
    pub(super) native: Vec<Native>,
}

/// The buckets of one classic histogram, ascending by bound.
pub(super) struct Classic {
    pub(super) labels: RowLabels,
    pub(super) name: String,
    buckets: Vec<(f64, usize)>,
    /// The steps at which there is a native histogram of the same labels.
    hidden: HashSet<usize>,
}

/// A series of native histograms.
pub(super) struct Native {
    pub(super) labels: RowLabels,
    pub(super) name: String,
    /// The histograms with their steps.
    pub(super) points: Vec<(usize, Arc<Histogram>)>,
}

impl Classic {
    /// The buckets that have a count at step `k`.
    pub(super) fn at(&self, input: &Matrix, k: usize, out: &mut Vec<Bucket>) {
        out.clear();
        if self.hidden.contains(&k) {
            return;
        }
        for &(bound, row) in &self.buckets {
            let count = input.row(row)[k];
            if is_count(count) {
                out.push(Bucket { bound, count });
            }
        }
    }

    fn has_bucket(&self, input: &Matrix, k: usize) -> bool {
        self.buckets.iter().any(|&(_, row)| is_count(input.row(row)[k]))
    }
}

fn is_count(value: f64) -> bool {
    !is_absent(value) && !is_histogram(value)
}

impl Evaluator<'_> {
    /// Finds the histograms of a vector, which is the argument at the bytes `at`.
    pub(super) fn histograms(&mut self, input: &Matrix, at: &Position) -> Found {
        let delayed = self.delayed();
        let arena = self.ctx.labels.read();
        let le = arena.symbol(BUCKET_LABEL);
        let mut filter = LabelFilter::removing([BUCKET_LABEL]);
        filter.resolve(&arena);
        let (mut index, mut key, mut pending) =
            (KeyIndex::default(), Vec::new(), PendingSets::default());
        let mut found = Found { classic: Vec::new(), native: Vec::new() };
        for (row, &labels) in input.labels.iter().enumerate() {
            let name = metric_name(&arena, labels.labels);
            if has_histograms(self.ctx, input.row(row)) {
                let cells = input.row(row).iter().enumerate();
                let histogram = |(k, &cell)| Some((k, self.ctx.histograms.get(cell)?));
                let points = cells.filter_map(histogram).collect();
                found.native.push(Native { labels, name: name.to_owned(), points });
                if !input.row(row).iter().any(|&cell| is_count(cell)) {
                    continue;
                }
            }
            let label = le.and_then(|le| arena.get(labels.labels, le));
            let label = label.map_or("", |label| arena.text(label));
            let Some(bound) = parse_float(label.as_bytes()) else {
                let name = if delayed { name } else { "" };
                self.annotations.add(&Kind::BadBucketLabel { label, name }, at.clone());
                continue;
            };
            filter.apply(arena.pairs(labels.labels), &mut key);
            let (number, new) = index.number(&key);
            if new {
                pending.push(key.iter().copied());
                let (buckets, hidden) = (Vec::new(), HashSet::new());
                found.classic.push(Classic { labels, name: name.to_owned(), buckets, hidden });
            }
            found.classic[number].buckets.push((bound, row));
        }
        for native in &mut found.native {
            let (number, _) = index.number(arena.pairs(native.labels.labels));
            let Some(classic) = found.classic.get_mut(number) else { continue };
            let both = |&(k, _): &(usize, _)| classic.has_bucket(input, k);
            let hidden: HashSet<usize> =
                native.points.iter().filter(|point| both(point)).map(|(k, _)| *k).collect();
            if !hidden.is_empty() {
                let name = if delayed { native.name.as_str() } else { "" };
                self.annotations.add(&Kind::MixedClassicNative { name }, at.clone());
                native.points.retain(|(k, _)| !hidden.contains(k));
                classic.hidden.extend(hidden);
            }
        }
        drop(arena);
        for (classic, labels) in found.classic.iter_mut().zip(pending.store(&self.ctx.labels)) {
            classic.labels.labels = labels;
            classic.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        found
    }
}
