//! Lanes: one writer's time grid each.
//!
//! A lane's rows are times, its slots are series. The writer's side ([`Writer`]) belongs to one
//! batch at a time; the readers' side ([`LaneData`]) is swapped under a short lock.

pub(crate) mod block;
pub(crate) mod data;
pub(crate) mod own;
pub(crate) mod row;
pub(crate) mod whole;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use hashbrown::HashMap;
use regain_model::Histogram;
use regain_storage::SeriesRef;

pub(crate) use data::LaneData;

use crate::deleted::Deleted;
use crate::wal::batch::Chain;

/// One lane.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) id: u32,
    pub(crate) key: Box<[u8]>,
    turn: Mutex<Turn>,
    free: Condvar,
    data: Mutex<Arc<LaneData>>,
    /// Slots whose series has become one that other lanes write, too.
    mail: Mutex<Vec<(u32, Arc<Newest>)>>,
    /// The log file with the oldest batch that is not sealed; `u64::MAX` for none.
    pub(crate) first_file: AtomicU64,
}

/// Whose turn it is to write.
#[derive(Debug)]
struct Turn {
    /// The writer's side; empty while a batch is under way.
    writer: Option<Box<Writer>>,
    /// How many wait for it. To wake somebody up takes a call of the system even if there is nobody.
    waiting: usize,
}

/// What the writer of a lane knows.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    pub(crate) slots: Vec<Slot>,
    pub(crate) free_slots: Vec<u32>,
    pub(crate) by_series: HashMap<u32, u32>,
    /// Slots that the log does not know yet.
    pub(crate) changed: Vec<u32>,
    pub(crate) chain: Chain,
    /// The newest time of any sample of the lane.
    pub(crate) newest: i64,
    /// The newest row.
    pub(crate) last_row: i64,
    /// Slots whose series another lane writes, too.
    pub(crate) shared: HashMap<u32, Arc<Newest>>,
    /// Slots whose series have older samples elsewhere, with a time that none of them exceeds.
    pub(crate) unproven: HashMap<u32, i64>,
    /// The largest of those times.
    pub(crate) unproven_max: i64,
    /// What was found in segments.
    pub(crate) sealed: SealedNewest,
    /// The newest samples of slots that have had histograms.
    pub(crate) histograms: HashMap<u32, LastHistogram>,
    /// What was deleted when these were noted.
    pub(crate) deleted: Arc<Deleted>,
}

/// The time of a slot's newest sample, and the histogram that it is, if it is one.
pub(crate) type LastHistogram = (i64, Option<Arc<Histogram>>);

/// The newest sealed samples of slots, as far as they were looked up since the last seal. A writer
/// that repeats an old sample again and again must not read files each time.
#[derive(Debug, Default)]
pub(crate) struct SealedNewest {
    epoch: u64,
    found: HashMap<u32, LookedUp>,
}

/// What was found in segments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LookedUp {
    /// Samples from this time on were looked for.
    pub(crate) from: i64,
    /// The newest of them.
    pub(crate) newest: Option<(i64, u64)>,
}

impl SealedNewest {
    /// What is known about the samples of a slot at `time` or later.
    pub(crate) fn get(&self, slot: u32, epoch: u64, time: i64) -> Option<LookedUp> {
        let found = self.found.get(&slot).filter(|_| epoch == self.epoch).copied();
        found.filter(|found| found.from <= time)
    }

    pub(crate) fn put(&mut self, slot: u32, epoch: u64, found: LookedUp) {
        if epoch != self.epoch {
            self.epoch = epoch;
            self.found.clear();
        }
        self.found.insert(slot, found);
    }

    fn forget(&mut self, slot: u32) {
        self.found.remove(&slot);
    }
}

/// One slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) series: u32,
    pub(crate) generation: u32,
}

impl Slot {
    pub(crate) const NO_SERIES: u32 = u32::MAX;
}

/// The newest sample of a series that several lanes write: time and bits.
#[derive(Debug, Default)]
pub(crate) struct Newest(pub(crate) Mutex<Option<(i64, u64)>>);

impl Newest {
    pub(crate) fn get(&self) -> Option<(i64, u64)> {
        *self.0.lock().expect("no holder of this lock panics")
    }

    pub(crate) fn raise(&self, sample: (i64, u64)) {
        let mut newest = self.0.lock().expect("no holder of this lock panics");
        if newest.is_none_or(|newest| newest.0 < sample.0) {
            *newest = Some(sample);
        }
    }
}

impl Lane {
    pub(crate) fn new(id: u32, key: Box<[u8]>, epoch: u64) -> Self {
        let writer = Writer {
            newest: i64::MIN,
            last_row: i64::MIN,
            unproven_max: i64::MIN,
            ..Writer::default()
        };
        Self {
            id,
            key,
            turn: Mutex::new(Turn { writer: Some(Box::new(writer)), waiting: 0 }),
            free: Condvar::new(),
            data: Mutex::new(Arc::new(LaneData::new(epoch))),
            mail: Mutex::default(),
            first_file: AtomicU64::new(u64::MAX),
        }
    }

    /// Whether samples with times of their own make rows: a scrape's rows are its scrapes only.
    pub(crate) fn makes_rows(&self) -> bool {
        self.key.first() != Some(&b's')
    }

    /// Waits for the writer's side.
    pub(crate) fn take_turn(&self) -> Box<Writer> {
        let mut turn = self.turn();
        loop {
            if let Some(writer) = turn.writer.take() {
                return writer;
            }
            turn.waiting += 1;
            turn = self.free.wait(turn).expect("no holder of this lock panics");
            turn.waiting -= 1;
        }
    }

    /// The writer's side, unless a batch is under way.
    pub(crate) fn try_turn(&self) -> Option<Box<Writer>> {
        self.turn().writer.take()
    }

    pub(crate) fn give_back(&self, writer: Box<Writer>) {
        let mut turn = self.turn();
        turn.writer = Some(writer);
        if turn.waiting > 0 {
            self.free.notify_one();
        }
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().expect("no holder of this lock panics")
    }

    /// The samples at this moment.
    pub(crate) fn view(&self) -> Arc<LaneData> {
        Arc::clone(&self.data())
    }

    /// The samples, to be changed.
    pub(crate) fn data(&self) -> MutexGuard<'_, Arc<LaneData>> {
        self.data.lock().expect("no holder of this lock panics")
    }

    /// Tells the writer that other lanes write the series of a slot, too.
    pub(crate) fn send_mail(&self, slot: u32, newest: Arc<Newest>) {
        self.mail().push((slot, newest));
    }

    /// Takes what others have told.
    pub(crate) fn take_mail(&self, writer: &mut Writer) {
        writer.shared.extend(self.mail().drain(..));
    }

    /// What others have told and was not taken; nobody can tell more while this is held.
    pub(crate) fn mail(&self) -> MutexGuard<'_, Vec<(u32, Arc<Newest>)>> {
        self.mail.lock().expect("no holder of this lock panics")
    }

    /// Whether no slot has a series; false while a batch is under way.
    pub(crate) fn is_bare(&self) -> bool {
        self.turn().writer.as_ref().is_some_and(|writer| writer.by_series.is_empty())
    }

    /// Notes that a batch went to this log file.
    pub(crate) fn note_file(&self, file: u64) {
        // Ordering: changed and read under the lane's turn only, or after a seal took it.
        self.first_file.fetch_min(file, Ordering::Relaxed);
    }
}

impl Writer {
    /// The slot of a reference that is still good.
    #[inline]
    pub(crate) fn slot_of(&self, reference: SeriesRef) -> Option<usize> {
        let slot = usize::try_from(reference.0 & 0xffff_ffff).ok()?;
        let generation = reference.0 >> 32;
        let good =
            self.slots.get(slot).is_some_and(|slot| u64::from(slot.generation) == generation);
        good.then_some(slot)
    }

    /// The first slot of good references to neighbouring slots, in their order: so comes a row whose series
    /// have not changed since the lane began.
    pub(crate) fn first_of_neighbours(&self, series: &[SeriesRef]) -> Option<usize> {
        let first = self.slot_of(*series.first()?)?;
        let slots = self.slots.get(first..)?.get(..series.len())?;
        // All are looked at, whatever comes out, for that goes several at a time.
        let differs = |any: u64, (at, (slot, reference)): (u64, (&Slot, &SeriesRef))| {
            any | reference.0 ^ (u64::from(slot.generation) << 32 | at)
        };
        let differs = (first as u64..).zip(slots.iter().zip(series)).fold(0, differs);
        (differs == 0).then_some(first)
    }

    pub(crate) fn reference(&self, slot: u32) -> SeriesRef {
        SeriesRef(u64::from(self.slots[slot as usize].generation) << 32 | u64::from(slot))
    }

    /// The slot of a series, and whether it is new.
    pub(crate) fn slot_for(&mut self, series: u32) -> (u32, bool) {
        if let Some(&slot) = self.by_series.get(&series) {
            return (slot, false);
        }
        let slot = self.free_slots.pop().unwrap_or_else(|| {
            self.slots.push(Slot { series: Slot::NO_SERIES, generation: 0 });
            u32::try_from(self.slots.len() - 1).expect("series are counted in 32 bits")
        });
        self.assign(slot, series);
        self.changed.push(slot);
        (slot, true)
    }

    /// Gives a slot that exists, or is the next, to a series.
    pub(crate) fn assign(&mut self, slot: u32, series: u32) {
        let at = slot as usize;
        if at == self.slots.len() {
            self.slots.push(Slot { series, generation: 0 });
        }
        self.slots[at].series = series;
        self.by_series.insert(series, slot);
    }

    /// Notes that a slot's series has samples elsewhere, none of them after `floor`.
    pub(crate) fn add_unproven(&mut self, slot: u32, floor: i64) {
        self.unproven.insert(slot, floor);
        self.unproven_max = self.unproven_max.max(floor);
    }

    /// Takes a slot from its series; references to it are stale from now on.
    pub(crate) fn release(&mut self, slot: u32) {
        let entry = &mut self.slots[slot as usize];
        self.by_series.remove(&entry.series);
        entry.series = Slot::NO_SERIES;
        entry.generation = entry.generation.wrapping_add(1);
        self.free_slots.push(slot);
        self.changed.push(slot);
        self.shared.remove(&slot);
        self.unproven.remove(&slot);
        self.sealed.forget(slot);
        self.histograms.remove(&slot);
    }
}
