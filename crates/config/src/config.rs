//! A whole configuration.

use std::path::Path;
use std::sync::Arc;

use regain_discovery::join_dir;
use regain_model::NameScheme;
use regain_yaml::{Decode as _, Mistakes, Node, Section, Span, emit};

use crate::alerting::AlertingConfig;
use crate::global::GlobalConfig;
use crate::load::LoadOptions;
use crate::marshal::{Fields, texts};
use crate::otlp::OtlpConfig;
use crate::remote_read::RemoteReadConfig;
use crate::remote_write::RemoteWriteConfig;
use crate::runtime::RuntimeConfig;
use crate::scrape::ScrapeConfig;
use crate::storage::{Retention, StorageConfig};
use crate::tracing::TracingConfig;
use crate::unbuilt::Unbuilt;
use crate::value::items;

/// What a `prometheus.yml` says, with all defaults filled in, and the jobs of the files that it includes.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file.
    pub file: Arc<Path>,
    /// What holds for all jobs.
    pub global: GlobalConfig,
    /// Settings of upstream's process.
    pub runtime: RuntimeConfig,
    /// Whom alerts are sent to.
    pub alerting: AlertingConfig,
    /// The patterns of rule files.
    pub rule_files: Vec<FilePattern>,
    /// The patterns of files with more jobs.
    pub scrape_config_files: Vec<FilePattern>,
    /// How samples are kept.
    pub storage: StorageConfig,
    /// Where traces are sent.
    pub tracing: Option<TracingConfig>,
    /// Other storages that samples are sent to.
    pub remote_write: Vec<RemoteWriteConfig>,
    /// Other storages that are asked.
    pub remote_read: Vec<RemoteReadConfig>,
    /// How OTLP data becomes series.
    pub otlp: OtlpConfig,
    /// The jobs of the file itself.
    pub(crate) own_jobs: Vec<ScrapeConfig>,
    /// The jobs of included files.
    pub(crate) included_jobs: Vec<ScrapeConfig>,
    /// What is configured and not built.
    pub(crate) unbuilt: Vec<Unbuilt>,
}

/// A pattern of files and its place in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePattern {
    /// The pattern; the last element may contain one `*`.
    pub pattern: String,
    /// The place.
    pub at: Span,
}

impl Config {
    /// All jobs: those of the file, then those of the files that it includes.
    pub fn jobs(&self) -> impl Iterator<Item = &ScrapeConfig> {
        self.own_jobs.iter().chain(&self.included_jobs)
    }

    /// What is configured and not built in this version, each with its place.
    pub fn unbuilt(&self) -> Vec<Unbuilt> {
        let mut all = self.unbuilt.clone();
        all.sort_by_key(|one| (one.file != self.file, Arc::clone(&one.file), one.at));
        all
    }

    /// The configuration as upstream shows it: with defaults, without secrets, included jobs left out.
    pub fn to_yaml(&self) -> String {
        emit(&Fields::map(|fields| self.write(fields)))
    }

    fn write(&self, fields: &mut Fields) {
        fields.section("global", |fields| self.global.write(fields));
        fields.section("runtime", |fields| self.runtime.write(fields));
        let alerting = Fields::map(|fields| self.alerting.write(fields));
        fields.some("alerting", alerting);
        for (key, patterns) in
            [("rule_files", &self.rule_files), ("scrape_config_files", &self.scrape_config_files)]
        {
            fields.some(key, texts(patterns.iter().map(|pattern| &pattern.pattern)));
        }
        fields.sections("scrape_configs", &self.own_jobs, ScrapeConfig::write);
        fields.section("storage", |fields| self.storage.write(fields));
        if let Some(tracing) = &self.tracing {
            fields.section("tracing", |fields| tracing.write(fields));
        }
        fields.sections("remote_write", &self.remote_write, RemoteWriteConfig::write);
        fields.sections("remote_read", &self.remote_read, RemoteReadConfig::write);
        self.otlp.write(fields);
    }

    /// Reads the whole of a file, but not the files that it includes.
    pub(crate) fn decode(
        node: &Node,
        mistakes: &Mistakes,
        file: &Arc<Path>,
        options: &LoadOptions,
    ) -> Option<Self> {
        Section::read(node, "config.plain", mistakes, |section| {
            let global = section.section("global", "config.plain", |section| {
                let variable = &mut |name: &str| options.variable(name);
                GlobalConfig::decode(section, variable, &options.scraping)
            });
            let global = global.unwrap_or_else(|| GlobalConfig::absent(&options.scraping));
            let scheme = global.metric_name_validation_scheme;
            let own_jobs = jobs(section, &global, file);
            check_jobs(&own_jobs, &[], mistakes);
            if options.agent {
                check_agent(section);
            }
            Self {
                file: Arc::clone(file),
                runtime: runtime(section, options),
                alerting: section
                    .section("alerting", "config.AlertingConfig", |section| {
                        AlertingConfig::decode(section, scheme)
                    })
                    .unwrap_or_default(),
                rule_files: patterns(section, "rule_files", "rule file"),
                scrape_config_files: patterns(section, "scrape_config_files", "scrape config file"),
                storage: storage(section, options.retention),
                tracing: section.section("tracing", "config.TracingConfig", TracingConfig::decode),
                remote_write: remote_write(section, scheme),
                remote_read: remote_read(section),
                otlp: OtlpConfig::decode(section, scheme),
                global,
                own_jobs,
                included_jobs: Vec::new(),
                unbuilt: Vec::new(),
            }
        })
    }

    /// Makes relative paths relative to the directory of the file.
    pub(crate) fn set_directory(&mut self) {
        let file = Arc::clone(&self.file);
        let dir = file.parent().unwrap_or(Path::new(""));
        self.global.set_directory(dir);
        self.alerting.set_directory(dir);
        if let Some(tracing) = &mut self.tracing {
            tracing.set_directory(dir);
        }
        for pattern in self.rule_files.iter_mut().chain(&mut self.scrape_config_files) {
            pattern.pattern = join_dir(dir, &pattern.pattern);
        }
        for job in &mut self.own_jobs {
            job.set_directory(dir);
        }
        for remote in &mut self.remote_write {
            remote.set_directory(dir);
        }
        for remote in &mut self.remote_read {
            remote.set_directory(dir);
        }
    }
}

/// The jobs under `scrape_configs`.
pub(crate) fn jobs(
    section: &mut Section<'_>,
    global: &GlobalConfig,
    file: &Arc<Path>,
) -> Vec<ScrapeConfig> {
    section
        .list("scrape_configs", |node, mistakes| ScrapeConfig::decode(node, mistakes, global, file))
}

/// Notes each of `jobs` whose name an earlier one or one of `others` has.
pub(crate) fn check_jobs(jobs: &[ScrapeConfig], others: &[&ScrapeConfig], mistakes: &Mistakes) {
    for (index, job) in jobs.iter().enumerate() {
        let name = &job.job_name;
        let same = |other: &&ScrapeConfig| other.job_name == *name;
        if let Some(first) = others.iter().copied().find(same) {
            let message = format!(
                "found multiple scrape configs with job name {name:?}, first found in {:?}",
                first.file.display().to_string()
            );
            mistakes.rule(job.at, message);
        } else if !name.is_empty() && jobs.iter().take(index).any(|other| same(&other)) {
            let message = format!("found multiple scrape configs with job name {name:?}");
            mistakes.rule(job.at, message);
        }
    }
}

fn check_agent(section: &Section<'_>) {
    let has = |node: Option<&Node>| node.is_some_and(|node| !node.is_null());
    let alerting = section.peek("alerting");
    for (key, present) in [
        (
            "alerting",
            ["alertmanagers", "alert_relabel_configs"]
                .iter()
                .any(|key| has(alerting.and_then(|node| node.get(key)))),
        ),
        ("rule_files", has(section.peek("rule_files"))),
        ("remote_read", has(section.peek("remote_read"))),
    ] {
        if present {
            section.rule(key, format!("field {key} is not allowed in agent mode"));
        }
    }
}

fn runtime(section: &mut Section<'_>, options: &LoadOptions) -> RuntimeConfig {
    let default = RuntimeConfig::new(options.environment.get("GOGC").map(String::as_str));
    section
        .section("runtime", "config.RuntimeConfig", |section| {
            RuntimeConfig::decode(section, default.clone())
        })
        .unwrap_or(default)
}

fn storage(section: &mut Section<'_>, retention: Retention) -> StorageConfig {
    section
        .section("storage", "config.StorageConfig", |section| {
            StorageConfig::decode(section, retention)
        })
        .unwrap_or(StorageConfig { retention, ..StorageConfig::default() })
}

/// The patterns in the field `key`: `^[^*]*(\*[^/]*)?$`.
fn patterns(section: &mut Section<'_>, key: &'static str, what: &str) -> Vec<FilePattern> {
    section.list(key, |node, mistakes| {
        let pattern = String::decode(node, mistakes)?;
        if pattern.split_once('*').is_some_and(|(_, rest)| rest.contains('/')) {
            mistakes.rule(node.span, format!("invalid {what} path {pattern:?}"));
        }
        Some(FilePattern { pattern, at: node.span })
    })
}

fn remote_write(section: &mut Section<'_>, scheme: NameScheme) -> Vec<RemoteWriteConfig> {
    let mut names = Vec::new();
    let empty = "empty or null remote write config section";
    items(section, "remote_write", empty, |node, mistakes| {
        check_name(node, mistakes, &mut names, "remote write");
        RemoteWriteConfig::decode(node, mistakes, scheme)
    })
}

fn remote_read(section: &mut Section<'_>) -> Vec<RemoteReadConfig> {
    let mut names = Vec::new();
    let empty = "empty or null remote read config section";
    items(section, "remote_read", empty, |node, mistakes| {
        check_name(node, mistakes, &mut names, "remote read");
        RemoteReadConfig::decode(node, mistakes)
    })
}

/// Notes a field `name` that an earlier item has as well.
fn check_name(node: &Node, mistakes: &Mistakes, names: &mut Vec<String>, what: &str) {
    let Some(name) = node.get("name") else { return };
    let text = name.text().unwrap_or_default().to_owned();
    if !text.is_empty() && names.contains(&text) {
        mistakes.rule(name.span, format!("found multiple {what} configs with job name {text:?}"));
    }
    names.push(text);
}
