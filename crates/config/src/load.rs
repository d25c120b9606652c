//! From files to a configuration.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_discovery::matching_files;
use regain_http::os_text;
use regain_scrape::ScrapeProtocol;
use regain_yaml::{Errors, MAX_INPUT_BYTES, Mistake, MistakeKind, Mistakes, Section, Span, parse};
use tracing::warn;

use crate::config::{Config, FilePattern, check_jobs, jobs};
use crate::scrape::ScrapeConfig;
use crate::storage::Retention;
use crate::unbuilt::Unbuilt;

/// What a configuration depends on besides its text.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The variables of the process: external labels refer to them, and `GOGC` is a default.
    pub environment: BTreeMap<String, String>,
    /// Whether the server is an agent, which has neither rules nor alerts nor remote storages to ask.
    pub agent: bool,
    /// The retention where the configuration names none: what the flags say, or their default.
    pub retention: Retention,
    /// Whether the files that the configuration includes are left alone.
    pub syntax_only: bool,
    /// How targets are scraped where the configuration does not say.
    pub scraping: ScrapeDefaults,
}

/// What experiments change about scraping where the section `global` does not say it.
#[derive(Clone, Debug, Default)]
pub struct ScrapeDefaults {
    /// The protocols that targets are asked for, if they are others.
    pub protocols: Option<Vec<ScrapeProtocol>>,
    /// Whether each scrape stores more about itself.
    pub extra_metrics: bool,
}

impl LoadOptions {
    /// The value of a variable; one that is not set is empty, as it is upstream, and is warned about.
    pub(crate) fn variable(&self, name: &str) -> String {
        let value = self.environment.get(name).cloned().unwrap_or_default();
        if value.is_empty() {
            warn!(name, "Empty environment variable");
        }
        value
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file could not be read.
    #[error("open {}: {}", .path.display(), os_text(.source))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Files have mistakes, all of which are here.
    #[error("{}", Lines(.0))]
    Mistakes(Vec<Errors>),
}

struct Lines<'a>(&'a [Errors]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, errors) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            errors.fmt(f)?;
        }
        Ok(())
    }
}

/// Loads the configuration in a file and the jobs in the files that it includes.
pub fn load_file(path: &Path, options: &LoadOptions) -> Result<Config, LoadError> {
    let file: Arc<Path> = path.into();
    let mistakes = Mistakes::new();
    let text = read(path, &mistakes)?;
    load(&file, &text, &mistakes, options)
}

/// Loads a configuration from a text. `path` is its name in messages, and paths in it are relative to
/// the directory of `path`.
pub fn load_text(path: &Path, text: &str, options: &LoadOptions) -> Result<Config, LoadError> {
    load(&path.into(), text, &Mistakes::new(), options)
}

fn load(
    file: &Arc<Path>,
    text: &str,
    mistakes: &Mistakes,
    options: &LoadOptions,
) -> Result<Config, LoadError> {
    let mut config = match parse(text) {
        Ok(node) => Config::decode(&node, mistakes, file, options),
        Err(mistake) => {
            mistakes.push(mistake);
            None
        }
    };
    let mut errors = Vec::new();
    if let Some(config) = &mut config {
        config.set_directory();
        config.unbuilt = Unbuilt::take(file, mistakes);
        if !options.syntax_only {
            include(config, mistakes, &mut errors)?;
        }
    }
    if !mistakes.is_empty() {
        errors.insert(0, mistakes.errors(file));
    }
    match config {
        Some(config) if errors.is_empty() => Ok(config),
        _ => Err(LoadError::Mistakes(errors)),
    }
}

/// Reads the jobs of all included files; what is wrong in them goes to `errors`.
fn include(
    config: &mut Config,
    mistakes: &Mistakes,
    errors: &mut Vec<Errors>,
) -> Result<(), LoadError> {
    for FilePattern { pattern, at } in config.scrape_config_files.clone() {
        let Ok(files) = matching_files(&pattern) else {
            let message = format!(
                "error retrieving scrape config files for {pattern:?}: syntax error in pattern"
            );
            mistakes.rule(at, message);
            continue;
        };
        for path in files {
            let own = Mistakes::new();
            let jobs = include_file(config, &path, &own)?;
            if own.is_empty() {
                config.included_jobs.extend(jobs);
            } else {
                let found = own.errors(&path);
                if !errors.contains(&found) {
                    errors.push(found);
                }
            }
        }
    }
    Ok(())
}

fn include_file(
    config: &mut Config,
    path: &Path,
    mistakes: &Mistakes,
) -> Result<Vec<ScrapeConfig>, LoadError> {
    let text = read(path, mistakes)?;
    let file: Arc<Path> = path.into();
    let node = match parse(&text) {
        Ok(node) => node,
        Err(mistake) => {
            mistakes.push(mistake);
            return Ok(Vec::new());
        }
    };
    let read = |section: &mut Section<'_>| jobs(section, &config.global, &file);
    let mut jobs = Section::read(&node, "config.ScrapeConfigs", mistakes, read).unwrap_or_default();
    check_jobs(&jobs, &config.jobs().collect::<Vec<_>>(), mistakes);
    let dir = path.parent().unwrap_or(Path::new(""));
    for job in &mut jobs {
        job.set_directory(dir);
    }
    config.unbuilt.extend(Unbuilt::take(&file, mistakes));
    Ok(jobs)
}

/// Reads a file. One that is too long or no text is a mistake, and its text is then empty.
pub(crate) fn read(path: &Path, mistakes: &Mistakes) -> Result<String, LoadError> {
    let mut bytes = Vec::new();
    let limit = MAX_INPUT_BYTES as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    let kind = match String::from_utf8(bytes) {
        Ok(text) if text.len() <= MAX_INPUT_BYTES => return Ok(text),
        Ok(_) => MistakeKind::Limit { what: "bytes", limit: MAX_INPUT_BYTES },
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let before = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default());
            mistakes.push(Mistake {
                at: Some(end_of(&before)),
                kind: MistakeKind::Syntax("invalid UTF-8".to_owned()),
            });
            return Ok(String::new());
        }
    };
    mistakes.push(Mistake { at: None, kind });
    Ok(String::new())
}

/// The place behind a text.
fn end_of(text: &str) -> Span {
    let last_line = text.rsplit('\n').next().unwrap_or_default();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    Span { line: number(text.matches('\n').count()), column: number(last_line.chars().count()) }
}
