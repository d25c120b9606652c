//! Remediations: guards, the state machine, backends, verification and the audit.
//!
//! A [`Healing`] takes descriptions of alerts, decides what is healed ([`machine`]), remembers it ([`journal`]),
//! has it done ([`backend`]) and proves that it helped ([`Ask`]).

pub mod settings;

mod expression;

pub mod machine;

pub mod journal;

pub mod order;

pub mod backend;

mod engine;
mod escalated;
mod metrics;
mod verify;
mod view;

pub use engine::{ControlError, EscalationError, EscalationSink, Healing, Surroundings};
pub use escalated::ESCALATED;
pub use expression::{Expression, ExpressionError, MissingLabel, Query};
pub use verify::{Ask, AskError, Samples};
pub use view::{RemediationView, View};
