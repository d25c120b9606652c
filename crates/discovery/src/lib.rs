//! Target groups, one module per mechanism.
//!
//! A mechanism says which groups of targets there are; it does not know what is done with them. A
//! running mechanism sends the whole set of its groups each time one of them changes.
//!
//! Invariant: a source that cannot be read keeps the groups it had.

mod group;

mod paths;

mod file;
mod static_config;

mod metrics;

pub use file::{
    FileDiscovery, FileSdConfig, FileSdMetrics, ReadError as TargetFileError, read_target_file,
};
pub use group::{ADDRESS_LABEL, Groups, TargetGroup};
pub use metrics::{ConsumerMetrics, SdMetrics};
pub use paths::{join_dir, matching_files};
pub use static_config::StaticConfig;
