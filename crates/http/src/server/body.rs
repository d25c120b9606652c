//! The bodies of requests: how long they may take to arrive, and how large they may be.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::Sleep;

/// Says why a request's body cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The body is larger than the handler takes.
    #[error("http: request body too large")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The client broke off or was too slow.
    #[error("cannot read the request body")]
    Broken(#[source] axum::Error),
}

/// Appends a request's body; more than `limit` bytes are an error.
pub async fn read_body(body: Body, limit: usize, into: &mut Vec<u8>) -> Result<(), BodyError> {
    let mut body = body;
    let announced = body.size_hint().lower();
    if announced > limit as u64 {
        return Err(BodyError::TooLarge { limit });
    }
    let mut left = limit;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(BodyError::Broken)?.into_data() else {
            continue;
        };
        left = left.checked_sub(data.len()).ok_or(BodyError::TooLarge { limit })?;
        into.extend_from_slice(&data);
    }
    Ok(())
}

/// Ends with an error where the client takes too long to send it.
pub(crate) struct TimedBody {
    body: Incoming,
    timeout: Duration,
    /// Set at the first wait; most bodies have none.
    timer: Option<Pin<Box<Sleep>>>,
}

impl TimedBody {
    pub(crate) fn new(body: Incoming, timeout: Duration) -> Self {
        Self { body, timeout, timer: None }
    }
}

impl HttpBody for TimedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame.map(|frame| frame.map_err(axum::Error::new)));
        }
        let timeout = self.timeout;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        if timer.as_mut().poll(context).is_ready() {
            let late = io::Error::new(io::ErrorKind::TimedOut, "i/o timeout");
            return Poll::Ready(Some(Err(axum::Error::new(late))));
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
