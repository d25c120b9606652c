//! What can be seen of the crate from outside, beside upstream's own programs.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(clippy::print_stdout, reason = "skipped tests say so")]

mod metrics;
mod snapshots;
mod stage;
mod upstream;
