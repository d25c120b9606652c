//! How many alerts of one name are taken in.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use jiff::Timestamp;

use crate::alert::{Alert, Fingerprint};

/// For each name the alerts that take a place, and until when.
#[derive(Debug)]
pub(super) struct NameLimits {
    /// The places for each name; 0 is no limit.
    per_name_max: usize,
    places: HashMap<String, Places>,
}

#[derive(Debug, Default)]
struct Places {
    until: HashMap<Fingerprint, Timestamp>,
    by_end: BTreeSet<(Timestamp, Fingerprint)>,
}

impl NameLimits {
    pub(super) fn new(per_name_max: usize) -> Self {
        Self { per_name_max, places: HashMap::new() }
    }

    /// Gives the alert a place, which is taken from one that has ended if need be.
    pub(super) fn admit(
        &mut self,
        alert: &Alert,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> bool {
        if self.per_name_max == 0 {
            return true;
        }
        let places = self.places.entry_ref(alert.name()).or_default();
        let until = alert.ends_at.unwrap_or(Timestamp::MIN);
        if let Some(last) = places.until.get(&fingerprint) {
            places.by_end.remove(&(*last, fingerprint));
        } else if places.until.len() >= self.per_name_max {
            match places.by_end.first().copied() {
                Some((end, oldest)) if end < now => {
                    places.by_end.pop_first();
                    places.until.remove(&oldest);
                }
                _ => return false,
            }
        }
        places.until.insert(fingerprint, until);
        places.by_end.insert((until, fingerprint));
        true
    }

    /// Forgets the names of which every alert has ended.
    pub(super) fn collect_garbage(&mut self, now: Timestamp) {
        self.places.retain(|_, places| places.by_end.last().is_some_and(|(end, _)| *end >= now));
    }
}
