//! The notification log: what each receiver was last told about each group.
//!
//! This is the state alone: no clock, no files. An entry that is new is given back, for the journal.

mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::later;
use crate::metrics::NflogMetrics;
use crate::notify::ReceiverValue;

/// Which integration of which receiver was told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Recipient {
    /// The name of the receiver.
    pub(crate) group_name: Arc<str>,
    /// The kind of the integration.
    pub(crate) integration: Arc<str>,
    /// Its index within its kind.
    pub(crate) index: u32,
}

impl Recipient {
    /// The key under which upstream keeps what this recipient was told about a group.
    fn key(&self, group_key: &str) -> String {
        format!("{group_key}:{}/{}/{}", self.group_name, self.integration, self.index)
    }
}

/// One notification that got through.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) group_key: Arc<str>,
    pub(crate) recipient: Recipient,
    /// When it got through.
    pub(crate) timestamp: Timestamp,
    /// The hashes of the alerts that fired.
    pub(crate) firing: Vec<u64>,
    /// The hashes of the alerts that had resolved.
    pub(crate) resolved: Vec<u64>,
    /// What the integration wants back.
    pub(crate) receiver_data: BTreeMap<String, ReceiverValue>,
    /// Until when the entry is kept.
    pub(crate) expires_at: Timestamp,
}

/// What was told, without when.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) group_key: Arc<str>,
    pub(crate) recipient: Recipient,
    pub(crate) firing: Vec<u64>,
    pub(crate) resolved: Vec<u64>,
    pub(crate) receiver_data: BTreeMap<String, ReceiverValue>,
    /// How long to remember it; never longer than the retention.
    pub(crate) expiry: Duration,
}

/// The last entry of each recipient and group.
#[derive(Debug)]
pub(crate) struct NotificationLog {
    retention: Duration,
    metrics: NflogMetrics,
    entries: BTreeMap<String, Arc<Entry>>,
}

impl NotificationLog {
    pub(crate) const fn new(retention: Duration, metrics: NflogMetrics) -> Self {
        Self { retention, metrics, entries: BTreeMap::new() }
    }

    /// What the recipient was last told about the group.
    pub(crate) fn find(&self, recipient: &Recipient, group_key: &str) -> Option<Arc<Entry>> {
        let _timed = self.metrics.start_query();
        let found = self.entries.get(&recipient.key(group_key)).map(Arc::clone);
        if found.is_none() {
            // Upstream counts "never notified" among the errors.
            self.metrics.query_errors.inc();
        }
        found
    }

    /// Writes down what was told; nothing happens when the clock is behind the entry that is there.
    pub(crate) fn record(&mut self, told: Told, now: Timestamp) -> Option<Arc<Entry>> {
        let key = told.recipient.key(&told.group_key);
        if self.entries.get(&key).is_some_and(|here| here.timestamp > now) {
            return None;
        }
        let kept =
            if told.expiry.is_zero() { self.retention } else { told.expiry.min(self.retention) };
        let entry = Arc::new(Entry {
            group_key: told.group_key,
            recipient: told.recipient,
            timestamp: now,
            firing: told.firing,
            resolved: told.resolved,
            receiver_data: told.receiver_data,
            expires_at: later(now, kept),
        });
        self.entries.insert(key, Arc::clone(&entry));
        Some(entry)
    }

    /// Takes over an entry from a file unless a newer one is here or its time is over.
    pub(crate) fn merge(&mut self, entry: Entry, now: Timestamp) {
        let key = entry.recipient.key(&entry.group_key);
        let is_newer = self.entries.get(&key).is_none_or(|here| here.timestamp < entry.timestamp);
        if entry.expires_at >= now && is_newer {
            self.entries.insert(key, Arc::new(entry));
        }
    }

    /// Everything that a file must hold.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.values()
    }

    /// Forgets what need not be remembered any longer.
    pub(crate) fn collect_garbage(&mut self, now: Timestamp) {
        let _timed = self.metrics.gc_duration.start();
        self.entries.retain(|_, entry| entry.expires_at > now);
    }
}

#[cfg(test)]
mod tests;
