//! Silences: what is not to be notified for a while, because somebody said so.
//!
//! This is the state alone: no clock, no files. What changes it gives back what has changed, for the journal.
//!
//! **Invariants.** A silence whose matchers mean something else gets another id, so that the past stays as it was.
//! The set of silences that match a label set changes only when a silence is added, never when one is updated in
//! place; the cache per fingerprint rests on that.

mod cache;
mod query;
mod silence;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashMap;
use jiff::Timestamp;

use self::cache::Cache;
use crate::clock::{Sequence, later};
use crate::matcher::MatcherMode;
use crate::metrics::SilenceMetrics;

pub use self::query::SilenceFilter;
pub use self::silence::{
    InvalidMatcher, InvalidSilence, MatcherDraft, Silence, SilenceDraft, SilenceState,
};
pub(crate) use self::wire::{StoredSilence, Undecodable};

/// How many silences may exist, and how long they are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SilenceOptions {
    /// How long a silence is kept after its end.
    pub(crate) retention: Duration,
    /// The most silences, expired ones included; 0 is no limit.
    pub(crate) silences_max: usize,
    /// The most bytes of one silence as it is stored; 0 is no limit.
    pub(crate) size_bytes_max: usize,
    /// Which names labels may have.
    pub(crate) matcher_mode: MatcherMode,
    /// Whether changes are logged.
    pub(crate) log_changes: bool,
}

/// Why a silence was not made, changed or ended; the texts are upstream's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SilenceError {
    /// There is no silence with the id.
    #[error("silence not found")]
    NotFound,
    /// The silence means nothing, or too much.
    #[error("invalid silence: {0}")]
    Invalid(#[from] InvalidSilence),
    /// There are as many as there may be.
    #[error("exceeded maximum number of silences: {count} (limit: {limit})")]
    TooMany {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The silence is too large.
    #[error("silence exceeded maximum size: {bytes} bytes (limit: {limit} bytes)")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
}

/// All silences, expired ones included.
#[derive(Debug)]
pub(crate) struct Silences {
    options: SilenceOptions,
    metrics: SilenceMetrics,
    by_id: HashMap<Arc<str>, StoredSilence>,
    /// The ids in the order in which they were added.
    by_version: BTreeMap<u64, Arc<str>>,
    version: u64,
    cache: Cache,
}

/// What a change did: the id of the silence that applies now, and everything that must be stored.
#[derive(Debug)]
pub(crate) struct SilenceChange {
    pub(crate) id: Arc<str>,
    pub(crate) stored: Vec<StoredSilence>,
}

impl Silences {
    pub(crate) fn new(options: SilenceOptions, metrics: SilenceMetrics) -> Self {
        let cache = Cache::default();
        let (by_id, by_version) = (HashMap::new(), BTreeMap::new());
        Self { options, metrics, by_id, by_version, version: 0, cache }
    }

    /// Makes a silence, or changes the one that the draft names. Where the change would rewrite the past, the old
    /// one ends and a new one takes its place.
    pub(crate) fn set(
        &mut self,
        draft: SilenceDraft,
        now: Timestamp,
        ids: &Sequence,
    ) -> Result<SilenceChange, SilenceError> {
        let previous_id = draft.id.clone().filter(|id| !id.is_empty());
        let mut silence = draft.check(now, self.options.matcher_mode)?;
        let previous = match previous_id {
            None => None,
            Some(id) => Some(Arc::clone(&self.find(&id)?.silence)),
        };
        if let Some(previous) = &previous
            && previous.can_become(&silence, now)
        {
            silence.updated_at = after(previous, now);
            let stored = self.keep(silence);
            self.check_size(&stored)?;
            self.log("update silence", &stored.silence);
            let id = Arc::clone(&stored.silence.id);
            self.insert(stored.clone());
            return Ok(SilenceChange { id, stored: vec![stored] });
        }
        self.check_count()?;
        silence.id = new_id(ids);
        silence.starts_at = silence.starts_at.max(now);
        let stored = self.keep(silence);
        self.check_size(&stored)?;
        self.log("create silence", &stored.silence);
        let id = Arc::clone(&stored.silence.id);
        self.insert(stored.clone());
        // The new one is stored before the old one's end: a crash between the two must not leave neither.
        let mut change = SilenceChange { id, stored: vec![stored] };
        if let Some(previous) = previous {
            change.stored.extend(self.expire(&previous.id, now)?);
        }
        Ok(change)
    }

    /// Ends a silence now; nothing happens to one that has ended.
    pub(crate) fn expire(
        &mut self,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<StoredSilence>, SilenceError> {
        let mut silence = Silence::clone(&self.find(id)?.silence);
        match silence.state(now) {
            SilenceState::Expired => return Ok(None),
            SilenceState::Active => silence.ends_at = now,
            SilenceState::Pending => (silence.starts_at, silence.ends_at) = (now, now),
        }
        silence.updated_at = after(&silence, now);
        self.log("expire silence", &silence);
        let stored = self.keep(silence);
        self.insert(stored.clone());
        Ok(Some(stored))
    }

    /// Takes over a silence from a file unless a newer one with its id is here or its time is over.
    pub(crate) fn merge(&mut self, stored: StoredSilence, now: Timestamp) {
        let is_newer = self
            .by_id
            .get(&stored.silence.id)
            .is_none_or(|here| here.silence.updated_at < stored.silence.updated_at);
        if stored.expires_at >= now && is_newer {
            self.insert(stored);
        }
    }

    /// Everything that a file must hold, in the order in which it was added.
    pub(crate) fn stored(&self) -> impl Iterator<Item = &StoredSilence> {
        self.by_version.values().map(|id| &self.by_id[id])
    }

    /// Forgets the silences whose retention is over.
    pub(crate) fn collect_garbage(&mut self, now: Timestamp) {
        let _timed = self.metrics.gc_duration.start();
        self.by_id.retain(|_, stored| stored.expires_at > now);
        let by_id = &self.by_id;
        self.by_version.retain(|_, id| by_id.contains_key(id));
        self.count_sizes();
    }

    /// What an alert's cache entry knew is not needed any more.
    pub(crate) fn forget_alert(&mut self, fingerprint: crate::Fingerprint) {
        self.cache.remove(fingerprint);
    }

    pub(crate) const fn metrics(&self) -> &SilenceMetrics {
        &self.metrics
    }

    fn find(&self, id: &str) -> Result<&StoredSilence, SilenceError> {
        self.by_id.get(id).ok_or(SilenceError::NotFound)
    }

    fn keep(&self, silence: Silence) -> StoredSilence {
        let expires_at = later(silence.ends_at, self.options.retention);
        StoredSilence { silence: Arc::new(silence), expires_at }
    }

    fn insert(&mut self, stored: StoredSilence) {
        let id = Arc::clone(&stored.silence.id);
        if self.by_id.insert(Arc::clone(&id), stored).is_none() {
            self.version += 1;
            self.by_version.insert(self.version, id);
            self.count_sizes();
        }
    }

    fn check_count(&self) -> Result<(), SilenceError> {
        let (count, limit) = (self.by_id.len(), self.options.silences_max);
        if limit > 0 && count >= limit {
            return Err(SilenceError::TooMany { count, limit });
        }
        Ok(())
    }

    fn check_size(&self, stored: &StoredSilence) -> Result<(), SilenceError> {
        let limit = self.options.size_bytes_max;
        if limit > 0 {
            let bytes = stored.size_bytes();
            if bytes > limit {
                return Err(SilenceError::TooLarge { bytes, limit });
            }
        }
        Ok(())
    }

    fn count_sizes(&self) {
        self.metrics.state_size.set(self.by_id.len() as f64);
        self.metrics.matcher_index_size.set(self.by_id.len() as f64);
        self.metrics.version_index_size.set(self.by_version.len() as f64);
    }

    fn log(&self, change: &'static str, silence: &Silence) {
        if self.options.log_changes {
            tracing::info!(
                id = %silence.id,
                created_by = %silence.created_by,
                comment = %silence.comment,
                starts_at = %silence.starts_at,
                ends_at = %silence.ends_at,
                matchers = %silence.matchers_text(),
                "{change}"
            );
        }
    }
}

/// The time of a change to `previous`: a later one wins when files are merged, so a clock that was set back must
/// not make the change the older one.
fn after(previous: &Silence, now: Timestamp) -> Timestamp {
    now.max(later(previous.updated_at, Duration::from_nanos(1)))
}

/// A random UUID, version 4.
fn new_id(ids: &Sequence) -> Arc<str> {
    let (high, low) = (ids.next(), ids.next());
    let text = format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0x0fff,
        (low >> 48) & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    );
    text.into()
}

#[cfg(test)]
mod tests;
