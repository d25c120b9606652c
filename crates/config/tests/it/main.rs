//! Files as users write them, and what becomes of them.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(
    clippy::print_stdout,
    reason = "a table of verdicts and skipped tests are for the reader"
)]

mod alertmanager;
mod conformance;
mod folder;
mod jobs;
mod messages;
mod remediations;
mod rule_files;
mod shown;
mod unbuilt;
