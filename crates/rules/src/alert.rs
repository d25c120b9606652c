//! One alert of a rule, and the state machine that it follows.

use std::time::Duration;

use regain_model::Labels;

use crate::settings::Texts;

/// A resolved alert is kept and sent for this long, so that a notification survives the restart of its receiver.
pub(crate) const RESOLVED_RETENTION: Duration = Duration::from_mins(15);

/// Says how far an alert is; the later of two states is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertState {
    /// Its rule has not been evaluated yet.
    Unknown,
    /// It is resolved.
    Inactive,
    /// Its condition holds, but not for long enough.
    Pending,
    Firing,
}

impl AlertState {
    /// Returns the word of the HTTP API and of the label `alertstate`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Inactive => "inactive",
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

/// Is one instance of an alerting rule. Times are those since the Unix epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    pub state: AlertState,
    /// Identify the alert; they stay as they were when it came to be.
    pub labels: Labels,
    /// Are those of the last evaluation in which the condition held.
    pub annotations: Texts,
    /// Is the value at that evaluation.
    pub value: f64,
    /// Is since when the condition holds.
    pub active_at: Duration,
    pub fired_at: Option<Duration>,
    pub resolved_at: Option<Duration>,
    pub last_sent_at: Option<Duration>,
    /// Is since when the condition no longer holds, while the alert is kept firing.
    pub keep_firing_since: Option<Duration>,
}

/// Is what a sample of an alerting rule's expression came to.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) annotations: Texts,
    pub(crate) value: f64,
}

/// Says by which times alerts move on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) now: Duration,
    pub(crate) hold: Duration,
    pub(crate) keep_firing_for: Duration,
}

/// Says what becomes of an alert whose condition does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    KeepsFiring,
    Resolved,
    Forgotten,
}

impl Alert {
    pub(crate) fn pending(labels: Labels, candidate: Candidate, now: Duration) -> Self {
        Self {
            state: AlertState::Pending,
            labels,
            annotations: candidate.annotations,
            value: candidate.value,
            active_at: now,
            fired_at: None,
            resolved_at: None,
            last_sent_at: None,
            keep_firing_since: None,
        }
    }

    /// Moves an alert on whose condition does not hold.
    pub(crate) fn miss(&mut self, pace: Pace) -> Absent {
        if self.state == AlertState::Firing && !pace.keep_firing_for.is_zero() {
            let since = *self.keep_firing_since.get_or_insert(pace.now);
            if pace.now < since.saturating_add(pace.keep_firing_for) {
                return Absent::KeepsFiring;
            }
        }
        let is_old = |resolved: Duration| pace.now > resolved.saturating_add(RESOLVED_RETENTION);
        if self.state == AlertState::Pending || self.resolved_at.is_some_and(is_old) {
            return Absent::Forgotten;
        }
        if self.state != AlertState::Inactive {
            self.state = AlertState::Inactive;
            self.resolved_at = Some(pace.now);
        }
        Absent::Resolved
    }

    /// Moves an alert on that is pending or firing by the time that it has been active.
    pub(crate) fn ripen(&mut self, pace: Pace) {
        let is_ripe = pace.now >= self.active_at.saturating_add(pace.hold);
        match self.state {
            AlertState::Pending if is_ripe => {
                self.state = AlertState::Firing;
                self.fired_at = Some(pace.now);
            }
            // A reload has made the rule wait for longer.
            AlertState::Firing if !is_ripe => {
                self.state = AlertState::Pending;
                self.fired_at = None;
                self.last_sent_at = None;
                self.keep_firing_since = None;
            }
            _ => {}
        }
    }

    /// Tells whether the receivers have to hear of the alert at `now`.
    pub(crate) fn needs_sending(&self, now: Duration, resend_delay: Duration) -> bool {
        if self.state == AlertState::Pending {
            return false;
        }
        if self.resolved_at > self.last_sent_at {
            return true;
        }
        self.last_sent_at.is_none_or(|sent| sent.saturating_add(resend_delay) < now)
    }

    /// Returns what has to survive a restart at once: a change of it is saved before anybody hears of it.
    pub(crate) fn milestones(&self) -> (AlertState, Duration, [Option<Duration>; 3]) {
        let times = [self.fired_at, self.resolved_at, self.keep_firing_since];
        (self.state, self.active_at, times)
    }
}
