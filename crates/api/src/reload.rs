//! `/-/reload` of the programs that change state only for those who may.

use axum::extract::{FromRef, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use tokio::sync::{mpsc, oneshot};

use crate::envelope::plain_error;
use crate::guard::{Changes, MayChange};

/// A request to load the configuration again, and where to say how it went.
pub type ReloadRequest = oneshot::Sender<Result<(), String>>;

/// Where requests to load the configuration again go, and who may ask.
#[derive(Clone, Debug)]
pub(crate) struct Reload {
    pub(crate) requests: mpsc::Sender<ReloadRequest>,
    pub(crate) changes: Changes,
}

impl FromRef<Reload> for Changes {
    fn from_ref(state: &Reload) -> Self {
        state.changes.clone()
    }
}

/// `POST /-/reload`.
pub(crate) async fn reload(State(reload): State<Reload>, _: MayChange) -> Response {
    ask(&reload.requests).await
}

/// Has the configuration loaded again, and answers how that went.
pub(crate) async fn ask(requests: &mpsc::Sender<ReloadRequest>) -> Response {
    let (answer, outcome) = oneshot::channel();
    if requests.send(answer).await.is_err() {
        return stopping();
    }
    match outcome.await {
        Ok(Ok(())) => StatusCode::OK.into_response(),
        Ok(Err(why)) => {
            let message = format!("failed to reload config: {why}");
            plain_error(StatusCode::INTERNAL_SERVER_ERROR, message)
        }
        Err(_) => stopping(),
    }
}

/// The answer when nobody takes reload requests any more.
fn stopping() -> Response {
    plain_error(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping")
}
