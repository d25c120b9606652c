//! What a program writes, of which the end is kept.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{ChildStderr, ChildStdout};
use tokio::time::timeout;

use crate::backend::log_text;
use crate::order::{LOG_BYTES_MAX, Outcome};

/// Is how long output is awaited after the program ended: somebody else may hold the pipe open.
const DRAIN: Duration = Duration::from_millis(500);
const READ_BYTES: usize = 8 << 10;

/// Keeps the end of what was written.
#[derive(Debug, Default)]
pub(super) struct Output(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    cut: bool,
}

impl Output {
    /// Returns the end as text.
    pub(super) fn tail(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log_text::tail(&kept.bytes, kept.cut)
    }

    /// Reads both streams until they end, in the order in which they are written.
    pub(super) async fn read(&self, out: Option<ChildStdout>, err: Option<ChildStderr>) {
        tokio::join!(self.read_one(out), self.read_one(err));
    }

    async fn read_one(&self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(mut stream) = stream else { return };
        let mut bytes = vec![0; READ_BYTES];
        // A pipe that fails has nothing more to say.
        while let Ok(length @ 1..) = stream.read(&mut bytes).await {
            self.keep(&bytes[..length]);
        }
    }

    fn keep(&self, more: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes.extend_from_slice(more);
        let surplus = kept.bytes.len().saturating_sub(LOG_BYTES_MAX);
        // Now and then instead of always, because it moves everything.
        if surplus > LOG_BYTES_MAX {
            kept.bytes.drain(..surplus);
            kept.cut = true;
        }
    }
}

/// Waits for the end of a program while its output is read.
pub(super) async fn during(
    ending: impl Future<Output = Outcome>,
    reading: impl Future<Output = ()>,
) -> Outcome {
    tokio::pin!(ending, reading);
    let outcome = tokio::select! {
        outcome = &mut ending => outcome,
        () = &mut reading => return ending.await,
    };
    if timeout(DRAIN, reading).await.is_err() {
        tracing::debug!("a command left its output open");
    }
    outcome
}
