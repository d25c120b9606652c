//! How far a replay of the write-ahead log has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Follows a replay from outside; clones follow the same one.
#[derive(Clone, Debug, Default)]
pub struct ReplayProgress(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    bytes: AtomicU64,
    bytes_read: AtomicU64,
    /// Of which in files that are done.
    bytes_of_files: AtomicU64,
}

impl ReplayProgress {
    /// The size of the log in bytes; 0 until the replay begins, and where there is nothing to replay.
    pub fn bytes(&self) -> u64 {
        // Ordering: the numbers are shown and guard nothing.
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// How many of these bytes are replayed or passed over.
    pub fn bytes_read(&self) -> u64 {
        // Ordering: as above; of two numbers from different moments, the ratio is at most one.
        self.0.bytes_read.load(Ordering::Relaxed).min(self.bytes())
    }

    pub(crate) fn begin(&self, bytes: u64) {
        // Ordering: as above.
        self.0.bytes_of_files.store(0, Ordering::Relaxed);
        self.0.bytes_read.store(0, Ordering::Relaxed);
        self.0.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Takes note of the place in the current file.
    pub(crate) fn reach_in_file(&self, at: u64) {
        // Ordering: as above; one thread replays.
        let before = self.0.bytes_of_files.load(Ordering::Relaxed);
        self.0.bytes_read.store(before + at, Ordering::Relaxed);
    }

    /// Goes on to the next file.
    pub(crate) fn end_file(&self, bytes: u64) {
        // Ordering: as above.
        let before = self.0.bytes_of_files.fetch_add(bytes, Ordering::Relaxed);
        self.0.bytes_read.store(before + bytes, Ordering::Relaxed);
    }

    /// Ends the replay, whatever of the log was not worth reading.
    pub(crate) fn end(&self) {
        // Ordering: as above.
        self.0.bytes_read.store(self.bytes(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_goes_through_its_files() {
        let progress = ReplayProgress::default();
        let seen = || (progress.bytes_read(), progress.bytes());
        assert_eq!(seen(), (0, 0));
        progress.begin(300);
        progress.reach_in_file(40);
        assert_eq!(seen(), (40, 300));
        progress.end_file(200);
        progress.reach_in_file(50);
        assert_eq!(seen(), (250, 300));
        progress.end();
        assert_eq!(seen(), (300, 300));
        progress.begin(10);
        assert_eq!(seen(), (0, 10));
    }
}
