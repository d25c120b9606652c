//! What is in the directory when it is opened, and how blocks leave it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hashbrown::HashSet;
use regain_storage::fs::Fs;
use regain_storage::{Error, Result};

use crate::block::Block;
use crate::content::Lost;
use crate::dir::open_all;
use crate::ulid::Ulid;
use crate::writer::{UNFINISHED, failed};

/// What is behind a block's name while it is removed.
const REMOVED: &str = ".tmp-for-deletion";

/// What a directory has.
#[derive(Debug)]
pub(super) struct Found {
    /// By their first time.
    pub(super) blocks: Vec<Arc<Block>>,
    pub(super) lost: Vec<Arc<Lost>>,
    /// Why something that is to go could not be removed.
    pub(super) failures: Vec<Error>,
}

/// Opens the blocks in `root`. What was cut short is removed, and so are blocks that another was merged out of.
pub(super) fn read_all(fs: &dyn Fs, root: &Path) -> Result<Found> {
    fs.create_dirs(root).map_err(failed("create", root))?;
    let mut failures = Vec::new();
    for name in fs.list_dirs(root).map_err(failed("list", root))? {
        if is_unfinished(&name) {
            let dir = root.join(name);
            failures.extend(fs.remove_dir_all(&dir).map_err(failed("remove", &dir)).err());
        }
    }
    let (blocks, lost) = open_all(fs, root)?;
    let mut found = Found { blocks, lost, failures };
    found.remove_superseded(fs, root);
    Ok(found)
}

/// Whether a directory holds what was to be a block, or was one.
fn is_unfinished(name: &str) -> bool {
    let of_block =
        |suffix| name.strip_suffix(suffix).is_some_and(|name| name.parse::<Ulid>().is_ok());
    of_block(UNFINISHED) || of_block(REMOVED)
}

impl Found {
    /// Removes the parents of blocks that can be read, whether they can be read themselves or not, and blocks of
    /// which nothing was left when they were merged.
    fn remove_superseded(&mut self, fs: &dyn Fs, root: &Path) {
        let parents = self.blocks.iter().flat_map(|block| &block.meta.compaction.parents);
        let parents: HashSet<Ulid> = parents.map(|parent| parent.ulid).collect();
        let gone = |block: &mut Arc<Block>| {
            parents.contains(&block.meta.ulid) || block.meta.compaction.deletable
        };
        let mut superseded: Vec<PathBuf> =
            self.blocks.extract_if(.., gone).map(|block| block.dir.clone()).collect();
        let name = |dir: &Path| dir.file_name()?.to_str()?.parse::<Ulid>().ok();
        let gone =
            |lost: &mut Arc<Lost>| name(&lost.dir).is_some_and(|ulid| parents.contains(&ulid));
        superseded.extend(self.lost.extract_if(.., gone).map(|lost| lost.dir.clone()));
        self.failures.extend(superseded.iter().filter_map(|dir| remove(fs, root, dir).err()));
    }
}

/// Whether an error is about a file in `dir`.
pub(super) fn is_within(error: &Error, dir: &Path) -> bool {
    match error {
        Error::Corrupt { path, .. }
        | Error::Io { path, .. }
        | Error::UnknownVersion { path, .. } => path.starts_with(dir),
        _ => false,
    }
}

/// Removes the block in `dir`, so that at any moment all of it is there or nothing. What an attempt before has
/// left is removed, too.
pub(super) fn remove(fs: &dyn Fs, root: &Path, dir: &Path) -> Result<()> {
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push(REMOVED);
    let removed = root.join(name);
    unless_missing(fs.rename(dir, &removed)).map_err(failed("rename", dir))?;
    // Were the new name lost and not what comes next, part of a block would be left.
    fs.sync_dir(root).map_err(failed("sync", root))?;
    unless_missing(fs.remove_dir_all(&removed)).map_err(failed("remove", &removed))
}

/// Nothing, where something was not there.
fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
