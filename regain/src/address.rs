//! Where clients find the server: the external URL and the prefix of all routes.

use regain_api::WebAddress;
use url::Url;

/// Why the address cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    /// Somebody's shell left the quotes in.
    #[error("URL must not begin or end with quotes")]
    Quoted,
    /// The URL is not one.
    #[error("{0}")]
    Url(#[source] url::ParseError),
    /// The address to listen on has no port.
    #[error("address {0}: missing port in address")]
    NoPort(String),
}

/// Tells the address from the flags `web.external-url` and `web.route-prefix`, and what they leave
/// open from the host's name and the first address to listen on.
pub(crate) fn address(
    external_url: &str,
    route_prefix: &str,
    listen_address: &str,
    hostname: &str,
) -> Result<WebAddress, AddressError> {
    let no_port = || AddressError::NoPort(listen_address.to_owned());
    let (_, port) = listen_address.rsplit_once(':').ok_or_else(no_port)?;
    let url = match external_url {
        "" => format!("http://{hostname}:{port}/"),
        given => given.to_owned(),
    };
    let is_quote = |letter: char| letter == '"' || letter == '\'';
    if url.starts_with(is_quote) || url.ends_with(is_quote) {
        return Err(AddressError::Quoted);
    }
    let (scheme, host, path) = parts(&url)?;
    let path = with_slash(&path);
    let prefix = if route_prefix.is_empty() { path.as_str() } else { route_prefix };
    let route_prefix = format!("/{}", prefix.trim_matches('/'));
    let port = port.parse().unwrap_or_default();
    Ok(WebAddress { scheme, host, path, port, route_prefix })
}

/// The external URL, without a slash at its end.
pub(crate) fn url_of(address: &WebAddress) -> String {
    let WebAddress { scheme, host, path, .. } = address;
    format!("{scheme}://{host}{path}")
}

/// Takes a URL apart. As in the original it may be a path alone.
fn parts(url: &str) -> Result<(String, String, String), AddressError> {
    match Url::parse(url) {
        Ok(parsed) => {
            let host = parsed.host_str().unwrap_or_default().to_owned();
            let host = parsed.port().map_or(host.clone(), |port| format!("{host}:{port}"));
            Ok((parsed.scheme().to_owned(), host, parsed.path().to_owned()))
        }
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            Ok((String::new(), String::new(), url.to_owned()))
        }
        Err(error) => Err(AddressError::Url(error)),
    }
}

/// The path with a slash at its start and none at its end; nothing for the root.
fn with_slash(path: &str) -> String {
    match path.trim_end_matches('/') {
        "" => String::new(),
        path if path.starts_with('/') => path.to_owned(),
        path => format!("/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_follows_the_external_path() {
        let cases = [
            ("", "", ("http", "vm:9090", "", "/")),
            ("https://x.example:444/a/b/", "", ("https", "x.example:444", "/a/b", "/a/b")),
            ("https://x.example/a", "/", ("https", "x.example", "/a", "/")),
            ("/only/path", "", ("", "", "/only/path", "/only/path")),
            ("", "p/q/", ("http", "vm:9090", "", "/p/q")),
        ];
        for (external, prefix, (scheme, host, path, routes)) in cases {
            let found = address(external, prefix, "0.0.0.0:9090", "vm").unwrap();
            let expected = WebAddress {
                scheme: scheme.to_owned(),
                host: host.to_owned(),
                path: path.to_owned(),
                port: 9090,
                route_prefix: routes.to_owned(),
            };
            assert_eq!(found, expected, "{external} {prefix}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let error = |external, listen| address(external, "", listen, "vm").unwrap_err().to_string();
        assert_eq!(error("'http://x'", ":1"), "URL must not begin or end with quotes");
        assert_eq!(error("", "127.0.0.1"), "address 127.0.0.1: missing port in address");
    }
}
