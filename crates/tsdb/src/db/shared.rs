//! Series that several lanes write.
//!
//! Each of the lanes keeps its own samples of such a series. Their order is kept by one value that
//! all of them know, the newest sample, and by committing one after another.

use std::sync::Arc;

use super::Inner;
use crate::index::Place;
use crate::lane::{Lane, Newest, Writer};

impl Inner {
    /// Makes a series one that several lanes write, and tells the lanes that do already.
    pub(super) fn share(&self, id: u32, places: &[Place]) -> Arc<Newest> {
        let newest = {
            let mut shared = self.shared.lock().expect("no holder of this lock panics");
            Arc::clone(shared.entry(id).or_default())
        };
        for place in places {
            let lane = self.lanes().by_id.get(&place.lane).map(Arc::clone);
            if let Some(lane) = lane {
                lane.send_mail(place.slot, Arc::clone(&newest));
            }
        }
        // Read after the lanes know. A lane that is committing has held up its mail until its
        // batch could be seen; what is committed from now on raises the value.
        if let Some(sample) = self.newest_of(id, i64::MIN) {
            newest.raise(sample);
        }
        newest
    }

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

    /// Lets a lane forget which of its series were shared with lanes that have left.
    pub(super) fn unshare(&self, lane: &Lane, writer: &mut Writer) {
        lane.take_mail(writer);
        if !writer.shared.is_empty() {
            let index = self.index();
            let slots = &writer.slots;
            let is_shared =
                |&slot: &u32| !index.other_places(slots[slot as usize].series).is_empty();
            writer.shared.retain(|slot, _| is_shared(slot));
        }
    }

    /// Forgets the newest samples of series that are no longer shared.
    pub(super) fn forget_unshared(&self) {
        let mut shared = self.shared.lock().expect("no holder of this lock panics");
        let index = self.index();
        shared.retain(|&id, _| !index.other_places(id).is_empty());
    }
}
