//! What writers say about metrics besides their values: kind, help and unit, by the name of the metric.
//!
//! It is kept in the series log, before anybody who says it is answered, and written again with that log. Writers may
//! contradict each other, so a name has several variants; what nobody has repeated between two rewrites of the log, while
//! others were said, is out of date and leaves.

use hashbrown::{HashMap, HashSet};
use regain_model::{Metadata, MetricKind};

use crate::wire::{Cursor, put_bytes, put_varint};

/// Stands where a record of the series log has its first symbol, and is none: the record is metadata.
const METADATA: u64 = 1 << 32;

/// Variants that are kept of one name; beyond them, the one that was said first goes.
const VARIANTS_MAX: usize = 4;
/// The bytes of the texts of one variant, its name included; a longer one is refused.
const TEXT_BYTES_MAX: usize = 8 << 10;
/// The memory that all take; what would exceed it is refused.
const BYTES_MAX: usize = 64 << 20;
/// About what a variant takes besides its texts.
const VARIANT_BYTES: usize = 96;
/// How many bytes of the log may be out of date besides as many as are not.
const SUPERSEDED_MAX: u64 = 1 << 20;

/// What the names of a family's series may have behind the family's.
const SUFFIXES: [&str; 8] =
    ["", "_total", "_bucket", "_count", "_sum", "_info", "_gcount", "_gsum"];

/// What is said about metrics.
#[derive(Debug, Default)]
pub(crate) struct MetadataTable {
    by_name: HashMap<String, Vec<Variant>>,
    bytes: usize,
    /// What of it has left, and is still in the log.
    superseded_bytes: u64,
    refused: u64,
}

#[derive(Clone, Debug)]
struct Variant {
    metadata: Metadata,
    /// Whether it was said since the log was written anew.
    is_said: bool,
}

/// Numbers of the metadata of a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetadataStats {
    /// Names of metrics.
    pub names: u64,
    /// The memory that they take with what is said about them.
    pub bytes: u64,
    /// What was refused because it is too long, or because there is too much.
    pub refused: u64,
}

impl MetadataTable {
    /// Of what is said, that which is new and fits; the rest is noted as said once more, or as refused.
    pub(crate) fn news<'a>(
        &mut self,
        said: &[(&'a str, &'a Metadata)],
    ) -> Vec<(&'a str, &'a Metadata)> {
        let (mut news, mut bytes) = (Vec::new(), self.bytes);
        let mut is_new = HashSet::new();
        for &(name, metadata) in said {
            let variants = self.by_name.get_mut(name).map_or(&mut [][..], Vec::as_mut_slice);
            if let Some(known) = variants.iter_mut().find(|known| known.metadata == *metadata) {
                known.is_said = true;
                continue;
            }
            let size = size_of_variant(name, metadata);
            if size - VARIANT_BYTES > TEXT_BYTES_MAX || bytes + size > BYTES_MAX {
                self.refused += 1;
            } else if !name.is_empty() && is_new.insert((name, metadata)) {
                bytes += size;
                news.push((name, metadata));
            }
        }
        news
    }

    /// Takes in what is new and logged.
    pub(crate) fn add(&mut self, name: &str, metadata: Metadata, is_said: bool) {
        let size = size_of_variant(name, &metadata);
        let variants = self.by_name.entry_ref(name).or_default();
        if variants.iter().any(|known| known.metadata == metadata) {
            self.superseded_bytes += size as u64;
            return;
        }
        self.bytes += size;
        variants.push(Variant { metadata, is_said });
        if variants.len() > VARIANTS_MAX {
            let first = variants.remove(0);
            let size = size_of_variant(name, &first.metadata);
            self.bytes -= size;
            self.superseded_bytes += size as u64;
        }
    }

    /// What is said about one metric, or about all of them.
    pub(crate) fn of(&self, name: Option<&str>) -> Vec<(String, Vec<Metadata>)> {
        let copy = |(name, variants): (&String, &Vec<Variant>)| {
            let variants = variants.iter().map(|variant| variant.metadata.clone());
            (name.clone(), variants.collect())
        };
        match name {
            None => self.by_name.iter().map(copy).collect(),
            Some(name) => self.by_name.get_key_value(name).map(copy).into_iter().collect(),
        }
    }

    /// Whether much of the log is out of date.
    pub(crate) const fn wants_rewrite(&self) -> bool {
        self.superseded_bytes > SUPERSEDED_MAX + self.bytes as u64
    }

    /// What a new log begins with: what is up to date about metrics that have series, as `has_metric` knows.
    pub(crate) fn renewed(&self, has_metric: impl Fn(&str) -> bool) -> Self {
        let mut renewed = Self { refused: self.refused, ..Self::default() };
        let known = self.by_name.iter().filter(|(name, _)| has_series(&has_metric, name));
        for (name, variants) in known {
            let any_is_said = variants.iter().any(|variant| variant.is_said);
            for Variant { metadata, is_said } in variants {
                if *is_said || !any_is_said {
                    renewed.add(name, metadata.clone(), false);
                }
            }
        }
        renewed
    }

    /// Appends the payload of a record with everything.
    pub(crate) fn put_all(&self, out: &mut Vec<u8>) {
        let all = self.by_name.iter().flat_map(|(name, variants)| {
            variants.iter().map(|variant| (name.as_str(), &variant.metadata))
        });
        put(out, &all.collect::<Vec<_>>());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    pub(crate) fn stats(&self) -> MetadataStats {
        let (names, bytes) = (self.by_name.len() as u64, self.bytes as u64);
        MetadataStats { names, bytes, refused: self.refused }
    }
}

const fn size_of_variant(name: &str, metadata: &Metadata) -> usize {
    VARIANT_BYTES + name.len() + metadata.help.len() + metadata.unit.len()
}

/// Whether there are series of the family `name`.
fn has_series(has_metric: impl Fn(&str) -> bool, name: &str) -> bool {
    let mut series = String::with_capacity(name.len() + SUFFIXES[2].len());
    SUFFIXES.iter().any(|suffix| {
        series.clear();
        series.push_str(name);
        series.push_str(suffix);
        has_metric(&series)
    })
}

/// Whether a record of the series log is metadata.
pub(crate) fn is_record(payload: &[u8]) -> bool {
    Cursor(payload).varint() == Some(METADATA)
}

/// Appends the payload of a record.
pub(crate) fn put(out: &mut Vec<u8>, said: &[(&str, &Metadata)]) {
    put_varint(out, METADATA);
    put_varint(out, said.len() as u64);
    for (name, metadata) in said {
        put_bytes(out, name.as_bytes());
        let kind = MetricKind::NUMBERED.iter().position(|kind| *kind == metadata.kind);
        out.push(kind.and_then(|kind| u8::try_from(kind).ok()).unwrap_or_default());
        put_bytes(out, metadata.help.as_bytes());
        put_bytes(out, metadata.unit.as_bytes());
    }
}

/// Reads a record into the table; `None` when it cannot be read.
pub(crate) fn read(payload: &[u8], table: &mut MetadataTable) -> Option<()> {
    let mut cursor = Cursor(payload);
    if cursor.varint()? != METADATA {
        return None;
    }
    for _ in 0..cursor.count()? {
        let name = text(&mut cursor)?;
        let kind = *MetricKind::NUMBERED.get(usize::from(cursor.byte()?))?;
        let (help, unit) = (text(&mut cursor)?.to_owned(), text(&mut cursor)?.to_owned());
        table.add(name, Metadata { kind, help, unit }, false);
    }
    cursor.is_empty().then_some(())
}

fn text<'a>(cursor: &mut Cursor<'a>) -> Option<&'a str> {
    std::str::from_utf8(cursor.bytes()?).ok()
}

#[cfg(test)]
mod tests;
