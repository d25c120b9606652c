//! The exemplars of the script: one for each batch.

use std::collections::BTreeSet;

use regain_model::{Exemplar, Labels, Span, Timestamp};
use regain_storage::Queryable as _;
use regain_tsdb::Db;

use super::Step;

/// How many are kept: far fewer than the script commits.
pub(super) const MAX: usize = 12;

/// The exemplar of a batch, and its series: the first that the batch has.
pub(super) fn exemplar_of(step: &Step) -> Option<(usize, Exemplar)> {
    let Step::Batch(lane, rows, own) = step else { return None };
    let first = rows.first().and_then(|(time, numbers)| Some((*numbers.first()?, *time)));
    let (number, time) = first.or_else(|| own.first().copied())?;
    let labels = Labels::from_pairs([("trace_id", format!("{lane} {time}"))]);
    let exemplar = Exemplar { labels, value: 1.0, time: Timestamp(time), is_timed: true };
    Some((number, exemplar))
}

pub(super) fn trace_of(exemplar: &Exemplar) -> String {
    exemplar.labels.get("trace_id").unwrap_or_default().to_owned()
}

/// The exemplars that the store has must be the last ones of the first batches, of no fewer than `batches`.
pub(super) fn check(db: &Db, all: &[String], batches: usize, context: &str) {
    let found = db.exemplars(Span::ALL, &[vec![]]).unwrap();
    let found: BTreeSet<String> =
        found.iter().flat_map(|series| series.exemplars.iter().map(trace_of)).collect();
    let last = |count: usize| {
        let all = &all[..count];
        all[all.len().saturating_sub(MAX)..].iter().cloned().collect::<BTreeSet<_>>()
    };
    let is_prefix = (batches..=all.len()).any(|count| last(count) == found);
    assert!(is_prefix, "{found:?} is not what {batches} batches or more leave; {context}");
}
