//! Pipelines, commands and arguments.

use std::sync::Arc;

use super::{At, Ran, Run, Slot};
use crate::ast::{Command, Number, Operand, Pipeline, Term};
use crate::function::Type;
use crate::value::Value;

impl<'a> Run<'a> {
    /// The value of the last command, which also goes into the pipeline's variables.
    pub(super) fn pipeline(&mut self, dot: &Slot, pipeline: &'a Pipeline) -> Ran<Value> {
        self.at = Some(At::Pipeline(pipeline));
        let mut last = None;
        for command in &pipeline.commands {
            self.step(1)?;
            last = Some(self.command(dot, command, last)?.value);
        }
        let value = last.unwrap_or_default();
        for name in &pipeline.variables {
            let slot = Slot::of(value.clone());
            if pipeline.assigns {
                self.assign(name, slot)?;
            } else {
                self.variables.push((name, slot));
            }
        }
        Ok(value)
    }

    /// The value of a command; `last` is what the command before gave, the last argument of this one.
    fn command(&mut self, dot: &Slot, command: &'a Command, last: Option<Value>) -> Ran<Slot> {
        let Some(first) = command.operands.first() else {
            return Err(self.error("empty command"));
        };
        let operands = &command.operands;
        let at = At::Operand(first);
        match &first.term {
            Term::Field(fields) => {
                self.at = Some(at);
                self.fields(dot, dot.clone(), fields, at, (operands, last))
            }
            Term::Chain(start, fields) => {
                let receiver = self.chain_start(dot, first, start)?;
                self.fields(dot, receiver, fields, at, (operands, last))
            }
            Term::Function(name) => {
                self.at = Some(at);
                self.function(dot, name, At::Command(command), operands, last)
            }
            Term::Pipeline(pipeline) => {
                self.no_arguments(operands, last.as_ref())?;
                self.nested(|run| run.pipeline(dot, pipeline)).map(Slot::of)
            }
            Term::Variable(name, fields) => {
                self.at = Some(at);
                let value = self.variable(name)?;
                if fields.is_empty() {
                    self.no_arguments(operands, last.as_ref())?;
                    return Ok(value);
                }
                self.fields(dot, value, fields, at, (operands, last))
            }
            Term::Dot | Term::Nil | Term::Bool(_) | Term::Number(_) | Term::String { .. } => {
                self.at = Some(at);
                self.no_arguments(operands, last.as_ref())?;
                match &first.term {
                    Term::Dot => Ok(dot.clone()),
                    Term::Nil => Err(self.error("nil is not a command")),
                    term => self.constant(term, first).map(Slot::of),
                }
            }
        }
    }

    fn no_arguments(&self, operands: &[Operand], last: Option<&Value>) -> Ran<()> {
        match operands {
            [first, rest @ ..] if !rest.is_empty() || last.is_some() => {
                Err(self.error(format!("can't give argument to non-function {first}")))
            }
            _ => Ok(()),
        }
    }

    fn variable(&self, name: &str) -> Ran<Slot> {
        let mut known = self.variables.iter().rev();
        match known.find(|(known, _)| *known == name) {
            Some((_, slot)) => Ok(slot.clone()),
            None => Err(self.error(format!("undefined variable: {name}"))),
        }
    }

    /// What the fields of a chain are looked up in.
    fn chain_start(&mut self, dot: &Slot, chain: &'a Operand, start: &'a Operand) -> Ran<Slot> {
        self.at = Some(At::Operand(chain));
        match &start.term {
            Term::Pipeline(pipeline) => {
                self.at = Some(At::Operand(start));
                self.nested(|run| run.pipeline(dot, pipeline)).map(Slot::of)
            }
            Term::Function(name) => {
                self.at = Some(At::Operand(start));
                self.function(dot, name, At::Operand(start), &[], None)
            }
            Term::Nil => Err(self.error(format!("indirection through explicit nil in {chain}"))),
            _ => self.argument(dot, Type::Any, start).map(Slot::of),
        }
    }

    /// The value of `operand` as a parameter of type `wanted`.
    pub(super) fn argument(
        &mut self,
        dot: &Slot,
        wanted: Type,
        operand: &'a Operand,
    ) -> Ran<Value> {
        let at = At::Operand(operand);
        self.at = Some(at);
        let slot = match &operand.term {
            Term::Dot => dot.clone(),
            Term::Nil if wanted.can_be_nil() => return Ok(wanted.zero()),
            Term::Nil => {
                return Err(self.error(format!("cannot assign nil to {}", wanted.name())));
            }
            Term::Field(fields) => self.fields(dot, dot.clone(), fields, at, (&[], None))?,
            Term::Variable(name, fields) => {
                let value = self.variable(name)?;
                if fields.is_empty() {
                    value
                } else {
                    self.fields(dot, value, fields, at, (&[], None))?
                }
            }
            Term::Pipeline(pipeline) => Slot::of(self.nested(|run| run.pipeline(dot, pipeline))?),
            Term::Function(name) => self.function(dot, name, at, &[], None)?,
            Term::Chain(start, fields) => {
                let receiver = self.chain_start(dot, operand, start)?;
                self.fields(dot, receiver, fields, at, (&[], None))?
            }
            term => return self.typed_constant(term, operand, wanted),
        };
        self.validate(&slot, wanted)
    }

    /// `slot` as a value of the type, or an error that says why it is none.
    pub(super) fn validate(&self, slot: &Slot, wanted: Type) -> Ran<Value> {
        if matches!(slot.value, Value::Nil) {
            return match (slot.boxed, wanted) {
                (_, Type::Any) => Ok(Value::Nil),
                (false, _) if wanted.can_be_nil() => Ok(wanted.zero()),
                (false, _) => Err(self.error(format!("invalid value; expected {}", wanted.name()))),
                (true, _) => Err(self.wrong_type(wanted, "interface {}")),
            };
        }
        match wanted.accept(&slot.value) {
            Some(value) => Ok(value),
            None => Err(self.wrong_type(wanted, &slot.value.type_name())),
        }
    }

    fn wrong_type(&self, wanted: Type, got: &str) -> crate::ExecError {
        self.error(format!("wrong type for value; expected {}; got {got}", wanted.name()))
    }

    fn typed_constant(&self, term: &Term, operand: &Operand, wanted: Type) -> Ran<Value> {
        let number = if let Term::Number(number) = term { Some(number) } else { None };
        let (value, kind) = match wanted {
            Type::Any => return self.constant(term, operand),
            Type::Bool => match term {
                Term::Bool(value) => (Some(Value::Bool(*value)), "bool"),
                _ => (None, "bool"),
            },
            Type::Int => (number.and_then(|number| number.int).map(Value::Int), "integer"),
            Type::Duration => {
                (number.and_then(|number| number.int).map(Value::Duration), "integer")
            }
            Type::Float => (number.and_then(|number| number.float).map(Value::Float), "float"),
            Type::String => match term {
                Term::String { text, .. } => (Some(Value::string(Arc::clone(text))), "string"),
                _ => (None, "string"),
            },
            Type::Strings | Type::List | Type::Map | Type::Time | Type::Named(_) => {
                let wanted = wanted.name();
                return Err(self.error(format!("can't handle {operand} for arg of type {wanted}")));
            }
        };
        value.ok_or_else(|| self.error(format!("expected {kind}; found {operand}")))
    }

    fn constant(&self, term: &Term, operand: &Operand) -> Ran<Value> {
        match term {
            Term::Bool(value) => Ok(Value::Bool(*value)),
            Term::String { text, .. } => Ok(Value::string(Arc::clone(text))),
            Term::Number(number) => self.number(number),
            _ => Err(self.error(format!(
                "can't handle assignment of {operand} to empty interface argument"
            ))),
        }
    }

    /// A number whose type its syntax decides.
    fn number(&self, number: &Number) -> Ran<Value> {
        let text = &*number.text;
        let is_hexadecimal = text.len() > 2
            && (text.starts_with("0x") || text.starts_with("0X"))
            && !text.contains(['p', 'P']);
        let looks_like_float =
            !is_hexadecimal && !text.starts_with('\'') && text.contains(['.', 'e', 'E', 'p', 'P']);
        match (number.float, number.int) {
            (Some(float), _) if looks_like_float => Ok(Value::Float(float)),
            (_, Some(int)) => Ok(Value::Int(int)),
            _ => Err(self.error(format!("{text} overflows int"))),
        }
    }
}
