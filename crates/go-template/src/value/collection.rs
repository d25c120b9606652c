//! Lists and maps, which know the type of their elements because messages and missing keys depend on it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Value;

/// The type of a collection's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// `interface {}`: anything.
    Any,
    /// `string`.
    String,
    /// Another type by its name.
    Named(&'static str),
}

impl Element {
    /// The name as Go prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::String => "string",
            Self::Named(name) => name,
        }
    }
}

/// A slice.
#[derive(Clone, Debug)]
pub struct List {
    items: Arc<[Value]>,
    element: Element,
    depth: usize,
}

impl List {
    /// A list of `items`, which all have the type that `element` names.
    pub fn new(element: Element, items: impl IntoIterator<Item = Value>) -> Self {
        let items: Arc<[Value]> = items.into_iter().collect();
        let depth = 1 + items.iter().map(Value::depth).max().unwrap_or(0);
        Self { items, element, depth }
    }

    /// A list of texts.
    pub fn strings<T: Into<Value>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::new(Element::String, texts.into_iter().map(Into::into))
    }

    /// A list of anything.
    pub fn any(items: impl IntoIterator<Item = Value>) -> Self {
        Self::new(Element::Any, items)
    }

    /// The type of the elements.
    pub fn element(&self) -> Element {
        self.element
    }

    /// The elements.
    pub fn iter(&self) -> std::slice::Iter<'_, Value> {
        self.items.iter()
    }

    /// The element at `index`.
    pub fn get(&self, index: usize) -> Option<&Value> {
        self.items.get(index)
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    pub(crate) fn type_name(&self) -> Cow<'static, str> {
        match self.element {
            Element::Any => Cow::Borrowed("[]interface {}"),
            Element::String => Cow::Borrowed("[]string"),
            Element::Named(name) => Cow::Owned(format!("[]{name}")),
        }
    }

    /// The elements from `start` up to `end`.
    pub(crate) fn slice(&self, start: usize, end: usize) -> Option<Self> {
        Some(Self::new(self.element, self.items.get(start..end)?.iter().cloned()))
    }
}

impl<'a> IntoIterator for &'a List {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A map with texts as keys.
#[derive(Clone, Debug)]
pub struct Map {
    entries: Arc<BTreeMap<Arc<str>, Value>>,
    element: Element,
    depth: usize,
}

impl Map {
    /// A map of `entries`, whose values all have the type that `element` names.
    pub fn new<K: Into<Arc<str>>>(
        element: Element,
        entries: impl IntoIterator<Item = (K, Value)>,
    ) -> Self {
        let entries: BTreeMap<Arc<str>, Value> =
            entries.into_iter().map(|(key, value)| (key.into(), value)).collect();
        let depth = 1 + entries.values().map(Value::depth).max().unwrap_or(0);
        Self { entries: Arc::new(entries), element, depth }
    }

    /// A map from text to text; a missing key gives the empty text.
    pub fn strings<K: Into<Arc<str>>, V: Into<Value>>(
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Self::new(Element::String, entries.into_iter().map(|(key, value)| (key, value.into())))
    }

    /// A map from text to anything; a missing key gives no value.
    pub fn any<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::new(Element::Any, entries)
    }

    /// The type of the values.
    pub fn element(&self) -> Element {
        self.element
    }

    /// Keys and values in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(key, value)| (&**key, value))
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.get(key)
    }

    /// The value of `key`, or the zero value of the element type.
    pub(crate) fn get_or_zero(&self, key: &str) -> Value {
        self.entries.get(key).cloned().unwrap_or_else(|| match self.element {
            Element::String => Value::from(""),
            Element::Any | Element::Named(_) => Value::Nil,
        })
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    pub(crate) fn type_name(&self) -> Cow<'static, str> {
        match self.element {
            Element::Any => Cow::Borrowed("map[string]interface {}"),
            Element::String => Cow::Borrowed("map[string]string"),
            Element::Named(name) => Cow::Owned(format!("map[string]{name}")),
        }
    }
}
