//! Loading the configuration, and refusing what this version cannot run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_config::{
    Config, LoadError, LoadOptions, Retention, RetentionOf, ScrapeDefaults, StorageLimits,
    UnbuiltList,
};
use regain_promql::ParserOptions;
use regain_rules::RuleSet;

use crate::acting::{ActingRefused, ActingSource, ReadyActing};
use crate::environment;

/// Where the configuration comes from.
#[derive(Clone, Debug)]
pub(crate) enum ConfigSource {
    /// A file, which is read again at each reload.
    File(PathBuf),
    /// A text of the program's own and its rules; the path is what it is called in messages.
    Text(PathBuf, String, &'static str),
}

/// A configuration with everything that it names.
#[derive(Debug)]
pub(crate) struct Configuration {
    /// What the file itself says.
    pub(crate) config: Config,
    /// The rules of all its rule files.
    pub(crate) rules: RuleSet,
    /// Alerting and healing in this process.
    pub(crate) acting: ReadyActing,
    /// Series that are kept for a shorter time than the rest.
    pub(crate) retention: Vec<RetentionOf>,
    /// Limits on new series.
    pub(crate) limits: StorageLimits,
}

/// What a file means depends on these flags.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// The retention where the file names none.
    pub(crate) retention: Retention,
    /// Whether exemplars are kept.
    pub(crate) exemplars: bool,
    /// How targets are scraped where the file does not say.
    pub(crate) scraping: ScrapeDefaults,
    /// How expressions of rules are parsed.
    pub(crate) parser: ParserOptions,
    /// Where alerting and healing are configured.
    pub(crate) acting: ActingSource,
    /// Where this server is reached from outside.
    pub(crate) external_url: Arc<str>,
}

/// Why there is no configuration to run with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigRefused {
    /// The file cannot be read, or has mistakes.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The file asks for what does not exist here.
    #[error("{0}")]
    NotBuilt(UnbuiltList),
    /// What alerting and healing are configured with is refused.
    #[error(transparent)]
    Acting(#[from] ActingRefused),
}

impl Reading {
    /// How many exemplars are kept with a configuration.
    pub(super) fn exemplars_max(&self, config: &Config) -> usize {
        let configured = config.storage.max_exemplars.filter(|_| self.exemplars);
        configured.and_then(|max| usize::try_from(max).ok()).unwrap_or(0)
    }
}

impl ConfigSource {
    /// What it is called in messages.
    pub(crate) fn name(&self) -> &Path {
        match self {
            Self::File(path) | Self::Text(path, ..) => path,
        }
    }

    /// Whether it is a file.
    pub(crate) const fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// Loads it and what it includes, completely or not at all.
    pub(crate) fn load(&self, reading: &Reading) -> Result<Configuration, ConfigRefused> {
        let environment = environment::all();
        let retention = reading.retention;
        let scraping = reading.scraping.clone();
        let options = LoadOptions { environment, retention, scraping, ..LoadOptions::default() };
        let mut config = match self {
            Self::File(path) => regain_config::load_file(path, &options),
            Self::Text(path, text, _) => regain_config::load_text(path, text, &options),
        }?;
        let unbuilt = config.unbuilt();
        if !unbuilt.is_empty() {
            return Err(ConfigRefused::NotBuilt(UnbuiltList(unbuilt)));
        }
        if reading.exemplars {
            config.storage.keep_exemplars();
        }
        let mut rules = config.rules(reading.parser)?;
        if let Self::Text(path, _, own) = self {
            let options = config.rule_file_options(reading.parser);
            rules.groups.extend(regain_config::load_rule_text(path, own, &options)?);
        }
        let mut acting = reading.acting.load(&reading.external_url)?;
        let retention = std::mem::take(&mut acting.retention);
        let limits = std::mem::take(&mut acting.limits);
        Ok(Configuration { config, rules, acting, retention, limits })
    }
}
