//! The values of a group, read and checked in stretches.
//!
//! A query often wants few series of a group, so that each stretch of its values has a checksum of its
//! own: what is read is what is wanted and a little around it. Only aliases reach further back; when one
//! does, all values are read.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use regain_storage::Result;

use super::read::Frames;
use super::{Segment, index};
use crate::frame::GroupBytes;
use crate::layout::corrupt;

/// The bytes that have a checksum of their own.
const STRETCH_BYTES: usize = 4096;

/// All values of a group.
pub(crate) const ALL: Range<usize> = 0..usize::MAX;

/// A segment, one of its groups, and the checksums of that group's values.
pub(crate) type Source<'a> = (&'a Segment, usize, &'a [u32]);

/// The checksums of a group's values.
pub(crate) fn checksums(values: &[u8]) -> impl Iterator<Item = u32> {
    values.chunks(STRETCH_BYTES).map(crc32c::crc32c)
}

/// Which stretches hold the values in a range: the first, and the one after the last.
pub(crate) fn stretches(wanted: &Range<usize>) -> (usize, usize) {
    (wanted.start / STRETCH_BYTES, wanted.end.div_ceil(STRETCH_BYTES))
}

/// Neighbouring values of a group, which were checked.
#[derive(Debug, Default)]
pub(crate) struct Values {
    bytes: Vec<u8>,
    /// Where in the group they begin.
    start: usize,
    is_whole: bool,
}

impl Values {
    /// Reads the values of a group in the range `wanted`, as far as there are any, and those around it
    /// that share a checksum with them.
    pub(crate) fn read((segment, group, sums): Source<'_>, wanted: Range<usize>) -> Result<Self> {
        let range = segment.data_range(group);
        let length = index(range.end - range.start);
        let damaged = |offset: usize| {
            corrupt(&segment.path, range.start + offset as u64, "the values of a group")
        };
        if sums.len() != length.div_ceil(STRETCH_BYTES) {
            return Err(damaged(0));
        }
        let (first, end) = stretches(&wanted);
        let end = end.min(sums.len());
        let first = first.min(end);
        let [start, end] = [first, end].map(|stretch| (stretch * STRETCH_BYTES).min(length));
        let bytes = segment.read(range.start + start as u64..range.start + end as u64)?;
        let bad = checksums(&bytes).zip(&sums[first..]).position(|(sum, &known)| sum != known);
        if let Some(bad) = bad {
            return Err(damaged(start + bad * STRETCH_BYTES));
        }
        Ok(Self { is_whole: bytes.len() == length, bytes, start })
    }

    /// The memory held, in bytes.
    pub(crate) const fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.bytes.len()
    }

    fn covers(&self, wanted: &Range<usize>) -> bool {
        self.is_whole || (self.start <= wanted.start && wanted.end <= self.start + self.bytes.len())
    }

    /// The values.
    pub(crate) fn at_hand(&self) -> GroupBytes<'_> {
        GroupBytes::new(&self.bytes, self.start)
    }
}

/// The values of a group as far as they were needed.
#[derive(Debug, Default)]
pub(crate) struct KnownValues {
    some: Arc<Values>,
    all: OnceLock<Values>,
}

impl KnownValues {
    /// Reads the values in the range `wanted` unless they are here.
    pub(crate) fn load(&mut self, source: Source<'_>, wanted: Range<usize>) -> Result<()> {
        self.load_by(wanted, |wanted| Ok(Arc::new(Values::read(source, wanted)?)))
    }

    /// The same with values that `read` reads, or has.
    pub(crate) fn load_by(
        &mut self,
        wanted: Range<usize>,
        read: impl FnOnce(Range<usize>) -> Result<Arc<Values>>,
    ) -> Result<()> {
        if wanted.is_empty() || self.all.get().is_some() || self.some.covers(&wanted) {
            return Ok(());
        }
        // Who comes a second time comes a third time.
        let is_first = self.some.bytes.is_empty();
        self.some = read(if is_first { wanted } else { ALL })?;
        Ok(())
    }

    /// Decodes frames that begin at the place `start` of the group and were loaded; false when they make
    /// no sense. `decode` says nothing when it could not, and then is asked again with all values.
    pub(crate) fn decode(
        &self,
        source: Source<'_>,
        start: usize,
        mut decode: impl FnMut(Frames<'_>) -> Option<()>,
    ) -> Result<bool> {
        if let Some(all) = self.all.get() {
            return Ok(decode((all.at_hand(), start)).is_some());
        }
        if decode((self.some.at_hand(), start)).is_some() {
            return Ok(true);
        }
        if self.some.is_whole {
            return Ok(false);
        }
        let all = Values::read(source, ALL)?;
        let all = self.all.get_or_init(|| all);
        Ok(decode((all.at_hand(), start)).is_some())
    }
}

#[cfg(test)]
mod tests;
