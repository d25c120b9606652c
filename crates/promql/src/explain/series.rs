//! Why a selector finds no series: matcher by matcher.

use regain_model::{METRIC_NAME, MatchOp, Matcher};
use regain_storage::Snapshot;

use super::reason::EmptyReason;
use super::similar::similar;
use crate::eval_error::Result;

/// More names or values are not compared with the one that was written.
const CANDIDATES_MAX: usize = 50_000;
/// As many values are named.
const VALUES_SHOWN: usize = 3;

/// Why no series fits `matchers`; nothing where some do.
pub(super) fn why_no_series(
    snapshot: &dyn Snapshot,
    matchers: &[Matcher],
) -> Result<Option<EmptyReason>> {
    if exists(snapshot, matchers)? {
        return Ok(None);
    }
    let name = matchers.iter().find(|matcher| is_name(matcher));
    if let Some(name) = name
        && !exists(snapshot, std::slice::from_ref(name))?
    {
        let names = snapshot.label_values(METRIC_NAME, &[], CANDIDATES_MAX)?;
        let similar = similar(name.value(), &names);
        return Ok(Some(EmptyReason::NoSuchMetric { name: name.value().to_owned(), similar }));
    }
    let metric = name.map(|name| name.value().to_owned());
    let others = matchers.iter().filter(|matcher| !is_name(matcher));
    for matcher in others.clone() {
        let with_name: Vec<Matcher> = name.into_iter().chain([matcher]).cloned().collect();
        if !exists(snapshot, &with_name)? {
            let of_metric: Vec<Matcher> = name.into_iter().cloned().collect();
            let values = snapshot.label_values(matcher.name(), &of_metric, CANDIDATES_MAX)?;
            let values = shown(matcher, values);
            return Ok(Some(EmptyReason::NoSuchLabel { metric, matcher: matcher.clone(), values }));
        }
    }
    let mut too_many = Vec::new();
    for matcher in others {
        let rest = matchers.iter().filter(|other| !std::ptr::eq(*other, matcher));
        let rest: Vec<Matcher> = rest.cloned().collect();
        if exists(snapshot, &rest)? {
            too_many.push(matcher.clone());
        }
    }
    Ok(Some(EmptyReason::NoSeriesForAll { metric, too_many }))
}

/// Whether the matcher is that of the metric's name.
fn is_name(matcher: &Matcher) -> bool {
    matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal && !matcher.value().is_empty()
}

fn exists(snapshot: &dyn Snapshot, matchers: &[Matcher]) -> Result<bool> {
    Ok(!snapshot.label_names(matchers, 1)?.is_empty())
}

/// A few values, those first that look like what is wanted.
fn shown(matcher: &Matcher, values: Vec<String>) -> Vec<String> {
    let mut shown = similar(matcher.value(), &values);
    for value in values {
        if shown.len() >= VALUES_SHOWN {
            break;
        }
        if !shown.contains(&value) {
            shown.push(value);
        }
    }
    shown
}
