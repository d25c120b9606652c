//! The values that templates work with.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use regain_go_format::go_duration;
use regain_go_format::verbs::{Operand, Shape};

use crate::function::Function;
use crate::time::Time;

mod collection;

pub use collection::{Element, List, Map};

/// A value; clones share what is large.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// No value: a missing key, an untyped `nil`.
    #[default]
    Nil,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A byte of a string.
    Byte(u8),
    /// A float.
    Float(f64),
    /// A text.
    String(Arc<str>),
    /// A slice.
    List(List),
    /// A map with texts as keys.
    Map(Map),
    /// A point in time and the zone it is shown in.
    Time(Time),
    /// A duration in nanoseconds.
    Duration(i64),
    /// A value with fields and methods of its own.
    Object(Arc<dyn Object>),
    /// A function, which `call` calls.
    Function(Function),
}

/// A struct, or a named type with methods around a simpler value.
pub trait Object: fmt::Debug + Send + Sync {
    /// The type's name, as messages show it: `template.Alert`, `*template.Data`.
    fn type_name(&self) -> Cow<'_, str>;

    /// The field of a struct.
    fn field(&self, _name: &str) -> Option<Value> {
        None
    }

    /// All fields in the order of the declaration, for printing.
    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// A method, bound to this value.
    fn method(&self, _name: &str) -> Option<Function> {
        None
    }

    /// What the type is made of, where it is no struct; `range`, `index`, `len` and comparisons work on it.
    fn underlying(&self) -> Option<Value> {
        None
    }

    /// What the `String` method returns, where there is one.
    fn string(&self) -> Option<String> {
        None
    }
}

/// The struct behind a pointer.
#[derive(Debug)]
struct Pointee(Arc<dyn Object>);

impl Object for Pointee {
    fn type_name(&self) -> Cow<'_, str> {
        let name = self.0.type_name();
        Cow::Owned(name.trim_start_matches('*').to_owned())
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        self.0.fields()
    }

    fn string(&self) -> Option<String> {
        self.0.string()
    }
}

/// The kinds of values, as Go's reflection names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Invalid,
    Bool,
    Int,
    Uint,
    Float,
    String,
    List,
    Map,
    Struct,
    Function,
}

impl Value {
    /// A text.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// An object.
    pub fn object(object: impl Object + 'static) -> Self {
        Self::Object(Arc::new(object))
    }

    /// The name of the type, as messages show it; empty for [`Value::Nil`].
    pub fn type_name(&self) -> Cow<'_, str> {
        match self {
            Self::Nil => Cow::Borrowed(""),
            Self::Bool(_) => Cow::Borrowed("bool"),
            Self::Int(_) => Cow::Borrowed("int"),
            Self::Byte(_) => Cow::Borrowed("uint8"),
            Self::Float(_) => Cow::Borrowed("float64"),
            Self::String(_) => Cow::Borrowed("string"),
            Self::List(list) => list.type_name(),
            Self::Map(map) => map.type_name(),
            Self::Time(_) => Cow::Borrowed("time.Time"),
            Self::Duration(_) => Cow::Borrowed("time.Duration"),
            Self::Object(object) => object.type_name(),
            Self::Function(_) => Cow::Borrowed("func"),
        }
    }

    /// The text of a string, also of a named type that is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether the value is true: not zero, not empty, not nil. Structs are.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Int(value) | Self::Duration(value) => *value != 0,
            Self::Byte(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::String(text) => !text.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Time(_) | Self::Function(_) => true,
            Self::Object(object) => object.underlying().is_none_or(|value| value.is_true()),
        }
    }

    /// The value without the name of its type; structs stay as they are.
    pub(crate) fn plain(&self) -> Cow<'_, Self> {
        match self {
            Self::Object(object) => match object.underlying() {
                Some(value) => Cow::Owned(value),
                None => Cow::Borrowed(self),
            },
            _ => Cow::Borrowed(self),
        }
    }

    /// What a pointer points to, as it is printed where nobody asks for the pointer.
    pub(crate) fn pointee(&self) -> Self {
        match self {
            Self::Object(object) if object.type_name().starts_with('*') => {
                Self::Object(Arc::new(Pointee(Arc::clone(object))))
            }
            _ => self.clone(),
        }
    }

    pub(crate) fn kind(&self) -> ValueKind {
        match self {
            Self::Nil => ValueKind::Invalid,
            Self::Bool(_) => ValueKind::Bool,
            Self::Int(_) | Self::Duration(_) => ValueKind::Int,
            Self::Byte(_) => ValueKind::Uint,
            Self::Float(_) => ValueKind::Float,
            Self::String(_) => ValueKind::String,
            Self::List(_) => ValueKind::List,
            Self::Map(_) => ValueKind::Map,
            Self::Time(_) => ValueKind::Struct,
            Self::Object(object) => {
                object.underlying().map_or(ValueKind::Struct, |value| value.kind())
            }
            Self::Function(_) => ValueKind::Function,
        }
    }

    /// How deep lists and maps nest in the value.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::List(list) => list.depth(),
            Self::Map(map) => map.depth(),
            _ => 0,
        }
    }

    /// Roughly how much memory the value takes for itself, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        match self {
            Self::String(text) => text.len(),
            Self::List(list) => list.len() * size_of::<Self>(),
            Self::Map(map) => map.len() * size_of::<Self>() * 2,
            _ => 0,
        }
    }
}

impl Operand for Value {
    fn shape(&self) -> Shape<'_, Self> {
        match self {
            Self::Nil => Shape::Nil,
            Self::Bool(value) => Shape::Bool(*value),
            Self::Int(value) | Self::Duration(value) => Shape::Int(*value),
            Self::Byte(value) => Shape::Uint(u64::from(*value)),
            Self::Float(value) => Shape::Float(*value),
            Self::String(text) => Shape::Text(Cow::Borrowed(text)),
            Self::List(list) => Shape::List(list.iter().cloned().collect()),
            Self::Map(map) => {
                Shape::Map(map.iter().map(|(key, value)| (key.to_owned(), value.clone())).collect())
            }
            Self::Time(_) => Shape::Struct { pointer: false, fields: Vec::new() },
            Self::Object(object) => match object.underlying() {
                Some(value) => owned_shape(&value),
                None => Shape::Struct {
                    pointer: object.type_name().starts_with('*'),
                    fields: object.fields(),
                },
            },
            Self::Function(_) => Shape::Address,
        }
    }

    fn type_name(&self) -> Cow<'_, str> {
        self.type_name()
    }

    fn string(&self) -> Option<String> {
        match self {
            Self::Time(time) => Some(time.to_string()),
            Self::Duration(duration_ns) => Some(go_duration::format(*duration_ns)),
            Self::Object(object) => object.string(),
            _ => None,
        }
    }
}

fn owned_shape<'a>(value: &Value) -> Shape<'a, Value> {
    match value.shape() {
        Shape::Nil => Shape::Nil,
        Shape::Bool(value) => Shape::Bool(value),
        Shape::Int(value) => Shape::Int(value),
        Shape::Uint(value) => Shape::Uint(value),
        Shape::Float(value) => Shape::Float(value),
        Shape::Text(text) => Shape::Text(Cow::Owned(text.into_owned())),
        Shape::List(items) => Shape::List(items),
        Shape::Map(entries) => Shape::Map(entries),
        Shape::Struct { pointer, fields } => Shape::Struct { pointer, fields },
        Shape::Address => Shape::Address,
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<List> for Value {
    fn from(list: List) -> Self {
        Self::List(list)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl From<Time> for Value {
    fn from(time: Time) -> Self {
        Self::Time(time)
    }
}
