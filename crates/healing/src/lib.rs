//! Remediations: guards, the state machine, backends, verification and the audit.

mod expression;
pub mod journal;
pub mod machine;
pub mod settings;

pub mod order;

pub mod backend;

pub use expression::{Expression, ExpressionError, MissingLabel, Query};
