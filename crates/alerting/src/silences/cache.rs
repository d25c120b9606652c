//! Which silences an alert was found to match, and up to which version of the silences that is known.

use std::sync::Arc;

use hashbrown::HashMap;
use jiff::Timestamp;
use regain_model::Labels;

use super::{SilenceState, Silences};
use crate::alert::Fingerprint;

#[derive(Debug, Default)]
pub(super) struct Cache(HashMap<Fingerprint, Known>);

#[derive(Clone, Debug, Default)]
struct Known {
    version: u64,
    /// Silences that match and have not ended, in the order in which they were found.
    matching: Vec<Arc<str>>,
}

impl Cache {
    pub(super) fn remove(&mut self, fingerprint: Fingerprint) {
        self.0.remove(&fingerprint);
    }
}

impl Silences {
    /// The active silences that match an alert. Only silences that are new since the last time are matched.
    pub(crate) fn silencing(
        &mut self,
        fingerprint: Fingerprint,
        labels: &Labels,
        now: Timestamp,
    ) -> Vec<Arc<str>> {
        let known = self.cache.0.get(&fingerprint).cloned().unwrap_or_default();
        if known.version == self.version && known.matching.is_empty() {
            return Vec::new();
        }
        let mut matching = Vec::new();
        if !known.matching.is_empty() {
            let _timed = self.metrics.start_query(known.matching.len());
            matching.extend(known.matching);
        }
        if known.version != self.version {
            let since = self.by_version.range(known.version + 1..);
            let scanned = since.clone().count();
            let _timed = self.metrics.start_query(scanned);
            self.metrics.query_skipped.add((self.by_version.len() - scanned) as u64);
            matching.extend(
                since
                    .map(|(_, id)| id)
                    .filter(|id| self.by_id[*id].silence.matches(labels))
                    .map(Arc::clone),
            );
        }
        let state = |id: &Arc<str>| self.by_id.get(id).map(|here| here.silence.state(now));
        matching.retain(|id| state(id).is_some_and(|state| state != SilenceState::Expired));
        let active =
            matching.iter().filter(|id| state(id) == Some(SilenceState::Active)).map(Arc::clone);
        let active = active.collect();
        self.cache.0.insert(fingerprint, Known { version: self.version, matching });
        active
    }
}
