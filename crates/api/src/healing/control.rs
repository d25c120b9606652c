//! The kill switch: pause, resume, cancel.

use axum::body::Body;
use axum::extract::Path;
use http::Request;
use regain_go_format::duration;
use regain_healing::ControlError;
use regain_healing::machine::{Pause, Scope};
use serde::{Deserialize, Serialize};

use super::body;
use super::state::Open;
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
    let body: PauseBody = body::read(request, BODY_BYTES_MAX).await?;
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
    let body: ResumeBody = body::read(request, BODY_BYTES_MAX).await?;
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
    let body: CancelBody = body::read(request, BODY_BYTES_MAX).await?;
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
