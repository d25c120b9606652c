//! The bytes of files and frames. A frame holds the records of one append, so that all of them are there or
//! none.

use aws_lc_rs::digest::{Context, SHA256};
use crc32c::crc32c;

use super::wire;
use crate::machine::Record;

/// Begins each file.
pub(super) const MAGIC: &[u8; 8] = b"RgnHea\r\n";
/// The version of the format.
pub(super) const VERSION: u32 = 1;
/// The length of a file's header.
pub(super) const HEADER_BYTES: usize = 48;
/// The length of what stands before a frame's payload.
pub(super) const FRAME_BYTES: usize = 44;
/// Begins each frame; no valid UTF-8, so that no text can imitate it.
const MARKER: [u8; 4] = [0xd3, 0x52, 0x67, 0x9a];
/// The longest payload.
const PAYLOAD_BYTES_MAX: usize = 256 << 20;

/// A hash over a frame and all before it.
pub(super) type Link = [u8; 32];

/// The link before the first frame of a journal.
pub(super) const FIRST_LINK: Link = [0; 32];

/// The name of a file.
pub(super) fn file_name(number: u64) -> String {
    format!("{number:08}.journal")
}

/// The number in the name of a file.
pub(super) fn file_number(name: &str) -> Option<u64> {
    name.strip_suffix(".journal")?.parse().ok()
}

/// The header of a file whose first frame follows `link`.
pub(super) fn header(link: Link) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&link);
    let checksum = crc32c(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

/// What a header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// The link before the first frame.
    Link(Link),
    /// Another version.
    Version(u32),
    /// It is no header.
    Damaged,
}

/// Reads a header.
pub(super) fn read_header(bytes: &[u8]) -> Header {
    let Some(header) = bytes.get(..HEADER_BYTES) else { return Header::Damaged };
    let (content, checksum) = header.split_at(HEADER_BYTES - 4);
    if content[..8] != *MAGIC || crc32c(content).to_le_bytes() != *checksum {
        return Header::Damaged;
    }
    match number(&content[8..12]) {
        VERSION => Header::Link(content[12..].try_into().expect("the rest has 32 bytes")),
        other => Header::Version(other),
    }
}

/// Appends records after `link`, as one frame that is read whole or not at all; returns the link after it.
pub(super) fn append(dst: &mut Vec<u8>, link: Link, records: &[Record]) -> Link {
    let payload = wire::write(records);
    let link = next_link(link, &payload);
    let length = u32::try_from(payload.len()).expect("records are bounded by their texts");
    dst.extend_from_slice(&MARKER);
    dst.extend_from_slice(&length.to_le_bytes());
    let checksum = crc32c::crc32c_append(crc32c(&link), &payload);
    dst.extend_from_slice(&checksum.to_le_bytes());
    dst.extend_from_slice(&link);
    dst.extend_from_slice(&payload);
    link
}

/// A frame as it stands in a file.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    pub(super) link: Link,
    pub(super) payload: &'a [u8],
    /// Its length, with what stands before the payload.
    pub(super) length: usize,
}

/// Reads the frame at the beginning of `bytes`; nothing where there is no whole one.
pub(super) fn read(bytes: &[u8]) -> Option<Frame<'_>> {
    let frame = bytes.get(..FRAME_BYTES)?;
    let length = usize::try_from(number(&frame[4..8])).ok()?;
    if frame[..4] != MARKER || length > PAYLOAD_BYTES_MAX {
        return None;
    }
    let payload = bytes.get(FRAME_BYTES..FRAME_BYTES + length)?;
    let link: Link = frame[12..].try_into().ok()?;
    let checksum = crc32c::crc32c_append(crc32c(&link), payload);
    let whole = checksum == number(&frame[8..12]);
    whole.then_some(Frame { link, payload, length: FRAME_BYTES + length })
}

/// Where the next frame may begin after a bad stretch.
pub(super) fn next_marker(bytes: &[u8]) -> Option<usize> {
    let found = bytes.get(1..)?.windows(MARKER.len()).position(|window| window == MARKER)?;
    Some(found + 1)
}

/// The hash over a payload and what `link` stands for.
pub(super) fn next_link(link: Link, payload: &[u8]) -> Link {
    let mut hash = Context::new(&SHA256);
    hash.update(&link);
    hash.update(payload);
    hash.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().expect("the caller cuts four bytes"))
}
