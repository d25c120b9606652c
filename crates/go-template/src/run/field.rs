//! Fields, keys and methods: what stands behind a point.

use super::{At, Ran, Run, Slot};
use crate::ast::Operand;
use crate::function::Function;
use crate::time::{duration_method, time_method};
use crate::value::Value;

/// The words of a command, the first of which is no argument, and what the command before it gave.
pub(super) type Arguments<'a> = (&'a [Operand], Option<Value>);

impl<'a> Run<'a> {
    /// Follows the names from `receiver` on; the last one may be a method with arguments.
    pub(super) fn fields(
        &mut self,
        dot: &Slot,
        receiver: Slot,
        names: &'a [Box<str>],
        at: At<'a>,
        arguments: Arguments<'a>,
    ) -> Ran<Slot> {
        let Some((last, between)) = names.split_last() else { return Ok(receiver) };
        let mut receiver = receiver;
        for name in between {
            receiver = self.field(dot, receiver, name, at, (&[], None))?;
        }
        self.field(dot, receiver, last, at, arguments)
    }

    fn field(
        &mut self,
        dot: &Slot,
        receiver: Slot,
        name: &str,
        at: At<'a>,
        arguments: Arguments<'a>,
    ) -> Ran<Slot> {
        if matches!(receiver.value, Value::Nil) {
            if receiver.boxed {
                return Err(self.error(format!("nil pointer evaluating interface {{}}.{name}")));
            }
            return Ok(receiver);
        }
        if let Some(method) = method(&receiver.value, name) {
            let (operands, last) = arguments;
            let operands = operands.get(1..).unwrap_or_default();
            return self.call(dot, &method, (name, at), operands, last).map(Slot::of);
        }
        let has_arguments = arguments.0.len() > 1 || arguments.1.is_some();
        if let Value::Object(object) = &receiver.value
            && let Some(value) = object.field(name)
        {
            if has_arguments {
                return Err(
                    self.error(format!("{name} has arguments but cannot be invoked as function"))
                );
            }
            return Ok(Slot::of(value));
        }
        if let Value::Map(map) = &*receiver.value.plain() {
            if has_arguments {
                return Err(self.error(format!("{name} is not a method but has arguments")));
            }
            return Ok(Slot::element(&map.get_or_zero(name), map.element()));
        }
        let type_name = receiver.value.type_name();
        let type_name = if receiver.boxed { "interface {}" } else { &*type_name };
        Err(self.error(format!("can't evaluate field {name} in type {type_name}")))
    }
}

fn method(value: &Value, name: &str) -> Option<Function> {
    match value {
        Value::Time(time) => time_method(time, name),
        Value::Duration(duration_ns) => duration_method(*duration_ns, name),
        Value::Object(object) => object.method(name),
        _ => None,
    }
}
