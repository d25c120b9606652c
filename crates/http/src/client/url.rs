//! A URL as the user wrote it.

use std::fmt;

use url::Url;

/// Holds a URL that was checked when the file was read, and its text as written.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfiguredUrl {
    text: String,
    url: Url,
}

impl ConfiguredUrl {
    /// Reads an absolute URL.
    pub fn parse(text: &str) -> Result<Self, url::ParseError> {
        let url = Url::parse(text)?;
        Ok(Self { text: text.to_owned(), url })
    }

    /// Returns the text as written, with its password.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the parts.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

impl fmt::Display for ConfiguredUrl {
    /// Writes the URL with `xxxxx` in place of a password, as Go does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.url.password().is_none() {
            return f.write_str(&self.text);
        }
        f.write_str(&redacted(&self.url))
    }
}

impl fmt::Debug for ConfiguredUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Returns a URL's text with `xxxxx` in place of a password.
pub(crate) fn redacted(url: &Url) -> String {
    let mut shown = url.clone();
    if shown.password().is_some() && shown.set_password(Some("xxxxx")).is_err() {
        // Only a URL without a host refuses a password, and such a one has none to hide.
        return String::new();
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configured_url_keeps_its_text_and_hides_its_password() {
        let plain = ConfiguredUrl::parse("http://proxy:3128").unwrap();
        assert_eq!(plain.to_string(), "http://proxy:3128");
        let secret = ConfiguredUrl::parse("http://user:pw@proxy:3128/").unwrap();
        assert_eq!(secret.to_string(), "http://user:xxxxx@proxy:3128/");
        assert_eq!(secret.as_str(), "http://user:pw@proxy:3128/");
        assert!(ConfiguredUrl::parse("no url").is_err());
    }
}
