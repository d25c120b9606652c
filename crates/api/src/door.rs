//! Whether the server serves: the door that most routes stand behind.
//!
//! The listeners open before the store does, so that health checks and whoever watches the start have an
//! answer. What needs the store gets it from here, and cannot run before it is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwapOption;
use axum::extract::{FromRef, FromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};
use regain_metrics::{Gauge, Registry};

use crate::envelope::text;
use crate::serving::Serving;

const STOPPING: HeaderName = HeaderName::from_static("x-prometheus-stopping");

/// Lets requests in from the moment the server is ready until it stops. Clones are the same door.
#[derive(Clone, Debug)]
pub struct Door(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    serving: ArcSwapOption<Serving>,
    stopping: AtomicBool,
    ready: Gauge,
}

impl Door {
    /// A door that is closed.
    pub fn new(registry: &Registry) -> Self {
        let ready = registry.gauge(
            "prometheus_ready",
            "Whether Prometheus startup was fully completed and the server is ready for normal \
             operation.",
        );
        let serving = ArcSwapOption::empty();
        Self(Arc::new(Inner { serving, stopping: AtomicBool::new(false), ready }))
    }

    /// Lets requests in; those that come from now on see `serving`. A reload calls this again. While the store is reading
    /// its log, only those get in who take an answer without what is there.
    pub fn open(&self, serving: Serving) {
        self.0.serving.store(Some(Arc::new(serving)));
        self.note_whole_store();
    }

    /// Tells that the server is ready, if its store is whole by now.
    pub fn note_whole_store(&self) {
        let serving = self.0.serving.load();
        if serving.as_ref().is_some_and(|serving| serving.store.db.is_whole()) {
            self.0.ready.set(1.0);
        }
    }

    /// Closes for good, because the server stops. Requests under way keep what they have.
    pub fn close(&self) {
        // Ordering: a request that sees one of the two changes only is turned away all the same.
        self.0.stopping.store(true, Ordering::Relaxed);
        self.0.serving.store(None);
        self.0.ready.set(0.0);
    }
}

/// What a request is served from; only an open door gives it.
#[derive(Clone, Debug)]
pub(crate) struct Open(pub(crate) Arc<Serving>);

impl<S: Send + Sync> FromRequestParts<S> for Open
where
    Door: FromRef<S>,
{
    type Rejection = Closed;

    async fn from_request_parts(_parts: &mut Parts, state: &S) -> Result<Self, Closed> {
        Self::of(&Door::from_ref(state))
    }
}

impl Open {
    /// What is behind the door.
    pub(crate) fn of(Door(inner): &Door) -> Result<Self, Closed> {
        // Ordering: only the header depends on it.
        let is_stopping = inner.stopping.load(Ordering::Relaxed);
        inner.serving.load_full().map(Self).ok_or(Closed { is_stopping })
    }
}

/// What a request is served from that takes no answer without what the store has yet to read.
#[derive(Clone, Debug)]
pub(crate) struct Whole(pub(crate) Arc<Serving>);

impl<S: Send + Sync> FromRequestParts<S> for Whole
where
    Door: FromRef<S>,
{
    type Rejection = Closed;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Closed> {
        let Open(serving) = Open::from_request_parts(parts, state).await?;
        if serving.store.db.is_whole() {
            Ok(Self(serving))
        } else {
            Err(Closed { is_stopping: false })
        }
    }
}

/// The answer of a closed door.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closed {
    is_stopping: bool,
}

impl IntoResponse for Closed {
    fn into_response(self) -> Response {
        let mut response = text(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
        let stopping = HeaderValue::from_static(if self.is_stopping { "true" } else { "false" });
        response.headers_mut().insert(STOPPING, stopping);
        response
    }
}
