//! Expressions over several lines, where they are too long for one.

use std::fmt::{self, Display, Write};

use super::{Grouped, Operation, Window};
use crate::ast::{Aggregate, Binary, Call, Expr, ExprKind, Subquery};

/// Expressions that print with more bytes than this are split.
const LINE_BYTES_MAX: usize = 100;

const INDENT: &str = "  ";

/// `expr` with each part that is too long for a line spread over several.
pub fn pretty(expr: &Expr) -> String {
    let mut pretty = Pretty(String::new());
    pretty.expr(expr, 0);
    pretty.0
}

struct Pretty(String);

impl Pretty {
    fn expr(&mut self, expr: &Expr, level: usize) {
        // Upstream does not indent a subquery that fits into a line.
        let is_subquery = matches!(expr.kind, ExprKind::Subquery(_));
        if fits(expr) {
            self.indent(if is_subquery { 0 } else { level });
            return self.push(expr);
        }
        match &expr.kind {
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate, level),
            ExprKind::Binary(binary) => self.binary(binary, level),
            ExprKind::Call(call) => self.call(call, level),
            ExprKind::Paren(inner) => {
                self.indent(level);
                self.push("(\n");
                self.expr(inner, level + 1);
                self.close(level);
            }
            ExprKind::Subquery(subquery) => self.subquery(subquery, level),
            ExprKind::Unary { negative, expr } => {
                self.indent(level);
                self.push(super::sign(*negative));
                let start = self.0.len();
                self.expr(expr, level);
                let indented = self.0.split_off(start);
                self.push(indented.trim());
            }
            ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Bytes(_)
            | ExprKind::Vector(_)
            | ExprKind::Matrix(_) => {
                self.indent(level);
                self.push(expr);
            }
        }
    }

    fn aggregate(&mut self, aggregate: &Aggregate, level: usize) {
        self.indent(level);
        self.push(Grouped(aggregate));
        self.push("(\n");
        if let Some(param) = &aggregate.param {
            self.expr(param, level + 1);
            self.push(",\n");
        }
        self.expr(&aggregate.expr, level + 1);
        self.close(level);
    }

    fn binary(&mut self, binary: &Binary, level: usize) {
        self.expr(&binary.left, level + 1);
        self.push('\n');
        self.indent(level);
        self.push(Operation(binary));
        self.push('\n');
        self.expr(&binary.right, level + 1);
    }

    fn call(&mut self, call: &Call, level: usize) {
        self.indent(level);
        self.push(&call.function);
        self.push("(\n");
        for (index, arg) in call.args.iter().enumerate() {
            self.push(if index == 0 { "" } else { ",\n" });
            self.expr(arg, level + 1);
        }
        self.close(level);
    }

    fn subquery(&mut self, subquery: &Subquery, level: usize) {
        self.expr(&subquery.expr, level);
        self.push(Window(subquery));
    }

    fn close(&mut self, level: usize) {
        self.push('\n');
        self.indent(level);
        self.push(')');
    }

    fn indent(&mut self, level: usize) {
        for _ in 0..level {
            self.0.push_str(INDENT);
        }
    }

    fn push(&mut self, part: impl Display) {
        write!(self.0, "{part}").expect("writing to a string cannot fail");
    }
}

/// Whether `expr` fits into a line. Looks no further than that.
fn fits(expr: &Expr) -> bool {
    write!(Room(LINE_BYTES_MAX), "{expr}").is_ok()
}

/// Takes so many bytes and fails at the next.
struct Room(usize);

impl Write for Room {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.checked_sub(text.len()).ok_or(fmt::Error)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
