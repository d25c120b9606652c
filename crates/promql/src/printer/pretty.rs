//! Expressions over several lines, where they are too long for one.

use std::fmt::{self, Display, Write};

use super::{Grouped, Operation, Window};
use crate::ast::{Aggregate, Call, Expr, ExprKind, Subquery};

/// Expressions that print with more bytes than this are split.
const LINE_BYTES_MAX: usize = 100;

const INDENT: &str = "  ";

/// `expr` with each part that is too long for a line spread over several.
pub fn pretty(expr: &Expr) -> String {
    pretty_within(expr, usize::MAX).expect("no text is longer than memory")
}

/// `expr` as [`pretty`] has it, unless that has more than `bytes_max` bytes: a chain of operations is
/// indented once more for each of them.
pub fn pretty_within(expr: &Expr, bytes_max: usize) -> Option<String> {
    let mut pretty = Pretty { text: String::new(), bytes_max };
    pretty.expr(expr, 0);
    (pretty.text.len() <= bytes_max).then_some(pretty.text)
}

struct Pretty {
    text: String,
    /// What has grown beyond this grows no more.
    bytes_max: usize,
}

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
            ExprKind::Binary(_) => self.chain(expr, level),
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
                let start = self.text.len();
                self.expr(expr, level);
                let indented = self.text.split_off(start);
                self.push(indented.trim());
            }
            ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Bytes(_)
            | ExprKind::Vector(_)
            | ExprKind::Matrix(_)
            | ExprKind::Hole => {
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

    /// An operation that does not fit into a line. Its left operand may be another one.
    fn chain(&mut self, expr: &Expr, mut level: usize) {
        let (mut operations, mut left) = (Vec::new(), expr);
        while let ExprKind::Binary(binary) = &left.kind
            && !fits(left)
        {
            operations.push((&**binary, level));
            left = &binary.left;
            level += 1;
        }
        self.expr(left, level);
        for (binary, level) in operations.into_iter().rev() {
            self.push('\n');
            self.indent(level);
            self.push(Operation(binary));
            self.push('\n');
            self.expr(&binary.right, level + 1);
        }
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
        if self.text.len() <= self.bytes_max {
            self.text.extend(std::iter::repeat_n(INDENT, level));
        }
    }

    fn push(&mut self, part: impl Display) {
        if self.text.len() <= self.bytes_max {
            write!(self.text, "{part}").expect("writing to a string cannot fail");
        }
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
