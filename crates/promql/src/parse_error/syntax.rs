//! Mistakes in how tokens stand together.

use std::fmt;

use regain_go_format::duration::DurationError;
use regain_go_format::quote::{UnquoteError, quote};
use regain_go_regexp as go_regexp;

use crate::ast::AggregateOp;
use crate::parser::{CHAIN_MAX, NESTING_MAX, TEXT_BYTES_MAX};

/// Why tokens make no expression.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SyntaxError {
    /// There are no tokens.
    #[error("no expression found in input")]
    Empty,
    /// The text is too long.
    #[error("expression is longer than {TEXT_BYTES_MAX} bytes")]
    TooLong,
    /// Expressions contain each other too often.
    #[error("expression is nested more than {NESTING_MAX} levels deep")]
    TooDeep,
    /// Too many operations follow each other.
    #[error("expression is a chain of more than {CHAIN_MAX} levels of operations")]
    ChainTooLong,
    /// A token fits nowhere.
    #[error("unexpected {token}{expectation}")]
    Unexpected {
        /// The kind of the token, and its text.
        token: String,
        /// What would have fitted.
        expectation: Expectation,
    },
    /// A number is none.
    #[error("error parsing number: strconv.ParseFloat: parsing {}: invalid syntax", quote(.0))]
    Number(String),
    /// A number is larger than all floats.
    #[error("error parsing number: strconv.ParseFloat: parsing {}: value out of range", quote(.0))]
    NumberOutOfRange(String),
    /// A duration is none.
    #[error(transparent)]
    Duration(#[from] DurationError),
    /// A number is too large for a duration.
    #[error("duration out of range")]
    DurationOutOfRange,
    /// A range or step is zero or negative.
    #[error("duration must be greater than 0")]
    DurationNotPositive,
    /// A duration is divided by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// The remainder of a duration's division by zero.
    #[error("modulo by zero")]
    ModuloByZero,
    /// Computed durations are not enabled.
    #[error("experimental duration expression is not enabled")]
    DurationExpression,
    /// A string has no value.
    #[error("error unquoting string {}: {error}", quote(literal))]
    String {
        /// The string with its quotes.
        literal: String,
        /// What is wrong with it.
        error: UnquoteError,
    },
    /// A matcher has no regular expression where it needs one.
    #[error(transparent)]
    Regex(#[from] go_regexp::Error),
    /// The name of a label is empty.
    #[error("invalid label name for grouping: {}", quote(.0))]
    GroupingLabel(String),
    /// Nobody knows the function.
    #[error("unknown function with name {}", quote(.0))]
    UnknownFunction(String),
    /// The function is not enabled.
    #[error("function {} is not enabled", quote(.0))]
    ExperimentalFunction(String),
    /// The aggregation is not enabled.
    #[error(
        "{0}() is experimental and must be enabled with \
         --enable-feature=promql-experimental-functions"
    )]
    ExperimentalAggregation(AggregateOp),
    /// An aggregation has nothing to aggregate.
    #[error("no arguments for aggregate expression provided")]
    NoAggregateArguments,
    /// An aggregation has too few or too many arguments.
    #[error(
        "wrong number of arguments for aggregate expression provided, expected {expected}, got {got}"
    )]
    AggregateArguments {
        /// How many it takes.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// A comma stands after the last argument of a call.
    #[error("trailing commas not allowed in function call args")]
    TrailingComma,
    /// Fill modifiers are not enabled.
    #[error("binop fill modifiers are experimental and not enabled")]
    FillModifiers,
    /// A range stands behind something that is no selector.
    #[error("ranges only allowed for vector selectors")]
    RangeOfExpression,
    /// A range stands behind `offset`.
    #[error("no offset modifiers allowed before range")]
    OffsetBeforeRange,
    /// A range stands behind `@`.
    #[error("no @ modifiers allowed before range")]
    AtBeforeRange,
    /// `offset` stands behind something that looks at no time of its own.
    #[error(
        "offset modifier must be preceded by an instant vector selector or range vector selector \
         or a subquery"
    )]
    OffsetOfExpression,
    /// There are two offsets.
    #[error("offset may not be set multiple times")]
    SecondOffset,
    /// `@` stands behind something that looks at no time of its own.
    #[error(
        "@ modifier must be preceded by an instant vector selector or range vector selector or a \
         subquery"
    )]
    AtOfExpression,
    /// There are two `@` modifiers.
    #[error("@ <timestamp> may not be set multiple times")]
    SecondAt,
    /// The time of `@` cannot be told in milliseconds.
    #[error("timestamp out of bounds for @ modifier: {}", fixed(*.0))]
    AtOutOfBounds(f64),
    /// `anchored` or `smoothed` is not enabled.
    #[error("{0} modifier is experimental and not enabled")]
    ExtensionNotEnabled(&'static str),
    /// `anchored` or `smoothed` stands behind a subquery.
    #[error("{0} modifier is not supported for subqueries")]
    ExtensionOfSubquery(&'static str),
    /// `anchored` or `smoothed` stands behind something that is no selector.
    #[error("{0} modifier not implemented")]
    ExtensionOfExpression(&'static str),
    /// Both stand behind one selector.
    #[error("anchored and smoothed modifiers cannot be used together")]
    BothExtensions,
}

/// A number with six digits behind the point, as Go's `%f` prints it.
fn fixed(value: f64) -> String {
    use regain_go_format::float::{FloatFormat, append_float_with_precision};
    let mut text = Vec::new();
    append_float_with_precision(&mut text, value, FloatFormat::F, 6);
    String::from_utf8(text).expect("a float's text is ASCII")
}

/// Where a token was read and what would have fitted there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The part of the expression; empty where it is none that has a name.
    pub within: &'static str,
    /// What may stand there; empty where it may be many things.
    pub expected: &'static str,
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.within.is_empty() {
            write!(f, " in {}", self.within)?;
        }
        if !self.expected.is_empty() {
            write!(f, ", expected {}", self.expected)?;
        }
        Ok(())
    }
}
