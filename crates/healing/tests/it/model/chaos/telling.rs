//! The alerts as they really are, and what the machine is told about them: late, twice, in any order.

use std::time::Duration;

use jiff::Timestamp;
use regain_alerting::{Alert, Annotations};
use regain_healing::machine::Event;
use regain_healing::settings::{Observation, Suppression};
use regain_model::Labels;

use super::Chaos;

/// An alert as it really is.
#[derive(Debug)]
pub(super) struct Truth {
    pub(super) labels: Labels,
    pub(super) firing: bool,
    pub(super) suppression: Suppression,
    pub(super) starts_at: Timestamp,
    /// When it really began.
    pub(super) began: Duration,
}

/// What the machine was told about an alert, the newest by its own stamp.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) observation: Observation,
    pub(super) began: Duration,
    pub(super) at: Duration,
    /// Which of two with the same time is the later one.
    pub(super) number: u64,
}

impl Truth {
    /// The alerts of the model, which began at `time` and do not fire.
    pub(super) fn all(time: Duration) -> Vec<Self> {
        let mut alerts = Vec::new();
        for (heal, instance, app) in [
            ("ladder", "a", "x"),
            ("ladder", "a", "y"),
            ("ladder", "b", "x"),
            ("ladder", "", "x"),
            ("idempotent", "a", "x"),
            ("idempotent", "b", "y"),
            ("idempotent", "c", "z"),
            ("waits", "b", "z"),
            ("waits", "c", "y"),
            ("none", "a", "x"),
        ] {
            let pairs =
                [("alertname", "Ill"), ("heal", heal), ("instance", instance), ("app", app)];
            alerts.push(Self {
                labels: Labels::from_pairs(pairs),
                firing: false,
                suppression: Suppression::default(),
                starts_at: Timestamp::UNIX_EPOCH,
                began: time,
            });
        }
        alerts
    }
}

impl Chaos {
    pub(super) fn change_alert(&mut self) {
        let wall = self.wall();
        let index = self.random.index(self.alerts.len());
        let kind = self.random.below(16);
        let alert = &mut self.alerts[index];
        match kind {
            0 => alert.suppression.silenced = !alert.suppression.silenced,
            1 => alert.suppression.inhibited = !alert.suppression.inhibited,
            2..=5 => alert.suppression = Suppression::default(),
            _ if alert.firing => alert.firing = false,
            _ => (alert.firing, alert.starts_at, alert.began) = (true, wall, self.time),
        }
        self.tell(index);
    }

    /// Repeats how an alert stands, at once or by slow mail.
    pub(super) fn describe(&mut self) {
        let index = self.random.index(self.alerts.len());
        self.tell(index);
    }

    pub(super) fn tell(&mut self, index: usize) {
        let told = self.now_told(index);
        if self.random.per_mille(200) {
            self.mail.push((index, told));
        } else {
            self.bring(index, told);
        }
    }

    fn now_told(&mut self, index: usize) -> Told {
        self.number += 1;
        Told {
            observation: self.observation(index),
            began: self.alerts[index].began,
            at: self.time,
            number: self.number,
        }
    }

    fn observation(&self, index: usize) -> Observation {
        let truth = &self.alerts[index];
        let alert = Alert {
            labels: truth.labels.clone(),
            annotations: Annotations::new(),
            starts_at: truth.starts_at,
            ends_at: (!truth.firing).then(|| self.wall()),
            generator_url: String::new(),
            updated_at: self.wall(),
            timeout: false,
        };
        Observation { alert, firing: truth.firing, suppression: truth.suppression }
    }

    pub(super) fn deliver_mail(&mut self) {
        if self.mail.is_empty() {
            return;
        }
        let index = self.random.index(self.mail.len());
        let (alert, told) = if self.random.per_mille(200) {
            self.mail[index].clone()
        } else {
            self.mail.swap_remove(index)
        };
        self.bring(alert, told);
    }

    /// Gives the machine a description, and remembers the newest one.
    fn bring(&mut self, index: usize, told: Told) {
        let newer = self.told.get(&index).is_none_or(|known| known.number <= told.number);
        if newer {
            self.told.insert(index, told.clone());
        }
        self.give(Event::Observed(vec![told.observation]));
    }

    pub(super) fn list_all(&mut self) {
        let mut all = Vec::new();
        for index in 0..self.alerts.len() {
            let told = self.now_told(index);
            if told.observation.firing {
                all.push(told.observation.clone());
                self.told.insert(index, told);
            } else {
                // What is not listed has resolved.
                self.told.remove(&index);
            }
        }
        self.give(Event::Listed(all));
    }
}
