//! Do the parts of an expression fit together?
//!
//! The walk also writes down what only the types of operands can tell: how the series of two vectors
//! are matched, if there are two.

use regain_model::{METRIC_NAME, Matcher};

use crate::ast::{
    Aggregate, AggregateOp, Binary, BinaryOp, Call, Expr, ExprKind, MatchGrouping, Matching,
    Position, ValueType, VectorSelector,
};
use crate::parse_error::{ParseError, ParseErrors, TypeError};
use crate::parser::MISTAKES_MAX;
use crate::signatures::{self, Signature};

/// The function whose second argument is a selector of labels rather than of series.
const INFO: &str = "info";

/// Checks the types of `expr`, which was parsed from `text`.
pub(crate) fn check(expr: &mut Expr, text: &str) -> Result<(), ParseErrors> {
    let mut errors = Vec::new();
    check_draft(expr, text, &mut errors);
    if errors.is_empty() { Ok(()) } else { Err(ParseErrors::new(errors)) }
}

/// Adds the mistakes in the types of an expression that may have holes. A hole fits everywhere.
pub(crate) fn check_draft(expr: &mut Expr, text: &str, errors: &mut Vec<ParseError>) {
    Checker { text, errors }.expr(expr);
}

/// A type, where it is known: what a hole will be is not.
type Known = Option<ValueType>;

struct Checker<'a> {
    text: &'a str,
    errors: &'a mut Vec<ParseError>,
}

impl Checker<'_> {
    fn report(&mut self, problem: TypeError, at: &Position) {
        if self.errors.len() < MISTAKES_MAX {
            self.errors.push(ParseError::new(problem, at.clone(), self.text));
        }
    }

    /// Checks an expression and all within, and says its type.
    fn expr(&mut self, expr: &mut Expr) -> Known {
        let at = expr.at.clone();
        Some(match &mut expr.kind {
            ExprKind::Number(_) => ValueType::Scalar,
            ExprKind::String(_) | ExprKind::Bytes(_) => ValueType::String,
            ExprKind::Paren(inner) => return self.expr(inner),
            ExprKind::Vector(selector) => {
                self.selector(selector, &at);
                ValueType::Vector
            }
            ExprKind::Matrix(matrix) => {
                // The selector's own place is the start of the range's.
                self.selector(&matrix.selector, &at);
                ValueType::Matrix
            }
            ExprKind::Subquery(subquery) => {
                let got = self.expr(&mut subquery.expr);
                if let Some(got) = got.filter(|got| *got != ValueType::Vector) {
                    self.report(TypeError::SubqueryOperand(got), &at);
                }
                ValueType::Matrix
            }
            ExprKind::Unary { expr, .. } => {
                let got = self.expr(expr)?;
                if !is_operand(got) {
                    self.report(TypeError::UnaryOperand(got), &at);
                }
                got
            }
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate),
            ExprKind::Binary(_) => return self.chain(expr),
            ExprKind::Call(call) => return self.call(call, &at),
            ExprKind::Hole => return None,
        })
    }

    /// Checks operations that are each other's left operands, from the innermost on.
    fn chain(&mut self, expr: &mut Expr) -> Known {
        let (mut operations, mut left) = (Vec::new(), expr.take());
        while let ExprKind::Binary(binary) = &mut left.kind {
            let inner = binary.left.take();
            operations.push(std::mem::replace(&mut left, inner));
        }
        let mut of_left = self.expr(&mut left);
        while let Some(mut operation) = operations.pop() {
            if let ExprKind::Binary(binary) = &mut operation.kind {
                binary.left = left;
                of_left = self.binary(binary, of_left, &operation.at);
            }
            left = operation;
        }
        *expr = left;
        of_left
    }

    fn selector(&mut self, selector: &VectorSelector, at: &Position) {
        if let Some(name) = &selector.name {
            // The last matcher is that of the name before the braces.
            let in_braces = selector.matchers.split_last().map_or(&[][..], |(_, rest)| rest);
            for matcher in in_braces.iter().filter(|matcher| matcher.name() == METRIC_NAME) {
                let (name, other) = (name.clone(), matcher.value().to_owned());
                self.report(TypeError::SecondName { name, other }, at);
            }
        } else if selector.matchers.iter().all(Matcher::matches_empty) {
            self.report(TypeError::EmptySelector, at);
        }
    }

    fn aggregate(&mut self, aggregate: &mut Aggregate) -> ValueType {
        self.expect(&mut aggregate.expr, ValueType::Vector, "aggregation expression");
        if let Some(param) = &mut aggregate.param {
            let expected = match aggregate.op {
                AggregateOp::CountValues => ValueType::String,
                _ => ValueType::Scalar,
            };
            self.expect(param, expected, "aggregation parameter");
        }
        ValueType::Vector
    }

    fn expect(&mut self, expr: &mut Expr, expected: ValueType, context: &'static str) {
        if let Some(got) = self.expr(expr)
            && got != expected
        {
            self.report(TypeError::Operand { expected, context, got }, &expr.at);
        }
    }

    /// Checks an operation whose left operand has been checked.
    fn binary(&mut self, binary: &mut Binary, left: Known, at: &Position) -> Known {
        let right = self.expr(&mut binary.right);
        let (Some(left), Some(right)) = (left, right) else {
            let vector = Some(ValueType::Vector);
            return if left == vector || right == vector { vector } else { None };
        };
        let operator_at = self.operator_position(binary);
        let value_type = Binary::type_of(left, right);
        if binary.as_bool && !binary.op.is_comparison() {
            self.report(TypeError::BoolWithoutComparison, &operator_at);
        }
        if binary.op.is_comparison() && !binary.as_bool && value_type == ValueType::Scalar {
            self.report(TypeError::ScalarComparison, &operator_at);
        }
        let mut matching = binary.matching.take().unwrap_or_default();
        for label in matching.labels.iter().filter(|_| matching.on) {
            for _ in matching.include.iter().filter(|included| *included == label) {
                self.report(TypeError::LabelInBothClauses(label.clone()), &operator_at);
            }
        }
        for (operand, of_type) in [(&binary.left, left), (&binary.right, right)] {
            if !is_operand(of_type) {
                self.report(TypeError::BinaryOperand, &operand.at);
            }
        }
        if (left, right) == (ValueType::Vector, ValueType::Vector) {
            if binary.op.is_set() {
                self.set_matching(binary.op, &mut matching, at);
            }
            binary.matching = Some(matching);
        } else {
            self.no_matching(&matching, at);
        }
        if binary.op.is_set() && (left == ValueType::Scalar || right == ValueType::Scalar) {
            self.report(TypeError::SetOfScalar(binary.op), at);
        }
        Some(value_type)
    }

    /// Where the operator and its modifiers stand: what is between the operands, without spaces.
    fn operator_position(&self, binary: &Binary) -> Position {
        let is_space = |at: u32| {
            let byte = self.text.as_bytes().get(at as usize);
            byte.is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
        };
        let (mut start, mut end) = (binary.left.at.end, binary.right.at.start);
        while start < end && is_space(start) {
            start += 1;
        }
        while start < end && is_space(end - 1) {
            end -= 1;
        }
        start..end
    }

    fn set_matching(&mut self, op: BinaryOp, matching: &mut Matching, at: &Position) {
        match matching.grouping {
            MatchGrouping::One | MatchGrouping::Many => matching.grouping = MatchGrouping::Many,
            MatchGrouping::Left | MatchGrouping::Right => {
                self.report(TypeError::GroupingOfSet(op), at);
                self.report(TypeError::SetNotManyToMany, at);
            }
        }
        if matching.fill_left.is_some() || matching.fill_right.is_some() {
            self.report(TypeError::FillOfSet, at);
        }
    }

    fn no_matching(&mut self, matching: &Matching, at: &Position) {
        if !matching.labels.is_empty() {
            self.report(TypeError::MatchingWithScalar, at);
        }
        if matching.fill_left.is_some() || matching.fill_right.is_some() {
            self.report(TypeError::FillWithScalar, at);
        }
    }

    fn call(&mut self, call: &mut Call, at: &Position) -> Known {
        let Some(signature) = signatures::find(&call.function) else {
            for arg in &mut call.args {
                self.expr(arg);
            }
            return None;
        };
        self.argument_count(signature, call.args.len(), at);
        let is_info = signature.name == INFO;
        if is_info && let Some(labels) = call.args.get_mut(1) {
            self.info_labels(labels, at);
        }
        for (index, arg) in call.args.iter_mut().enumerate() {
            let Some(expected) = signature.arg(index) else { break };
            let selects_labels = is_info && index == 1 && matches!(arg.kind, ExprKind::Vector(_));
            let got = if selects_labels { self.label_selector(arg) } else { self.expr(arg) };
            if let Some(got) = got.filter(|got| *got != expected) {
                let function = signature.name;
                self.report(TypeError::Argument { expected, function, got }, &arg.at);
            }
        }
        Some(signature.returns)
    }

    fn argument_count(&mut self, signature: &Signature, got: usize, at: &Position) {
        let (min, max) = (signature.args_min(), signature.args_max());
        let (bound, expected) = if got < min {
            ("at least ", min)
        } else if let Some(max) = max.filter(|max| got > *max) {
            ("at most ", max)
        } else {
            return;
        };
        let bound = if max == Some(min) { "" } else { bound };
        let function = signature.name;
        self.report(TypeError::ArgumentCount { bound, expected, function, got }, at);
    }

    fn info_labels(&mut self, labels: &Expr, at: &Position) {
        if labels.kind == ExprKind::Hole {
            return;
        }
        let got = labels.value_type();
        if got != ValueType::Vector {
            let (expected, function) = (ValueType::Vector, INFO);
            self.report(TypeError::Argument { expected, function, got }, at);
        }
        match &labels.kind {
            ExprKind::Vector(selector) if selector.name.is_none() => {}
            ExprKind::Vector(_) => self.report(TypeError::InfoSelectorWithName, &labels.at),
            _ => self.report(TypeError::InfoWithoutSelector, &labels.at),
        }
    }

    /// Checks a selector of labels, which may well match a series without any.
    fn label_selector(&mut self, expr: &mut Expr) -> Known {
        if let ExprKind::Vector(selector) = &expr.kind
            && selector.name.is_none()
        {
            return Some(ValueType::Vector);
        }
        self.expr(expr)
    }
}

const fn is_operand(value_type: ValueType) -> bool {
    matches!(value_type, ValueType::Scalar | ValueType::Vector)
}
