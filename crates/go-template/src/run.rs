//! Walking a tree: what is printed, which way is taken, and where an error is.
//!
//! Every node costs a step and every block, parenthesis and call a level, so that a run ends.

use std::sync::Arc;

use regain_go_format::verbs;

use crate::ast::{Branch, Call, Command, Definition, Node, Operand, Pipeline, Range};
use crate::error::{ExecError, Location};
use crate::function::Functions;
use crate::limits::{BYTES_PER_STEP, OUTPUT_BYTES_MAX, RUN_DEPTH_MAX, STEPS_MAX};
use crate::parser::Definitions;
use crate::value::{Element, Value};

mod call;
mod expression;
mod field;

/// Runs `root` with `data` as the dot. What was printed before an error is in `out` too.
pub(crate) fn run(
    root: &Definition,
    definitions: &Definitions,
    functions: &Functions,
    data: Value,
    out: &mut String,
) -> Result<(), ExecError> {
    let dot = Slot::of(data);
    let mut run = Run {
        definitions,
        functions,
        definition: root,
        at: None,
        variables: vec![("$", dot.clone())],
        out,
        steps: 0,
        depth: 0,
    };
    run.list(&dot, &root.body)?;
    Ok(())
}

type Ran<T> = Result<T, ExecError>;

/// What a template prints where there is no value.
pub(crate) const NO_VALUE: &str = "<no value>";

/// A value and whether it comes out of a list or map of anything, which messages call `interface {}`.
#[derive(Clone, Debug)]
struct Slot {
    value: Value,
    boxed: bool,
}

impl Slot {
    fn of(value: Value) -> Self {
        Self { value, boxed: false }
    }

    fn element(value: &Value, element: Element) -> Self {
        Self { value: value.clone(), boxed: element == Element::Any }
    }
}

/// The part of the template that runs, for messages.
#[derive(Clone, Copy)]
enum At<'a> {
    Action(&'a Pipeline),
    Pipeline(&'a Pipeline),
    Command(&'a Command),
    Operand(&'a Operand),
    Call(&'a Call),
}

/// How a list of nodes ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

struct Run<'a> {
    definitions: &'a Definitions,
    functions: &'a Functions,
    definition: &'a Definition,
    at: Option<At<'a>>,
    variables: Vec<(&'a str, Slot)>,
    out: &'a mut String,
    steps: u64,
    depth: usize,
}

impl<'a> Run<'a> {
    /// The error that says `message` about the part that runs.
    fn error(&self, message: impl Into<String>) -> ExecError {
        let (pos, node) = match self.at {
            None => (0, String::new()),
            Some(At::Action(pipeline)) => (pipeline.pos, format!("{{{{{pipeline}}}}}")),
            Some(At::Pipeline(pipeline)) => (pipeline.pos, pipeline.to_string()),
            Some(At::Command(command)) => (command.pos, command.to_string()),
            Some(At::Operand(operand)) => (operand.pos, operand.to_string()),
            Some(At::Call(call)) => (call.pos, call.to_string()),
        };
        let source = &self.definition.source;
        let before = source.text.get(..pos).unwrap_or_default();
        let location = Location {
            name: Arc::clone(&source.name),
            line: 1 + before.bytes().filter(|&byte| byte == b'\n').count(),
            column: before.rfind('\n').map_or(pos, |start| pos - start - 1),
        };
        let template = Arc::clone(&self.definition.name);
        ExecError { template, location, node, message: message.into() }
    }

    fn step(&mut self, cost: u64) -> Ran<()> {
        self.steps += cost;
        if self.steps > STEPS_MAX {
            return Err(self.error(format!("template takes more than {STEPS_MAX} steps")));
        }
        Ok(())
    }

    /// Counts the making of `bytes`.
    fn charge(&mut self, bytes: usize) -> Ran<()> {
        self.step(u64::try_from(bytes / BYTES_PER_STEP).unwrap_or(u64::MAX))
    }

    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Ran<T>) -> Ran<T> {
        if self.depth >= RUN_DEPTH_MAX {
            return Err(self.error(format!("exceeded maximum template depth ({RUN_DEPTH_MAX})")));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn write(&mut self, text: &str) -> Ran<()> {
        if self.out.len() + text.len() > OUTPUT_BYTES_MAX {
            let message = format!("output is longer than {OUTPUT_BYTES_MAX} bytes");
            return Err(self.error(message));
        }
        self.out.push_str(text);
        self.charge(text.len())
    }

    fn list(&mut self, dot: &Slot, nodes: &'a [Node]) -> Ran<Flow> {
        for node in nodes {
            self.step(1)?;
            let flow = match node {
                Node::Text(text) => {
                    self.write(text)?;
                    Flow::On
                }
                Node::Action(pipeline) => {
                    self.action(dot, pipeline)?;
                    Flow::On
                }
                Node::Branch(branch) => self.nested(|run| run.branch(dot, branch))?,
                Node::Range(range) => self.nested(|run| run.range(dot, range))?,
                Node::Call(call) => {
                    self.at = Some(At::Call(call));
                    self.nested(|run| run.template(dot, call))?;
                    Flow::On
                }
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    /// Prints a value; one that goes into variables is not printed.
    fn action(&mut self, dot: &Slot, pipeline: &'a Pipeline) -> Ran<()> {
        let value = self.pipeline(dot, pipeline)?;
        if !pipeline.variables.is_empty() {
            return Ok(());
        }
        self.at = Some(At::Action(pipeline));
        match value {
            Value::String(text) => self.write(&text),
            Value::Nil => self.write(NO_VALUE),
            Value::Function(_) => {
                let message =
                    format!("can't print {{{{{pipeline}}}}} of type {}", value.type_name());
                Err(self.error(message))
            }
            value => {
                let text = self.printed(&value)?;
                self.write(&text)
            }
        }
    }

    fn printed(&self, value: &Value) -> Ran<String> {
        verbs::sprint(&[value.pointee()], OUTPUT_BYTES_MAX)
            .map_err(|error| self.error(error.to_string()))
    }

    fn branch(&mut self, dot: &Slot, branch: &'a Branch) -> Ran<Flow> {
        let visible = self.variables.len();
        for (condition, body) in &branch.arms {
            let value = self.pipeline(dot, condition)?;
            if value.is_true() {
                let inner = if branch.sets_dot { &Slot::of(value) } else { dot };
                let flow = self.list(inner, body)?;
                self.variables.truncate(visible);
                return Ok(flow);
            }
        }
        let flow = self.list(dot, &branch.otherwise)?;
        self.variables.truncate(visible);
        Ok(flow)
    }

    fn range(&mut self, dot: &Slot, range: &'a Range) -> Ran<Flow> {
        let visible = self.variables.len();
        let value = self.pipeline(dot, &range.over)?;
        let plain = value.plain();
        let mut ran = false;
        match &*plain {
            Value::Nil => {}
            Value::Int(count) | Value::Duration(count) => {
                ran = self.count(range, *count, &value)?;
            }
            Value::Byte(count) => ran = self.count(range, i64::from(*count), &value)?,
            Value::List(list) => {
                for (index, item) in (0..).zip(list) {
                    ran = true;
                    let item = Slot::element(item, list.element());
                    if self.iteration(range, Value::Int(index), &item)? == Flow::Break {
                        break;
                    }
                }
            }
            Value::Map(map) => {
                for (key, item) in map.iter() {
                    ran = true;
                    let item = Slot::element(item, map.element());
                    if self.iteration(range, Value::from(key), &item)? == Flow::Break {
                        break;
                    }
                }
            }
            other => {
                let message = format!("range can't iterate over {}", self.printed(other)?);
                return Err(self.error(message));
            }
        }
        let flow = if ran { Flow::On } else { self.list(dot, &range.otherwise)? };
        self.variables.truncate(visible);
        Ok(flow)
    }

    fn count(&mut self, range: &'a Range, count: i64, value: &Value) -> Ran<bool> {
        if range.over.variables.len() > 1 {
            let value = self.printed(value)?;
            return Err(
                self.error(format!("can't use {value} to iterate over more than one variable"))
            );
        }
        for number in 0..count {
            let item = match value {
                Value::Duration(_) => Value::Duration(number),
                _ => Value::Int(number),
            };
            if self.iteration(range, Value::Nil, &Slot::of(item))? == Flow::Break {
                break;
            }
        }
        Ok(count > 0)
    }

    fn iteration(&mut self, range: &'a Range, key: Value, item: &Slot) -> Ran<Flow> {
        self.step(1)?;
        let visible = self.variables.len();
        let (first, second) = match range.over.variables.as_slice() {
            [] => (None, None),
            [item] => (None, Some(item)),
            [key, item, ..] => (Some(key), Some(item)),
        };
        for (back, name, slot) in [(2, first, Slot::of(key)), (1, second, item.clone())] {
            let Some(name) = name else { continue };
            if range.over.assigns {
                self.assign(name, slot)?;
            } else if let Some(variable) =
                visible.checked_sub(back).and_then(|index| self.variables.get_mut(index))
            {
                variable.1 = slot;
            }
        }
        let flow = self.list(item, &range.body)?;
        self.variables.truncate(visible);
        Ok(flow)
    }

    fn template(&mut self, dot: &Slot, call: &'a Call) -> Ran<()> {
        let Some(definition) = self.definitions.get(&*call.name) else {
            let name = regain_go_format::quote::quote(&call.name);
            return Err(self.error(format!("template {name} not defined")));
        };
        let dot = match &call.data {
            Some(data) => Slot::of(self.pipeline(dot, data)?),
            None => Slot::of(Value::Nil),
        };
        let outer_definition = std::mem::replace(&mut self.definition, definition);
        let variables = vec![("$", dot.clone())];
        let outer_variables = std::mem::replace(&mut self.variables, variables);
        self.list(&dot, &definition.body)?;
        self.definition = outer_definition;
        self.variables = outer_variables;
        self.at = Some(At::Call(call));
        Ok(())
    }

    fn assign(&mut self, name: &str, slot: Slot) -> Ran<()> {
        match self.variables.iter_mut().rev().find(|(known, _)| *known == name) {
            Some(variable) => {
                variable.1 = slot;
                Ok(())
            }
            None => Err(self.error(format!("undefined variable: {name}"))),
        }
    }
}
