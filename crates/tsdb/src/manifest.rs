//! The manifest: the files that live (`docs/formats/manifest.md`).
//!
//! It is replaced as a whole: written to another name, synced, renamed, the directory synced. A file
//! that it does not name is left over and removed at the next start. Everything hangs on it, so it
//! holds the same twice, and the second copy steps in where the first one is damaged.

use regain_model::KeySeed;
use regain_storage::fs::Fs;
use regain_storage::{Error, Result};

use crate::layout::{HEADER_BYTES, Kind, Layout, checked, corrupt, io_error, read_all};
use crate::report::Damage;
use crate::wire::{Cursor, put_varint};

/// What the manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) seed: KeySeed,
    pub(crate) series_log: u64,
    /// The series log is durable up to here, and perhaps beyond.
    pub(crate) series_log_bytes: u64,
    /// The first file of the write-ahead log that is needed.
    pub(crate) wal_first: u64,
    /// Files of the log that are valid up to a length only.
    pub(crate) wal_limits: Vec<(u64, u64)>,
    pub(crate) next_lane: u32,
    /// The segments use no series with this id or a larger one.
    pub(crate) next_series: u32,
    pub(crate) next_segment: u64,
    /// The segments, oldest first.
    pub(crate) segments: Vec<u64>,
    /// The file of what is deleted, 0 for none.
    pub(crate) deletes: u64,
    /// The archives, oldest first.
    pub(crate) archives: Vec<u64>,
}

impl Manifest {
    /// The manifest of an empty store.
    pub(crate) const fn new(seed: KeySeed) -> Self {
        Self {
            seed,
            series_log: 0,
            series_log_bytes: 0,
            wal_first: 1,
            wal_limits: Vec::new(),
            next_lane: 0,
            next_series: 0,
            next_segment: 1,
            segments: Vec::new(),
            deletes: 0,
            archives: Vec::new(),
        }
    }

    /// Notes that a file of the log ends at `length`, whatever lies behind.
    pub(crate) fn limit_wal(&mut self, file: u64, length: u64) {
        self.wal_limits.retain(|limit| limit.0 != file);
        self.wal_limits.push((file, length));
    }

    /// Reads the manifest; `None` when there is none.
    pub(crate) fn read(
        fs: &dyn Fs,
        layout: &Layout,
        damage: &mut Vec<Damage>,
    ) -> Result<Option<Self>> {
        let path = layout.manifest();
        let bytes = match read_all(fs, &path) {
            Ok(bytes) => bytes,
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if Kind::Manifest.check(&path, &bytes)?
            && let Some(manifest) = Self::decode(&bytes)
        {
            return Ok(Some(manifest));
        }
        let mut starts = (1..bytes.len()).filter(|&at| Self::is_copy(&bytes[at..]));
        let second = starts.find_map(|at| Some((at, Self::decode(&bytes[at..])?)));
        let (at, manifest) = second.ok_or_else(|| corrupt(&path, 0, "a whole manifest"))?;
        damage.push(Damage::of(&path, 0..at));
        Ok(Some(manifest))
    }

    /// Replaces the manifest, durably.
    pub(crate) fn write(&self, fs: &dyn Fs, layout: &Layout) -> Result<()> {
        let tmp = layout.manifest_tmp();
        let file = fs.create(&tmp).map_err(io_error("create", &tmp))?;
        file.append(&self.encode().repeat(2)).map_err(io_error("write", &tmp))?;
        file.sync_data().map_err(io_error("sync", &tmp))?;
        fs.rename(&tmp, &layout.manifest()).map_err(io_error("rename", &tmp))?;
        fs.sync_dir(layout.dir()).map_err(io_error("sync", layout.dir()))
    }

    /// One copy: the header, the length of the content, the content and its checksum.
    fn encode(&self) -> Vec<u8> {
        let mut content = Vec::new();
        content.extend_from_slice(&self.seed.0.to_le_bytes());
        for number in [self.series_log, self.series_log_bytes, self.wal_first, self.next_segment] {
            put_varint(&mut content, number);
        }
        put_varint(&mut content, u64::from(self.next_lane));
        put_varint(&mut content, u64::from(self.next_series));
        put_varint(&mut content, self.wal_limits.len() as u64);
        for &(file, length) in &self.wal_limits {
            put_varint(&mut content, file);
            put_varint(&mut content, length);
        }
        put_varint(&mut content, self.segments.len() as u64);
        for &segment in &self.segments {
            put_varint(&mut content, segment);
        }
        put_varint(&mut content, self.deletes);
        put_varint(&mut content, self.archives.len() as u64);
        for &archive in &self.archives {
            put_varint(&mut content, archive);
        }
        let crc = crc32c::crc32c(&content);
        content.extend_from_slice(&crc.to_le_bytes());
        let length = u32::try_from(content.len()).expect("a manifest is short");
        [&Kind::Manifest.header()[..], &length.to_le_bytes(), &content].concat()
    }

    fn is_copy(bytes: &[u8]) -> bool {
        bytes.starts_with(&Kind::Manifest.header())
    }

    fn decode(copy: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(copy.get(HEADER_BYTES..)?);
        let length = usize::try_from(cursor.u32()?).ok()?;
        let mut cursor = checked(cursor.take(length)?)?;
        let mut manifest = Self::new(KeySeed(cursor.u64()?));
        manifest.series_log = cursor.varint()?;
        manifest.series_log_bytes = cursor.varint()?;
        manifest.wal_first = cursor.varint()?;
        manifest.next_segment = cursor.varint()?;
        manifest.next_lane = cursor.id()?;
        manifest.next_series = cursor.id()?;
        for _ in 0..cursor.count()? {
            manifest.wal_limits.push((cursor.varint()?, cursor.varint()?));
        }
        for _ in 0..cursor.count()? {
            manifest.segments.push(cursor.varint()?);
        }
        manifest.deletes = cursor.varint()?;
        for _ in 0..cursor.count()? {
            manifest.archives.push(cursor.varint()?);
        }
        cursor.is_empty().then_some(manifest)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use regain_storage::fs::MemFs;

    use super::*;

    fn read(fs: &MemFs, layout: &Layout) -> Result<(Option<Manifest>, Vec<Damage>)> {
        let mut damage = Vec::new();
        Manifest::read(fs, layout, &mut damage).map(|manifest| (manifest, damage))
    }

    #[test]
    fn a_manifest_comes_back_and_survives_damage_to_either_copy() {
        let (fs, layout) = (MemFs::new(), Layout::new(Path::new("/data")));
        assert_eq!(read(&fs, &layout).unwrap(), (None, vec![]));
        let manifest = Manifest {
            series_log: 3,
            series_log_bytes: 1234,
            wal_first: 300,
            wal_limits: vec![(301, 77)],
            next_lane: 12,
            next_series: 4000,
            next_segment: 9,
            segments: vec![4, 7, 8],
            deletes: 5,
            archives: vec![3, 6],
            ..Manifest::new(KeySeed(77))
        };
        manifest.write(&fs, &layout).unwrap();
        assert_eq!(read(&fs, &layout).unwrap(), (Some(manifest.clone()), vec![]));

        let path = layout.manifest();
        let whole = fs.bytes(&path).unwrap();
        let copy = whole.len() / 2;
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 4;
            fs.set_bytes(&path, bytes);
            let damage = if at < copy { vec![Damage::of(&path, 0..copy)] } else { vec![] };
            assert_eq!(read(&fs, &layout).unwrap(), (Some(manifest.clone()), damage));
        }
        for length in 0..whole.len() {
            fs.set_bytes(&path, whole[..length].to_vec());
            let whole_copy = (length >= copy).then_some(());
            assert_eq!(read(&fs, &layout).ok().map(|_| ()), whole_copy, "{length}");
        }
        let mut bytes = whole;
        bytes[copy - 1] ^= 1;
        bytes[2 * copy - 1] ^= 1;
        fs.set_bytes(&path, bytes);
        assert!(matches!(read(&fs, &layout), Err(Error::Corrupt { .. })));
    }

    #[test]
    fn a_later_version_is_refused_and_not_repaired() {
        let (fs, layout) = (MemFs::new(), Layout::new(Path::new("/data")));
        Manifest::new(KeySeed(1)).write(&fs, &layout).unwrap();
        let mut bytes = fs.bytes(&layout.manifest()).unwrap();
        bytes[8] += 1;
        let crc = crc32c::crc32c(&bytes[..12]);
        bytes[12..16].copy_from_slice(&crc.to_le_bytes());
        fs.set_bytes(&layout.manifest(), bytes);
        let error = read(&fs, &layout).unwrap_err();
        assert!(matches!(error, Error::UnknownVersion { version: 4, .. }), "{error}");
    }
}
