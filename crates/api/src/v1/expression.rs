//! `format_query`, `parse_query` and `regain/lint`: expressions, without data.

mod tree;

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use regain_go_format::float::format_float;
use regain_promql::ParseError;
use serde::Serialize;

use crate::door::Open;
use crate::envelope::{ApiError, Success};
use crate::json;
use crate::params::Params;

/// The longest text that `format_query` makes. Chains of operations are indented more and more.
const FORMATTED_BYTES_MAX: usize = 64 << 20;

/// `/api/v1/format_query`.
pub(crate) async fn format(Open(serving): Open, params: Params) -> Result<Success, ApiError> {
    let expr = serving.queries.parse(params.query()?)?;
    let text = regain_promql::pretty_within(&expr, FORMATTED_BYTES_MAX).ok_or_else(|| {
        let why = format!("expression is longer than {FORMATTED_BYTES_MAX} bytes once formatted");
        ApiError::parameter("query", why)
    })?;
    Ok(Success::written(text.len(), |body| json::append_string(body, &text)))
}

/// `/api/v1/parse_query`. As in the original, a tree that JSON cannot say is an error in plain text.
pub(crate) async fn parse(Open(serving): Open, params: Params) -> Result<Response, ApiError> {
    let expr = serving.queries.parse(params.query()?)?;
    if let Some(number) = tree::unwritable(&expr) {
        let why = format!("v1.Response.Data: unsupported value: {}\n", format_float(number));
        return Ok((StatusCode::INTERNAL_SERVER_ERROR, why).into_response());
    }
    Ok(Success::written(0, |body| tree::append(body, &expr)).into_response())
}

/// A mistake in an expression; its place in bytes of UTF-8.
#[derive(Serialize)]
struct Mistake {
    message: String,
    start: u32,
    end: u32,
    line: usize,
    column: usize,
}

impl Mistake {
    fn of(error: &ParseError) -> Self {
        let at = error.position();
        let (line, column) = error.place().map_or((1, 1), |place| (place.line, place.column));
        let message = error.problem().to_string();
        Self { message, start: at.start, end: at.end, line, column }
    }
}

/// `/api/v1/regain/lint`: all mistakes of an expression, and what it is as far as it can be read.
pub(crate) async fn lint(Open(serving): Open, params: Params) -> Result<Success, ApiError> {
    let draft = serving.queries.draft(params.text("query"));
    let mistakes: Vec<Mistake> = draft.errors.iter().map(Mistake::of).collect();
    Ok(Success::written(0, |body| {
        body.extend_from_slice(b"{\"errors\":");
        json::append_serialized(body, &mistakes);
        body.extend_from_slice(b",\"tree\":");
        match &draft.expr {
            Some(expr) => tree::append(body, expr),
            None => body.extend_from_slice(b"null"),
        }
        body.push(b'}');
    }))
}
