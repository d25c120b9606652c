//! Snapshots are whole or are not there, whatever stops them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_model::KeySeed;
use regain_prometheus_tsdb::{ExportError, Exported, PrometheusDir, Snapshots};
use regain_storage::fs::{Fs as _, MemFs};
use regain_storage::memory::MemoryStore;

use crate::all::all;
use crate::export::{ROWS, add, span};

const DATA: &str = "data";

fn take(store: &MemoryStore, fs: &MemFs, windows_max: u64) -> Result<Exported, ExportError> {
    let snapshots = Snapshots::new(Arc::new(fs.clone()), Path::new(DATA));
    snapshots.take("now", (store, Some(span(ROWS))), 1, &mut |progress| {
        progress.windows_done < windows_max
    })
}

/// What lies in the directory of snapshots.
fn names(fs: &MemFs) -> Vec<String> {
    fs.list_dirs(&PathBuf::from(DATA).join("snapshots")).unwrap()
}

fn opened(fs: &MemFs) -> PrometheusDir {
    PrometheusDir::open(fs, &PathBuf::from(DATA).join("snapshots/now"), KeySeed(3)).unwrap()
}

#[test]
fn a_snapshot_holds_everything_and_nothing_lies_beside_it() {
    let (store, fs) = (MemoryStore::new(), MemFs::default());
    add(&store, 0..ROWS);
    let done = take(&store, &fs, u64::MAX).unwrap();
    assert_eq!((done.series, done.blocks), (300, 6));
    assert_eq!(names(&fs), ["now"]);
    assert_eq!(all(&opened(&fs)), all(&store));
}

#[test]
fn one_that_is_stopped_leaves_nothing() {
    let (store, fs) = (MemoryStore::new(), MemFs::default());
    add(&store, 0..ROWS);
    assert!(matches!(take(&store, &fs, 2), Err(ExportError::Stopped)));
    assert_eq!(names(&fs), [""; 0]);
}

#[test]
fn a_power_cut_at_any_operation_leaves_a_whole_one_or_none() {
    let store = MemoryStore::new();
    add(&store, 0..600);
    let whole = MemFs::default();
    take(&store, &whole, u64::MAX).unwrap();
    let operations = whole.operations();
    assert!(operations > 20, "{operations}");
    for stop in 0..operations {
        let fs = MemFs::default();
        fs.stop_at(stop);
        take(&store, &fs, u64::MAX).unwrap_err();
        fs.cut_power(usize::MAX);
        if names(&fs).contains(&"now".to_owned()) {
            assert_eq!(all(&opened(&fs)), all(&store), "after operation {stop}");
            continue;
        }
        take(&store, &fs, u64::MAX).unwrap();
        assert_eq!(names(&fs), ["now"], "after operation {stop}");
        assert_eq!(all(&opened(&fs)), all(&store), "after operation {stop}");
    }
}
