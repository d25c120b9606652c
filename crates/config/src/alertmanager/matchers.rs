//! Matchers in their three spellings: `match`, `match_re` and `matchers`.

use std::collections::BTreeMap;

use regain_alerting::matcher::{self, parse_matchers};
use regain_model::{MatchOp, Matcher, is_legacy_label_name};
use regain_yaml::{Decode as _, Section, Value, pairs};

use super::context::Context;
use crate::marshal::{Fields, texts};

/// The origin of matchers in the log.
const ORIGIN: &str = "config";

/// The keys of one set of matchers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    pub(super) equal: &'static str,
    pub(super) regex: &'static str,
    pub(super) matchers: &'static str,
}

/// One set of matchers as the file has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Matchers {
    /// Names and values.
    equal: BTreeMap<String, String>,
    /// Names and expressions.
    regex: BTreeMap<String, String>,
    /// Those of `matchers`, sorted.
    written: Vec<Matcher>,
    /// All of them.
    pub(super) all: Vec<Matcher>,
}

impl Matchers {
    pub(super) fn decode(section: &mut Section<'_>, keys: Keys, context: &Context<'_>) -> Self {
        let equal = texts_by_label(section, keys.equal, context);
        let regex = texts_by_label(section, keys.regex, context);
        let mut all: Vec<Matcher> =
            equal.iter().map(|(name, value)| Matcher::equal(name, value)).collect();
        all.extend(regex_matchers(section, keys.regex, context));
        let mut matchers = Vec::new();
        let lines = section.list(keys.matchers, |node, mistakes| {
            Some((node.span, String::decode(node, mistakes)?))
        });
        for (at, line) in lines {
            match parse_matchers(&line, context.mode, ORIGIN) {
                Ok(found) => matchers.extend(found),
                Err(error) => context.mistakes.rule(at, error.to_string()),
            }
        }
        matcher::sort(&mut matchers);
        all.extend(matchers.iter().cloned());
        Self { equal, regex, written: matchers, all }
    }

    pub(super) fn write(&self, keys: Keys, fields: &mut Fields) {
        fields.some_texts(keys.equal, &self.equal);
        fields.some_map(keys.regex, &self.regex, |expression| match &**expression {
            "" => Value::Null,
            expression => Value::from(expression),
        });
        fields.some(keys.matchers, texts(self.written.iter().map(matcher::format)));
    }
}

/// A mapping from classic label names to texts; expressions are checked by [`regex_matchers`].
fn texts_by_label(
    section: &mut Section<'_>,
    key: &'static str,
    context: &Context<'_>,
) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let Some(node) = section.field(key) else { return texts };
    for (name, at, value) in pairs(node, context.mistakes).unwrap_or_default() {
        if !is_legacy_label_name(name) {
            context.mistakes.rule(at, format!("invalid label name {name:?}"));
        }
        if let Some(value) = String::decode(value, context.mistakes) {
            texts.insert(name.to_owned(), value);
        }
    }
    texts
}

/// The matchers of a mapping from label names to expressions. Their values have the wrapper that upstream
/// puts around expressions, which shows in the keys of routes.
fn regex_matchers(section: &Section<'_>, key: &str, context: &Context<'_>) -> Vec<Matcher> {
    let entries = section.peek(key).and_then(|node| pairs(node, &regain_yaml::Mistakes::new()));
    let mut matchers = Vec::new();
    for (name, _, value) in entries.unwrap_or_default() {
        if value.is_null() {
            let message = format!("invalid regexp value for {name:?}");
            context.mistakes.rule(value.span, message);
            continue;
        }
        let Some(expression) = value.text() else { continue };
        // The expression by itself is compiled first, so that a message shows one wrapper and not two.
        let wrapped = format!("^(?:{expression})$");
        let matcher = matcher::new(name, MatchOp::Regex, expression)
            .and_then(|_| matcher::new(name, MatchOp::Regex, &wrapped));
        match matcher {
            Ok(matcher) => matchers.push(matcher),
            Err(error) => context.mistakes.rule(value.span, error.to_string()),
        }
    }
    matchers
}
