//! Asking a target.

use std::time::Duration;

use http::{HeaderValue, StatusCode, header};
use jiff::fmt::rfc2822::DateTimeParser;
use regain_go_format::{FloatFormat, append_float};
use regain_http::client::{Answer, Request};
use tokio::time::Instant;

use crate::error::FetchError;
use crate::manager::Shared;
use crate::settings::JobSettings;
use crate::target::Target;
use crate::workspace::Workspace;

/// Bounds the body of a job that sets no limit, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 256 << 20;
const TIMEOUT_HEADER: &str = "x-prometheus-scrape-timeout-seconds";
/// Is how long the second lasts that a `Date` names, which was cut on average in its middle.
const DATE_RESOLUTION: Duration = Duration::from_secs(1);

/// Is an answer with its body.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) work: Workspace,
    /// Is the size of the body as it came, in bytes.
    pub(crate) wire_bytes: u64,
    pub(crate) content_type: String,
    /// Is by how much the target's clock is ahead, in seconds; absent where the target tells no time.
    pub(crate) clock_skew_seconds: Option<f64>,
}

/// Builds the request that every scrape of the target sends.
pub(crate) fn request(target: &Target, settings: &JobSettings) -> Result<Request, FetchError> {
    let url = target.request_url().map_err(|source| {
        let url = target.scrape_url().to_owned();
        FetchError::Url { url, source }
    })?;
    let mut request = Request::get(url.clone());
    request.headers = settings.headers.clone();
    let mut timeout = Vec::new();
    append_float(&mut timeout, target.timeout().as_secs_f64(), FloatFormat::F);
    let timeout = HeaderValue::from_bytes(&timeout).expect("a number is a valid header");
    request.headers.insert(TIMEOUT_HEADER, timeout);
    Ok(request)
}

/// Sends the request and reads the answer, both before the target's timeout.
pub(crate) async fn fetch(
    request: &mut Request,
    target: &Target,
    settings: &JobSettings,
    shared: &Shared,
) -> Result<Fetched, FetchError> {
    let config = &settings.config;
    request.deadline = Some(Instant::now() + target.timeout());
    let clock = &shared.options.clock;
    let asked = clock.now();
    let (answer, body) = settings.client.open(request).await?;
    if answer.status != StatusCode::OK {
        return Err(FetchError::Status { status: status_text(answer.status) });
    }
    let clock_skew_seconds = clock_skew_seconds(&answer, (asked + clock.now()) / 2);
    let content_type = answer.header(&header::CONTENT_TYPE).unwrap_or_default().to_owned();
    let mut work = shared.workspaces.take();
    let limit = body_limit(config.body_size_limit);
    match body.read_contents(&answer, limit, &mut work.body).await {
        Ok(wire_bytes) => Ok(Fetched { work, wire_bytes, content_type, clock_skew_seconds }),
        Err(error) => {
            shared.workspaces.give(work);
            Err(error.into())
        }
    }
}

/// Returns the longest body that is read; upstream refuses one that is as long as the limit.
fn body_limit(configured: u64) -> usize {
    match configured {
        0 => BODY_BYTES_MAX,
        limit => usize::try_from(limit - 1).unwrap_or(usize::MAX),
    }
}

fn status_text(status: StatusCode) -> String {
    format!("{} {}", status.as_str(), status.canonical_reason().unwrap_or_default())
}

/// Compares the time at which the answer was sent with the middle of the exchange.
fn clock_skew_seconds(answer: &Answer, middle: Duration) -> Option<f64> {
    let date = answer.header(&header::DATE)?;
    let date = DateTimeParser::new().parse_timestamp(date).ok()?;
    let sent = date.as_second() as f64 + DATE_RESOLUTION.as_secs_f64() / 2.0;
    Some(sent - middle.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_without_a_limit_has_one_all_the_same() {
        assert_eq!(body_limit(0), BODY_BYTES_MAX);
        assert_eq!(body_limit(1), 0);
        assert_eq!(body_limit(5), 4);
    }
}
