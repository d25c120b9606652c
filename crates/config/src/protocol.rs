//! The protocols that a target can answer in.

use regain_scrape::ScrapeProtocol;
use regain_yaml::{Section, Span};

use crate::value::texts;

/// The words for all protocols, in the order in which messages list them.
const WORDS: [&str; 5] = [
    "OpenMetricsText0.0.1",
    "OpenMetricsText1.0.0",
    "PrometheusProto",
    "PrometheusText0.0.4",
    "PrometheusText1.0.0",
];

/// The protocol with this name.
pub(crate) fn parse_protocol(word: &str) -> Result<ScrapeProtocol, UnknownProtocol> {
    ScrapeProtocol::parse(word).ok_or_else(|| UnknownProtocol { word: word.to_owned() })
}

/// A word that names no protocol.
#[derive(Debug, thiserror::Error)]
#[error("unknown scrape protocol {word}, supported: [{}]", WORDS.join(" "))]
pub(crate) struct UnknownProtocol {
    word: String,
}

/// The field `scrape_protocols`; nothing where it is absent. `place` ends the messages.
pub(crate) fn scrape_protocols(
    section: &mut Section<'_>,
    place: &str,
) -> Option<Vec<ScrapeProtocol>> {
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
        match parse_protocol(word) {
            Ok(protocol) => protocols.push(protocol),
            Err(error) => {
                section.mistakes().rule(*at, format!("scrape_protocols: {error} {place}"));
            }
        }
    }
    Some(protocols)
}

fn duplicate(section: &Section<'_>, at: Span, words: &[(Span, String)], place: &str) {
    let words: Vec<&str> = words.iter().map(|(_, word)| word.as_str()).collect();
    let message =
        format!("duplicated protocol in scrape_protocols, got [{}] {place}", words.join(" "));
    section.mistakes().rule(at, message);
}
