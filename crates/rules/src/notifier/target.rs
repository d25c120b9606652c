//! From target groups to the URLs of Alertmanagers.

use std::fmt::Write as _;

use regain_discovery::{ADDRESS_LABEL, TargetGroup};
use regain_model::LabelsBuilder;
use regain_model::relabel::process;

use super::settings::AlertmanagerSettings;

const SCHEME_LABEL: &str = "__scheme__";
const PATH_LABEL: &str = "__alerts_path__";
const API_PATH: &str = "api/v2/alerts";

/// Says why a group has no Alertmanagers.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a valid hostname")]
pub(super) struct InvalidAddress(String);

/// Holds the URLs of a group's Alertmanagers.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) active: Vec<String>,
    /// Are those that relabelling dropped.
    pub(super) dropped: Vec<String>,
}

/// Returns the Alertmanagers of a group; one wrong address spoils the group, as it does upstream.
pub(super) fn alertmanagers(
    settings: &AlertmanagerSettings,
    group: &TargetGroup,
) -> Result<Found, InvalidAddress> {
    let mut found = Found::default();
    let mut labels = LabelsBuilder::new();
    let path = post_path(&settings.path_prefix);
    for target in &group.targets {
        labels.reset(target);
        labels.set(SCHEME_LABEL, &settings.scheme);
        labels.set(PATH_LABEL, &path);
        for (name, value) in &group.labels {
            if target.get(name).is_none() {
                labels.set(name, value);
            }
        }
        let before = url(&labels);
        if !process(&settings.relabel_configs, &mut labels) {
            found.dropped.push(before);
            continue;
        }
        let address = labels.get(ADDRESS_LABEL).unwrap_or_default();
        if address.contains('/') {
            return Err(InvalidAddress(address.to_owned()));
        }
        found.active.push(url(&labels));
    }
    Ok(found)
}

/// Returns the path that alerts are posted to: cleaned, and below `prefix`.
fn post_path(prefix: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in prefix.split('/').chain(API_PATH.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

fn url(labels: &LabelsBuilder) -> String {
    let part = |name| labels.get(name).unwrap_or_default();
    let (scheme, host, path) = (part(SCHEME_LABEL), part(ADDRESS_LABEL), part(PATH_LABEL));
    let mut url = String::new();
    if !scheme.is_empty() {
        url.push_str(scheme);
        url.push(':');
    }
    url.push_str("//");
    url.push_str(host);
    if !path.is_empty() && !path.starts_with('/') {
        url.push('/');
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => url.push(char::from(byte)),
            b'-' | b'_' | b'.' | b'~' | b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'='
            | b'@' => url.push(char::from(byte)),
            _ => write!(url, "%{byte:02X}").expect("a string takes all text"),
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_cleaned() {
        for (prefix, expected) in [
            ("", "/api/v2/alerts"),
            ("/", "/api/v2/alerts"),
            ("am", "/am/api/v2/alerts"),
            ("/am/", "/am/api/v2/alerts"),
            ("/am//test", "/am/test/api/v2/alerts"),
            ("/../x/./y/..", "/x/api/v2/alerts"),
        ] {
            assert_eq!(post_path(prefix), expected, "{prefix}");
        }
    }
}
