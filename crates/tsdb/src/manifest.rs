//! The manifest: the files that live (`docs/formats/manifest.md`).
//!
//! It is replaced as a whole: written to another name, synced, renamed, the directory synced. A file
//! that it does not name is left over and removed at the next start.

use regain_model::KeySeed;
use regain_storage::fs::Fs;
use regain_storage::{Error, Result};

use crate::layout::{HEADER_BYTES, Kind, Layout, checked, corrupt, create, io_error, read_all};
use crate::wire::put_varint;

/// What the manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) seed: KeySeed,
    pub(crate) series_log: u64,
    /// The first file of the write-ahead log that is needed.
    pub(crate) wal_first: u64,
    /// Files of the log that are valid up to a length only.
    pub(crate) wal_limits: Vec<(u64, u64)>,
    pub(crate) next_lane: u32,
    pub(crate) next_segment: u64,
    /// The segments, oldest first.
    pub(crate) segments: Vec<u64>,
}

impl Manifest {
    /// The manifest of an empty store.
    pub(crate) const fn new(seed: KeySeed) -> Self {
        Self {
            seed,
            series_log: 0,
            wal_first: 1,
            wal_limits: Vec::new(),
            next_lane: 0,
            next_segment: 1,
            segments: Vec::new(),
        }
    }

    /// Reads the manifest; `None` when there is none.
    pub(crate) fn read(fs: &dyn Fs, layout: &Layout) -> Result<Option<Self>> {
        let path = layout.manifest();
        let bytes = match read_all(fs, &path) {
            Ok(bytes) => bytes,
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if !Kind::Manifest.is_header(&bytes) {
            return Err(corrupt(&path, 0, "a manifest of a known version"));
        }
        let manifest = bytes.get(HEADER_BYTES..).and_then(Self::decode);
        manifest.map(Some).ok_or_else(|| corrupt(&path, HEADER_BYTES as u64, "a whole manifest"))
    }

    /// Replaces the manifest, durably.
    pub(crate) fn write(&self, fs: &dyn Fs, layout: &Layout) -> Result<()> {
        let tmp = layout.manifest_tmp();
        let file = create(fs, &tmp, Kind::Manifest)?;
        file.append(&self.encode()).map_err(io_error("write", &tmp))?;
        file.sync_data().map_err(io_error("sync", &tmp))?;
        fs.rename(&tmp, &layout.manifest()).map_err(io_error("rename", &tmp))?;
        fs.sync_dir(layout.dir()).map_err(io_error("sync", layout.dir()))
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&self.seed.0.to_le_bytes());
        for number in [self.series_log, self.wal_first, self.next_segment] {
            put_varint(&mut out, number);
        }
        put_varint(&mut out, u64::from(self.next_lane));
        put_varint(&mut out, self.wal_limits.len() as u64);
        for &(file, length) in &self.wal_limits {
            put_varint(&mut out, file);
            put_varint(&mut out, length);
        }
        put_varint(&mut out, self.segments.len() as u64);
        self.segments.iter().for_each(|&segment| put_varint(&mut out, segment));
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut cursor = checked(bytes)?;
        let mut manifest = Self::new(KeySeed(cursor.u64()?));
        manifest.series_log = cursor.varint()?;
        manifest.wal_first = cursor.varint()?;
        manifest.next_segment = cursor.varint()?;
        manifest.next_lane = cursor.id()?;
        for _ in 0..cursor.count()? {
            manifest.wal_limits.push((cursor.varint()?, cursor.varint()?));
        }
        for _ in 0..cursor.count()? {
            manifest.segments.push(cursor.varint()?);
        }
        cursor.is_empty().then_some(manifest)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use regain_storage::fs::MemFs;

    use super::*;

    #[test]
    fn a_manifest_comes_back_and_damage_is_seen() {
        let (fs, layout) = (MemFs::new(), Layout::new(Path::new("/data")));
        assert_eq!(Manifest::read(&fs, &layout).unwrap(), None);
        let manifest = Manifest {
            series_log: 3,
            wal_first: 300,
            wal_limits: vec![(301, 77)],
            next_lane: 12,
            next_segment: 9,
            segments: vec![4, 7, 8],
            ..Manifest::new(KeySeed(77))
        };
        manifest.write(&fs, &layout).unwrap();
        assert_eq!(Manifest::read(&fs, &layout).unwrap(), Some(manifest));

        let whole = fs.bytes(&layout.manifest()).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 4;
            fs.set_bytes(&layout.manifest(), bytes);
            Manifest::read(&fs, &layout).unwrap_err();
        }
    }
}
