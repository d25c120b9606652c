//! Pipelines, commands and their words.

use regain_go_format::quote::{quote, unquote};

use super::{Parsed, Parser, number};
use crate::ast::{Command, Operand, Pipeline, Term};
use crate::lexer::{Kind, Token};

impl<'a> Parser<'a> {
    /// Declarations and commands up to and with `end`.
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<Pipeline> {
        let pos = self.peek_non_space().pos;
        let mut pipeline =
            Pipeline { pos, variables: Vec::new(), assigns: false, commands: Vec::new() };
        while self.declaration(&mut pipeline, context)? {}
        loop {
            let token = self.next_non_space();
            if token.kind == end {
                check(&pipeline, context)?;
                return Ok(pipeline);
            }
            match token.kind {
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.pending += 1;
                    let command = self.command()?;
                    pipeline.commands.push(command);
                }
                _ => return self.unexpected(token, context),
            }
        }
    }

    /// Takes `$x :=`, `$x =` or `$x,`, and returns whether another variable may follow.
    fn declaration(&mut self, pipeline: &mut Pipeline, context: &str) -> Parsed<bool> {
        let variable = self.peek_non_space();
        if variable.kind != Kind::Variable {
            return Ok(false);
        }
        self.next();
        // A space counts as a token, so that up to three have to be put back to see that this is no declaration.
        let after = self.peek();
        let next = self.peek_non_space();
        match next.kind {
            Kind::Assign | Kind::Declare => {
                self.next_non_space();
                pipeline.assigns = next.kind == Kind::Assign;
                self.declare(pipeline, variable);
                Ok(false)
            }
            Kind::Char if next.text == "," => {
                self.next_non_space();
                self.declare(pipeline, variable);
                if context != "range" || pipeline.variables.len() >= 2 {
                    return Err(format!("too many declarations in {context}"));
                }
                match self.peek_non_space().kind {
                    Kind::Variable | Kind::RightDelim | Kind::RightParen => Ok(true),
                    _ => Err("range can only initialize variables".to_owned()),
                }
            }
            _ if after.kind == Kind::Space => {
                self.tokens[1] = after;
                self.tokens[2] = variable;
                self.pending = 3;
                Ok(false)
            }
            _ => {
                self.tokens[1] = variable;
                self.pending = 2;
                Ok(false)
            }
        }
    }

    fn declare(&mut self, pipeline: &mut Pipeline, variable: Token<'a>) {
        pipeline.variables.push(variable.text.into());
        self.scope.variables.push(variable.text);
    }

    /// Words up to a pipe, which is taken, or the end of the pipeline, which is not.
    fn command(&mut self) -> Parsed<Command> {
        let mut command = Command { pos: self.peek_non_space().pos, operands: Vec::new() };
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                command.operands.push(operand);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.pending += 1,
                Kind::Pipe => {}
                _ => return self.unexpected(token, "operand"),
            }
            break;
        }
        if command.operands.is_empty() {
            return Err("empty command".to_owned());
        }
        Ok(command)
    }

    /// A term and the fields that follow it; `None` where no term stands.
    fn operand(&mut self) -> Parsed<Option<Operand>> {
        let Some(mut operand) = self.term()? else { return Ok(None) };
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(Some(operand));
        }
        let mut fields: Vec<Box<str>> = Vec::new();
        while self.peek().kind == Kind::Field {
            fields.push(field_name(self.next()));
        }
        operand = match operand.term {
            Term::Field(mut known) => {
                known.append(&mut fields);
                Operand { pos: first.pos, term: Term::Field(known) }
            }
            Term::Variable(name, mut known) => {
                known.append(&mut fields);
                Operand { pos: first.pos, term: Term::Variable(name, known) }
            }
            Term::Bool(_) | Term::String { .. } | Term::Number(_) | Term::Nil | Term::Dot => {
                return Err(format!("unexpected . after term {}", quote(&operand.to_string())));
            }
            Term::Chain(..) | Term::Function(_) | Term::Pipeline(_) => {
                Operand { pos: first.pos, term: Term::Chain(Box::new(operand), fields) }
            }
        };
        Ok(Some(operand))
    }

    fn term(&mut self) -> Parsed<Option<Operand>> {
        let token = self.next_non_space();
        let term = match token.kind {
            Kind::Identifier => {
                if !self.functions.has(token.text) {
                    return Err(format!("function {} not defined", quote(token.text)));
                }
                Term::Function(token.text.into())
            }
            Kind::Dot => Term::Dot,
            Kind::Nil => Term::Nil,
            Kind::Variable => {
                if !self.scope.variables.contains(&token.text) {
                    return Err(format!("undefined variable {}", quote(token.text)));
                }
                Term::Variable(token.text.into(), Vec::new())
            }
            Kind::Field => Term::Field(vec![field_name(token)]),
            Kind::Bool => Term::Bool(token.text == "true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                Term::Number(number::parse(token)?)
            }
            Kind::LeftParen => {
                let pipeline = self
                    .nested(|parser| parser.pipeline("parenthesized pipeline", Kind::RightParen))?;
                // Go gives the parenthesis the place of what it holds.
                let pos = pipeline.pos;
                return Ok(Some(Operand { pos, term: Term::Pipeline(pipeline) }));
            }
            Kind::String | Kind::RawString => {
                let text = unquote(token.text).map_err(|error| error.to_string())?;
                Term::String { text: text.into(), quoted: token.text.into() }
            }
            _ => {
                self.pending += 1;
                return Ok(None);
            }
        };
        Ok(Some(Operand { pos: token.pos, term }))
    }
}

/// The name without its point.
fn field_name(token: Token<'_>) -> Box<str> {
    token.text.strip_prefix('.').unwrap_or(token.text).into()
}

fn check(pipeline: &Pipeline, context: &str) -> Parsed<()> {
    if pipeline.commands.is_empty() {
        return Err(format!("missing value for {context}"));
    }
    for (index, command) in pipeline.commands.iter().enumerate().skip(1) {
        let first = command.operands.first().map(|operand| &operand.term);
        if matches!(
            first,
            Some(Term::Bool(_) | Term::Dot | Term::Nil | Term::Number(_) | Term::String { .. })
        ) {
            return Err(format!("non executable command in pipeline stage {}", index + 1));
        }
    }
    Ok(())
}
