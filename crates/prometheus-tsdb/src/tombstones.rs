//! Deleted intervals of time, by series.

use std::path::Path;

use hashbrown::HashMap;
use regain_model::{Span, Timestamp};
use regain_storage::fs::Fs;
use regain_storage::{Error, Result};

use crate::cursor::{Cursor, put_uvarint, put_varint};
use crate::fault::{Fault, Read};
use crate::reading::read_file;

/// The name of the file in its block's directory.
pub(crate) const TOMBSTONES_FILE: &str = "tombstones";
const MAGIC: u32 = 0x0130_BA30;
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 5;
const CHECKSUM_BYTES: usize = 4;
/// No such file is longer.
const BYTES_MAX: u64 = 1 << 30;

/// Closed intervals of time that ascend and do not touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intervals(Vec<Span>);

impl Intervals {
    /// Adds an interval; those that it touches become one with it.
    pub(crate) fn add(&mut self, mut new: Span) {
        let touches = |span: &Span| {
            span.min.0.saturating_sub(1) <= new.max.0 && new.min.0.saturating_sub(1) <= span.max.0
        };
        let first = self.0.iter().position(touches);
        let at = first.unwrap_or_else(|| self.0.partition_point(|span| span.min < new.min));
        let count = self.0[at..].iter().take_while(|span| touches(span)).count();
        for span in &self.0[at..at + count] {
            new.min = new.min.min(span.min);
            new.max = new.max.max(span.max);
        }
        self.0.splice(at..at + count, [new]);
    }

    /// Whether nothing is deleted.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `time` is deleted.
    pub(crate) fn contains(&self, time: i64) -> bool {
        let after = self.0.partition_point(|span| span.max.0 < time);
        self.0.get(after).is_some_and(|span| span.contains(Timestamp(time)))
    }

    /// Whether something of `span` is deleted.
    pub(crate) fn touch(&self, span: Span) -> bool {
        self.0.iter().any(|deleted| deleted.overlaps(span))
    }

    /// Whether all of `span` is deleted.
    pub(crate) fn cover(&self, span: Span) -> bool {
        self.0.iter().any(|deleted| deleted.min <= span.min && span.max <= deleted.max)
    }
}

/// Deleted intervals by the reference of their series.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tombstones(HashMap<u64, Intervals>);

impl Tombstones {
    pub(crate) fn add(&mut self, series: u64, span: Span) {
        self.0.entry(series).or_default().add(span);
    }

    pub(crate) fn of(&self, series: u64) -> Option<&Intervals> {
        self.0.get(&series)
    }

    /// Reads the file of the block in `dir`. A block without one has none.
    pub(crate) fn read(fs: &dyn Fs, dir: &Path) -> Result<Self> {
        let path = dir.join(TOMBSTONES_FILE);
        let bytes = match read_file(fs, &path, BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(error),
        };
        Self::decode(&bytes).map_err(|fault| fault.within(&path, 0))
    }

    /// Reads a file's bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Read<Self> {
        let header = Cursor::new(bytes);
        if bytes.len() < HEADER_BYTES + CHECKSUM_BYTES {
            return Err(header.fault("the file is shorter than its header"));
        }
        let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM_BYTES);
        let mut cursor = Cursor::new(content);
        if cursor.u32()? != MAGIC {
            return Err(header.fault("this is no file of tombstones"));
        }
        if cursor.u8()? != VERSION {
            return Err(cursor.fault("the version is not known"));
        }
        let sum = crc32c::crc32c(&content[HEADER_BYTES..]).to_be_bytes();
        if sum != checksum {
            return Err(Fault { at: content.len(), what: "the checksum does not match" });
        }
        let mut tombstones = Self::default();
        for (series, span) in spans(&mut cursor)? {
            tombstones.add(series, span);
        }
        Ok(tombstones)
    }

    /// How many intervals there are.
    pub(crate) fn count(&self) -> usize {
        self.0.values().map(|intervals| intervals.0.len()).sum()
    }

    /// The bytes of a file.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_be_bytes().to_vec();
        bytes.push(VERSION);
        let mut series: Vec<(&u64, &Intervals)> = self.0.iter().collect();
        series.sort_unstable_by_key(|(series, _)| **series);
        for (&series, intervals) in series {
            for span in &intervals.0 {
                put_uvarint(&mut bytes, series);
                put_varint(&mut bytes, span.min.0);
                put_varint(&mut bytes, span.max.0);
            }
        }
        let sum = crc32c::crc32c(&bytes[HEADER_BYTES..]);
        bytes.extend_from_slice(&sum.to_be_bytes());
        bytes
    }
}

/// Deleted intervals with the reference of their series, up to the end.
pub(crate) fn spans(cursor: &mut Cursor<'_>) -> Read<Vec<(u64, Span)>> {
    let mut spans = Vec::new();
    while !cursor.is_done() {
        let series = cursor.uvarint()?;
        let (min, max) = (Timestamp(cursor.varint()?), Timestamp(cursor.varint()?));
        if min <= max {
            spans.push((series, Span::new(min, max)));
        }
    }
    Ok(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(min: i64, max: i64) -> Span {
        Span::new(Timestamp(min), Timestamp(max))
    }

    #[test]
    fn intervals_that_touch_become_one() {
        let mut intervals = Intervals::default();
        for (min, max) in [(10, 20), (40, 50), (0, 5), (21, 25), (30, 39)] {
            intervals.add(span(min, max));
        }
        assert_eq!(intervals.0, [span(0, 5), span(10, 25), span(30, 50)]);
        intervals.add(span(4, 45));
        assert_eq!(intervals.0, [span(0, 50)]);
        assert!(intervals.contains(0) && intervals.contains(50) && !intervals.contains(51));
    }

    #[test]
    fn a_file_comes_back_and_a_damaged_one_is_refused() {
        let mut tombstones = Tombstones::default();
        tombstones.add(300, span(-5, 1_700_000_000_000));
        tombstones.add(16, span(10, 10));
        tombstones.add(16, span(20, 29));
        let file = tombstones.encode();
        let back = Tombstones::decode(&file).unwrap();
        assert_eq!((&back.0, back.count()), (&tombstones.0, 3));
        for at in 0..file.len() {
            let mut damaged = file.clone();
            damaged[at] ^= 1;
            assert!(Tombstones::decode(&damaged).is_err(), "byte {at}");
        }
    }
}
