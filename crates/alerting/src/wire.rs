//! What upstream's two snapshot files have in common: messages behind their length, and times.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use regain_protowire::{Error as WireError, Field, Reader, write};
use regain_storage::fs::Fs;

/// A snapshot that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file system failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What failed.
        source: io::Error,
    },
    /// The file holds something else than whole messages.
    #[error("{}: {source}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: WireError,
    },
    /// A message lacks what makes it one.
    #[error("{}: invalid state", path.display())]
    InvalidState {
        /// The file.
        path: PathBuf,
    },
}

impl SnapshotError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}

/// The content of the file, or nothing where there is none.
pub(crate) fn read_file(fs: &dyn Fs, path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match fs.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = vec![0; usize::try_from(file.size_bytes()?).map_err(io::Error::other)?];
    file.read_at(0, &mut bytes)?;
    Ok(Some(bytes))
}

/// Puts `bytes` in the place of the file, so that it holds either the old content or all of the new one.
pub(crate) fn replace_file(fs: &dyn Fs, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    let file = fs.create(&temporary)?;
    file.append(bytes)?;
    file.sync_data()?;
    fs.rename(&temporary, path)?;
    fs.sync_dir(path.parent().unwrap_or(path))
}

/// The bytes of each message in a stream of messages behind their lengths.
pub(crate) fn messages(bytes: &[u8]) -> impl Iterator<Item = Result<&[u8], WireError>> {
    let mut reader = Reader::new(bytes);
    std::iter::from_fn(move || {
        if reader.is_empty() {
            return None;
        }
        let message = reader.bytes();
        if message.is_err() {
            reader = Reader::new(&[]);
        }
        Some(message)
    })
}

/// Appends a message behind its length.
pub(crate) fn put_delimited(out: &mut Vec<u8>, message: &[u8]) {
    write::append_varint(out, message.len() as u64);
    out.extend_from_slice(message);
}

/// Appends a `google.protobuf.Timestamp`.
pub(crate) fn put_time(out: &mut Vec<u8>, field: u32, time: Timestamp) {
    let nanosecond = time.as_nanosecond();
    let second = i64::try_from(nanosecond.div_euclid(1_000_000_000)).unwrap_or(i64::MAX);
    let rest = i64::try_from(nanosecond.rem_euclid(1_000_000_000)).unwrap_or_default();
    write::put_message(out, field, |out| {
        if second != 0 {
            write::put_int64(out, 1, second);
        }
        if rest != 0 {
            write::put_int64(out, 2, rest);
        }
    });
}

/// Reads a `google.protobuf.Timestamp`; a time beyond what can be told becomes the last or first one.
pub(crate) fn time(field: &Field<'_>) -> Result<Timestamp, WireError> {
    let (mut second, mut nanosecond) = (0_i64, 0_i32);
    let mut reader = field.message()?;
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => second = field.int64()?,
            2 => nanosecond = field.int32()?,
            _ => {}
        }
    }
    let edge = if second < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let time =
        Timestamp::from_nanosecond(i128::from(second) * 1_000_000_000 + i128::from(nanosecond));
    Ok(time.unwrap_or(edge))
}

/// Appends a text unless it is empty, as proto3 does.
pub(crate) fn put_text(out: &mut Vec<u8>, field: u32, text: &str) {
    if !text.is_empty() {
        write::put_str(out, field, text);
    }
}

/// Reads an entry of a map with text keys: the key and the field of the value, where there is one.
pub(crate) fn map_entry<'a>(field: &Field<'a>) -> Result<(&'a str, Option<Field<'a>>), WireError> {
    let (mut key, mut value) = ("", None);
    let mut reader = field.message()?;
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => key = field.str()?,
            2 => value = Some(field),
            _ => {}
        }
    }
    Ok((key, value))
}
