//! From values to text, byte for byte as Go's yaml.v2 (2.4) writes them.
//!
//! What a server shows as its configuration is compared by people and programs with what the
//! original shows, so the choice of quotes, the folding of long lines and the order of free keys are
//! the original's: lists inside mappings are not indented, a text that would read as another type is
//! in double quotes, a text with special characters in single ones.

mod order;
mod scalar;

use std::borrow::Cow;

use scalar::Style;

/// The column after which a list in brackets or a text with spaces goes on in the next line.
const BEST_WIDTH: usize = 80;
const INDENT_STEP: usize = 2;
/// The longest key, in bytes, that is written before its colon on the same line.
const SIMPLE_KEY_MAX: usize = 128;

/// A value to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A number or a truth value, written as it is.
    Plain(Cow<'static, str>),
    /// A text.
    Str(String),
    /// A list, an item a line.
    List(Vec<Self>),
    /// A list in brackets.
    FlowList(Vec<Self>),
    /// A mapping in the order given, an entry a line; in braces inside of brackets or braces.
    Map(Vec<(String, Self)>),
    /// A mapping in braces.
    FlowMap(Vec<(String, Self)>),
}

impl Value {
    /// A mapping with free keys, which are sorted: numbers in keys by their value.
    pub fn sorted(entries: impl IntoIterator<Item = (String, Self)>) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by(|a, b| order::compare(&a.0, &b.0));
        Self::Map(entries)
    }

    /// Whether the value is what a field holds that nothing was written to.
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Plain(text) => matches!(&**text, "0" | "false"),
            Self::Str(text) => text.is_empty(),
            Self::List(items) | Self::FlowList(items) => items.is_empty(),
            Self::Map(entries) | Self::FlowMap(entries) => entries.is_empty(),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Plain(Cow::Borrowed(if value { "true" } else { "false" }))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Plain(Cow::Owned(value.to_string()))
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Plain(Cow::Owned(value.to_string()))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Str(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Str(text)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

/// Writes a document.
pub fn emit(value: &Value) -> String {
    let mut writer = Writer::new();
    writer.value(value, Place::Root);
    writer.start_line();
    writer.out
}

/// What surrounds a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Item,
    Key,
    LongKey,
    MapValue,
}

struct Writer {
    out: String,
    /// The characters in the current line.
    column: usize,
    /// Nothing before the first mapping or list.
    indent: Option<usize>,
    /// The lists in brackets that are open.
    flow_level: usize,
    /// Whether the last character separates words.
    after_space: bool,
    /// Whether the current line holds only spaces and dashes.
    at_indention: bool,
}

impl Writer {
    fn new() -> Self {
        Self {
            out: String::new(),
            column: 0,
            indent: None,
            flow_level: 0,
            after_space: true,
            at_indention: true,
        }
    }

    fn value(&mut self, value: &Value, place: Place) {
        match value {
            Value::Null => self.scalar("null", Style::Plain, place),
            Value::Plain(text) => self.scalar(text, Style::Plain, place),
            Value::Str(text) => self.scalar(text, Style::of(text), place),
            Value::List(items) if items.is_empty() || self.flow_level > 0 => self.flow_list(items),
            Value::List(items) => self.block_list(items, place),
            Value::FlowList(items) => self.flow_list(items),
            Value::Map(entries) if entries.is_empty() || self.flow_level > 0 => {
                self.flow_map(entries);
            }
            Value::Map(entries) => self.block_map(entries),
            Value::FlowMap(entries) => self.flow_map(entries),
        }
    }

    fn block_map(&mut self, entries: &[(String, Value)]) {
        let outer = self.indent;
        self.indent = Some(outer.map_or(0, |indent| indent + INDENT_STEP));
        for (key, value) in entries {
            self.start_line();
            if key.len() <= SIMPLE_KEY_MAX && !scalar::has_break(key) {
                self.scalar(key, Style::of(key), Place::Key);
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, true);
                self.scalar(key, Style::of(key), Place::LongKey);
                self.start_line();
                self.indicator(":", true, false, true);
            }
            self.value(value, Place::MapValue);
        }
        self.indent = outer;
    }

    fn block_list(&mut self, items: &[Value], place: Place) {
        let outer = self.indent;
        let in_map = place == Place::MapValue && !self.at_indention;
        self.indent = match outer {
            None => Some(0),
            Some(indent) if in_map => Some(indent),
            Some(indent) => Some(indent + INDENT_STEP),
        };
        for item in items {
            self.start_line();
            self.indicator("-", true, false, true);
            self.value(item, Place::Item);
        }
        self.indent = outer;
    }

    fn flow_list(&mut self, items: &[Value]) {
        self.indicator("[", true, true, false);
        let outer = self.indent;
        self.indent = Some(outer.map_or(INDENT_STEP, |indent| indent + INDENT_STEP));
        self.flow_level += 1;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.indicator(",", false, false, false);
            }
            if self.column > BEST_WIDTH {
                self.start_line();
            }
            self.value(item, Place::Item);
        }
        self.flow_level -= 1;
        self.indent = outer;
        self.indicator("]", false, false, false);
    }

    fn flow_map(&mut self, entries: &[(String, Value)]) {
        self.indicator("{", true, true, false);
        let outer = self.indent;
        self.indent = Some(outer.map_or(INDENT_STEP, |indent| indent + INDENT_STEP));
        self.flow_level += 1;
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 {
                self.indicator(",", false, false, false);
            }
            if self.column > BEST_WIDTH {
                self.start_line();
            }
            if key.len() <= SIMPLE_KEY_MAX && !scalar::has_break(key) {
                self.scalar(key, Style::of(key), Place::Key);
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, false);
                self.scalar(key, Style::of(key), Place::LongKey);
                if self.column > BEST_WIDTH {
                    self.start_line();
                }
                self.indicator(":", true, false, false);
            }
            self.value(value, Place::MapValue);
        }
        self.flow_level -= 1;
        self.indent = outer;
        self.indicator("}", false, false, false);
    }

    /// Writes a text in `style`, or in the next one that can express it at this place.
    fn scalar(&mut self, text: &str, style: Style, place: Place) {
        let outer = self.indent;
        self.indent = Some(outer.map_or(INDENT_STEP, |indent| indent + INDENT_STEP));
        let key = place == Place::Key;
        let folds = !key;
        match style.fit(text, self.flow_level > 0, key) {
            Style::Plain => self.plain(text, folds),
            Style::Single => self.single_quoted(text, folds),
            Style::Double => self.double_quoted(text, folds),
            Style::Literal => self.literal(text),
        }
        self.indent = outer;
    }

    fn put(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }

    fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// Goes to the indentation, in a new line where the current one holds more than that.
    fn start_line(&mut self) {
        let indent = self.indent.unwrap_or(0);
        let used = self.column > indent || (self.column == indent && !self.after_space);
        if !self.at_indention || used {
            self.put_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.after_space = true;
        self.at_indention = true;
    }

    /// Writes punctuation: after a space where it needs one; it may itself separate words, and it may
    /// be part of the indentation.
    fn indicator(&mut self, text: &str, needs_space: bool, separates: bool, indents: bool) {
        if needs_space && !self.after_space {
            self.put(' ');
        }
        text.chars().for_each(|character| self.put(character));
        self.after_space = separates;
        self.at_indention = self.at_indention && indents;
    }
}

#[cfg(test)]
mod tests;
