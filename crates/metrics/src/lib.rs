//! The registry for Regain's own metrics and for its exporters.
//!
//! A metric is a cheap handle over atomics: clone it, keep it where it is counted, and never look it up by name on a
//! hot path. A [`Registry`] knows which handles exist and turns them into families when it is asked. What is not
//! counted but known at the moment of asking comes from a [`Collect`] implementation.
//!
//! Invariants: counting never blocks on a gather (summaries take a short lock), a vector's size is bounded, and two
//! series with the same name and labels are reported and never exposed.

mod collect;
mod counter;
mod gauge;
mod histogram;
mod summary;
mod vector;

mod registry;

mod process;

pub use collect::Collect;
pub use counter::Counter;
pub use gauge::Gauge;
pub use histogram::{DEFAULT_BUCKETS, Histogram, exponential_buckets, linear_buckets};
pub use process::ProcessCollector;
pub use regain_exposition::{
    HistogramValue, LabelPair, Metric, MetricFamily, MetricKind, MetricValue, SummaryValue, Text,
};
pub use registry::{GatherError, Gathered, Registry};
pub use summary::Summary;
pub use vector::{
    CounterVec, GaugeVec, HistogramVec, LABEL_SETS_MAX, OVERFLOW_VALUE, SummaryVec, Vector,
};
