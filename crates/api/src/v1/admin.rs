//! `admin/tsdb/*`: deleting samples, and keeping what there is at a moment. Off unless `--web.enable-admin-api` is set, as upstream.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use regain_model::{Span, Timestamp};
use regain_storage as storage;

use crate::door::Whole;
use crate::envelope::{ApiError, ErrorKind};
use crate::params::Params;
use crate::serving::StoreFacts;
use crate::settings::Settings;

mod snapshot;

pub(crate) use snapshot::snapshot;

/// `/api/v1/admin/tsdb/delete_series`: what is deleted is hidden from queries before the answer, and leaves the
/// files afterwards. A selector without matchers selects nothing.
pub(crate) async fn delete_series(
    Whole(serving): Whole,
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
    let store = serving.store.clone();
    in_background(move || {
        let mut series = 0;
        for matchers in selectors.iter().filter(|matchers| !matchers.is_empty()) {
            // The blocks come last: what is on its way from the store to them is in neither alone.
            let span = Span::new(start, end);
            let in_store = store.db.delete(matchers, span)?;
            let in_blocks = store.blocks.as_ref().map_or(Ok(0), |b| b.delete(matchers, span))?;
            series += in_store.max(in_blocks);
        }
        tracing::info!(
            component = "api",
            series,
            start = start.0,
            end = end.0,
            "Samples were deleted"
        );
        Ok::<_, storage::Error>(())
    })
    .await??;
    Ok(StatusCode::NO_CONTENT)
}

/// `/api/v1/admin/tsdb/clean_tombstones`: writes all segments anew that still hold deleted samples.
pub(crate) async fn clean_tombstones(
    Whole(serving): Whole,
    State(settings): State<Arc<Settings>>,
) -> Result<StatusCode, ApiError> {
    check_offered(&settings)?;
    let (store, quit) = (serving.store.clone(), settings.lifecycle.quit.clone());
    in_background(move || clean(&store, &|| !quit.is_cancelled())).await??;
    Ok(StatusCode::NO_CONTENT)
}

fn clean(store: &StoreFacts, go_on: &dyn Fn() -> bool) -> storage::Result<()> {
    while store.db.stats().segments_to_rewrite > 0 && store.db.merge(go_on)? {}
    store.blocks.as_ref().map_or(Ok(()), |blocks| blocks.clean_tombstones(go_on).map(drop))
}

fn check_offered(settings: &Settings) -> Result<(), ApiError> {
    if settings.has_admin_api {
        return Ok(());
    }
    Err(ApiError::new(ErrorKind::Unavailable, "admin APIs disabled"))
}

/// Does what waits for the disk.
async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| ApiError::new(ErrorKind::Internal, "the request failed unexpectedly"))
}
