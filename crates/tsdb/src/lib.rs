//! Regain's column store: WAL, head, segments. Synchronous; no HTTP, no configuration, no clock.
