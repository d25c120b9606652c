//! The registry for Regain's own metrics and for its exporters.
