//! From files with remediations to the settings of healing.
//!
//! A file has the keys `servers`, `limits`, `escalate_to` and `remediations`. Servers of one file are known in
//! all of them; names are unique across files; `limits` and `escalate_to` stand in one file at most.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_healing::order::JenkinsServer;
use regain_healing::settings::{GlobalLimits, Remediation, Remediations};
use regain_yaml::{Errors, Mistakes, Node, Section, Span, parse};

use crate::Warning;
use crate::load::{LoadError, read};
use crate::unbuilt::Unbuilt;

mod action;
mod limits;
mod remediation;
mod server;
mod step;
mod value;

/// Remediations and what came with them.
#[derive(Clone, Debug)]
pub struct LoadedRemediations {
    /// The settings.
    pub settings: Remediations,
    /// What is valid and likely not meant.
    pub warnings: Vec<Warning>,
    /// What is configured and not built in this version.
    pub unbuilt: Vec<Unbuilt>,
}

/// Loads the remediations of files, in the order of the files.
pub fn load_remediation_files(paths: &[PathBuf]) -> Result<LoadedRemediations, LoadError> {
    let mut files = Vec::new();
    for path in paths {
        let mistakes = Mistakes::new();
        let text = read(path, &mistakes)?;
        files.push(File::parse(path, &text, mistakes));
    }
    load(&files)
}

/// Loads the remediations of one text. `path` is its name in messages, and paths in it are relative to the
/// directory of `path`.
pub fn load_remediation_text(path: &Path, text: &str) -> Result<LoadedRemediations, LoadError> {
    load(&[File::parse(path, text, Mistakes::new())])
}

/// A file on its way.
#[derive(Debug)]
struct File {
    path: Arc<Path>,
    node: Option<Node>,
    mistakes: Mistakes,
}

impl File {
    fn parse(path: &Path, text: &str, mistakes: Mistakes) -> Self {
        let node = parse(text).map_err(|mistake| mistakes.push(mistake)).ok();
        Self { path: path.into(), node, mistakes }
    }
}

/// What the files say together.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// The servers of all files.
    pub(super) servers: Vec<Arc<JenkinsServer>>,
    remediations: Vec<Arc<Remediation>>,
    limits: Option<GlobalLimits>,
    escalate_to: Option<Arc<str>>,
    warnings: Vec<Warning>,
}

/// What the readers of one file share.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) mistakes: &'a Mistakes,
    /// The directory of the file.
    pub(super) dir: &'a Path,
    pub(super) servers: &'a [Arc<JenkinsServer>],
    file: &'a Arc<Path>,
    warnings: std::cell::RefCell<Vec<Warning>>,
}

impl Reader<'_> {
    /// Warns about what is valid at a place but likely not meant.
    pub(super) fn warn(&self, at: Span, text: impl Into<String>) {
        let warning = Warning { file: Arc::clone(self.file), at, text: text.into() };
        self.warnings.borrow_mut().push(warning);
    }
}

fn load(files: &[File]) -> Result<LoadedRemediations, LoadError> {
    let mut collected = Collected::default();
    for file in files {
        read_servers(file, &mut collected);
    }
    let mut unbuilt = Vec::new();
    for file in files {
        read_remediations(file, &mut collected);
        unbuilt.extend(Unbuilt::take(&file.path, &file.mistakes));
    }
    let wrong = files.iter().filter(|file| !file.mistakes.is_empty());
    let errors: Vec<Errors> = wrong.map(|file| file.mistakes.errors(&file.path)).collect();
    if !errors.is_empty() {
        return Err(LoadError::Mistakes(errors));
    }
    Ok(LoadedRemediations {
        settings: Remediations {
            list: collected.remediations,
            limits: collected.limits.unwrap_or_default(),
            escalate_to: collected.escalate_to,
        },
        warnings: collected.warnings,
        unbuilt,
    })
}

fn read_servers(file: &File, collected: &mut Collected) {
    let Some(node) = file.node.as_ref().and_then(|node| node.get("servers")) else { return };
    let reader = file.reader(&[]);
    let known = collected.servers.iter().map(|server| Arc::clone(&server.name)).collect();
    let servers = server::servers(node, &reader, known);
    collected.servers.extend(servers.into_iter().map(Arc::new));
}

impl File {
    fn reader<'a>(&'a self, servers: &'a [Arc<JenkinsServer>]) -> Reader<'a> {
        Reader {
            mistakes: &self.mistakes,
            dir: self.path.parent().unwrap_or(Path::new("")),
            servers,
            file: &self.path,
            warnings: std::cell::RefCell::default(),
        }
    }
}

fn read_remediations(file: &File, collected: &mut Collected) {
    let Some(node) = &file.node else { return };
    let servers = collected.servers.clone();
    let reader = file.reader(&servers);
    Section::read(node, "remediations.yml", &file.mistakes, |section| {
        // The servers of all files were read before.
        section.field("servers");
        read_once(section, collected);
        let mut known: Vec<Arc<str>> =
            collected.remediations.iter().map(|one| Arc::clone(&one.name)).collect();
        let read = |node: &Node, _: &Mistakes| {
            let remediation = remediation::decode(node, &reader)?;
            if known.contains(&remediation.name) {
                let at = node.get("name").map_or(node.span, |name| name.span);
                let message = format!("there is another remediation {:?}", &*remediation.name);
                reader.mistakes.rule(at, message);
            }
            known.push(Arc::clone(&remediation.name));
            Some((node.span, remediation))
        };
        for (at, remediation) in section.list("remediations", read) {
            let tells = remediation.escalate_to.is_some()
                || collected.escalate_to.is_some()
                || remediation.steps.iter().any(|step| step.kind_word() == "notify");
            if !tells {
                let name = &remediation.name;
                let text = format!("nobody is told when {name} does not heal; set escalate_to");
                reader.warn(at, text);
            }
            collected.remediations.push(Arc::new(remediation));
        }
    });
    let mut warnings = reader.warnings.into_inner();
    warnings.sort_by_key(|warning| warning.at);
    collected.warnings.extend(warnings);
}

/// The keys that stand in one file at most.
fn read_once(section: &mut Section<'_>, collected: &mut Collected) {
    if let Some(limits) = section.section("limits", "limits", limits::global) {
        if collected.limits.is_some() {
            section.rule("limits", "another file has limits already");
        }
        collected.limits = Some(limits);
    }
    if let Some(receiver) = section.optional::<String>("escalate_to") {
        if collected.escalate_to.is_some() {
            section.rule("escalate_to", "another file has escalate_to already");
        }
        if receiver.is_empty() {
            section.rule("escalate_to", "escalate_to names no receiver");
        }
        collected.escalate_to = Some(receiver.into());
    }
}
