//! The language from outside: files of queries with their answers, upstream's and our own.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(clippy::print_stderr, reason = "how many cases pass is for people to read")]

mod bare;
mod cached;
mod cases;
mod conformance;
mod explain;
mod grammar;
mod memory;
mod pieces;
mod properties;
mod ranking;
mod reports;
mod statistics;
mod targets;
