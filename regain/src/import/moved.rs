//! What becomes of Prometheus' files once their samples are in the store: they move to
//! `regain/imported`, which then is a data directory as the Prometheus left it.
//!
//! The list of what is to be moved lies in the store's directory before anything is: in a new store before that
//! gets its name. So whatever stops the moves, they are finished by the next one who comes by.

use std::path::Path;

use regain_storage::fs::Fs;
use regain_storage::{Error, Result};

use crate::format::STORE_DIR;

/// Where Prometheus' files go, in the store's directory.
const IMPORTED_DIR: &str = "imported";
/// Names what is still to be moved: a name a line, and behind a tab where it goes.
const MOVING: &str = "moving";

fn failed(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { operation, path, source }
}

/// Notes in the store's directory `store` that the samples of what `names` names in the data directory are in it.
pub(crate) fn prepare(fs: &dyn Fs, store: &Path, names: &[String]) -> Result<()> {
    let dir = store.join(IMPORTED_DIR);
    fs.create_dirs(&dir).map_err(failed("create", &dir))?;
    let before = fs.list_dirs(&dir).map_err(failed("list", &dir))?;
    // What was moved before stays as it is: the next ones go below a number.
    let place = if before.is_empty() {
        String::new()
    } else {
        let is_free = |number: &usize| !before.contains(&number.to_string());
        let free = (2..=before.len() + 2).find(is_free);
        format!("{}/", free.expect("there are more numbers than names"))
    };
    let lines: Vec<String> = names.iter().map(|name| format!("{name}\t{place}{name}")).collect();
    let (path, tmp) = (dir.join(MOVING), dir.join("moving.tmp"));
    let file = fs.create(&tmp).map_err(failed("create", &tmp))?;
    file.append(lines.join("\n").as_bytes()).map_err(failed("write", &tmp))?;
    file.sync_data().map_err(failed("sync", &tmp))?;
    fs.rename(&tmp, &path).map_err(failed("rename", &tmp))?;
    fs.sync_dir(&dir).map_err(failed("sync", &dir))
}

/// Moves what is still to be moved, and says whether there was something.
pub(crate) fn settle(fs: &dyn Fs, data: &Path) -> Result<bool> {
    let dir = data.join(STORE_DIR).join(IMPORTED_DIR);
    let path = dir.join(MOVING);
    let file = match fs.open(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        file => file.map_err(failed("open", &path))?,
    };
    let size = file.size_bytes().map_err(failed("read", &path))?;
    let mut names = vec![0; usize::try_from(size).expect("a list of names fits memory")];
    file.read_at(0, &mut names).map_err(failed("read", &path))?;
    for line in String::from_utf8_lossy(&names).lines() {
        let (name, place) = line.split_once('\t').unwrap_or((line, line));
        let (from, to) = (data.join(name), dir.join(place));
        let above = to.parent().unwrap_or(&dir);
        fs.create_dirs(above).map_err(failed("create", above))?;
        match fs.rename(&from, &to) {
            // It was moved before.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            moved => moved.map_err(failed("rename", &from))?,
        }
        fs.sync_dir(above).map_err(failed("sync", above))?;
    }
    for dir in [&dir, data] {
        fs.sync_dir(dir).map_err(failed("sync", dir))?;
    }
    fs.remove(&path).map_err(failed("remove", &path))?;
    fs.sync_dir(&dir).map_err(failed("sync", &dir))?;
    Ok(true)
}
