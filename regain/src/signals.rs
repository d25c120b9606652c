//! Signals: the first one to stop asks, the second one insists.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::exit;

/// Says what upstream's programs say when a signal ends them.
pub(crate) fn log_stop(signal: &str) {
    tracing::warn!(signal, "Received an OS signal, exiting gracefully...");
}

/// Gives a token that a first SIGTERM or SIGINT cancels, after `say` has said so; a second one ends
/// the process at once.
pub(crate) fn stop_token(say: fn(&str)) -> io::Result<CancellationToken> {
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let token = CancellationToken::new();
    let stop = token.clone();
    // Nobody waits for this task: it ends with the process.
    TaskTracker::new().spawn(async move {
        say(either(&mut interrupt, &mut terminate).await);
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
