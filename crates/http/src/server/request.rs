//! Answers one request: login, headers of `web.yml`, the router, and a guard against its panics.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use crate::server::activity::UnderWay;
use crate::server::body::TimedBody;
use crate::server::caller::Caller;
use crate::server::rate_limit::RateLimiter;
use crate::server::site::Site;
use crate::server::users::Logins;
use crate::server::web_config::{WebConfig, WebConfigFile};

/// Answers the requests of a server.
#[derive(Debug)]
pub(crate) struct Requests {
    site: Site,
    web_config: Option<WebConfigFile>,
    read_timeout: Duration,
    logins: Logins,
    rate_limiter: Option<RateLimiter>,
}

impl Requests {
    pub(crate) fn new(
        site: Site,
        web_config: Option<WebConfigFile>,
        read_timeout: Duration,
    ) -> Self {
        let rate_limit = web_config.as_ref().and_then(WebConfigFile::rate_limit);
        let rate_limiter = rate_limit.map(RateLimiter::new);
        Self { site, web_config, read_timeout, logins: Logins::default(), rate_limiter }
    }

    /// Answers a request; `under_way` lives until the answer's body is through.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        under_way: UnderWay,
    ) -> Result<Response<Tracked>, Infallible> {
        let answered = AssertUnwindSafe(self.guarded(request, peer)).catch_unwind().await;
        let response = answered.unwrap_or_else(|_| {
            tracing::error!(peer = %peer, "A request handler panicked");
            plain(StatusCode::INTERNAL_SERVER_ERROR)
        });
        Ok(response.map(|body| Tracked { body, _under_way: under_way }))
    }

    async fn guarded(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
        let Some(file) = &self.web_config else {
            return self.route(request, Caller { peer, is_known: false }).await;
        };
        let config = match file.current() {
            Ok(config) => config,
            Err(error) => {
                tracing::error!(err = %error, "Unable to parse configuration");
                return plain(StatusCode::INTERNAL_SERVER_ERROR);
            }
        };
        if self.rate_limiter.as_ref().is_some_and(|limiter| !limiter.allow()) {
            return plain(StatusCode::TOO_MANY_REQUESTS);
        }
        let mut response = if self.may_enter(&config, &request).await {
            self.route(request, Caller { peer, is_known: config.knows_callers() }).await
        } else {
            let mut response = plain(StatusCode::UNAUTHORIZED);
            let scheme = HeaderValue::from_static("Basic");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
            response
        };
        for (name, value) in &config.headers {
            // A handler's own header wins, as upstream sets these first.
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        response
    }

    async fn may_enter(&self, config: &WebConfig, request: &Request<Incoming>) -> bool {
        config.users.is_empty() || self.logins.check(&config.users, request.headers()).await
    }

    async fn route(&self, request: Request<Incoming>, caller: Caller) -> Response<Body> {
        let mut request = request.map(|body| Body::new(TimedBody::new(body, self.read_timeout)));
        request.extensions_mut().insert(caller);
        self.site.answer(request).await
    }
}

/// Returns an answer that says its status, as Go's `http.Error` writes it.
fn plain(status: StatusCode) -> Response<Body> {
    let mut text = status.canonical_reason().unwrap_or_default().to_owned();
    text.push('\n');
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Is an answer's body that keeps its request counted.
#[derive(Debug)]
pub(crate) struct Tracked {
    body: Body,
    _under_way: UnderWay,
}

impl HttpBody for Tracked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
