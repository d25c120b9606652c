//! The types of expressions' values.

use super::{Binary, Expr, ExprKind, ValueType};
use crate::signatures;

impl ValueType {
    /// The type's name in answers of the HTTP API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::String => "string",
            Self::Vector => "vector",
            Self::Matrix => "matrix",
        }
    }

    /// The type's name in the documentation and in messages about types.
    pub const fn documented(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::String => "string",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
        }
    }
}

impl Expr {
    /// The type of the value that the expression has.
    pub fn value_type(&self) -> ValueType {
        match &self.kind {
            ExprKind::Number(_) => ValueType::Scalar,
            ExprKind::String(_) | ExprKind::Bytes(_) => ValueType::String,
            ExprKind::Vector(_) | ExprKind::Aggregate(_) => ValueType::Vector,
            ExprKind::Matrix(_) | ExprKind::Subquery(_) => ValueType::Matrix,
            ExprKind::Call(call) => signatures::find(&call.function)
                .map_or(ValueType::Vector, |signature| signature.returns),
            ExprKind::Binary(_) => {
                let (operations, first) = self.chain();
                let operations = operations.iter().rev();
                operations.fold(first.value_type(), |left, binary| {
                    Binary::type_of(left, binary.right.value_type())
                })
            }
            ExprKind::Unary { expr, .. } | ExprKind::Paren(expr) => expr.value_type(),
            // It may become anything; most expressions are vectors.
            ExprKind::Hole => ValueType::Vector,
        }
    }
}

impl Binary {
    /// The type of an operation between values of these types.
    pub(crate) fn type_of(left: ValueType, right: ValueType) -> ValueType {
        if (left, right) == (ValueType::Scalar, ValueType::Scalar) {
            ValueType::Scalar
        } else {
            ValueType::Vector
        }
    }
}
