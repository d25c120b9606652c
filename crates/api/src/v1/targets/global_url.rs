//! A target's address as others can reach it (upstream's `getGlobalURL`, `web/api/v1/api.go`, 3.14).

use crate::settings::WebAddress;

/// Hosts that mean this one.
const LOCAL_HOSTS: [&str; 3] = ["127.0.0.1", "localhost", "::1"];

/// The URL with a local host replaced by the one that the server is known under. Where it is the server's
/// own address, scheme and port are replaced, too.
pub(super) fn of(url: &str, server: &WebAddress) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (address, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (host, port) = split_address(address);
    if !LOCAL_HOSTS.contains(&host) {
        return url.to_owned();
    }
    if port.is_some_and(|port| port == server.port.to_string()) {
        return format!("{}://{}{path}", server.scheme, server.host);
    }
    let (host, _) = split_address(&server.host);
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    match port {
        Some(port) => format!("{scheme}://{host}:{port}{path}"),
        None => format!("{scheme}://{host}{path}"),
    }
}

/// The host without brackets, and the port where there is one.
fn split_address(address: &str) -> (&str, Option<&str>) {
    let in_brackets = address.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match in_brackets {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match address.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_hosts_become_the_servers() {
        let server = WebAddress {
            scheme: "https".to_owned(),
            host: "prom.example:443".to_owned(),
            path: "/p".to_owned(),
            port: 9090,
            route_prefix: "/p".to_owned(),
        };
        let cases = [
            ("http://localhost:9090/metrics", "https://prom.example:443/metrics"),
            ("http://127.0.0.1:9100/metrics?a=b", "http://prom.example:9100/metrics?a=b"),
            ("http://[::1]:9100/metrics", "http://prom.example:9100/metrics"),
            ("http://localhost/metrics", "http://prom.example/metrics"),
            ("http://other:9090/metrics", "http://other:9090/metrics"),
            ("http://[fe80::1]:9090/metrics", "http://[fe80::1]:9090/metrics"),
        ];
        for (url, expected) in cases {
            assert_eq!(of(url, &server), expected, "{url}");
        }
        let server = WebAddress { host: "[2001:db8::1]:9090".to_owned(), ..server };
        assert_eq!(of("http://localhost:9100/m", &server), "http://[2001:db8::1]:9100/m");
    }
}
