//! Which targets want healing: the queue, derived from the alerts and the settings.
//!
//! Alerts of one target are one wish, however many there are and however their other labels change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use regain_alerting::Fingerprint;
use regain_model::Labels;

use super::Machine;
use super::audit::{Decision, Reason};
use super::note::Note;
use crate::settings::{Mode, Remediation};

/// The remediation and the target.
pub(crate) type WishKey = (Arc<str>, Labels);

/// A target that wants healing.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// The firing alerts that ask for it.
    pub(crate) alerts: BTreeSet<Fingerprint>,
    /// Its place in the queue.
    pub(crate) order: u64,
    /// Why it was not begun when it was last looked at; the audit knows.
    pub(crate) refused: Option<Reason>,
    /// What its guard says.
    pub(crate) guard: GuardState,
    /// Whether people were told that its limit is used up.
    pub(crate) told: bool,
}

/// What the guard of a wish says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GuardState {
    /// It was not asked.
    Unasked,
    /// It was asked, and will be asked again at `until` unless it answers.
    Asked { token: u64, until: Timestamp },
    /// It lets a run begin until then.
    Passed { until: Timestamp },
    /// It does not, and will be asked again then.
    Failed { until: Timestamp, why: String },
}

#[derive(Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) all: BTreeMap<WishKey, Wish>,
    next: u64,
}

impl Wishes {
    /// How many targets of a remediation wait.
    pub(crate) fn waiting(&self, remediation: &str) -> usize {
        self.all.keys().filter(|(name, _)| **name == *remediation).count()
    }

    fn add(&mut self, key: WishKey, fingerprint: Fingerprint) -> bool {
        let order = self.next;
        let wish = self.all.entry(key).or_insert_with(|| Wish {
            alerts: BTreeSet::new(),
            order,
            refused: None,
            guard: GuardState::Unasked,
            told: false,
        });
        wish.alerts.insert(fingerprint);
        let is_new = wish.order == order;
        self.next += u64::from(is_new);
        is_new
    }

    fn remove(&mut self, key: &WishKey, fingerprint: Fingerprint) {
        let Some(wish) = self.all.get_mut(key) else { return };
        wish.alerts.remove(&fingerprint);
        if wish.alerts.is_empty() {
            self.all.remove(key);
        }
    }
}

impl Machine {
    /// The remediation with that name, as the present settings say it.
    pub(crate) fn remediation(&self, name: &str) -> Option<&Arc<Remediation>> {
        self.settings.list.iter().find(|remediation| *remediation.name == *name)
    }

    /// Finds what a firing alert asks for, and puts it into the queue.
    pub(crate) fn ask_for(&mut self, fingerprint: Fingerprint) {
        let Some(known) = self.alerts.get(fingerprint).filter(|known| known.fires()) else {
            return;
        };
        let (facts, old, noted) = (Arc::clone(&known.facts), known.wish.clone(), known.noted);
        let want = self.want(&facts.labels);
        if old.is_some() && !matches!(&want, Want::Target(key) if old.as_ref() == Some(key)) {
            self.leave_wish(fingerprint);
        }
        let Some(known) = self.alerts.get_mut(fingerprint) else { return };
        match want {
            Want::Nothing => known.hopeless = true,
            Want::Target(key) => {
                (known.wish, known.hopeless, known.noted) = (Some(key.clone()), false, None);
                if self.wishes.add(key.clone(), fingerprint) {
                    self.storm.note(&key.1, self.now.steady);
                }
            }
            Want::Refused { reason, remediation, detail } => {
                // A full queue is tried again; a label that is missing stays missing.
                known.hopeless = reason == Reason::NoTarget;
                known.noted = Some(reason);
                if noted != Some(reason) {
                    let note = Note::new(Decision::NotStarted, detail).reason(reason);
                    self.note(note.of(&remediation, &Labels::empty()).alert(fingerprint));
                }
            }
        }
    }

    fn want(&self, labels: &Labels) -> Want {
        let mut all = self.settings.list.iter();
        let first = all.find(|remediation| remediation.matches(labels));
        let Some(remediation) = first.filter(|remediation| remediation.mode != Mode::Off) else {
            return Want::Nothing;
        };
        let name = Arc::clone(&remediation.name);
        let refused =
            |reason, detail| Want::Refused { reason, remediation: Arc::clone(&name), detail };
        let target = match remediation.target_of(labels) {
            Ok(target) => target,
            Err(label) => {
                let detail = format!("the alert has no label {label:?}, which says what to heal");
                return refused(Reason::NoTarget, detail);
            }
        };
        let key = (Arc::clone(&name), target);
        let is_known = self.wishes.all.contains_key(&key);
        if !is_known && self.wishes.waiting(&name) >= self.settings.limits.queue {
            return refused(Reason::QueueFull, "too many targets wait to be healed".to_owned());
        }
        Want::Target(key)
    }

    /// Takes an alert out of the queue.
    pub(crate) fn leave_wish(&mut self, fingerprint: Fingerprint) {
        let Some(known) = self.alerts.get_mut(fingerprint) else { return };
        if let Some(key) = known.wish.take() {
            self.wishes.remove(&key, fingerprint);
        }
    }
}

/// What an alert asks for.
enum Want {
    /// No remediation is for it.
    Nothing,
    /// A target is to be healed.
    Target(WishKey),
    /// A remediation is for it and cannot do it.
    Refused { reason: Reason, remediation: Arc<str>, detail: String },
}
