//! The classic grammar: a name, an operator, and whatever follows as the value.

use regain_model::{MatchOp, Matcher};

/// Why a text is no matcher in the classic grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClassicError {
    /// The text has not the form of a name, an operator and a value.
    #[error("bad matcher format: {0}")]
    Format(String),
    /// The value has a quote within, or one at one of its ends only.
    #[error("matcher value contains unescaped double quote: {0}")]
    Quote(String),
    /// The value is no regular expression.
    #[error(transparent)]
    Regex(regain_go_regexp::Error),
}

/// Reads matchers between commas; one brace at each end is left out, a comma at the end may be there.
pub(super) fn parse_list(text: &str) -> Result<Vec<Matcher>, ClassicError> {
    let text = text.strip_prefix('{').unwrap_or(text);
    let text = text.strip_suffix('}').unwrap_or(text);
    let mut items = split(text);
    let last = items.pop().unwrap_or_default().trim();
    if !last.is_empty() {
        items.push(last);
    }
    items.into_iter().map(parse_one).collect()
}

/// Splits at commas outside of quotes; a quote after a backslash is none.
fn split(text: &str) -> Vec<&str> {
    let (mut in_quotes, mut escaped) = (false, false);
    text.split(|character| {
        match character {
            ',' => return !in_quotes,
            '"' if escaped => escaped = false,
            '"' => in_quotes = !in_quotes,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
        false
    })
    .collect()
}

/// Reads one matcher.
pub(super) fn parse_one(text: &str) -> Result<Matcher, ClassicError> {
    let (name, op, raw) = parts(text).ok_or_else(|| ClassicError::Format(text.to_owned()))?;
    let value = unescape(raw).ok_or_else(|| ClassicError::Quote(raw.to_owned()))?;
    super::new(name, op, &value).map_err(ClassicError::Regex)
}

/// The name, the operator and the value as written.
fn parts(text: &str) -> Option<(&str, MatchOp, &str)> {
    let text = text.trim_start_matches(is_space);
    let in_name = |character: char| character.is_ascii_alphanumeric() || "_:".contains(character);
    let (name, rest) = text.split_at(text.find(|next| !in_name(next)).unwrap_or(text.len()));
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let rest = rest.trim_start_matches(is_space);
    let (op, rest) = [MatchOp::Regex, MatchOp::Equal, MatchOp::NotEqual, MatchOp::NotRegex]
        .into_iter()
        .find_map(|op| Some((op, rest.strip_prefix(op.as_str())?)))?;
    Some((name, op, rest.trim_matches(is_space)))
}

/// What `\s` matches in RE2.
fn is_space(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\x0c' | '\r' | ' ')
}

/// The value without its quotes and escapes; nothing where a quote is in the wrong place. A backslash
/// that escapes nothing stands for itself.
fn unescape(raw: &str) -> Option<String> {
    let (inner, mut wants_end) = match raw.strip_prefix('"') {
        Some(inner) => (inner, true),
        None => (raw, false),
    };
    let mut value = String::with_capacity(inner.len());
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => value.push('\n'),
                Some(next @ ('"' | '\\')) => value.push(next),
                Some(next) => value.extend(['\\', next]),
                None => value.push('\\'),
            },
            '"' if wants_end && characters.peek().is_none() => wants_end = false,
            '"' => return None,
            _ => value.push(character),
        }
    }
    (!wants_end).then_some(value)
}
