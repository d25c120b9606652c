//! The kill switch: pause, resume, cancel.

use axum::body::Body;
use axum::extract::Path;
use http::{Request, header};
use regain_go_format::duration;
use regain_healing::ControlError;
use regain_healing::machine::{Pause, Scope};
use regain_http::server::body::read_body;
use serde::{Deserialize, Serialize};

use super::Open;
use crate::envelope::{ApiError, ErrorKind, Success};
use crate::guard::MayChange;

/// The largest body that is read.
const BODY_BYTES_MAX: usize = 64 << 10;
/// The longest reason and the longest name of who asks.
const TEXT_BYTES_MAX: usize = 4 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PauseBody {
    scope: String,
    #[serde(default)]
    name: String,
    by: String,
    reason: String,
    #[serde(default, rename = "for")]
    lasts: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResumeBody {
    scope: String,
    #[serde(default)]
    name: String,
    by: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CancelBody {
    by: String,
}

#[derive(Serialize)]
struct Done {
    done: bool,
}

/// `POST …/pause`.
pub(super) async fn pause(
    Open(service): Open,
    _: MayChange,
    request: Request<Body>,
) -> Result<Success, ApiError> {
    let body: PauseBody = read(request).await?;
    check_text("by", &body.by)?;
    check_text("reason", &body.reason)?;
    let since = (service.now)();
    let lasts = |text: &String| {
        let millis = duration::parse(text).map_err(|why| ApiError::parameter("for", why))?;
        since
            .checked_add(jiff::SignedDuration::from_millis(millis))
            .map_err(|_| ApiError::parameter("for", "it ends after the end of time"))
    };
    let until = body.lasts.as_ref().filter(|text| !text.is_empty()).map(lasts).transpose()?;
    let scope = scope(&body.scope, &body.name)?;
    let pause = Pause { scope, by: body.by, reason: body.reason, since, until };
    finish(service.healing.pause(pause).await)
}

/// `POST …/resume`.
pub(super) async fn resume(
    Open(service): Open,
    _: MayChange,
    request: Request<Body>,
) -> Result<Success, ApiError> {
    let body: ResumeBody = read(request).await?;
    check_text("by", &body.by)?;
    finish(service.healing.resume(scope(&body.scope, &body.name)?, body.by).await)
}

/// `POST …/runs/{id}/cancel`.
pub(super) async fn cancel(
    Open(service): Open,
    _: MayChange,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Success, ApiError> {
    let body: CancelBody = read(request).await?;
    check_text("by", &body.by)?;
    finish(service.healing.cancel(&id, body.by).await)
}

fn finish(outcome: Result<(), ControlError>) -> Result<Success, ApiError> {
    let kind = |error: &ControlError| match error {
        ControlError::NoRun(_) | ControlError::NoRemediation(_) => ErrorKind::NotFound,
        ControlError::NotWritten(_) | ControlError::Stopped => ErrorKind::Internal,
    };
    outcome.map_err(|error| ApiError::new(kind(&error), error.to_string()))?;
    Ok(Success::json(&Done { done: true }))
}

fn scope(scope: &str, name: &str) -> Result<Scope, ApiError> {
    Scope::parse(scope, name).ok_or_else(|| {
        ApiError::parameter("scope", "it is all, or remediation or target with a name")
    })
}

fn check_text(name: &str, text: &str) -> Result<(), ApiError> {
    if text.trim().is_empty() {
        return Err(ApiError::parameter(name, "it must say something"));
    }
    if text.len() > TEXT_BYTES_MAX {
        return Err(ApiError::parameter(name, format!("it has more than {TEXT_BYTES_MAX} bytes")));
    }
    Ok(())
}

/// Reads a body. No form of another site can send this type without being asked for it.
async fn read<T: for<'de> Deserialize<'de>>(request: Request<Body>) -> Result<T, ApiError> {
    let media_type = request.headers().get(header::CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    if media_type.split(';').next().unwrap_or_default().trim() != "application/json" {
        return Err(ApiError::bad_data("the body must be application/json"));
    }
    let mut body = Vec::new();
    let read = read_body(request.into_body(), BODY_BYTES_MAX, &mut body).await;
    read.map_err(|error| ApiError::bad_data(format!("the body cannot be read: {error}")))?;
    serde_json::from_slice(&body).map_err(|error| ApiError::bad_data(format!("the body: {error}")))
}
