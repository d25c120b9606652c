//! Reads what Prometheus wrote and what this crate writes.

#![cfg(test)]

mod blocks;
mod conformance;
mod export;
