//! Looking at silences.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use jiff::Timestamp;
use regain_model::Matcher;

use super::{Silence, SilenceState, Silences};

/// Which silences are asked for.
#[derive(Clone, Debug)]
pub struct SilenceFilter {
    /// What one of a silence's sets must contain, to the letter.
    pub matchers: Vec<Matcher>,
    /// Whether active ones are.
    pub active: bool,
    /// Whether pending ones are.
    pub pending: bool,
    /// Whether expired ones are.
    pub expired: bool,
}

impl Default for SilenceFilter {
    fn default() -> Self {
        Self { matchers: Vec::new(), active: true, pending: true, expired: true }
    }
}

impl SilenceFilter {
    fn accepts(&self, silence: &Silence, state: SilenceState) -> bool {
        let wanted = match state {
            SilenceState::Active => self.active,
            SilenceState::Pending => self.pending,
            SilenceState::Expired => self.expired,
        };
        let contains =
            |set: &Vec<Matcher>| self.matchers.iter().all(|matcher| set.contains(matcher));
        wanted && silence.matcher_sets.iter().any(contains)
    }
}

impl Silences {
    /// The silence with this id.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Silence>> {
        let _timed = self.metrics.start_query(1);
        self.by_id.get(id).map(|here| Arc::clone(&here.silence))
    }

    /// The silences that the filter accepts: active ones by their end, then pending ones by their start, then
    /// expired ones, the last to end first.
    pub(crate) fn query(
        &self,
        filter: &SilenceFilter,
        now: Timestamp,
    ) -> Vec<(Arc<Silence>, SilenceState)> {
        let _timed = self.metrics.start_query(self.by_id.len());
        let all = self.stored().map(|stored| (&stored.silence, stored.silence.state(now)));
        let accepted = all.filter(|(silence, state)| filter.accepts(silence, *state));
        let mut found: Vec<_> =
            accepted.map(|(silence, state)| (Arc::clone(silence), state)).collect();
        found.sort_by(|(a, a_state), (b, b_state)| {
            a_state.cmp(b_state).then_with(|| within(*a_state, a, b))
        });
        found
    }

    /// How many silences are in each state of [`SilenceState::ALL`].
    pub(crate) fn count_states(&self, now: Timestamp) -> [usize; 3] {
        let states: Vec<_> = self.stored().map(|stored| stored.silence.state(now)).collect();
        SilenceState::ALL.map(|wanted| states.iter().filter(|state| **state == wanted).count())
    }
}

fn within(state: SilenceState, a: &Silence, b: &Silence) -> Ordering {
    match state {
        SilenceState::Active => a.ends_at.cmp(&b.ends_at),
        SilenceState::Pending => a.starts_at.cmp(&b.starts_at),
        SilenceState::Expired => Reverse(a.ends_at).cmp(&Reverse(b.ends_at)),
    }
}
