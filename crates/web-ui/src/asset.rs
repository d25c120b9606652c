//! The files that the document refers to.

use std::io::Read as _;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::encoding::{Accepted, Encoding};

/// A name that contains a hash of the content never means anything else.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// To be asked for every time; the tag makes that cheap.
pub(crate) const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
/// What is missing now may be there after an update.
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-store");
/// The directory whose files have a hash in their names.
pub(crate) const HASHED_DIR: &str = "assets/";

/// One embedded file.
#[derive(Debug)]
pub(crate) struct Asset {
    /// Its path below `ui/dist`, without a slash in front.
    pub(crate) path: &'static str,
    mime: &'static str,
    /// A hash of the content, in hexadecimal digits.
    tag: &'static str,
    content: Content,
}

/// The bytes of a file. What browsers take in a smaller form is embedded in those forms only.
#[derive(Debug)]
enum Content {
    Plain(&'static [u8]),
    Compressed { gzip: &'static [u8], brotli: Option<&'static [u8]> },
}

// Defines INDEX and FILES.
include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The document as it was built, if it was.
pub(crate) const fn index() -> Option<&'static str> {
    INDEX
}

/// All files but the document.
pub(crate) fn files() -> &'static [Asset] {
    FILES
}

/// The answer for the file at a path.
pub(crate) fn respond(path: &str, request: &HeaderMap) -> Response {
    match FILES.iter().find(|file| file.path == path) {
        Some(file) => file.respond(request),
        None => {
            (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, NOT_KEPT)], "404 page not found\n")
                .into_response()
        }
    }
}

impl Asset {
    /// The answer, in the smallest form that the client takes.
    pub(crate) fn respond(&self, request: &HeaderMap) -> Response {
        let (encoding, body) = self.form_for(Accepted::of(request));
        let tag = format!("\"{}{}\"", self.tag, encoding.map_or("", Encoding::tag_suffix));
        let mut response = if is_known(request, &tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Response::new(Body::from(body))
        };
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.mime));
        headers
            .insert(header::CACHE_CONTROL, if self.is_immutable() { FOREVER } else { ASK_AGAIN });
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
        }
        response
    }

    fn form_for(&self, accepted: Accepted) -> (Option<Encoding>, Bytes) {
        match self.content {
            Content::Compressed { brotli: Some(brotli), .. } if accepted.brotli => {
                (Some(Encoding::Brotli), Bytes::from_static(brotli))
            }
            Content::Compressed { gzip, .. } if accepted.gzip => {
                (Some(Encoding::Gzip), Bytes::from_static(gzip))
            }
            Content::Compressed { gzip, .. } => (None, unzipped(gzip)),
            Content::Plain(content) => (None, Bytes::from_static(content)),
        }
    }

    /// Whether the name changes with the content. The licences' name does not.
    fn is_immutable(&self) -> bool {
        self.path.starts_with(HASHED_DIR) && !self.mime.starts_with("text/plain")
    }
}

/// The content for a client that takes no compressed form, as browsers all do.
fn unzipped(gzip: &[u8]) -> Bytes {
    let mut content = Vec::new();
    let read = GzDecoder::new(gzip).read_to_end(&mut content);
    read.expect("the build of the pages has compressed it");
    content.into()
}

/// Whether the client has what `tag` names.
pub(crate) fn is_known(request: &HeaderMap, tag: &str) -> bool {
    let known =
        request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|list| list.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag
    })
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    const SCRIPT: Asset = Asset {
        path: "assets/a-12345678.js",
        mime: "text/javascript; charset=utf-8",
        tag: "0123",
        content: Content::Compressed { gzip: GZIP, brotli: Some(b"brotli") },
    };

    /// The text `raw`, compressed.
    const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x2b\x4a\x2c\x07\x00\x55\xdb\xb3\x1a\x03\x00\x00\x00";

    async fn body_of(response: Response) -> Bytes {
        response.into_body().collect().await.unwrap().to_bytes()
    }

    fn request(headers: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[tokio::test]
    async fn a_form_is_sent_that_the_client_takes() {
        let cases: [(_, _, &[u8]); 6] = [
            ("gzip, deflate, br, zstd", Some("br"), b"brotli"),
            ("gzip", Some("gzip"), GZIP),
            ("br;q=0, gzip;q=0.5", Some("gzip"), GZIP),
            ("identity", None, b"raw"),
            ("*", Some("br"), b"brotli"),
            ("", None, b"raw"),
        ];
        for (accepts, sends, content) in cases {
            let response = SCRIPT.respond(&request(&[(header::ACCEPT_ENCODING, accepts)]));
            let sent = response
                .headers()
                .get(header::CONTENT_ENCODING)
                .map(|value| value.to_str().unwrap());
            assert_eq!(sent, sends, "{accepts}");
            assert_eq!(response.headers()[header::VARY], "Accept-Encoding");
            assert_eq!(body_of(response).await, content, "{accepts}");
        }
        let plain = Asset { content: Content::Plain(b"raw"), ..SCRIPT };
        let response = plain.respond(&request(&[(header::ACCEPT_ENCODING, "gzip, br")]));
        assert_eq!(response.headers().get(header::CONTENT_ENCODING), None);
        assert_eq!(body_of(response).await, b"raw"[..]);
    }

    #[test]
    fn each_form_has_its_own_tag_and_is_not_sent_twice() {
        let accept = (header::ACCEPT_ENCODING, "br");
        let first = SCRIPT.respond(&request(std::slice::from_ref(&accept)));
        assert_eq!(first.headers()[header::ETAG], "\"0123-br\"");
        let cases = [
            ("\"0123-br\"", StatusCode::NOT_MODIFIED),
            ("\"x\", W/\"0123-br\"", StatusCode::NOT_MODIFIED),
            ("*", StatusCode::NOT_MODIFIED),
            ("\"0123\"", StatusCode::OK),
        ];
        for (known, status) in cases {
            let again = SCRIPT.respond(&request(&[accept.clone(), (header::IF_NONE_MATCH, known)]));
            assert_eq!(again.status(), status, "{known}");
        }
    }

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        let nothing = HeaderMap::new();
        assert_eq!(SCRIPT.respond(&nothing).headers()[header::CACHE_CONTROL], FOREVER);
        let theme = Asset { path: "theme.js", ..SCRIPT };
        assert_eq!(theme.respond(&nothing).headers()[header::CACHE_CONTROL], ASK_AGAIN);
        let licences =
            Asset { path: "assets/licences.txt", mime: "text/plain; charset=utf-8", ..SCRIPT };
        assert_eq!(licences.respond(&nothing).headers()[header::CACHE_CONTROL], ASK_AGAIN);
    }
}
