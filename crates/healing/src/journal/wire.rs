//! Records as JSON. The names are part of the format; fields that a later version adds have defaults.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use regain_alerting::{Annotations, Fingerprint};
use regain_model::Labels;
use serde::{Deserialize, Serialize};

use crate::machine::{
    BreakerState, Decision, Entry, Escalation, Now, Pause, Reason, Record, Scope, State, Tally,
};
use crate::order::ExecutionId;
use crate::settings::Mode;

mod run;

use run::WireRun;

/// The payload of a frame.
pub(super) fn write(records: &[Record]) -> Vec<u8> {
    let records: Vec<WireRecord> = records.iter().map(WireRecord::of).collect();
    serde_json::to_vec(&records).expect("texts, numbers and maps with texts as keys are JSON")
}

/// The records of a payload; nothing where one of them is none that this version knows.
pub(super) fn read(payload: &[u8]) -> Option<Vec<Record>> {
    let records: Vec<WireRecord> = serde_json::from_slice(payload).ok()?;
    records.into_iter().map(WireRecord::record).collect()
}

type Pairs = BTreeMap<String, String>;

fn pairs(labels: &Labels) -> Pairs {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A time as RFC 3339 writes it, with all of its digits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Time(String);

impl Time {
    fn of(time: Timestamp) -> Self {
        Self(time.to_string())
    }

    fn time(&self) -> Option<Timestamp> {
        self.0.parse().ok()
    }
}

/// The clock's time and the steady one.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct WireNow {
    wall: Time,
    steady: Time,
}

impl WireNow {
    fn of(now: Now) -> Self {
        Self { wall: Time::of(now.wall), steady: Time::of(now.steady) }
    }

    fn now(&self) -> Option<Now> {
        Some(Now { wall: self.wall.time()?, steady: self.steady.time()? })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireRecord {
    Run(Box<WireRun>),
    Tally(WireTally),
    Audit(WireEntry),
    Pause(WirePause),
    Resume { scope: String, name: String, at: Time },
    Breaker { remediation: String, open_until: Option<Time>, counted_from: Option<Time> },
    Escalation(Box<WireEscalation>),
    EscalationEnded { sequence: u64 },
    Snapshot,
}

impl WireRecord {
    fn of(record: &Record) -> Self {
        match record {
            Record::Run(run) => Self::Run(Box::new(WireRun::of(run))),
            Record::Tally(tally) => Self::Tally(WireTally::of(tally)),
            Record::Entry(entry) => Self::Audit(WireEntry::of(entry)),
            Record::Pause(pause) => Self::Pause(WirePause::of(pause)),
            Record::Resume { scope, at } => Self::Resume {
                scope: scope.word().to_owned(),
                name: scope.name().to_owned(),
                at: Time::of(*at),
            },
            Record::Breaker { remediation, state } => Self::Breaker {
                remediation: remediation.as_ref().to_owned(),
                open_until: state.open_until.map(Time::of),
                counted_from: state.counted_from.map(Time::of),
            },
            Record::Escalation(escalation) => {
                Self::Escalation(Box::new(WireEscalation::of(escalation)))
            }
            Record::EscalationEnded { sequence } => Self::EscalationEnded { sequence: *sequence },
            Record::Snapshot => Self::Snapshot,
        }
    }

    fn record(self) -> Option<Record> {
        Some(match self {
            Self::Run(run) => Record::Run(Arc::new(run.run()?)),
            Self::Tally(tally) => Record::Tally(tally.tally()?),
            Self::Audit(entry) => Record::Entry(Arc::new(entry.entry()?)),
            Self::Pause(pause) => Record::Pause(pause.pause()?),
            Self::Resume { scope, name, at } => {
                Record::Resume { scope: Scope::parse(&scope, &name)?, at: at.time()? }
            }
            Self::Breaker { remediation, open_until, counted_from } => Record::Breaker {
                remediation: remediation.into(),
                state: BreakerState {
                    open_until: open_until.as_ref().and_then(Time::time),
                    counted_from: counted_from.as_ref().and_then(Time::time),
                },
            },
            Self::Escalation(escalation) => Record::Escalation(Arc::new(escalation.escalation()?)),
            Self::EscalationEnded { sequence } => Record::EscalationEnded { sequence },
            Self::Snapshot => Record::Snapshot,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct WireTally {
    run: String,
    remediation: String,
    target: Pairs,
    fingerprint: u64,
    starts_at: Time,
    mode: String,
    started: Time,
    ended: Time,
    state: String,
    acted: bool,
    closes_episode: bool,
}

impl WireTally {
    fn of(tally: &Tally) -> Self {
        Self {
            run: tally.run.to_string(),
            remediation: tally.remediation.as_ref().to_owned(),
            target: pairs(&tally.target),
            fingerprint: tally.alert.0.0,
            starts_at: Time::of(tally.alert.1),
            mode: tally.mode.as_str().to_owned(),
            started: Time::of(tally.started),
            ended: Time::of(tally.ended),
            state: tally.state.as_str().to_owned(),
            acted: tally.acted,
            closes_episode: tally.closes_episode,
        }
    }

    fn tally(self) -> Option<Tally> {
        Some(Tally {
            run: ExecutionId::parse(&self.run)?,
            remediation: self.remediation.into(),
            target: Labels::from_pairs(self.target),
            alert: (Fingerprint(self.fingerprint), self.starts_at.time()?),
            mode: Mode::parse(&self.mode)?,
            started: self.started.time()?,
            ended: self.ended.time()?,
            state: State::parse(&self.state)?,
            acted: self.acted,
            closes_episode: self.closes_episode,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct WireEntry {
    sequence: u64,
    at: Time,
    decision: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    remediation: String,
    #[serde(default, skip_serializing_if = "Pairs::is_empty")]
    target: Pairs,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alert: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    detail: String,
}

impl WireEntry {
    fn of(entry: &Entry) -> Self {
        Self {
            sequence: entry.sequence,
            at: Time::of(entry.at),
            decision: entry.decision.as_str().to_owned(),
            reason: entry.reason.map(|reason| reason.as_str().to_owned()),
            remediation: entry.remediation.as_ref().to_owned(),
            target: pairs(&entry.target),
            alert: entry.alert.map(|alert| alert.0),
            run: entry.run.as_ref().map(ToString::to_string),
            detail: entry.detail.clone(),
        }
    }

    fn entry(self) -> Option<Entry> {
        Some(Entry {
            sequence: self.sequence,
            at: self.at.time()?,
            decision: Decision::parse(&self.decision)?,
            reason: self.reason.as_deref().and_then(Reason::parse),
            remediation: self.remediation.into(),
            target: Labels::from_pairs(self.target),
            alert: self.alert.map(Fingerprint),
            run: self.run.as_deref().and_then(ExecutionId::parse),
            detail: self.detail,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct WirePause {
    scope: String,
    name: String,
    by: String,
    reason: String,
    since: Time,
    until: Option<Time>,
}

impl WirePause {
    fn of(pause: &Pause) -> Self {
        Self {
            scope: pause.scope.word().to_owned(),
            name: pause.scope.name().to_owned(),
            by: pause.by.clone(),
            reason: pause.reason.clone(),
            since: Time::of(pause.since),
            until: pause.until.map(Time::of),
        }
    }

    fn pause(self) -> Option<Pause> {
        Some(Pause {
            scope: Scope::parse(&self.scope, &self.name)?,
            by: self.by,
            reason: self.reason,
            since: self.since.time()?,
            until: self.until.as_ref().and_then(Time::time),
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct WireEscalation {
    sequence: u64,
    at: Time,
    receiver: String,
    remediation: String,
    labels: Pairs,
    annotations: Annotations,
    run: Option<String>,
    title: String,
    text: String,
}

impl WireEscalation {
    fn of(escalation: &Escalation) -> Self {
        Self {
            sequence: escalation.sequence,
            at: Time::of(escalation.at),
            receiver: escalation.receiver.as_ref().to_owned(),
            remediation: escalation.remediation.as_ref().to_owned(),
            labels: pairs(&escalation.labels),
            annotations: escalation.annotations.clone(),
            run: escalation.run.as_ref().map(ToString::to_string),
            title: escalation.title.clone(),
            text: escalation.text.clone(),
        }
    }

    fn escalation(self) -> Option<Escalation> {
        Some(Escalation {
            sequence: self.sequence,
            at: self.at.time()?,
            receiver: self.receiver.into(),
            remediation: self.remediation.into(),
            labels: Labels::from_pairs(self.labels),
            annotations: self.annotations,
            run: self.run.as_deref().and_then(ExecutionId::parse),
            title: self.title,
            text: self.text,
        })
    }
}
