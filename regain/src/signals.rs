//! Signals: the first one to stop asks, the second one insists.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::exit;

/// Gives a token that a first SIGTERM or SIGINT cancels; a second one ends the process at once.
pub(crate) fn stop_token() -> io::Result<CancellationToken> {
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let token = CancellationToken::new();
    let stop = token.clone();
    // Nobody waits for this task: it ends with the process.
    TaskTracker::new().spawn(async move {
        let name = either(&mut interrupt, &mut terminate).await;
        tracing::warn!(signal = name, "Received an OS signal, exiting gracefully...");
        stop.cancel();
        let name = either(&mut interrupt, &mut terminate).await;
        tracing::error!(signal = name, "Received another OS signal, exiting at once");
        exit::now();
    });
    Ok(token)
}

/// Gives the stream of signals that ask for a reload.
pub(crate) fn reloads() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// Waits for either and names it as Go does.
async fn either(interrupt: &mut Signal, terminate: &mut Signal) -> &'static str {
    tokio::select! {
        _ = interrupt.recv() => "interrupt",
        _ = terminate.recv() => "terminated",
    }
}
