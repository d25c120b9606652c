//! Every Rust file is reached by a `mod` line: a file that nobody includes is dead.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::complaint::Complaints;
use crate::sources::Sources;

/// File names that are roots of their own.
const ROOTS: [&str; 3] = ["lib.rs", "main.rs", "build.rs"];
/// Directories in which every file is a root of its own.
const DIRS_OF_ROOTS: [&str; 2] = ["examples", "fuzz_targets"];

/// Complains about files that no root reaches.
pub(crate) fn check(sources: &Sources, complaints: &mut Complaints) {
    let mut reached = BTreeSet::new();
    for source in sources.iter().filter(|source| source.is_rust()) {
        if is_root(&source.path) {
            reach(sources, &source.path, true, &mut reached);
        }
    }
    for source in sources.iter().filter(|source| source.is_rust()) {
        if !reached.contains(&source.path) {
            complaints.about(&source.path.display().to_string(), "no `mod` line reaches this file");
        }
    }
}

fn is_root(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let dir = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    ROOTS.contains(&name) || dir.is_some_and(|dir| DIRS_OF_ROOTS.contains(&dir))
}

fn reach(sources: &Sources, path: &Path, is_root: bool, reached: &mut BTreeSet<PathBuf>) {
    if !reached.insert(path.to_path_buf()) {
        return;
    }
    let Some(source) = sources.get(path) else { return };
    let dir = path.parent().unwrap_or(Path::new(""));
    let below =
        if is_root { dir.to_path_buf() } else { dir.join(path.file_stem().unwrap_or_default()) };
    for line in source.text.lines() {
        let Some(module) = declared_module(line) else { continue };
        let file = below.join(format!("{module}.rs"));
        if sources.get(&file).is_some() {
            reach(sources, &file, false, reached);
        }
    }
}

/// The name in a line that declares a module in another file.
fn declared_module(line: &str) -> Option<&str> {
    let line = line.trim().strip_suffix(';')?;
    let (before, name) = line.rsplit_once("mod ")?;
    let visibility = before.trim();
    (visibility.is_empty() || visibility.starts_with("pub")).then_some(name.trim())
}
