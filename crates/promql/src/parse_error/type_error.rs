//! Mistakes in what stands together.

use regain_go_format::quote::quote;

use crate::ast::{BinaryOp, ValueType};

/// Why expressions do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypeError {
    /// A part of an expression has the wrong type.
    #[error("expected type {} in {context}, got {}", expected.documented(), got.documented())]
    Operand {
        /// The type that is needed.
        expected: ValueType,
        /// Which part it is.
        context: &'static str,
        /// The type that the part has.
        got: ValueType,
    },
    /// An argument of a function has the wrong type.
    #[error(
        "expected type {} in call to function {}, got {}",
        expected.documented(), quote(function), got.documented()
    )]
    Argument {
        /// The type that is needed.
        expected: ValueType,
        /// The function.
        function: &'static str,
        /// The type that the argument has.
        got: ValueType,
    },
    /// A call has another number of arguments than its function.
    #[error("expected {bound}{expected} argument(s) in call to {}, got {got}", quote(function))]
    ArgumentCount {
        /// Empty, `at least ` or `at most `.
        bound: &'static str,
        /// The number it may have.
        expected: usize,
        /// The function.
        function: &'static str,
        /// The number it has.
        got: usize,
    },
    /// The labels that `info` is to add are given by a selector with a name.
    #[error("expected label selectors only, got vector selector instead")]
    InfoSelectorWithName,
    /// The labels that `info` is to add are given by something that is no selector.
    #[error("expected label selectors only")]
    InfoWithoutSelector,
    /// `bool` stands behind an operator that does not compare.
    #[error("bool modifier can only be used on comparison operators")]
    BoolWithoutComparison,
    /// Two scalars are compared as if one could be filtered.
    #[error("comparisons between scalars must use BOOL modifier")]
    ScalarComparison,
    /// A label stands in both clauses of a matching.
    #[error("label {} must not occur in ON and GROUP clause at once", quote(.0))]
    LabelInBothClauses(String),
    /// An operand is a string or a range vector.
    #[error("binary expression must contain only scalar and instant vector types")]
    BinaryOperand,
    /// Labels are to be matched where no vectors are.
    #[error("vector matching only allowed between instant vectors")]
    MatchingWithScalar,
    /// Missing series are to be filled where no vectors are.
    #[error("filling in missing series only allowed between instant vectors")]
    FillWithScalar,
    /// A set operator has `group_left` or `group_right`.
    #[error("no grouping allowed for {} operation", quote(.0.as_str()))]
    GroupingOfSet(BinaryOp),
    /// A set operator has `group_left` or `group_right`, said a second time as upstream does.
    #[error("set operations must always be many-to-many")]
    SetNotManyToMany,
    /// A set operator has a fill modifier.
    #[error("filling in missing series not allowed for set operators")]
    FillOfSet,
    /// A set operator has a scalar operand.
    #[error("set operator {} not allowed in binary scalar expression", quote(.0.as_str()))]
    SetOfScalar(BinaryOp),
    /// A sign stands before a string or a range vector.
    #[error(
        "unary expression only allowed on expressions of type scalar or instant vector, got {}",
        quote(.0.documented())
    )]
    UnaryOperand(ValueType),
    /// A subquery is made of something that is no instant vector.
    #[error("subquery is only allowed on instant vector, got {} instead", .0.as_str())]
    SubqueryOperand(ValueType),
    /// A selector has a name before the braces and within.
    #[error("metric name must not be set twice: {} or {}", quote(name), quote(other))]
    SecondName {
        /// The name before the braces.
        name: String,
        /// That within.
        other: String,
    },
    /// A selector would select every series.
    #[error("vector selector must contain at least one non-empty matcher")]
    EmptySelector,
}
