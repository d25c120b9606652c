//! Opening a directory: lock, manifest, segments, series log, replay.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32};
use std::sync::{Arc, Mutex, RwLock};

use hashbrown::HashMap;
use regain_storage::fs::Fs;
use regain_storage::{Error, Result};

use super::replay::Replay;
use super::{Counters, Files, Inner};
use crate::index::Index;
use crate::layout::{Kind, Layout, io_error};
use crate::manifest::Manifest;
use crate::options::Options;
use crate::report::{Damage, ReplayReport};
use crate::segment::Segment;
use crate::segment::page::{Piece, Rows};
use crate::series_log::{self, Definitions, SeriesLog};
use crate::view::View;
use crate::wal::Wal;

pub(super) fn open(dir: &Path, fs: Arc<dyn Fs>, options: Options) -> Result<(Inner, ReplayReport)> {
    let layout = Layout::new(dir);
    fs.create_dirs(layout.dir()).map_err(io_error("create", layout.dir()))?;
    let lock_path = layout.lock();
    let lock = fs.lock(&lock_path).map_err(|error| {
        if error.kind() == std::io::ErrorKind::WouldBlock {
            Error::Locked { path: lock_path.clone() }
        } else {
            io_error("lock", &lock_path)(error)
        }
    })?;
    let mut report = ReplayReport::default();
    let mut manifest =
        Manifest::read(&*fs, &layout)?.unwrap_or_else(|| Manifest::new(options.seed));
    let names = fs.list(layout.dir()).map_err(io_error("list", layout.dir()))?;
    let mut index = Index::new(manifest.seed);
    let clean = read_series(&*fs, &layout, &manifest, &mut index, &mut report)?;
    let segments = open_segments(&*fs, &layout, &mut manifest, &mut report)?;
    count_segments(&segments, &mut index, &mut report)?;

    let mut replay = Replay::new(&mut index, &segments, manifest.next_lane);
    let wal_files = wal_files(&names, manifest.wal_first);
    replay.run(&*fs, &layout, &wal_files, &mut manifest.wal_limits, &mut report)?;
    let replayed = replay.finish();
    report.series = index.series.len() as u64;
    report.segments = segments.len() as u64;

    let series_log = open_series_log(&*fs, &layout, &mut manifest, &mut index, clean)?;
    let next_wal = wal_files.last().map_or(manifest.wal_first, |last| last + 1);
    let wal = Wal::create(Arc::clone(&fs), layout.clone(), next_wal)?;
    manifest.next_lane = replayed.next_lane;
    manifest.write(&*fs, &layout)?;
    remove_leftovers(&*fs, &layout, &manifest, &names)?;

    let counters = Counters::default();
    Counters::add(&counters.samples_unsealed, report.samples);
    let view = View { sealed: 0, segments, next: Arc::default() };
    let files = Files {
        manifest,
        pending: None,
        period: None,
        last_growth: (0, i64::MIN),
        seal_wanted: false,
    };
    let inner = Inner {
        fs,
        layout,
        options,
        index: RwLock::new(index),
        lanes: RwLock::new(replayed.lanes),
        shared: Mutex::new(HashMap::new()),
        wal,
        series_log: Mutex::new(series_log),
        view: Mutex::new(Arc::new(view)),
        files: Mutex::new(files),
        counters,
        closed: AtomicBool::new(false),
        time_max: AtomicI64::new(i64::MAX),
        next_lane: AtomicU32::new(replayed.next_lane),
        _lock: lock,
    };
    inner.share_replayed();
    Ok((inner, report))
}

/// Reads the series log, and says whether it can be continued.
fn read_series(
    fs: &dyn Fs,
    layout: &Layout,
    manifest: &Manifest,
    index: &mut Index,
    report: &mut ReplayReport,
) -> Result<bool> {
    if manifest.series_log == 0 {
        return Ok(false);
    }
    let read = series_log::read(fs, &layout.file(Kind::SeriesLog, manifest.series_log), index)?;
    report.damage.extend(read.damage);
    report.series_lost = read.lost;
    Ok(read.clean)
}

/// Continues the series log, or starts a new one where the old one is torn or damaged.
fn open_series_log(
    fs: &dyn Fs,
    layout: &Layout,
    manifest: &mut Manifest,
    index: &mut Index,
    clean: bool,
) -> Result<SeriesLog> {
    let number = manifest.series_log;
    if clean {
        return SeriesLog::open(fs, layout.file(Kind::SeriesLog, number), number);
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
    let log = SeriesLog::create(fs, path, manifest.series_log, &all)?;
    fs.sync_dir(layout.dir()).map_err(io_error("sync", layout.dir()))?;
    Ok(log)
}

/// Opens the segments; a damaged one is set aside under another name.
fn open_segments(
    fs: &dyn Fs,
    layout: &Layout,
    manifest: &mut Manifest,
    report: &mut ReplayReport,
) -> Result<Vec<Arc<Segment>>> {
    let mut segments = Vec::with_capacity(manifest.segments.len());
    for &number in &manifest.segments {
        match Segment::open(fs, layout, number) {
            Ok(segment) => segments.push(Arc::new(segment)),
            Err(Error::Corrupt { path, .. }) => {
                let size = fs.open(&path).and_then(|file| file.size_bytes());
                let size = size.map_err(io_error("read", &path))?;
                report.damage.push(Damage { path: path.clone(), bytes: 0..size });
                let aside = path.with_extension("segment.damaged");
                fs.rename(&path, &aside).map_err(io_error("rename", &path))?;
            }
            Err(error) => return Err(error),
        }
    }
    manifest.segments = segments.iter().map(|segment| segment.number).collect();
    Ok(segments)
}

/// Counts for every series the segments that hold samples of it.
fn count_segments(
    segments: &[Arc<Segment>],
    index: &mut Index,
    report: &mut ReplayReport,
) -> Result<()> {
    for segment in segments {
        // Group by group, so that a damaged page costs its group only.
        let all = segment.pages(0..segment.groups());
        let pages = match all {
            Ok(pages) => pages,
            Err(Error::Corrupt { path, offset, .. }) => {
                report.damage.push(Damage { path, bytes: offset..offset });
                let groups = 0..segment.groups();
                groups.filter_map(|group| segment.pages(group..group + 1).ok()).flatten().collect()
            }
            Err(error) => return Err(error),
        };
        for entry in pages.iter().flat_map(|(_, entries)| entries) {
            let Some(series) = index.series.get_mut(entry.id) else { continue };
            let spans = entry.pieces.iter().map(|piece| span_of(segment, piece));
            let (first, last) = spans
                .fold((i64::MAX, i64::MIN), |all, span| (all.0.min(span.0), all.1.max(span.1)));
            series.add_segment(first, last);
        }
    }
    Ok(())
}

/// Times between which a piece has its samples.
fn span_of(segment: &Segment, piece: &Piece) -> (i64, i64) {
    match (&piece.rows, segment.lanes.get(piece.lane as usize)) {
        (Rows::Own(_, first, last), _) => (*first, *last),
        (_, Some(lane)) => (lane.first, lane.last),
        (_, None) => (i64::MAX, i64::MIN),
    }
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

/// Removes files that the manifest does not name: what a crash left over.
fn remove_leftovers(
    fs: &dyn Fs,
    layout: &Layout,
    manifest: &Manifest,
    names: &[String],
) -> Result<()> {
    for name in names {
        let leftover = match Layout::parse(name) {
            Some((Kind::Wal, number)) => number < manifest.wal_first,
            Some((Kind::SeriesLog, number)) => number != manifest.series_log,
            Some((Kind::Segment, number)) => !manifest.segments.contains(&number),
            _ => Path::new(name).extension().is_some_and(|tail| tail == "tmp"),
        };
        if leftover {
            let path = layout.dir().join(name);
            fs.remove(&path).map_err(io_error("remove", &path))?;
        }
    }
    Ok(())
}
