//! Replays the write-ahead log into lanes.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hashbrown::HashMap;
use regain_storage::fs::Fs;
use regain_storage::record::{self, Scan, Scanned};
use regain_storage::{Error, Result};

use super::{Inner, Lanes};
use crate::exemplars::{self, Read, ReplayedExemplars};
use crate::index::{Index, Place};
use crate::lane::{Lane, Slot, Writer};
use crate::layout::{HEADER_BYTES, Kind, Layout, io_error, read_all};
use crate::manifest::Manifest;
use crate::report::{Damage, ReplayReport};
use crate::segment::Segment;
use crate::segment::lanes::SealedLane;
use crate::wal::batch::{Batch, BatchRow};
use crate::wal::decode::{BatchHead, read_mark, read_own, read_row, read_slots};
use crate::wire::Cursor;

/// A replay under way.
#[derive(Debug)]
pub(super) struct Replay<'a> {
    db: &'a Inner,
    lanes: HashMap<u32, ReplayedLane>,
    /// For every lane the last batch that a segment holds.
    sealed: HashMap<u32, u64>,
    next_lane: u32,
    exemplars: ReplayedExemplars,
}

#[derive(Debug)]
struct ReplayedLane {
    lane: Arc<Lane>,
    writer: Box<Writer>,
    /// Whether the lane's batches can be read: a key batch came, and none was lost since.
    whole: bool,
    /// The last batch that was met, read or not.
    met: u64,
}

/// What became of a record.
enum Outcome {
    Applied(u64),
    Sealed,
    Exemplars,
    Skipped,
    /// It uses a series that is not in the series log: what survived a power cut ends here.
    Ends,
}

/// How a file of the log ends.
#[derive(Debug, Default)]
struct FileEnd {
    /// Where the replay as a whole ends.
    ends: Option<usize>,
    /// Where the file's last write is torn.
    torn: Option<usize>,
    /// What is damaged before.
    damage: Vec<Range<usize>>,
}

/// The lanes that the log brought back.
#[derive(Debug)]
pub(super) struct Replayed {
    pub(super) lanes: Lanes,
    pub(super) newest: Option<i64>,
    pub(super) next_lane: u32,
    pub(super) exemplars: ReplayedExemplars,
}

impl<'a> Replay<'a> {
    pub(super) fn new(db: &'a Inner, segments: &[Arc<Segment>], next_lane: u32) -> Self {
        let mut sealed: HashMap<u32, u64> = HashMap::new();
        let mut next_lane = next_lane;
        let lanes = segments.iter().flat_map(|segment| &segment.lanes);
        for lane in lanes.filter(|lane| lane.id != SealedLane::NO_LANE) {
            let last = sealed.entry(lane.id).or_default();
            *last = lane.sequence.max(*last);
            next_lane = next_lane.max(lane.id.saturating_add(1));
        }
        let exemplars = db.exemplars.replay();
        Self { db, lanes: HashMap::new(), sealed, next_lane, exemplars }
    }

    /// Replays the files in order. Where one ends early for good, its limit is noted.
    pub(super) fn run(
        &mut self,
        files: &[u64],
        manifest: &mut Manifest,
        report: &mut ReplayReport,
    ) -> Result<()> {
        let (fs, layout) = (&*self.db.fs, &self.db.layout);
        let progress = &self.db.options.replay_progress;
        let sizes = sizes(fs, layout, files)?;
        // What was written last may not be durable; a file that holds its header only says nothing.
        let last = sizes.iter().rposition(|&size| size > HEADER_BYTES as u64).map(|at| files[at]);
        progress.begin(sizes.iter().sum());
        for (&number, &size) in files.iter().zip(&sizes) {
            let path = layout.file(Kind::Wal, number);
            let mut bytes = read_all(fs, &path)?;
            let limited = manifest.wal_limits.iter().find(|limit| limit.0 == number);
            if let Some(length) = limited.and_then(|&(_, length)| usize::try_from(length).ok()) {
                bytes.truncate(length);
            }
            let is_last = last.is_none_or(|last| last <= number);
            if !Kind::Wal.check(&path, &bytes)? {
                report.damage.push(Damage::of(&path, 0..HEADER_BYTES.min(bytes.len())));
            }
            let end = self.replay_file(number, &bytes, is_last, report);
            // Nobody waits for the rest of the log of a store that is closed.
            if self.is_given_up() {
                return Err(Error::Closed);
            }
            progress.end_file(size);
            report.damage.extend(end.damage.into_iter().map(|range| Damage::of(&path, range)));
            if let Some(at) = end.ends.or(end.torn.filter(|_| is_last)) {
                report.torn_bytes += (bytes.len() - at) as u64;
                manifest.limit_wal(number, at as u64);
            } else if let Some(torn) = end.torn {
                report.damage.push(Damage::of(&path, torn..bytes.len()));
            }
            if end.ends.is_some() {
                // Later files, if there are any, are not part of what survived.
                for &later in files.iter().filter(|&&later| later > number) {
                    manifest.limit_wal(later, HEADER_BYTES as u64);
                }
                break;
            }
        }
        progress.end();
        Ok(())
    }

    fn is_given_up(&self) -> bool {
        self.db.closed.load(Ordering::SeqCst)
    }

    fn replay_file(
        &mut self,
        number: u64,
        bytes: &[u8],
        is_last: bool,
        report: &mut ReplayReport,
    ) -> FileEnd {
        let scanned: Vec<_> = Scan::new(bytes, HEADER_BYTES).collect();
        // A file that was left for the next one is durable as a whole.
        let marks = scanned.iter().filter_map(|scanned| match scanned {
            Scanned::Record(_, payload) => read_mark(payload),
            _ => None,
        });
        let durable = if is_last { marks.max().unwrap_or(0) } else { u64::MAX };
        let mut end = FileEnd::default();
        for scanned in scanned {
            if self.is_given_up() {
                break;
            }
            match scanned {
                Scanned::Record(_, payload) if read_mark(payload).is_some() => {}
                Scanned::Record(at, payload) => {
                    self.db.options.replay_progress.reach_in_file(at as u64);
                    match self.replay_record(number, payload) {
                        Some(Outcome::Applied(samples)) => {
                            report.batches += 1;
                            report.samples += samples;
                        }
                        Some(Outcome::Sealed | Outcome::Exemplars) => {}
                        Some(Outcome::Skipped) => report.batches_skipped += 1,
                        Some(Outcome::Ends) => {
                            end.ends = Some(at);
                            break;
                        }
                        None => end.damage.push(at..at + record::HEADER_BYTES + payload.len()),
                    }
                }
                // What was never synced may have holes after a power cut; a prefix ends at the first.
                Scanned::Damage(range) if range.start as u64 >= durable => {
                    end.torn = Some(range.start);
                    break;
                }
                Scanned::Damage(range) => end.damage.push(range),
                Scanned::Tail(at) => end.torn = Some(at),
            }
        }
        end
    }

    fn replay_record(&mut self, file: u64, payload: &[u8]) -> Option<Outcome> {
        if !exemplars::is_record(payload) {
            return self.replay_batch(file, &mut Cursor(payload));
        }
        let read = self.exemplars.read(payload, &self.db.index())?;
        Some(if read == Read::Ends { Outcome::Ends } else { Outcome::Exemplars })
    }

    fn replay_batch(&mut self, file: u64, cursor: &mut Cursor<'_>) -> Option<Outcome> {
        let head = BatchHead::read(cursor)?;
        let sealed = self.sealed.get(&head.lane).copied().unwrap_or(0);
        self.next_lane = self.next_lane.max(head.lane.saturating_add(1));
        if let Some(key) = head.key {
            self.lanes.entry(head.lane).or_insert_with(|| {
                let lane = Arc::new(Lane::new(head.lane, key.into(), 0));
                let writer = lane.take_turn();
                ReplayedLane { lane, writer, whole: false, met: sealed }
            });
        }
        let Some(replayed) = self.lanes.get_mut(&head.lane) else { return Some(Outcome::Skipped) };
        let ReplayedLane { lane, writer, whole, met } = replayed;
        *met = head.sequence.max(*met);
        if head.key.is_some() {
            if head.sequence <= writer.chain.sequence {
                return Some(Outcome::Skipped);
            }
            *whole = true;
            writer.chain.forget();
        } else if !*whole || head.sequence != writer.chain.sequence + 1 {
            *whole = false;
            return Some(Outcome::Skipped);
        }
        // Until the batch is read to its end, later ones cannot build on it.
        *whole = false;
        let slots = read_slots(cursor)?;
        if !slots.is_empty() {
            let mut index = self.db.index_mut();
            let next_id = index.series.next_id();
            if slots.iter().any(|&(_, id)| id != Slot::NO_SERIES && id >= next_id) {
                return Some(Outcome::Ends);
            }
            assign(&mut index, lane, writer, &slots)?;
        }
        writer.chain.sequence = head.sequence;
        let batch = read_batch(cursor, writer, head.own_starts)?;
        *whole = true;
        if head.sequence <= sealed {
            return Some(Outcome::Sealed);
        }
        lane.note_file(file);
        let samples = Arc::make_mut(&mut lane.data()).add(&batch, None, lane.makes_rows());
        Some(Outcome::Applied(samples))
    }

    /// Takes series in again that have left for an archive and of which the log has samples that no segment has: they have
    /// come back, and what said so was lost with the power.
    pub(super) fn restore_archived(&mut self) -> Result<()> {
        // All slots of a series are its places, whichever of them have samples.
        let mut wanted: HashMap<u32, (bool, Vec<Place>)> = HashMap::new();
        {
            let index = self.db.index();
            for ReplayedLane { lane, writer, .. } in self.lanes.values() {
                let data = lane.view();
                for (slot, entry) in (0..).zip(&writer.slots) {
                    let is_gone =
                        entry.series != Slot::NO_SERIES && index.series.get(entry.series).is_none();
                    if is_gone {
                        let (has_samples, places) = wanted.entry(entry.series).or_default();
                        *has_samples |= data.has(slot);
                        places.push(Place { lane: lane.id, slot });
                    }
                }
            }
        }
        wanted.retain(|_, (has_samples, _)| *has_samples);
        if wanted.is_empty() {
            return Ok(());
        }
        let ids = wanted.keys().copied().collect();
        let (mut found, lost) = self.db.archived_with_ids(&self.db.view(), &ids)?;
        if let Some(sealed) = lost.sealed() {
            let missing = ids.iter().filter(|id| !found.contains_key(*id));
            let known = missing.filter_map(|&id| Some((id, self.db.departed(id, sealed)?)));
            let known: Vec<_> = known.collect();
            found.extend(known);
        }
        let mut index = self.db.index_mut();
        for (id, series) in found {
            let restored = index.restore((id, series.key()), series.labels(), series.sealed());
            for &place in wanted[&id].1.iter().filter(|_| restored.is_ok()) {
                index.add_place(id, place);
            }
        }
        self.exemplars.resolve(&index);
        Ok(())
    }

    /// Hands the lanes over.
    pub(super) fn finish(self) -> Replayed {
        let index = self.db.index();
        let mut lanes = Lanes::default();
        let mut newest = None;
        for (id, ReplayedLane { lane, mut writer, met, .. }) in self.lanes {
            // The next batch goes to a new file, and no number comes twice.
            writer.chain.restart();
            writer.chain.sequence = met;
            newest = newest.max(Some(writer.newest));
            for (slot, entry) in (0..).zip(writer.slots.clone()) {
                match index.series.get(entry.series) {
                    Some(series) if series.sealed.is_some() => {
                        let sealed_max = series.sealed.max_ms();
                        if sealed_max > writer.newest {
                            writer.add_unproven(slot, sealed_max);
                        }
                    }
                    Some(_) => {}
                    // It has left, and may come back under the same id, for which the slot is free then.
                    None if entry.series != Slot::NO_SERIES => free_slot(&lane, &mut writer, slot),
                    None => {}
                }
            }
            lane.give_back(writer);
            lanes.by_key.insert(lane.key.clone(), Arc::clone(&lane));
            lanes.by_id.insert(id, lane);
        }
        Replayed { lanes, newest, next_lane: self.next_lane, exemplars: self.exemplars }
    }
}

/// Takes a slot from a series that is not there. Samples of one whose definition is lost must not become another series'.
fn free_slot(lane: &Lane, writer: &mut Writer, slot: u32) {
    let mut data = lane.data();
    if data.has(slot) {
        Arc::make_mut(&mut data).forget(slot);
        if data.is_empty() {
            // Nothing in the log is needed for it. Ordering: under the lane's turn.
            lane.first_file.store(u64::MAX, Ordering::Relaxed);
        }
    }
    drop(data);
    writer.release(slot);
}

fn sizes(fs: &dyn Fs, layout: &Layout, files: &[u64]) -> Result<Vec<u64>> {
    let size = |&number: &u64| {
        let path = layout.file(Kind::Wal, number);
        let size = fs.open(&path).and_then(|file| file.size_bytes());
        size.map_err(io_error("read", &path))
    };
    files.iter().map(size).collect()
}

/// Gives slots to series, or takes them back.
fn assign(index: &mut Index, lane: &Lane, writer: &mut Writer, slots: &[(u32, u32)]) -> Option<()> {
    for &(slot, id) in slots {
        let at = slot as usize;
        if at > writer.slots.len() {
            return None;
        }
        let before = writer.slots.get(at).map_or(Slot::NO_SERIES, |entry| entry.series);
        if at < writer.slots.len() && before == id {
            continue;
        }
        let place = Place { lane: lane.id, slot };
        if before != Slot::NO_SERIES {
            // A slot is given away once its samples are sealed. They can only be here when that
            // segment is damaged, and must not become another series'.
            if lane.data().has(slot) {
                Arc::make_mut(&mut lane.data()).forget(slot);
            }
            index.remove_place(before, place);
            writer.by_series.remove(&before);
        }
        if id == Slot::NO_SERIES {
            if at == writer.slots.len() {
                writer.slots.push(Slot { series: id, generation: 0 });
            }
            writer.slots[at].series = id;
        } else {
            writer.assign(slot, id);
            index.add_place(id, place);
        }
    }
    // The last word on a slot decides whether it is free, so this comes after all of them.
    writer.free_slots.clear();
    for (slot, entry) in (0..).zip(&writer.slots) {
        if entry.series == Slot::NO_SERIES {
            writer.free_slots.push(slot);
        }
    }
    Some(())
}

/// Reads rows and samples of their own, and moves the writer on.
fn read_batch(cursor: &mut Cursor<'_>, writer: &mut Writer, own_starts: bool) -> Option<Batch> {
    let mut batch = Batch::default();
    let mut newest = writer.newest;
    for _ in 0..cursor.count()? {
        let (row, fill) = read_row(cursor, &mut writer.chain, writer.slots.len())?;
        newest = newest.max(row.time);
        if !fill {
            // Lanes rely on rows that ascend.
            if row.time <= writer.last_row {
                return None;
            }
            writer.last_row = row.time;
        }
        batch.rows.push(BatchRow { row, fill });
    }
    batch.own = read_own(cursor, &mut writer.chain, own_starts)?;
    if batch.own.iter().any(|&(slot, ..)| slot as usize >= writer.slots.len()) {
        return None;
    }
    writer.newest = batch.own.iter().fold(newest, |newest, (_, own)| newest.max(own.time));
    cursor.is_empty().then_some(batch)
}
