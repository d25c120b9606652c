//! URLs as Go's `net/url` reads them, which takes much that is no absolute URL.

use std::fmt;

/// A URL as a file has it, which never shows its password.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct UrlText(String);

impl UrlText {
    /// Takes a text that is a URL, or nothing.
    pub(crate) fn parse(text: &str) -> Result<Self, GoUrlError> {
        parse(text).map(|_| Self(text.to_owned()))
    }

    /// The text, with its password.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UrlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.0))
    }
}

impl fmt::Debug for UrlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The URL with `xxxxx` in place of a password, otherwise as it was written.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@').and_then(|(user, host)| Some((user.split_once(':')?.0, host)))
    {
        Some((user, host)) => format!("{scheme}://{user}:xxxxx@{host}{path}"),
        None => url.to_owned(),
    }
}

/// The parts of a URL that rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GoUrl<'a> {
    /// The scheme, empty in a relative URL.
    pub(crate) scheme: &'a str,
    /// The host with its port, empty where the URL has none.
    pub(crate) host: &'a str,
}

/// Why a text is no URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("parse {text:?}: {reason}")]
pub(crate) struct GoUrlError {
    text: String,
    reason: &'static str,
}

impl GoUrlError {
    /// The same without the text, which may hold a secret.
    pub(crate) fn hiding_text(self) -> Self {
        Self { text: crate::value::HIDDEN.to_owned(), ..self }
    }
}

/// Splits a URL or says why it is none.
pub(crate) fn parse(text: &str) -> Result<GoUrl<'_>, GoUrlError> {
    let refuse = |reason| GoUrlError { text: text.to_owned(), reason };
    if text.chars().any(|character| character.is_ascii_control()) {
        return Err(refuse("net/url: invalid control character in URL"));
    }
    let without_fragment = text.split('#').next().unwrap_or_default();
    let (scheme, rest) = split_scheme(without_fragment).map_err(refuse)?;
    let rest = rest.split('?').next().unwrap_or_default();
    let (host, path) = match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            (authority.rsplit_once('@').map_or(authority, |(_, host)| host), path)
        }
        None if !scheme.is_empty() && !rest.starts_with('/') => ("", ""),
        None => ("", rest),
    };
    let first_segment = path.split('/').next().unwrap_or_default();
    if scheme.is_empty() && host.is_empty() && first_segment.contains(':') {
        return Err(refuse("first path segment in URL cannot contain colon"));
    }
    check_host(host).map_err(refuse)?;
    check_escapes(path).map_err(refuse)?;
    Ok(GoUrl { scheme, host })
}

/// The scheme, if there is one, and what follows its colon.
fn split_scheme(text: &str) -> Result<(&str, &str), &'static str> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme"),
            b':' => return Ok((text.get(..at).unwrap_or(""), text.get(at + 1..).unwrap_or(""))),
            _ => return Ok(("", text)),
        }
    }
    Ok(("", text))
}

fn check_host(host: &str) -> Result<(), &'static str> {
    let port = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').ok_or("missing ']' in host")?.1,
        None => host.find(':').and_then(|at| host.get(at..)).unwrap_or_default(),
    };
    if !port.strip_prefix(':').unwrap_or(port).bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("invalid port after host");
    }
    if host.contains([' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}']) {
        return Err("invalid character in host name");
    }
    check_escapes(host)
}

fn check_escapes(text: &str) -> Result<(), &'static str> {
    let hex =
        |text: &str| text.len() >= 2 && text.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if text.split('%').skip(1).all(hex) { Ok(()) } else { Err("invalid URL escape") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_leave_urls() {
        for (url, expected) in [
            ("http://proxy:3128", "http://proxy:3128"),
            ("http://user:pw@proxy:3128", "http://user:xxxxx@proxy:3128"),
            ("http://user:p@w@proxy/a@b", "http://user:xxxxx@proxy/a@b"),
            ("http://user@proxy", "http://user@proxy"),
        ] {
            assert_eq!(without_password(url), expected);
        }
    }

    #[test]
    fn urls_are_split_as_go_splits_them() {
        for (text, expected) in [
            ("http://host:80/path?q#f", Some(("http", "host:80"))),
            ("https://user:pw@host", Some(("https", "host"))),
            ("unix:///var/run/docker.sock", Some(("unix", ""))),
            ("kubernetes:443", Some(("kubernetes", ""))),
            ("eureka.com", Some(("", ""))),
            ("http:///path", Some(("http", ""))),
            ("http://[::1]:80/", Some(("http", "[::1]:80"))),
            ("", Some(("", ""))),
            ("://invalid", None),
            ("1.2.3.4:80", None),
            ("http://host:port/", None),
            ("http://host/%zz", None),
            ("http://ho\nst", None),
        ] {
            let found = parse(text).ok().map(|url| (url.scheme, url.host));
            assert_eq!(found, expected, "{text}");
        }
    }
}
