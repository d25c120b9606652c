//! The binary operators.

mod mixed;

use crate::functions::math::pow;
use crate::functions::trigonometry::atan2;

pub(crate) use mixed::{Operand, Outcome, combine_mixed};

/// An operator between two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
    Equal,
    NotEqual,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    /// Trims the upper part of a histogram, which no float has.
    TrimUpper,
    /// Trims the lower part of a histogram, which no float has.
    TrimLower,
}

impl BinaryOp {
    pub(crate) const fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Less
                | Self::Greater
                | Self::LessOrEqual
                | Self::GreaterOrEqual
        )
    }

    /// Whether the result means something else than its operands.
    pub(crate) const fn changes_meaning(self) -> bool {
        matches!(
            self,
            Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Mod | Self::Pow | Self::Atan2
        )
    }

    /// The operator as it is written.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Pow => "^",
            Self::Atan2 => "atan2",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::Greater => ">",
            Self::LessOrEqual => "<=",
            Self::GreaterOrEqual => ">=",
            Self::TrimUpper => "</",
            Self::TrimLower => ">/",
        }
    }

    /// The operator as it is written, where it takes histograms only.
    pub(crate) const fn histogram_only(self) -> Option<&'static str> {
        match self {
            Self::TrimUpper => Some("</"),
            Self::TrimLower => Some(">/"),
            _ => None,
        }
    }

    /// Whether a comparison holds.
    #[inline]
    #[expect(clippy::float_cmp, reason = "the language compares floats exactly")]
    pub(crate) fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::Greater => left > right,
            Self::LessOrEqual => left <= right,
            Self::GreaterOrEqual => left >= right,
            _ => true,
        }
    }

    /// The value for two numbers where one is always made: 1 or 0 for comparisons.
    #[inline]
    pub(crate) fn value(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Sub => left - right,
            Self::Mul => left * right,
            Self::Div => left / right,
            Self::Mod => left % right,
            Self::Pow => pow(left, right),
            Self::Atan2 => atan2(left, right),
            _ => f64::from(u8::from(self.holds(left, right))),
        }
    }

    /// Hands the arithmetic as a function of its own to `use_it`, so that its loop is compiled for
    /// this operator alone.
    #[inline]
    pub(crate) fn each_arithmetic(self, mut use_it: impl FnMut(fn(f64, f64) -> f64)) {
        match self {
            Self::Add => use_it(|left, right| left + right),
            Self::Sub => use_it(|left, right| left - right),
            Self::Mul => use_it(|left, right| left * right),
            Self::Div => use_it(|left, right| left / right),
            Self::Mod => use_it(|left, right| left % right),
            Self::Pow => use_it(pow),
            _ => use_it(atan2),
        }
    }
}
