//! The table of postings: for each label, where the list of its series is.

use std::ops::Range;

use crate::cursor::Cursor;
use crate::fault::Read;

/// The table, sorted by name and value.
#[derive(Debug)]
pub(super) struct PostingsTable {
    text: Box<[u8]>,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    name: Range<u32>,
    value: Range<u32>,
    offset: u64,
}

impl PostingsTable {
    /// The table of a section's content.
    pub(super) fn read(content: Vec<u8>) -> Read<Self> {
        let mut cursor = Cursor::new(&content);
        let count = cursor.u32()? as usize;
        let mut entries = Vec::with_capacity(cursor.plausible(count, 4)?);
        for _ in 0..count {
            if cursor.u8()? != 2 {
                return Err(cursor.fault("a posting's key has not two parts"));
            }
            let mut part = || {
                let text = cursor.text()?;
                let end = u32::try_from(cursor.at());
                let end = end.map_err(|_| cursor.fault("the table is longer than 4 GiB"))?;
                let len = u32::try_from(text.len()).expect("no longer than the table");
                Ok(end - len..end)
            };
            let (name, value) = (part()?, part()?);
            entries.push(Entry { name, value, offset: cursor.uvarint()? });
        }
        let mut table = Self { text: content.into_boxed_slice(), entries: Vec::new() };
        let key = |entry: &Entry| (table.text(&entry.name), table.text(&entry.value));
        entries.sort_by(|a, b| key(a).cmp(&key(b)));
        table.entries = entries;
        Ok(table)
    }

    fn text(&self, range: &Range<u32>) -> &str {
        let text = &self.text[range.start as usize..range.end as usize];
        std::str::from_utf8(text).expect("texts were checked when they were read")
    }

    /// The values of the labels with this name, in order.
    pub(super) fn values(&self, name: &str) -> Vec<&str> {
        let start = self.entries.partition_point(|entry| self.text(&entry.name) < name);
        let rest = &self.entries[start..];
        let len = rest.partition_point(|entry| self.text(&entry.name) <= name);
        rest[..len].iter().map(|entry| self.text(&entry.value)).collect()
    }

    /// Where the list of the series with this label is.
    pub(super) fn offset(&self, name: &str, value: &str) -> Option<u64> {
        let key = |entry: &Entry| (self.text(&entry.name), self.text(&entry.value));
        let at = self.entries.binary_search_by(|entry| key(entry).cmp(&(name, value))).ok()?;
        Some(self.entries[at].offset)
    }

    /// All names, in order, but for the empty one of the list of all series.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.entries.iter().map(|entry| self.text(&entry.name)).collect();
        names.dedup();
        names.retain(|name| !name.is_empty());
        names
    }
}
