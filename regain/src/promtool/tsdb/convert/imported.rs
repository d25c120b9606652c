//! What becomes of Prometheus' files once their samples are in the store: they move to
//! `regain/imported`, which then is a data directory as the Prometheus left it.
//!
//! The list of what is to be moved lies in the new store before that gets its name. So whatever stops the
//! moves, they are finished by the next one who comes by.

use std::path::Path;

use regain_prometheus_tsdb::entries_with_samples;
use regain_storage::fs::Fs;
use regain_storage::{Error, Result};

use super::STORE_DIR;

/// Where Prometheus' files go, in the store's directory.
const IMPORTED_DIR: &str = "imported";
/// Names what is still to be moved.
const MOVING: &str = "moving";

fn failed(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { operation, path, source }
}

/// Notes in the new store's directory `store` that the samples of `data` are in it.
pub(super) fn prepare(fs: &dyn Fs, store: &Path, data: &Path) -> Result<()> {
    let dir = store.join(IMPORTED_DIR);
    fs.create_dirs(&dir).map_err(failed("create", &dir))?;
    let names = entries_with_samples(fs, data)?;
    let path = dir.join(MOVING);
    let file = fs.create(&path).map_err(failed("create", &path))?;
    file.append(names.join("\n").as_bytes()).map_err(failed("write", &path))?;
    file.sync_data().map_err(failed("sync", &path))?;
    fs.sync_dir(&dir).map_err(failed("sync", &dir))
}

/// Moves what is still to be moved, and says whether there was something.
pub(super) fn settle(fs: &dyn Fs, data: &Path) -> Result<bool> {
    let dir = data.join(STORE_DIR).join(IMPORTED_DIR);
    let path = dir.join(MOVING);
    let file = match fs.open(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        file => file.map_err(failed("open", &path))?,
    };
    let size = file.size_bytes().map_err(failed("read", &path))?;
    let mut names = vec![0; usize::try_from(size).expect("a list of names fits memory")];
    file.read_at(0, &mut names).map_err(failed("read", &path))?;
    for name in String::from_utf8_lossy(&names).lines() {
        let from = data.join(name);
        match fs.rename(&from, &dir.join(name)) {
            // It was moved before.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            moved => moved.map_err(failed("rename", &from))?,
        }
    }
    for dir in [&dir, data] {
        fs.sync_dir(dir).map_err(failed("sync", dir))?;
    }
    fs.remove(&path).map_err(failed("remove", &path))?;
    fs.sync_dir(&dir).map_err(failed("sync", &dir))?;
    Ok(true)
}
