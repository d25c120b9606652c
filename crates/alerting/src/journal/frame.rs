//! The frame of a record, the same as in the store's write-ahead log (`docs/formats/wal.md`): a marker, the
//! length, a CRC-32C and the payload. The marker lets a reader find the next whole record after a damaged one.

use std::ops::Range;

const MARKER: [u8; 4] = [0xd3, b'R', b'g', 0x9a];
const HEADER_BYTES: usize = 12;
/// The longest payload: far above what any limit of the API lets through.
const PAYLOAD_BYTES_MAX: usize = 1 << 28;

/// Appends a record whose payload `write` appends; it must not be empty.
pub(super) fn put(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&MARKER);
    out.extend_from_slice(&[0; 8]);
    write(out);
    let payload = &out[start + HEADER_BYTES..];
    assert!(payload.len() <= PAYLOAD_BYTES_MAX, "what comes in stays below the record limit");
    let length = u32::try_from(payload.len()).expect("checked above").to_le_bytes();
    let crc = crc32c::crc32c(payload).to_le_bytes();
    out[start + 4..start + 8].copy_from_slice(&length);
    out[start + 8..start + HEADER_BYTES].copy_from_slice(&crc);
}

/// What a scan meets: the payload of a whole record, or a range that holds none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scanned<'a> {
    Record(&'a [u8]),
    Damage(Range<usize>),
}

/// Walks over the records in `bytes`.
pub(super) fn scan(bytes: &[u8]) -> impl Iterator<Item = Scanned<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= bytes.len() {
            return None;
        }
        if let Some(payload) = whole(bytes, at) {
            at += HEADER_BYTES + payload.len();
            return Some(Scanned::Record(payload));
        }
        let start = at;
        at = (start + 1..bytes.len()).find(|&at| whole(bytes, at).is_some()).unwrap_or(bytes.len());
        Some(Scanned::Damage(start..at))
    })
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
    fn a_damaged_record_costs_itself_alone() {
        let whole = log(&[b"one", b"two", b"three"]);
        for flipped in 15..30 {
            let mut bytes = whole.clone();
            bytes[flipped] ^= 0x40;
            let found: Vec<_> = scan(&bytes).collect();
            let expected =
                [Scanned::Record(b"one"), Scanned::Damage(15..30), Scanned::Record(b"three")];
            assert_eq!(found, expected, "byte {flipped}");
        }
    }

    #[test]
    fn a_torn_end_costs_the_last_record() {
        let whole = log(&[b"one", b"two"]);
        for length in 16..whole.len() {
            let found: Vec<_> = scan(&whole[..length]).collect();
            assert_eq!(found, [Scanned::Record(b"one"), Scanned::Damage(15..length)]);
        }
    }
}
