//! The expressions from outside.

mod properties;
mod targets;
