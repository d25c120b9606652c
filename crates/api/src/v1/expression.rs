//! `format_query` and `parse_query`: expressions, without data.

mod tree;

use crate::door::Open;
use crate::envelope::{ApiError, Success};
use crate::json;
use crate::params::Params;

/// `/api/v1/format_query`.
pub(crate) async fn format(Open(serving): Open, params: Params) -> Result<Success, ApiError> {
    let expr = serving.queries.parse(params.query()?)?;
    let text = regain_promql::pretty(&expr);
    Ok(Success::written(text.len(), |body| json::append_string(body, &text)))
}

/// `/api/v1/parse_query`.
pub(crate) async fn parse(Open(serving): Open, params: Params) -> Result<Success, ApiError> {
    let expr = serving.queries.parse(params.query()?)?;
    Ok(Success::json(&tree::of(&expr)))
}
