//! `regain.yml`: what Regain has beyond the files that Prometheus and Alertmanager must also accept.

mod limits;

use std::path::{Path, PathBuf};
use std::time::Duration;

use regain_discovery::join_dir;
use regain_model::Matcher;
use regain_promql::parse_metric_selector;
use regain_yaml::{Decode as _, Mistakes, Node, Section, parse};

use crate::load::{LoadError, read};
use crate::value::optional_duration;
pub use limits::{LimitsOf, MemoryLimit, StorageLimits};

/// What a `regain.yml` says. Paths are relative to the directory of the process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegainFile {
    /// Alerting in the same process; without it alerts are only sent to other Alertmanagers.
    pub alerting: Option<AlertingPart>,
    /// Healing; without it nothing is healed.
    pub healing: Option<HealingPart>,
    /// Series that are kept for a shorter time than the rest.
    pub retention: Vec<RetentionOf>,
    /// Limits on new series.
    pub limits: StorageLimits,
}

/// An item of the list `retention` in the section `storage`.
#[derive(Clone, Debug, PartialEq)]
pub struct RetentionOf {
    /// What the labels of the series satisfy.
    pub matchers: Vec<Matcher>,
    /// How long their samples are kept.
    pub time: Duration,
}

/// The section `alerting`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertingPart {
    /// The `alertmanager.yml`.
    pub config_file: PathBuf,
    /// Whether groups and their timers survive a restart; otherwise they begin anew, as upstream's do.
    pub keep_group_state: bool,
}

/// The section `healing`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealingPart {
    /// The files with remediations; not empty.
    pub remediations: Vec<PathBuf>,
}

/// Loads a `regain.yml`.
pub fn load_regain_file(path: &Path) -> Result<RegainFile, LoadError> {
    let mistakes = Mistakes::new();
    let text = read(path, &mistakes)?;
    load(path, &text, mistakes)
}

/// Loads a `regain.yml` from a text. `path` is its name in messages, and paths in it are relative to the
/// directory of `path`.
pub fn load_regain_text(path: &Path, text: &str) -> Result<RegainFile, LoadError> {
    load(path, text, Mistakes::new())
}

fn load(path: &Path, text: &str, mistakes: Mistakes) -> Result<RegainFile, LoadError> {
    let dir = path.parent().unwrap_or(Path::new(""));
    let decoded = match parse(text) {
        Ok(node) => RegainFile::decode(&node, &mistakes, dir),
        Err(mistake) => {
            mistakes.push(mistake);
            None
        }
    };
    mistakes.finish(path, decoded).map_err(|errors| LoadError::Mistakes(vec![errors]))
}

impl RegainFile {
    fn decode(node: &Node, mistakes: &Mistakes, dir: &Path) -> Option<Self> {
        let storage = |section: &mut Section<'_>| {
            let retention = section.list("retention", RetentionOf::decode);
            let limits = section.section("limits", "storage.limits", StorageLimits::read);
            (retention, limits.unwrap_or_default())
        };
        Section::read(node, "regain.yml", mistakes, |section| {
            let alerting = section.section("alerting", "alerting", |section| {
                let config_file: String = section.required("config_file").unwrap_or_default();
                AlertingPart {
                    config_file: join_dir(dir, &config_file).into(),
                    keep_group_state: section.or_zero("keep_group_state"),
                }
            });
            let healing = section.section("healing", "healing", |section| {
                let path = |node: &Node, mistakes: &Mistakes| {
                    let path = String::decode(node, mistakes)?;
                    if path.is_empty() {
                        mistakes.rule(node.span, "a path must not be empty");
                    }
                    Some(PathBuf::from(join_dir(dir, &path)))
                };
                let remediations = section.list("remediations", path);
                if remediations.is_empty() {
                    section.rule("remediations", "healing needs at least one file in remediations");
                }
                HealingPart { remediations }
            });
            let storage = section.section("storage", "storage", storage);
            let (retention, limits) = storage.unwrap_or_default();
            Self { alerting, healing, retention, limits }
        })
    }
}

impl RetentionOf {
    fn decode(node: &Node, mistakes: &Mistakes) -> Option<Self> {
        Section::read(node, "storage.retention", mistakes, |section| {
            if section.peek("match").is_none() {
                section
                    .rule("match", "match is missing: which series are kept for a shorter time?");
            }
            let matchers = section.parsed("match", parse_metric_selector).unwrap_or_default();
            let time = optional_duration(section, "time").unwrap_or_default();
            if time.is_zero() {
                section.rule("time", "time must be longer than 0: how long are these series kept?");
            }
            Self { matchers, time }
        })
    }
}
