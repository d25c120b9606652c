//! Functions and methods that templates call: their signatures, which are checked before a call, and their code.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::builtin;
use crate::error::FunctionError;
use crate::value::{Element, Value};

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Anything, also no value.
    Any,
    /// A boolean.
    Bool,
    /// An integer.
    Int,
    /// A float.
    Float,
    /// A text.
    String,
    /// A list of texts.
    Strings,
    /// A list of anything.
    List,
    /// A map of anything.
    Map,
    /// A point in time.
    Time,
    /// A duration.
    Duration,
    /// Another type by its name.
    Named(&'static str),
}

impl Type {
    /// The name as Go prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "float64",
            Self::String => "string",
            Self::Strings => "[]string",
            Self::List => "[]interface {}",
            Self::Map => "map[string]interface {}",
            Self::Time => "time.Time",
            Self::Duration => "time.Duration",
            Self::Named(name) => name,
        }
    }

    /// Whether `nil` is a value of the type.
    pub(crate) fn can_be_nil(self) -> bool {
        match self {
            Self::Any | Self::Strings | Self::List | Self::Map => true,
            Self::Named(name) => name.starts_with(['*', '[']) || name.starts_with("map["),
            _ => false,
        }
    }

    /// `value` as this type, where it is assignable to it.
    pub(crate) fn accept(self, value: &Value) -> Option<Value> {
        let fits = match (self, value) {
            (Self::Any, _)
            | (Self::Bool, Value::Bool(_))
            | (Self::Int, Value::Int(_))
            | (Self::Float, Value::Float(_))
            | (Self::String, Value::String(_))
            | (Self::Time, Value::Time(_))
            | (Self::Duration, Value::Duration(_)) => true,
            (Self::Strings, Value::List(list)) => list.element() == Element::String,
            (Self::List, Value::List(list)) => list.element() == Element::Any,
            (Self::Map, Value::Map(map)) => map.element() == Element::Any,
            (Self::Named(name), _) => value.type_name() == name,
            // A named list or map is assignable to its unnamed type.
            (Self::Strings | Self::List | Self::Map, Value::Object(object)) => {
                return object.underlying().and_then(|value| self.accept(&value));
            }
            _ => false,
        };
        fits.then(|| value.clone())
    }

    /// What a function gets for `nil`.
    pub(crate) fn zero(self) -> Value {
        match self {
            Self::Strings => crate::List::new(Element::String, []).into(),
            Self::List => crate::List::any([]).into(),
            Self::Map => crate::Map::any(std::iter::empty::<(Arc<str>, Value)>()).into(),
            _ => Value::Nil,
        }
    }
}

/// What a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The parameters that every call has.
    pub fixed: &'static [Type],
    /// The type of any number of parameters behind them.
    pub variadic: Option<Type>,
}

type Run = dyn Fn(&[Value]) -> Result<Value, FunctionError> + Send + Sync;

/// A function with its signature; the code may rely on the arguments having its types.
#[derive(Clone)]
pub struct Function {
    pub(crate) signature: Signature,
    run: Arc<Run>,
}

impl Function {
    /// A function of exactly these parameters.
    pub fn new(
        fixed: &'static [Type],
        run: impl Fn(&[Value]) -> Result<Value, FunctionError> + Send + Sync + 'static,
    ) -> Self {
        Self { signature: Signature { fixed, variadic: None }, run: Arc::new(run) }
    }

    /// A function of these parameters and any number of `variadic` ones behind them.
    pub fn variadic(
        fixed: &'static [Type],
        variadic: Type,
        run: impl Fn(&[Value]) -> Result<Value, FunctionError> + Send + Sync + 'static,
    ) -> Self {
        Self { signature: Signature { fixed, variadic: Some(variadic) }, run: Arc::new(run) }
    }

    /// Calls the function.
    pub fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError> {
        (self.run)(arguments)
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").field("signature", &self.signature).finish_non_exhaustive()
    }
}

/// The functions that templates find by name, beside the built-in ones, which they hide.
#[derive(Clone, Debug, Default)]
pub struct Functions {
    by_name: BTreeMap<&'static str, Function>,
}

impl Functions {
    /// No functions but the built-in ones.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a function or replaces the one of that name.
    pub fn add(&mut self, name: &'static str, function: Function) {
        self.by_name.insert(name, function);
    }

    /// Does as [`Functions::add`], for building a set in one expression.
    #[must_use]
    pub fn with(mut self, name: &'static str, function: Function) -> Self {
        self.add(name, function);
        self
    }

    /// The function called `name`, unless it is a built-in one.
    pub fn get(&self, name: &str) -> Option<&Function> {
        self.by_name.get(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name) || builtin::signature(name).is_some()
    }
}
