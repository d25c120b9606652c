//! What a power cut leaves on a disk.

/// What a disk makes of the bytes of a file that were not synced.
#[derive(Clone, Copy, Debug)]
pub(super) enum Disk {
    /// A prefix is there, of every file another one.
    Short,
    /// The length was written, and a prefix of the bytes.
    Zeros,
    /// The length was written, and the bytes but for a hole.
    Hole,
    /// Some files are there and others not: what was written later may be the one that is.
    AnyFiles,
    /// Whole blocks are there, and in the last one what was on the disk before.
    TornBlock,
}

impl Disk {
    pub(super) const ALL: [Self; 5] =
        [Self::Short, Self::Zeros, Self::Hole, Self::AnyFiles, Self::TornBlock];

    pub(super) fn damage(self, unsynced: &mut Vec<u8>, random: &mut impl FnMut() -> usize) {
        const BLOCK_BYTES: usize = 64;
        let kept = random() % (unsynced.len() + 1);
        match self {
            Self::Short => unsynced.truncate(kept),
            Self::Zeros => unsynced[kept..].fill(0),
            Self::Hole => {
                let end = kept + random() % (unsynced.len() - kept + 1);
                unsynced[kept..end].fill(0);
            }
            Self::AnyFiles if random().is_multiple_of(2) => unsynced.clear(),
            Self::AnyFiles => {}
            Self::TornBlock => {
                let block = kept / BLOCK_BYTES * BLOCK_BYTES;
                unsynced.truncate(block + BLOCK_BYTES);
                for byte in &mut unsynced[block..] {
                    *byte = random().to_le_bytes()[0];
                }
            }
        }
    }
}
