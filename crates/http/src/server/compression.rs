//! Compressed answers for clients that take them.

use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

/// Returns a layer that sends gzip where the client accepts it, at the level that costs least: query
/// answers are large and shrink well at any level.
pub fn gzip() -> CompressionLayer {
    CompressionLayer::new().gzip(true).quality(CompressionLevel::Fastest)
}
