//! Reads what Prometheus wrote and what this crate writes.

#![cfg(test)]

mod all;
mod blocks;
mod conformance;
mod export;
mod living;
mod properties;
mod snapshots;
mod targets;
