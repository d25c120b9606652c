//! The frame of a record in the house's logs (`docs/formats/wal.md`): a marker, the length, a CRC-32C
//! and the payload.
//!
//! The marker lets a reader find the next whole record after a damaged one.

use std::ops::Range;

const MARKER: [u8; 4] = [0xd3, b'R', b'g', 0x9a];

/// The bytes before the payload.
pub const HEADER_BYTES: usize = 12;

/// The longest payload; writers' own limits are far below.
pub const PAYLOAD_BYTES_MAX: usize = 1 << 30;

/// Appends a record whose payload `write` appends; it must not be empty, nor longer than
/// [`PAYLOAD_BYTES_MAX`].
pub fn put(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&MARKER);
    out.extend_from_slice(&[0; 8]);
    write(out);
    let payload = &out[start + HEADER_BYTES..];
    assert!(payload.len() <= PAYLOAD_BYTES_MAX, "what is written stays below the record limit");
    let length = u32::try_from(payload.len()).expect("checked above").to_le_bytes();
    let crc = crc32c::crc32c(payload).to_le_bytes();
    out[start + 4..start + 8].copy_from_slice(&length);
    out[start + 8..start + 12].copy_from_slice(&crc);
}

/// What a scan meets next.
#[derive(Debug, PartialEq, Eq)]
pub enum Scanned<'a> {
    /// A whole record: where it starts and its payload.
    Record(usize, &'a [u8]),
    /// Bytes that are no record, with whole records after them.
    Damage(Range<usize>),
    /// Bytes that are no record, up to the end.
    Tail(usize),
}

/// Walks over the records in some bytes.
#[derive(Debug)]
pub struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    /// Starts at the offset `at`.
    pub const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }
}

impl<'a> Iterator for Scan<'a> {
    type Item = Scanned<'a>;

    fn next(&mut self) -> Option<Scanned<'a>> {
        let start = self.at;
        if start >= self.bytes.len() {
            return None;
        }
        if let Some(payload) = whole(self.bytes, start) {
            self.at = start + HEADER_BYTES + payload.len();
            return Some(Scanned::Record(start, payload));
        }
        let mut from = start + 1;
        while let Some(found) = find_marker(self.bytes, from) {
            if whole(self.bytes, found).is_some() {
                self.at = found;
                return Some(Scanned::Damage(start..found));
            }
            from = found + 1;
        }
        self.at = self.bytes.len();
        Some(Scanned::Tail(start))
    }
}

fn find_marker(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(MARKER.len()).position(|window| window == MARKER).map(|at| from + at)
}

fn whole(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let rest = bytes.get(at..)?.strip_prefix(&MARKER)?;
    let (length, rest) = rest.split_first_chunk()?;
    let (crc, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    // A header with zeros after the marker would pass: the checksum of nothing is zero.
    (1..=PAYLOAD_BYTES_MAX).contains(&length).then_some(())?;
    let payload = rest.get(..length)?;
    (crc32c::crc32c(payload) == u32::from_le_bytes(*crc)).then_some(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(payloads: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for payload in payloads {
            put(&mut out, |out| out.extend_from_slice(payload));
        }
        out
    }

    #[test]
    fn a_scan_finds_every_record() {
        let bytes = log(&[b"one", b"2", b"three"]);
        let found: Vec<_> = Scan::new(&bytes, 0).collect();
        let expected = [(0, &b"one"[..]), (15, b"2"), (28, b"three")];
        assert_eq!(found, expected.map(|(at, payload)| Scanned::Record(at, payload)));
    }

    #[test]
    fn a_marker_before_zeros_is_no_record() {
        let mut bytes = log(&[b"one", b"two"]);
        bytes[19..].fill(0);
        let found: Vec<_> = Scan::new(&bytes, 0).collect();
        assert_eq!(found, [Scanned::Record(0, b"one"), Scanned::Tail(15)]);
    }

    #[test]
    fn a_flipped_byte_costs_one_record() {
        let whole = log(&[b"one", b"two", b"three"]);
        for flipped in 15..30 {
            let mut bytes = whole.clone();
            bytes[flipped] ^= 0x40;
            let found: Vec<_> = Scan::new(&bytes, 0).collect();
            let expected = [
                Scanned::Record(0, b"one"),
                Scanned::Damage(15..30),
                Scanned::Record(30, b"three"),
            ];
            assert_eq!(found, expected, "byte {flipped}");
        }
    }

    #[test]
    fn a_cut_ends_with_the_last_whole_record() {
        let whole = log(&[b"one", b"two"]);
        for length in 16..whole.len() {
            let found: Vec<_> = Scan::new(&whole[..length], 0).collect();
            assert_eq!(found, [Scanned::Record(0, b"one"), Scanned::Tail(15)]);
        }
    }
}
