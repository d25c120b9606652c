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

#[cfg(test)]
mod tests {
    use regain_storage::fs::RealFs;

    use super::*;

    #[test]
    fn what_was_moved_before_stays_and_a_list_is_gone_through_to_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path();
        let put = |path: &str| {
            let path = data.join(path);
            RealFs.create_dirs(path.parent().unwrap()).unwrap();
            RealFs.create(&path).unwrap();
        };
        for round in ["first", "second", "third"] {
            put(&format!("wal/{round}"));
            put(&format!("chunks_head/{round}"));
            let names = ["chunks_head", "wal"].map(str::to_owned);
            prepare(&RealFs, &data.join(STORE_DIR), &names).unwrap();
            // One was moved before whoever did it was stopped.
            if round == "first" {
                let to = data.join("regain/imported/chunks_head");
                RealFs.rename(&data.join("chunks_head"), &to).unwrap();
            }
            assert!(settle(&RealFs, data).unwrap());
            assert!(!settle(&RealFs, data).unwrap(), "all is done");
            assert!(!data.join("wal").exists() && !data.join("chunks_head").exists());
        }
        for path in ["wal/first", "chunks_head/first", "2/wal/second", "3/chunks_head/third"] {
            assert!(data.join("regain/imported").join(path).exists(), "{path}");
        }
    }
}
