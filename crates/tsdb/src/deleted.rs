//! What was deleted and is still in files (`docs/formats/deletes.md`): spans of time by series.
//!
//! A deletion names samples that exist: its spans end with the newest sample of their series, so that
//! they hide nothing that comes later. Queries leave the samples out at once; when merging has written
//! the segments anew, the spans go.

use hashbrown::HashMap;
use regain_storage::Result;
use regain_storage::fs::Fs;

use crate::index::Index;
use crate::layout::{HEADER_BYTES, Kind, Layout, checked, corrupt, create, io_error, read_all};
use crate::wire::{Cursor, put_signed, put_varint};

/// A closed span of time in milliseconds.
pub(crate) type Times = (i64, i64);

/// Deleted spans by series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deleted {
    spans: HashMap<u32, Vec<Times>>,
    /// What is deleted of every series; never in a file, nor in what queries see.
    of_all: Option<Times>,
}

impl Deleted {
    /// The spans that are deleted of a series, ascending and apart.
    pub(crate) fn of(&self, id: u32) -> Option<&[Times]> {
        let spans = if self.spans.is_empty() { None } else { self.spans.get(&id) };
        spans.map(Vec::as_slice).or_else(|| self.of_all.as_ref().map(std::slice::from_ref))
    }

    /// The same, and with it all samples before `end`.
    pub(crate) fn and_before(&self, end: i64) -> Self {
        let before = (i64::MIN, end.saturating_sub(1));
        let mut more = Self { of_all: Some(before), spans: self.spans.clone() };
        for &id in self.spans.keys() {
            more.add(id, before);
        }
        more
    }

    /// The number of series of which something is deleted.
    pub(crate) fn series(&self) -> usize {
        self.spans.len()
    }

    /// The series of which something is deleted.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        self.spans.keys().copied()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The first and the last time that are deleted.
    pub(crate) fn span(&self) -> Option<Times> {
        let spans = self.spans.values().flatten().copied();
        spans.reduce(|all, span| (all.0.min(span.0), all.1.max(span.1)))
    }

    /// Adds a span of a series.
    pub(crate) fn add(&mut self, id: u32, span: Times) {
        let spans = self.spans.entry(id).or_default();
        spans.push(span);
        spans.sort_unstable();
        spans.dedup_by(|next, last| {
            let touches = next.0 <= last.1.saturating_add(1);
            if touches {
                last.1 = last.1.max(next.1);
            }
            touches
        });
    }

    /// Notes at the series that are not in `before` that something of them is deleted.
    pub(crate) fn note(&self, before: &Self, index: &mut Index) {
        let new = self.spans.iter().filter(|(id, _)| !before.spans.contains_key(*id));
        for (&id, spans) in new {
            if let Some(series) = index.series.get_mut(id)
                && let (Some(first), Some(last)) = (spans.first(), spans.last())
            {
                series.add_deleted(first.0, last.1);
            }
        }
    }

    /// Writes the file `number`, durably.
    pub(crate) fn write(&self, fs: &dyn Fs, layout: &Layout, number: u64) -> Result<()> {
        let tmp = layout.tmp(Kind::Deletes, number);
        let file = create(fs, &tmp, Kind::Deletes)?;
        file.append(&self.encode()).map_err(io_error("write", &tmp))?;
        file.sync_data().map_err(io_error("sync", &tmp))?;
        let path = layout.file(Kind::Deletes, number);
        fs.rename(&tmp, &path).map_err(io_error("rename", &tmp))?;
        fs.sync_dir(layout.dir()).map_err(io_error("sync", layout.dir()))
    }

    fn encode(&self) -> Vec<u8> {
        let mut ids: Vec<u32> = self.spans.keys().copied().collect();
        ids.sort_unstable();
        let mut out = Vec::new();
        put_varint(&mut out, ids.len() as u64);
        for id in ids {
            put_varint(&mut out, u64::from(id));
            put_varint(&mut out, self.spans[&id].len() as u64);
            for &(min, max) in &self.spans[&id] {
                put_signed(&mut out, min);
                put_signed(&mut out, max);
            }
        }
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    /// Reads the file `number`; 0 stands for none.
    pub(crate) fn read(fs: &dyn Fs, layout: &Layout, number: u64) -> Result<Self> {
        if number == 0 {
            return Ok(Self::default());
        }
        let path = layout.file(Kind::Deletes, number);
        let bytes = read_all(fs, &path)?;
        let rest =
            if Kind::Deletes.check(&path, &bytes)? { bytes.get(HEADER_BYTES..) } else { None };
        rest.and_then(Self::decode).ok_or_else(|| corrupt(&path, 0, "deleted spans"))
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut cursor: Cursor<'_> = checked(bytes)?;
        let mut deleted = Self::default();
        for _ in 0..cursor.count()? {
            let id = cursor.id()?;
            for _ in 0..cursor.count()? {
                let span = (cursor.signed()?, cursor.signed()?);
                if span.0 > span.1 {
                    return None;
                }
                deleted.add(id, span);
            }
        }
        cursor.is_empty().then_some(deleted)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn spans_come_back_ascending_and_apart(
            spans in prop::collection::vec((0..5_u32, -50..50_i64, 0..30_i64), 0..20),
        ) {
            let mut deleted = Deleted::default();
            for &(id, min, length) in &spans {
                deleted.add(id, (min, min + length));
            }
            prop_assert_eq!(Deleted::decode(&deleted.encode()), Some(deleted.clone()));
            for id in 0..5 {
                let found = deleted.of(id).unwrap_or_default();
                prop_assert!(found.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
                for time in -60..90 {
                    let expected = spans
                        .iter()
                        .any(|&(other, min, length)| other == id && (min..=min + length).contains(&time));
                    let is_deleted = found.iter().any(|&(min, max)| (min..=max).contains(&time));
                    prop_assert_eq!(is_deleted, expected);
                }
            }
        }

        #[test]
        fn hostile_bytes_are_refused_or_read(mut bytes: Vec<u8>) {
            let crc = crc32c::crc32c(&bytes);
            bytes.extend_from_slice(&crc.to_le_bytes());
            if let Some(deleted) = Deleted::decode(&bytes) {
                prop_assert!(deleted.series() <= bytes.len());
            }
        }
    }
}
