//! The store from outside: what is appended is what comes back, whatever happens in between.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod crash;
mod damage;
mod disk;
mod failure;
mod histograms;
mod late;
mod lifetime;
mod marks;
mod merge;
mod model;
mod query;
mod retention;
mod store;
mod views;
