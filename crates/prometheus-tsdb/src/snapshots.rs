//! Snapshots: what a running store held at a moment, as blocks in a directory of their own.
//!
//! A snapshot grows under a name that says so, and gets its own when all of it is durable. Whatever stops
//! in between leaves something that the next snapshot, or the next start, removes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_model::Span;
use regain_storage::fs::Fs;
use regain_storage::{Error, Queryable};

use crate::export::{ExportError, ExportOptions, ExportProgress, Exported, export};

/// Where snapshots are in a data directory.
const SNAPSHOTS_DIR: &str = "snapshots";
/// What is behind a snapshot's name while it is written.
const UNFINISHED: &str = ".unfinished";

/// The snapshots of a data directory. No two are to be taken at once.
#[derive(Clone, Debug)]
pub struct Snapshots {
    fs: Arc<dyn Fs>,
    dir: PathBuf,
}

impl Snapshots {
    /// Those in the data directory `data`.
    pub fn new(fs: Arc<dyn Fs>, data: &Path) -> Self {
        Self { fs, dir: data.join(SNAPSHOTS_DIR) }
    }

    /// Writes the samples of `store` in `span` to the snapshot `name`, with all that Prometheus since 3.14
    /// reads; without a span there are none. `origin` and `go_on` are as for [`export()`].
    pub fn take(
        &self,
        name: &str,
        (store, span): (&dyn Queryable, Option<Span>),
        origin: u32,
        go_on: &mut dyn FnMut(ExportProgress) -> bool,
    ) -> Result<Exported, ExportError> {
        self.clear()?;
        let path = self.dir.join(name);
        let root = self.dir.join(format!("{name}{UNFINISHED}"));
        let options = ExportOptions { root, origin, with_starts: true };
        let taken = match span {
            Some(span) => export(store, span, &self.fs, &options, go_on),
            None => Ok(Exported::default()),
        };
        let named = taken.and_then(|done| {
            if done.blocks == 0 {
                self.fs.create_dirs(&path).map_err(failed("create", &path))?;
                return Ok(done);
            }
            self.fs.rename(&options.root, &path).map_err(failed("rename", &options.root))?;
            self.fs.sync_dir(&self.dir).map_err(failed("sync", &self.dir))?;
            Ok(done)
        });
        match (named, self.clear()) {
            (Ok(_), Err(error)) => Err(error.into()),
            // What an attempt has left is tried again by the next; why it failed says more.
            (named, _) => named,
        }
    }

    /// Removes what attempts have left that were cut short.
    pub fn clear(&self) -> regain_storage::Result<()> {
        let names = match self.fs.list_dirs(&self.dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            names => names.map_err(failed("list", &self.dir))?,
        };
        for name in names.iter().filter(|name| name.ends_with(UNFINISHED)) {
            let path = self.dir.join(name);
            self.fs.remove_dir_all(&path).map_err(failed("remove", &path))?;
        }
        Ok(())
    }
}

fn failed(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { operation, path, source }
}
