//! Which format an `Accept` header asks for, and the `Content-Type` that answers it.
//!
//! Matches `expfmt` of the official client library, except that protobuf as text, which is for debugging, is passed
//! over: the next type of the header is taken.

use crate::escaping::EscapingScheme;

/// Names a format and its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatKind {
    /// Is the Prometheus text format 0.0.4.
    Text,
    /// Is OpenMetrics text, announced as 0.0.1.
    OpenMetrics001,
    /// Is OpenMetrics text 1.0.0.
    OpenMetrics100,
    /// Is a protobuf message for each family, with its length before it.
    Protobuf,
}

/// Is the message that the protobuf format consists of.
const PROTOBUF_MESSAGE: &str = "io.prometheus.client.MetricFamily";

/// Says how to write an exposition: the format and the escaping of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    pub kind: FormatKind,
    pub escaping: EscapingScheme,
}

impl Format {
    /// Is the Prometheus text format 0.0.4 with UTF-8 names left as they are.
    pub const TEXT: Self = Self { kind: FormatKind::Text, escaping: EscapingScheme::AllowUtf8 };

    /// Returns the `Content-Type` header of an answer in this format.
    pub fn content_type(self) -> &'static str {
        macro_rules! header {
            ($base:literal) => {
                match self.escaping {
                    EscapingScheme::AllowUtf8 => concat!($base, "; escaping=allow-utf-8"),
                    EscapingScheme::Underscores => concat!($base, "; escaping=underscores"),
                    EscapingScheme::Dots => concat!($base, "; escaping=dots"),
                    EscapingScheme::Values => concat!($base, "; escaping=values"),
                }
            };
        }
        match self.kind {
            FormatKind::Text => header!("text/plain; version=0.0.4; charset=utf-8"),
            FormatKind::OpenMetrics001 => {
                header!("application/openmetrics-text; version=0.0.1; charset=utf-8")
            }
            FormatKind::OpenMetrics100 => {
                header!("application/openmetrics-text; version=1.0.0; charset=utf-8")
            }
            FormatKind::Protobuf => header!(
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            ),
        }
    }
}

/// Picks the format for an `Accept` header. OpenMetrics is chosen only when `open_metrics` is set, as upstream's
/// handlers make it an option.
pub fn negotiate(accept: &str, open_metrics: bool) -> Format {
    let mut escaping = EscapingScheme::default();
    for clause in clauses(accept) {
        if let Some(scheme) = clause.escaping.and_then(EscapingScheme::parse) {
            escaping = scheme;
        }
        let version = clause.version.unwrap_or("");
        let kind = match clause.media_type {
            ("application", "vnd.google.protobuf") if clause.is_delimited => FormatKind::Protobuf,
            ("text", "plain") if matches!(version, "0.0.4" | "") => FormatKind::Text,
            ("application", "openmetrics-text") if open_metrics => match version {
                "1.0.0" => FormatKind::OpenMetrics100,
                "0.0.1" | "" => FormatKind::OpenMetrics001,
                _ => continue,
            },
            _ => continue,
        };
        return Format { kind, escaping };
    }
    Format { kind: FormatKind::Text, escaping }
}

struct Clause<'a> {
    media_type: (&'a str, &'a str),
    quality: f64,
    version: Option<&'a str>,
    escaping: Option<&'a str>,
    /// Tells that metric families are wanted as messages, each with its length before it.
    is_delimited: bool,
}

/// Splits the header into clauses, best first: by quality, and among equals exact types before wildcards.
fn clauses(header: &str) -> Vec<Clause<'_>> {
    let mut clauses: Vec<Clause<'_>> = header.split(',').filter_map(clause).collect();
    clauses.sort_by(|a, b| {
        let wild = |c: &Clause<'_>| (c.media_type.0 == "*", c.media_type.1 == "*");
        b.quality.total_cmp(&a.quality).then_with(|| wild(a).cmp(&wild(b)))
    });
    clauses
}

fn clause(text: &str) -> Option<Clause<'_>> {
    let mut parts = text.split(';');
    let name = parts.next()?.trim_matches(' ');
    let (main, sub) = match name.split_once('/') {
        Some((main, sub)) if !sub.contains('/') => (main.trim_matches(' '), sub.trim_matches(' ')),
        None if name == "*" => ("*", "*"),
        _ => return None,
    };
    let media_type = (main, sub);
    let mut clause =
        Clause { media_type, quality: 1.0, version: None, escaping: None, is_delimited: false };
    let (mut proto, mut encoding) = (None, None);
    for part in parts {
        let Some((key, value)) = part.split_once('=') else { continue };
        match key.trim_matches(' ') {
            // Upstream reads an unreadable quality as zero.
            "q" => clause.quality = value.parse().unwrap_or(0.0),
            "version" => clause.version = Some(value.trim_matches(' ')),
            "escaping" => clause.escaping = Some(value.trim_matches(' ')),
            "proto" => proto = Some(value.trim_matches(' ')),
            "encoding" => encoding = Some(value.trim_matches(' ')),
            _ => {}
        }
    }
    clause.is_delimited = (proto, encoding) == (Some(PROTOBUF_MESSAGE), Some("delimited"));
    Some(clause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_header_chooses_the_content_type() {
        let check = |accept: &str, expected: &str| {
            assert_eq!(negotiate(accept, true).content_type(), expected, "for {accept}");
        };
        check("", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
        check("*/*", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
        check("text/html", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
        check(
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,\
             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
        );
        check(
            "application/openmetrics-text; q=0.5, text/plain;version=0.0.4;q=0.9;escaping=dots",
            "text/plain; version=0.0.4; charset=utf-8; escaping=dots",
        );
        check(
            "application/openmetrics-text",
            "application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=underscores",
        );
        check(
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; \
             escaping=underscores",
        );
        check(
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text;q=0.9,\
             application/vnd.google.protobuf;proto=some.Other;encoding=delimited;q=0.8,\
             application/vnd.google.protobuf;encoding=delimited;q=0.7,application/openmetrics-text;q=0.1",
            "application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=underscores",
        );
    }

    #[test]
    fn open_metrics_is_given_only_when_offered() {
        let format = negotiate("application/openmetrics-text;version=1.0.0", false);
        assert_eq!(format.kind, FormatKind::Text);
    }
}
