//! Units: a job for systemd, watched until it ends.
//!
//! A job usually ends within moments, and the trigger reports its result at once. One that takes longer
//! goes on under its number. systemd tells the result of a job once, to whoever listens; where nobody did,
//! the state of the unit answers instead: a unit that is active under another invocation than before was restarted.
//!
//! After a crash the mark tells whether the job may have been ordered. Where it may, and nobody recorded more, the
//! unit is asked: an active one that changed since the intent was (re)started by whomever, which is what the order
//! wanted; anything else is unknown. A state that did not change proves nothing, because systemd forgets when an
//! inactive unit changed.

use std::sync::Arc;
use std::time::Duration;

use regain_systemd::{Client, Error, JobResult, UnitState, Verb};

use super::mark::{Mark, Marks};
use crate::order::{
    Cancelled, Found, Handle, Order, Outcome, Progress, SystemdAction, Triggered, UnitName,
};

/// Is how long one call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// Is how long a trigger or a poll waits for the end of the job.
const PATIENCE: Duration = Duration::from_secs(2);

/// Names a job, and the invocation that the unit had before it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    job: u32,
    before: String,
}

impl Place {
    fn read(handle: &Handle) -> Option<Self> {
        let (job, before) = handle.0.split_once(' ')?;
        let job = job.strip_prefix("job=")?.parse().ok()?;
        Some(Self { job, before: before.strip_prefix("before=")?.to_owned() })
    }

    fn handle(&self) -> Handle {
        Handle(format!("job={} before={}", self.job, self.before))
    }
}

/// Orders jobs of systemd.
#[derive(Debug)]
pub(super) struct Systemds {
    marks: Arc<Marks>,
}

impl Systemds {
    pub(super) fn new(marks: Arc<Marks>) -> Self {
        Self { marks }
    }

    pub(super) async fn trigger(&self, order: &Order, action: &SystemdAction) -> Triggered {
        let unit = match action.unit_for(&order.labels) {
            Ok(unit) => unit,
            Err(error) => return Triggered::refused(error.to_string()),
        };
        let client = client(action);
        let before = match client.unit_state(unit.as_str()).await {
            Ok(state) => state,
            // Nothing was ordered yet.
            Err(error) => return refused(&error),
        };
        if before.load_state != "loaded" {
            return Triggered::refused(format!("unit {unit} is {}", before.load_state));
        }
        if let Err(answer) = self.marks.make_for(order) {
            return answer;
        }
        let mut job = match client.submit(unit.as_str(), action.verb).await {
            Ok(job) => job,
            Err(error) if error.is_without_effect() => {
                self.marks.take_back(&order.id);
                return refused(&error);
            }
            Err(error) => return Triggered::unknown(error.to_string()),
        };
        let handle = Place { job: job.id(), before: before.invocation }.handle();
        self.marks.started(&order.id, &handle.0);
        match job.result(PATIENCE).await {
            Ok(Some(result)) => {
                let outcome = outcome(&client, &unit, action.verb, result).await;
                self.marks.ended(&order.id, &outcome);
                Triggered::Done(outcome)
            }
            Ok(None) => Triggered::Started(handle),
            Err(error) => {
                tracing::debug!(%error, id = %order.id, "the end of the job will be asked for");
                Triggered::Started(handle)
            }
        }
    }

    pub(super) async fn lookup(&self, order: &Order, action: &SystemdAction) -> Found {
        match self.marks.read(&order.id) {
            Ok(None) => Found::Nothing,
            Ok(Some(Mark { outcome: Some(outcome), started, .. })) => {
                Found::Done(Handle(started.unwrap_or_default()), outcome)
            }
            Ok(Some(Mark { started: Some(handle), .. })) => Found::Running(Handle(handle)),
            Ok(Some(_)) => by_unit(order, action).await,
            Err(error) => Found::unknown(format!("its mark cannot be read: {error}")),
        }
    }

    pub(super) async fn poll(
        &self,
        order: &Order,
        action: &SystemdAction,
        handle: &Handle,
    ) -> Progress {
        let progress = watch(order, action, handle).await;
        if let Progress::Done(outcome) = &progress {
            self.marks.ended(&order.id, outcome);
        }
        progress
    }

    pub(super) async fn cancel(
        &self,
        order: &Order,
        action: &SystemdAction,
        handle: &Handle,
    ) -> Cancelled {
        let Some(place) = Place::read(handle) else {
            return Cancelled::Unknown { why: format!("{handle:?} names no job of systemd") };
        };
        match client(action).cancel_job(place.job).await {
            Ok(()) => Cancelled::Stopped,
            // There is no such job any more.
            Err(error) if error.is_refusal() => match self.poll(order, action, handle).await {
                Progress::Done(outcome) => Cancelled::Ended(outcome),
                Progress::Queued { why, .. }
                | Progress::Running { note: why, .. }
                | Progress::Unreachable { why }
                | Progress::Lost { why } => Cancelled::Unknown { why },
            },
            Err(error) => Cancelled::Unknown { why: error.to_string() },
        }
    }
}

/// Judges by the unit an order that may have been sent.
async fn by_unit(order: &Order, action: &SystemdAction) -> Found {
    let unit = match action.unit_for(&order.labels) {
        Ok(unit) => unit,
        Err(error) => return Found::unknown(error.to_string()),
    };
    let state = match client(action).unit_state(unit.as_str()).await {
        Ok(state) => state,
        Err(error) => return Found::unknown(error.to_string()),
    };
    if let Some(job) = state.job {
        return Found::Running(Place { job, before: String::new() }.handle());
    }
    let intended_us = u64::try_from(order.intended_at.as_microsecond()).unwrap_or(0);
    match (action.verb, state.active_state.as_str()) {
        (Verb::Start | Verb::Restart | Verb::ResetFailedAndRestart, "active")
            if state.changed_us >= intended_us =>
        {
            let handle = Place { job: 0, before: String::new() }.handle();
            Found::Done(handle, Outcome::Succeeded)
        }
        _ => Found::unknown(format!(
            "{} of unit {unit} may have been ordered, and the unit is {}",
            action.verb,
            describe(&state)
        )),
    }
}

/// Waits a moment for the end of a job, and judges by the unit one whose end nobody heard.
async fn watch(order: &Order, action: &SystemdAction, handle: &Handle) -> Progress {
    let (place, unit) = match (Place::read(handle), action.unit_for(&order.labels)) {
        (Some(place), Ok(unit)) => (place, unit),
        (None, _) => return Progress::Lost { why: format!("{handle:?} names no job of systemd") },
        (_, Err(error)) => return Progress::Lost { why: error.to_string() },
    };
    let client = client(action);
    let followed = async {
        let Some(mut job) = client.job(place.job, unit.as_str()).await? else {
            let state = client.unit_state(unit.as_str()).await?;
            return Ok(Progress::Done(conclude(action.verb, &unit, &place, &state)));
        };
        Ok(match job.result(PATIENCE).await? {
            Some(result) => Progress::Done(outcome(&client, &unit, action.verb, result).await),
            None => Progress::Running {
                handle: handle.clone(),
                note: format!("job {} of {unit}", place.job),
            },
        })
    };
    followed.await.unwrap_or_else(|error: Error| Progress::Unreachable { why: error.to_string() })
}

fn client(action: &SystemdAction) -> Client {
    Client::new(action.bus.clone(), CALL_TIMEOUT)
}

fn refused(error: &Error) -> Triggered {
    Triggered::Refused { why: error.to_string(), retryable: !error.is_refusal() }
}

/// Adds to the result of a job what the unit looks like.
async fn outcome(client: &Client, unit: &UnitName, verb: Verb, result: JobResult) -> Outcome {
    let JobResult::Failed(word) = result else { return Outcome::Succeeded };
    let state = match client.unit_state(unit.as_str()).await {
        Ok(state) => describe(&state),
        Err(error) => format!("in an unknown state: {error}"),
    };
    Outcome::failed(format!("systemd's job to {verb} {unit} ended as {word}, the unit is {state}"))
}

/// Judges by the state of the unit a job whose end nobody heard.
fn conclude(verb: Verb, unit: &UnitName, place: &Place, state: &UnitState) -> Outcome {
    let active = state.active_state == "active";
    let done = match verb {
        Verb::Start | Verb::Reload => active,
        Verb::Restart | Verb::ResetFailedAndRestart => active && state.invocation != place.before,
        Verb::Stop => matches!(state.active_state.as_str(), "inactive" | "failed"),
    };
    if done {
        return Outcome::Succeeded;
    }
    let same = if active { ", not restarted" } else { "" };
    Outcome::failed(format!("after systemd's job to {verb} {unit} it is {}{same}", describe(state)))
}

fn describe(state: &UnitState) -> String {
    format!("{} ({})", state.active_state, state.sub_state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_whose_end_nobody_heard_is_judged_by_the_unit() {
        let unit = UnitName::parse("app.service").unwrap();
        let place = Place { job: 7, before: "aa".to_owned() };
        assert_eq!(Place::read(&place.handle()), Some(place.clone()));
        for (verb, active, invocation, succeeded) in [
            (Verb::Restart, "active", "bb", true),
            (Verb::Restart, "active", "aa", false),
            (Verb::Restart, "failed", "bb", false),
            (Verb::Start, "active", "aa", true),
            (Verb::Start, "activating", "bb", false),
            (Verb::Stop, "inactive", "aa", true),
            (Verb::Stop, "active", "aa", false),
        ] {
            let state = UnitState {
                active_state: active.to_owned(),
                invocation: invocation.to_owned(),
                ..UnitState::default()
            };
            let outcome = conclude(verb, &unit, &place, &state);
            assert_eq!(outcome == Outcome::Succeeded, succeeded, "{verb} {active} {invocation}");
        }
    }
}
