//! One mapping, read field by field.

use std::borrow::Cow;
use std::fmt::Display;

use crate::decode::Decode;
use crate::hint::closest;
use crate::mistake::{MistakeKind, Mistakes};
use crate::node::{Entry, Kind, Node, Span};

/// A mapping whose keys are known to its reader.
///
/// Every field that is asked for counts as known; [`Section::finish`] reports the others. A key
/// without a value is the zero value of its type, as it is to upstream's reader: a default holds
/// only where the key is absent.
#[derive(Debug)]
pub struct Section<'a> {
    owner: &'static str,
    at: Span,
    entries: &'a [Entry],
    known: Vec<&'static str>,
    mistakes: &'a Mistakes,
}

impl<'a> Section<'a> {
    /// Starts to read `node` as a mapping; `owner` is the name of the type for messages. Nothing is
    /// an empty mapping, another shape is a mistake.
    pub fn open(node: &'a Node, owner: &'static str, mistakes: &'a Mistakes) -> Option<Self> {
        let entries: &[Entry] = match &node.kind {
            Kind::Map(entries) => entries,
            Kind::Scalar(_) if node.is_null() => &[],
            Kind::Scalar(_) | Kind::List(_) => {
                let kind = MistakeKind::WrongKind { found: node.describe(), wanted: owner };
                mistakes.add(node.span, kind);
                return None;
            }
        };
        Some(Self { owner, at: node.span, entries, known: Vec::new(), mistakes })
    }

    /// The place where the mapping starts.
    pub fn at(&self) -> Span {
        self.at
    }

    /// Where mistakes are noted.
    pub fn mistakes(&self) -> &'a Mistakes {
        self.mistakes
    }

    /// Whether the mapping has no keys at all.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of `name` where the key is present, even if it stands for nothing.
    pub fn field(&mut self, name: &'static str) -> Option<&'a Node> {
        self.known.push(name);
        self.peek(name)
    }

    /// The value of `name`, without making it a known field.
    pub fn peek(&self, name: &str) -> Option<&'a Node> {
        self.entries.iter().find(|entry| entry.key == name).map(|entry| &entry.value)
    }

    /// The place of the value of `name`, or of the mapping where the key is absent.
    pub fn place_of(&self, name: &str) -> Span {
        self.peek(name).map_or(self.at, |node| node.span)
    }

    /// Notes that the field `name` breaks a rule.
    pub fn rule(&self, name: &str, message: impl Into<String>) {
        self.mistakes.rule(self.place_of(name), message);
    }

    /// Makes a remark about the field `name`.
    pub fn remark(&self, name: &str, text: impl Into<Cow<'static, str>>) {
        self.mistakes.remark(self.place_of(name), text);
    }

    /// The field `name`; nothing where the key is absent or has no value.
    pub fn optional<T: Decode>(&mut self, name: &'static str) -> Option<T> {
        let node = self.field(name).filter(|node| !node.is_null())?;
        T::decode(node, self.mistakes)
    }

    /// The field `name`, `default` where the key is absent, and the zero value where it has no value.
    pub fn or<T: Decode>(&mut self, name: &'static str, default: T) -> T {
        match self.field(name) {
            None => default,
            Some(node) => T::decode(node, self.mistakes).unwrap_or(default),
        }
    }

    /// The field `name`, or the zero value.
    pub fn or_zero<T: Decode>(&mut self, name: &'static str) -> T {
        self.or(name, T::zero())
    }

    /// The field `name`, whose absence is a mistake.
    pub fn required<T: Decode>(&mut self, name: &'static str) -> Option<T> {
        let Some(node) = self.field(name).filter(|node| !node.is_null()) else {
            self.rule(name, format!("field {name} is missing in {}", self.owner));
            return None;
        };
        T::decode(node, self.mistakes)
    }

    /// The text of the field `name` through `parse`; nothing where the key is absent or has no value.
    pub fn parsed<T, E: Display>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let node = self.field(name).filter(|node| !node.is_null())?;
        let text = String::decode(node, self.mistakes)?;
        parse(&text).map_err(|error| self.mistakes.rule(node.span, error.to_string())).ok()
    }

    /// The mapping in the field `name` through `read`; nothing where the key is absent or has no
    /// value. Unknown keys that `read` leaves over are reported.
    pub fn section<T>(
        &mut self,
        name: &'static str,
        owner: &'static str,
        read: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        let node = self.field(name).filter(|node| !node.is_null())?;
        Section::read(node, owner, self.mistakes, read)
    }

    /// Each item of the list in the field `name` through `read`, which notes its own mistakes.
    pub fn list<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&'a Node, &'a Mistakes) -> Option<T>,
    ) -> Vec<T> {
        let mistakes = self.mistakes;
        match self.field(name).map(|node| (node, &node.kind)) {
            None => Vec::new(),
            Some((_, Kind::List(items))) => {
                items.iter().filter_map(|item| read(item, mistakes)).collect()
            }
            Some((node, _)) if node.is_null() => Vec::new(),
            Some((node, _)) => {
                let kind = MistakeKind::WrongKind { found: node.describe(), wanted: "list" };
                mistakes.add(node.span, kind);
                Vec::new()
            }
        }
    }

    /// Reads `node` as a mapping through `read` and reports the keys that are left over.
    pub fn read<T>(
        node: &'a Node,
        owner: &'static str,
        mistakes: &'a Mistakes,
        read: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        let mut section = Self::open(node, owner, mistakes)?;
        let value = read(&mut section);
        section.finish();
        Some(value)
    }

    /// Reports every key that occurs twice or was not asked for.
    pub fn finish(self) {
        for (index, Entry { key, key_span, .. }) in self.entries.iter().enumerate() {
            let (field, owner) = (key.clone(), self.owner);
            if !self.known.contains(&key.as_str()) {
                let hint = closest(key, self.known.iter().copied());
                self.mistakes.add(*key_span, MistakeKind::UnknownField { field, owner, hint });
            } else if self.entries.iter().take(index).any(|earlier| earlier.key == *key) {
                self.mistakes.add(*key_span, MistakeKind::DuplicateField { field, owner });
            }
        }
    }
}

#[cfg(test)]
mod tests;
