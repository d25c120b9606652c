//! The tree of a template, and how its parts are printed in messages.

use std::fmt;
use std::sync::Arc;

use regain_go_format::quote::quote;

/// A text and the name it was given.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: Arc<str>,
    pub(crate) text: Box<str>,
}

/// A named template.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) name: Arc<str>,
    pub(crate) source: Arc<Source>,
    pub(crate) body: Vec<Node>,
}

impl Definition {
    /// Whether there is nothing in it but space.
    pub(crate) fn is_empty(&self) -> bool {
        self.body.iter().all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
    }
}

/// A piece of a template.
#[derive(Debug)]
pub(crate) enum Node {
    Text(Box<str>),
    Action(Pipeline),
    /// `if` or `with`: the first arm whose condition holds is walked.
    Branch(Branch),
    Range(Range),
    Call(Call),
    Break,
    Continue,
}

#[derive(Debug)]
pub(crate) struct Branch {
    /// Whether the condition becomes the dot.
    pub(crate) sets_dot: bool,
    /// Conditions and bodies; behind the first come those of `else if` and `else with`.
    pub(crate) arms: Vec<(Pipeline, Vec<Node>)>,
    pub(crate) otherwise: Vec<Node>,
}

#[derive(Debug)]
pub(crate) struct Range {
    pub(crate) over: Pipeline,
    pub(crate) body: Vec<Node>,
    pub(crate) otherwise: Vec<Node>,
}

/// `{{template "name" pipeline}}`.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) pos: usize,
    pub(crate) name: Box<str>,
    pub(crate) data: Option<Pipeline>,
}

/// Commands of which each takes what the one before gave, and the variables that get the last result.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) pos: usize,
    pub(crate) variables: Vec<Box<str>>,
    /// Whether the variables exist already.
    pub(crate) assigns: bool,
    pub(crate) commands: Vec<Command>,
}

/// A function, method or value and its arguments; never empty.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) pos: usize,
    pub(crate) operands: Vec<Operand>,
}

/// One word of a command.
#[derive(Debug)]
pub(crate) struct Operand {
    pub(crate) pos: usize,
    pub(crate) term: Term,
}

#[derive(Debug)]
pub(crate) enum Term {
    Dot,
    Nil,
    Bool(bool),
    Number(Number),
    String {
        text: Arc<str>,
        quoted: Box<str>,
    },
    /// `.a.b`
    Field(Vec<Box<str>>),
    /// `$x.a.b`: the name with its dollar sign, and fields.
    Variable(Box<str>, Vec<Box<str>>),
    /// `(pipeline).a.b` or `function.a`.
    Chain(Box<Operand>, Vec<Box<str>>),
    Function(Box<str>),
    Pipeline(Pipeline),
}

/// A number as every type that can hold it.
#[derive(Debug)]
pub(crate) struct Number {
    pub(crate) text: Box<str>,
    pub(crate) int: Option<i64>,
    /// Absent for integers of more than 63 bits, which no type here holds.
    pub(crate) float: Option<f64>,
}

impl fmt::Display for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.variables.iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            f.write_str(name)?;
        }
        if !self.variables.is_empty() {
            f.write_str(if self.assigns { " = " } else { " := " })?;
        }
        for (index, command) in self.commands.iter().enumerate() {
            f.write_str(if index > 0 { " | " } else { "" })?;
            command.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, operand) in self.operands.iter().enumerate() {
            f.write_str(if index > 0 { " " } else { "" })?;
            match &operand.term {
                Term::Pipeline(pipeline) => write!(f, "({pipeline})")?,
                _ => operand.fmt(f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = match &self.term {
            Term::Dot => return f.write_str("."),
            Term::Nil => return f.write_str("nil"),
            Term::Bool(value) => return value.fmt(f),
            Term::Number(number) => return f.write_str(&number.text),
            Term::String { quoted, .. } => return f.write_str(quoted),
            Term::Function(name) => return f.write_str(name),
            Term::Pipeline(pipeline) => return pipeline.fmt(f),
            Term::Field(fields) => fields,
            Term::Variable(name, fields) => {
                f.write_str(name)?;
                fields
            }
            Term::Chain(start, fields) => {
                match &start.term {
                    Term::Pipeline(pipeline) => write!(f, "({pipeline})")?,
                    _ => start.fmt(f)?,
                }
                fields
            }
        };
        fields.iter().try_for_each(|field| write!(f, ".{field}"))
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{template {}", quote(&self.name))?;
        if let Some(data) = &self.data {
            write!(f, " {data}")?;
        }
        f.write_str("}}")
    }
}
