//! Sections described by a table: those of features that this version has not built.
//!
//! Such a section has to be read all the same: a file with a misspelt key or a broken rule is refused
//! for that, and a valid one is shown with its defaults. A [`Schema`] lists the keys of a section in
//! the order of upstream's struct; a [`Body`] holds what a file says.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use regain_discovery::join_dir;
use regain_http::ClientConfig;
use regain_http::client::config::{Secret, TlsConfig};
use regain_yaml::{Mistakes, Node, Section, Value};

use crate::client::{
    decode_client, set_client_directory, set_tls_directory, write_client, write_tls, write_tls_keys,
};
use crate::go_url::UrlText;
use crate::marshal::{Fields, hidden, texts};
use crate::value::{
    duration_or, go_duration_or_zero, go_duration_text, host_port, http_config, secret_url, web_url,
};

mod field;

pub(crate) use field::{
    Field, Kind, any, client, client_without_defaults, duration, flag, go_duration,
    host_port as host_port_key, http, http_url, map, maybe_flag, number, own_tls, path, schema,
    schemas, secret, secret_url as secret_url_key, text, text_list, tls, url,
};

/// The keys of a section.
#[derive(Debug)]
pub(crate) struct Schema {
    /// The type in messages, under upstream's name.
    pub(crate) owner: &'static str,
    /// The keys in the order of upstream's struct.
    pub(crate) fields: &'static [Field],
    /// The rules beyond the types of the keys.
    pub(crate) check: fn(&Item<'_, '_>),
}

impl Schema {
    /// A section without further rules.
    pub(crate) const fn free(owner: &'static str, fields: &'static [Field]) -> Self {
        Self { owner, fields, check: |_| {} }
    }
}

/// What a file says in a section.
#[derive(Clone, Debug)]
pub(crate) struct Body(Vec<(&'static Field, Content)>);

/// What a file says under one key.
#[derive(Clone, Debug)]
enum Content {
    Text(String),
    Secret(Secret),
    Path(String),
    Url(UrlText),
    Flag(bool),
    Number(i64),
    Duration(Duration),
    Texts(Vec<String>),
    Map(BTreeMap<String, String>),
    Client(Box<ClientConfig>),
    Tls(Box<TlsConfig>),
    HttpUrl(Option<String>),
    SecretUrl(Option<Secret>),
    MaybeFlag(Option<bool>),
    GoDuration(Duration),
    Http(Option<Box<ClientConfig>>),
    OwnTls(Option<Box<TlsConfig>>),
    Any(bool),
    Section(Option<Body>),
    Sections(Vec<Body>),
}

/// A section while its rules are checked.
#[derive(Debug)]
pub(crate) struct Item<'r, 'n> {
    section: &'r Section<'n>,
    body: &'r Body,
}

impl Body {
    /// Reads a section; nothing where it has another shape.
    pub(crate) fn decode(schema: &Schema, node: &Node, mistakes: &Mistakes) -> Option<Self> {
        Section::read(node, schema.owner, mistakes, |section| {
            let contents = schema.fields.iter().map(|field| (field, Content::read(field, section)));
            let body = Self(contents.collect());
            (schema.check)(&Item { section, body: &body });
            body
        })
    }

    /// Makes relative paths relative to `dir`.
    pub(crate) fn set_directory(&mut self, dir: &Path) {
        for (_, content) in &mut self.0 {
            match content {
                Content::Path(path) => *path = join_dir(dir, path),
                Content::Client(client) => set_client_directory(client, dir),
                Content::Http(Some(client)) => set_client_directory(client, dir),
                Content::Tls(tls) | Content::OwnTls(Some(tls)) => set_tls_directory(tls, dir),
                Content::Section(Some(body)) => body.set_directory(dir),
                Content::Sections(bodies) => {
                    for body in bodies {
                        body.set_directory(dir);
                    }
                }
                _ => {}
            }
        }
    }

    /// Writes the section, without secrets.
    pub(crate) fn write(&self, fields: &mut Fields) {
        for (field, content) in &self.0 {
            content.write(field, fields);
        }
    }

    /// The truth value under `key`.
    pub(crate) fn flag(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Content::Flag(true)))
    }

    /// Whether the file, or a default, says something under `key`.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some_and(|content| !content.is_zero())
    }

    /// The text, secret or URL under `key`; empty where there is none.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.get(key).map(Content::text).unwrap_or_default()
    }

    /// The duration under `key`.
    pub(crate) fn duration(&self, key: &str) -> Duration {
        match self.get(key) {
            Some(Content::Duration(duration) | Content::GoDuration(duration)) => *duration,
            _ => Duration::ZERO,
        }
    }

    /// The client in the section under `key`.
    pub(crate) fn http(&self, key: &str) -> Option<&ClientConfig> {
        match self.get(key) {
            Some(Content::Http(client)) => client.as_deref(),
            _ => None,
        }
    }

    fn is_zero(&self) -> bool {
        self.0.iter().all(|(_, content)| content.is_zero())
    }

    fn get(&self, key: &str) -> Option<&Content> {
        self.0.iter().find(|(field, _)| field.key == key).map(|(_, content)| content)
    }
}

impl Content {
    fn read(field: &Field, section: &mut Section<'_>) -> Self {
        let key = field.key;
        match field.kind {
            Kind::Text(default) => Self::Text(section.or(key, default.to_owned())),
            Kind::Secret => Self::Secret(Secret::new(section.or_zero::<String>(key))),
            Kind::Path => Self::Path(section.or_zero(key)),
            Kind::Url => Self::Url(section.parsed(key, UrlText::parse).unwrap_or_default()),
            Kind::Flag(default) => Self::Flag(section.or(key, default)),
            Kind::Number(default) => Self::Number(section.or(key, default)),
            Kind::Duration(default_s) => {
                Self::Duration(duration_or(section, key, Duration::from_secs(default_s)))
            }
            Kind::Texts => Self::Texts(section.or_zero(key)),
            Kind::Map => Self::Map(section.or_zero(key)),
            Kind::Client(default) => {
                let default = ClientConfig {
                    follow_redirects: default,
                    enable_http2: default,
                    ..ClientConfig::default()
                };
                Self::Client(Box::new(decode_client(section, &default)))
            }
            Kind::Tls => {
                let tls = section.section(key, "config.TLSConfig", crate::client::tls);
                Self::Tls(Box::new(tls.unwrap_or_default()))
            }
            Kind::HttpUrl(default) => Self::HttpUrl(match section.peek(key) {
                None if !default.is_empty() => {
                    section.field(key);
                    Some(default.to_owned())
                }
                _ => web_url(section, key),
            }),
            Kind::SecretUrl => Self::SecretUrl(secret_url(section, key)),
            Kind::HostPort => Self::Text(section.parsed(key, host_port).unwrap_or_default()),
            Kind::MaybeFlag => Self::MaybeFlag(section.optional(key)),
            Kind::GoDuration => Self::GoDuration(go_duration_or_zero(section, key)),
            Kind::Http(always) => {
                let default = || always.then(ClientConfig::default);
                Self::Http(http_config(section, key).or_else(default).map(Box::new))
            }
            Kind::OwnTls => {
                let absent = section.peek(key).is_none();
                let tls = section.section(key, "config.TLSConfig", crate::client::tls);
                Self::OwnTls(tls.or_else(|| absent.then(TlsConfig::default)).map(Box::new))
            }
            Kind::Any => Self::Any(section.field(key).is_some_and(|node| !node.is_null())),
            Kind::Section(schema) => {
                let mistakes = section.mistakes();
                let node = section.field(key).filter(|node| !node.is_null());
                Self::Section(node.and_then(|node| Body::decode(schema, node, mistakes)))
            }
            Kind::Sections(schema) => {
                let read = |node: &Node, mistakes: &Mistakes| Body::decode(schema, node, mistakes);
                Self::Sections(section.list(key, read))
            }
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Path(text) | Self::HttpUrl(Some(text)) => text,
            Self::Secret(secret) | Self::SecretUrl(Some(secret)) => secret.expose(),
            _ => "",
        }
    }

    fn is_zero(&self) -> bool {
        match self {
            Self::Text(text) | Self::Path(text) => text.is_empty(),
            Self::Url(url) => url.as_str().is_empty(),
            Self::Secret(secret) => secret.is_empty(),
            Self::Flag(flag) => !flag,
            Self::Number(number) => *number == 0,
            Self::Duration(duration) => duration.is_zero(),
            Self::Texts(items) => items.is_empty(),
            Self::Map(map) => map.is_empty(),
            Self::Client(_) => false,
            Self::OwnTls(tls) => tls.is_none(),
            Self::HttpUrl(url) => url.is_none(),
            Self::SecretUrl(url) => url.is_none(),
            Self::MaybeFlag(flag) => flag.is_none(),
            Self::GoDuration(duration) => duration.is_zero(),
            Self::Http(client) => client.is_none(),
            Self::Any(given) => !given,
            Self::Tls(tls) => **tls == TlsConfig::default(),
            Self::Section(body) => body.as_ref().is_none_or(Body::is_zero),
            Self::Sections(bodies) => bodies.is_empty(),
        }
    }

    fn write(&self, field: &Field, fields: &mut Fields) {
        let value = match self {
            Self::Text(text) | Self::Path(text) => Value::from(text.as_str()),
            Self::Url(url) => Value::from(url.to_string()),
            Self::Secret(secret) => hidden(secret),
            Self::Flag(flag) => Value::from(*flag),
            Self::Number(number) => Value::from(*number),
            Self::Duration(duration) if duration.is_zero() && field.omits_zero => return,
            Self::Duration(duration) => return fields.duration(field.key, *duration),
            Self::Texts(items) => texts(items),
            Self::Map(map) => {
                let entries = map.iter().map(|(key, text)| (key.clone(), text.as_str().into()));
                Value::sorted(entries)
            }
            Self::Client(client) => return write_client(client, fields),
            Self::Tls(tls) => return write_tls(tls, fields),
            Self::HttpUrl(url) => url.as_deref().map_or(Value::Null, Value::from),
            Self::SecretUrl(url) => url.as_ref().map_or(Value::Null, hidden),
            Self::MaybeFlag(Some(flag)) => return fields.always(field.key, *flag),
            Self::GoDuration(duration) => Value::from(go_duration_text(*duration)),
            Self::Http(Some(client)) => Fields::map(|fields| write_client(client, fields)),
            Self::OwnTls(Some(tls)) => Fields::map(|fields| write_tls_keys(tls, fields)),
            // What is not looked at belongs to features that are not built, and those are not shown.
            Self::MaybeFlag(None) | Self::Http(None) | Self::OwnTls(None) | Self::Any(_) => return,
            Self::Section(Some(body)) if field.omits_zero && body.is_zero() => return,
            Self::Section(None) => Value::Null,
            Self::Section(Some(body)) => Fields::map(|fields| body.write(fields)),
            Self::Sections(bodies) => {
                let section = |body: &Body| Fields::map(|fields| body.write(fields));
                Value::List(bodies.iter().map(section).collect())
            }
        };
        if field.omits_zero {
            fields.some(field.key, value);
        } else {
            fields.always(field.key, value);
        }
    }
}

impl Item<'_, '_> {
    /// Notes that the field `key` breaks a rule.
    pub(crate) fn rule(&self, key: &str, message: impl Into<String>) {
        self.section.rule(key, message);
    }

    /// Notes that the field `key` breaks a rule unless it is `valid`.
    pub(crate) fn demand(&self, valid: bool, key: &str, message: impl Into<String>) {
        if !valid {
            self.rule(key, message);
        }
    }

    /// Whether the file has the key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.section.peek(key).is_some_and(|node| !node.is_null())
    }

    /// The text under `key`, secret or not.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.body.text(key)
    }

    /// The whole number under `key`.
    pub(crate) fn number(&self, key: &str) -> i64 {
        match self.body.get(key) {
            Some(Content::Number(number)) => *number,
            _ => 0,
        }
    }

    /// The duration under `key`.
    pub(crate) fn duration(&self, key: &str) -> Duration {
        self.body.duration(key)
    }

    /// The texts under `key`.
    pub(crate) fn texts(&self, key: &str) -> &[String] {
        match self.body.get(key) {
            Some(Content::Texts(items)) => items,
            _ => &[],
        }
    }

    /// The settings of the section's client.
    pub(crate) fn client(&self) -> Option<&ClientConfig> {
        self.body.0.iter().find_map(|(_, content)| match content {
            Content::Client(client) => Some(&**client),
            _ => None,
        })
    }

    /// The client in the section under `key`.
    pub(crate) fn http(&self, key: &str) -> Option<&ClientConfig> {
        self.body.http(key)
    }

    /// Whether the flag under `key` is set.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.body.flag(key)
    }

    /// The keys of the mapping under `key`.
    pub(crate) fn keys(&self, key: &str) -> impl Iterator<Item = &str> {
        let map = match self.body.get(key) {
            Some(Content::Map(map)) => Some(map),
            _ => None,
        };
        map.into_iter().flat_map(|map| map.keys().map(String::as_str))
    }

    /// The section under `key`, without its places.
    pub(crate) fn body(&self, key: &str) -> Option<&Body> {
        match self.body.get(key) {
            Some(Content::Section(body)) => body.as_ref(),
            _ => None,
        }
    }

    /// The sections under `key`, each to be asked like this one but with this one's places.
    pub(crate) fn items(&self, key: &str) -> impl Iterator<Item = Item<'_, '_>> {
        let bodies: &[Body] = match self.body.get(key) {
            Some(Content::Sections(bodies)) => bodies,
            _ => &[],
        };
        bodies.iter().map(|body| Item { section: self.section, body })
    }
}
