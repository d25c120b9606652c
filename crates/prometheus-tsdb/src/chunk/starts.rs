//! Start timestamps, which come behind each sample of the kinds that have them: that of the first
//! sample as its distance to the sample's time, later ones as the change of the distance to the time
//! of the sample before.

use crate::bits::{BitReader, BitWriter};
use crate::fault::Read;

/// The bit that says that the first sample has a start timestamp.
const FIRST_KNOWN: u8 = 0x80;

/// Reads start timestamps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Starts {
    first_known: bool,
    /// The sample from which on there is one for each; 0 for never.
    each_from: usize,
    start: i64,
    distance: i64,
}

impl Starts {
    /// What a chunk's header byte says.
    pub(super) const fn of(header: u8) -> Self {
        let each_from = (header & !FIRST_KNOWN) as usize;
        Self { first_known: header & FIRST_KNOWN != 0, each_from, start: 0, distance: 0 }
    }

    /// The start timestamp of the sample `index` at `time`; the one before was at `previous`.
    #[inline]
    pub(super) fn read(
        &mut self,
        reader: &mut BitReader<'_>,
        index: usize,
        time: i64,
        previous: i64,
    ) -> Read<i64> {
        if index == 0 {
            if self.first_known {
                self.start = time.wrapping_sub(reader.varint()?);
            }
        } else if self.each_from > 0 && index >= self.each_from {
            let change = reader.varbit()?;
            let first = index == self.each_from;
            self.distance = if first { change } else { self.distance.wrapping_add(change) };
            self.start = previous.wrapping_sub(self.distance);
        }
        Ok(self.start)
    }
}

/// Where the header byte is in all kinds of chunks that have one.
const HEADER_AT: usize = 2;
/// The last sample from which on there may be one for each: the header has seven bits for it.
const EACH_FROM_MAX: usize = 0x7f;

/// Writes start timestamps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StartsWriter {
    each_from: usize,
    start: i64,
    distance: i64,
}

impl StartsWriter {
    /// Writes the start timestamp of the sample `index` at `time`; the one before was at `previous`.
    pub(super) fn write(
        &mut self,
        bits: &mut BitWriter,
        index: usize,
        (time, previous): (i64, i64),
        start: i64,
    ) {
        let distance = previous.wrapping_sub(start);
        if index == 0 {
            if start != 0 {
                bits.varint(time.wrapping_sub(start));
                bits.bytes_mut()[HEADER_AT] |= FIRST_KNOWN;
            }
        } else if self.each_from > 0 {
            bits.varbit(distance.wrapping_sub(self.distance));
            self.distance = distance;
        } else if start != self.start || index == EACH_FROM_MAX {
            bits.varbit(distance);
            self.distance = distance;
            self.each_from = index;
            let from = u8::try_from(index).expect("at the last sample that fits, all are written");
            bits.bytes_mut()[HEADER_AT] |= from;
        }
        self.start = start;
    }
}
