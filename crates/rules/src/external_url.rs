//! Where this server is reached from outside, and the links that lead there.

use std::sync::Arc;

/// Is the URL under which others reach this server (`--web.external-url`), without a slash at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalUrl {
    /// Is the whole URL.
    pub url: Arc<str>,
    /// Is its path, empty or with a slash in front.
    pub path: Arc<str>,
}

impl ExternalUrl {
    /// Takes over a URL and the path in it.
    pub fn new(url: &str, path: &str) -> Self {
        Self { url: url.into(), path: path.into() }
    }

    /// Returns the link to the table of an expression, as alerts carry it.
    pub(crate) fn table_link(&self, expr: &str) -> String {
        format!("{}{}", self.url, table_link(expr))
    }
}

/// Returns the path and query of the page that shows an expression as a table.
pub(crate) fn table_link(expr: &str) -> String {
    format!("/graph?g0.expr={}&g0.tab=1", query_escape(expr))
}

/// Returns the path and query of the page that shows an expression as a graph.
pub(crate) fn graph_link(expr: &str) -> String {
    format!("/graph?g0.expr={}&g0.tab=0", query_escape(expr))
}

/// Escapes a text for the query of a URL as Go's `url.QueryEscape` does.
pub(crate) fn query_escape(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut escaped = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(byte));
            }
            b' ' => escaped.push('+'),
            _ => {
                escaped.push('%');
                escaped.push(char::from(HEX[usize::from(byte >> 4)]));
                escaped.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_carry_the_escaped_expression() {
        let url = ExternalUrl::new("http://localhost:9090/prom", "/prom");
        assert_eq!(
            url.table_link("rate(a{b=\"ü\"}[5m]) > 1"),
            "http://localhost:9090/prom/graph?g0.expr=rate%28a%7Bb%3D%22%C3%BC%22%7D%5B5m%5D%29+%3E+1&g0.tab=1"
        );
        assert_eq!(graph_link("up"), "/graph?g0.expr=up&g0.tab=0");
    }
}
