//! The router as its clients see it. Files in `recorded/` hold what Prometheus 3.14 answered to the same
//! requests over the same data.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(clippy::print_stdout, reason = "skipped tests say so")]

mod admin;
mod answer;
mod listing;
mod recording;
mod server;

mod cached;
mod cardinality;
mod described;
mod exemplars;
mod explain;
mod federation;
mod grafana;
mod hostile;
mod jobs;
mod lifecycle;
mod limits;
mod lint;
mod metrics;
mod prefix;
mod pushes;
mod queries;
mod recorded;
mod relabel_steps;
mod status;
mod targets;
