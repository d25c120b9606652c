//! Calls of functions and methods: looking up, checking arguments, calling.

use regain_go_format::quote::quote;

use super::{At, Ran, Run, Slot};
use crate::ast::Operand;
use crate::builtin::{self, Builtin};
use crate::error::FunctionError;
use crate::function::{Function, Signature, Type};
use crate::limits::VALUE_DEPTH_MAX;
use crate::value::Value;

impl<'a> Run<'a> {
    /// Calls the function called `name`; the first of `operands`, where there are any, is the name itself.
    pub(super) fn function(
        &mut self,
        dot: &Slot,
        name: &'a str,
        at: At<'a>,
        operands: &'a [Operand],
        last: Option<Value>,
    ) -> Ran<Slot> {
        let operands = operands.get(1..).unwrap_or_default();
        let functions = self.functions;
        let value = if let Some(function) = functions.get(name) {
            self.call(dot, function, (name, at), operands, last)
        } else if let Some(builtin) = builtin::find(name) {
            self.builtin(dot, builtin, (name, at), operands, last)
        } else {
            Err(self.error(format!("{} is not a defined function", quote(name))))
        };
        value.map(Slot::of)
    }

    /// Calls a function or method with checked arguments.
    pub(super) fn call(
        &mut self,
        dot: &Slot,
        function: &Function,
        (name, at): (&str, At<'a>),
        operands: &'a [Operand],
        last: Option<Value>,
    ) -> Ran<Value> {
        let signature = function.signature;
        let arguments = self.arguments(dot, signature, name, operands, last)?;
        let result = function.call(&arguments);
        self.result(name, at, result)
    }

    fn builtin(
        &mut self,
        dot: &Slot,
        builtin: Builtin,
        (name, at): (&str, At<'a>),
        operands: &'a [Operand],
        last: Option<Value>,
    ) -> Ran<Value> {
        match builtin {
            Builtin::And => self.short_circuit(dot, name, operands, last, false),
            Builtin::Or => self.short_circuit(dot, name, operands, last, true),
            Builtin::Call => {
                let signature = builtin.signature();
                let callee = match (operands.first(), &last) {
                    (Some(operand), _) => operand.to_string(),
                    (None, Some(value)) => self.printed(value)?,
                    (None, None) => String::new(),
                };
                let arguments = self.arguments(dot, signature, name, operands, last)?;
                let result = builtin::call(&callee, &arguments);
                self.result(name, at, result)
            }
            Builtin::Plain { run, .. } => {
                let arguments = self.arguments(dot, builtin.signature(), name, operands, last)?;
                let result = run(&arguments);
                self.result(name, at, result)
            }
        }
    }

    fn result(
        &mut self,
        name: &str,
        at: At<'a>,
        result: Result<Value, FunctionError>,
    ) -> Ran<Value> {
        let result = result.and_then(|value| {
            if value.depth() > VALUE_DEPTH_MAX {
                let message = format!("value nests deeper than {VALUE_DEPTH_MAX} levels");
                return Err(FunctionError::new(message));
            }
            Ok(value)
        });
        match result {
            Ok(value) => {
                self.charge(value.size_bytes())?;
                Ok(value)
            }
            Err(error) => {
                self.at = Some(at);
                Err(self.error(format!("error calling {name}: {error}")))
            }
        }
    }

    /// `and` and `or`: the first argument that decides, or the last; those behind are not evaluated.
    fn short_circuit(
        &mut self,
        dot: &Slot,
        name: &str,
        operands: &'a [Operand],
        last: Option<Value>,
        decides: bool,
    ) -> Ran<Value> {
        if operands.is_empty() && last.is_none() {
            return Err(
                self.error(format!("wrong number of args for {name}: want at least 1 got 0"))
            );
        }
        let mut value = Value::Nil;
        for operand in operands {
            value = self.argument(dot, Type::Any, operand)?;
            if value.is_true() == decides {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }

    /// The arguments of a call, of the types that the signature wants.
    fn arguments(
        &mut self,
        dot: &Slot,
        signature: Signature,
        name: &str,
        operands: &'a [Operand],
        last: Option<Value>,
    ) -> Ran<Vec<Value>> {
        let count = operands.len() + usize::from(last.is_some());
        let fixed = signature.fixed;
        let (want, got) = (fixed.len(), operands.len());
        if signature.variadic.is_some() {
            if count < want {
                let message =
                    format!("wrong number of args for {name}: want at least {want} got {got}");
                return Err(self.error(message));
            }
        } else if count != want {
            let message = format!("wrong number of args for {name}: want {want} got {count}");
            return Err(self.error(message));
        }
        let type_at =
            |index: usize| fixed.get(index).copied().or(signature.variadic).unwrap_or(Type::Any);
        let mut arguments = Vec::with_capacity(count);
        for (index, operand) in operands.iter().enumerate() {
            arguments.push(self.argument(dot, type_at(index), operand)?);
        }
        if let Some(last) = last {
            arguments.push(self.validate(&Slot::of(last), type_at(operands.len()))?);
        }
        Ok(arguments)
    }
}
