//! Metrics that others leave in files: `*.prom` in given directories.
//!
//! A file that is not wholly right is dropped whole, because half of somebody's metrics is worse than
//! an alert on `node_textfile_scrape_error`.

mod parse;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use regain_exposition::MetricKind;

use crate::error::CollectError;
use crate::roots::read_bytes;
use crate::run::Collector;
use crate::sink::Sink;

use parse::Family;

const SUFFIX: &str = ".prom";

/// Holds the flags of the textfile collector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextfileSettings {
    /// Are the directories, each may be a glob.
    pub directories: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Textfile {
    settings: TextfileSettings,
}

/// Gathers what the files of one scrape say.
#[derive(Default)]
struct Gathered {
    families: Vec<Family>,
    /// Are the files each family was read from, for the help of families that have none.
    files: BTreeMap<String, Vec<String>>,
    /// Are the first help text and the kind of each family.
    seen: BTreeMap<String, (Option<String>, MetricKind)>,
    mtimes_s: BTreeMap<String, f64>,
    errored: bool,
}

impl Textfile {
    pub(crate) fn new(settings: &TextfileSettings) -> Self {
        Self { settings: settings.clone() }
    }
}

impl Collector for Textfile {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let mut gathered = Gathered::default();
        for pattern in self.settings.directories.iter().filter(|pattern| !pattern.is_empty()) {
            for directory in expand(pattern) {
                gathered.directory(&directory);
            }
        }
        gathered.show(sink);
        Ok(())
    }
}

/// Gives the directories a pattern matches; one that matches nothing is taken for a plain directory, so
/// that its absence is reported.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let matches: Vec<PathBuf> =
        glob::glob(pattern).into_iter().flatten().filter_map(Result::ok).collect();
    if matches.is_empty() { vec![PathBuf::from(pattern)] } else { matches }
}

impl Gathered {
    fn directory(&mut self, directory: &Path) {
        let names = match std::fs::read_dir(directory) {
            Ok(entries) => {
                let mut names: Vec<_> = entries
                    .filter_map(Result::ok)
                    .filter_map(|entry| entry.file_name().into_string().ok())
                    .filter(|name| name.ends_with(SUFFIX))
                    .collect();
                names.sort();
                names
            }
            Err(error) => {
                self.errored = true;
                tracing::error!(
                    collector = "textfile",
                    path = %directory.display(),
                    err = %error,
                    "failed to read textfile collector directory"
                );
                return;
            }
        };
        for name in names {
            self.file(&directory.join(&name), &name);
        }
    }

    fn file(&mut self, path: &Path, name: &str) {
        match read(path) {
            Ok((families, mtime_s)) => {
                let path = path.to_string_lossy().into_owned();
                for family in families {
                    self.family(family, &path);
                }
                self.mtimes_s.insert(path, mtime_s);
            }
            Err(error) => {
                self.errored = true;
                tracing::error!(
                    collector = "textfile",
                    file = name,
                    err = %error,
                    "failed to collect textfile data"
                );
            }
        }
    }

    /// Takes a family over unless an earlier file gave it another help text or type.
    fn family(&mut self, family: Family, path: &str) {
        let (help, kind) = self
            .seen
            .entry(family.name.clone())
            .or_insert_with(|| (family.help.clone(), family.kind));
        let other_help = help.is_some() && family.help.is_some() && *help != family.help;
        if other_help || *kind != family.kind {
            self.errored = true;
            tracing::error!(
                collector = "textfile",
                metric = family.name,
                file = path,
                "inconsistent metric help text or type"
            );
            return;
        }
        if help.is_none() {
            help.clone_from(&family.help);
        }
        self.files.entry(family.name.clone()).or_default().push(path.to_owned());
        self.families.push(family);
    }

    fn show(self, sink: &mut Sink) {
        for family in self.families {
            let help = if let Some((Some(help), _)) = self.seen.get(&family.name) {
                help.clone()
            } else {
                let files = self.files.get(&family.name).map(|files| files.join(", "));
                format!("Metric read from {}", files.unwrap_or_default())
            };
            for metric in family.metrics {
                sink.metric(family.name.clone().into(), help.clone().into(), family.kind, metric);
            }
        }
        for (file, mtime_s) in &self.mtimes_s {
            sink.gauge(
                "node_textfile_mtime_seconds",
                "Unixtime mtime of textfiles successfully read.",
                &[("file", file)],
                *mtime_s,
            );
        }
        sink.gauge(
            "node_textfile_scrape_error",
            "1 if there was an error opening or reading a file, 0 otherwise",
            &[],
            f64::from(u8::from(self.errored)),
        );
    }
}

/// Is why a file is dropped.
#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("failed to open textfile data file: {0}")]
    Read(#[from] CollectError),
    #[error("{} is not a regular file", .0.display())]
    NotAFile(PathBuf),
    #[error("failed to parse textfile data from {path:?}: {source}")]
    Parse {
        path: PathBuf,
        #[source]
        source: parse::TextfileError,
    },
}

/// Reads a file, and after it the time of its last change, so that a file that fails never looks fresh.
fn read(path: &Path) -> Result<(Vec<Family>, f64), FileError> {
    let metadata = || std::fs::metadata(path).map_err(|source| CollectError::read(path, source));
    // Opening a named pipe would wait for its writer.
    if !metadata()?.is_file() {
        return Err(FileError::NotAFile(path.to_path_buf()));
    }
    let bytes = read_bytes(path)?;
    let families = parse::parse(&bytes)
        .map_err(|source| FileError::Parse { path: path.to_path_buf(), source })?;
    let modified = metadata()?.modified().map_err(|source| CollectError::read(path, source))?;
    let mtime_s = modified.duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs() as f64);
    Ok((families, mtime_s))
}
