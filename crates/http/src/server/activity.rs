//! Knows whether a connection has requests under way, and since when it has none.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

/// Counts the requests of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Activity(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    opened: Instant,
    under_way: AtomicUsize,
    /// When the last request ended, in milliseconds since the connection was opened.
    last_end_ms: AtomicU64,
}

/// Is a request under way, until it is dropped with the end of its answer's body.
#[derive(Debug)]
pub(crate) struct UnderWay(Activity);

impl Activity {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Counts {
            opened: Instant::now(),
            under_way: AtomicUsize::new(0),
            last_end_ms: AtomicU64::new(0),
        }))
    }

    /// Notes the start of a request.
    pub(crate) fn start(&self) -> UnderWay {
        self.0.under_way.fetch_add(1, Ordering::SeqCst);
        UnderWay(self.clone())
    }

    /// Returns once there was no request for `timeout`.
    pub(crate) async fn idle_for(&self, timeout: Duration) {
        loop {
            if self.0.under_way.load(Ordering::SeqCst) > 0 {
                sleep(timeout).await;
                continue;
            }
            let since =
                self.0.opened + Duration::from_millis(self.0.last_end_ms.load(Ordering::SeqCst));
            let end = since + timeout;
            if end <= Instant::now() {
                return;
            }
            sleep_until(end).await;
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let counts = &self.0.0;
        let now_ms = u64::try_from(counts.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        counts.last_end_ms.store(now_ms, Ordering::SeqCst);
        counts.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}
