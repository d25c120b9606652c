//! Frames that are those of an earlier series but for their first number.
//!
//! The buckets of a histogram often move together: then a frame is the place of the other one and its
//! own first number. What frames are equal in is compared as it was encoded.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::{Frame, KIND_ALIAS, KIND_FORM, KIND_MORE, KIND_SHIFT};
use crate::wire::{Cursor, put_signed, put_varint};

/// The bytes of a group that are at hand. Aliases name places in the group.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GroupBytes<'a> {
    bytes: &'a [u8],
    /// Where in the group they begin.
    start: usize,
}

impl<'a> GroupBytes<'a> {
    /// Some bytes of a group, which begin at the place `start`.
    pub(crate) const fn new(bytes: &'a [u8], start: usize) -> Self {
        Self { bytes, start }
    }

    /// What lies at a place of the group and behind it, where that is at hand.
    pub(crate) fn from(self, place: usize) -> Option<&'a [u8]> {
        self.bytes.get(place.checked_sub(self.start)?..)
    }
}

/// Shorter frames gain nothing.
const SIZE_MIN: usize = 12;

/// The frames of a group so far, by what they have in common with others.
#[derive(Debug, Default)]
pub(crate) struct Aliases(HashMap<u64, u32>);

/// A frame's bytes in three: before the first number, that number, and the rest.
fn split(frame: &[u8]) -> Option<(&[u8], i64, &[u8])> {
    let mut cursor = Cursor(frame);
    let head = cursor.byte()?;
    let more = match head >> KIND_SHIFT {
        KIND_MORE => 1,
        KIND_FORM => 2,
        _ => 0,
    };
    cursor.take(more)?;
    cursor.varint()?;
    let before = frame.len() - cursor.0.len();
    let first = cursor.signed()?;
    Some((&frame[..before], first, cursor.0))
}

impl Aliases {
    /// Forgets the frames, for the next group.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Appends the frames of one piece to a group's data, which begins in `out` at `group_start`.
    pub(crate) fn put(&mut self, out: &mut Vec<u8>, group_start: usize, frames: &[u8]) {
        let mut rest = Cursor(frames);
        while !rest.is_empty() {
            let start = rest.0;
            let known = Frame::read(&mut rest, GroupBytes::default());
            let whole = known.and_then(|_| start.get(..start.len() - rest.0.len()));
            let frame = whole.expect("frames that were just encoded are whole");
            if !self.put_alias(out, group_start, frame) {
                out.extend_from_slice(frame);
            }
        }
    }

    /// Appends an alias of an equal frame, where there is one and it is shorter.
    fn put_alias(&mut self, out: &mut Vec<u8>, group_start: usize, frame: &[u8]) -> bool {
        let Some((before, first, after)) = split(frame).filter(|_| frame.len() >= SIZE_MIN) else {
            return false;
        };
        let place = u32::try_from(out.len() - group_start).unwrap_or(u32::MAX);
        let hash = FixedState::default().hash_one((before, after));
        let target = *self.0.entry(hash).or_insert(place);
        if target == place {
            return false;
        }
        let whole = &out[group_start + target as usize..];
        let same =
            split(whole).is_some_and(|(head, _, tail)| head == before && tail.starts_with(after));
        if !same {
            return false;
        }
        out.push(KIND_ALIAS << KIND_SHIFT);
        put_varint(out, u64::from(target));
        put_signed(out, first);
        true
    }
}
