//! Label matchers as Alertmanager writes them.
//!
//! There are two grammars. The classic one is tolerant and knows only names of letters, digits and
//! underscores; the UTF-8 one is strict about quotes and takes any name. By default both are tried, and
//! where they disagree the classic one decides, so that older files mean what they meant.

mod classic;
mod lexer;
mod utf8;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt::Write as _;

use regain_go_format::quote::append_quote;
use regain_go_regexp as go_regexp;
use regain_model::{Labels, MatchOp, Matcher, is_legacy_label_name};
use tracing::{debug, warn};

pub use classic::ClassicError;
pub use lexer::Columns;
pub use utf8::Utf8Error;

/// Which grammar matchers are read with, and which names labels may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MatcherMode {
    /// Both grammars; any name. The default.
    #[default]
    Fallback,
    /// The classic grammar and its names; the feature `classic-mode`.
    Classic,
    /// The UTF-8 grammar; any name. The feature `utf8-strict-mode`.
    Utf8Strict,
}

impl MatcherMode {
    /// Whether a label may have this name.
    pub fn is_valid_label_name(self, name: &str) -> bool {
        match self {
            Self::Classic => is_legacy_label_name(name),
            Self::Fallback | Self::Utf8Strict => !name.is_empty(),
        }
    }
}

/// Why a text is no matcher; the texts are upstream's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatcherError {
    /// What the classic grammar says.
    #[error(transparent)]
    Classic(#[from] ClassicError),
    /// What the UTF-8 grammar says.
    #[error(transparent)]
    Utf8(#[from] Utf8Error),
    /// A single matcher has no braces around it.
    #[error("unexpected open or close brace: {0}")]
    Brace(String),
    /// One matcher is wanted and there is none.
    #[error("no matchers")]
    None,
    /// One matcher is wanted and there are more.
    #[error("expected 1 matcher, found {0}")]
    Many(usize),
}

/// A matcher whose regular expression is Alertmanager's: it has to match the whole value, and its dot does
/// not match a line feed.
pub fn new(name: &str, op: MatchOp, value: &str) -> Result<Matcher, go_regexp::Error> {
    if matches!(op, MatchOp::Equal | MatchOp::NotEqual) {
        return Matcher::new(name, op, value);
    }
    match go_regexp::Matcher::new(&format!("(?-s:{value})")) {
        Ok(regex) => Ok(Matcher::with_regex(name, op, value, regex)),
        // Upstream wraps the text before it reads it, and its messages show the wrapper.
        Err(error) => Err(go_regexp::Regex::new(&format!("^(?:{value})$")).err().unwrap_or(error)),
    }
}

/// Reads any number of matchers: `a="b",c=~"d.*"`, with or without braces around. `origin` says in the log
/// where the text comes from.
pub fn parse_matchers(
    text: &str,
    mode: MatcherMode,
    origin: &str,
) -> Result<Vec<Matcher>, MatcherError> {
    log_attempt(text, mode, origin);
    match mode {
        MatcherMode::Classic => Ok(classic::parse_list(text)?),
        MatcherMode::Utf8Strict => Ok(utf8::parse(text)?),
        MatcherMode::Fallback => match (utf8::parse(text), classic::parse_list(text)) {
            (Err(_), Err(error)) => Err(error.into()),
            (Err(error), Ok(matchers)) => {
                warn_of_fallback(text, origin, &error, &matchers);
                Ok(matchers)
            }
            (Ok(matchers), Err(_)) => Ok(matchers),
            (Ok(matchers), Ok(classic)) => {
                // Upstream compares a list that is absent with one that is empty and finds them different.
                if matchers != classic || matchers.is_empty() {
                    warn!(input = text, origin, "Matchers input has disagreement");
                }
                Ok(classic)
            }
        },
    }
}

/// Reads exactly one matcher, without braces around.
pub fn parse_matcher(text: &str, mode: MatcherMode, origin: &str) -> Result<Matcher, MatcherError> {
    log_attempt(text, mode, origin);
    if mode == MatcherMode::Classic {
        return Ok(classic::parse_one(text)?);
    }
    if text.starts_with('{') || text.ends_with('}') {
        return Err(MatcherError::Brace(text.to_owned()));
    }
    let strict = single(utf8::parse(text));
    if mode == MatcherMode::Utf8Strict {
        return strict;
    }
    match (strict, classic::parse_one(text)) {
        (Err(_), Err(error)) => Err(error.into()),
        (Err(error), Ok(matcher)) => {
            warn_of_fallback(text, origin, &error, std::slice::from_ref(&matcher));
            Ok(matcher)
        }
        (Ok(matcher), Err(_)) => Ok(matcher),
        (Ok(matcher), Ok(classic)) => {
            if matcher != classic {
                warn!(input = text, origin, "Matchers input has disagreement");
            }
            Ok(classic)
        }
    }
}

fn single(parsed: Result<Vec<Matcher>, Utf8Error>) -> Result<Matcher, MatcherError> {
    let mut matchers = parsed?;
    match (matchers.len(), matchers.pop()) {
        (1, Some(only)) => Ok(only),
        (0, _) | (_, None) => Err(MatcherError::None),
        (many, Some(_)) => Err(MatcherError::Many(many)),
    }
}

fn log_attempt(text: &str, mode: MatcherMode, origin: &str) {
    let message = match mode {
        MatcherMode::Classic => "Parsing with classic matchers parser",
        MatcherMode::Utf8Strict => "Parsing with UTF-8 matchers parser",
        MatcherMode::Fallback => {
            "Parsing with UTF-8 matchers parser, with fallback to classic matchers parser"
        }
    };
    debug!(input = text, origin, "{message}");
}

fn warn_of_fallback(text: &str, origin: &str, error: &dyn std::error::Error, found: &[Matcher]) {
    warn!(
        input = text,
        origin,
        err = %error,
        suggestion = list(found),
        "Alertmanager is moving to a new parser for labels and matchers, and this input is incompatible. \
         Alertmanager has instead parsed the input using the classic matchers parser as a fallback. To make \
         this input compatible with the UTF-8 matchers parser please make sure all regular expressions and \
         values are double-quoted and backslashes are escaped. If you are still seeing this message please \
         open an issue."
    );
}

/// Whether labels fulfil every matcher; an absent label has the empty value.
pub fn all_match(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| matcher.matches(labels.get(matcher.name()).unwrap_or_default()))
}

/// Sorts matchers by name, value and operator, which is the order in which keys have them.
pub fn sort(matchers: &mut [Matcher]) {
    matchers.sort_by(|a, b| (a.name(), a.value(), a.op()).cmp(&(b.name(), b.value(), b.op())));
}

/// Writes a matcher so that the grammar it needs reads it back: `name="value"`.
pub fn format(matcher: &Matcher) -> String {
    let (name, op, value) = (matcher.name(), matcher.op(), matcher.value());
    let mut text = String::new();
    if name.contains(lexer::is_reserved) {
        append_quote(&mut text, name);
        text.push_str(op.as_str());
        append_quote(&mut text, value);
    } else {
        write!(text, "{name}{op}\"{}\"", escape(value)).expect("writing to a text does not fail");
    }
    text
}

/// Writes matchers in braces: `{a="b",c=~"d.*"}`.
pub fn format_all(matchers: &[Matcher]) -> String {
    format!("{{{}}}", list(matchers))
}

fn list(matchers: &[Matcher]) -> String {
    matchers.iter().map(format).collect::<Vec<_>>().join(",")
}

/// Escapes what OpenMetrics escapes in label values.
fn escape(value: &str) -> Cow<'_, str> {
    if !value.contains(['\\', '\n', '"']) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\""))
}
