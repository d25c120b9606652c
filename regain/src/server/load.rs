//! Loading the configuration, and refusing what this version cannot run.

use std::fmt;
use std::path::{Path, PathBuf};

use regain_config::{Config, LoadError, LoadOptions, Retention, Unbuilt};

use crate::environment;

/// Where the configuration comes from.
#[derive(Clone, Debug)]
pub(crate) enum ConfigSource {
    /// A file, which is read again at each reload.
    File(PathBuf),
    /// A text of the program's own; the path is what it is called in messages.
    Text(PathBuf, String),
}

/// Why there is no configuration to run with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigRefused {
    /// The file cannot be read, or has mistakes.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The file asks for what does not exist here.
    #[error("{}", Lines(.0))]
    NotBuilt(Vec<Unbuilt>),
}

struct Lines<'a>(&'a [Unbuilt]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, unbuilt) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "\n" })?;
            unbuilt.fmt(f)?;
        }
        Ok(())
    }
}

impl ConfigSource {
    /// What it is called in messages.
    pub(crate) fn name(&self) -> &Path {
        match self {
            Self::File(path) | Self::Text(path, _) => path,
        }
    }

    /// Whether it is a file.
    pub(crate) const fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// Loads it and what it includes, completely or not at all; `retention` holds where it names none.
    pub(crate) fn load(&self, retention: Retention) -> Result<Config, ConfigRefused> {
        let environment = environment::all();
        let options = LoadOptions { environment, retention, ..LoadOptions::default() };
        let config = match self {
            Self::File(path) => regain_config::load_file(path, &options),
            Self::Text(path, text) => regain_config::load_text(path, text, &options),
        }?;
        let unbuilt = config.unbuilt();
        if unbuilt.is_empty() { Ok(config) } else { Err(ConfigRefused::NotBuilt(unbuilt)) }
    }
}
