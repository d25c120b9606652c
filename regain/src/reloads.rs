//! Requests to load files again, by a signal or over HTTP.

use regain_api::ReloadRequest;
use tokio::signal::unix::Signal;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Serves requests until `stop`. `reload` logs what went wrong, which is also the answer for whoever asked.
pub(crate) async fn serve(
    stop: &CancellationToken,
    mut hangups: Signal,
    mut requests: mpsc::Receiver<ReloadRequest>,
    reload: impl AsyncFn() -> Result<(), String>,
) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = hangups.recv() => {
                reload().await.ok();
            }
            Some(answer) = requests.recv() => {
                let outcome = reload().await;
                // Whoever asked may have gone.
                answer.send(outcome).ok();
            }
        }
    }
}
