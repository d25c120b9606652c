//! The labels of an archive: every name with its values, and for each value when its series have samples and in which sheets
//! they are (`docs/formats/archive.md`).
//!
//! Values lie in blocks. What says which block has which is the **register**, which is read when somebody first asks.

use std::ops::Range;

use hashbrown::HashMap;

use super::sheet::Entry;
use crate::index::Sealed;
use crate::layout::checked;
use crate::wire::{Cursor, put_bytes, put_signed, put_varint};

/// A block of values is full when it has so many bytes.
const BLOCK_BYTES: usize = 4096;

/// The lists of an archive under construction.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    names: HashMap<String, HashMap<String, List>>,
}

/// Where the series with a label are.
#[derive(Debug)]
struct List {
    sealed: Sealed,
    /// Runs of sheets, as they are written, but for the last one.
    closed: Vec<u8>,
    closed_end: u32,
    count: u32,
    last: Range<u32>,
}

impl List {
    const NONE: Self =
        Self { sealed: Sealed::NONE, closed: Vec::new(), closed_end: 0, count: 0, last: 0..0 };

    fn add(&mut self, sheet: u32, sealed: Sealed) {
        self.sealed = self.sealed.unite(sealed);
        if self.last.is_empty() {
            self.last = sheet..sheet + 1;
        } else if sheet >= self.last.end {
            if sheet == self.last.end {
                self.last.end += 1;
            } else {
                put_run(&mut self.closed, self.closed_end, &self.last);
                self.closed_end = self.last.end;
                self.count += 1;
                self.last = sheet..sheet + 1;
            }
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, u64::from(self.count) + 1);
        out.extend_from_slice(&self.closed);
        put_run(out, self.closed_end, &self.last);
    }
}

/// Appends a run of sheets behind another: the gap, doubled, and one more where it is longer than one.
fn put_run(out: &mut Vec<u8>, before: u32, run: &Range<u32>) {
    let gap = u64::from(run.start - before) * 2;
    if run.len() == 1 {
        put_varint(out, gap);
    } else {
        put_varint(out, gap + 1);
        put_varint(out, run.len() as u64 - 2);
    }
}

fn read_run(cursor: &mut Cursor<'_>, before: u32) -> Option<Range<u32>> {
    let gap = cursor.varint()?;
    let start = before.checked_add(u32::try_from(gap / 2).ok()?)?;
    let more = if gap % 2 == 0 { 0 } else { cursor.id()?.checked_add(1)? };
    Some(start..start.checked_add(1)?.checked_add(more)?)
}

impl Lists {
    /// Adds the labels of the series of a sheet. Sheets ascend.
    pub(crate) fn add(&mut self, sheet: u32, entries: &[Entry<'_>]) {
        for entry in entries {
            for &(name, value) in &entry.labels {
                let values = self.names.entry_ref(name).or_default();
                values.entry_ref(value).or_insert(List::NONE).add(sheet, entry.sealed);
            }
        }
    }

    /// Appends the blocks and returns the register.
    pub(crate) fn put(self, out: &mut Vec<u8>) -> Register {
        let mut names: Vec<(String, HashMap<String, List>)> = self.names.into_iter().collect();
        names.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut register = Register::default();
        for (name, values) in names {
            let mut values: Vec<(&String, &List)> = values.iter().collect();
            values.sort_unstable_by_key(|value| value.0);
            let sealed = values.iter().map(|value| value.1.sealed);
            let sealed = sealed.fold(Sealed::NONE, Sealed::unite);
            let first = register.blocks.len();
            let mut rest = &values[..];
            while !rest.is_empty() {
                let start = out.len();
                let count = put_block(out, rest);
                let length = u32::try_from(out.len() - start);
                let length = length.expect("a block is full before a label set is that long");
                register.blocks.push(Block { first: rest[0].0.as_str().into(), length, offset: 0 });
                rest = &rest[count..];
            }
            let text = name.into_boxed_str();
            register.names.push(Name { text, sealed, blocks: first..register.blocks.len() });
        }
        register
    }
}

/// Appends a block of the first of some values with its checksum, and says how many these are.
fn put_block(out: &mut Vec<u8>, values: &[(&String, &List)]) -> usize {
    let start = out.len();
    let (mut before, mut min_s, mut count) = ("", 0, 0);
    for (value, list) in values {
        if out.len() - start >= BLOCK_BYTES {
            break;
        }
        let same = value.bytes().zip(before.bytes()).take_while(|(a, b)| a == b).count();
        put_varint(out, same as u64);
        put_bytes(out, &value.as_bytes()[same..]);
        put_signed(out, i64::from(list.sealed.min_s) - min_s);
        put_varint(out, u64::from(list.sealed.max_s - list.sealed.min_s));
        list.put(out);
        (before, min_s, count) = (value.as_str(), i64::from(list.sealed.min_s), count + 1);
    }
    let crc = crc32c::crc32c(&out[start..]);
    out.extend_from_slice(&crc.to_le_bytes());
    count
}

/// A value of a label, as an archive lists it.
#[derive(Debug)]
pub(crate) struct Listed<'a> {
    pub(crate) value: &'a str,
    /// When series with it have samples, the first and the last of them.
    pub(crate) sealed: Sealed,
    /// The sheets that have such series, ascending.
    pub(crate) sheets: &'a [Range<u32>],
}

/// Calls `found` for the values of a block of an archive with so many sheets; `None` when it is damaged or makes no sense.
pub(crate) fn read_block(
    bytes: &[u8],
    sheets: usize,
    mut found: impl FnMut(&Listed<'_>),
) -> Option<()> {
    let mut cursor = checked(bytes)?;
    let (mut value, mut min_s, mut runs) = (String::new(), 0_i64, Vec::new());
    while !cursor.is_empty() {
        let same = usize::try_from(cursor.varint()?).ok()?;
        let rest = cursor.bytes()?;
        let mut text = std::mem::take(&mut value).into_bytes();
        if same > text.len() {
            return None;
        }
        text.truncate(same);
        text.extend_from_slice(rest);
        value = String::from_utf8(text).ok()?;
        min_s = min_s.checked_add(cursor.signed()?)?;
        let first = u32::try_from(min_s).ok()?;
        let sealed = Sealed { min_s: first, max_s: first.checked_add(cursor.id()?)? };
        runs.clear();
        let mut end = 0;
        for _ in 0..cursor.count()? {
            let run = read_run(&mut cursor, end)?;
            end = run.end;
            runs.push(run);
        }
        if end as usize > sheets {
            return None;
        }
        found(&Listed { value: &value, sealed, sheets: &runs });
    }
    Some(())
}

/// Which names an archive has, and where their values are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Register {
    /// Ascending.
    names: Vec<Name>,
    blocks: Vec<Block>,
}

#[derive(Debug, PartialEq, Eq)]
struct Name {
    text: Box<str>,
    sealed: Sealed,
    blocks: Range<usize>,
}

/// A block of values of one name.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    first: Box<str>,
    length: u32,
    /// Where it lies behind the first block.
    offset: u64,
}

impl Register {
    /// Appends the register without its checksum.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, self.names.len() as u64);
        for Name { text, sealed, blocks } in &self.names {
            put_bytes(out, text.as_bytes());
            put_varint(out, u64::from(sealed.min_s));
            put_varint(out, u64::from(sealed.max_s - sealed.min_s));
            put_varint(out, blocks.len() as u64);
            for block in &self.blocks[blocks.clone()] {
                put_bytes(out, block.first.as_bytes());
                put_varint(out, u64::from(block.length));
            }
        }
    }

    /// Reads the register of blocks that take `size` bytes.
    pub(crate) fn read(bytes: &[u8], size: u64) -> Option<Self> {
        let mut cursor = checked(bytes)?;
        let (mut register, mut offset) = (Self::default(), 0_u64);
        for _ in 0..cursor.count()? {
            let text: Box<str> = std::str::from_utf8(cursor.bytes()?).ok()?.into();
            if register.names.last().is_some_and(|last| last.text >= text) {
                return None;
            }
            let min_s = cursor.id()?;
            let sealed = Sealed { min_s, max_s: min_s.checked_add(cursor.id()?)? };
            let start = register.blocks.len();
            for _ in 0..cursor.count()? {
                let first: Box<str> = std::str::from_utf8(cursor.bytes()?).ok()?.into();
                let last = register.blocks[start..].last();
                if last.is_some_and(|last| last.first >= first) {
                    return None;
                }
                let length = cursor.id()?;
                register.blocks.push(Block { first, length, offset });
                offset = offset.checked_add(u64::from(length))?;
            }
            register.names.push(Name { text, sealed, blocks: start..register.blocks.len() });
        }
        (cursor.is_empty() && offset == size).then_some(register)
    }

    /// The names of labels, ascending, and when series with them have samples.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, Sealed)> {
        self.names.iter().map(|name| (&*name.text, name.sealed))
    }

    fn blocks_of(&self, name: &str) -> Range<usize> {
        let found = self.names.binary_search_by(|other| (*other.text).cmp(name));
        found.map_or(0..0, |at| self.names[at].blocks.clone())
    }

    /// Where the values of a name are, behind the first block.
    pub(crate) fn values_of(&self, name: &str) -> Vec<Range<u64>> {
        self.blocks[self.blocks_of(name)].iter().map(Block::range).collect()
    }

    /// Where a value of a name is, if it is there.
    pub(crate) fn value_of(&self, name: &str, value: &str) -> Option<Range<u64>> {
        let blocks = &self.blocks[self.blocks_of(name)];
        let behind = blocks.partition_point(|block| *block.first <= *value);
        Some(blocks.get(behind.checked_sub(1)?)?.range())
    }

    /// The memory held, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        let texts = self.names.iter().map(|name| name.text.len());
        let texts = texts.chain(self.blocks.iter().map(|block| block.first.len()));
        texts.sum::<usize>() + size_of_val(&*self.names) + size_of_val(&*self.blocks)
    }

    /// Where all blocks are, behind the first one.
    pub(crate) fn all(&self) -> impl Iterator<Item = Range<u64>> {
        self.blocks.iter().map(Block::range)
    }
}

impl Block {
    fn range(&self) -> Range<u64> {
        self.offset..self.offset + u64::from(self.length)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use regain_model::SeriesKey;

    use super::*;

    /// What is listed of each label: its bounds, and its sheets.
    type All = BTreeMap<(String, String), (u32, u32, Vec<u32>)>;

    fn read(register: &Register, blocks: &[u8], sheets: usize) -> Option<All> {
        let mut all = All::new();
        for (name, _) in register.names() {
            for range in register.values_of(name) {
                let range = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
                read_block(blocks.get(range)?, sheets, |listed| {
                    let runs = listed.sheets.iter().cloned().flatten().collect();
                    let bounds = (listed.sealed.min_s, listed.sealed.max_s, runs);
                    all.insert((name.to_owned(), listed.value.to_owned()), bounds);
                })?;
            }
        }
        Some(all)
    }

    type Series = (Vec<(String, String)>, (u32, u32));

    fn sheets() -> impl Strategy<Value = Vec<Vec<Series>>> {
        let long = ("[x-zé]{1,3}", prop_oneof![Just(1), Just(600)]);
        let value = long.prop_map(|(text, times): (String, usize)| text.repeat(times));
        let labels = prop::collection::btree_map("[a-c]", value, 1..4);
        let labels = labels.prop_map(|labels| labels.into_iter().collect());
        let bounds = any::<(u32, u32)>().prop_map(|(a, b)| (a.min(b), a.max(b)));
        prop::collection::vec(prop::collection::vec((labels, bounds), 1..4), 1..12)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn labels_come_back_with_their_sheets(sheets in sheets(), flip: prop::sample::Index) {
            let (mut lists, mut expected) = (Lists::default(), All::new());
            for (sheet, series) in (0..).zip(&sheets) {
                let entries: Vec<Entry<'_>> = series.iter().map(|(labels, (min_s, max_s))| Entry {
                    key: SeriesKey(0),
                    id: 0,
                    sealed: Sealed { min_s: *min_s, max_s: *max_s },
                    labels: labels.iter().map(|(name, value)| (&**name, &**value)).collect(),
                }).collect();
                lists.add(sheet, &entries);
                for (labels, (min_s, max_s)) in series {
                    for label in labels {
                        let known = expected.entry(label.clone()).or_insert((u32::MAX, 0, vec![]));
                        (known.0, known.1) = (known.0.min(*min_s), known.1.max(*max_s));
                        known.2.push(sheet);
                        known.2.dedup();
                    }
                }
            }
            let mut blocks = Vec::new();
            let written = lists.put(&mut blocks);
            let mut bytes = Vec::new();
            written.put(&mut bytes);
            let crc = crc32c::crc32c(&bytes);
            bytes.extend_from_slice(&crc.to_le_bytes());
            let register = Register::read(&bytes, blocks.len() as u64).unwrap();
            prop_assert_eq!(read(&register, &blocks, sheets.len()), Some(expected.clone()));
            for (name, value) in expected.keys() {
                let range = register.value_of(name, value).unwrap();
                let mut is_there = false;
                let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
                read_block(&blocks[range], sheets.len(), |listed| is_there |= listed.value == value).unwrap();
                prop_assert!(is_there);
            }
            let at = flip.index(blocks.len());
            blocks[at] ^= 1;
            prop_assert_eq!(read(&register, &blocks, sheets.len()), None);
            prop_assert_eq!(Register::read(&bytes, blocks.len() as u64 + 1), None);
        }

        #[test]
        fn hostile_lists_are_refused_or_read(mut bytes: Vec<u8>) {
            let crc = crc32c::crc32c(&bytes);
            bytes.extend_from_slice(&crc.to_le_bytes());
            read_block(&bytes, 5, |listed| assert!(listed.sheets.iter().all(|run| run.end <= 5)));
            for size in 0..3 {
                if let Some(register) = Register::read(&bytes, size) {
                    assert!(register.all().all(|range| range.end <= size));
                }
            }
        }
    }
}
