//! `admin/tsdb/*`: deleting samples. Off unless `--web.enable-admin-api` is set, as upstream.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use regain_model::{Span, Timestamp};
use regain_storage as storage;
use regain_tsdb::Db;

use crate::door::Open;
use crate::envelope::{ApiError, ErrorKind};
use crate::params::Params;
use crate::settings::Settings;

/// `/api/v1/admin/tsdb/delete_series`: what is deleted is hidden from queries before the answer, and leaves the
/// files afterwards. A selector without matchers selects nothing.
pub(crate) async fn delete_series(
    Open(serving): Open,
    State(settings): State<Arc<Settings>>,
    params: Params,
) -> Result<StatusCode, ApiError> {
    check_offered(&settings)?;
    let selectors = params.any_selectors()?;
    if selectors.is_empty() {
        return Err(ApiError::bad_data("no match[] parameter provided"));
    }
    let start = params.time_or("start", Timestamp::MIN)?;
    let end = params.time_or("end", Timestamp::MAX)?;
    let db = serving.store.db.clone();
    in_background(move || {
        let mut series = 0;
        for matchers in selectors.iter().filter(|matchers| !matchers.is_empty()) {
            series += db.delete(matchers, Span::new(start, end))?;
        }
        tracing::info!(
            component = "api",
            series,
            start = start.0,
            end = end.0,
            "Samples were deleted"
        );
        Ok(())
    })
    .await
}

/// `/api/v1/admin/tsdb/clean_tombstones`: writes all segments anew that still hold deleted samples.
pub(crate) async fn clean_tombstones(
    Open(serving): Open,
    State(settings): State<Arc<Settings>>,
) -> Result<StatusCode, ApiError> {
    check_offered(&settings)?;
    let (db, quit) = (serving.store.db.clone(), settings.lifecycle.quit.clone());
    in_background(move || clean(&db, &|| !quit.is_cancelled())).await
}

fn clean(db: &Db, go_on: &dyn Fn() -> bool) -> storage::Result<()> {
    while db.stats().segments_to_rewrite > 0 && db.merge(go_on)? {}
    Ok(())
}

fn check_offered(settings: &Settings) -> Result<(), ApiError> {
    if settings.has_admin_api {
        return Ok(());
    }
    Err(ApiError::new(ErrorKind::Unavailable, "admin APIs disabled"))
}

/// Does what waits for the disk.
async fn in_background(
    work: impl FnOnce() -> storage::Result<()> + Send + 'static,
) -> Result<StatusCode, ApiError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(())) => Ok(StatusCode::NO_CONTENT),
        Ok(Err(error)) => Err(ApiError::new(ErrorKind::Internal, error.to_string())),
        Err(_) => Err(ApiError::new(ErrorKind::Internal, "the request failed unexpectedly")),
    }
}
