//! The frames of Prometheus' logs: segments of pages of 32 KiB, records in fragments that do not
//! cross pages, each with a checksum (upstream: `tsdb/wlog`, 3.14).
//!
//! A torn end is where a process stopped. Damage before it is reported, and reading goes on with the
//! next record that starts on a page of its own.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use regain_storage::fs::Fs;
use regain_storage::{Error, Result};

use crate::reading::Source;

const PAGE_BYTES: u64 = 32 << 10;
/// So many pages are read at once.
const PIECE_BYTES: u64 = 32 * PAGE_BYTES;
const FRAGMENT_HEADER_BYTES: usize = 7;
const KIND_MASK: u8 = 0b111;
const SNAPPY: u8 = 1 << 3;
const ZSTD: u8 = 1 << 4;
const FULL: u8 = 1;
const FIRST: u8 = 2;
const MIDDLE: u8 = 3;
const LAST: u8 = 4;
/// The longest record, uncompressed.
const RECORD_BYTES_MAX: usize = 256 << 20;
/// Snappy makes at most 64 bytes of three.
const SNAPPY_RATIO_MAX: usize = 22;

/// A segment of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
    /// The offset at which to start.
    pub(crate) from: u64,
}

/// The segments in `dir` in their order; none where there is no such directory.
pub(crate) fn segments(fs: &dyn Fs, dir: &Path) -> Result<Vec<Segment>> {
    let names = match fs.list(dir) {
        Ok(names) => names,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::Io { operation: "list", path: dir.to_owned(), source }),
    };
    let segment =
        |name: &String| Some(Segment { number: name.parse().ok()?, path: dir.join(name), from: 0 });
    let mut segments: Vec<Segment> = names.iter().filter_map(segment).collect();
    segments.sort_unstable_by_key(|segment| segment.number);
    Ok(segments)
}

/// Hands each record of `segment` to `on_record`, with its offset. What cannot be read is handed to
/// `on_damage`.
pub(crate) fn read(
    fs: &dyn Fs,
    segment: &Segment,
    mut on_record: impl FnMut(&[u8], u64),
    mut on_damage: impl FnMut(Error),
) {
    let source = match Source::open(fs, &segment.path) {
        Ok(source) => source,
        Err(error) => return on_damage(error),
    };
    let mut frames = Frames::default();
    let mut from = segment.from;
    while from < source.size_bytes() {
        let piece_end = (from / PIECE_BYTES + 1) * PIECE_BYTES;
        let end = piece_end.min(source.size_bytes());
        let piece = match source.read(from, end - from) {
            Ok(piece) => piece,
            Err(error) => return on_damage(error),
        };
        let mut rest = piece.as_slice();
        while !rest.is_empty() {
            let page_left = PAGE_BYTES - from % PAGE_BYTES;
            let len = usize::try_from(page_left).expect("a page").min(rest.len());
            let (page, behind) = rest.split_at(len);
            if let Err((at, what)) = frames.page(page, from, &mut on_record) {
                on_damage(source.corrupt(from + at as u64, what));
            }
            from += len as u64;
            rest = behind;
        }
    }
    if let Some(offset) = frames.open {
        on_damage(source.corrupt(offset, "the last record is torn"));
    }
}

/// Puts fragments together.
#[derive(Default)]
struct Frames {
    /// Where the record starts whose fragments are gathered.
    open: Option<u64>,
    record: Vec<u8>,
    plain: Vec<u8>,
    zstd: Option<zstd::bulk::Decompressor<'static>>,
}

impl Frames {
    /// Reads the fragments of a page, or of what is left of one, that starts at `base`. After damage
    /// the rest of the page is left alone.
    fn page(
        &mut self,
        page: &[u8],
        base: u64,
        on_record: &mut impl FnMut(&[u8], u64),
    ) -> std::result::Result<(), (usize, &'static str)> {
        let mut at = 0;
        while let Some((header, rest)) = page[at..].split_first_chunk::<FRAGMENT_HEADER_BYTES>() {
            let kind = header[0] & KIND_MASK;
            if kind == 0 {
                break;
            }
            let len = usize::from(u16::from_be_bytes([header[1], header[2]]));
            let Some(data) = rest.get(..len) else {
                return Err(self.torn(at, "a fragment ends behind its page"));
            };
            if crc32c::crc32c(data).to_be_bytes() != header[3..] {
                return Err(self.torn(at, "a fragment's checksum does not match"));
            }
            let offset = base + at as u64;
            match (kind, self.open) {
                (FULL, None) => {
                    self.record.clear();
                    self.record.extend_from_slice(data);
                    self.finish(header[0], offset, on_record).map_err(|what| (at, what))?;
                }
                (FIRST, None) => {
                    self.open = Some(offset);
                    self.record.clear();
                    self.record.extend_from_slice(data);
                }
                (MIDDLE, Some(_)) => self.record.extend_from_slice(data),
                (LAST, Some(offset)) => {
                    self.record.extend_from_slice(data);
                    self.open = None;
                    self.finish(header[0], offset, on_record).map_err(|what| (at, what))?;
                }
                // What is left of a record whose start was damaged.
                (MIDDLE | LAST, None) => {}
                _ => return Err(self.torn(at, "a record starts within another")),
            }
            at += FRAGMENT_HEADER_BYTES + len;
        }
        if page[at..].iter().any(|&byte| byte != 0) {
            return Err(self.torn(at, "the end of a page is not empty"));
        }
        Ok(())
    }

    fn torn(&mut self, at: usize, what: &'static str) -> (usize, &'static str) {
        self.open = None;
        (at, what)
    }

    fn finish(
        &mut self,
        flags: u8,
        offset: u64,
        on_record: &mut impl FnMut(&[u8], u64),
    ) -> std::result::Result<(), &'static str> {
        if flags & SNAPPY != 0 {
            self.unsnap().ok_or("a record cannot be decompressed (snappy)")?;
            on_record(&self.plain, offset);
        } else if flags & ZSTD != 0 {
            self.unzstd().ok_or("a record cannot be decompressed (zstd)")?;
            on_record(&self.plain, offset);
        } else {
            on_record(&self.record, offset);
        }
        Ok(())
    }

    fn unsnap(&mut self) -> Option<()> {
        let len = snap::raw::decompress_len(&self.record).ok()?;
        if len > (self.record.len().saturating_mul(SNAPPY_RATIO_MAX)).min(RECORD_BYTES_MAX) {
            return None;
        }
        self.plain.clear();
        self.plain.resize(len, 0);
        let len = snap::raw::Decoder::new().decompress(&self.record, &mut self.plain).ok()?;
        self.plain.truncate(len);
        Some(())
    }

    fn unzstd(&mut self) -> Option<()> {
        self.plain.clear();
        let claimed = zstd::zstd_safe::get_frame_content_size(&self.record).ok()?;
        let Some(claimed) = claimed.and_then(|len| usize::try_from(len).ok()) else {
            let decoder = zstd::stream::read::Decoder::with_buffer(&self.record[..]).ok()?;
            let limit = RECORD_BYTES_MAX as u64 + 1;
            decoder.take(limit).read_to_end(&mut self.plain).ok()?;
            return (self.plain.len() <= RECORD_BYTES_MAX).then_some(());
        };
        if claimed > RECORD_BYTES_MAX {
            return None;
        }
        if self.zstd.is_none() {
            self.zstd = zstd::bulk::Decompressor::new().ok();
        }
        self.plain.reserve(claimed);
        self.zstd.as_mut()?.decompress_to_buffer(&self.record, &mut self.plain).ok()?;
        Some(())
    }
}

#[cfg(test)]
mod tests;
