//! `query_exemplars`: the exemplars of the series that an expression reads.

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use regain_model::{Exemplar, Matcher};
use regain_promql::Expr;
use regain_promql::ast::ExprKind;
use regain_storage::SeriesExemplars;

use crate::door::Whole;
use crate::envelope::{ApiError, Success};
use crate::json;
use crate::params::Params;

/// About the bytes that one exemplar takes in an answer.
const EXEMPLAR_BYTES: usize = 120;

/// `/api/v1/query_exemplars`. A server that keeps none answers with an empty list, as the original does.
pub(crate) async fn query(Whole(serving): Whole, params: Params) -> Result<Response, ApiError> {
    let span = params.span()?;
    if span.max < span.min {
        return Err(ApiError::bad_data("end timestamp must not be before start timestamp"));
    }
    let text = params.expression()?;
    let expr = serving.queries.parse_plain(text).map_err(|errors| {
        // The original does not say here which parameter it is.
        ApiError::bad_data(errors.to_string())
    })?;
    let selectors = selectors_of(&expr);
    if selectors.is_empty() {
        // Nothing was asked for, and the original says nothing.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let look = move |source: &dyn regain_storage::Queryable, _: &_| {
        let found = source.exemplars(span, &selectors)?;
        let count: usize = found.iter().map(|series| series.exemplars.len()).sum();
        Ok(Success::written(count * EXEMPLAR_BYTES, |body| {
            json::append_list(body, &found, append_series);
        }))
    };
    // What is looked at is bounded by the exemplars that are kept, and those may be many.
    let answer = serving.queries.look_up(usize::MAX, look).await;
    answer.map(Success::into_response)
}

/// The matchers of all selectors in an expression.
fn selectors_of(expr: &Expr) -> Vec<Vec<Matcher>> {
    let (mut selectors, mut open) = (Vec::new(), vec![expr]);
    while let Some(expr) = open.pop() {
        match &expr.kind {
            ExprKind::Vector(selector) => selectors.push(selector.matchers.clone()),
            ExprKind::Matrix(matrix) => selectors.push(matrix.selector.matchers.clone()),
            _ => open.extend(expr.children()),
        }
    }
    selectors
}

fn append_series(body: &mut Vec<u8>, series: &SeriesExemplars) {
    body.extend_from_slice(b"{\"seriesLabels\":");
    json::append_labels(body, series.labels.iter());
    body.extend_from_slice(b",\"exemplars\":");
    json::append_list(body, &series.exemplars, append_exemplar);
    body.push(b'}');
}

fn append_exemplar(body: &mut Vec<u8>, exemplar: &Exemplar) {
    body.extend_from_slice(b"{\"labels\":");
    json::append_labels(body, exemplar.labels.iter());
    body.extend_from_slice(b",\"value\":\"");
    regain_go_format::float::append_json_float(body, exemplar.value);
    body.extend_from_slice(b"\",\"timestamp\":");
    json::append_time(body, exemplar.time);
    body.push(b'}');
}
