//! The headers that ask for an exposition.

use std::fmt::Write as _;

use regain_exposition::EscapingScheme;

use crate::config::ScrapeProtocol;

/// Upstream derives the first weight from the number of formats it knows, not from those asked for.
const FIRST_WEIGHT_TENTHS: usize = 6;

/// Returns the `Accept` header for protocols in order of preference.
pub(crate) fn accept_header(protocols: &[ScrapeProtocol], escaping: EscapingScheme) -> String {
    let mut header = String::new();
    let weight = |position: usize| FIRST_WEIGHT_TENTHS.saturating_sub(position).max(1);
    for (position, protocol) in protocols.iter().enumerate() {
        let (media_type, escaped) = match protocol {
            ScrapeProtocol::PrometheusProto => (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
                false,
            ),
            ScrapeProtocol::PrometheusText004 => ("text/plain;version=0.0.4", false),
            ScrapeProtocol::PrometheusText100 => ("text/plain;version=1.0.0", true),
            ScrapeProtocol::OpenMetricsText001 => {
                ("application/openmetrics-text;version=0.0.1", false)
            }
            ScrapeProtocol::OpenMetricsText100 => {
                ("application/openmetrics-text;version=1.0.0", true)
            }
        };
        header.push_str(media_type);
        if escaped {
            header.push_str(";escaping=");
            header.push_str(escaping.as_str());
        }
        write!(header, ";q=0.{},", weight(position)).expect("writing to a string cannot fail");
    }
    write!(header, "*/*;q=0.{}", weight(protocols.len())).expect("writing to a string cannot fail");
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_lists_protocols_with_falling_weight() {
        assert_eq!(
            accept_header(&ScrapeProtocol::DEFAULT, EscapingScheme::AllowUtf8),
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,\
             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
        );
        assert_eq!(
            accept_header(&ScrapeProtocol::PROTO_FIRST, EscapingScheme::AllowUtf8),
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
             application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
             application/openmetrics-text;version=0.0.1;q=0.4,\
             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
        );
        assert_eq!(
            accept_header(&[ScrapeProtocol::PrometheusText100], EscapingScheme::Dots),
            "text/plain;version=1.0.0;escaping=dots;q=0.6,*/*;q=0.5"
        );
    }
}
