//! Hosts with ports, as Go's `net` package takes them apart.

use std::net::IpAddr;

/// Returns host and port of `host:port` or `[host]:port`; nothing for what is not of that form.
fn split(host_port: &str) -> Option<(&str, &str)> {
    let (before, port) = host_port.rsplit_once(':')?;
    let host = match before.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None if before.contains(':') => return None,
        None => before,
    };
    let has_bracket = |text: &str| text.contains(['[', ']']);
    (!has_bracket(host) && !has_bracket(port)).then_some((host, port))
}

/// Removes the port.
pub(super) fn strip_port(host_port: &str) -> &str {
    split(host_port).map_or(host_port, |(host, _)| host)
}

/// Removes the domain and keeps the port; addresses stay as they are.
pub(super) fn strip_domain(host_port: &str) -> String {
    let (host, port) = split(host_port).unwrap_or((host_port, ""));
    if host.parse::<IpAddr>().is_ok() {
        return host_port.to_owned();
    }
    let name = host.split('.').next().unwrap_or_default();
    match port {
        "" => name.to_owned(),
        port if name.contains(':') => format!("[{name}]:{port}"),
        port => format!("{name}:{port}"),
    }
}
