//! What a query holds on to while the store moves on.
//!
//! A view is the list of segments after some number of seals. Rows that a later seal takes out of the
//! lanes stay reachable from every earlier view through a chain of [`Seal`]s, and are freed with the
//! last of those views.

use std::sync::{Arc, Mutex, OnceLock};

use hashbrown::HashMap;

use crate::archive::Archive;
use crate::deleted::Deleted;
use crate::segment::Segment;
use crate::segment::encode::Frozen;

type Next = Arc<OnceLock<Arc<Seal>>>;

/// The segments after a number of seals.
#[derive(Debug)]
pub(crate) struct View {
    /// The number of seals that are segments here.
    pub(crate) sealed: u64,
    pub(crate) segments: Vec<Arc<Segment>>,
    /// The archives, oldest first.
    pub(crate) archives: Vec<Arc<Archive>>,
    /// What queries leave out.
    pub(crate) deleted: Arc<Deleted>,
    pub(crate) next: Next,
}

/// The rows that one seal took.
#[derive(Debug, Default)]
pub(crate) struct Seal {
    pub(crate) epoch: u64,
    lanes: Mutex<HashMap<u32, Frozen>>,
    pub(crate) next: Next,
}

impl Seal {
    pub(crate) fn new(epoch: u64) -> Self {
        Self { epoch, ..Self::default() }
    }

    pub(crate) fn add(&self, frozen: Frozen) {
        self.lanes.lock().expect("no holder of this lock panics").insert(frozen.lane, frozen);
    }

    pub(crate) fn get(&self, lane: u32) -> Option<Frozen> {
        self.lanes.lock().expect("no holder of this lock panics").get(&lane).cloned()
    }

    /// All lanes in the order of their ids.
    pub(crate) fn all(&self) -> Vec<Frozen> {
        let lanes = self.lanes.lock().expect("no holder of this lock panics");
        let mut all: Vec<Frozen> = lanes.values().cloned().collect();
        all.sort_unstable_by_key(|frozen| frozen.lane);
        all
    }
}

impl Seal {
    /// The memory held, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        let lanes = self.lanes.lock().expect("no holder of this lock panics");
        lanes.values().map(|frozen| frozen.data.size_bytes()).sum()
    }
}

impl View {
    /// What there is when a store is opened.
    pub(crate) fn new(
        segments: Vec<Arc<Segment>>,
        archives: Vec<Arc<Archive>>,
        deleted: Deleted,
    ) -> Self {
        Self { sealed: 0, segments, archives, deleted: Arc::new(deleted), next: Arc::default() }
    }

    /// The same once more, to be changed into the next view.
    pub(crate) fn successor(&self) -> Self {
        let Self { sealed, segments, archives, deleted, next } = self;
        let (segments, archives) = (segments.clone(), archives.clone());
        let (deleted, next) = (Arc::clone(deleted), Arc::clone(next));
        Self { sealed: *sealed, segments, archives, deleted, next }
    }

    /// No sample in a segment is earlier.
    pub(crate) fn floor(&self) -> i64 {
        let first = self.segments.iter().map(|segment| segment.summary.min_time);
        first.min().unwrap_or(i64::MAX)
    }

    /// The seals after this view up to the `epoch`th, oldest first.
    pub(crate) fn seals_upto(&self, epoch: u64) -> Vec<Arc<Seal>> {
        let mut seals = Vec::new();
        let mut next = self.next.get().map(Arc::clone);
        while let Some(seal) = next.filter(|seal| seal.epoch <= epoch) {
            next = seal.next.get().map(Arc::clone);
            seals.push(seal);
        }
        seals
    }
}
