//! What a run is set up with: sizes from the environment, a scratch directory, the clock.

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context as _;
use regain_tests::program::{Program, variable_of};

/// Where the scratch directories lie, below the directory in which a run is started.
const SCRATCH: &str = "target/bench";

/// A number that sets the size of a run.
#[derive(Debug)]
pub(crate) struct Size {
    /// The variable that sets it.
    pub(crate) variable: &'static str,
    /// Without the variable.
    pub(crate) full: u64,
    /// Without it, where `$SMALL` asks for a run that only shows that everything works.
    pub(crate) small: u64,
}

impl Size {
    /// The number that counts for this run.
    pub(crate) fn get(&self) -> anyhow::Result<u64> {
        let is_small = variable_of("SMALL").is_some_and(|value| !value.is_empty());
        number_or(self.variable, if is_small { self.small } else { self.full })
    }
}

/// A number from the environment or, without it, a default.
pub(crate) fn number_or(name: &str, default: u64) -> anyhow::Result<u64> {
    match variable_of(name) {
        None => Ok(default),
        Some(text) => text.parse().with_context(|| format!("{name} is not a number: {text}")),
    }
}

/// The servers that are at hand, ours first.
pub(crate) fn servers() -> anyhow::Result<Vec<Program>> {
    let mut found = Vec::new();
    for program in Program::SERVERS {
        if program.find()?.is_some() {
            found.push(program);
        }
    }
    anyhow::ensure!(!found.is_empty(), "no server at hand; `make build peers` gets them");
    Ok(found)
}

/// A directory of one run; it is removed with what is in it when it is dropped.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes a fresh one below the build's directory.
    pub(crate) fn new(name: &str) -> anyhow::Result<Self> {
        let dir = Path::new(SCRATCH).join(format!("{name}{}", suffix()));
        std::fs::create_dir_all(&dir)?;
        Ok(Self(dir.canonicalize()?))
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Removes all that this process has made.
    pub(crate) fn remove_all() {
        let Ok(entries) = std::fs::read_dir(SCRATCH) else { return };
        let is_ours = |path: &PathBuf| path.to_string_lossy().ends_with(&suffix());
        for path in entries.flatten().map(|entry| entry.path()).filter(is_ours) {
            // What stays behind lies below the build's directory.
            std::fs::remove_dir_all(path).ok();
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind lies below the build's directory.
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// What tells this process' directories from those of others.
fn suffix() -> String {
    format!("-{}", std::process::id())
}

/// The time since 1970.
#[expect(clippy::disallowed_methods, reason = "a benchmark follows the wall clock")]
pub(crate) fn now() -> Duration {
    std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO)
}
