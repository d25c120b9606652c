//! Places for so many queries at once. Those that find none wait: as long as their time is not up, their client has
//! not gone, and nobody ends them.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use regain_promql::EvalError;
use regain_storage::Ctx;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::envelope::{ApiError, ErrorKind};

/// Places for a fixed number of queries; clones are the same places.
#[derive(Clone, Debug)]
pub(super) struct Places(Arc<Semaphore>);

/// Ends its query when it is dropped, as happens when a client hangs up.
struct EndOnDrop(Arc<Ctx>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.cancel.cancel();
    }
}

impl Places {
    pub(super) fn new(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS))))
    }

    /// Waits for a place until the query is ended.
    pub(super) async fn wait(&self, ctx: &Ctx) -> Result<OwnedSemaphorePermit, EvalError> {
        tokio::select! {
            biased;
            error = poll_fn(|context| ctx.cancel.poll_ended(context)) => Err(error.into()),
            place = Arc::clone(&self.0).acquire_owned() => {
                Ok(place.expect("nobody closes the places"))
            }
        }
    }

    /// Runs `work` on a thread of its own once there is a place, and ends it at the deadline. `work` is told how long
    /// it had to wait.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        ctx: &Arc<Ctx>,
        timeout: Duration,
        work: impl FnOnce(Duration) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let ends = EndOnDrop(Arc::clone(ctx));
        let (place, queue) = self.wait_at_most(ctx, timeout).await?;
        let mut running = tokio::task::spawn_blocking(move || {
            // The place is given back when the work has ended, not when the client has gone.
            let _place = place;
            std::panic::catch_unwind(AssertUnwindSafe(|| work(queue)))
        });
        let rest = timeout.saturating_sub(queue);
        let outcome = if let Ok(outcome) = tokio::time::timeout(rest, &mut running).await {
            outcome
        } else {
            ctx.cancel.time_out();
            running.await
        };
        drop(ends);
        if let Ok(Ok(value)) = outcome {
            return Ok(value);
        }
        Err(panicked())
    }

    /// Runs `work` that takes hardly longer than to hand it to another thread and back: at once and here, where other
    /// threads look after the other requests meanwhile.
    pub(super) async fn run_light<T>(
        &self,
        ctx: &Arc<Ctx>,
        timeout: Duration,
        work: impl FnOnce(Duration) -> T,
    ) -> Result<T, ApiError> {
        let (_place, queue) = self.wait_at_most(ctx, timeout).await?;
        std::panic::catch_unwind(AssertUnwindSafe(|| work(queue))).map_err(|_| panicked())
    }

    /// Runs `work` that is soon done: here, and other threads take over what this one has looked after. Nobody ends it
    /// meanwhile.
    pub(super) async fn run_short<T>(
        &self,
        ctx: &Arc<Ctx>,
        timeout: Duration,
        work: impl FnOnce(Duration) -> T,
    ) -> Result<T, ApiError> {
        let work = |queue| match Handle::current().runtime_flavor() {
            RuntimeFlavor::MultiThread => tokio::task::block_in_place(|| work(queue)),
            _ => work(queue),
        };
        self.run_light(ctx, timeout, work).await
    }

    /// Waits for a place, and says how long that has taken.
    async fn wait_at_most(
        &self,
        ctx: &Ctx,
        timeout: Duration,
    ) -> Result<(OwnedSemaphorePermit, Duration), ApiError> {
        let start = Instant::now();
        let Ok(place) = tokio::time::timeout(timeout, self.wait(ctx)).await else {
            return Err(ApiError::new(ErrorKind::Timeout, "query timed out in query queue"));
        };
        Ok((place?, start.elapsed()))
    }
}

fn panicked() -> ApiError {
    tracing::error!("A query panicked");
    ApiError::new(ErrorKind::Internal, "the query failed unexpectedly")
}
