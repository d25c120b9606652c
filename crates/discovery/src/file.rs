//! Targets in files that other programs write.
//!
//! Files are read at the start, when something changes in one of their directories, and at an
//! interval. A file that is gone takes its groups with it; a file that cannot be read keeps them.

mod metrics;
mod read;
mod run;

use std::path::Path;
use std::time::Duration;

use regain_go_format::duration;
use regain_yaml::{Decode as _, Mistakes, Node, Section};

use crate::paths::join_dir;

pub use metrics::FileSdMetrics;
pub use read::{ReadError, read_target_file};
pub use run::FileDiscovery;

/// The interval at which the files are read again where nothing else is configured.
const DEFAULT_REFRESH_INTERVAL: Duration = Duration::from_mins(5);
const EXTENSIONS: [&str; 6] = ["json", "yml", "yaml", "JSON", "YML", "YAML"];

/// Which files hold target groups.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileSdConfig {
    /// The paths; the last element of a path may contain one `*`.
    pub files: Vec<String>,
    /// The interval at which all files are read again.
    pub refresh_interval: Duration,
}

impl FileSdConfig {
    /// Reads an item of a `file_sd_configs` list.
    pub fn decode(node: &Node, mistakes: &Mistakes) -> Option<Self> {
        Section::read(node, "file.SDConfig", mistakes, |section| {
            let files = section.list("files", |node, mistakes| {
                let file = String::decode(node, mistakes)?;
                if !is_file_pattern(&file) {
                    let message = format!("path name {file:?} is not valid for file discovery");
                    mistakes.rule(node.span, message);
                }
                Some(file)
            });
            if files.is_empty() {
                let message = "file service discovery config must contain at least one path name";
                section.rule("files", message);
            }
            let interval = section.parsed("refresh_interval", duration::parse);
            let refresh_interval = interval
                .map_or(DEFAULT_REFRESH_INTERVAL, |ms| Duration::from_millis(ms.unsigned_abs()));
            if refresh_interval.is_zero() {
                section.rule("refresh_interval", "refresh_interval must be greater than zero");
            }
            Self { files, refresh_interval }
        })
    }

    /// Makes relative paths relative to `dir`.
    pub fn set_directory(&mut self, dir: &Path) {
        for file in &mut self.files {
            *file = join_dir(dir, file);
        }
    }
}

/// Whether `path` is `^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$`.
fn is_file_pattern(path: &str) -> bool {
    let Some((stem, extension)) = path.rsplit_once('.') else { return false };
    let one_level = stem.split_once('*').is_none_or(|(_, rest)| !rest.contains('/'));
    EXTENSIONS.contains(&extension) && one_level
}

#[cfg(test)]
mod tests;
