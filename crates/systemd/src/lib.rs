//! Units, their states and their restarts over D-Bus: for the collector and for healing.
//!
//! One [`Client`] holds one connection for its whole life and replaces it when it breaks, because a
//! connection per question is what exhausts the bus on hosts that are scraped for months.
//!
//! Invariants: no call waits longer than the client's deadline; a host without systemd gives
//! [`Error::Unreachable`] and nothing else; nothing here starts a task of its own.

mod client;
mod error;
mod job;
mod manager;
mod private_socket;
mod unit;
mod unit_state;

pub use client::{Bus, Client};
pub use error::Error;
pub use job::{Job, JobResult, Verb};
pub use manager::Manager;
pub use unit::{SocketCounters, Tasks, Unit};
pub use unit_state::UnitState;
