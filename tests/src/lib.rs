//! The instruments that black-box tests and benchmarks share.
//!
//! Real programs are found, started, asked and killed; series are made up; answers are compared. Nothing
//! in here knows how Regain works inside: whatever speaks Prometheus' HTTP API can take its place.

pub mod http;
pub mod port;
pub mod process;

pub mod program;
pub mod server;

pub mod hook;

pub mod series;

pub mod push;

pub mod queries;

pub mod oracle;

pub mod answer;

pub mod jenkins;

pub mod systemd;
