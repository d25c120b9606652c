//! The language from outside: files of queries with their answers, upstream's and our own.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed step fails the test")]

mod cases;
mod conformance;
mod reports;
