//! Labels, samples, metadata, matchers, relabelling, timestamps and staleness: the words that
//! every other crate speaks.
//!
//! Everything here is plain data with value semantics. Nothing reads a clock, a file or a socket.

mod timestamp;

mod labels;
mod labels_builder;
mod names;
mod series_key;

mod exemplar;
mod matcher;
mod metadata;
mod staleness;

pub mod histogram;
pub mod kahan;
pub mod relabel;

pub use exemplar::{EXEMPLAR_CHARS_MAX, Exemplar};
pub use histogram::{Buckets, Histogram, HistogramSum, ResetHint};
pub use labels::{Labels, LabelsIter, MAX_LABEL_BYTES};
pub use labels_builder::LabelsBuilder;
pub use matcher::{MatchOp, Matcher};
pub use metadata::{Metadata, MetricKind};
pub use names::{
    BUCKET_LABEL, INSTANCE_NAME, JOB_NAME, METRIC_NAME, NameScheme, QUANTILE_LABEL,
    is_legacy_label_name, is_legacy_metric_name, is_valid_label_name, is_valid_metric_name,
};
pub use series_key::{KeySeed, SeriesKey};
pub use staleness::{NORMAL_NAN, STALE_NAN, is_stale};
pub use timestamp::{Span, Timestamp};
