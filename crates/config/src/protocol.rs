//! The protocols that a target can answer in.

use regain_scrape::ScrapeProtocol;
use regain_yaml::{Section, Span};

use crate::value::texts;

/// A protocol of exposition, as `scrape_protocols` names it: one that Regain speaks, or protobuf, which
/// a file may name and which is not built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WantedProtocol {
    /// Length-delimited protobuf.
    Protobuf,
    /// A text format.
    Text(ScrapeProtocol),
}

impl WantedProtocol {
    /// The words for all protocols, in the order in which messages list them.
    const WORDS: [&str; 5] = [
        "OpenMetricsText0.0.1",
        "OpenMetricsText1.0.0",
        "PrometheusProto",
        "PrometheusText0.0.4",
        "PrometheusText1.0.0",
    ];

    /// The protocols where none are configured, the most wanted one first.
    pub fn defaults(native_histograms: bool) -> Vec<Self> {
        let proto = native_histograms.then_some(Self::Protobuf);
        proto.into_iter().chain(ScrapeProtocol::DEFAULT.map(Self::Text)).collect()
    }

    /// The word for the protocol in a configuration file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Protobuf => "PrometheusProto",
            Self::Text(protocol) => protocol.as_str(),
        }
    }

    /// The protocol, where Regain speaks it.
    pub fn spoken(self) -> Option<ScrapeProtocol> {
        match self {
            Self::Protobuf => None,
            Self::Text(protocol) => Some(protocol),
        }
    }

    pub(crate) fn parse(word: &str) -> Result<Self, UnknownProtocol> {
        let unknown = || UnknownProtocol { word: word.to_owned() };
        match word {
            "PrometheusProto" => Ok(Self::Protobuf),
            _ => ScrapeProtocol::parse(word).map(Self::Text).ok_or_else(unknown),
        }
    }
}

/// A word that names no protocol.
#[derive(Debug, thiserror::Error)]
#[error("unknown scrape protocol {word}, supported: [{}]", WantedProtocol::WORDS.join(" "))]
pub(crate) struct UnknownProtocol {
    word: String,
}

/// The field `scrape_protocols`; nothing where it is absent. `place` ends the messages.
pub(crate) fn scrape_protocols(
    section: &mut Section<'_>,
    place: &str,
) -> Option<Vec<WantedProtocol>> {
    const NAME: &str = "scrape_protocols";
    if section.peek(NAME).is_none_or(regain_yaml::Node::is_null) {
        section.field(NAME);
        return None;
    }
    let words = texts(section, NAME);
    if words.is_empty() {
        section.rule(NAME, format!("scrape_protocols cannot be empty {place}"));
    }
    let mut protocols = Vec::with_capacity(words.len());
    for (index, (at, word)) in words.iter().enumerate() {
        if words.iter().take(index).any(|(_, earlier)| earlier.eq_ignore_ascii_case(word)) {
            duplicate(section, *at, &words, place);
        }
        match WantedProtocol::parse(word) {
            Ok(protocol) => protocols.push(protocol),
            Err(error) => {
                section.mistakes().rule(*at, format!("scrape_protocols: {error} {place}"));
            }
        }
    }
    if protocols.contains(&WantedProtocol::Protobuf) {
        section.remark(NAME, "PrometheusProto in scrape_protocols");
    }
    Some(protocols)
}

fn duplicate(section: &Section<'_>, at: Span, words: &[(Span, String)], place: &str) {
    let words: Vec<&str> = words.iter().map(|(_, word)| word.as_str()).collect();
    let message =
        format!("duplicated protocol in scrape_protocols, got [{}] {place}", words.join(" "));
    section.mistakes().rule(at, message);
}
