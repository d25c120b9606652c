//! The promises of the machine, held against what the world really saw.

use std::time::Duration;

use jiff::Timestamp;
use regain_healing::machine::{Question, Scope, Tally};
use regain_healing::settings::Mode;

use super::super::settings::{CONCURRENT, COOLDOWN, FRESH, LIMIT, NOT_AFTER};
use super::super::world::overlap;
use super::Chaos;
use super::telling::Told;

impl Chaos {
    /// What must hold when a backend is asked to act.
    pub(super) fn check_trigger(&self, question: &Question) {
        let order = &question.order;
        let id = &order.id;
        assert!(self.intents.contains(id), "{id} is triggered without a durable intent");
        for scope in &self.pauses {
            let covers = scope.covers(&order.remediation, &order.target);
            assert!(!covers, "{id} is triggered though {scope:?} is paused");
        }
        let asks = |told: &&Told| {
            let labels = &told.observation.alert.labels;
            labels.get("heal") == Some(&order.remediation)
                && order.target.iter().all(|(name, value)| labels.get(name) == Some(value))
        };
        let clock_was_set = |since: Duration| self.clock_set >= since;
        let acceptable = |told: &Told| {
            let suppression = told.observation.suppression;
            let suppressed = suppression.silenced || suppression.inhibited || suppression.muted;
            let young =
                self.time.saturating_sub(told.began) <= NOT_AFTER || clock_was_set(told.began);
            let fresh = self.time.saturating_sub(told.at) <= FRESH || clock_was_set(told.at);
            told.observation.firing && !suppressed && young && fresh
        };
        let told: Vec<&Told> = self.told.values().filter(asks).collect();
        assert!(
            told.iter().any(|told| acceptable(told)),
            "{id} is triggered for {told:?} at {:?}",
            self.time
        );
        let now = self.machine.now().steady;
        let since =
            |then: Timestamp| Duration::try_from(now.duration_since(then)).unwrap_or_default();
        let acted =
            |tally: &&Tally| tally.mode == Mode::Auto && tally.acted && tally.run != question.run;
        let mut own = 0;
        for tally in self.machine.tallies().filter(acted) {
            if overlap(&tally.target, &order.target) {
                let rested = since(tally.ended);
                assert!(rested >= COOLDOWN, "{id} is triggered {rested:?} after {tally:?}");
            }
            let same = tally.remediation == order.remediation && tally.target == order.target;
            own += u32::from(same && since(tally.started) < LIMIT.per);
        }
        assert!(own < LIMIT.runs, "{id} is run {own} after {} in an hour", LIMIT.runs);
    }

    /// What must hold all the time.
    pub(super) fn check_state(&self) {
        let live: Vec<_> = self.machine.live().collect();
        assert!(live.len() <= CONCURRENT, "{} runs at once", live.len());
        let now = self.machine.now().steady;
        for (index, run) in live.iter().enumerate() {
            for other in &live[..index] {
                let both = overlap(&run.target, &other.target);
                assert!(!both, "{} and {} run for one target", run.id, other.id);
            }
            let late = now.duration_since(run.expires).as_secs();
            assert!(late < 120, "{} should have ended {late} s ago: {:?}", run.id, run.phase);
        }
        let recovered: Vec<&Scope> = self.machine.pauses().map(|pause| &pause.scope).collect();
        for scope in &self.pauses {
            assert!(recovered.contains(&scope), "the pause of {scope:?} is forgotten");
        }
    }
}
