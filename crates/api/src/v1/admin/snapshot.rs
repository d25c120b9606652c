//! `/api/v1/admin/tsdb/snapshot`: what the store holds at the moment, as blocks that Prometheus opens.

use std::error::Error as _;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use axum::extract::State;
use regain_model::{Span, Timestamp};
use regain_prometheus_tsdb::{ExportError, Exported, Snapshots, WINDOW_MS, origin_of};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{check_offered, in_background};
use crate::door::Whole;
use crate::envelope::{ApiError, ErrorKind, Success};
use crate::params::Params;
use crate::serving::StoreFacts;
use crate::settings::Settings;
use crate::snapshot_runs::{SnapshotRun, SnapshotRuns};

/// Takes the snapshot `name` of `store`, unless the process is to end.
fn take(
    run: &SnapshotRun,
    store: &StoreFacts,
    name: &str,
    skips_head: bool,
    quit: &CancellationToken,
) -> Result<Exported, ExportError> {
    let (db, source) = (&store.db, store.unnoted_source());
    let span = store.span().and_then(|span| if skips_head { whole(span) } else { Some(span) });
    let snapshots = Snapshots::new(Arc::clone(db.fs()), db.dir());
    snapshots.take(name, (&*source, span), origin_of(db.seed()), &mut |progress| {
        run.show(progress);
        !quit.is_cancelled()
    })
}

/// What of `span` lies before the two hours that are not over yet.
fn whole(span: Span) -> Option<Span> {
    let end = span.max.0.div_euclid(WINDOW_MS).saturating_mul(WINDOW_MS);
    let span = Span::new(span.min, Timestamp(end.saturating_sub(1)));
    (span.min <= span.max).then_some(span)
}

#[derive(Serialize)]
struct Taken {
    name: String,
}

/// Writes everything to blocks in a directory of their own, and answers with its name when it is whole.
/// With `skip_head` the two hours that the newest sample is in are left out.
pub(crate) async fn snapshot(
    Whole(serving): Whole,
    State(settings): State<Arc<Settings>>,
    State(runs): State<SnapshotRuns>,
    params: Params,
) -> Result<Success, ApiError> {
    check_offered(&settings)?;
    let skips_head = params.is_set("skip_head")?;
    let Some(run) = runs.begin() else {
        let why = "create snapshot: another one is being taken";
        return Err(ApiError::new(ErrorKind::Unavailable, why));
    };
    let name = name(settings.clock.now());
    let (store, quit) = (serving.store.clone(), settings.lifecycle.quit.clone());
    let taken = in_background(move || {
        tracing::info!(component = "api", name, "A snapshot is being taken");
        let done = take(&run, &store, &name, skips_head, &quit).map_err(|error| failure(&error))?;
        let Exported { blocks, series, samples, bytes, warnings, .. } = done;
        for warning in warnings {
            tracing::warn!(component = "api", name, warning, "The snapshot is not complete");
        }
        tracing::info!(
            component = "api",
            name,
            blocks,
            series,
            samples,
            bytes,
            "A snapshot was taken"
        );
        Ok::<_, ApiError>(Taken { name })
    });
    Ok(Success::json(&taken.await??))
}

/// The name of a snapshot: when it was begun, and something that no other has.
fn name(now: Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
    let random = RandomState::new().hash_one(now.0) >> 1;
    format!("{}-{random:016x}", time.strftime("%Y%m%dT%H%M%SZ"))
}

fn failure(error: &ExportError) -> ApiError {
    let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    ApiError::new(ErrorKind::Internal, format!("create snapshot: {error}{source}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hours_that_are_not_over_are_left_out() {
        let of = |min, max| whole(Span::new(Timestamp(min), Timestamp(max)));
        let upto = |min, max| Some(Span::new(Timestamp(min), Timestamp(max)));
        assert_eq!(of(5, WINDOW_MS - 1), None);
        assert_eq!(of(5, WINDOW_MS), upto(5, WINDOW_MS - 1));
        assert_eq!(of(WINDOW_MS, WINDOW_MS + 1), None);
        assert_eq!(of(-WINDOW_MS, -1), None);
    }
}
