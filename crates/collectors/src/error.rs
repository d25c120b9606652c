//! Why a collector has nothing to say, and why it cannot even start.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Tells why one collector's scrape failed.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The host does not have what the collector reads; nothing is wrong.
    #[error("collector returned no data")]
    NoData,
    /// A file cannot be read.
    #[error("couldn't read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the kernel answered.
        #[source]
        source: io::Error,
    },
    /// A file is larger than any kernel writes it.
    #[error("{} is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The largest size that is read.
        limit: u64,
    },
    /// A file does not hold what the collector needs.
    #[error("unexpected content in {}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
    },
    /// A system call failed.
    #[error("{call} failed: {source}")]
    Call {
        /// The system call.
        call: &'static str,
        /// What the kernel answered.
        #[source]
        source: io::Error,
    },
    /// The kernel's netlink answer is not one.
    #[error("malformed netlink message")]
    Netlink,
    /// Systemd did not answer.
    #[error(transparent)]
    Systemd(#[from] regain_systemd::Error),
    /// The collector did not finish in time; it goes on in the background.
    #[error("no result within {after:?}")]
    TimedOut {
        /// How long the scrape waited for it.
        after: Duration,
    },
    /// The collector still hangs in an earlier scrape.
    #[error("still busy since {since:?}")]
    Stuck {
        /// How long it has been hanging.
        since: Duration,
    },
    /// The collector panicked.
    #[error("collector panicked")]
    Panicked,
    /// No thread can be started.
    #[error("couldn't start a thread: {source}")]
    Thread {
        /// What the kernel answered.
        #[source]
        source: io::Error,
    },
}

impl CollectError {
    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_path_buf(), source }
    }

    pub(crate) fn content(path: &Path) -> Self {
        Self::Content { path: path.to_path_buf() }
    }

    /// Tells whether the file simply is not there.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// Tells why a collector cannot be made from its settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Two flags contradict each other.
    #[error("{one} and {other} are mutually exclusive")]
    Exclusive {
        /// One flag.
        one: &'static str,
        /// The flag it does not go with.
        other: &'static str,
    },
    /// A pattern is not a regular expression.
    #[error("invalid regular expression in {flag}: {source}")]
    Pattern {
        /// The flag that holds the pattern.
        flag: &'static str,
        /// What is wrong with it.
        #[source]
        source: regain_go_regexp::Error,
    },
    /// No collector has this name.
    #[error("missing collector: {name}")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The collector exists but is switched off.
    #[error("disabled collector: {name}")]
    Disabled {
        /// The name.
        name: String,
    },
}
