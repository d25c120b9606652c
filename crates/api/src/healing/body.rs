//! Bodies of requests that change something.

use axum::body::Body;
use http::{Request, header};
use regain_http::server::body::read_body;
use serde::Deserialize;

use crate::envelope::ApiError;

/// Reads a body of at most `bytes_max` bytes. No form of another site can send this type without being asked for it.
pub(super) async fn read<T: for<'de> Deserialize<'de>>(
    request: Request<Body>,
    bytes_max: usize,
) -> Result<T, ApiError> {
    let media_type = request.headers().get(header::CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    if media_type.split(';').next().unwrap_or_default().trim() != "application/json" {
        return Err(ApiError::bad_data("the body must be application/json"));
    }
    let mut body = Vec::new();
    let read = read_body(request.into_body(), bytes_max, &mut body).await;
    read.map_err(|error| ApiError::bad_data(format!("the body cannot be read: {error}")))?;
    serde_json::from_slice(&body).map_err(|error| ApiError::bad_data(format!("the body: {error}")))
}
