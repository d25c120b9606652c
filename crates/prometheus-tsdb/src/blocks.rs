//! Blocks as a living store: they are queried while they come, lose samples, are merged and go.
//!
//! What queries see is one value that is exchanged as a whole; a query keeps what it has seen, and the files stay
//! readable for it although they are removed. A block is durable, name and all, before anybody sees it, and
//! what it was merged from goes after that; whatever stops in between leaves parents beside their child, which the
//! next start removes, as Prometheus does.
//!
//! **Invariants.** No clock and no threads: whoever owns the blocks calls [`Blocks::tick`] now and then, and
//! [`Blocks::compact`] on a thread of its own. Others may put blocks into the directory; nobody else changes one.

mod adopt;
mod compact;
mod cut;
mod delete;
mod merging;
mod open;
mod plan;
mod retain;
mod stats;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};

use hashbrown::HashMap;
use regain_model::{KeySeed, Matcher, Span, Timestamp};
use regain_storage::fs::Fs;
use regain_storage::{Ctx, Error, Marks, Queryable, Result, Retention, Snapshot};

use crate::block::Block;
use crate::content::{Content, Lost};
use crate::head::Head;
use crate::query::View;
use crate::ulid::Ulid;

pub use self::stats::BlocksStats;

/// To find a series of a block, to read its chunks and to decode them takes as long as so many series of rows do.
const SERIES_WEIGHT: usize = 4;

/// What a store of blocks is opened with.
#[derive(Clone, Debug)]
pub struct BlocksOptions {
    /// Makes the keys of series. Stores that are queried together have the same one.
    pub seed: KeySeed,
    /// How long samples are kept at first.
    pub retention: Retention,
    /// Blocks are merged up to this length, in milliseconds. 0 stands for Prometheus' own choice: a tenth of the
    /// time that samples are kept, and no more than 31 days.
    pub span_max_ms: i64,
    /// Whether start timestamps are written. Only Prometheus since 3.14 reads chunks with such.
    pub with_starts: bool,
}

/// The blocks in a data directory. Clones are the same store.
#[derive(Clone, Debug)]
pub struct Blocks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    fs: Arc<dyn Fs>,
    root: PathBuf,
    options: BlocksOptions,
    shown: RwLock<Shown>,
    retention: RwLock<Arc<Retention>>,
    /// The newest sample of everything that is queried together, as far as it is known.
    newest: AtomicI64,
    /// Held while what is shown changes, with the files behind it.
    changing: Mutex<Changing>,
    /// Held by whoever writes a new block of a store.
    cutting: Mutex<()>,
    /// Held by whoever merges blocks.
    compacting: Mutex<()>,
    counters: Counters,
}

/// What a query gets.
#[derive(Clone, Debug)]
struct Shown {
    content: Arc<Content>,
    marks: Arc<Marks>,
}

#[derive(Debug, Default)]
struct Changing {
    /// The directories of blocks that nobody sees any more.
    leaving: Vec<PathBuf>,
    /// How often blocks could not be read when they were to be merged.
    unreadable: HashMap<Ulid, u32>,
    /// Before which time each rule of the retention was applied.
    rule_cuts: HashMap<usize, i64>,
}

#[derive(Debug, Default)]
struct Counters {
    compactions_triggered: AtomicU64,
    compactions: AtomicU64,
    compactions_failed: AtomicU64,
    vertical_compactions: AtomicU64,
    time_retentions: AtomicU64,
    size_retentions: AtomicU64,
    reloads: AtomicU64,
    reloads_failed: AtomicU64,
}

impl Blocks {
    /// Opens the blocks in `root`, which is made where it is missing. What was cut short is put right; what
    /// cannot be read is left out and reported ([`Blocks::damages`]).
    pub fn open(fs: Arc<dyn Fs>, root: &Path, options: BlocksOptions) -> Result<Self> {
        let found = open::read_all(fs.as_ref(), root)?;
        let damages = found.lost.iter().map(|lost| Arc::clone(&lost.error));
        let failures = found.failures.into_iter().map(Arc::new);
        let content = Content {
            root: root.to_owned(),
            seed: options.seed,
            head: Head::default(),
            blocks: found.blocks,
            damages: Arc::new(damages.chain(failures).collect()),
            lost: found.lost,
            cache: Arc::default(),
        };
        let shown = Shown { content: Arc::new(content), marks: Arc::default() };
        Ok(Self(Arc::new(Inner {
            fs,
            root: root.to_owned(),
            shown: RwLock::new(shown),
            retention: RwLock::new(Arc::new(options.retention.clone())),
            options,
            newest: AtomicI64::new(i64::MIN),
            changing: Mutex::default(),
            cutting: Mutex::default(),
            compacting: Mutex::default(),
            counters: Counters::default(),
        })))
    }

    /// Keeps samples for so long from now on.
    pub fn set_retention(&self, retention: Retention) {
        let mut changing = self.0.changing();
        *self.0.retention.write().expect("no holder of this lock panics") = Arc::new(retention);
        changing.rule_cuts.clear();
    }

    /// The blocks that serve, by their first time.
    pub fn all(&self) -> Vec<Arc<Block>> {
        self.0.content().blocks.clone()
    }

    /// Between which times there may be samples, if there are any.
    pub fn span(&self) -> Option<Span> {
        self.0.content().span(Span::ALL)
    }

    /// The time before which blocks hold all samples that came in order. A block of late samples ends where its window does,
    /// which may be hours ahead.
    pub fn end(&self) -> Option<Timestamp> {
        let content = self.0.content();
        let whole = content.blocks.iter().map(|block| &block.meta).filter(|meta| meta.ends_head());
        whole.map(|meta| Timestamp(meta.max_time)).max()
    }

    /// What could not be read so far: of a block that was opened, the rest serves.
    pub fn damages(&self) -> Vec<Arc<Error>> {
        self.0.content().damages.to_vec()
    }
}

impl Inner {
    fn shown(&self) -> Shown {
        self.shown.read().expect("no holder of this lock panics").clone()
    }

    fn content(&self) -> Arc<Content> {
        self.shown().content
    }

    fn changing(&self) -> MutexGuard<'_, Changing> {
        self.changing.lock().expect("no holder of this lock panics")
    }

    fn retention(&self) -> Arc<Retention> {
        Arc::clone(&self.retention.read().expect("no holder of this lock panics"))
    }

    /// Shows other blocks from now on. `lowest` is the time of the first sample that has come or gone, if any
    /// has. Whoever calls this holds the lock on changes.
    fn show(&self, blocks: Vec<Arc<Block>>, lowest: Option<i64>) {
        let lost = self.content().lost.clone();
        self.show_all(blocks, lost, lowest);
    }

    /// Shows other blocks, and other ones that cannot be opened.
    fn show_all(&self, mut blocks: Vec<Arc<Block>>, lost: Vec<Arc<Lost>>, lowest: Option<i64>) {
        blocks.sort_by_key(|block| (block.meta.min_time, block.meta.ulid));
        let mut shown = self.shown.write().expect("no holder of this lock panics");
        let before = &shown.content;
        shown.content = Arc::new(Content {
            root: before.root.clone(),
            seed: before.seed,
            head: Head::default(),
            blocks,
            lost,
            damages: Arc::clone(&before.damages),
            cache: Arc::clone(&before.cache),
        });
        if let Some(lowest) = lowest {
            Arc::make_mut(&mut shown.marks).note(Timestamp(lowest));
        }
    }

    /// Removes the files of blocks that nobody sees any more. A query that has them open reads on; what cannot be
    /// removed is tried again.
    fn remove_leaving(&self, changing: &mut Changing) -> Result<()> {
        while let Some(dir) = changing.leaving.last() {
            open::remove(self.fs.as_ref(), &self.root, dir)?;
            changing.leaving.pop();
        }
        Ok(())
    }

    /// The newest sample that is known of.
    fn newest(&self, content: &Content) -> i64 {
        let in_blocks = content.blocks.iter().map(|block| block.meta.max_time).max();
        // Ordering: a time that moves slowly.
        in_blocks.unwrap_or(i64::MIN).max(self.newest.load(Ordering::Relaxed))
    }
}

impl Counters {
    /// Counts one thing more.
    fn count(counter: &AtomicU64) {
        // Ordering: a counter that guards no other memory.
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn get(counter: &AtomicU64) -> u64 {
        // Ordering: as above.
        counter.load(Ordering::Relaxed)
    }
}

impl Queryable for Blocks {
    fn snapshot(&self, span: Span, _ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        let Shown { content, marks } = self.0.shown();
        Ok(Arc::new(View { content, span, marks }))
    }

    fn series_max(&self, matchers: &[Matcher], span: Span) -> usize {
        self.0.content().series_max(matchers, span).saturating_mul(SERIES_WEIGHT)
    }

    fn texts_max(&self, name: Option<&str>, span: Span) -> usize {
        self.0.content().texts_max(name, span)
    }
}
