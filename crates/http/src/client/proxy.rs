//! Which proxy a request goes through, as Go's `httpproxy` decides it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use url::{Host, Url};

use crate::client::config::ProxyConfig;
use crate::client::error::BuildError;

/// Chooses the proxy of each request.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProxyRoutes {
    http: Option<Url>,
    https: Option<Url>,
    exempt: Vec<Exempt>,
    /// Whether this machine itself is always reached directly. A bare `proxy_url` makes no exception.
    local_is_direct: bool,
}

/// Is one entry of a `no_proxy` list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exempt {
    Everything,
    Network(IpAddr, u32),
    Address(IpAddr, Option<u16>),
    /// A domain without its leading dot; `itself` says whether the bare domain is meant too.
    Domain {
        name: String,
        port: Option<u16>,
        itself: bool,
    },
}

impl ProxyRoutes {
    /// Resolves a configuration; `environment` holds the process' variables.
    pub(crate) fn new(
        config: &ProxyConfig,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, BuildError> {
        if config.proxy_from_environment {
            return Self::from_environment(environment);
        }
        let proxy = config.proxy_url.as_ref().map(|url| url.url().clone());
        Ok(Self {
            http: checked(proxy.clone())?,
            https: checked(proxy)?,
            exempt: exemptions(&config.no_proxy),
            local_is_direct: !config.no_proxy.is_empty(),
        })
    }

    fn from_environment(environment: &BTreeMap<String, String>) -> Result<Self, BuildError> {
        let variable = |upper: &str, lower: &str| {
            let set = |name: &str| environment.get(name).filter(|value| !value.is_empty());
            set(upper).or_else(|| set(lower)).map(String::as_str)
        };
        // A CGI server passes a client's `Proxy` header as HTTP_PROXY.
        let is_cgi = environment.contains_key("REQUEST_METHOD");
        let http = variable("HTTP_PROXY", "http_proxy").filter(|_| !is_cgi);
        let https = variable("HTTPS_PROXY", "https_proxy");
        Ok(Self {
            http: checked(http.and_then(proxy_url))?,
            https: checked(https.and_then(proxy_url))?,
            exempt: exemptions(variable("NO_PROXY", "no_proxy").unwrap_or_default()),
            local_is_direct: true,
        })
    }

    /// Returns the proxy for a URL, or nothing where it is reached directly.
    pub(crate) fn proxy_for(&self, target: &Url) -> Option<&Url> {
        let https = target.scheme() == "https";
        let proxy = if https { self.https.as_ref() } else { self.http.as_ref() }?;
        let direct = target.host().is_some_and(|host| {
            let port = target.port_or_known_default().unwrap_or_default();
            self.is_direct(&host, port)
        });
        (!direct).then_some(proxy)
    }

    fn is_direct(&self, host: &Host<&str>, port: u16) -> bool {
        let (name, address) = match host {
            Host::Domain(name) => (name.trim_end_matches('.'), None),
            Host::Ipv4(address) => ("", Some(IpAddr::from(*address))),
            Host::Ipv6(address) => ("", Some(IpAddr::from(*address))),
        };
        let local = name == "localhost" || address.is_some_and(|address| address.is_loopback());
        if local && self.local_is_direct {
            return true;
        }
        self.exempt.iter().any(|exempt| exempt.covers(name, address, port))
    }
}

impl Exempt {
    fn read(entry: &str) -> Option<Self> {
        let entry = entry.trim().to_ascii_lowercase();
        if entry == "*" {
            return Some(Self::Everything);
        }
        if let Some((address, bits)) = entry.split_once('/')
            && let (Ok(address), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse::<u32>())
        {
            let width = if address.is_ipv4() { 32 } else { 128 };
            return (bits <= width).then_some(Self::Network(address, bits));
        }
        if let Ok(address) = entry.trim_matches(['[', ']']).parse() {
            return Some(Self::Address(address, None));
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (entry.as_str(), None),
        };
        if let Ok(address) = host.trim_matches(['[', ']']).parse() {
            return Some(Self::Address(address, port));
        }
        let host = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
        let (name, itself) = match host.strip_prefix('.') {
            Some(name) => (name, false),
            None => (host, true),
        };
        (!name.is_empty()).then(|| Self::Domain { name: name.to_owned(), port, itself })
    }

    fn covers(&self, host: &str, address: Option<IpAddr>, port: u16) -> bool {
        match self {
            Self::Everything => true,
            Self::Network(network, bits) => {
                address.is_some_and(|address| same_prefix(*network, address, *bits))
            }
            Self::Address(exempt, only) => {
                address == Some(*exempt) && only.is_none_or(|only| only == port)
            }
            Self::Domain { name, port: only, itself } => {
                let below = host.strip_suffix(name.as_str());
                let matches = match below {
                    Some("") => *itself,
                    Some(rest) => rest.ends_with('.'),
                    None => false,
                };
                matches && only.is_none_or(|only| only == port)
            }
        }
    }
}

fn same_prefix(network: IpAddr, address: IpAddr, bits: u32) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        _ => false,
    }
}

fn exemptions(list: &str) -> Vec<Exempt> {
    list.split(',').filter_map(Exempt::read).collect()
}

/// Reads a variable, in which the scheme may be left out.
fn proxy_url(text: &str) -> Option<Url> {
    match Url::parse(text) {
        Ok(url) if url.has_host() => Some(url),
        _ => Url::parse(&format!("http://{text}")).ok(),
    }
}

fn checked(proxy: Option<Url>) -> Result<Option<Url>, BuildError> {
    match proxy {
        Some(url) if !matches!(url.scheme(), "http" | "https") => {
            Err(BuildError::ProxyScheme(url.scheme().to_owned()))
        }
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::config::ConfiguredUrl;

    fn routes(no_proxy: &str) -> ProxyRoutes {
        let config = ProxyConfig {
            proxy_url: Some(ConfiguredUrl::parse("http://proxy:3128").unwrap()),
            no_proxy: no_proxy.to_owned(),
            ..ProxyConfig::default()
        };
        ProxyRoutes::new(&config, &BTreeMap::new()).unwrap()
    }

    fn is_proxied(routes: &ProxyRoutes, url: &str) -> bool {
        routes.proxy_for(&Url::parse(url).unwrap()).is_some()
    }

    #[test]
    fn no_proxy_lists_hosts_domains_addresses_and_networks() {
        let list = "a.example, .b.example,*.c.example,10.0.0.0/8,192.0.2.1:8080,[2001:db8::1],d:99";
        let routes = routes(list);
        for (url, proxied) in [
            ("http://a.example/", false),
            ("http://sub.a.example/", false),
            ("http://nota.example/", true),
            ("http://b.example/", true),
            ("http://x.b.example/", false),
            ("http://x.c.example/", false),
            ("http://10.1.2.3/", false),
            ("http://11.1.2.3/", true),
            ("http://192.0.2.1/", true),
            ("http://192.0.2.1:8080/", false),
            ("http://[2001:db8::1]:1/", false),
            ("http://d/", true),
            ("http://d:99/", false),
            ("http://localhost:9100/", false),
            ("http://127.0.0.1:9100/", false),
        ] {
            assert_eq!(is_proxied(&routes, url), proxied, "{url}");
        }
    }

    #[test]
    fn a_bare_proxy_url_takes_everything() {
        assert!(is_proxied(&routes(""), "http://127.0.0.1:9100/"));
        assert!(!is_proxied(&routes("*"), "https://a.example/"));
    }

    #[test]
    fn the_environment_decides_by_scheme() {
        let config = ProxyConfig { proxy_from_environment: true, ..ProxyConfig::default() };
        let mut environment = BTreeMap::from([
            ("http_proxy".to_owned(), "proxy:3128".to_owned()),
            ("NO_PROXY".to_owned(), "a.example".to_owned()),
        ]);
        let routes = ProxyRoutes::new(&config, &environment).unwrap();
        assert!(is_proxied(&routes, "http://b.example/"));
        assert!(!is_proxied(&routes, "https://b.example/"));
        assert!(!is_proxied(&routes, "http://a.example/"));
        environment.insert("REQUEST_METHOD".to_owned(), "GET".to_owned());
        let routes = ProxyRoutes::new(&config, &environment).unwrap();
        assert!(!is_proxied(&routes, "http://b.example/"));
    }

    #[test]
    fn a_proxy_of_another_protocol_is_refused_by_name() {
        let config = ProxyConfig {
            proxy_url: Some(ConfiguredUrl::parse("socks5://proxy:1080").unwrap()),
            ..ProxyConfig::default()
        };
        let error = ProxyRoutes::new(&config, &BTreeMap::new()).unwrap_err();
        assert_eq!(error.to_string(), "proxy_url scheme \"socks5\" is not supported");
    }
}
