//! `queries.active`: the queries that run, in a file, so that the next start can say which ones a crash has ended.
//!
//! The file is upstream's (`promql/query_logger.go`, 3.14): a `[`, and then a slot of 1000 bytes for each query that
//! may run at once, zeros where none does, otherwise a JSON object and a comma in the slot's last byte.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use regain_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::json;

const FILE_NAME: &str = "queries.active";
const SLOT_BYTES: usize = 1000;

/// The file while the server runs.
#[derive(Debug)]
pub struct ActiveLog {
    file: File,
    /// Where free slots begin.
    free: Mutex<Vec<u64>>,
    unfinished: Vec<Unfinished>,
}

/// A query that did not finish before the process ended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Unfinished {
    /// Its text, or the beginning of it.
    pub(crate) query: String,
    /// When it began, in seconds since the Unix epoch.
    #[serde(rename(deserialize = "timestamp_sec", serialize = "since"))]
    pub(crate) since: i64,
}

impl ActiveLog {
    /// Starts the file in `dir` anew, with a slot for each of `slots` queries. What a former process left in it is
    /// logged.
    pub fn open(dir: &Path, slots: usize) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let path = dir.join(FILE_NAME);
        let size = 1 + slots * SLOT_BYTES;
        let left = left_by_others(&path, size)?;
        if let Some(queries) = &left {
            tracing::info!(
                component = "activeQueryTracker",
                queries,
                "These queries didn't finish in prometheus' last run:"
            );
        }
        let file = File::create(&path)?;
        file.set_len(size as u64)?;
        file.write_all_at(b"[", 0)?;
        file.sync_all()?;
        let unfinished = left.and_then(|left| serde_json::from_str(&left).ok()).unwrap_or_default();
        let free = (0..slots).rev().map(|slot| (1 + slot * SLOT_BYTES) as u64).collect();
        Ok(Self { file, free: Mutex::new(free), unfinished })
    }

    /// What a former process left.
    pub(crate) fn unfinished(&self) -> &[Unfinished] {
        &self.unfinished
    }

    /// Notes a query that begins at `now`, until what is returned is dropped.
    pub(super) fn enter(self: &Arc<Self>, query: &str, now: Timestamp) -> Option<ActiveQuery> {
        let at = self.free.lock().expect("no holder of this lock panics").pop()?;
        self.write(at, &slot(query, now.0.div_euclid(1000)));
        Some(ActiveQuery { log: Arc::clone(self), at })
    }

    /// A file that is only read after a crash must not end a query.
    fn write(&self, at: u64, slot: &[u8; SLOT_BYTES]) {
        if let Err(error) = self.file.write_all_at(slot, at) {
            tracing::debug!(err = %error, "Cannot write to the log of active queries");
        }
    }
}

/// A query's place in the file.
#[derive(Debug)]
pub(super) struct ActiveQuery {
    log: Arc<ActiveLog>,
    at: u64,
}

impl Drop for ActiveQuery {
    fn drop(&mut self) {
        self.log.write(self.at, &[0; SLOT_BYTES]);
        self.log.free.lock().expect("no holder of this lock panics").push(self.at);
    }
}

/// The bytes of a slot: the query is cut where it does not fit.
fn slot(query: &str, since: i64) -> [u8; SLOT_BYTES] {
    let tail = format!(",\"timestamp_sec\":{since}}}");
    let mut entry = b"{\"query\":\"\"".to_vec();
    let room = SLOT_BYTES - 1 - tail.len();
    let mut kept = query.floor_char_boundary(room - entry.len());
    loop {
        entry.truncate(b"{\"query\":".len());
        json::append_string(&mut entry, query.get(..kept).unwrap_or_default());
        if entry.len() <= room {
            break;
        }
        // Some characters are longer once they are escaped.
        kept = query.floor_char_boundary(kept - (entry.len() - room).div_ceil(6).min(kept));
    }
    entry.extend_from_slice(tail.as_bytes());
    let mut slot = [0; SLOT_BYTES];
    slot[..entry.len()].copy_from_slice(&entry);
    slot[SLOT_BYTES - 1] = b',';
    slot
}

/// The queries in a file of at most `size_bytes`, as a JSON list; `None` where there are none.
fn left_by_others(path: &Path, size_bytes: usize) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(size_bytes as u64).read_to_end(&mut bytes)?;
    bytes.retain(|&byte| byte != 0);
    // The last comma, or the bracket itself.
    bytes.pop();
    if bytes.is_empty() {
        return Ok(None);
    }
    bytes.push(b']');
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_finds_what_a_crash_has_ended() {
        let dir = tempfile::tempdir().unwrap();
        let log = Arc::new(ActiveLog::open(dir.path(), 3).unwrap());
        assert_eq!(log.unfinished(), []);
        let first = log.enter("up{a=\"<1>\"}", Timestamp(7_999)).unwrap();
        let second = log.enter("gone", Timestamp(8_000)).unwrap();
        let third = log.enter(&"\u{1}ä".repeat(900), Timestamp(9_000)).unwrap();
        assert!(log.enter("no slot is left", Timestamp(9_000)).is_none());
        drop(second);
        let size = fs::metadata(dir.path().join(FILE_NAME)).unwrap().len();
        assert_eq!(size, 1 + 3 * 1000);
        // What a killed process leaves: nothing has been dropped.
        let left = tempfile::tempdir().unwrap();
        fs::copy(dir.path().join(FILE_NAME), left.path().join(FILE_NAME)).unwrap();
        drop((first, third));
        let unfinished = ActiveLog::open(left.path(), 3).unwrap().unfinished;
        assert_eq!(unfinished[0], Unfinished { query: "up{a=\"<1>\"}".to_owned(), since: 7 });
        assert!(unfinished[1].query.starts_with("\u{1}ä\u{1}ä") && unfinished[1].since == 9);
        assert_eq!(unfinished.len(), 2);
        assert_eq!(ActiveLog::open(dir.path(), 3).unwrap().unfinished, []);
    }
}
