//! A data directory of Prometheus, as it stands on disk.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use regain_model::{Exemplar, KeySeed, Labels, Metadata};
use regain_storage::fs::Fs;
use regain_storage::{Error, Result};

use crate::block::Block;
use crate::content::{Content, Lost};
use crate::head::{self, CHUNKS_DIR, SNAPSHOT_PREFIX, WAL_DIR, WBL_DIR};
use crate::meta::Meta;
use crate::names;
use crate::ulid::Ulid;

/// A data directory, opened for reading: its blocks, and its head in memory. Nothing is written.
///
/// What cannot be read is left out and reported; the rest serves.
#[derive(Clone, Debug)]
pub struct PrometheusDir {
    pub(crate) content: Arc<Content>,
    beside: Arc<Beside>,
}

/// What the logs hold that queries do not see.
#[derive(Debug)]
struct Beside {
    unknown_samples: u64,
    exemplars: Vec<(Labels, Exemplar)>,
    metadata: BTreeSet<(String, Metadata)>,
}

impl PrometheusDir {
    /// Opens the directory `root`. `seed` makes the keys of its series.
    pub fn open(fs: &dyn Fs, root: &Path, seed: KeySeed) -> Result<Self> {
        Self::of_blocks(fs, (root, seed), open_all(fs, root)?)
    }

    /// Opens what `root` holds beside its blocks: the logs, the chunks that were written early, the snapshot. What of it
    /// was cut into blocks as `id` before ([`BlockFormat::write`](regain_storage::BlockFormat::write)) is there once more,
    /// so that a cut which did not come to its end finds the same again.
    pub fn open_head(fs: &dyn Fs, root: &Path, seed: KeySeed, id: u64) -> Result<Self> {
        let (mut blocks, lost) = open_all(fs, root)?;
        let origin = names::origin_of(seed);
        blocks.retain(|block| block.meta.ulid != names::cut(origin, block.span(), id));
        let Self { content, beside } = Self::of_blocks(fs, (root, seed), (blocks, lost))?;
        let mut content = Arc::into_inner(content).expect("nobody else has it yet");
        content.blocks.clear();
        content.lost.clear();
        Ok(Self { content: Arc::new(content), beside })
    }

    fn of_blocks(
        fs: &dyn Fs,
        (root, seed): (&Path, KeySeed),
        (blocks, lost): Opened,
    ) -> Result<Self> {
        let in_blocks = blocks.iter().filter(|block| block.meta.ends_head());
        let min_valid = in_blocks.map(|block| block.meta.max_time).max().unwrap_or(i64::MIN);
        let (head, found) = head::load(fs, root, min_valid)?;
        let damages = lost.iter().map(|lost| Arc::clone(&lost.error));
        let damages = Arc::new(damages.chain(found.damages.into_iter().map(Arc::new)).collect());
        let beside = Beside {
            unknown_samples: found.unknown,
            exemplars: found.exemplars,
            metadata: found.metadata,
        };
        let content = Content {
            root: root.to_owned(),
            seed,
            head,
            blocks,
            lost,
            damages,
            cache: Arc::default(),
        };
        Ok(Self { content: Arc::new(content), beside: Arc::new(beside) })
    }

    /// The blocks that can be read, by their first time.
    pub fn blocks(&self) -> &[Arc<Block>] {
        &self.content.blocks
    }

    /// How many series the head has.
    pub fn head_series(&self) -> usize {
        self.content.head.series.len()
    }

    /// What could not be read so far.
    pub fn damages(&self) -> Vec<Arc<Error>> {
        self.content.damages.to_vec()
    }

    /// The exemplars of the log with the labels of their series, in the order in which they came.
    pub fn exemplars(&self) -> &[(Labels, Exemplar)] {
        &self.beside.exemplars
    }

    /// What the log says about metrics, by the name of the family.
    pub fn metadata(&self) -> impl Iterator<Item = (&str, &Metadata)> {
        self.beside.metadata.iter().map(|(name, metadata)| (name.as_str(), metadata))
    }

    /// How many samples of the logs belong to series that no record names.
    pub fn unknown_samples(&self) -> u64 {
        self.beside.unknown_samples
    }
}

/// Whether the directory `root`, which need not be there, holds samples of a Prometheus: blocks, or a log
/// with something in it.
pub fn holds_samples(fs: &dyn Fs, root: &Path) -> Result<bool> {
    let dirs = listed("list", root, fs.list_dirs(root))?;
    Ok(dirs.iter().any(|name| name.parse::<Ulid>().is_ok()) || holds_head(fs, root)?)
}

/// Whether the directory `root` holds samples of a Prometheus that are in no block: a log with something in it.
pub fn holds_head(fs: &dyn Fs, root: &Path) -> Result<bool> {
    for dir in [WAL_DIR, WBL_DIR].map(|name| root.join(name)) {
        if !listed("list", &dir, fs.list_dirs(&dir))?.is_empty() {
            return Ok(true);
        }
        for path in listed("list", &dir, fs.list(&dir))?.iter().map(|name| dir.join(name)) {
            let size = fs.open(&path).and_then(|file| file.size_bytes());
            let failed = |source| Error::Io { operation: "read", path: path.clone(), source };
            if size.map_err(failed)? > 0 {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether the directory `root` holds blocks that are not of the store whose keys have this seed, neither as they were
/// written nor merged.
pub fn holds_foreign_blocks(fs: &dyn Fs, root: &Path, seed: KeySeed) -> Result<bool> {
    let origin = names::origin_of(seed);
    let is_own =
        |ulid: &Ulid| names::is_cut(origin, *ulid) || names::span_of(origin, *ulid).is_some();
    for name in listed("list", root, fs.list_dirs(root))? {
        if name.parse::<Ulid>().is_err() {
            continue;
        }
        match Meta::read(fs, &root.join(name)) {
            Ok(meta) if meta.compaction.sources.iter().all(is_own) => {}
            // What has no description yet, or no longer, is no block.
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// The directories of the data directory `root` that hold samples which are in no block: logs, chunks of the head, snapshots.
pub fn entries_of_head(fs: &dyn Fs, root: &Path) -> Result<Vec<String>> {
    let mut names = entries_with_samples(fs, root)?;
    names.retain(|name| name.parse::<Ulid>().is_err());
    Ok(names)
}

/// The files and directories of the data directory `root` that hold samples: blocks, logs, chunks of
/// the head, snapshots.
pub fn entries_with_samples(fs: &dyn Fs, root: &Path) -> Result<Vec<String>> {
    let mut names = listed("list", root, fs.list_dirs(root))?;
    names.retain(|name| {
        name.parse::<Ulid>().is_ok()
            || name.starts_with(SNAPSHOT_PREFIX)
            || [WAL_DIR, WBL_DIR, CHUNKS_DIR].contains(&name.as_str())
    });
    Ok(names)
}

/// What a directory lists; one that is not there has nothing.
fn listed(
    operation: &'static str,
    path: &Path,
    names: std::io::Result<Vec<String>>,
) -> Result<Vec<String>> {
    match names {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        names => names.map_err(|source| Error::Io { operation, path: path.to_owned(), source }),
    }
}

/// Opens the blocks in `root`, by their first time. What cannot be opened comes as errors.
pub fn open_blocks(fs: &dyn Fs, root: &Path) -> Result<(Vec<Arc<Block>>, Vec<Error>)> {
    let (blocks, lost) = open_all(fs, root)?;
    // Nobody else has them yet, so that all come out.
    let errors = lost.into_iter().filter_map(Arc::into_inner).map(|lost| lost.error);
    Ok((blocks, errors.filter_map(Arc::into_inner).collect()))
}

/// Blocks by their first time, and those that cannot be opened.
type Opened = (Vec<Arc<Block>>, Vec<Arc<Lost>>);

/// Opens the blocks in `root`.
pub(crate) fn open_all(fs: &dyn Fs, root: &Path) -> Result<Opened> {
    let names = fs.list_dirs(root).map_err(|source| Error::Io {
        operation: "list",
        path: root.to_owned(),
        source,
    })?;
    let (mut blocks, mut lost) = (Vec::new(), Vec::new());
    for name in names.iter().filter(|name| name.parse::<Ulid>().is_ok()) {
        let dir = root.join(name);
        match Block::open(fs, &dir) {
            Ok(block) => blocks.push(Arc::new(block)),
            Err(error) => {
                let meta = Meta::read(fs, &dir).ok();
                lost.push(Arc::new(Lost { dir, meta, error: Arc::new(error) }));
            }
        }
    }
    blocks.sort_by_key(|block| (block.meta.min_time, block.meta.ulid));
    Ok((blocks, lost))
}
