//! Rule files.
//!
//! All files are read before anything is said, and all mistakes of all of them are reported: a bad file leaves the rules
//! that run alone. Messages are upstream's, at the place of what is wrong in the file, which may be within an
//! expression or a template.

use std::path::{Path, PathBuf};
use std::time::Duration;

use regain_discovery::matching_files;
use regain_model::NameScheme;
use regain_promql::ParserOptions;
use regain_rules::{RuleGroup, RuleSet};
use regain_yaml::{Errors, Mistakes, Section, parse};

use crate::config::{Config, FilePattern};
use crate::load::{LoadError, read};

mod check;
mod documents;
mod group;
mod place;
mod rule;
mod template;

pub use check::{CheckedRules, RuleLint, check_rule_file, check_rule_text};

use group::Groups;
use place::Source;

/// What rule files depend on besides their texts.
#[derive(Clone, Copy, Debug)]
pub struct RuleFileOptions {
    /// Which names are valid.
    pub scheme: NameScheme,
    /// How expressions are parsed.
    pub parser: ParserOptions,
    /// How often groups are evaluated that say nothing of it.
    pub interval: Duration,
    /// Whether fields that nobody knows are let be, as a checker of extended files wants it.
    pub ignore_unknown_fields: bool,
}

impl Config {
    /// What the rule files of this configuration are read with.
    pub fn rule_file_options(&self, parser: ParserOptions) -> RuleFileOptions {
        RuleFileOptions {
            scheme: self.global.metric_name_validation_scheme,
            parser,
            interval: self.global.evaluation_interval,
            ignore_unknown_fields: false,
        }
    }

    /// Reads all rule files, and returns what the rules of this configuration are.
    pub fn rules(&self, parser: ParserOptions) -> Result<RuleSet, LoadError> {
        let options = self.rule_file_options(parser);
        Ok(RuleSet {
            groups: load_rule_files(&self.file, &self.rule_files, &options)?,
            external_labels: self.global.external_labels(),
            query_offset: self.global.rule_query_offset,
        })
    }
}

/// Reads the rules in a text; `path` is its name in messages.
pub fn load_rule_text(
    path: &Path,
    text: &str,
    options: &RuleFileOptions,
) -> Result<Vec<RuleGroup>, LoadError> {
    read_rules(path, text, options).map_err(|errors| LoadError::Mistakes(vec![errors]))
}

/// Reads the files that match the patterns of the configuration `file`, each once; returns all groups or all mistakes.
pub fn load_rule_files(
    file: &Path,
    patterns: &[FilePattern],
    options: &RuleFileOptions,
) -> Result<Vec<RuleGroup>, LoadError> {
    let (mut groups, mut errors) = (Vec::new(), Vec::new());
    let mut paths: Vec<PathBuf> = Vec::new();
    let mistakes = Mistakes::new();
    for FilePattern { pattern, at } in patterns {
        let Ok(matching) = matching_files(pattern) else {
            let what = "error retrieving rule files for";
            mistakes.rule(*at, format!("{what} {pattern:?}: syntax error in pattern"));
            continue;
        };
        for path in matching {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    if !mistakes.is_empty() {
        errors.push(mistakes.errors(file));
    }
    for path in paths {
        match load_rule_file(&path, options) {
            Ok(found) => groups.extend(found),
            Err(found) => errors.push(found),
        }
    }
    if errors.is_empty() { Ok(groups) } else { Err(LoadError::Mistakes(errors)) }
}

/// Reads one file. That it cannot be read is a mistake as well.
fn load_rule_file(path: &Path, options: &RuleFileOptions) -> Result<Vec<RuleGroup>, Errors> {
    let mistakes = Mistakes::new();
    let text = match read(path, &mistakes) {
        Ok(text) if mistakes.is_empty() => text,
        Ok(_) => return Err(mistakes.errors(path)),
        Err(error) => {
            let kind = regain_yaml::MistakeKind::Rule(error.to_string());
            mistakes.push(regain_yaml::Mistake { at: None, kind });
            return Err(mistakes.errors(path));
        }
    };
    read_rules(path, &text, options)
}

/// Reads the rules in a text; `path` is its name.
fn read_rules(
    path: &Path,
    text: &str,
    options: &RuleFileOptions,
) -> Result<Vec<RuleGroup>, Errors> {
    let mistakes = if options.ignore_unknown_fields {
        Mistakes::letting_unknown_fields()
    } else {
        Mistakes::new()
    };
    let node = match parse(text) {
        Ok(node) => node,
        Err(mistake) => {
            mistakes.push(mistake);
            return Err(mistakes.errors(path));
        }
    };
    if documents::has_second(text) {
        tracing::warn!(
            file = %path.display(),
            "Multiple document yaml rules files are not supported, only the first document is processed"
        );
    }
    let groups = Section::read(&node, "rulefmt.RuleGroups", &mistakes, |section| {
        let file = path.to_string_lossy();
        let mut groups = Groups::new(&file, options, Source::new(text));
        section.list("groups", |node, mistakes| groups.decode(node, mistakes))
    });
    mistakes.finish(path, groups)
}
