//! What a query finds out about the lanes of a segment, of which it may look at few.

use std::sync::OnceLock;

/// So many lanes get their room at once.
const ROOM: usize = 64;

/// Something about each lane of a segment, found out when it is asked for first.
#[derive(Debug)]
pub(super) struct ByLane<T>(Box<[OnceLock<Room<T>>]>);

type Room<T> = Box<[OnceLock<T>]>;

impl<T> ByLane<T> {
    /// Nothing is known about so many lanes.
    pub(super) fn new(lanes: usize) -> Self {
        Self((0..lanes.div_ceil(ROOM)).map(|_| OnceLock::new()).collect())
    }

    /// What is known about a lane, which is one of them.
    #[inline]
    pub(super) fn get_or_find(&self, lane: u32, find: impl FnOnce() -> T) -> &T {
        let lane = lane as usize;
        let room = self.0[lane / ROOM]
            .get_or_init(|| std::iter::repeat_with(OnceLock::new).take(ROOM).collect());
        room[lane % ROOM].get_or_init(find)
    }
}
