//! Two values side by side, in colours: what is missing is red, what is too much green, what differs
//! yellow. The layout is that of the library jsondiff, which promtool prints differences with.

use std::collections::{BTreeMap, BTreeSet};

use regain_go_format::quote::quote;

const INDENT: &str = "    ";
const REMOVED: &str = "\x1b[0;31m";
const ADDED: &str = "\x1b[0;32m";
const CHANGED: &str = "\x1b[0;33m";
const END: &str = "\x1b[0m";

/// A value with parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    Text(String),
    List(Vec<Self>),
    Map(BTreeMap<String, Self>),
}

/// Writes what becomes of `expected` in `got`.
pub(super) fn diff(expected: &Tree, got: &Tree) -> String {
    let mut text = String::new();
    push_diff(&mut text, expected, got, 0);
    text
}

fn push_diff(text: &mut String, expected: &Tree, got: &Tree, level: usize) {
    match (expected, got) {
        (Tree::List(expected), Tree::List(got)) => {
            let pairs = (0..expected.len().max(got.len()))
                .map(|index| (String::new(), expected.get(index), got.get(index)));
            push_parts(text, ("[", "]"), pairs.collect(), level);
        }
        (Tree::Map(expected), Tree::Map(got)) => {
            let keys: BTreeSet<&String> = expected.keys().chain(got.keys()).collect();
            let pairs = keys
                .into_iter()
                .map(|key| (format!("{}: ", quote(key)), expected.get(key), got.get(key)));
            push_parts(text, ("{", "}"), pairs.collect(), level);
        }
        (Tree::Text(expected), Tree::Text(got)) if expected == got => text.push_str(&quote(got)),
        (expected, got) => {
            text.push_str(CHANGED);
            push_brief(text, expected);
            text.push_str(" => ");
            push_brief(text, got);
            text.push_str(END);
        }
    }
}

/// A part's name, and what both sides have there.
type Pair<'a> = (String, Option<&'a Tree>, Option<&'a Tree>);

fn push_parts(text: &mut String, (open, close): (&str, &str), pairs: Vec<Pair<'_>>, level: usize) {
    text.push_str(open);
    let count = pairs.len();
    for (index, (key, expected, got)) in pairs.into_iter().enumerate() {
        push_line(text, "", level + 1);
        match (expected, got) {
            (Some(expected), Some(got)) => {
                text.push_str(&key);
                push_diff(text, expected, got, level + 1);
            }
            (one, other) => {
                let colour = if one.is_some() { REMOVED } else { ADDED };
                text.push_str(colour);
                text.push_str(&key);
                if let Some(value) = one.or(other) {
                    push_whole(text, value, colour, level + 1);
                }
                text.push_str(END);
            }
        }
        text.push_str(if index + 1 < count { "," } else { "" });
    }
    if count > 0 {
        push_line(text, "", level);
    }
    text.push_str(close);
}

/// A value that only one side has. Each of its lines is coloured by itself.
fn push_whole(text: &mut String, value: &Tree, colour: &str, level: usize) {
    let (open, close, parts): (_, _, Vec<(String, &Tree)>) = match value {
        Tree::Text(value) => return text.push_str(&quote(value)),
        Tree::List(items) => ("[", "]", items.iter().map(|item| (String::new(), item)).collect()),
        Tree::Map(fields) => {
            let named = fields.iter().map(|(key, value)| (format!("{}: ", quote(key)), value));
            ("{", "}", named.collect())
        }
    };
    text.push_str(open);
    let count = parts.len();
    for (index, (key, part)) in parts.into_iter().enumerate() {
        push_line(text, colour, level + 1);
        text.push_str(&key);
        push_whole(text, part, colour, level + 1);
        text.push_str(if index + 1 < count { "," } else { "" });
    }
    if count > 0 {
        push_line(text, colour, level);
    }
    text.push_str(close);
}

fn push_brief(text: &mut String, value: &Tree) {
    match value {
        Tree::Text(value) => text.push_str(&quote(value)),
        Tree::List(_) => text.push_str("[]"),
        Tree::Map(_) => text.push_str("{}"),
    }
}

/// Starts a line, and the colour of the one before anew.
fn push_line(text: &mut String, colour: &str, level: usize) {
    text.push_str(if colour.is_empty() { "" } else { END });
    text.push('\n');
    text.push_str(&INDENT.repeat(level));
    text.push_str(colour);
}
