//! The keys of a section and what they hold.

use super::Schema;

/// One key of a section.
#[derive(Debug)]
pub(crate) struct Field {
    /// The key; empty for the keys of a client, which the section has among its own.
    pub(crate) key: &'static str,
    /// What it holds.
    pub(crate) kind: Kind,
    /// Whether it is not shown where it is zero.
    pub(crate) omits_zero: bool,
}

/// What a key holds, and its default.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A text.
    Text(&'static str),
    /// A text that is never shown.
    Secret,
    /// A path, relative to the directory of the file.
    Path,
    /// A URL, or nothing.
    Url,
    /// A truth value.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A duration; the default is in seconds.
    Duration(u64),
    /// A list of texts.
    Texts,
    /// A mapping from texts to texts.
    Map,
    /// The keys of a client; the default is whether it follows redirects and speaks HTTP/2.
    Client(bool),
    /// The TLS of a client.
    Tls,
    /// A URL with the scheme `http` or `https`; an empty default is none.
    HttpUrl(&'static str),
    /// The same, never shown.
    SecretUrl,
    /// A host and a port.
    HostPort,
    /// A truth value, or nothing.
    MaybeFlag,
    /// A duration as Go writes it.
    GoDuration,
    /// The keys of a client in a section of their own; the default is whether they are there at all.
    Http(bool),
    /// A section with the keys of a client's TLS, shown unless its key has no value.
    OwnTls,
    /// Anything, which is not looked at.
    Any,
    /// A section, or nothing.
    Section(&'static Schema),
    /// A list of sections.
    Sections(&'static Schema),
}

impl Field {
    const fn new(key: &'static str, kind: Kind) -> Self {
        Self { key, kind, omits_zero: true }
    }

    /// The same key, shown even where it is zero.
    pub(crate) const fn shown(self) -> Self {
        Self { omits_zero: false, ..self }
    }
}

pub(crate) const fn text(key: &'static str, default: &'static str) -> Field {
    Field::new(key, Kind::Text(default))
}

pub(crate) const fn secret(key: &'static str) -> Field {
    Field::new(key, Kind::Secret)
}

pub(crate) const fn path(key: &'static str) -> Field {
    Field::new(key, Kind::Path)
}

pub(crate) const fn url(key: &'static str) -> Field {
    Field::new(key, Kind::Url)
}

pub(crate) const fn flag(key: &'static str, default: bool) -> Field {
    Field::new(key, Kind::Flag(default))
}

pub(crate) const fn number(key: &'static str, default: i64) -> Field {
    Field::new(key, Kind::Number(default))
}

pub(crate) const fn duration(key: &'static str, default_s: u64) -> Field {
    Field::new(key, Kind::Duration(default_s))
}

pub(crate) const fn text_list(key: &'static str) -> Field {
    Field::new(key, Kind::Texts)
}

pub(crate) const fn map(key: &'static str) -> Field {
    Field::new(key, Kind::Map)
}

pub(crate) const fn tls(key: &'static str) -> Field {
    Field::new(key, Kind::Tls)
}

pub(crate) const fn schema(key: &'static str, schema: &'static Schema) -> Field {
    Field::new(key, Kind::Section(schema))
}

pub(crate) const fn schemas(key: &'static str, schema: &'static Schema) -> Field {
    Field::new(key, Kind::Sections(schema))
}

/// The keys of a client with upstream's defaults.
pub(crate) const fn client() -> Field {
    Field::new("", Kind::Client(true))
}

/// The keys of a client that neither follows redirects nor speaks HTTP/2 unless it is told to.
pub(crate) const fn client_without_defaults() -> Field {
    Field::new("", Kind::Client(false))
}

pub(crate) const fn http_url(key: &'static str, default: &'static str) -> Field {
    Field::new(key, Kind::HttpUrl(default))
}

pub(crate) const fn secret_url(key: &'static str) -> Field {
    Field::new(key, Kind::SecretUrl)
}

pub(crate) const fn host_port(key: &'static str) -> Field {
    Field::new(key, Kind::HostPort)
}

pub(crate) const fn maybe_flag(key: &'static str) -> Field {
    Field::new(key, Kind::MaybeFlag)
}

pub(crate) const fn go_duration(key: &'static str) -> Field {
    Field::new(key, Kind::GoDuration)
}

pub(crate) const fn http(key: &'static str, always: bool) -> Field {
    Field::new(key, Kind::Http(always))
}

pub(crate) const fn own_tls(key: &'static str) -> Field {
    Field::new(key, Kind::OwnTls)
}

pub(crate) const fn any(key: &'static str) -> Field {
    Field::new(key, Kind::Any)
}
