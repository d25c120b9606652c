//! The tree of a document.

use crate::scalar::{Resolved, Scalar};

/// A place in a file. Lines and columns count from one; columns count characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub kind: Kind,
    /// The place where the value starts.
    pub span: Span,
}

/// The three shapes of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A text, which may stand for a number, a boolean or nothing.
    Scalar(Scalar),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the file. Merge keys are resolved; a key may occur twice, which
    /// the reader of the mapping reports because it knows what the mapping is.
    Map(Vec<Entry>),
}

/// One key of a mapping and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The place of the key.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A value that stands for nothing, as an empty document does.
    pub fn null(span: Span) -> Self {
        Self { kind: Kind::Scalar(Scalar::plain("")), span }
    }

    /// Whether the value stands for nothing.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(scalar) if scalar.resolve() == Resolved::Null)
    }

    /// The text of a scalar, as a string field takes it: numbers keep their spelling, nothing is
    /// the empty string.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(_) if self.is_null() => Some(""),
            Kind::Scalar(scalar) => Some(scalar.text()),
            Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The first value of `key`, where this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Map(entries) => {
                entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
            }
            Kind::Scalar(_) | Kind::List(_) => None,
        }
    }

    /// The tag and text of the value, as messages name it.
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Scalar(scalar) => scalar.describe(),
            Kind::List(_) => "!!seq".to_owned(),
            Kind::Map(_) => "!!map".to_owned(),
        }
    }

    /// The space that a copy of the value takes, in units of a node or sixteen bytes of text, and
    /// the levels of lists and mappings in it.
    pub(crate) fn weight_and_depth(&self) -> (usize, usize) {
        let (mut weight, mut depth) = (1, 0);
        let mut add = |text: usize, child: &Self| {
            let (inner, levels) = child.weight_and_depth();
            weight += inner + text / 16;
            depth = depth.max(levels + 1);
        };
        match &self.kind {
            Kind::Scalar(scalar) => weight += scalar.text().len() / 16,
            Kind::List(items) => {
                for item in items {
                    add(0, item);
                }
            }
            Kind::Map(entries) => {
                for entry in entries {
                    add(16 + entry.key.len(), &entry.value);
                }
            }
        }
        (weight, depth)
    }
}
