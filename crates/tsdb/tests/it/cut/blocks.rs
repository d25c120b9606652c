//! Blocks in files of a few lines, each of one window.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use regain_model::{Labels, Span, Timestamp};
use regain_storage::fs::{Fs as _, MemFs};
use regain_storage::memory::MemoryStore;
use regain_storage::{BlockFormat, Ctx, Error, Queryable, Result, Snapshot, Written};

use crate::store::try_content;

const DIR: &str = "/data/blocks";

/// Blocks in `/data/blocks`. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Blocks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    fs: MemFs,
    /// What the files hold, by their names.
    found: Mutex<BTreeMap<String, String>>,
    calls: AtomicU64,
}

impl Blocks {
    pub(crate) fn open(fs: &MemFs) -> Self {
        let mut found = BTreeMap::new();
        for path in fs.paths() {
            if path.starts_with(DIR) && path.extension().is_none() {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                found.insert(name, String::from_utf8(fs.bytes(&path).unwrap()).unwrap());
            }
        }
        Self(Arc::new(Inner { fs: fs.clone(), found: Mutex::new(found), calls: AtomicU64::new(0) }))
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.found.lock().unwrap().keys().cloned().collect()
    }

    /// The times that blocks are of.
    pub(crate) fn spans(&self) -> Vec<(i64, i64)> {
        let span = |name: &String| {
            let mut numbers = name.split('_').map(|number| number.parse().unwrap());
            (numbers.next().unwrap(), numbers.next().unwrap())
        };
        let mut spans: Vec<(i64, i64)> = self.names().iter().map(span).collect();
        spans.sort_unstable();
        spans
    }

    /// How often something was to be written.
    pub(crate) fn calls(&self) -> u64 {
        self.0.calls.load(Ordering::SeqCst)
    }

    fn write_file(&self, name: &str, text: &str) -> std::io::Result<()> {
        let fs = &self.0.fs;
        let (path, tmp) = (Path::new(DIR).join(name), PathBuf::from(DIR).join("block.tmp"));
        fs.create_dirs(Path::new(DIR))?;
        let file = fs.create(&tmp)?;
        file.append(text.as_bytes())?;
        file.sync_data()?;
        fs.rename(&tmp, &path)?;
        fs.sync_dir(Path::new(DIR))
    }

    fn memory(&self) -> MemoryStore {
        let mut all: BTreeMap<Labels, BTreeMap<i64, u64>> = BTreeMap::new();
        for text in self.0.found.lock().unwrap().values() {
            let mut samples = None;
            for line in text.lines() {
                if let Some(pairs) = line.strip_prefix("series\t") {
                    let pairs = pairs.split('\t').map(|pair| pair.split_once('=').unwrap());
                    samples = Some(all.entry(Labels::from_pairs(pairs)).or_default());
                    continue;
                }
                let (time, bits) = line.split_once(' ').unwrap();
                let (time, bits) = (time.parse().unwrap(), bits.parse().unwrap());
                let before = samples.as_mut().unwrap().insert(time, bits);
                assert!(before.is_none_or(|before| before == bits), "two values at {time}");
            }
        }
        let store = MemoryStore::new();
        for (labels, samples) in all {
            let samples =
                samples.into_iter().map(|(time, bits)| (Timestamp(time), f64::from_bits(bits)));
            store.add(&labels, samples).unwrap();
        }
        store
    }
}

impl BlockFormat for Blocks {
    fn write(&self, store: &dyn Queryable, span: Span, id: u64) -> Result<Written> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        let name = format!("{}_{}_{id}", span.min.0, span.max.0);
        if self.0.found.lock().unwrap().contains_key(&name) {
            return Ok(Written::default());
        }
        let (mut text, mut written) = (String::new(), Written { blocks: 1, ..Written::default() });
        for (series, samples) in try_content(store, &[], span)? {
            let labels = series.trim_matches(['{', '}']).replace("\", ", "\t").replace("=\"", "=");
            writeln!(text, "series\t{}", labels.trim_end_matches('"')).unwrap();
            written.series += 1;
            for (time, bits) in samples {
                writeln!(text, "{time} {bits}").unwrap();
                written.samples += 1;
            }
        }
        if text.is_empty() {
            return Ok(Written::default());
        }
        let failed = |source| Error::Io { operation: "write", path: DIR.into(), source };
        self.write_file(&name, &text).map_err(failed)?;
        self.0.found.lock().unwrap().insert(name, text);
        Ok(written)
    }
}

impl Queryable for Blocks {
    fn snapshot(&self, span: Span, ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        self.memory().snapshot(span, ctx)
    }
}
