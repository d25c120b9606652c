//! Opening a directory: lock, manifest, series log, segments, new logs. What the old log holds comes later, see
//! `unread.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use hashbrown::HashMap;
use regain_model::KeySeed;
use regain_storage::fs::{FileLock, Fs};
use regain_storage::{Error, Result};

use super::caches::Caches;
use super::health::Known;
use super::recover::Unnamed;
use super::unread::Unread;
use super::{Counters, Files, Inner, Lanes};
use crate::archive::Archive;
use crate::cardinality::{Memory, Usage};
use crate::deleted::Deleted;
use crate::exemplars::Exemplars;
use crate::index::Index;
use crate::layout::{HEADER_BYTES, Kind, Layout, corrupt, io_error, set_aside};
use crate::limits::Admission;
use crate::manifest::Manifest;
use crate::metadata::MetadataTable;
use crate::options::Options;
use crate::report::{Damage, ReplayReport};
use crate::segment::Segment;
use crate::series_log::{self, Definitions, SeriesLog};
use crate::view::View;
use crate::wal::Wal;

/// Opens the store with what is sealed. Until the rest is read, the manifest on disk stays as it is.
pub(super) fn open(dir: &Path, fs: Arc<dyn Fs>, options: Options) -> Result<(Inner, Unread)> {
    let layout = Layout::new(dir);
    fs.create_dirs(layout.dir()).map_err(io_error("create", layout.dir()))?;
    let lock = lock(&*fs, &layout)?;
    let mut report = ReplayReport::default();
    let names = fs.list(layout.dir()).map_err(io_error("list", layout.dir()))?;
    let mut manifest = match Manifest::read(&*fs, &layout, &mut report.damage)? {
        Some(manifest) => manifest,
        None => new_manifest(&*fs, &layout, &names, options.seed)?,
    };
    let mut index = Index::new(manifest.seed);
    let (clean, metadata) = read_series(&*fs, &layout, &manifest, &mut index, &mut report)?;
    let segments = open_segments(&*fs, &layout, &mut manifest, &mut report)?;
    let archives = open_archives(&*fs, &layout, &mut manifest, &mut report)?;
    note_sealed(&segments, &mut index, &mut report)?;
    find_lost_series((&segments, &archives), &mut index, &report)?;
    let deleted = read_deleted(&*fs, &layout, &mut manifest, &mut report)?;
    deleted.note(&Deleted::default(), &mut index);
    report.series = index.series.len() as u64;
    report.segments = segments.len() as u64;

    let series_log = open_series_log((&*fs, &layout), &mut manifest, &mut index, &metadata, clean)?;
    let wal_files = wal_files(&names, manifest.wal_first);
    // A log without samples says nothing, should this start end before the log before it is read.
    let next_wal = wal_files.last().map_or(manifest.wal_first, |last| last + 1);
    let wal = Wal::create(Arc::clone(&fs), layout.clone(), next_wal)?;
    let newest = segments.iter().map(|segment| segment.summary.max_time).max();
    let view = View::new(segments, archives, deleted);
    let wal_closed = wal_sizes(&*fs, &layout, &wal_files)?;
    let files = Files::new(manifest, wal_closed);
    let exemplars = Exemplars::new(options.exemplars_max);
    let memory = Memory::read(&*fs, &layout, &mut report.damage)?;
    let inner = Inner {
        admission: Admission::new(options.limits.clone()),
        usage: Usage::default(),
        memory: Mutex::new(memory),
        fs,
        layout,
        late_max_ms: AtomicI64::new(0),
        blocks_end: AtomicI64::new(i64::MIN),
        retention: RwLock::new(Arc::new(options.retention.clone())),
        options,
        seed: files.manifest.seed,
        index: RwLock::new(index),
        lanes: RwLock::new(Lanes::default()),
        shared: Mutex::new(HashMap::new()),
        shared_commits: Mutex::new(()),
        wal,
        series_log: Mutex::new(series_log),
        wal_closed_bytes: AtomicU64::new(files.wal_closed.values().sum()),
        view: Mutex::new(Arc::new(view)),
        marks: Mutex::default(),
        files: Mutex::new(files),
        merging: Mutex::default(),
        deleting: Mutex::default(),
        exemplars,
        metadata: Mutex::new(metadata),
        counters: Counters::default(),
        health: Mutex::new(Known::default()),
        closed: AtomicBool::new(false),
        is_whole: AtomicBool::new(false),
        opening: regain_storage::Gate::default(),
        caches: Caches::default(),
        stale_share_max: AtomicU64::new(0),
        time_max: AtomicI64::new(i64::MAX),
        newest: AtomicI64::new(newest.unwrap_or(i64::MIN)),
        is_full: AtomicBool::new(false),
        next_lane: AtomicU32::new(0),
        damaged: OnceLock::new(),
        _lock: lock,
    };
    inner.note_damaged(damaged_files(&inner.view(), &report));
    Ok((inner, Unread { names, wal_files, report }))
}

fn lock(fs: &dyn Fs, layout: &Layout) -> Result<Box<dyn FileLock>> {
    let path = layout.lock();
    fs.lock(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock => Error::Locked { path },
        _ => io_error("lock", &path)(error),
    })
}

/// The manifest of a new store. Where samples may be, a lost manifest is no new store.
fn new_manifest(fs: &dyn Fs, layout: &Layout, names: &[String], seed: KeySeed) -> Result<Manifest> {
    for (kind, number) in names.iter().filter_map(|name| Layout::parse(name)) {
        let path = layout.file(kind, number);
        let size = fs.open(&path).and_then(|file| file.size_bytes());
        // A start that was cut short leaves empty logs.
        if size.map_err(io_error("read", &path))? > HEADER_BYTES as u64 {
            return Err(corrupt(&layout.manifest(), 0, "a manifest beside logs and segments"));
        }
    }
    fs.sync_dir(layout.data()).map_err(io_error("sync", layout.data()))?;
    Ok(Manifest::new(seed))
}

/// Reads the series log, and says whether it can be continued, and what it holds about metrics.
fn read_series(
    fs: &dyn Fs,
    layout: &Layout,
    manifest: &Manifest,
    index: &mut Index,
    report: &mut ReplayReport,
) -> Result<(bool, MetadataTable)> {
    if manifest.series_log == 0 {
        return Ok((false, MetadataTable::default()));
    }
    let path = layout.file(Kind::SeriesLog, manifest.series_log);
    let read = series_log::read(fs, &path, manifest.series_log_bytes, index)?;
    report.damage.extend(read.damage);
    report.series_lost = read.lost;
    // Segments may use series whose definition is lost: no other series may get their ids.
    let missing = manifest.next_series.saturating_sub(index.series.next_id());
    report.series_lost += u64::from(missing);
    index.series.skip_to(manifest.next_series);
    Ok((read.clean && missing == 0, read.metadata))
}

/// Continues the series log, or starts a new one where the old one is torn or damaged.
fn open_series_log(
    (fs, layout): (&dyn Fs, &Layout),
    manifest: &mut Manifest,
    index: &mut Index,
    metadata: &MetadataTable,
    clean: bool,
) -> Result<SeriesLog> {
    let number = manifest.series_log;
    if clean {
        return SeriesLog::open(fs, layout.file(Kind::SeriesLog, number));
    }
    let mut all = Definitions::default();
    if number > 0
        && let Some(rebuilt) = index.rebuilt()
    {
        *index = rebuilt;
        all = std::mem::take(&mut index.pending);
    }
    manifest.series_log = number + 1;
    let path = layout.file(Kind::SeriesLog, manifest.series_log);
    let log = SeriesLog::create(fs, path, &all, metadata)?;
    fs.sync_dir(layout.dir()).map_err(io_error("sync", layout.dir()))?;
    manifest.series_log_bytes = log.synced_bytes;
    manifest.next_series = index.series.next_id();
    Ok(log)
}

/// Reads what is deleted; a damaged file is set aside, and what it hid shows again.
fn read_deleted(
    fs: &dyn Fs,
    layout: &Layout,
    manifest: &mut Manifest,
    report: &mut ReplayReport,
) -> Result<Deleted> {
    match Deleted::read(fs, layout, manifest.deletes) {
        Err(Error::Corrupt { path, .. }) => {
            report.damage.push(quarantine(fs, &path)?);
            manifest.deletes = 0;
            Ok(Deleted::default())
        }
        read => read,
    }
}

/// Gives a damaged file another name, under which nobody reads it.
fn quarantine(fs: &dyn Fs, path: &Path) -> Result<Damage> {
    let size = fs.open(path).and_then(|file| file.size_bytes());
    let size = size.map_err(io_error("read", path))?;
    fs.rename(path, &set_aside(path)).map_err(io_error("rename", path))?;
    Ok(Damage { path: path.to_owned(), bytes: 0..size })
}

/// Opens the segments; a damaged one is set aside under another name, one that is missing is left out.
fn open_segments(
    fs: &dyn Fs,
    layout: &Layout,
    manifest: &mut Manifest,
    report: &mut ReplayReport,
) -> Result<Vec<Arc<Segment>>> {
    let numbers = std::mem::take(&mut manifest.segments);
    let opened = numbers.into_iter().map(|number| Segment::open(fs, layout, number));
    let segments = keep_whole(fs, opened, report)?;
    manifest.segments = segments.iter().map(|segment| segment.number).collect();
    Ok(segments)
}

/// Opens the archives. Of a damaged one the sheets are looked for; where there are none, it is set aside under another name.
/// One that is missing is left out.
fn open_archives(
    fs: &dyn Fs,
    layout: &Layout,
    manifest: &mut Manifest,
    report: &mut ReplayReport,
) -> Result<Vec<Arc<Archive>>> {
    let numbers = std::mem::take(&mut manifest.archives);
    let mut damage = Vec::new();
    let opened = numbers.into_iter().map(|number| match Archive::open(fs, layout, number) {
        Err(error @ Error::Corrupt { .. }) => {
            let salvaged = Archive::salvage(fs, layout, number)?.ok_or(error)?;
            let of = |bytes| Damage { path: salvaged.path.clone(), bytes };
            damage.extend(salvaged.damage.iter().cloned().map(of));
            Ok(salvaged)
        }
        opened => opened,
    });
    let archives = keep_whole(fs, opened, report)?;
    report.damage.append(&mut damage);
    manifest.archives = archives.iter().map(|archive| archive.number).collect();
    Ok(archives)
}

/// The files that could be opened; a damaged one is set aside, one that is missing is left out.
fn keep_whole<T>(
    fs: &dyn Fs,
    opened: impl Iterator<Item = Result<T>>,
    report: &mut ReplayReport,
) -> Result<Vec<Arc<T>>> {
    let mut whole = Vec::new();
    for opened in opened {
        match opened {
            Ok(file) => whole.push(Arc::new(file)),
            Err(Error::Corrupt { path, .. }) => {
                report.damage.push(quarantine(fs, &path)?);
            }
            Err(Error::Io { path, source, .. })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                report.damage.push(Damage { path, bytes: 0..0 });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(whole)
}

/// The logs in which damage was found.
pub(super) fn damaged_logs(report: &ReplayReport) -> Vec<PathBuf> {
    let is_log =
        |path: &Path| path.extension().is_some_and(|tail| tail == "wal" || tail == "series");
    let damaged = report.damage.iter().map(|damage| &damage.path).filter(|path| is_log(path));
    damaged.cloned().collect()
}

/// The segments and archives in which damage was found.
fn damaged_files(view: &View, report: &ReplayReport) -> Vec<u64> {
    let segments = view.segments.iter().map(|segment| (segment.number, &segment.path));
    let archives = view.archives.iter().map(|archive| (archive.number, &archive.path));
    let is_damaged = |path: &Path| report.damage.iter().any(|damage| damage.path == path);
    segments.chain(archives).filter(|file| is_damaged(file.1)).map(|file| file.0).collect()
}

/// Takes series in again that were lost with a damaged archive, before anybody writes them and gets others.
fn find_lost_series(
    (segments, archives): (&[Arc<Segment>], &[Arc<Archive>]),
    index: &mut Index,
    report: &ReplayReport,
) -> Result<()> {
    let is_archive = |path: &Path| path.extension().is_some_and(|tail| tail == "archive");
    if report.damage.iter().any(|damage| is_archive(&damage.path)) {
        Unnamed::find(&index.living(), segments, archives)?.take_in(index);
    }
    Ok(())
}

/// Notes at every series when segments hold samples of it. A damaged page costs its group only.
fn note_sealed(
    segments: &[Arc<Segment>],
    index: &mut Index,
    report: &mut ReplayReport,
) -> Result<()> {
    for segment in segments {
        let damaged = segment.scan(|id, first, last| {
            if let Some(series) = index.series.get_mut(id) {
                series.sealed.add(first, last);
            }
        })?;
        let path = &segment.path;
        report.damage.extend(damaged.into_iter().map(|bytes| Damage { path: path.clone(), bytes }));
    }
    Ok(())
}

/// The log files that are needed, oldest first.
fn wal_files(names: &[String], first: u64) -> Vec<u64> {
    let mut files: Vec<u64> = names
        .iter()
        .filter_map(|name| Layout::parse(name))
        .filter(|&(kind, number)| kind == Kind::Wal && number >= first)
        .map(|(_, number)| number)
        .collect();
    files.sort_unstable();
    files
}

/// Makes durable what a killed process has written and not synced: what comes now is acknowledged on top of
/// it and must not outlive it.
pub(super) fn sync_logs(fs: &dyn Fs, layout: &Layout, files: &[u64]) -> Result<()> {
    files.iter().try_for_each(|&number| {
        let path = layout.file(Kind::Wal, number);
        let synced = fs.open(&path).and_then(|file| file.sync_data());
        synced.map_err(io_error("sync", &path))
    })
}

/// The sizes of log files by number.
fn wal_sizes(fs: &dyn Fs, layout: &Layout, files: &[u64]) -> Result<BTreeMap<u64, u64>> {
    let size = |&number: &u64| {
        let path = layout.file(Kind::Wal, number);
        let size = fs.open(&path).and_then(|file| file.size_bytes());
        size.map(|size| (number, size)).map_err(io_error("read", &path))
    };
    files.iter().map(size).collect()
}

impl Inner {
    /// Removes files that the manifest does not name: what a crash left over.
    pub(super) fn remove_leftovers(&self, names: &[String]) -> Result<()> {
        let files = self.files();
        let manifest = &files.manifest;
        for name in names {
            let leftover = match Layout::parse(name) {
                Some((Kind::Wal, number)) => number < manifest.wal_first,
                Some((Kind::SeriesLog, number)) => number != manifest.series_log,
                Some((Kind::Segment, number)) => !manifest.segments.contains(&number),
                Some((Kind::Archive, number)) => !manifest.archives.contains(&number),
                Some((Kind::Deletes, number)) => number != manifest.deletes,
                _ => Path::new(name).extension().is_some_and(|tail| tail == "tmp"),
            };
            if leftover {
                self.remove_file(&self.layout.dir().join(name))?;
            }
        }
        Ok(())
    }
}
