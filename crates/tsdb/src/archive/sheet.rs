//! A sheet of an archive: some series in the order of their keys, with the texts of their labels
//! (`docs/formats/archive.md`).

use std::ops::Range;

use hashbrown::HashMap;
use regain_model::{Matcher, SeriesKey};

use crate::index::Sealed;
use crate::wire::{Cursor, put_bytes, put_signed, put_varint};

/// The most series in a sheet.
pub(crate) const SHEET_SERIES: usize = 128;

/// A series as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub(crate) key: SeriesKey,
    pub(crate) id: u32,
    pub(crate) sealed: Sealed,
    /// In the order of the names.
    pub(crate) labels: Vec<(&'a str, &'a str)>,
}

/// The series of a sheet.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    text: String,
    /// The texts of names, ascending, each with its pairs.
    names: Vec<(Range<u32>, Range<u32>)>,
    /// The texts of the values of pairs, name by name and ascending.
    values: Vec<Range<u32>>,
    series: Vec<SheetSeries>,
    /// The pairs of all series, one series after another.
    labels: Vec<u32>,
}

/// One series of a sheet.
#[derive(Clone, Copy, Debug)]
struct SheetSeries {
    key: SeriesKey,
    id: u32,
    sealed: Sealed,
    /// Where its labels end.
    end: u32,
}

/// Appends a sheet with its checksum. Entries are in the order of keys.
pub(crate) fn put(out: &mut Vec<u8>, entries: &[Entry<'_>]) {
    let start = out.len();
    let pairs = put_pairs(out, entries);
    put_varint(out, entries.len() as u64);
    let (mut high, mut id) = (0, 0);
    for entry in entries {
        let (key_high, key_low) = halves(entry.key);
        put_varint(out, key_high - high);
        out.extend_from_slice(&key_low.to_le_bytes());
        put_signed(out, i64::from(entry.id) - id);
        (high, id) = (key_high, i64::from(entry.id));
        put_varint(out, u64::from(entry.sealed.min_s));
        put_varint(out, u64::from(entry.sealed.max_s - entry.sealed.min_s));
        put_varint(out, entry.labels.len() as u64);
        let mut next = 0;
        for label in &entry.labels {
            let pair = pairs[label];
            put_varint(out, pair - next);
            next = pair + 1;
        }
    }
    let crc = crc32c::crc32c(&out[start..]);
    out.extend_from_slice(&crc.to_le_bytes());
}

/// Appends the distinct labels of some series, and returns their numbers.
fn put_pairs<'a>(out: &mut Vec<u8>, entries: &[Entry<'a>]) -> HashMap<(&'a str, &'a str), u64> {
    let mut numbers: HashMap<(&str, &str), u64> = HashMap::new();
    for &label in entries.iter().flat_map(|entry| &entry.labels) {
        numbers.insert(label, 0);
    }
    let mut pairs: Vec<(&str, &str)> = numbers.keys().copied().collect();
    pairs.sort_unstable();
    put_varint(out, pairs.chunk_by(|a, b| a.0 == b.0).count() as u64);
    for pairs in pairs.chunk_by(|a, b| a.0 == b.0) {
        put_bytes(out, pairs[0].0.as_bytes());
        put_varint(out, pairs.len() as u64);
        let mut before = "";
        for (_, value) in pairs {
            let same = value.bytes().zip(before.bytes()).take_while(|(a, b)| a == b).count();
            put_varint(out, same as u64);
            put_bytes(out, &value.as_bytes()[same..]);
            before = value;
        }
    }
    for (number, pair) in (0..).zip(&pairs) {
        numbers.insert(*pair, number);
    }
    numbers
}

fn halves(key: SeriesKey) -> (u64, u64) {
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).expect("half of the bits");
    (half(key.0 >> 64), half(key.0))
}

fn small(length: usize) -> Option<u32> {
    u32::try_from(length).ok()
}

impl Sheet {
    /// Reads a sheet; `None` when it is damaged or makes no sense.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut cursor = crate::layout::checked(bytes)?;
        let sheet = Self::read_content(&mut cursor)?;
        cursor.is_empty().then_some(sheet)
    }

    /// Reads the sheet that `bytes` begin with, and says how long it is.
    pub(crate) fn read_first(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut cursor = Cursor(bytes);
        let sheet = Self::read_content(&mut cursor)?;
        let (content, rest) = bytes.split_at_checked(bytes.len() - cursor.0.len())?;
        let (sum, _) = rest.split_first_chunk::<4>()?;
        let length = content.len() + sum.len();
        (crc32c::crc32c(content).to_le_bytes() == *sum).then_some((sheet, length))
    }

    fn read_content(cursor: &mut Cursor<'_>) -> Option<Self> {
        let mut sheet = Self::default();
        sheet.read_pairs(cursor)?;
        let (mut high, mut id) = (0_u64, 0_i64);
        for _ in 0..cursor.count()? {
            high = high.checked_add(cursor.varint()?)?;
            let key = SeriesKey(u128::from(high) << 64 | u128::from(cursor.u64()?));
            id = id.checked_add(cursor.signed()?)?;
            let min_s = cursor.id()?;
            let max_s = min_s.checked_add(cursor.id()?)?;
            sheet.read_labels(cursor)?;
            let end = small(sheet.labels.len())?;
            let (id, sealed) = (u32::try_from(id).ok()?, Sealed { min_s, max_s });
            if sheet.series.last().is_some_and(|last| last.key > key || last.end == end) {
                return None;
            }
            sheet.series.push(SheetSeries { key, id, sealed, end });
        }
        Some(sheet)
    }

    /// A sheet of one series; `None` when it makes no sense.
    pub(crate) fn of_one(
        key: SeriesKey,
        id: u32,
        sealed: Sealed,
        labels: Vec<(&str, &str)>,
    ) -> Option<Self> {
        let mut bytes = Vec::new();
        put(&mut bytes, &[Entry { key, id, sealed, labels }]);
        Self::read(&bytes)
    }

    fn read_pairs(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        let mut value = Vec::new();
        for _ in 0..cursor.count()? {
            let name = self.add_text(cursor.bytes()?)?;
            let ascends = |last: &(Range<u32>, _)| self.text(&last.0) < self.text(&name);
            if !self.names.last().is_none_or(ascends) {
                return None;
            }
            let first = small(self.values.len())?;
            value.clear();
            for _ in 0..cursor.count()? {
                let same = usize::try_from(cursor.varint()?).ok()?;
                let rest = cursor.bytes()?;
                if same > value.len() {
                    return None;
                }
                value.truncate(same);
                value.extend_from_slice(rest);
                let range = self.add_text(&value)?;
                self.values.push(range);
            }
            self.names.push((name, first..small(self.values.len())?));
        }
        Some(())
    }

    fn add_text(&mut self, bytes: &[u8]) -> Option<Range<u32>> {
        let start = small(self.text.len())?;
        self.text.push_str(std::str::from_utf8(bytes).ok()?);
        Some(start..small(self.text.len())?)
    }

    fn read_labels(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        let (mut next, mut names) = (0_u32, self.names.iter());
        for _ in 0..cursor.count()? {
            let pair = next.checked_add(cursor.id()?)?;
            next = pair.checked_add(1)?;
            // One value of each name; there are a few names only.
            names.find(|(_, pairs)| pairs.contains(&pair))?;
            self.labels.push(pair);
        }
        Some(())
    }

    fn text(&self, range: &Range<u32>) -> &str {
        self.text.get(range.start as usize..range.end as usize).expect("texts were added whole")
    }

    /// The number of series.
    pub(crate) fn len(&self) -> usize {
        self.series.len()
    }

    pub(crate) fn key(&self, at: usize) -> SeriesKey {
        self.series[at].key
    }

    pub(crate) fn id(&self, at: usize) -> u32 {
        self.series[at].id
    }

    pub(crate) fn sealed(&self, at: usize) -> Sealed {
        self.series[at].sealed
    }

    /// The series with this key, of which there may be several by chance.
    pub(crate) fn find(&self, key: SeriesKey) -> Range<usize> {
        let start = self.series.partition_point(|series| series.key < key);
        start..self.series.partition_point(|series| series.key <= key)
    }

    fn pairs_of(&self, at: usize) -> &[u32] {
        let start = if at == 0 { 0 } else { self.series[at - 1].end as usize };
        &self.labels[start..self.series[at].end as usize]
    }

    /// The labels of a series, in the order of their names.
    pub(crate) fn labels(&self, at: usize) -> impl Iterator<Item = (&str, &str)> {
        let mut names = self.names.iter();
        self.pairs_of(at).iter().map(move |pair| {
            let name = names.find(|(_, pairs)| pairs.contains(pair));
            let (name, _) = name.expect("labels were checked when the sheet was read");
            (self.text(name), self.text(&self.values[*pair as usize]))
        })
    }

    /// The value of a label of a series.
    pub(crate) fn value(&self, at: usize, name: &str) -> Option<&str> {
        self.labels(at).find(|label| label.0 == name).map(|label| label.1)
    }

    /// A series as it is written.
    pub(crate) fn entry(&self, at: usize) -> Entry<'_> {
        let SheetSeries { key, id, sealed, .. } = self.series[at];
        Entry { key, id, sealed, labels: self.labels(at).collect() }
    }

    /// A sheet of some of the series, which ascend, with their labels only.
    pub(crate) fn extract(&self, which: &[usize]) -> Self {
        let mut used = vec![false; self.values.len()];
        for &at in which {
            self.pairs_of(at).iter().for_each(|&pair| used[pair as usize] = true);
        }
        let mut sheet = Self::default();
        let mut numbers = vec![0; used.len()];
        for (name, pairs) in &self.names {
            let first = small(sheet.values.len());
            for pair in pairs.clone().filter(|&pair| used[pair as usize]) {
                let value = self.text(&self.values[pair as usize]);
                numbers[pair as usize] = sheet.values.len();
                let range = sheet.add_text(value.as_bytes());
                sheet.values.extend(range);
            }
            let name = sheet.add_text(self.text(name).as_bytes());
            let pairs = first.zip(small(sheet.values.len())).map(|(first, end)| first..end);
            sheet.names.extend(name.zip(pairs).filter(|(_, pairs)| !pairs.is_empty()));
        }
        for &at in which {
            let pairs = self.pairs_of(at).iter().map(|&pair| numbers[pair as usize]);
            sheet.labels.extend(pairs.filter_map(small));
            let end = small(sheet.labels.len()).expect("no more labels than in all of the sheet");
            sheet.series.push(SheetSeries { end, ..self.series[at] });
        }
        sheet
    }

    /// The series whose labels satisfy all matchers.
    pub(crate) fn matching(&self, matchers: &[Matcher]) -> Vec<usize> {
        let mut found: Vec<usize> = (0..self.len()).collect();
        for matcher in matchers {
            let named = self.names.iter().find(|(name, _)| self.text(name) == matcher.name());
            let pairs = named.map_or(0..0, |(_, pairs)| pairs.clone());
            let is_match = |pair: u32| matcher.matches(self.text(&self.values[pair as usize]));
            let matched: Vec<bool> = pairs.clone().map(is_match).collect();
            let without = matcher.matches_empty();
            found.retain(|&at| {
                let labels = self.pairs_of(at);
                let pair = labels.get(labels.partition_point(|&pair| pair < pairs.start));
                let pair = pair.filter(|pair| pairs.contains(pair));
                pair.map_or(without, |pair| matched[(pair - pairs.start) as usize])
            });
            if found.is_empty() {
                break;
            }
        }
        found
    }

    /// The memory held, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        size_of::<Self>()
            + self.text.len()
            + size_of_val(&*self.names)
            + size_of_val(&*self.values)
            + size_of_val(&*self.series)
            + size_of_val(&*self.labels)
    }
}

#[cfg(test)]
mod tests;
