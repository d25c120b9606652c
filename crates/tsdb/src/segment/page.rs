//! A page of a segment's directory: which series a group holds and where their values lie
//! (`docs/formats/segment.md`).

use crate::lane::row::{count, slots};
use crate::wire::{Cursor, put_signed, put_varint};

/// Which samples of a series a piece holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// All rows of the lane.
    All,
    /// Some rows in a row: the first and their number.
    Range(u32, u32),
    /// The rows of a mask.
    Mask(Box<[u64]>),
    /// Samples with times of their own: their number, and the first and the last time. Frames of times
    /// come before the frames of values.
    Own(u32, i64, i64),
}

/// One piece of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The index of the lane in the segment.
    pub(crate) lane: u32,
    pub(crate) rows: Rows,
    /// Whether staleness markers are among the values.
    pub(crate) stale: bool,
    /// Whether something is beside the values: it follows their frames.
    pub(crate) beside: bool,
    /// The bytes of its frames and of what is beside.
    pub(crate) size_bytes: u32,
}

/// The directory of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    /// The checksums of the group's values, see [`values`](super::values).
    pub(crate) sums: Vec<u32>,
    pub(crate) entries: Vec<Entry>,
    /// The pieces of all entries, one entry after another.
    pub(crate) pieces: Vec<Piece>,
}

/// One series of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: u32,
    /// Where its frames begin in the group's data.
    pub(crate) start: u32,
    /// Its first piece, and how many there are.
    pub(crate) first: u32,
    pub(crate) pieces: u32,
}

impl Page {
    /// Adds a piece of a series, which comes after all that are here.
    pub(crate) fn push(&mut self, id: u32, start: u32, piece: Piece) {
        let first = u32::try_from(self.pieces.len()).expect("a group has few pieces");
        self.pieces.push(piece);
        match self.entries.last_mut() {
            Some(entry) if entry.id == id => entry.pieces += 1,
            _ => self.entries.push(Entry { id, start, first, pieces: 1 }),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.sums.clear();
        self.entries.clear();
        self.pieces.clear();
    }

    /// The place of a series' entry, looked for from the place `hint` on.
    pub(crate) fn find(&self, id: u32, hint: usize) -> Option<usize> {
        let hint = hint.min(self.entries.len());
        let is_it = |entry: &Entry| entry.id == id;
        let after = self.entries[hint..].iter().position(is_it).map(|at| hint + at);
        after.or_else(|| self.entries[..hint].iter().position(is_it))
    }

    /// The memory held, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        let masks = self.pieces.iter().map(|piece| match &piece.rows {
            Rows::Mask(mask) => size_of_val(&**mask),
            _ => 0,
        });
        let lists = size_of_val(&*self.sums) + size_of_val(&*self.entries);
        size_of::<Self>() + lists + size_of_val(&*self.pieces) + masks.sum::<usize>()
    }

    /// The pieces of an entry.
    pub(crate) fn pieces_of(&self, entry: &Entry) -> &[Piece] {
        let first = entry.first as usize;
        &self.pieces[first..first + entry.pieces as usize]
    }
}

const ALL: u64 = 0;
const RANGE: u64 = 1;
const MASK: u64 = 2;
const OWN: u64 = 3;
const STALE: u64 = 4;
const LANE_SHIFT: u32 = 3;

/// Appends a page: the checksums of the group's values, the entries, the page's own checksum.
pub(crate) fn put(out: &mut Vec<u8>, page: &Page) {
    let start = out.len();
    put_varint(out, page.sums.len() as u64);
    page.sums.iter().for_each(|sum| out.extend_from_slice(&sum.to_le_bytes()));
    put_varint(out, page.entries.len() as u64);
    let mut next = 0;
    for entry in &page.entries {
        put_signed(out, i64::from(entry.id) - next);
        next = i64::from(entry.id) + 1;
        let pieces = page.pieces_of(entry);
        let beside = pieces.iter().any(|piece| piece.beside);
        put_varint(out, u64::from(entry.pieces) << 1 | u64::from(beside));
        for piece in pieces {
            put_piece(out, piece);
            if beside {
                out.push(u8::from(piece.beside));
            }
        }
    }
    let crc = crc32c::crc32c(&out[start..]);
    out.extend_from_slice(&crc.to_le_bytes());
}

fn put_piece(out: &mut Vec<u8>, piece: &Piece) {
    let kind = match piece.rows {
        Rows::All => ALL,
        Rows::Range(..) => RANGE,
        Rows::Mask(_) => MASK,
        Rows::Own(..) => OWN,
    };
    let stale = if piece.stale { STALE } else { 0 };
    put_varint(out, u64::from(piece.lane) << LANE_SHIFT | stale | kind);
    match &piece.rows {
        Rows::All => {}
        Rows::Range(first, rows) => {
            put_varint(out, u64::from(*first));
            put_varint(out, u64::from(*rows));
        }
        Rows::Mask(mask) => {
            put_varint(out, mask.len() as u64);
            mask.iter().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
        }
        Rows::Own(samples, first, last) => {
            put_varint(out, u64::from(*samples));
            put_signed(out, *first);
            put_signed(out, *last);
        }
    }
    put_varint(out, u64::from(piece.size_bytes));
}

/// Reads a page.
pub(crate) fn read(bytes: &[u8]) -> Option<Page> {
    let mut page = Page {
        sums: Vec::new(),
        entries: Vec::with_capacity(super::GROUP_SERIES),
        pieces: Vec::with_capacity(super::GROUP_SERIES),
    };
    let mut start = Some(0_u32);
    page.sums = read_with(bytes, |id, piece| {
        let begin = start.unwrap_or_default();
        start = start.and_then(|start| start.checked_add(piece.size_bytes));
        page.push(id, begin, piece);
    })?;
    start.map(|_| page)
}

/// Reads a page, piece by piece with the series' id, and returns the checksums of the group's values.
pub(crate) fn read_with(bytes: &[u8], mut found: impl FnMut(u32, Piece)) -> Option<Vec<u32>> {
    let mut cursor = crate::layout::checked(bytes)?;
    let sums = (0..cursor.count()?).map(|_| cursor.u32()).collect::<Option<_>>()?;
    let mut next = 0_i64;
    for _ in 0..cursor.count()? {
        let id = next.checked_add(cursor.signed()?)?;
        next = id.checked_add(1)?;
        let id = u32::try_from(id).ok()?;
        let head = cursor.varint()?;
        for _ in 0..head >> 1 {
            let mut piece = read_piece(&mut cursor)?;
            piece.beside = head & 1 == 1 && cursor.byte()? == 1;
            found(id, piece);
        }
    }
    Some(sums)
}

fn read_piece(cursor: &mut Cursor<'_>) -> Option<Piece> {
    let head = cursor.varint()?;
    let lane = u32::try_from(head >> LANE_SHIFT).ok()?;
    let rows = match head & 3 {
        ALL => Rows::All,
        RANGE => Rows::Range(cursor.id()?, cursor.id()?),
        MASK => {
            let words = cursor.count()?;
            Rows::Mask((0..words).map(|_| cursor.u64()).collect::<Option<_>>()?)
        }
        _ => Rows::Own(cursor.id()?, cursor.signed()?, cursor.signed()?),
    };
    let stale = head & STALE != 0;
    Some(Piece { lane, rows, stale, beside: false, size_bytes: cursor.id()? })
}

impl Rows {
    /// The rows of a mask in their shortest form; `rows` is the number of the lane's rows.
    pub(crate) fn of_mask(mask: &[u64], rows: usize) -> Option<Self> {
        let present = usize::try_from(count(mask)).ok()?;
        if present == rows {
            return Some(Self::All);
        }
        let first = slots(mask).next()?;
        let last = slots(mask).last()?;
        if last - first + 1 == present {
            return Some(Self::Range(u32::try_from(first).ok()?, u32::try_from(present).ok()?));
        }
        Some(Self::Mask(mask.into()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_piece() -> impl Strategy<Value = Piece> {
        let rows = prop_oneof![
            Just(Rows::All),
            any::<(u32, u32)>().prop_map(|(first, rows)| Rows::Range(first, rows)),
            any::<Vec<u64>>().prop_map(|mask| Rows::Mask(mask.into())),
            any::<(u32, i64, i64)>().prop_map(|(count, first, last)| Rows::Own(count, first, last)),
        ];
        (any::<u32>(), rows, any::<(bool, bool)>(), 0..1000_u32).prop_map(
            |(lane, rows, (stale, beside), size_bytes)| Piece {
                lane,
                rows,
                stale,
                beside,
                size_bytes,
            },
        )
    }

    proptest! {
        #[test]
        fn pages_come_back(
            series in prop::collection::btree_map(
                any::<u32>(),
                prop::collection::vec(any_piece(), 1..3),
                0..20,
            ),
            turn in 0..20_usize,
        ) {
            let mut series: Vec<_> = series.into_iter().collect();
            let turn = turn.min(series.len());
            series.rotate_left(turn);
            let (mut start, mut page) = (0, Page { sums: vec![7, 8], ..Page::default() });
            for (id, pieces) in series {
                for piece in pieces {
                    let size_bytes = piece.size_bytes;
                    page.push(id, start, piece);
                    start += size_bytes;
                }
            }
            let mut out = Vec::new();
            put(&mut out, &page);
            let read_back = read(&out);
            prop_assert_eq!(read_back.as_ref(), Some(&page));
            for (at, entry) in page.entries.iter().enumerate() {
                prop_assert_eq!(page.find(entry.id, turn), Some(at));
            }
            out[2] ^= 1;
            prop_assert_eq!(read(&out), None);
        }

        #[test]
        fn hostile_pages_are_refused(mut bytes: Vec<u8>) {
            let crc = crc32c::crc32c(&bytes);
            bytes.extend_from_slice(&crc.to_le_bytes());
            if let Some(page) = read(&bytes) {
                prop_assert!(page.entries.len() <= bytes.len());
            }
        }
    }
}
