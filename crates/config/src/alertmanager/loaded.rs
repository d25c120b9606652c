//! From files to settings.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_alerting::matcher::MatcherMode;
use regain_alerting::settings::Settings;
use regain_discovery::matching_files;
use regain_http::os_text;
use regain_yaml::{Mistakes, parse};

use super::AlertmanagerFile;
use super::context::{Context, Warning};
use crate::config::FilePattern;
use crate::load::{LoadError, read};
use crate::unbuilt::Unbuilt;

/// A configuration of alerting and what came with it.
#[derive(Clone)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// The text of the file, with its secrets.
    pub text: String,
    /// The file as upstream shows it: with defaults, with secrets hidden. It can be loaded again.
    pub shown: String,
    /// The files with templates, in the order of their patterns and then of their paths.
    pub templates: Vec<TemplateFile>,
    /// What is configured and not built in this version.
    pub unbuilt: Vec<Unbuilt>,
    /// What is valid and likely not meant.
    pub warnings: Vec<Warning>,
}

impl fmt::Debug for Loaded {
    /// Leaves the text out, which has secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("settings", &self.settings)
            .field("templates", &self.templates)
            .field("unbuilt", &self.unbuilt)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// A file with templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFile {
    /// The file, whose last element is the name of the template of the whole file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// Loads a configuration and the templates that it names.
pub fn load_alertmanager_file(path: &Path, mode: MatcherMode) -> Result<Loaded, LoadError> {
    let mistakes = Mistakes::new();
    let text = read(path, &mistakes)?;
    load(path, &text, mode, &mistakes)
}

/// Loads a configuration from a text and the templates that it names. `path` is its name in messages, and
/// paths in it are relative to the directory of `path`.
pub fn load_alertmanager_text(
    path: &Path,
    text: &str,
    mode: MatcherMode,
) -> Result<Loaded, LoadError> {
    load(path, text, mode, &Mistakes::new())
}

fn load(
    path: &Path,
    text: &str,
    mode: MatcherMode,
    mistakes: &Mistakes,
) -> Result<Loaded, LoadError> {
    let file: Arc<Path> = path.into();
    let context = Context::new(mode, mistakes);
    let decoded = match parse(text) {
        Ok(node) => AlertmanagerFile::decode(&node, &context),
        Err(mistake) => {
            mistakes.push(mistake);
            None
        }
    };
    let unbuilt = Unbuilt::take(&file, mistakes);
    let loaded = decoded.map(|mut decoded| {
        decoded.set_directory(path.parent().unwrap_or(Path::new("")));
        Loaded {
            settings: decoded.settings(),
            text: text.to_owned(),
            shown: decoded.to_yaml(),
            templates: template_files(&decoded.templates, mistakes),
            unbuilt,
            warnings: context.take_warnings(&file),
        }
    });
    match loaded {
        Some(loaded) if mistakes.is_empty() => Ok(loaded),
        _ => Err(LoadError::Mistakes(vec![mistakes.errors(path)])),
    }
}

/// Reads the files that match; a pattern that matches nothing is none.
fn template_files(patterns: &[FilePattern], mistakes: &Mistakes) -> Vec<TemplateFile> {
    let mut files = Vec::new();
    for FilePattern { pattern, at } in patterns {
        let Ok(paths) = matching_files(pattern) else {
            mistakes.rule(*at, "syntax error in pattern");
            continue;
        };
        for path in paths {
            // What is wrong inside a template is told by whoever parses it.
            let own = Mistakes::new();
            match read(&path, &own) {
                Ok(text) if own.is_empty() => files.push(TemplateFile { path, text }),
                Ok(_) => mistakes.rule(*at, own.errors(&path).to_string()),
                Err(LoadError::Read { path, source }) => {
                    mistakes.rule(*at, format!("open {}: {}", path.display(), os_text(&source)));
                }
                Err(LoadError::Mistakes(errors)) => {
                    mistakes.rule(*at, LoadError::Mistakes(errors).to_string());
                }
            }
        }
    }
    files
}
