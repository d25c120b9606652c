//! Exemplars as records of the write-ahead log (`docs/formats/wal.md`).

use regain_model::{Exemplar, Labels, MAX_LABEL_BYTES, Timestamp};
use regain_storage::record;

use super::ring::Ring;
use crate::wal::batch::EXEMPLARS;
use crate::wire::{Cursor, put_bytes, put_signed, put_varint};

/// What a record says about the series of an exemplar; from [`FIRST_ID`] on it is an id.
const SAME_SERIES: u64 = 0;
const SPELLED_SERIES: u64 = 1;
const FIRST_ID: u64 = 2;

/// The exemplar has a time of its own.
const TIMED: u8 = 1;

/// One exemplar in a record.
#[derive(Debug)]
pub(crate) struct Logged<'a> {
    pub(crate) number: u64,
    pub(crate) series: LoggedSeries<&'a Labels>,
    pub(crate) exemplar: &'a Exemplar,
}

/// The series of an exemplar in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoggedSeries<L> {
    /// The series log defines it.
    Id(u32),
    /// It may have left the store by now.
    Spelled(L),
}

/// Whether a record is one of exemplars.
pub(crate) fn is_record(payload: &[u8]) -> bool {
    Cursor(payload).varint() == Some(EXEMPLARS)
}

/// Appends the payload of a record.
pub(crate) fn put<'a>(out: &mut Vec<u8>, exemplars: impl Iterator<Item = Logged<'a>>) {
    put_varint(out, EXEMPLARS);
    let mut writer = Writer::default();
    for logged in exemplars {
        writer.put(out, &logged);
    }
}

/// Records of about `bytes` at most with all exemplars of the ring, series by series.
pub(super) fn records(ring: &Ring, bytes: usize) -> Vec<Vec<u8>> {
    let (mut records, mut payload) = (Vec::new(), Vec::new());
    let mut writer = Writer::default();
    let mut close = |payload: &mut Vec<u8>| {
        let mut framed = Vec::with_capacity(payload.len() + record::HEADER_BYTES);
        record::put(&mut framed, |out| out.append(payload));
        records.push(framed);
    };
    for (labels, entries) in ring.all() {
        for entry in entries {
            if payload.is_empty() {
                put_varint(&mut payload, EXEMPLARS);
                writer = Writer::default();
            }
            let series = LoggedSeries::Spelled(labels);
            let exemplar = &entry.exemplar;
            writer.put(&mut payload, &Logged { number: entry.number, series, exemplar });
            if payload.len() >= bytes {
                close(&mut payload);
            }
        }
    }
    if !payload.is_empty() {
        close(&mut payload);
    }
    records
}

/// Writes exemplars one against the other.
#[derive(Default)]
struct Writer<'a> {
    next_number: u64,
    time: i64,
    series: Option<LoggedSeries<&'a Labels>>,
}

impl<'a> Writer<'a> {
    fn put(&mut self, out: &mut Vec<u8>, logged: &Logged<'a>) {
        let Logged { number, series, exemplar } = *logged;
        put_signed(out, number.wrapping_sub(self.next_number).cast_signed());
        self.next_number = number.wrapping_add(1);
        match series {
            _ if self.series == Some(series) => put_varint(out, SAME_SERIES),
            LoggedSeries::Id(id) => put_varint(out, u64::from(id) + FIRST_ID),
            LoggedSeries::Spelled(labels) => {
                put_varint(out, SPELLED_SERIES);
                put_labels(out, labels);
            }
        }
        self.series = Some(series);
        out.push(if exemplar.is_timed { TIMED } else { 0 });
        put_signed(out, exemplar.time.0.wrapping_sub(self.time));
        self.time = exemplar.time.0;
        out.extend_from_slice(&exemplar.value.to_bits().to_le_bytes());
        put_labels(out, &exemplar.labels);
    }
}

fn put_labels(out: &mut Vec<u8>, labels: &Labels) {
    put_varint(out, labels.len() as u64);
    for (name, value) in labels {
        put_bytes(out, name.as_bytes());
        put_bytes(out, value.as_bytes());
    }
}

/// Reads the exemplars of a record one by one and hands them out with their numbers. The series of one is `None` where it is
/// that of the one before. `None` when the record is none.
pub(super) fn read(
    payload: &[u8],
    mut each: impl FnMut(u64, Option<LoggedSeries<Labels>>, Exemplar) -> Option<()>,
) -> Option<()> {
    let mut cursor = Cursor(payload);
    if cursor.varint()? != EXEMPLARS {
        return None;
    }
    let (mut next_number, mut time, mut is_first) = (0_u64, 0_i64, true);
    while !cursor.is_empty() {
        let number = next_number.wrapping_add(cursor.signed()?.cast_unsigned());
        next_number = number.wrapping_add(1);
        let series = match cursor.varint()? {
            SAME_SERIES if is_first => return None,
            SAME_SERIES => None,
            SPELLED_SERIES => Some(LoggedSeries::Spelled(read_labels(&mut cursor)?)),
            id => Some(LoggedSeries::Id(u32::try_from(id - FIRST_ID).ok()?)),
        };
        is_first = false;
        let is_timed = cursor.byte()? & TIMED != 0;
        time = time.wrapping_add(cursor.signed()?);
        let value = f64::from_bits(cursor.u64()?);
        let labels = read_labels(&mut cursor)?;
        each(number, series, Exemplar { labels, value, time: Timestamp(time), is_timed })?;
    }
    Some(())
}

fn read_labels(cursor: &mut Cursor<'_>) -> Option<Labels> {
    let mut pairs = Vec::new();
    for _ in 0..cursor.count()? {
        pairs.push((read_text(cursor)?, read_text(cursor)?));
    }
    Some(Labels::from_pairs(pairs))
}

fn read_text<'a>(cursor: &mut Cursor<'a>) -> Option<&'a str> {
    let text = std::str::from_utf8(cursor.bytes()?).ok()?;
    (text.len() <= MAX_LABEL_BYTES).then_some(text)
}

#[cfg(test)]
mod tests;
