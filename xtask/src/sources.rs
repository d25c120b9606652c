//! The project's own files, read once.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// Directories that hold no source of ours.
const SKIPPED_DIRS: [&str; 5] = ["target", ".git", "node_modules", "dist", "data"];
/// The files whose text is checked.
const EXTENSIONS: [&str; 8] = ["rs", "toml", "md", "sh", "yml", "ts", "tsx", "css"];

/// One file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its path from the workspace's root.
    pub(crate) path: PathBuf,
    /// Its whole text.
    pub(crate) text: String,
}

impl Source {
    /// Whether it is a Rust file.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "rs")
    }
}

/// All files, in the order of their paths.
#[derive(Debug)]
pub(crate) struct Sources(Vec<Source>);

impl Sources {
    /// Reads every source file below `root`.
    pub(crate) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut sources = Vec::new();
        collect(root, root, &mut sources)?;
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self(sources))
    }

    /// The files one by one.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
    }

    /// The file at `path`, where there is one.
    pub(crate) fn get(&self, path: &Path) -> Option<&Source> {
        self.0.iter().find(|source| source.path == path)
    }
}

fn collect(root: &Path, dir: &Path, into: &mut Vec<Source>) -> anyhow::Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("read {}", dir.display()))? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let skipped = SKIPPED_DIRS.iter().any(|skipped| name == *skipped);
        let extension = path.extension().and_then(|extension| extension.to_str());
        if entry.file_type()?.is_dir() {
            if !skipped {
                collect(root, &path, into)?;
            }
        } else if extension.is_some_and(|extension| EXTENSIONS.contains(&extension)) {
            let text =
                fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
            let path = path.strip_prefix(root).expect("below the root").to_path_buf();
            into.push(Source { path, text });
        }
    }
    Ok(())
}
