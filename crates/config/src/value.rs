//! Reading the kinds of values that many sections have.

use std::time::Duration;

use regain_go_format::{duration, go_duration, size};
use regain_http::{ClientConfig, Secret};
use regain_yaml::{Decode as _, Kind, MistakeKind, Mistakes, Node, Resolved, Section, Span};

use crate::client::decode_client;
use crate::go_url;

/// What stands for a secret in a configuration that is shown.
pub(crate) const HIDDEN: &str = "<secret>";

/// A duration; nothing where the key is absent or has no value.
pub(crate) fn optional_duration(section: &mut Section<'_>, name: &'static str) -> Option<Duration> {
    let ms = section.parsed(name, duration::parse)?;
    Some(Duration::from_millis(ms.unsigned_abs()))
}

/// A duration, zero where the key has no value.
pub(crate) fn duration_or(
    section: &mut Section<'_>,
    name: &'static str,
    default: Duration,
) -> Duration {
    if section.peek(name).is_some_and(Node::is_null) {
        section.field(name);
        return Duration::ZERO;
    }
    optional_duration(section, name).unwrap_or(default)
}

/// A size with its unit, in bytes; zero where the key is absent.
pub(crate) fn size_bytes(section: &mut Section<'_>, name: &'static str) -> i64 {
    section.parsed(name, size::parse).unwrap_or(0)
}

/// The items of a list; an item without a value is a mistake with the text `empty`.
pub(crate) fn items<T>(
    section: &mut Section<'_>,
    name: &'static str,
    empty: &str,
    mut decode: impl FnMut(&Node, &Mistakes) -> Option<T>,
) -> Vec<T> {
    section.list(name, |node, mistakes| {
        if node.is_null() {
            mistakes.rule(node.span, empty);
            return None;
        }
        decode(node, mistakes)
    })
}

/// Texts, each with its place.
pub(crate) fn texts(section: &mut Section<'_>, name: &'static str) -> Vec<(Span, String)> {
    section.list(name, |node, mistakes| Some((node.span, String::decode(node, mistakes)?)))
}

/// A duration as Go writes it (`1.5s`), or a number of nanoseconds; zero where the key is absent. A
/// negative one is as good as none wherever Alertmanager has one.
pub(crate) fn go_duration_or_zero(section: &mut Section<'_>, name: &'static str) -> Duration {
    let mistakes = section.mistakes();
    let nanoseconds = |node: &Node| match &node.kind {
        Kind::Scalar(scalar) => match scalar.resolve() {
            Resolved::Str => go_duration::parse(scalar.text()).ok(),
            Resolved::Bool(_) => None,
            // The reader's own messages would name another type.
            _ => i64::decode(node, &Mistakes::new()),
        },
        Kind::List(_) | Kind::Map(_) => None,
    };
    let Some(node) = section.field(name) else { return Duration::ZERO };
    let Some(nanoseconds) = nanoseconds(node) else {
        let found = node.describe();
        mistakes.add(node.span, MistakeKind::WrongKind { found, wanted: "time.Duration" });
        return Duration::ZERO;
    };
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0))
}

/// The duration as [`go_duration_or_zero`] reads it.
pub(crate) fn go_duration_text(duration: Duration) -> String {
    go_duration::format(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
}

/// Why a text is no URL of a web service; the texts are Alertmanager's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebUrlError {
    /// The text is no URL at all.
    #[error(transparent)]
    Parse(#[from] go_url::GoUrlError),
    /// The URL has another scheme.
    #[error("unsupported scheme {} for URL", regain_go_format::quote::quote(.0))]
    Scheme(String),
    /// The URL has no host.
    #[error("missing host for URL")]
    Host,
}

/// Checks that a text is a URL with the scheme `http` or `https` and a host.
pub(crate) fn check_web_url(text: &str) -> Result<(), WebUrlError> {
    let url = go_url::parse(text)?;
    let scheme = url.scheme.to_ascii_lowercase();
    if !matches!(&*scheme, "http" | "https") {
        return Err(WebUrlError::Scheme(scheme));
    }
    if url.host.is_empty() { Err(WebUrlError::Host) } else { Ok(()) }
}

/// A URL of a web service; nothing where the key is absent or has no value. A text that is none counts as one
/// once it is noted, so that it is not also missing.
pub(crate) fn web_url(section: &mut Section<'_>, name: &'static str) -> Option<String> {
    let node = section.field(name).filter(|node| !node.is_null())?;
    let text = String::decode(node, section.mistakes())?;
    if let Err(error) = check_web_url(&text) {
        section.rule(name, error.to_string());
    }
    Some(text)
}

/// A URL of a web service that must not show. What stands for a secret in a shown configuration is taken
/// as one, so that such a configuration can be read again.
pub(crate) fn secret_url(section: &mut Section<'_>, name: &'static str) -> Option<Secret> {
    let node = section.field(name).filter(|node| !node.is_null())?;
    let text = String::decode(node, section.mistakes())?;
    if let Err(error) = check_web_url(&text)
        && text != HIDDEN
    {
        section.rule(name, without_text(error).to_string());
    }
    Some(Secret::new(text))
}

/// The message of an error without the URL, which may hold a secret.
pub(crate) fn without_text(error: WebUrlError) -> WebUrlError {
    match error {
        WebUrlError::Parse(error) => WebUrlError::Parse(error.hiding_text()),
        WebUrlError::Scheme(_) | WebUrlError::Host => error,
    }
}

/// Why a text is no address; the texts are Go's and Alertmanager's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HostPortError {
    /// There is no colon.
    #[error("address {0}: missing port in address")]
    NoPort(String),
    /// The host has colons and no brackets.
    #[error("address {0}: too many colons in address")]
    Colons(String),
    /// A bracket is not closed.
    #[error("address {0}: missing ']' in address")]
    Bracket(String),
    /// Nothing follows the colon.
    #[error("address {0:?}: port cannot be empty")]
    EmptyPort(String),
}

/// Checks that a text is a host and a port, or nothing.
pub(crate) fn host_port(text: &str) -> Result<String, HostPortError> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let owned = || text.to_owned();
    let port = match text.strip_prefix('[') {
        Some(rest) => {
            let (_, after) = rest.split_once(']').ok_or_else(|| HostPortError::Bracket(owned()))?;
            after.strip_prefix(':').ok_or_else(|| HostPortError::NoPort(owned()))?
        }
        None => text.split_once(':').ok_or_else(|| HostPortError::NoPort(owned()))?.1,
    };
    match port {
        "" => Err(HostPortError::EmptyPort(owned())),
        _ if port.contains(':') => Err(HostPortError::Colons(owned())),
        _ => Ok(owned()),
    }
}

/// The keys of a client in a section of their own; nothing where the key is absent or has no value.
pub(crate) fn http_config(section: &mut Section<'_>, name: &'static str) -> Option<ClientConfig> {
    section
        .section(name, "config.plain", |section| decode_client(section, &ClientConfig::default()))
}
