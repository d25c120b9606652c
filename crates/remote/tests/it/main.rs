//! The receiver from outside.

mod properties;
mod targets;
