//! The store: opening, appending, sealing, asking.

mod append;
mod archived;
mod archives;
mod batch_times;
mod by_lane;
mod caches;
mod cardinality;
mod cut;
mod delete;
mod evict;
mod exemplars;
mod health;
mod labelling;
mod limits;
mod listed;
mod locate;
mod look;
mod losses;
mod mend;
mod merge;
mod metadata;
mod open;
mod part;
mod read;
mod recent;
mod recover;
mod replay;
mod rows;
mod seal;
mod select;
mod shared;
mod sketch;
mod snapshot;
mod staged;
mod stale;
mod stats;
mod tick;
mod unnoted;
mod unread;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak,
};

use hashbrown::{HashMap, HashSet};
use regain_model::{KeySeed, Matcher, Metadata, Span, Timestamp};
use regain_storage::fs::{FileLock, Fs};
use regain_storage::{
    Appendable, Appender, Ctx, Error, LaneKey, Marks, Queryable, Result, Retention,
    SeriesExemplars, Snapshot, Trouble,
};

use crate::cardinality::{Memory, Usage};
use crate::exemplars::Exemplars;
use crate::index::Index;
use crate::lane::{Lane, Newest};
use crate::layout::{Layout, io_error};
use crate::limits::Admission;
use crate::manifest::Manifest;
use crate::metadata::MetadataTable;
use crate::options::Options;
use crate::report::ReplayReport;
use crate::series_log::SeriesLog;
use crate::view::{Seal, View};
use crate::wal::Wal;

pub use cardinality::{By, Cardinality, CardinalityQuery, Group, SortBy};
pub use health::{Health, SetAside};
pub use look::SegmentFacts;
pub use stats::{HeadStats, LabelStats, Stats};
pub use unnoted::Unnoted;
pub use unread::UnreadLog;

/// A store in a directory. Clones share it.
#[derive(Clone, Debug)]
pub struct Db(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    fs: Arc<dyn Fs>,
    layout: Layout,
    options: Options,
    retention: RwLock<Arc<Retention>>,
    seed: KeySeed,
    index: RwLock<Index>,
    lanes: RwLock<Lanes>,
    /// The newest sample of every series that several lanes write.
    shared: Mutex<HashMap<u32, Arc<Newest>>>,
    /// Held while a batch with such series is committed.
    shared_commits: Mutex<()>,
    wal: Wal,
    /// The size of the log's files before the current one.
    wal_closed_bytes: AtomicU64,
    series_log: Mutex<SeriesLog>,
    view: Mutex<Arc<View>>,
    /// What has changed since when, for caches of what queries have read.
    marks: Mutex<Marks>,
    /// Held by whoever changes the set of files.
    files: Mutex<Files>,
    /// Held by whoever merges segments.
    merging: Mutex<()>,
    /// Held by whoever deletes samples, and while some are on their way into blocks.
    deleting: Mutex<()>,
    exemplars: Exemplars,
    metadata: Mutex<MetadataTable>,
    counters: Counters,
    /// Decides about new series.
    admission: Admission,
    /// What queries have selected since the last tick.
    usage: Usage,
    /// What is remembered about the number of series.
    memory: Mutex<Memory>,
    health: Mutex<health::Known>,
    closed: AtomicBool,
    /// Whether what the log held is there; until then the store answers queries and does nothing else.
    is_whole: AtomicBool,
    /// Where those wait who have samples before that.
    opening: regain_storage::Gate,
    caches: caches::Caches,
    /// How late a sample may come, see [`Db::set_late_max`].
    late_max_ms: AtomicI64,
    /// Up to where blocks beside the store have samples, see [`Db::set_blocks_end`].
    blocks_end: AtomicI64,
    /// The bits of a float, see [`Db::set_stale_share_max`].
    stale_share_max: AtomicU64,
    /// Later samples are too new.
    time_max: AtomicI64,
    /// The time of the newest sample.
    newest: AtomicI64,
    /// Whether unsealed samples take so much memory that no more are taken.
    is_full: AtomicBool,
    next_lane: AtomicU32,
    /// Logs in which damage was found: they are set aside instead of removed.
    damaged: OnceLock<Vec<PathBuf>>,
    _lock: Box<dyn FileLock>,
}

/// The lanes by name and by id.
#[derive(Debug, Default)]
struct Lanes {
    by_key: HashMap<Box<[u8]>, Arc<Lane>>,
    by_id: HashMap<u32, Arc<Lane>>,
}

/// The live files, and a seal that is not a segment yet.
#[derive(Debug)]
struct Files {
    manifest: Manifest,
    /// The sizes of the files of the write-ahead log before the current one, by number.
    wal_closed: BTreeMap<u64, u64>,
    pending: Option<Arc<Seal>>,
    period: Option<i64>,
    /// The samples appended when the store was last seen growing, and when that was.
    last_growth: (u64, i64),
    /// Whether samples have come, and then none for a while.
    is_quiet: bool,
    /// Set after a failure: what is in memory should become a segment soon.
    seal_wanted: bool,
    /// Set at the end of a period: unused slots and series should leave.
    removal_wanted: bool,
    /// Views before the current one, which a query may still hold.
    older_views: Vec<Weak<View>>,
    /// Series that are in an archive and leave the index once no such query is left.
    leaving: Vec<evict::Leaving>,
    /// Segments that could not be read when they were to be merged.
    unmergeable: HashSet<u64>,
    /// Segments that were written without what is deleted.
    without_deleted: HashSet<u64>,
    /// For every retention rule the time up to which it has deleted.
    rule_cuts: HashMap<usize, i64>,
    /// What was before this time when the store was last cut is in blocks.
    cut_end: Option<i64>,
}

impl Files {
    fn new(manifest: Manifest, wal_closed: BTreeMap<u64, u64>) -> Self {
        Self {
            manifest,
            wal_closed,
            pending: None,
            period: None,
            last_growth: (0, i64::MIN),
            is_quiet: false,
            seal_wanted: false,
            removal_wanted: false,
            older_views: Vec::new(),
            leaving: Vec::new(),
            unmergeable: HashSet::new(),
            without_deleted: HashSet::new(),
            rule_cuts: HashMap::new(),
            cut_end: None,
        }
    }

    /// Whether a query still sees the store as it was before the current view.
    fn is_looked_back_at(&mut self) -> bool {
        self.older_views.retain(|view| view.strong_count() > 0);
        !self.older_views.is_empty()
    }
}

/// Numbers that only grow.
#[derive(Debug, Default)]
struct Counters {
    samples_appended: AtomicU64,
    samples_unsealed: AtomicU64,
    out_of_order: AtomicU64,
    late: AtomicU64,
    too_late: AtomicU64,
    duplicates: AtomicU64,
    too_new: AtomicU64,
    too_old: AtomicU64,
    over_limit: AtomicU64,
    key_collisions: AtomicU64,
    series_created: AtomicU64,
    series_removed: AtomicU64,
    /// The stale series in memory when they were last counted; the only one of these that does not only grow.
    series_stale: AtomicU64,
    stale_evictions: AtomicU64,
    stale_evictions_failed: AtomicU64,
    seals: AtomicU64,
    seals_failed: AtomicU64,
    merges: AtomicU64,
    unwritten: AtomicU64,
}

impl Counters {
    fn add(counter: &AtomicU64, count: u64) {
        // Ordering: counters guard no other memory.
        counter.fetch_add(count, Ordering::Relaxed);
    }

    fn get(counter: &AtomicU64) -> u64 {
        // Ordering: counters guard no other memory.
        counter.load(Ordering::Relaxed)
    }
}

impl Db {
    /// Opens the store in `dir`, new or as it was left, and says what was replayed.
    pub fn open(dir: &Path, fs: Arc<dyn Fs>, options: Options) -> Result<(Self, ReplayReport)> {
        let (db, unread) = Self::open_sealed(dir, fs, options)?;
        let report = unread.replay()?;
        Ok((db, report))
    }

    /// Opens the store in `dir` with what is in its segments. What is in its log comes with
    /// [`UnreadLog::replay`], all at once; until then queries are warned that their answer may be partial, and
    /// everything else fails with [`Error::Replaying`].
    pub fn open_sealed(dir: &Path, fs: Arc<dyn Fs>, options: Options) -> Result<(Self, UnreadLog)> {
        let mut opened = open::open(dir, Arc::clone(&fs), options.clone());
        if opened.as_ref().is_err_and(|error| error.trouble() == Some(Trouble::DiskFull)) {
            // Little room is enough to answer queries.
            health::give_reserve(&*fs, &Layout::new(dir))?;
            opened = open::open(dir, fs, options);
        }
        let (inner, unread) = opened?;
        let db = Arc::new(inner);
        Ok((Self(Arc::clone(&db)), UnreadLog::new(db, unread)))
    }

    /// Whether what the log held is there, see [`open_sealed`](Self::open_sealed).
    pub fn is_whole(&self) -> bool {
        self.0.is_whole()
    }

    /// Whether there is a store in `dir`, or what is left of one.
    pub fn is_at(fs: &dyn Fs, dir: &Path) -> Result<bool> {
        match fs.list(Layout::new(dir).dir()) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(io_error("list", dir)(error)),
            Ok(names) => Ok(!names.is_empty()),
        }
    }

    /// Makes all committed samples durable; meant to be called every second.
    pub fn sync(&self) -> Result<()> {
        self.0.check_open()?;
        // A row must not survive without its series.
        self.0.sync_series()?;
        self.0.wal.sync()
    }

    /// Seals everything and ends the store; appenders and later calls fail.
    pub fn close(&self) -> Result<()> {
        // Ordering: whoever appends meanwhile either is in the seal or stays in the log.
        if self.0.closed.swap(true, Ordering::SeqCst) || !self.0.is_whole() {
            // Where the log is not read to its end, all of it is there for the next start.
            return Ok(());
        }
        self.finish()
    }

    /// Seals what a closed store has, and makes it durable.
    fn finish(&self) -> Result<()> {
        self.0.seal()?;
        self.0.series_log().sync()?;
        self.0.wal.sync()?;
        self.0.remember_all()
    }

    /// The file system that the store is in.
    pub fn fs(&self) -> &Arc<dyn Fs> {
        &self.0.fs
    }

    /// The data directory.
    pub fn dir(&self) -> &Path {
        self.0.layout.data()
    }

    /// The seed of the keys of its series, which is the directory's for good.
    pub fn seed(&self) -> KeySeed {
        self.0.seed
    }

    /// Takes a sample that is older than the newest of its series, if it is older than the newest of the store by no more
    /// than this. At first, and with 0, none is taken.
    pub fn set_late_max(&self, late_max_ms: i64) {
        // Ordering: a limit of its own.
        self.0.late_max_ms.store(late_max_ms, Ordering::Relaxed);
        self.0.exemplars.set_late_max(late_max_ms);
    }

    /// Keeps samples for this long from now on.
    pub fn set_retention(&self, retention: Retention) {
        let mut files = self.0.files();
        *self.0.retention.write().expect("no holder of this lock panics") = Arc::new(retention);
        files.rule_cuts.clear();
    }
}

impl Db {
    fn view_of(&self, span: Span, ctx: &Arc<Ctx>) -> snapshot::StoreSnapshot {
        // The mark comes first: what is published from here on is a change after it, seen or not.
        let mark = self.0.marks().now();
        let view = self.0.view();
        snapshot::StoreSnapshot::new(Arc::clone(&self.0), (mark, view), span, ctx)
    }
}

impl Appendable for Db {
    fn appender(&self, key: &LaneKey) -> Result<Box<dyn Appender>> {
        self.0.check_open()?;
        let lane = self.0.lane(&key.0);
        Ok(Box::new(append::LaneAppender::new(Arc::clone(&self.0), lane)))
    }

    fn keep_metadata(&self, said: &[(&str, &Metadata)]) -> Result<()> {
        self.0.keep_metadata(said)
    }

    fn gate(&self) -> regain_storage::Gate {
        self.0.opening.clone()
    }
}

impl Queryable for Db {
    fn snapshot(&self, span: Span, ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::new(self.view_of(span, ctx)))
    }

    fn series_max(&self, matchers: &[Matcher], _span: Span) -> usize {
        let in_memory = self.0.index().matching_max(matchers);
        in_memory.saturating_add(self.0.archived_max())
    }

    fn texts_max(&self, name: Option<&str>, _span: Span) -> usize {
        let in_memory = self.0.index().texts_max(name);
        in_memory.saturating_add(self.0.archived_max())
    }

    fn exemplars(&self, span: Span, selectors: &[Vec<Matcher>]) -> Result<Vec<SeriesExemplars>> {
        Ok(self.0.exemplars.select(span, selectors))
    }
}

impl Inner {
    /// Whether samples are taken and files are changed.
    fn check_open(&self) -> Result<()> {
        self.check_not_closed()?;
        if self.is_whole() { Ok(()) } else { Err(Error::Replaying) }
    }

    fn check_not_closed(&self) -> Result<()> {
        if self.closed.load(Ordering::SeqCst) { Err(Error::Closed) } else { Ok(()) }
    }

    /// Whether what the log held is there.
    fn is_whole(&self) -> bool {
        // Ordering: whoever sees it sees the lanes that came back.
        self.is_whole.load(Ordering::Acquire)
    }

    fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().expect("no holder of this lock panics")
    }

    fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().expect("no holder of this lock panics")
    }

    fn lanes(&self) -> RwLockReadGuard<'_, Lanes> {
        self.lanes.read().expect("no holder of this lock panics")
    }

    fn series_log(&self) -> MutexGuard<'_, SeriesLog> {
        self.series_log.lock().expect("no holder of this lock panics")
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().expect("no holder of this lock panics")
    }

    fn retention(&self) -> Arc<Retention> {
        Arc::clone(&self.retention.read().expect("no holder of this lock panics"))
    }

    fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.lock().expect("no holder of this lock panics"))
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().expect("no holder of this lock panics")
    }

    /// Notes that samples from `lowest` on have come or gone; called once queries see it so, and before
    /// anybody is told.
    fn note_change(&self, lowest: i64) {
        self.marks().note(Timestamp(lowest));
    }

    /// Notes the size of the log for whoever asks while files are changed.
    fn note_log_size(&self, files: &Files) {
        // Ordering: a number that guards no other memory.
        self.wal_closed_bytes.store(files.wal_closed.values().sum(), Ordering::Relaxed);
    }

    /// Shows new queries another set of segments.
    fn show(&self, files: &mut Files, view: View) {
        let mut current = self.view.lock().expect("no holder of this lock panics");
        let before = std::mem::replace(&mut *current, Arc::new(view));
        drop(current);
        files.older_views.push(Arc::downgrade(&before));
    }

    /// The lane of this name, created on first use.
    fn lane(&self, key: &[u8]) -> Arc<Lane> {
        if let Some(lane) = self.lanes().by_key.get(key) {
            return Arc::clone(lane);
        }
        // A lane that begins during a seal has nothing in it: it may start with the epoch before.
        let epoch = self.view().sealed;
        let mut lanes = self.lanes.write().expect("no holder of this lock panics");
        if let Some(lane) = lanes.by_key.get(key) {
            return Arc::clone(lane);
        }
        // Ordering: the number is published with the lanes' lock.
        let id = self.next_lane.fetch_add(1, Ordering::Relaxed);
        let lane = Arc::new(Lane::new(id, key.into(), epoch));
        lanes.by_key.insert(key.into(), Arc::clone(&lane));
        lanes.by_id.insert(id, Arc::clone(&lane));
        lane
    }

    fn all_lanes(&self) -> Vec<Arc<Lane>> {
        let mut lanes: Vec<Arc<Lane>> = self.lanes().by_id.values().map(Arc::clone).collect();
        lanes.sort_unstable_by_key(|lane| lane.id);
        lanes
    }

    /// Makes the definitions of all series durable.
    fn sync_series(&self) -> Result<()> {
        self.flush_series()?;
        self.series_log().sync()
    }

    /// Writes the definitions of new series; called before a batch that uses them.
    fn flush_series(&self) -> Result<()> {
        // On a disk that takes no samples, their series are not tried either.
        self.wal.check()?;
        let mut log = self.series_log();
        log.check()?;
        let pending = std::mem::take(&mut self.index_mut().pending);
        // After a failure the log is written anew from the index, so nothing is put back.
        if pending.is_empty() { Ok(()) } else { log.append(&pending) }
    }
}
