//! What a running server waits for: the end, and requests to load the configuration again.

use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::signal::unix::Signal;
use tokio::time::{Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::reload::Reloader;
use super::web::Requests;

/// Where events come from.
pub(super) struct Events {
    pub(super) stop: CancellationToken,
    pub(super) requests: Requests,
    pub(super) hangups: Signal,
    pub(super) auto_reload: Option<Duration>,
}

impl Events {
    /// Serves events until one of them is the end. `opening` goes on meanwhile; that it fails is the end, too.
    pub(super) async fn serve<E>(
        mut self,
        reloader: &mut Reloader,
        opening: impl Future<Output = Result<(), E>>,
    ) -> Result<(), E> {
        let mut timer = self.auto_reload.map(timer);
        let mut opening = pin!(opening.fuse());
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                opened = &mut opening => opened?,
                () = self.requests.quit.cancelled() => {
                    tracing::warn!(
                        "Received termination request via web service, exiting gracefully..."
                    );
                    return Ok(());
                }
                _ = self.hangups.recv() => {
                    reload(reloader).await.ok();
                }
                Some(answer) = self.requests.reloads.recv() => {
                    let outcome = reload(reloader).await;
                    // Whoever asked may have gone.
                    answer.send(outcome).ok();
                }
                () = tick(&mut timer) => {
                    if reloader.files_have_changed().await {
                        tracing::info!(
                            "Configuration file change detected, reloading the configuration."
                        );
                        reload(reloader).await.ok();
                    }
                }
            }
        }
    }
}

/// Reloads and logs what went wrong, which is also the answer for whoever asked.
async fn reload(reloader: &mut Reloader) -> Result<(), String> {
    reloader.reload().await.map_err(|error| {
        tracing::error!(err = %error, "Error reloading config");
        error.to_string()
    })
}

fn timer(period: Duration) -> Interval {
    let mut timer = interval_at(tokio::time::Instant::now() + period, period);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    timer
}

/// Waits for the timer, or for ever where there is none.
async fn tick(timer: &mut Option<Interval>) {
    match timer {
        Some(timer) => {
            timer.tick().await;
        }
        None => std::future::pending().await,
    }
}
