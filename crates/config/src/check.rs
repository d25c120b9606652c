//! What a configuration names: the files that a check looks at before a server does.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use regain_discovery::{TargetFileError, matching_files, read_target_file};
use regain_http::os_text;

use crate::config::{Config, FilePattern};
use crate::scrape::ScrapeConfig;

/// What a check found. The messages are those of upstream's `promtool check config`.
#[derive(Debug, Default)]
pub struct Checked {
    /// The rule files, in the order of their patterns.
    pub rule_files: Vec<PathBuf>,
    /// What may be meant so: patterns of target files that match nothing.
    pub warnings: Vec<MissingTargets>,
    /// What is wrong.
    pub errors: Vec<CheckError>,
}

/// A pattern of target files that matches nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("file {pattern:?} for file_sd in scrape job {job:?} does not exist")]
pub struct MissingTargets {
    /// The pattern.
    pub pattern: String,
    /// The name of the job.
    pub job: String,
}

/// What is wrong with a file that a configuration names.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A rule file does not exist.
    #[error("{0:?} does not point to an existing file")]
    RuleFile(String),
    /// A pattern is malformed.
    #[error("syntax error in pattern {0:?}")]
    Pattern(String),
    /// A file with something that a client needs cannot be found.
    #[error("error checking {what} {path:?}: stat {}: {}", .path.display(), os_text(.source))]
    Client {
        /// What the file holds.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file of targets has mistakes.
    #[error("checking SD file {pattern:?}: {source}")]
    Targets {
        /// The pattern that matches the file.
        pattern: String,
        /// The mistakes.
        source: TargetFileError,
    },
}

impl Config {
    /// Looks at the files that the configuration names: rule files, certificates, credentials, targets.
    pub fn check_files(&self) -> Checked {
        let mut checked = Checked::default();
        for FilePattern { pattern, .. } in &self.rule_files {
            checked.rule_files(pattern);
        }
        for job in self.jobs() {
            checked.client(job);
            for pattern in job.discovery.files.iter().flat_map(|file| &file.files) {
                checked.targets(pattern, &job.job_name);
            }
        }
        checked
    }
}

impl Checked {
    fn matching(&mut self, pattern: &str) -> Option<Vec<PathBuf>> {
        let files = matching_files(pattern);
        files.map_err(|_| self.errors.push(CheckError::Pattern(pattern.to_owned()))).ok()
    }

    /// A pattern without a star must name a file that exists.
    fn rule_files(&mut self, pattern: &str) {
        match self.matching(pattern) {
            Some(files) if files.is_empty() && !pattern.contains('*') => {
                self.errors.push(CheckError::RuleFile(pattern.to_owned()));
            }
            files => self.rule_files.extend(files.into_iter().flatten()),
        }
    }

    fn client(&mut self, job: &ScrapeConfig) {
        let authorization = job.client.authorization.as_ref();
        let tls = &job.client.tls_config;
        for (what, path) in [
            (
                "authorization credentials or bearer token file",
                authorization.and_then(|authorization| authorization.credentials_file.as_ref()),
            ),
            ("client cert file", tls.cert_file.as_ref()),
            ("client key file", tls.key_file.as_ref()),
        ] {
            self.errors.extend(path.and_then(|path| missing(what, path)));
        }
    }

    fn targets(&mut self, pattern: &str, job: &str) {
        let Some(files) = self.matching(pattern) else { return };
        if files.is_empty() {
            let missing = MissingTargets { pattern: pattern.to_owned(), job: job.to_owned() };
            self.warnings.push(missing);
        }
        for file in files {
            if let Err(source) = read_target_file(&file) {
                self.errors.push(CheckError::Targets { pattern: pattern.to_owned(), source });
            }
        }
    }
}

fn missing(what: &'static str, path: &Path) -> Option<CheckError> {
    let source = fs::metadata(path).err()?;
    Some(CheckError::Client { what, path: path.to_owned(), source })
}
