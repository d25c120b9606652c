//! HTTP handlers, and the only wire JSON types.
