//! Why a delivery failed, whether to try again, and how it is counted.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use regain_go_format::go_duration;
use regain_go_format::quote::quote;
use regain_go_template::FunctionError;
use regain_http::client::error::RequestError;
use regain_http::os_text;

use crate::template::RenderError;

/// The classes of failures that `alertmanager_notifications_failed_total` counts by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FailureReason {
    /// Anything else.
    #[default]
    Other,
    /// The receiver refused the request.
    ClientError,
    /// The receiver failed.
    ServerError,
    /// The notification was given up.
    ContextCanceled,
    /// The time for the notification ran out.
    ContextDeadlineExceeded,
    /// The receiver refused the credentials.
    AuthError,
    /// The receiver wants fewer requests.
    RateLimited,
}

impl FailureReason {
    /// All reasons, in the order of upstream's metric.
    pub const ALL: [Self; 7] = [
        Self::Other,
        Self::ClientError,
        Self::ServerError,
        Self::ContextCanceled,
        Self::ContextDeadlineExceeded,
        Self::AuthError,
        Self::RateLimited,
    ];

    /// The reason as the metric's label shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::ClientError => "clientError",
            Self::ServerError => "serverError",
            Self::ContextCanceled => "contextCanceled",
            Self::ContextDeadlineExceeded => "contextDeadlineExceeded",
            Self::AuthError => "authError",
            Self::RateLimited => "rateLimited",
        }
    }

    /// The reason that an HTTP status stands for.
    pub fn of_status(code: u16) -> Self {
        match code {
            401 | 403 => Self::AuthError,
            429 => Self::RateLimited,
            400..500 => Self::ClientError,
            500..600 => Self::ServerError,
            _ => Self::Other,
        }
    }
}

/// A delivery that failed; its text is upstream's and holds no URL of a receiver.
#[derive(Debug, thiserror::Error)]
#[error("{failure}")]
pub struct NotifyError {
    /// Whether the same notification may get through later.
    pub retry: bool,
    /// The class that the failure is counted in.
    pub reason: FailureReason,
    /// What failed.
    pub failure: Failure,
}

impl NotifyError {
    /// A failure here, before anything was sent: trying again would not help.
    pub(super) fn here(failure: Failure) -> Self {
        Self { retry: false, reason: FailureReason::Other, failure }
    }

    /// A failure on the way, which may be another one next time.
    pub(super) fn on_the_way(failure: Failure) -> Self {
        Self { retry: true, reason: FailureReason::Other, failure }
    }
}

/// What can fail in a delivery.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The receiver answered with a status that is no success.
    #[error("unexpected status code {code}{}{details}", if details.is_empty() { "" } else { ": " })]
    Status {
        /// The status.
        code: u16,
        /// The body of the answer, cut at a limit.
        details: String,
    },
    /// The request got no answer.
    #[error("{}", request_text(source, *timeout))]
    Request {
        /// Why not.
        source: Box<RequestError>,
        /// The integration's own time limit, where it is what ended the request.
        timeout: Option<(&'static str, Duration)>,
    },
    /// The address is no URL.
    #[error("parse \"<redacted>\": {0}")]
    Url(#[source] url::ParseError),
    /// A file with a URL cannot be read.
    #[error("{prefix}open {}: {}", path.display(), os_text(source))]
    File {
        /// What the file is for.
        prefix: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A text of the webhook's own payload could not be rendered.
    #[error("failed to render custom payload: {0}")]
    Payload(#[source] Box<RenderError>),
    /// The webhook's URL could not be rendered.
    #[error("failed to template webhook URL: {0}")]
    UrlTemplate(#[source] Box<RenderError>),
    /// The webhook's URL came to nothing.
    #[error("webhook URL is empty after templating")]
    EmptyUrl,
    /// A value has no JSON.
    #[error("{0}")]
    Json(#[from] FunctionError),
    /// Slack did not take the message.
    #[error("channel {}: {failure}", quote(channel))]
    Slack {
        /// The channel of the message.
        channel: String,
        /// What Slack said.
        failure: SlackFailure,
    },
}

/// How Slack refuses a message.
#[derive(Debug, thiserror::Error)]
pub enum SlackFailure {
    /// The status is no success.
    #[error("{0}")]
    Status(Box<Failure>),
    /// The answer broke off.
    #[error("could not read response body: {0}")]
    Unread(Box<RequestError>),
    /// The answer is no JSON, though it says so.
    #[error("could not unmarshal JSON response {}: {source}", quote(body))]
    NotJson {
        /// The answer.
        body: String,
        /// Why not.
        source: serde_json::Error,
    },
    /// The answer says what is wrong.
    #[error("error response from Slack: {0}")]
    Refused(String),
    /// The answer is a text other than `ok`.
    #[error("received an error response from Slack: {0}")]
    RefusedText(String),
}

/// The request's failure without the URL, which may be a secret.
fn request_text(error: &RequestError, timeout: Option<(&'static str, Duration)>) -> String {
    let mut text = match error {
        RequestError::NoAnswer(failed) => {
            let method = failed.method().as_str();
            let (first, rest) = method.split_at_checked(1).unwrap_or((method, ""));
            let rest = rest.to_ascii_lowercase();
            format!("{first}{rest} \"<redacted>\": {}", failed.cause())
        }
        other => other.to_string(),
    };
    if let Some((name, limit)) = timeout {
        let limit_ns = i64::try_from(limit.as_nanos()).unwrap_or(i64::MAX);
        let limit = go_duration::format(limit_ns);
        write!(text, ": configured {name} timeout reached ({limit})")
            .expect("writing to a string cannot fail");
    }
    text
}
