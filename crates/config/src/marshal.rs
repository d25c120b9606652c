//! From settings back to the text of a file.
//!
//! The keys stand in the order of upstream's structs, and what upstream leaves out where it is zero
//! is left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use regain_go_format::{duration, float, size};
use regain_http::Secret;
use regain_http::client::config::ConfiguredUrl;
use regain_yaml::Value;

use crate::go_url::without_password;

/// The fields of one mapping.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, Value)>);

impl Fields {
    /// A mapping of what `write` writes.
    pub(crate) fn map(write: impl FnOnce(&mut Self)) -> Value {
        let mut fields = Self::default();
        write(&mut fields);
        Value::Map(fields.0)
    }

    /// Writes a field.
    pub(crate) fn always(&mut self, key: &str, value: impl Into<Value>) {
        self.0.push((key.to_owned(), value.into()));
    }

    /// Writes a field unless it is zero.
    pub(crate) fn some(&mut self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        if !value.is_zero() {
            self.always(key, value);
        }
    }

    /// Writes a duration.
    pub(crate) fn duration(&mut self, key: &str, value: Duration) {
        let ms = i64::try_from(value.as_millis()).unwrap_or(i64::MAX);
        self.always(key, duration::format(ms));
    }

    /// Writes a duration unless it is zero.
    pub(crate) fn some_duration(&mut self, key: &str, value: Duration) {
        if !value.is_zero() {
            self.duration(key, value);
        }
    }

    /// Writes a size with its unit unless it is zero.
    pub(crate) fn some_size(&mut self, key: &str, bytes: i64) {
        if bytes != 0 {
            self.always(key, size::format(bytes));
        }
    }

    /// Writes a number unless it is zero.
    pub(crate) fn some_float(&mut self, key: &str, value: f64) {
        if value != 0.0 {
            self.always(key, number(value));
        }
    }

    /// Writes a path where there is one.
    pub(crate) fn some_path(&mut self, key: &str, path: Option<&PathBuf>) {
        if let Some(path) = path {
            self.some(key, path_text(path));
        }
    }

    /// Writes a URL without its password where there is one.
    pub(crate) fn some_url(&mut self, key: &str, url: Option<&ConfiguredUrl>) {
        if let Some(url) = url {
            self.always(key, without_password(url.as_str()));
        }
    }

    /// Writes a secret, which is not shown, unless it is empty.
    pub(crate) fn some_secret(&mut self, key: &str, secret: &Secret) {
        self.some(key, hidden(secret));
    }

    /// Writes a mapping.
    pub(crate) fn section(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.always(key, Self::map(write));
    }

    /// Writes a mapping for each of `items` unless there are none.
    pub(crate) fn sections<T>(&mut self, key: &str, items: &[T], write: impl Fn(&T, &mut Self)) {
        let sections = items.iter().map(|item| Self::map(|fields| write(item, fields)));
        self.some(key, Value::List(sections.collect()));
    }

    /// Writes a mapping with free keys unless it is empty.
    pub(crate) fn some_map<V>(
        &mut self,
        key: &str,
        map: &BTreeMap<String, V>,
        value: impl Fn(&V) -> Value,
    ) {
        let entries = map.iter().map(|(name, held)| (name.clone(), value(held)));
        self.some(key, Value::sorted(entries));
    }

    /// Writes a mapping from texts to texts unless it is empty.
    pub(crate) fn some_texts(&mut self, key: &str, map: &BTreeMap<String, String>) {
        self.some_map(key, map, |text| Value::from(text.as_str()));
    }
}

/// What stands for a secret: nothing for none.
pub(crate) fn hidden(secret: &Secret) -> Value {
    if secret.is_empty() { Value::Null } else { Value::from("<secret>") }
}

/// A list of texts.
pub(crate) fn texts<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> Value {
    Value::List(items.into_iter().map(|item| Value::from(item.as_ref())).collect())
}

/// A number as Go's `%g` with the shortest exact digits, which is how yaml.v2 writes it.
pub(crate) fn number(value: f64) -> Value {
    let text = match value {
        _ if value.is_nan() => ".nan".to_owned(),
        f64::INFINITY => ".inf".to_owned(),
        f64::NEG_INFINITY => "-.inf".to_owned(),
        _ => {
            let mut text = Vec::new();
            float::append_float_g(&mut text, value);
            String::from_utf8(text).expect("a printed number is ASCII")
        }
    };
    Value::Plain(text.into())
}

pub(crate) fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_fields_are_left_out_and_secrets_hidden() {
        let write = |fields: &mut Fields| {
            fields.some("text", "");
            fields.some_duration("pause", Duration::ZERO);
            fields.duration("always", Duration::ZERO);
            fields.some_size("size", 15 << 20);
            fields.some_float("factor", 1.5);
            fields.some_secret("password", &Secret::new("hunter2"));
            fields.some_secret("none", &Secret::default());
        };
        let written = regain_yaml::emit(&Fields::map(write));
        assert_eq!(written, "always: 0s\nsize: 15MiB\nfactor: 1.5\npassword: <secret>\n");
    }
}
