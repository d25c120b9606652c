//! Replays the write-ahead log into lanes.

use std::sync::Arc;

use hashbrown::HashMap;
use regain_storage::Result;
use regain_storage::fs::Fs;

use super::{Inner, Lanes};
use crate::index::{Index, Place};
use crate::lane::row::count;
use crate::lane::{Lane, LaneData, Slot, Writer};
use crate::layout::{HEADER_BYTES, Kind, Layout, read_all};
use crate::record::{self, Scan, Scanned};
use crate::report::{Damage, ReplayReport};
use crate::segment::Segment;
use crate::wal::batch::Chain;
use crate::wal::decode::{BatchHead, read_own, read_row, read_slots};
use crate::wire::Cursor;

/// A replay under way.
#[derive(Debug)]
pub(super) struct Replay<'a> {
    index: &'a mut Index,
    lanes: HashMap<u32, ReplayedLane>,
    /// For every lane the last batch that a segment holds.
    sealed: HashMap<u32, u64>,
    next_lane: u32,
}

#[derive(Debug)]
struct ReplayedLane {
    lane: Arc<Lane>,
    writer: Box<Writer>,
    /// Whether the lane's batches can be read: a key batch came, and none was lost since.
    whole: bool,
}

/// What became of a batch.
enum Outcome {
    Applied(u64),
    Sealed,
    Skipped,
    /// It uses a series that is not in the series log: what survived a power cut ends here.
    Ends,
}

/// The lanes that the log brought back.
#[derive(Debug)]
pub(super) struct Replayed {
    pub(super) lanes: Lanes,
    pub(super) next_lane: u32,
}

impl<'a> Replay<'a> {
    pub(super) fn new(index: &'a mut Index, segments: &[Arc<Segment>], next_lane: u32) -> Self {
        let mut sealed: HashMap<u32, u64> = HashMap::new();
        let mut next_lane = next_lane;
        for lane in segments.iter().flat_map(|segment| &segment.lanes) {
            let last = sealed.entry(lane.id).or_default();
            *last = lane.sequence.max(*last);
            next_lane = next_lane.max(lane.id.saturating_add(1));
        }
        Self { index, lanes: HashMap::new(), sealed, next_lane }
    }

    /// Replays the files in order. Where one ends early for good, its limit is noted.
    pub(super) fn run(
        &mut self,
        fs: &dyn Fs,
        layout: &Layout,
        files: &[u64],
        limits: &mut Vec<(u64, u64)>,
        report: &mut ReplayReport,
    ) -> Result<()> {
        for &number in files {
            let path = layout.file(Kind::Wal, number);
            let mut bytes = read_all(fs, &path)?;
            let limited = limits.iter().find(|limit| limit.0 == number);
            if let Some(length) = limited.and_then(|&(_, length)| usize::try_from(length).ok()) {
                bytes.truncate(length);
            }
            let last = files.last() == Some(&number);
            if !Kind::Wal.is_header(&bytes) && !last {
                report.damage.push(Damage::of(&path, 0..HEADER_BYTES.min(bytes.len())));
            }
            let (ends, torn, damage) = self.replay_file(number, &bytes, report);
            for range in damage {
                report.damage.push(Damage::of(&path, range));
            }
            let end = ends.or(torn);
            if let Some(end) = end.filter(|_| last || ends.is_some()) {
                report.torn_bytes += (bytes.len() - end) as u64;
                limits.retain(|limit| limit.0 != number);
                limits.push((number, end as u64));
            } else if let Some(torn) = torn {
                report.damage.push(Damage::of(&path, torn..bytes.len()));
            }
            if ends.is_some() {
                // Later files, if there are any, are not part of what survived.
                let later = files.iter().filter(|&&later| later > number);
                limits.extend(later.map(|&later| (later, HEADER_BYTES as u64)));
                break;
            }
        }
        Ok(())
    }

    /// Replays one file. Returns where the replay as a whole ends, where the file's last write is torn,
    /// and what is damaged before.
    fn replay_file(
        &mut self,
        number: u64,
        bytes: &[u8],
        report: &mut ReplayReport,
    ) -> (Option<usize>, Option<usize>, Vec<std::ops::Range<usize>>) {
        let mut scan = Scan::new(bytes, HEADER_BYTES);
        let (mut torn, mut damage) = (None, Vec::new());
        loop {
            match scan.next() {
                Scanned::Record(at, payload) => {
                    match self.replay_batch(number, &mut Cursor(payload)) {
                        Some(Outcome::Applied(samples)) => {
                            report.batches += 1;
                            report.samples += samples;
                        }
                        Some(Outcome::Sealed) => {}
                        Some(Outcome::Skipped) => report.batches_skipped += 1,
                        Some(Outcome::Ends) => return (Some(at), torn, damage),
                        None => damage.push(at..at + record::HEADER_BYTES + payload.len()),
                    }
                }
                Scanned::Damage(range) => damage.push(range),
                Scanned::Tail(at) => torn = Some(at),
                Scanned::End => return (None, torn, damage),
            }
        }
    }

    fn replay_batch(&mut self, file: u64, cursor: &mut Cursor<'_>) -> Option<Outcome> {
        let head = BatchHead::read(cursor)?;
        let sealed = self.sealed.get(&head.lane).copied().unwrap_or(0);
        if let Some(key) = head.key {
            let next_lane = &mut self.next_lane;
            self.lanes.entry(head.lane).or_insert_with(|| {
                *next_lane = (*next_lane).max(head.lane.saturating_add(1));
                let lane = Arc::new(Lane::new(head.lane, key.into(), 0));
                let writer = lane.take_turn();
                ReplayedLane { lane, writer, whole: false }
            });
        }
        let Some(replayed) = self.lanes.get_mut(&head.lane) else { return Some(Outcome::Skipped) };
        let ReplayedLane { lane, writer, whole } = replayed;
        if head.key.is_some() {
            if head.sequence <= writer.chain.sequence {
                return Some(Outcome::Skipped);
            }
            *whole = true;
            writer.chain = Chain::default();
        } else if !*whole || head.sequence != writer.chain.sequence + 1 {
            *whole = false;
            return Some(Outcome::Skipped);
        }
        // Until the batch is read to its end, later ones cannot build on it.
        *whole = false;
        let slots = read_slots(cursor)?;
        if slots.iter().any(|&(_, id)| id != Slot::NO_SERIES && id >= self.index.series.next_id()) {
            return Some(Outcome::Ends);
        }
        assign(self.index, lane, writer, &slots)?;
        writer.chain.sequence = head.sequence;
        let visible = head.sequence > sealed;
        let mut data = LaneData::new(0);
        let mut samples = 0;
        if visible {
            let mut shared = lane.data();
            data = std::mem::take(Arc::make_mut(&mut shared));
        }
        let read =
            apply(cursor, writer, visible.then_some(&mut data), lane.makes_rows(), &mut samples);
        if visible {
            *lane.data() = Arc::new(data);
            lane.note_file(file);
        }
        read?;
        *whole = true;
        Some(if visible { Outcome::Applied(samples) } else { Outcome::Sealed })
    }

    /// Hands the lanes over.
    pub(super) fn finish(self) -> Replayed {
        let mut lanes = Lanes::default();
        for (id, ReplayedLane { lane, mut writer, .. }) in self.lanes {
            // The next batch goes to a new file.
            writer.chain.restart();
            for (slot, entry) in (0..).zip(writer.slots.clone()) {
                if let Some(series) = self.index.series.get(entry.series)
                    && series.segments > 0
                {
                    writer.add_unproven(slot, series.sealed_max_ms());
                }
            }
            lane.give_back(writer);
            lanes.by_key.insert(lane.key.clone(), Arc::clone(&lane));
            lanes.by_id.insert(id, lane);
        }
        Replayed { lanes, next_lane: self.next_lane }
    }
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
    Some(())
}

/// Reads rows and own samples, and adds them to `data` unless a segment has them.
fn apply(
    cursor: &mut Cursor<'_>,
    writer: &mut Writer,
    mut data: Option<&mut LaneData>,
    fills: bool,
    samples: &mut u64,
) -> Option<()> {
    for _ in 0..cursor.count()? {
        let (row, fill) = read_row(cursor, &mut writer.chain, writer.slots.len())?;
        writer.newest = writer.newest.max(row.time);
        if !fill {
            // Lanes rely on rows that ascend.
            if row.time <= writer.last_row {
                return None;
            }
            writer.last_row = row.time;
        }
        let Some(data) = data.as_deref_mut() else { continue };
        *samples += count(&row.mask);
        if fill { data.fill_row(&row) } else { data.push_row(row, fills) }
    }
    for (slot, time, value) in read_own(cursor, &writer.chain)? {
        writer.newest = writer.newest.max(time);
        if slot as usize >= writer.slots.len() {
            return None;
        }
        if let Some(data) = data.as_deref_mut() {
            *samples += 1;
            data.add_own(slot, time, value);
        }
    }
    cursor.is_empty().then_some(())
}

impl Inner {
    /// Connects the lanes that write the same series.
    pub(super) fn share_replayed(&self) {
        let shared: Vec<(u32, Vec<Place>)> = {
            let index = self.index();
            let shared = index.series.iter().filter(|(_, series)| series.shared);
            let places = |id, first| {
                std::iter::once(first).chain(index.other_places(id).iter().copied()).collect()
            };
            shared.map(|(id, series)| (id, places(id, series.place))).collect()
        };
        for (id, places) in shared {
            self.share(id, &places);
        }
    }
}
