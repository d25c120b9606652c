//! The address of a target, written as Go writes it: it is shown, and its text decides the target's slot.

use std::collections::BTreeMap;

use regain_discovery::ADDRESS_LABEL;
use regain_model::Labels;

use super::labels::{METRICS_PATH, PARAM_PREFIX, SCHEME};

/// Are the bytes that Go leaves alone in a host, beside letters, digits and [`UNRESERVED`].
const IN_HOST: &[u8] = b"!$&'()*+,;=:[]<>\"";
/// Are the bytes that Go leaves alone in a path, beside letters, digits and [`UNRESERVED`].
const IN_PATH: &[u8] = b"$&+,/:;=@";
const UNRESERVED: &[u8] = b"-_.~";

/// Returns the URL of a target: the job's parameters, with those that the labels name in their first place.
pub(super) fn scrape_url(labels: &Labels, params: &[(String, Vec<String>)]) -> String {
    let label = |name| labels.get(name).unwrap_or_default();
    let mut url = format!("{}://", label(SCHEME));
    escape(label(ADDRESS_LABEL), IN_HOST, &mut url);
    let path = label(METRICS_PATH);
    if !path.is_empty() && !path.starts_with('/') {
        url.push('/');
    }
    escape(path, IN_PATH, &mut url);
    let mut before = '?';
    for (name, values) in query(labels, params) {
        for value in values {
            url.push(before);
            before = '&';
            escape_query(name, &mut url);
            url.push('=');
            escape_query(value, &mut url);
        }
    }
    url
}

fn query<'a>(
    labels: &'a Labels,
    params: &'a [(String, Vec<String>)],
) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut query = BTreeMap::new();
    for (name, values) in params {
        query.insert(name.as_str(), values.iter().map(String::as_str).collect::<Vec<_>>());
    }
    for (name, value) in labels {
        let Some(name) = name.strip_prefix(PARAM_PREFIX) else { continue };
        let values = query.entry(name).or_default();
        match values.first_mut() {
            Some(first) => *first = value,
            None => values.push(value),
        }
    }
    query
}

fn escape_query(text: &str, into: &mut String) {
    for (index, part) in text.split(' ').enumerate() {
        if index > 0 {
            into.push('+');
        }
        escape(part, b"", into);
    }
}

fn escape(text: &str, allowed: &[u8], into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || UNRESERVED.contains(&byte) || allowed.contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push(char::from(HEX[usize::from(byte >> 4)]));
            into.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(labels: &[(&str, &str)], expected: &str) {
        let params = [
            ("match[]".to_owned(), vec!["a b".to_owned(), "c&d".to_owned()]),
            ("empty".to_owned(), Vec::new()),
        ];
        let labels = Labels::from_pairs(labels.iter().copied());
        assert_eq!(scrape_url(&labels, &params), expected);
    }

    #[test]
    fn parameters_are_sorted_escaped_and_overridden_by_labels() {
        check(
            &[
                (SCHEME, "https"),
                (ADDRESS_LABEL, "host:9100"),
                (METRICS_PATH, "metrics"),
                ("__param_match[]", "x=y?é"),
                ("__param_also", "1"),
            ],
            "https://host:9100/metrics?also=1&match%5B%5D=x%3Dy%3F%C3%A9&match%5B%5D=c%26d",
        );
    }

    #[test]
    fn hostile_values_stay_in_their_part_of_the_url() {
        check(
            &[
                (SCHEME, "http"),
                (ADDRESS_LABEL, "user@evil#x?y z%"),
                (METRICS_PATH, "/a?b#c d/../%2f\n"),
                ("__param_match[]", "&x=1#"),
            ],
            "http://user%40evil%23x%3Fy%20z%25/a%3Fb%23c%20d/../%252f%0A?match%5B%5D=%26x%3D1%23&match%5B%5D=c%26d",
        );
        check(
            &[(SCHEME, "http"), (ADDRESS_LABEL, "[::1]:80")],
            "http://[::1]:80?match%5B%5D=a+b&match%5B%5D=c%26d",
        );
    }
}
