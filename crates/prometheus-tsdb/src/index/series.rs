//! The entry of a series: its labels, and where its chunks are.

use regain_model::{Labels, MAX_LABEL_BYTES, Span, Timestamp};

use super::symbols::Symbols;
use crate::cursor::{Cursor, put_uvarint, put_varint};
use crate::fault::Read;

/// A chunk as the index knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkMeta {
    /// The time of its first sample.
    pub(crate) min: i64,
    /// The time of its last sample.
    pub(crate) max: i64,
    /// The segment file, from 0, in the upper half, and the offset in it.
    pub(crate) place: u64,
}

impl ChunkMeta {
    pub(crate) const fn span(self) -> Span {
        Span::new(Timestamp(self.min), Timestamp(self.max))
    }
}

/// A series as the index knows it.
#[derive(Clone, Debug)]
pub(crate) struct IndexedSeries {
    pub(crate) reference: u32,
    pub(crate) labels: Labels,
    pub(crate) chunks: Vec<ChunkMeta>,
}

/// Reads an entry.
pub(super) fn read(reference: u32, entry: &[u8], symbols: &Symbols) -> Read<IndexedSeries> {
    let mut cursor = Cursor::new(entry);
    let count = cursor.length()?;
    let mut labels: Vec<(&str, &str)> = Vec::with_capacity(cursor.plausible(count, 2)?);
    for _ in 0..count {
        let name = symbols.get(cursor.uvarint32()?)?;
        let value = symbols.get(cursor.uvarint32()?)?;
        if labels.last().is_some_and(|(before, _)| *before >= name) {
            return Err(cursor.fault("the labels of a series are not in order"));
        }
        if name.len().max(value.len()) > MAX_LABEL_BYTES {
            return Err(cursor.fault("a label is too long"));
        }
        if !value.is_empty() {
            labels.push((name, value));
        }
    }
    let count = cursor.length()?;
    let mut chunks = Vec::with_capacity(cursor.plausible(count, 3)?);
    let (mut time, mut place) = (0_i64, 0_i64);
    for index in 0..count {
        let min = if index == 0 {
            cursor.varint()?
        } else {
            time.wrapping_add_unsigned(cursor.uvarint()?)
        };
        let max = min.wrapping_add_unsigned(cursor.uvarint()?);
        let step = if index == 0 { cursor.uvarint()?.cast_signed() } else { cursor.varint()? };
        place = place.wrapping_add(step);
        time = max;
        chunks.push(ChunkMeta { min, max, place: place.cast_unsigned() });
    }
    Ok(IndexedSeries { reference, labels: Labels::from_sorted(labels), chunks })
}

/// Appends an entry. `labels` are symbols.
pub(super) fn write(
    out: &mut Vec<u8>,
    labels: impl ExactSizeIterator<Item = (u32, u32)>,
    chunks: &[ChunkMeta],
) {
    put_uvarint(out, labels.len() as u64);
    for (name, value) in labels {
        put_uvarint(out, u64::from(name));
        put_uvarint(out, u64::from(value));
    }
    put_uvarint(out, chunks.len() as u64);
    let mut before: Option<&ChunkMeta> = None;
    for chunk in chunks {
        match before {
            None => put_varint(out, chunk.min),
            Some(before) => put_uvarint(out, chunk.min.wrapping_sub(before.max).cast_unsigned()),
        }
        put_uvarint(out, chunk.max.wrapping_sub(chunk.min).cast_unsigned());
        match before {
            None => put_uvarint(out, chunk.place),
            Some(before) => {
                put_varint(out, chunk.place.wrapping_sub(before.place).cast_signed());
            }
        }
        before = Some(chunk);
    }
}
