//! `series`, `labels` and `label/{name}/values`: what there is, without samples.

mod label_name;

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use http::Uri;
use regain_model::{Matcher, Span};
use regain_storage::{self as storage, Ctx, LabelsId, Order, Queryable, Selection, Snapshot, Want};

use crate::door::Open;
use crate::envelope::{ApiError, Success};
use crate::json;
use crate::params::Params;
use crate::routes::not_found;
use label_name::LabelName;

/// About the bytes that a label set takes in an answer.
const LABELS_BYTES: usize = 200;
/// About the bytes that a name or a value takes in an answer.
const TEXT_BYTES: usize = 24;

/// `/api/v1/series`.
pub(crate) async fn series(Open(serving): Open, params: Params) -> Result<Success, ApiError> {
    params.check()?;
    if params.text("match[]").is_empty() && params.texts("match[]").next().is_none() {
        return Err(ApiError::bad_data("no match[] parameter provided"));
    }
    let limit = params.limit()?;
    let span = params.span()?;
    let selectors = params.selectors().map_err(|error| ApiError::parameter("match[]", error))?;
    let size = serving.queries.size(|source| series_max(source, &selectors, span));
    let find = move |source: &dyn Queryable, ctx: &Arc<Ctx>| {
        let found = find_series(source, ctx, &selectors, Search { span, limit })?;
        let (kept, is_truncated) = cut(found, limit);
        let arena = ctx.labels.read();
        let write = |body: &mut Vec<u8>| {
            json::append_list(body, &kept, |body, &id| json::append_labels(body, arena.iter(id)));
        };
        let answer = Success::written(kept.len() * LABELS_BYTES, write);
        Ok(answer.truncated(is_truncated).with_warnings(ctx.warnings.to_vec()))
    };
    serving.queries.look_up(size, find).await
}

/// Where series are looked for, and how many are wanted (0: all).
#[derive(Clone, Copy)]
struct Search {
    span: Span,
    limit: usize,
}

/// The series that one of the selectors matches, each once and in the order of their labels. Where there
/// is a limit, one more than it may be found.
fn find_series(
    source: &dyn Queryable,
    ctx: &Arc<Ctx>,
    selectors: &[Vec<Matcher>],
    search: Search,
) -> storage::Result<Vec<LabelsId>> {
    if is_empty(search.span) {
        return Ok(Vec::new());
    }
    let snapshot = source.snapshot(search.span, ctx)?;
    let mut found = Vec::new();
    for matchers in selectors {
        select(&*snapshot, ctx, matchers, search, &mut found)?;
    }
    if selectors.len() > 1 {
        let arena = ctx.labels.read();
        found.sort_by(|&a, &b| arena.iter(a).cmp(arena.iter(b)));
        found.dedup_by(|a, b| arena.pairs(*a) == arena.pairs(*b));
    }
    Ok(found)
}

/// Adds the series that one selector matches, in the order of their labels.
fn select(
    snapshot: &dyn Snapshot,
    ctx: &Arc<Ctx>,
    matchers: &[Matcher],
    Search { span, limit }: Search,
    found: &mut Vec<LabelsId>,
) -> storage::Result<()> {
    let base = Selection::new(matchers, span);
    let limit = enough(limit);
    let selection = Selection { want: Want::Nothing, order: Order::Labels, limit, ..base };
    let mut parts = snapshot.select(&selection, ctx)?;
    while let Some(part) = parts.next()? {
        ctx.cancel.check()?;
        found.extend(part.series().iter().map(|series| series.labels));
    }
    Ok(())
}

/// No fewer series than the selectors match in a span.
fn series_max(source: &dyn Queryable, selectors: &[Vec<Matcher>], span: Span) -> usize {
    let each = selectors.iter().map(|matchers| source.series_max(matchers, span));
    each.fold(0, usize::saturating_add)
}

/// No fewer than the texts, and the series that have them, among which those of the label `name`, or without one
/// the names of labels, are found.
fn texts_max(
    source: &dyn Queryable,
    name: Option<&str>,
    (selectors, span): (&[Vec<Matcher>], Span),
) -> usize {
    source.texts_max(name, span).saturating_add(series_max(source, selectors, span))
}

/// Whether the span ends before it begins; nothing is found in such a one.
fn is_empty(span: Span) -> bool {
    span.max < span.min
}

/// How many results tell whether there are more than `limit` (0: all).
const fn enough(limit: usize) -> usize {
    if limit == 0 { 0 } else { limit.saturating_add(1) }
}

/// `/api/v1/labels`.
pub(crate) async fn label_names(Open(serving): Open, params: Params) -> Result<Success, ApiError> {
    let limit = params.limit()?;
    let span = params.span()?;
    let selectors = params.selectors()?;
    let size = serving.queries.size(|source| texts_max(source, None, (&selectors, span)));
    let find = move |source: &dyn Queryable, ctx: &Arc<Ctx>| {
        let found = over(source, ctx, span, &selectors, |snapshot, matchers| {
            snapshot.label_names(matchers, enough(limit))
        });
        Ok(texts(found?, limit))
    };
    serving.queries.look_up(size, find).await
}

/// `/api/v1/label/{name}/values`.
pub(crate) async fn label_values(Open(serving): Open, uri: Uri, params: Params) -> Response {
    // Routes match the path as it came, and a slash must not hide in a name.
    let Some(name) = LabelName::in_path(uri.path()) else {
        return not_found().await;
    };
    let find = async {
        let name = name.valid()?;
        let limit = params.limit()?;
        let span = params.span()?;
        let selectors = params.selectors()?;
        let size =
            serving.queries.size(|source| texts_max(source, Some(&name), (&selectors, span)));
        let find = move |source: &dyn Queryable, ctx: &Arc<Ctx>| {
            let found = over(source, ctx, span, &selectors, |snapshot, matchers| {
                snapshot.label_values(&name, matchers, enough(limit))
            });
            Ok(texts(found?, limit))
        };
        serving.queries.look_up(size, find).await
    };
    find.await.into_response()
}

/// What `find` finds for every selector, or for none where there are none; sorted, each once.
fn over(
    source: &dyn Queryable,
    ctx: &Arc<Ctx>,
    span: Span,
    selectors: &[Vec<Matcher>],
    find: impl Fn(&dyn Snapshot, &[Matcher]) -> storage::Result<Vec<String>>,
) -> storage::Result<Vec<String>> {
    if is_empty(span) {
        return Ok(Vec::new());
    }
    let snapshot = source.snapshot(span, ctx)?;
    match selectors {
        [] => find(&*snapshot, &[]),
        [matchers] => find(&*snapshot, matchers),
        _ => {
            let mut found = Vec::new();
            for matchers in selectors {
                found.append(&mut find(&*snapshot, matchers)?);
            }
            found.sort_unstable();
            found.dedup();
            Ok(found)
        }
    }
}

fn texts(found: Vec<String>, limit: usize) -> Success {
    let (kept, is_truncated) = cut(found, limit);
    let write = |body: &mut Vec<u8>| {
        json::append_list(body, &kept, |body, text| json::append_string(body, text));
    };
    Success::written(kept.len() * TEXT_BYTES, write).truncated(is_truncated)
}

/// The first `limit` of the results (0: all), and whether there were more.
fn cut<T>(
    found: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    limit: usize,
) -> (Vec<T>, bool) {
    let found = found.into_iter();
    let is_truncated = limit > 0 && found.len() > limit;
    let kept = if limit == 0 { usize::MAX } else { limit };
    (found.take(kept).collect(), is_truncated)
}
