//! A connection that speaks HTTP/1.1, and that moves only while somebody polls it.
//!
//! Whoever waits for an answer drives its connection, in one and the same task: nobody else has to be woken up to send the
//! request, to read, or to hand over what was read. hyper wakes the task of a connection for its own next steps, too. Such a call
//! while the task is at work would only cost it another turn, so that each step is tried with a waker first that does nothing.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1};

use crate::client::connection::Connection;
use crate::client::error::Cause;
use crate::client::pool::Host;
use crate::client::transport::cause_of;

/// Is a request as hyper takes it.
pub(crate) type Message = Request<Full<Bytes>>;

/// Is an open connection, with an exchange under way or between two of them.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) host: Arc<Host>,
    /// The other end is a proxy that takes absolute URLs.
    pub(crate) proxied: bool,
    /// Only a connection that has answered before can have been closed for no other reason than that it was idle.
    has_answered: bool,
    sender: http1::SendRequest<Full<Bytes>>,
    /// Is absent when the connection has ended.
    connection: Option<http1::Connection<Connection, Full<Bytes>>>,
}

/// Says why there is no answer.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    /// Whether the connection was in use before.
    pub(crate) was_reused: bool,
    /// Is the request, where the server cannot have seen anything of it.
    pub(crate) unsent: Option<Box<Message>>,
}

impl Failure {
    pub(crate) fn of(mut error: TrySendError<Message>, was_reused: bool) -> Self {
        let unsent = error.take_message().map(Box::new);
        Self { cause: cause_of(&error.into_error()), was_reused, unsent }
    }
}

impl From<Cause> for Failure {
    /// Is a failure before there was a connection.
    fn from(cause: Cause) -> Self {
        Self { cause, was_reused: false, unsent: None }
    }
}

impl Link {
    /// Begins to speak HTTP/1.1 over a connection.
    pub(crate) async fn open(
        http: &http1::Builder,
        host: Arc<Host>,
        connection: Connection,
    ) -> Result<Self, Cause> {
        let proxied = connection.facts.proxied;
        let opened = http.handshake(connection).await;
        let (sender, connection) = opened.map_err(|error| cause_of(&error))?;
        let connection = Some(connection);
        Ok(Self { host, proxied, has_answered: false, sender, connection })
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn send(&mut self, message: Message) -> Result<Response<Incoming>, Failure> {
        let was_reused = self.has_answered;
        let mut answer = pin!(self.sender.try_send_request(message));
        let sent = std::future::poll_fn(|cx| self.drive_until(cx, |cx| answer.as_mut().poll(cx)));
        let answer = sent.await.map_err(|error| Failure::of(error, was_reused))?;
        self.has_answered = true;
        Ok(answer)
    }

    /// Drives the connection until `done`, which waits for nothing but the connection.
    pub(crate) fn drive_until<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut done: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let mut unwoken = Context::from_waker(Waker::noop());
        // Asked first: hyper reads no body before somebody wants it.
        let mut result = done(&mut unwoken);
        if result.is_pending() {
            self.drive(&mut unwoken);
            result = done(&mut unwoken);
        }
        if result.is_pending() {
            self.drive(cx);
            result = done(&mut unwoken);
        }
        result
    }

    /// Lets the connection do what it can, and wake the context when it can do more.
    pub(crate) fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && Pin::new(connection).poll(cx).is_ready()
        {
            // How it ended is said to whoever waits for an answer or a body.
            self.connection = None;
        }
    }

    /// Tells whether the connection can take the next request.
    pub(crate) fn is_idle(&self) -> bool {
        self.connection.is_some() && self.sender.is_ready()
    }
}
