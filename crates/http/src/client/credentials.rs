//! The headers that a configuration adds to each request.

use base64::Engine as _;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::client::config::{Authorization, BasicAuth, ClientConfig, HttpHeader};
use crate::client::error::{BuildError, Cause};
use crate::watched_file::{Source, WatchedFile};

/// Writes the `Authorization` of a configuration that needs no token server.
#[derive(Debug)]
pub(crate) enum Login {
    Basic { username: Option<Source>, password: Option<Source> },
    Fixed { kind: String, credentials: Option<Source> },
}

impl Login {
    pub(crate) fn new(config: &ClientConfig) -> Option<Self> {
        if let Some(basic) = &config.basic_auth {
            let BasicAuth { username, username_file, password, password_file } = basic;
            return Some(Self::Basic {
                username: Source::pick(username, username_file.as_deref()),
                password: Source::pick(password.expose(), password_file.as_deref()),
            });
        }
        let Authorization { kind, credentials, credentials_file } =
            config.authorization.as_ref()?;
        Some(Self::Fixed {
            kind: kind.clone(),
            credentials: Source::pick(credentials.expose(), credentials_file.as_deref()),
        })
    }

    /// Returns the header as it is now; files are looked at again.
    pub(crate) fn header(&self) -> Result<HeaderValue, Cause> {
        match self {
            Self::Basic { username, password } => Ok(basic(
                &text(username.as_ref(), "basic auth username")?,
                &text(password.as_ref(), "basic auth password")?,
            )),
            Self::Fixed { kind, credentials } => {
                let credentials = text(credentials.as_ref(), "authorization credentials")?;
                bearer(kind, &credentials)
            }
        }
    }
}

/// Reads a secret; blanks around it do not count in a file.
pub(crate) fn text(source: Option<&Source>, what: &'static str) -> Result<String, Cause> {
    let Some(source) = source else {
        return Ok(String::new());
    };
    let bytes = source.read().map_err(|source| Cause::Credential { what, source })?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(if source.is_file() { text.trim().to_owned() } else { text.into_owned() })
}

/// Returns a header that must not show in logs.
pub(crate) fn bearer(kind: &str, credentials: &str) -> Result<HeaderValue, Cause> {
    let mut value = HeaderValue::from_str(&format!("{kind} {credentials}"))
        .map_err(|_| Cause::Header("Authorization".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Returns the header of HTTP basic authentication.
pub(crate) fn basic(username: &str, password: &str) -> HeaderValue {
    let login = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
    let mut value = HeaderValue::from_str(&format!("Basic {login}"))
        .expect("base64 has only letters that a header can carry");
    value.set_sensitive(true);
    value
}

/// Holds the configured `http_headers`.
#[derive(Debug, Default)]
pub(crate) struct ExtraHeaders(Vec<(HeaderName, Vec<ExtraValue>)>);

#[derive(Debug)]
enum ExtraValue {
    Fixed(HeaderValue),
    File(WatchedFile),
}

impl ExtraHeaders {
    pub(crate) fn new(config: &ClientConfig) -> Result<Self, BuildError> {
        let mut all = Vec::new();
        for (name, header) in &config.http_headers {
            let invalid = || BuildError::Header(name.clone());
            let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
            let HttpHeader { values, secrets, files } = header;
            let texts = values
                .iter()
                .map(|value| (value.as_str(), false))
                .chain(secrets.iter().map(|secret| (secret.expose(), true)));
            let mut list = Vec::new();
            for (text, sensitive) in texts {
                let mut value = HeaderValue::from_str(text).map_err(|_| invalid())?;
                value.set_sensitive(sensitive);
                list.push(ExtraValue::Fixed(value));
            }
            list.extend(files.iter().map(|path| ExtraValue::File(WatchedFile::new(path))));
            all.push((parsed, list));
        }
        Ok(Self(all))
    }

    /// Adds the headers as they are now.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) -> Result<(), Cause> {
        for (name, values) in &self.0 {
            for value in values {
                let value = match value {
                    ExtraValue::Fixed(value) => value.clone(),
                    ExtraValue::File(file) => {
                        let bytes = file
                            .read()
                            .map_err(|source| Cause::Credential { what: "headers file", source })?;
                        HeaderValue::from_bytes(bytes.trim_ascii())
                            .map_err(|_| Cause::Header(name.to_string()))?
                    }
                };
                headers.append(name, value);
            }
        }
        Ok(())
    }
}

/// Lists the headers that are not sent to another host than the one they are meant for.
const SENSITIVE: [HeaderName; 6] = [
    header::AUTHORIZATION,
    header::WWW_AUTHENTICATE,
    header::COOKIE,
    HeaderName::from_static("cookie2"),
    header::PROXY_AUTHORIZATION,
    header::PROXY_AUTHENTICATE,
];

/// Takes out what must not reach another host.
pub(crate) fn strip_sensitive(headers: &mut HeaderMap) {
    for name in SENSITIVE {
        headers.remove(name);
    }
}
