//! Templates: a text and the named definitions that it can call.

use std::sync::Arc;

use crate::ast::Definition;
use crate::error::{ExecError, ParseError};
use crate::function::Functions;
use crate::parser::{self, Definitions};
use crate::run;
use crate::value::Value;

/// A parsed template and the definitions around it; clones share them.
#[derive(Clone, Debug)]
pub struct Template {
    root: Arc<Definition>,
    definitions: Definitions,
}

impl Template {
    /// Parses `text`, which messages call `name`. Functions are looked up again, by name, when the template runs.
    pub fn parse(name: &str, text: &str, functions: &Functions) -> Result<Self, ParseError> {
        let name: Arc<str> = name.into();
        let definitions = parser::parse(&name, text, functions)?;
        let root = Arc::clone(definitions.get(&name).expect("a text defines its own name"));
        Ok(Self { root, definitions })
    }

    /// Parses another text into the set. Its definitions replace those of the same names, unless they are empty.
    pub fn add(&mut self, name: &str, text: &str, functions: &Functions) -> Result<(), ParseError> {
        let added = parser::parse(&name.into(), text, functions)?;
        self.merge(added);
        Ok(())
    }

    /// A template of its own text that can call what this set defines, and may define more for itself.
    pub fn derive(
        &self,
        name: &str,
        text: &str,
        functions: &Functions,
    ) -> Result<Self, ParseError> {
        let name: Arc<str> = name.into();
        let added = parser::parse(&name, text, functions)?;
        let root = Arc::clone(added.get(&name).expect("a text defines its own name"));
        let mut derived = Self { root, definitions: self.definitions.clone() };
        derived.merge(added);
        Ok(derived)
    }

    fn merge(&mut self, added: Definitions) {
        for (name, definition) in added {
            if !definition.is_empty() || !self.definitions.contains_key(&name) {
                self.definitions.insert(name, definition);
            }
        }
    }

    /// Runs the template with `data` as the dot. A key that a map lacks gives the zero value of its elements.
    pub fn execute(&self, data: Value, functions: &Functions) -> Result<String, ExecError> {
        let mut out = String::new();
        self.execute_into(&mut out, data, functions)?;
        Ok(out)
    }

    /// Does as [`Template::execute`] and appends to `out`, which also gets what was printed before an error.
    pub fn execute_into(
        &self,
        out: &mut String,
        data: Value,
        functions: &Functions,
    ) -> Result<(), ExecError> {
        run::run(&self.root, &self.definitions, functions, data, out)
    }

    /// Whether the set has a template of that name.
    pub fn defines(&self, name: &str) -> bool {
        self.definitions.contains_key(name)
    }

    /// The names of all templates in the set, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.definitions.keys().map(|name| &**name)
    }
}
