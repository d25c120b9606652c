//! Backends that lose requests, forget and lie low, and what they were really asked to do.

use std::collections::BTreeMap;
use std::time::Duration;

use regain_healing::machine::Question;
use regain_healing::order::{Cancelled, ExecutionId, Found, Handle, Outcome, Progress, Triggered};
use regain_model::Labels;

use super::random::Random;
use super::settings::IDEMPOTENT;

/// The longest that a request is on its way.
const TRANSIT_MAX_S: u64 = 4;
/// The longest that an action goes on.
const ACTION_MAX_S: u64 = 120;

/// An action as the backend has it.
#[derive(Debug)]
struct Action {
    target: Labels,
    queued_until: Duration,
    ends: Duration,
    succeeds: bool,
    /// Whether its effect has shown.
    shown: bool,
}

/// A request that has not arrived yet.
#[derive(Debug)]
struct Transit {
    arrives: Duration,
    id: ExecutionId,
    remediation: String,
    target: Labels,
}

#[derive(Debug, Default)]
pub(crate) struct World {
    actions: BTreeMap<ExecutionId, Action>,
    transits: Vec<Transit>,
    begun: u64,
}

impl World {
    /// How many actions were ever begun.
    pub(crate) fn begun(&self) -> u64 {
        self.begun
    }

    /// Lets requests arrive. An action that begins twice, or beside another one for its target, breaks the
    /// promise that all of this is about.
    pub(crate) fn go_on(&mut self, now: Duration, random: &mut Random) {
        let arrived: Vec<Transit> =
            self.transits.extract_if(.., |transit| transit.arrives <= now).collect();
        for Transit { id, remediation, target, .. } in arrived {
            let known = self.actions.contains_key(&id);
            assert!(!known || remediation == IDEMPOTENT, "{id} was begun twice");
            if !known {
                let beside = self
                    .actions
                    .iter()
                    .find(|(_, action)| action.ends > now && overlap(&action.target, &target));
                assert!(
                    beside.is_none(),
                    "{id} for {target} was begun beside {beside:?} at {now:?}"
                );
            }
            self.begun += 1;
            let queued_until = now + Duration::from_secs(random.below(20));
            let ends = queued_until + Duration::from_secs(1 + random.below(ACTION_MAX_S));
            let succeeds = random.per_mille(700);
            self.actions.insert(id, Action { target, queued_until, ends, succeeds, shown: false });
        }
        self.actions.retain(|_, action| action.ends + Duration::from_hours(2) > now);
    }

    /// The targets that actions have healed since the last question.
    pub(crate) fn healed(&mut self, now: Duration) -> Vec<Labels> {
        let mut healed = Vec::new();
        for action in self.actions.values_mut().filter(|action| action.ends <= now && !action.shown)
        {
            action.shown = true;
            if action.succeeds {
                healed.push(action.target.clone());
            }
        }
        healed
    }

    /// Takes a trigger; the answer is missing where it is lost.
    pub(crate) fn trigger(
        &mut self,
        question: &Question,
        now: Duration,
        random: &mut Random,
    ) -> Option<Triggered> {
        let order = &question.order;
        match random.below(10) {
            0 => return None,
            1 => {
                return Some(Triggered::Refused {
                    why: "no".into(),
                    retryable: random.per_mille(500),
                });
            }
            2 => return Some(Triggered::Unknown { why: "the connection broke before".into() }),
            _ => {}
        }
        let arrives = now + Duration::from_secs(random.below(TRANSIT_MAX_S));
        self.transits.push(Transit {
            arrives,
            id: order.id.clone(),
            remediation: order.remediation.as_ref().to_owned(),
            target: order.target.clone(),
        });
        match random.below(5) {
            0 => None,
            1 => Some(Triggered::Unknown { why: "the connection broke after".into() }),
            _ => {
                // Who answers has it.
                if let Some(transit) = self.transits.last_mut() {
                    transit.arrives = now;
                }
                self.go_on(now, random);
                Some(Triggered::Started(Handle(order.id.to_string())))
            }
        }
    }

    pub(crate) fn lookup(&self, id: &ExecutionId, now: Duration, random: &mut Random) -> Found {
        if random.per_mille(100) {
            return Found::Unknown { why: "busy".into() };
        }
        let handle = || Handle(id.to_string());
        match self.actions.get(id) {
            None => Found::Nothing,
            Some(action) if action.ends > now => Found::Running(handle()),
            Some(action) => Found::Done(handle(), outcome(action)),
        }
    }

    pub(crate) fn poll(&self, handle: &Handle, now: Duration, random: &mut Random) -> Progress {
        match random.below(40) {
            0 => return Progress::Unreachable { why: "no route".into() },
            1 => return Progress::Lost { why: "forgotten".into() },
            _ => {}
        }
        let id = ExecutionId::parse(&handle.0).expect("handles of this world are ids");
        let Some(action) = self.actions.get(&id) else {
            return Progress::Lost { why: "long gone".into() };
        };
        let handle = handle.clone();
        if action.queued_until > now {
            Progress::Queued { handle, why: "waits".into() }
        } else if action.ends > now {
            Progress::Running { handle, note: "runs".into() }
        } else {
            Progress::Done(outcome(action))
        }
    }

    pub(crate) fn cancel(
        &mut self,
        handle: &Handle,
        now: Duration,
        random: &mut Random,
    ) -> Cancelled {
        let id = ExecutionId::parse(&handle.0).expect("handles of this world are ids");
        match self.actions.get_mut(&id) {
            Some(action) if action.ends <= now => Cancelled::Ended(outcome(action)),
            Some(action) if random.per_mille(800) => {
                action.ends = now;
                action.succeeds = false;
                Cancelled::Stopped
            }
            _ => Cancelled::Unknown { why: "no answer".into() },
        }
    }
}

fn outcome(action: &Action) -> Outcome {
    if action.succeeds { Outcome::Succeeded } else { Outcome::Failed { why: "exit 1".into() } }
}

pub(crate) fn overlap(left: &Labels, right: &Labels) -> bool {
    let within = |inner: &Labels, outer: &Labels| {
        inner.iter().all(|(name, value)| outer.get(name) == Some(value))
    };
    within(left, right) || within(right, left)
}
