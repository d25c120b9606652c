//! Parameters that several endpoints share: flags, matchers and receivers.

use regain_alerting::matcher::{self, MatcherMode};
use regain_model::{MatchOp, Matcher};

use super::answer::Failure;
use crate::params::Params;

/// What upstream's generated code takes for true; everything else is false.
const TRUE_WORDS: [&str; 10] =
    ["true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"];
/// What warnings about matchers name as their place.
const ORIGIN: &str = "api";

/// A flag that is on unless the request says otherwise.
pub(super) fn is_on(params: &Params, name: &str) -> bool {
    match params.texts(name).last() {
        None | Some("") => true,
        Some(word) => TRUE_WORDS.contains(&word.to_ascii_lowercase().as_str()),
    }
}

/// The matchers in all values of `filter`.
pub(super) fn filter(params: &Params, mode: MatcherMode) -> Result<Vec<Matcher>, Failure> {
    matchers(params, "filter", mode).map_err(Failure::bad)
}

/// The matchers for the labels of receivers.
pub(super) fn of_receivers(params: &Params, mode: MatcherMode) -> Result<Vec<Matcher>, Failure> {
    matchers(params, "receiver_matchers", mode)
        .map_err(|error| Failure::bad(format!("failed to parse receiver_matchers param: {error}")))
}

/// What the name of a receiver must match.
pub(super) fn receiver(params: &Params) -> Result<Option<Matcher>, Failure> {
    let Some(pattern) = params.texts("receiver").last().filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let matcher = Matcher::new("receiver", MatchOp::Regex, pattern).map_err(|_| {
        // Upstream shows the anchored expression, and what is wrong with that.
        let anchored = format!("^(?:{pattern})$");
        let why = regain_go_regexp::Regex::new(&anchored).err().map(|error| error.to_string());
        Failure::bad(format!("failed to parse receiver param: {}", why.unwrap_or(anchored)))
    })?;
    Ok(Some(matcher))
}

fn matchers(
    params: &Params,
    name: &str,
    mode: MatcherMode,
) -> Result<Vec<Matcher>, matcher::MatcherError> {
    params.texts(name).map(|text| matcher::parse_matcher(text, mode, ORIGIN)).collect()
}
