//! The task that sends to one Alertmanager.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use regain_http::Client;
use regain_http::client::Request;
use regain_http::client::error::RequestError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::NotifierShared;
use super::alert::OutgoingAlert;
use super::metrics::AlertmanagerMetrics;
use super::payload::payload;
use super::queue::AlertQueue;

/// Alertmanager's answer is empty; a longer one than this is an error page that nobody reads.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Sends what is in a queue.
#[derive(Debug)]
pub(super) struct SendLoop {
    pub(super) shared: Arc<NotifierShared>,
    pub(super) url: String,
    pub(super) client: Client,
    pub(super) timeout: Duration,
    pub(super) queue: Arc<AlertQueue>,
    pub(super) metrics: AlertmanagerMetrics,
}

#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("parse {url:?}: {source}")]
    Url { url: String, source: url::ParseError },
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("bad response status {0}")]
    Status(http::StatusCode),
}

impl SendLoop {
    /// Sends until `stop`; what is left in the queue then is sent or dropped.
    pub(super) async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = self.queue.changed() => {}
            }
            while !stop.is_cancelled() && self.send_batch().await {}
        }
        if self.shared.options.drains_on_shutdown {
            while self.send_batch().await {}
        } else {
            let count = self.queue.clear();
            tracing::warn!(
                alertmanager = self.url,
                count,
                "Alert notification queue not drained on shutdown, dropping alerts"
            );
        }
        self.metrics.forget();
    }

    /// Sends the oldest alerts; returns false where there are none.
    async fn send_batch(&self) -> bool {
        let alerts = self.queue.take(self.shared.options.batch_size.max(1));
        if alerts.is_empty() {
            return false;
        }
        let begin = Instant::now();
        match self.post(&alerts).await {
            Ok(()) => self.metrics.sent(alerts.len(), begin.elapsed()),
            Err(err) => {
                let count = alerts.len();
                tracing::error!(alertmanager = self.url, count, %err, "Error sending alerts");
                self.metrics.failed(count);
            }
        }
        true
    }

    async fn post(&self, alerts: &[Arc<OutgoingAlert>]) -> Result<(), SendError> {
        let url = Url::parse(&self.url)
            .map_err(|source| SendError::Url { url: self.url.clone(), source })?;
        let json = HeaderValue::from_static("application/json");
        let mut request = Request::post(url, json, payload(alerts));
        request.deadline = Some(Instant::now() + self.timeout);
        let mut answer_body = Vec::new();
        let answer = self.client.fetch(&request, ANSWER_BYTES_MAX, &mut answer_body).await?;
        if answer.status.is_success() { Ok(()) } else { Err(SendError::Status(answer.status)) }
    }
}
