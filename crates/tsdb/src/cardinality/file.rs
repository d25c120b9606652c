//! The file `cardinality`: texts once, and everything else by their numbers (`docs/formats/cardinality.md`).

use hashbrown::HashMap;
use regain_storage::fs::Fs;
use regain_storage::{Error, Result};

use super::{Counts, Ranks, Remembered};
use crate::layout::{HEADER_BYTES, Kind, Layout, checked, create, io_error, read_all};
use crate::report::Damage;
use crate::wire::{Cursor, put_bytes, put_signed, put_varint};

/// Texts by number, in the order of their first use.
#[derive(Default)]
struct Texts<'a> {
    numbers: HashMap<&'a str, u64>,
    list: Vec<&'a str>,
}

impl<'a> Texts<'a> {
    fn put(&mut self, out: &mut Vec<u8>, text: &'a str) {
        let next = self.list.len() as u64;
        let number = *self.numbers.entry(text).or_insert(next);
        if number == next {
            self.list.push(text);
        }
        put_varint(out, number);
    }
}

impl Remembered {
    /// Reads the file; a missing one holds nothing, and neither does a damaged one.
    pub(super) fn read(fs: &dyn Fs, layout: &Layout, damage: &mut Vec<Damage>) -> Result<Self> {
        let path = layout.cardinality();
        let bytes = match read_all(fs, &path) {
            Ok(bytes) => bytes,
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(error),
        };
        let whole = Kind::Cardinality.check(&path, &bytes)?;
        let content = bytes.get(HEADER_BYTES..).filter(|_| whole).and_then(checked);
        Ok(content.and_then(Self::decode).unwrap_or_else(|| {
            damage.push(Damage::of(&path, 0..bytes.len()));
            Self::default()
        }))
    }

    /// Replaces the file, durably.
    pub(crate) fn write(&self, fs: &dyn Fs, layout: &Layout) -> Result<()> {
        let tmp = layout.cardinality_tmp();
        let file = create(fs, &tmp, Kind::Cardinality)?;
        file.append(&self.encode()).map_err(io_error("write", &tmp))?;
        file.sync_data().map_err(io_error("sync", &tmp))?;
        fs.rename(&tmp, &layout.cardinality()).map_err(io_error("rename", &tmp))?;
        fs.sync_dir(layout.dir()).map_err(io_error("sync", layout.dir()))
    }

    fn encode(&self) -> Vec<u8> {
        let (mut texts, mut body) = (Texts::default(), Vec::new());
        body.push(u8::from(self.since_ms.is_some()));
        put_signed(&mut body, self.since_ms.unwrap_or_default());
        put_varint(&mut body, self.selected.len() as u64);
        for (metric, &last) in &self.selected {
            texts.put(&mut body, metric);
            put_signed(&mut body, last);
        }
        put_varint(&mut body, self.counts.len() as u64);
        for counts in &self.counts {
            put_signed(&mut body, counts.time_ms);
            put_varint(&mut body, counts.series);
            for ranks in [&counts.metrics, &counts.jobs] {
                body.push(u8::from(ranks.is_whole));
                put_varint(&mut body, ranks.list.len() as u64);
                for (name, series) in &ranks.list {
                    texts.put(&mut body, name);
                    put_varint(&mut body, *series);
                }
            }
        }
        let mut out = Vec::with_capacity(body.len() * 2);
        put_varint(&mut out, texts.list.len() as u64);
        texts.list.iter().for_each(|text| put_bytes(&mut out, text.as_bytes()));
        out.extend_from_slice(&body);
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    fn decode(mut cursor: Cursor<'_>) -> Option<Self> {
        let mut texts: Vec<&str> = Vec::new();
        for _ in 0..cursor.count()? {
            texts.push(std::str::from_utf8(cursor.bytes()?).ok()?);
        }
        let mut remembered = Self::default();
        let is_since_known = flag(&mut cursor)?;
        remembered.since_ms = Some(cursor.signed()?).filter(|_| is_since_known);
        for _ in 0..cursor.count()? {
            let metric = text(&mut cursor, &texts)?;
            remembered.selected.insert(metric, cursor.signed()?);
        }
        for _ in 0..cursor.count()? {
            let (time_ms, series) = (cursor.signed()?, cursor.varint()?);
            let metrics = ranks(&mut cursor, &texts)?;
            let jobs = ranks(&mut cursor, &texts)?;
            remembered.counts.push(Counts { time_ms, series, metrics, jobs });
        }
        cursor.is_empty().then_some(remembered)
    }
}

fn ranks(cursor: &mut Cursor<'_>, texts: &[&str]) -> Option<Ranks> {
    let is_whole = flag(cursor)?;
    let mut list = Vec::new();
    for _ in 0..cursor.count()? {
        list.push((text(cursor, texts)?, cursor.varint()?));
    }
    Some(Ranks { is_whole, list })
}

fn text(cursor: &mut Cursor<'_>, texts: &[&str]) -> Option<Box<str>> {
    let number = usize::try_from(cursor.varint()?).ok()?;
    texts.get(number).map(|&text| text.into())
}

fn flag(cursor: &mut Cursor<'_>) -> Option<bool> {
    match cursor.byte()? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use regain_storage::fs::MemFs;

    use super::*;

    fn example() -> Remembered {
        let ranks = |is_whole, list: &[(&str, u64)]| Ranks {
            is_whole,
            list: list.iter().map(|&(name, series)| (name.into(), series)).collect(),
        };
        let counts = |time_ms, series| Counts {
            time_ms,
            series,
            metrics: ranks(false, &[("up", 300), ("down", 2)]),
            jobs: ranks(true, &[("", 1), ("node", series)]),
        };
        Remembered {
            counts: vec![counts(-5, 301), counts(1_000_000, 302)],
            since_ms: Some(-5),
            selected: [("up".into(), 77), ("gone".into(), i64::MAX)].into_iter().collect(),
        }
    }

    fn read(fs: &MemFs, layout: &Layout) -> (Remembered, usize) {
        let mut damage = Vec::new();
        let remembered = Remembered::read(fs, layout, &mut damage).unwrap();
        (remembered, damage.len())
    }

    #[test]
    fn what_is_remembered_comes_back_and_damage_costs_it_all() {
        let (fs, layout) = (MemFs::new(), Layout::new(Path::new("/data")));
        assert_eq!(read(&fs, &layout), (Remembered::default(), 0));
        example().write(&fs, &layout).unwrap();
        assert_eq!(read(&fs, &layout), (example(), 0));
        let whole = fs.bytes(&layout.cardinality()).unwrap();
        for at in HEADER_BYTES..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 4;
            fs.set_bytes(&layout.cardinality(), bytes);
            assert_eq!(read(&fs, &layout), (Remembered::default(), 1), "{at}");
            fs.set_bytes(&layout.cardinality(), whole[..at].to_vec());
            assert_eq!(read(&fs, &layout), (Remembered::default(), 1), "{at}");
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_refused_or_read(bytes: Vec<u8>) {
            let read = Remembered::decode(Cursor(&bytes));
            prop_assert!(read.is_none() || !bytes.is_empty());
        }
    }
}
