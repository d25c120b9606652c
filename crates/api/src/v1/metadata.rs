//! `metadata` and `targets/metadata`: what targets say about their metrics, and what the store has kept of metrics of which no
//! target says anything.

use std::collections::{BTreeMap, BTreeSet};

use regain_model::{Labels, Matcher, Metadata};
use regain_scrape::FamilyMetadata;
use regain_tsdb::Db;

use crate::door::Open;
use crate::envelope::{ApiError, ErrorKind, Success};
use crate::json;
use crate::params::{Params, atoi};
use crate::targets::TargetListing;

/// About the bytes that one entry takes in an answer.
const ENTRY_BYTES: usize = 200;

/// `/api/v1/metadata`.
pub(crate) async fn of_metrics(Open(serving): Open, params: Params) -> Result<Success, ApiError> {
    let limit = limit(&params, "limit")?;
    let limit_per_metric = limit_per_metric(&params)?;
    let metric = params.text("metric").to_owned();
    blocking(move || {
        let mut found = collect(&*serving.targets, &metric, limit_per_metric);
        add_kept(&mut found, &serving.store.db, &metric, limit_per_metric);
        by_metric(&found, limit)
    })
    .await
}

/// Runs `work`, which may go over hundreds of thousands of families, beside the threads for requests.
async fn blocking(work: impl FnOnce() -> Success + Send + 'static) -> Result<Success, ApiError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| ApiError::new(ErrorKind::Internal, "reading the metadata failed unexpectedly"))
}

/// The number in `name`; `None` for no limit.
fn limit(params: &Params, name: &str) -> Result<Option<usize>, ApiError> {
    let text = params.text(name);
    if text.is_empty() {
        return Ok(None);
    }
    match atoi(text) {
        Ok(limit) => Ok(usize::try_from(limit).ok()),
        Err(_) => Err(ApiError::bad_data(format!("{name} must be a number"))),
    }
}

fn limit_per_metric(params: &Params) -> Result<usize, ApiError> {
    let limit = limit(params, "limit_per_metric")?;
    Ok(limit.filter(|limit| *limit > 0).unwrap_or(usize::MAX))
}

type ByMetric = BTreeMap<String, BTreeSet<Metadata>>;

fn collect(listing: &dyn TargetListing, metric: &str, limit_per_metric: usize) -> ByMetric {
    let mut found = ByMetric::new();
    for target in listing.pools().iter().flat_map(|pool| listing.metadata(pool, metric)) {
        for family in target.families {
            let FamilyMetadata { name, metadata } = &*family;
            match found.get_mut(name) {
                Some(known) => {
                    if known.len() < limit_per_metric && !known.contains(metadata) {
                        known.insert(metadata.clone());
                    }
                }
                None => {
                    found.insert(name.clone(), BTreeSet::from([metadata.clone()]));
                }
            }
        }
    }
    found
}

/// Adds what pushes, and targets that are gone, have said about metrics that no target tells of.
fn add_kept(found: &mut ByMetric, db: &Db, metric: &str, limit_per_metric: usize) {
    let wanted = (!metric.is_empty()).then_some(metric);
    for (name, kept) in db.metadata(wanted) {
        found.entry(name).or_insert_with(|| kept.into_iter().take(limit_per_metric).collect());
    }
}

fn by_metric(found: &ByMetric, limit: Option<usize>) -> Success {
    let kept = found.iter().take(limit.unwrap_or(usize::MAX));
    Success::written(kept.len() * ENTRY_BYTES, |body| {
        body.push(b'{');
        for (index, (name, known)) in kept.enumerate() {
            if index > 0 {
                body.push(b',');
            }
            json::append_string(body, name);
            body.push(b':');
            json::append_list(body, known, |body, metadata: &Metadata| {
                body.push(b'{');
                let Metadata { kind, help, unit } = metadata;
                append_fields(body, &[("type", kind.as_str()), ("unit", unit), ("help", help)]);
                body.push(b'}');
            });
        }
        body.push(b'}');
    })
}

/// Appends fields of an object, with commas between them.
fn append_fields(body: &mut Vec<u8>, fields: &[(&str, &str)]) {
    for (index, (name, value)) in fields.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        json::append_string(body, name);
        body.push(b':');
        json::append_string(body, value);
    }
}

/// `/api/v1/targets/metadata`.
pub(crate) async fn of_targets(Open(serving): Open, params: Params) -> Result<Success, ApiError> {
    let limit = limit(&params, "limit")?;
    let matchers = match params.text("match_target") {
        "" => Vec::new(),
        text => regain_promql::parse_metric_selector(text)
            .map_err(|errors| ApiError::parameter("match_target", errors))?,
    };
    let metric = params.text("metric").to_owned();
    blocking(move || list(&*serving.targets, &matchers, &metric, limit)).await
}

fn list(
    listing: &dyn TargetListing,
    matchers: &[Matcher],
    metric: &str,
    limit: Option<usize>,
) -> Success {
    let mut entries = Vec::new();
    for pool in listing.pools() {
        for target in listing.metadata(&pool, metric) {
            // Upstream looks at the limit between targets and not within one.
            if limit.is_some_and(|limit| entries.len() >= limit) {
                break;
            }
            if matchers.iter().all(|m| m.matches(target.labels.get(m.name()).unwrap_or_default())) {
                let labels = target.labels;
                entries.extend(target.families.into_iter().map(|family| (labels.clone(), family)));
            }
        }
    }
    let is_named = metric.is_empty();
    Success::written(entries.len() * ENTRY_BYTES, |body| {
        json::append_list(body, &entries, |body, (labels, family)| {
            append_entry(body, labels, family, is_named);
        });
    })
}

fn append_entry(body: &mut Vec<u8>, labels: &Labels, family: &FamilyMetadata, is_named: bool) {
    body.extend_from_slice(b"{\"target\":");
    json::append_labels(body, labels.iter());
    body.push(b',');
    let FamilyMetadata { name, metadata: Metadata { kind, help, unit } } = family;
    if is_named {
        append_fields(body, &[("metric", name)]);
        body.push(b',');
    }
    append_fields(body, &[("type", kind.as_str()), ("help", help), ("unit", unit)]);
    body.push(b'}');
}
