//! The router as its clients see it. Files in `recorded/` hold what Prometheus 3.14 answered to the same
//! requests over the same data.

mod answer;
mod listing;
mod recording;
mod server;

mod described;
mod federation;
mod grafana;
mod hostile;
mod lifecycle;
mod metrics;
mod prefix;
mod pushes;
mod recorded;
mod status;
mod targets;
