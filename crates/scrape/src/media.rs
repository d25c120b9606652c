//! Which format a body is in.

use regain_exposition::read::Dialect;

use crate::config::ScrapeProtocol;
use crate::error::ContentTypeError;

/// Names the format of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFormat {
    Text(Dialect),
    Protobuf,
}

/// Returns the format that a `Content-Type` names, or that of the fallback where it names none that is known.
pub(crate) fn body_format(
    content_type: &str,
    fallback: Option<ScrapeProtocol>,
) -> Result<BodyFormat, ContentTypeError> {
    let named = named_format(content_type);
    match (named, fallback) {
        (Err(_), Some(fallback)) => Ok(format_of(fallback)),
        (named, _) => named,
    }
}

fn named_format(content_type: &str) -> Result<BodyFormat, ContentTypeError> {
    if content_type.is_empty() {
        return Err(ContentTypeError::Blank);
    }
    let content_type_text = || content_type.to_owned();
    let Some(media_type) = media_type(content_type) else {
        return Err(ContentTypeError::Invalid { content_type: content_type_text() });
    };
    if media_type.eq_ignore_ascii_case("text/plain") {
        Ok(BodyFormat::Text(Dialect::Text))
    } else if media_type.eq_ignore_ascii_case("application/openmetrics-text") {
        Ok(BodyFormat::Text(Dialect::OpenMetrics))
    } else if media_type.eq_ignore_ascii_case("application/vnd.google.protobuf") {
        Ok(BodyFormat::Protobuf)
    } else {
        Err(ContentTypeError::Unsupported { content_type: content_type_text() })
    }
}

/// Returns the type without its parameters, where both are well formed.
fn media_type(content_type: &str) -> Option<&str> {
    let (media_type, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let media_type = media_type.trim();
    let well_formed = match media_type.split_once('/') {
        Some((kind, subtype)) => is_token(kind) && is_token(subtype),
        None => is_token(media_type),
    };
    (well_formed && are_parameters(parameters)).then_some(media_type)
}

/// Tells whether a text is parameters as Go reads them: `key=token` or `key="text"` with a semicolon between.
fn are_parameters(text: &str) -> bool {
    let mut rest = text.trim();
    while !rest.is_empty() {
        let Some((key, value)) = rest.split_once('=') else { return false };
        if !is_token(key.trim()) {
            return false;
        }
        let after = match value.strip_prefix('"') {
            Some(quoted) => after_quoted(quoted),
            None => after_token(value),
        };
        let Some(after) = after.map(str::trim_start) else { return false };
        rest = match after.strip_prefix(';') {
            Some(next) => next.trim_start(),
            None if after.is_empty() => after,
            None => return false,
        };
    }
    true
}

/// Returns what comes after a token that ends with a semicolon, a blank or the text.
fn after_token(text: &str) -> Option<&str> {
    let end = text.find([';', ' ', '\t']).unwrap_or(text.len());
    let (token, after) = text.split_at_checked(end)?;
    is_token(token).then_some(after)
}

/// Returns what comes after the closing quote.
fn after_quoted(text: &str) -> Option<&str> {
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return text.get(at + 1..),
            _ => {}
        }
    }
    None
}

fn is_token(text: &str) -> bool {
    const SEPARATORS: &[u8] = b"()<>@,;:\\\"/[]?=";
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !SEPARATORS.contains(&byte))
}

fn format_of(protocol: ScrapeProtocol) -> BodyFormat {
    match protocol {
        ScrapeProtocol::PrometheusProto => BodyFormat::Protobuf,
        ScrapeProtocol::PrometheusText004 | ScrapeProtocol::PrometheusText100 => {
            BodyFormat::Text(Dialect::Text)
        }
        ScrapeProtocol::OpenMetricsText001 | ScrapeProtocol::OpenMetricsText100 => {
            BodyFormat::Text(Dialect::OpenMetrics)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_decides_whatever_its_parameters_say() {
        for (content_type, expected) in [
            ("text/plain", BodyFormat::Text(Dialect::Text)),
            ("Text/Plain; version=0.0.4; charset=utf-8", BodyFormat::Text(Dialect::Text)),
            ("text/plain;version=\"9;9\" ; x=y;", BodyFormat::Text(Dialect::Text)),
            (
                "application/openmetrics-text; version=1.0.0; charset=utf-8",
                BodyFormat::Text(Dialect::OpenMetrics),
            ),
            (
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
                BodyFormat::Protobuf,
            ),
        ] {
            assert_eq!(body_format(content_type, None), Ok(expected), "{content_type}");
        }
    }

    #[test]
    fn what_names_no_format_needs_a_fallback() {
        for (content_type, message) in [
            (
                "",
                "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target",
            ),
            (
                "text/html; charset=utf-8",
                "received unsupported Content-Type \"text/html; charset=utf-8\" and no fallback_scrape_protocol specified for target",
            ),
            (
                "counter",
                "received unsupported Content-Type \"counter\" and no fallback_scrape_protocol specified for target",
            ),
            (
                "text/plain; charset",
                "cannot parse Content-Type \"text/plain; charset\" and no fallback_scrape_protocol for target",
            ),
            (
                "text/plain; a=\"b",
                "cannot parse Content-Type \"text/plain; a=\\\"b\" and no fallback_scrape_protocol for target",
            ),
            (
                "a/b/c",
                "cannot parse Content-Type \"a/b/c\" and no fallback_scrape_protocol for target",
            ),
        ] {
            assert_eq!(body_format(content_type, None).unwrap_err().to_string(), message);
            let fallback = Some(ScrapeProtocol::OpenMetricsText001);
            assert_eq!(
                body_format(content_type, fallback),
                Ok(BodyFormat::Text(Dialect::OpenMetrics))
            );
        }
    }
}
