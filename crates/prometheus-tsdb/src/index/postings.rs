//! The table of postings: for each label, where the list of its series is.
//!
//! In memory is one of so many values of each name; what lies between is read when it is asked for, and its
//! checksum is that of the bytes which the table's own was verified with.

use crate::cursor::Cursor;
use crate::fault::Read;
use crate::reading::Source;

use regain_storage::Result;

/// How many values in a row are read together.
const RUN_ENTRIES: usize = 32;
/// No more than this is read at once, unless one run is longer.
const PIECE_BYTES_MAX: u32 = 256 << 10;

/// What a list takes beside its references: its length, their number, a checksum.
const LIST_BYTES: u64 = 12;
/// What each of these takes.
const REFERENCE_BYTES: u64 = 4;

/// The table, sorted by name and value.
#[derive(Debug)]
pub(super) struct PostingsTable {
    /// Where the content starts in the file.
    base: u64,
    names: Vec<Named>,
}

#[derive(Debug)]
struct Named {
    name: Box<str>,
    runs: Vec<Run>,
    /// How many entries there are.
    values: usize,
}

/// Some entries that follow one another, of one name.
#[derive(Debug)]
struct Run {
    first: Box<str>,
    start: u32,
    end: u32,
    checksum: u32,
    /// No list of these entries is longer than this together.
    series_max: u32,
}

/// An entry, and where it lies in the content.
#[derive(Clone, Copy, Debug)]
struct Entry<'a> {
    name: &'a str,
    value: &'a str,
    /// Where the list is in the file.
    offset: u64,
    start: u32,
    end: u32,
}

impl<'a> Entry<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Read<Self> {
        let place = |cursor: &Cursor<'_>| {
            u32::try_from(cursor.at()).map_err(|_| cursor.fault("the table is longer than 4 GiB"))
        };
        let start = place(cursor)?;
        if cursor.u8()? != 2 {
            return Err(cursor.fault("a posting's key has not two parts"));
        }
        let (name, value, offset) = (cursor.text()?, cursor.text()?, cursor.uvarint()?);
        Ok(Self { name, value, offset, start, end: place(cursor)? })
    }
}

/// Where the first and the last list of each run begin, and how many there are, as far as they lie behind one another as
/// their entries do.
#[derive(Debug, Default)]
struct Bounds(Vec<(u64, u64, u64)>);

impl Bounds {
    /// Adds the list at `offset`, which is of the same run as the one before where it `goes_on`.
    fn add(&mut self, offset: u64, goes_on: bool) {
        match self.0.last_mut().filter(|_| goes_on) {
            // Of lists that lie elsewhere nothing is known.
            Some((_, last, _)) if offset <= *last => *last = u64::MAX,
            Some((_, last, count)) => (*last, *count) = (offset, *count + 1),
            None => self.0.push((offset, offset, 1)),
        }
    }
}

/// No fewer series than are in the lists of a run that ends where the next one begins.
fn between(bounds: &[(u64, u64, u64)]) -> u32 {
    let &[(first, last, count), (next, ..)] = bounds else { return u32::MAX };
    if next <= last {
        return u32::MAX;
    }
    let bytes = (next - first).saturating_sub(count * LIST_BYTES);
    u32::try_from(bytes / REFERENCE_BYTES).unwrap_or(u32::MAX)
}

impl PostingsTable {
    /// The table of a section's content, which starts at `base` in the file.
    pub(super) fn read(content: &[u8], base: u64) -> Read<Self> {
        let mut cursor = Cursor::new(content);
        let count = cursor.u32()? as usize;
        cursor.plausible(count, 4)?;
        let mut table = Self { base, names: Vec::new() };
        let (mut run, mut before, mut bounds) = (0, None, Bounds::default());
        let start = cursor.clone();
        for _ in 0..count {
            let entry = Entry::read(&mut cursor)?;
            if before.is_some_and(|before| before >= (entry.name, entry.value)) {
                return Self::of_any_order(content, base, start, count);
            }
            let is_same = before.is_some_and(|(name, _)| name == entry.name);
            run = if is_same && run < RUN_ENTRIES { run } else { 0 };
            table.add(content, &entry, run > 0);
            bounds.add(entry.offset, run > 0);
            run += 1;
            before = Some((entry.name, entry.value));
        }
        let runs = table.names.iter_mut().flat_map(|name| &mut name.runs);
        runs.zip(bounds.0.windows(2)).for_each(|(run, bounds)| run.series_max = between(bounds));
        Ok(table)
    }

    /// The table where the entries have no order, as in version 1: each is a run.
    fn of_any_order(content: &[u8], base: u64, mut cursor: Cursor<'_>, count: usize) -> Read<Self> {
        let entries = (0..count).map(|_| Entry::read(&mut cursor));
        let mut entries = entries.collect::<Read<Vec<Entry<'_>>>>()?;
        entries.sort_by_key(|entry| (entry.name, entry.value));
        let mut table = Self { base, names: Vec::new() };
        for entry in &entries {
            table.add(content, entry, false);
        }
        Ok(table)
    }

    /// Adds an entry to the last run, or as a run.
    fn add(&mut self, content: &[u8], entry: &Entry<'_>, goes_on: bool) {
        if self.names.last().is_none_or(|last| *last.name != *entry.name) {
            self.names.push(Named { name: entry.name.into(), runs: Vec::new(), values: 0 });
        }
        let Named { runs, values, .. } = self.names.last_mut().expect("one was just added");
        *values += 1;
        let bytes = &content[entry.start as usize..entry.end as usize];
        match runs.last_mut().filter(|_| goes_on) {
            Some(run) => {
                run.end = entry.end;
                run.checksum = crc32c::crc32c_append(run.checksum, bytes);
            }
            None => runs.push(Run {
                first: entry.value.into(),
                start: entry.start,
                end: entry.end,
                checksum: crc32c::crc32c(bytes),
                series_max: u32::MAX,
            }),
        }
    }

    fn runs(&self, name: &str) -> &[Run] {
        let found = self.names.binary_search_by(|one| (*one.name).cmp(name));
        found.map_or(&[], |at| &self.names[at].runs)
    }

    /// No fewer series than have the label with this value, or with any.
    pub(super) fn series_max(&self, name: &str, value: Option<&str>) -> usize {
        let runs = self.runs(name);
        let runs = match value {
            None => runs,
            Some(value) => match runs.partition_point(|run| *run.first <= *value).checked_sub(1) {
                Some(at) => &runs[at..=at],
                None => &[],
            },
        };
        let each = runs.iter().map(|run| usize::try_from(run.series_max).unwrap_or(usize::MAX));
        each.fold(0, usize::saturating_add)
    }

    /// How many values a label has.
    pub(super) fn values_count(&self, name: &str) -> usize {
        let found = self.names.binary_search_by(|one| (*one.name).cmp(name));
        found.map_or(0, |at| self.names[at].values)
    }

    /// Where the list of the series with this label is.
    pub(super) fn offset(&self, source: &Source, name: &str, value: &str) -> Result<Option<u64>> {
        let runs = self.runs(name);
        let Some(at) = runs.partition_point(|run| *run.first <= *value).checked_sub(1) else {
            return Ok(None);
        };
        let mut found = None;
        self.read_runs(source, &runs[at..=at], &mut |entry| {
            if entry.value == value {
                found = Some(entry.offset);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Hands over the values of the labels with this name, in order, with where their lists are.
    pub(super) fn each(
        &self,
        source: &Source,
        name: &str,
        each: &mut dyn FnMut(&str, u64) -> Result<()>,
    ) -> Result<()> {
        let mut rest = self.runs(name);
        while let [first, behind @ ..] = rest {
            let mut end = first.end;
            let more = behind.iter().take_while(|run| {
                let follows = run.start == end && run.end - first.start <= PIECE_BYTES_MAX;
                end = run.end;
                follows
            });
            let (piece, behind) = rest.split_at(1 + more.count());
            self.read_runs(source, piece, &mut |entry| each(entry.value, entry.offset))?;
            rest = behind;
        }
        Ok(())
    }

    /// Hands over the entries of runs that follow one another in the file.
    fn read_runs(
        &self,
        source: &Source,
        runs: &[Run],
        each: &mut dyn FnMut(&Entry<'_>) -> Result<()>,
    ) -> Result<()> {
        let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return Ok(()) };
        let bytes =
            source.read(self.base + u64::from(first.start), u64::from(last.end - first.start))?;
        for run in runs {
            let base = self.base + u64::from(run.start);
            let place = |at: u32| (at - first.start) as usize;
            let bytes = &bytes[place(run.start)..place(run.end)];
            if crc32c::crc32c(bytes) != run.checksum {
                return Err(source.corrupt(base, "a part of the table of postings has changed"));
            }
            let mut cursor = Cursor::new(bytes);
            while !cursor.is_done() {
                let entry = Entry::read(&mut cursor);
                each(&entry.map_err(|fault| fault.within(source.path(), base))?)?;
            }
        }
        Ok(())
    }

    /// All names, in order, but for the empty one of the list of all series.
    pub(super) fn names(&self) -> Vec<&str> {
        let names = self.names.iter().map(|one| &*one.name);
        names.filter(|name| !name.is_empty()).collect()
    }
}
