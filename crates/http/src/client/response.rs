//! What comes back.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use hyper::body::{Body as _, Frame, Incoming};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::capped::{CappedError, Format, Inflater};
use crate::client::error::{Cause, RequestError};
use crate::client::pool::Lease;
use crate::client::transport::{Answered, body_cause};

/// Is how much is reserved at once because an answer announces a length; the rest follows as it comes.
const RESERVE_BYTES_MAX: u64 = 4 << 20;

/// Holds the head of an answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The URL that answered, after redirects.
    pub url: Url,
    /// The bytes of the body on the wire, before inflating; known once the body was read.
    pub body_wire_bytes: u64,
}

impl Answer {
    /// Returns a header as text; nothing where it is absent or not text.
    pub fn header(&self, name: &header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Holds the contents of an answer: as they came where they came in one piece, and else put together in memory that
/// the next answer uses again.
#[derive(Debug, Default)]
pub struct Contents {
    /// Is empty unless it is all that there is.
    piece: Bytes,
    joined: Vec<u8>,
}

impl Contents {
    /// Returns all that was read.
    pub fn as_slice(&self) -> &[u8] {
        if self.joined.is_empty() { &self.piece } else { &self.joined }
    }

    /// Forgets what was read.
    pub fn clear(&mut self) {
        self.piece = Bytes::new();
        self.joined.clear();
    }

    /// Returns the memory that is kept for the next answer, in bytes.
    pub fn kept_bytes(&self) -> usize {
        self.joined.capacity()
    }

    /// Adds what came next of contents that are expected to be so many bytes.
    fn add(&mut self, chunk: Bytes, expected: usize) {
        if self.as_slice().is_empty() {
            self.piece = chunk;
            return;
        }
        if self.joined.is_empty() {
            self.joined.reserve(expected);
            self.joined.extend_from_slice(&std::mem::take(&mut self.piece));
        }
        self.joined.extend_from_slice(&chunk);
    }
}

/// Hands out the body of an answer.
#[derive(Debug)]
pub struct Body {
    incoming: Incoming,
    /// Is the connection, where it moves only while somebody drives it.
    lease: Option<Lease>,
    deadline: Option<Instant>,
}

impl Body {
    pub(crate) fn split(
        (answer, lease): Answered,
        url: Url,
        deadline: Option<Instant>,
    ) -> (Answer, Self) {
        let (head, incoming) = answer.into_parts();
        let answer = Answer { status: head.status, headers: head.headers, url, body_wire_bytes: 0 };
        (answer, Self { incoming, lease, deadline })
    }

    /// Returns the next piece as it came over the wire; nothing at the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, RequestError> {
        match self.deadline {
            None => self.next().await,
            Some(deadline) => timeout_at(deadline, self.next())
                .await
                .unwrap_or(Err(RequestError::Body(Cause::Deadline))),
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, RequestError> {
        while let Some(frame) = std::future::poll_fn(|cx| self.poll_frame(cx)).await {
            let frame = frame.map_err(|error| RequestError::Body(body_cause(&error)))?;
            // Trailers say nothing that is used here.
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        // Nothing more comes, and others may have the connection.
        self.lease = None;
        Ok(None)
    }

    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Self { incoming, lease, .. } = self;
        let mut frame = |cx: &mut Context<'_>| Pin::new(&mut *incoming).poll_frame(cx);
        match lease {
            Some(lease) => lease.link().drive_until(cx, frame),
            None => frame(cx),
        }
    }

    /// Appends the contents, inflated where the answer says so, and returns their size on the wire.
    pub async fn read(
        self,
        answer: &Answer,
        limit: usize,
        into: &mut Vec<u8>,
    ) -> Result<u64, RequestError> {
        let mut contents = Contents { joined: std::mem::take(into), ..Contents::default() };
        let outcome = self.read_contents(answer, limit, &mut contents).await;
        *into = contents.joined;
        into.extend_from_slice(&contents.piece);
        outcome
    }

    /// Does the same, but leaves contents where they are that come in one piece.
    pub async fn read_contents(
        mut self,
        answer: &Answer,
        limit: usize,
        into: &mut Contents,
    ) -> Result<u64, RequestError> {
        let deadline = self.deadline;
        let gzip = answer.header(&header::CONTENT_ENCODING) == Some("gzip");
        let work = async move {
            if gzip {
                self.read_gzip(limit, &mut into.joined).await
            } else {
                self.read_plain(limit, into).await
            }
        };
        match deadline {
            None => work.await,
            Some(deadline) => {
                timeout_at(deadline, work).await.unwrap_or(Err(RequestError::Body(Cause::Deadline)))
            }
        }
    }

    async fn read_plain(&mut self, limit: usize, into: &mut Contents) -> Result<u64, RequestError> {
        let announced = self.incoming.size_hint().lower();
        if announced > limit as u64 {
            return Err(CappedError::TooLarge { limit }.into());
        }
        let expected = usize::try_from(announced.min(RESERVE_BYTES_MAX)).unwrap_or(0);
        let mut wire_bytes = 0;
        let mut left = limit;
        while let Some(chunk) = self.next().await? {
            wire_bytes += chunk.len() as u64;
            left = left.checked_sub(chunk.len()).ok_or(CappedError::TooLarge { limit })?;
            into.add(chunk, expected);
        }
        Ok(wire_bytes)
    }

    async fn read_gzip(&mut self, limit: usize, into: &mut Vec<u8>) -> Result<u64, RequestError> {
        let mut inflater = Inflater::new(Format::Gzip, limit);
        let mut wire_bytes = 0;
        while let Some(chunk) = self.next().await? {
            wire_bytes += chunk.len() as u64;
            inflater.push(&chunk, into)?;
        }
        inflater.finish()?;
        Ok(wire_bytes)
    }
}
