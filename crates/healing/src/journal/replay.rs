//! Reading a journal from its first file to its last.

use std::fmt;
use std::path::{Path, PathBuf};

use regain_storage::fs::Fs;

use super::audit_log::AuditLog;
use super::frame::{self, FIRST_LINK, HEADER_BYTES, Header, Link, file_name, file_number};
use super::{JournalError, wire};
use crate::machine::{Record, Recovered};

/// Something in a journal that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// The place in it, in bytes.
    pub offset: u64,
    /// What is wrong.
    pub kind: DamageKind,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DamageKind {
    /// Bytes that are no append.
    Unreadable,
    /// A whole append that does not follow the one before it: something was changed, removed or inserted.
    Tampered,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            DamageKind::Unreadable => "unreadable bytes",
            DamageKind::Tampered => "records that do not follow those before them",
        };
        write!(f, "{what} in {} at byte {}", self.file.display(), self.offset)
    }
}

pub(super) struct Replayed {
    pub(super) recovered: Recovered,
    pub(super) log: AuditLog,
    pub(super) files: Vec<(u64, u64)>,
    pub(super) link: Link,
    /// Whether the last file may be appended to.
    pub(super) clean: bool,
    pub(super) damage: Vec<Damage>,
}

pub(super) fn replay(fs: &dyn Fs, dir: &Path) -> Result<Replayed, JournalError> {
    let failed = |what, path: &Path| {
        let path = path.to_owned();
        move |source| JournalError::Io { what, path, source }
    };
    let names = fs.list(dir).map_err(failed("list", dir))?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| file_number(name)).collect();
    numbers.sort_unstable();
    let mut replay = Replay::default();
    for number in numbers {
        let path = dir.join(file_name(number));
        let file = fs.open(&path).map_err(failed("open", &path))?;
        let size = file.size_bytes().map_err(failed("read", &path))?;
        let mut bytes = vec![0; usize::try_from(size).expect("a file is shorter than memory")];
        file.read_at(0, &mut bytes).map_err(failed("read", &path))?;
        replay.file(path, &bytes)?;
        replay.files.push((number, size));
    }
    Ok(Replayed {
        clean: replay.clean && !replay.files.is_empty(),
        recovered: replay.recovered,
        log: replay.log,
        files: replay.files,
        link: replay.link,
        damage: replay.damage,
    })
}

struct Replay {
    recovered: Recovered,
    log: AuditLog,
    files: Vec<(u64, u64)>,
    link: Link,
    /// All links of the file before: an append that failed may have left records behind the last good one.
    links: Vec<Link>,
    clean: bool,
    damage: Vec<Damage>,
    path: PathBuf,
}

impl Default for Replay {
    fn default() -> Self {
        Self {
            recovered: Recovered::default(),
            log: AuditLog::default(),
            files: Vec::new(),
            link: FIRST_LINK,
            links: Vec::new(),
            clean: true,
            damage: Vec::new(),
            path: PathBuf::new(),
        }
    }
}

impl Replay {
    fn file(&mut self, path: PathBuf, bytes: &[u8]) -> Result<(), JournalError> {
        self.path = path;
        self.clean = true;
        match frame::read_header(bytes) {
            Header::Version(version) => {
                return Err(JournalError::Version { path: self.path.clone(), version });
            }
            Header::Damaged => {
                self.clean = false;
                self.report(0, DamageKind::Unreadable);
                return Ok(());
            }
            Header::Link(link) => {
                // The first file that is left begins wherever those before it have ended.
                let first = self.files.is_empty();
                if !first && link != self.link && !self.links.contains(&link) {
                    self.report(0, DamageKind::Tampered);
                }
                self.link = link;
            }
        }
        self.links = vec![self.link];
        self.frames(bytes);
        Ok(())
    }

    fn frames(&mut self, bytes: &[u8]) {
        let mut offset = HEADER_BYTES;
        while offset < bytes.len() {
            let rest = &bytes[offset..];
            let Some(found) = frame::read(rest) else {
                self.clean = false;
                match next_whole(rest) {
                    Some(skip) => {
                        self.report(offset, DamageKind::Unreadable);
                        offset += skip;
                        continue;
                    }
                    // A write that was cut short, or that failed: nothing waited for it.
                    None => return,
                }
            };
            if frame::next_link(self.link, found.payload) != found.link {
                self.report(offset, DamageKind::Tampered);
            }
            self.link = found.link;
            self.links.push(found.link);
            match wire::read(found.payload) {
                Some(records) => records.into_iter().for_each(|record| self.record(record)),
                None => self.report(offset, DamageKind::Unreadable),
            }
            offset += found.length;
        }
    }

    fn record(&mut self, record: Record) {
        if let Record::Entry(entry) = &record {
            self.log.push(std::sync::Arc::clone(entry));
        }
        self.recovered.apply(record);
    }

    fn report(&mut self, offset: usize, kind: DamageKind) {
        self.damage.push(Damage { file: self.path.clone(), offset: offset as u64, kind });
    }
}

/// How far away the next whole frame is.
fn next_whole(bytes: &[u8]) -> Option<usize> {
    let mut offset = 0;
    loop {
        offset += frame::next_marker(bytes.get(offset..)?)?;
        if frame::read(&bytes[offset..]).is_some() {
            return Some(offset);
        }
    }
}
