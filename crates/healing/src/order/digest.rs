//! Short names for what consists of many parts.

use md5::{Digest as _, Md5};

/// Digests parts, one after the other. Where one ends and the next begins is digested, too.
#[derive(Debug, Default)]
pub(super) struct Digest(Md5);

impl Digest {
    pub(super) fn part(&mut self, part: impl AsRef<[u8]>) {
        let part = part.as_ref();
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    /// Returns so many lower-case hexadecimal digits, at most 32.
    pub(super) fn digits(self, digits: usize) -> String {
        let all = format!("{:032x}", u128::from_be_bytes(self.0.finalize().into()));
        format!("{all:.digits$}")
    }
}
