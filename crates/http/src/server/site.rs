//! What a server answers with.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use tower::Service;

/// A router, and perhaps a way past it; clones are the same.
#[derive(Clone)]
pub struct Site {
    router: Router,
    shortcut: Option<Arc<dyn Shortcut>>,
}

/// A way past the router for the requests that come most often. A router with its layers hands a request from one
/// boxed service to the next, which is a tenth of the work for a small question.
pub trait Shortcut: Send + Sync {
    /// Whether it answers a request.
    fn takes(&self, request: &Request<Body>) -> bool;

    /// Answers a request that it takes, exactly as the router would.
    fn answer(&self, request: Request<Body>) -> Answer;
}

/// An answer under way.
pub type Answer = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("router", &self.router).finish_non_exhaustive()
    }
}

impl From<Router> for Site {
    fn from(router: Router) -> Self {
        Self { router, shortcut: None }
    }
}

impl Site {
    /// A router with a way past it.
    pub fn with_shortcut(router: Router, shortcut: Arc<dyn Shortcut>) -> Self {
        Self { router, shortcut: Some(shortcut) }
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Response<Body> {
        if let Some(shortcut) = self.shortcut.as_ref().filter(|shortcut| shortcut.takes(&request)) {
            return shortcut.answer(request).await;
        }
        let Ok(response) = self.router.clone().call(request).await;
        response
    }
}

impl Service<Request<Body>> for Site {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let site = self.clone();
        Box::pin(async move { Ok(site.answer(request).await) })
    }
}
