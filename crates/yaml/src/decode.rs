//! Values that can be read from a node.

use std::collections::{BTreeMap, BTreeSet};

use crate::mistake::{MistakeKind, Mistakes};
use crate::node::{Kind, Node, Span};
use crate::scalar::Resolved;

/// A type that can be read from a node.
pub trait Decode: Sized {
    /// Reads the value; where that fails it notes why and returns nothing.
    fn decode(node: &Node, mistakes: &Mistakes) -> Option<Self>;

    /// The value of a key without a value.
    fn zero() -> Self;
}

fn wrong<T>(node: &Node, mistakes: &Mistakes, wanted: &'static str) -> Option<T> {
    mistakes.add(node.span, MistakeKind::WrongKind { found: node.describe(), wanted });
    None
}

fn resolved(node: &Node) -> Option<Resolved> {
    match &node.kind {
        Kind::Scalar(scalar) => Some(scalar.resolve()),
        Kind::List(_) | Kind::Map(_) => None,
    }
}

impl Decode for String {
    fn decode(node: &Node, mistakes: &Mistakes) -> Option<Self> {
        match node.text() {
            Some(text) => Some(text.to_owned()),
            None => wrong(node, mistakes, "string"),
        }
    }

    fn zero() -> Self {
        Self::new()
    }
}

impl Decode for bool {
    fn decode(node: &Node, mistakes: &Mistakes) -> Option<Self> {
        match resolved(node) {
            Some(Resolved::Bool(value)) => Some(value),
            Some(Resolved::Null) => Some(false),
            _ => wrong(node, mistakes, "bool"),
        }
    }

    fn zero() -> Self {
        false
    }
}

impl Decode for f64 {
    fn decode(node: &Node, mistakes: &Mistakes) -> Option<Self> {
        match resolved(node) {
            #[expect(clippy::cast_precision_loss, reason = "as upstream converts it")]
            Some(Resolved::Int(value)) => Some(value as Self),
            #[expect(clippy::cast_precision_loss, reason = "as upstream converts it")]
            Some(Resolved::Uint(value)) => Some(value as Self),
            Some(Resolved::Float(value)) => Some(value),
            Some(Resolved::Null) => Some(0.0),
            _ => wrong(node, mistakes, "float64"),
        }
    }

    fn zero() -> Self {
        0.0
    }
}

/// A whole number; upstream's reader cuts the fraction of a float off.
fn integer(node: &Node) -> Option<i128> {
    match resolved(node)? {
        Resolved::Int(value) => Some(i128::from(value)),
        Resolved::Uint(value) => Some(i128::from(value)),
        #[expect(clippy::cast_possible_truncation, reason = "the fraction is cut on purpose")]
        Resolved::Float(value) if value.is_finite() => Some(value as i128),
        Resolved::Null => Some(0),
        Resolved::Bool(_) | Resolved::Float(_) | Resolved::Str => None,
    }
}

macro_rules! decode_integers {
    ($($type:ty => $name:literal),*) => {$(
        impl Decode for $type {
            fn decode(node: &Node, mistakes: &Mistakes) -> Option<Self> {
                match integer(node).and_then(|value| Self::try_from(value).ok()) {
                    Some(value) => Some(value),
                    None => wrong(node, mistakes, $name),
                }
            }

            fn zero() -> Self {
                0
            }
        }
    )*};
}

decode_integers!(i32 => "int32", i64 => "int", u16 => "uint16", u32 => "uint32", u64 => "uint",
    usize => "uint");

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, mistakes: &Mistakes) -> Option<Self> {
        match &node.kind {
            _ if node.is_null() => Some(Self::new()),
            Kind::List(items) => {
                let all: Vec<Option<T>> =
                    items.iter().map(|item| T::decode(item, mistakes)).collect();
                all.into_iter().collect()
            }
            Kind::Scalar(_) | Kind::Map(_) => wrong(node, mistakes, "list"),
        }
    }

    fn zero() -> Self {
        Self::new()
    }
}

impl<T: Decode> Decode for BTreeMap<String, T> {
    fn decode(node: &Node, mistakes: &Mistakes) -> Option<Self> {
        let read: Vec<_> = pairs(node, mistakes)?
            .into_iter()
            .map(|(key, _, value)| Some((key.to_owned(), T::decode(value, mistakes)?)))
            .collect();
        read.into_iter().collect()
    }

    fn zero() -> Self {
        Self::new()
    }
}

/// The keys, their places and the values of a mapping with free keys; a key that occurs twice is a
/// mistake. Nothing is an empty mapping.
pub fn pairs<'a>(node: &'a Node, mistakes: &Mistakes) -> Option<Vec<(&'a str, Span, &'a Node)>> {
    let entries = match &node.kind {
        _ if node.is_null() => return Some(Vec::new()),
        Kind::Map(entries) => entries,
        Kind::Scalar(_) | Kind::List(_) => return wrong(node, mistakes, "map"),
    };
    let mut seen = BTreeSet::new();
    for entry in entries {
        if !seen.insert(entry.key.as_str()) {
            mistakes.add(entry.key_span, MistakeKind::DuplicateKey(entry.key.clone()));
        }
    }
    Some(entries.iter().map(|entry| (&*entry.key, entry.key_span, &entry.value)).collect())
}
