//! Where a 3xx answer leads, and whether the credentials may go with it.

use http::{Method, Response, StatusCode, header};
use url::Url;

use crate::client::Request;
use crate::client::error::Cause;

/// Is how many redirects are followed, as in Go.
pub(crate) const REDIRECTS_MAX: usize = 10;

/// Is the next step of a request.
#[derive(Clone, Debug)]
pub(crate) struct Redirect {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// Whether the body goes with it.
    pub(crate) with_body: bool,
    /// Whether any step so far left the host that was asked first; it stays so.
    pub(crate) is_foreign: bool,
    /// The redirects so far.
    pub(crate) count: usize,
}

impl Redirect {
    /// Begins with the request itself.
    pub(crate) fn start(request: &Request) -> Self {
        Self {
            method: request.method.clone(),
            url: request.url.clone(),
            with_body: true,
            is_foreign: false,
            count: 0,
        }
    }

    /// Returns the step after this answer to a request, or nothing where the answer is the last one.
    pub(crate) fn follow<B>(
        &self,
        request: &Request,
        answer: &Response<B>,
    ) -> Result<Option<Self>, Cause> {
        let keeps_method = match answer.status() {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER => false,
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
            _ => return Ok(None),
        };
        let Some(location) = answer.headers().get(header::LOCATION) else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(location.as_bytes());
        let url = self.url.join(&text).map_err(|error| {
            Cause::Redirect(format!("failed to parse Location header {text:?}: {error}"))
        })?;
        let host = |url: &Url| url.host_str().unwrap_or_default().to_ascii_lowercase();
        let keeps_method = keeps_method || matches!(self.method, Method::GET | Method::HEAD);
        Ok(Some(Self {
            method: if keeps_method { self.method.clone() } else { Method::GET },
            with_body: self.with_body && keeps_method,
            is_foreign: self.is_foreign || !belongs_to(&host(&url), &host(&request.url)),
            count: self.count + 1,
            url,
        }))
    }
}

/// Says whether a host is the given one or lies below it.
fn belongs_to(host: &str, origin: &str) -> bool {
    if origin.is_empty() {
        return false;
    }
    if host == origin {
        return true;
    }
    // Addresses have nothing below them.
    if host.contains([':', '%', '[']) {
        return false;
    }
    host.strip_suffix(origin).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subdomain_belongs_to_its_domain_and_nothing_else_does() {
        for (host, belongs) in [
            ("a.example", true),
            ("sub.a.example", true),
            ("nota.example", false),
            ("example", false),
            ("a.example.evil", false),
            ("::1%.a.example", false),
        ] {
            assert_eq!(belongs_to(host, "a.example"), belongs, "{host}");
        }
        assert!(!belongs_to("a.example", ""));
    }

    #[test]
    fn only_307_and_308_keep_method_and_body() {
        let url = Url::parse("http://a.example/x").unwrap();
        let request = Request::post(url, "text/plain".parse().unwrap(), "body");
        for (status, method, with_body) in [
            (301, Method::GET, false),
            (303, Method::GET, false),
            (307, Method::POST, true),
            (308, Method::POST, true),
        ] {
            let answer =
                Response::builder().status(status).header("location", "/y").body(()).unwrap();
            let next = Redirect::start(&request).follow(&request, &answer).unwrap().unwrap();
            assert_eq!((&next.method, next.with_body), (&method, with_body), "{status}");
            assert_eq!(next.url.as_str(), "http://a.example/y");
            assert!(!next.is_foreign);
        }
    }
}
