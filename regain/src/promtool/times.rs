//! Times on the command line: in RFC 3339, or in seconds since 1970.

use regain_go_format::quote::quote;

use crate::clock;
use crate::flags::Line;

/// A time cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("error parsing {what} time: cannot parse {} to a valid timestamp", quote(.text))]
pub(super) struct TimeError {
    /// Which time.
    what: &'static str,
    /// What was given.
    text: String,
}

/// The present time in seconds since 1970.
pub(super) fn now() -> f64 {
    clock::since_epoch().as_secs_f64()
}

/// The time that the flag `name` gives, in seconds since 1970.
pub(super) fn time_of(
    line: &Line,
    name: &str,
    what: &'static str,
) -> Result<Option<f64>, TimeError> {
    let text = line.text(name);
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = text.parse::<f64>().ok().or_else(|| {
        let instant = regain_go_format::time::parse_rfc3339(text)?;
        Some(instant.as_duration().as_secs_f64())
    });
    parsed.map(Some).ok_or_else(|| TimeError { what, text: text.to_owned() })
}
