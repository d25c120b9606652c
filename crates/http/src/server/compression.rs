//! Compressed answers for clients that take them.

use std::convert::Infallible;

use axum::body::Body;
use http::{Request, Response};
use tower::{Service as _, service_fn};
use tower_http::CompressionLevel;
use tower_http::compression::{Compression, CompressionLayer};

/// Returns a layer that sends gzip where the client accepts it, at the level that costs least: query
/// answers are large and shrink well at any level.
pub fn gzip() -> CompressionLayer {
    CompressionLayer::new().gzip(true).quality(CompressionLevel::Fastest)
}

/// Answers a request as `answer` does, and sends gzip as [`gzip`] says.
pub async fn gzipped<F>(
    request: Request<Body>,
    answer: impl FnOnce(Request<Body>) -> F,
) -> Response<Body>
where
    F: Future<Output = Response<Body>>,
{
    let mut answer = Some(answer);
    let service = service_fn(|request| {
        let answer = answer.take().expect("there is one request");
        async move { Ok::<_, Infallible>(answer(request).await) }
    });
    let mut compression = Compression::new(service).gzip(true).quality(CompressionLevel::Fastest);
    let Ok(response) = compression.call(request).await;
    response.map(Body::new)
}
