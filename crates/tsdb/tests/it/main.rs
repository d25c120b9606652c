//! The store from outside: what is appended is what comes back, whatever happens in between.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod archive_damage;
mod archive_lists;
mod cardinality;
mod crash;
mod cut;
mod damage;
mod disk;
mod eviction;
mod exemplars;
mod failure;
mod histograms;
mod late;
mod lifetime;
mod limits;
mod look;
mod marks;
mod merge;
mod metadata;
mod model;
mod properties;
mod query;
mod retention;
mod startup;
mod store;
mod targets;
mod views;
