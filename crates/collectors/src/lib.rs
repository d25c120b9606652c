//! The host's numbers, under `node_exporter`'s names.
//!
//! Names, labels, help texts, types and values are those of `node_exporter` 1.12.1; dashboards and alerts
//! must not notice which of the two they read. What differs is what happens when something goes wrong:
//! each collector has a deadline, one that hangs costs its own series and one thread, and a line the
//! kernel did not write costs the series of that line.
//!
//! Invariants: no collector reads outside the roots it was given, except for system calls about this
//! host; no collector runs twice at the same time; `unsafe` is in `sys` alone.
//!
//! To add a collector: write `collector/NAME.rs` after the model of `collector/loadavg.rs`, make it in
//! `collector::make`, mark it built in `known`, and add its flags to the program's table.

mod error;
mod filter;
mod netlink;
mod pool;
mod procstat;
mod roots;
mod sink;
mod sys;

mod collector;
mod host;
mod known;
mod run;

pub use collector::{
    CpuSettings, FilesystemSettings, NetdevSettings, Settings, StatSettings, SystemdSettings,
    TextfileSettings, VmstatSettings,
};
pub use error::{CollectError, SettingsError};
pub use filter::FilterSettings;
pub use host::{Host, Selection};
pub use known::{KNOWN, Known};
pub use roots::Roots;
pub use run::Collector;
pub use sink::Sink;
pub use sys::release_code;
