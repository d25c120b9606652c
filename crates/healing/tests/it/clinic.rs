//! A machine with a script for the world around it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use regain_alerting::{Alert, Annotations};
use regain_healing::machine::{
    Answer, Command, Decision, Entry, Escalation, Event, Machine, Question, Reason, Record,
    Recovered, State, Verdict,
};
use regain_healing::order::{
    Action, Cancelled, CommandAction, ExecutionId, Found, Handle, Outcome, Progress, Triggered,
};
use regain_healing::settings::{
    Mode, Observation, Remediation, Remediations, Step, StepKind, Suppression, When,
};
use regain_model::{Labels, Matcher};

/// The world's answers; nothing where it does not answer.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) trigger: Option<Triggered>,
    pub(crate) found: Option<Found>,
    pub(crate) progress: Option<Progress>,
    pub(crate) cancelled: Option<Cancelled>,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) writes: bool,
}

impl Default for Script {
    /// Everything works.
    fn default() -> Self {
        Self {
            trigger: Some(Triggered::Started(Handle("h".to_owned()))),
            found: Some(Found::Nothing),
            progress: Some(Progress::Done(Outcome::Succeeded)),
            cancelled: Some(Cancelled::Stopped),
            verdict: Some(Verdict::Healthy),
            writes: true,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Clinic {
    pub(crate) machine: Machine,
    pub(crate) script: Script,
    pub(crate) triggers: Vec<(ExecutionId, String)>,
    pub(crate) lookups: usize,
    pub(crate) cancels: usize,
    pub(crate) told: Vec<Arc<Escalation>>,
    pub(crate) entries: Vec<Arc<Entry>>,
    pub(crate) durable: Vec<Record>,
    /// The clock.
    pub(crate) now: Timestamp,
}

/// A program that does what its name says.
pub(crate) fn run(name: &str) -> Step {
    Step::new(StepKind::Act(Arc::new(Action::Command(CommandAction {
        program: format!("/bin/{name}").into(),
        arguments: Vec::new(),
        env: std::collections::BTreeMap::default(),
        cwd: "/".into(),
        grace: CommandAction::GRACE,
    }))))
}

/// A remediation that acts, for alerts with `heal="<name>"`.
pub(crate) fn remediation(name: &str, steps: Vec<Step>) -> Remediation {
    Remediation {
        name: name.into(),
        matchers: vec![Matcher::equal("heal", name)],
        target: vec!["instance".to_owned()],
        mode: Mode::Auto,
        when: When::default(),
        limits: regain_healing::settings::Limits::default(),
        cancel_on_resolve: regain_healing::settings::CancelOnResolve::default(),
        steps,
        escalate_to: Some("people".into()),
        replaces: None,
    }
}

pub(crate) fn settings(list: Vec<Remediation>) -> Remediations {
    Remediations { list: list.into_iter().map(Arc::new).collect(), ..Remediations::default() }
}

impl Clinic {
    pub(crate) fn new(settings: Remediations) -> Self {
        let now = Timestamp::from_second(1_800_000_000).expect("a time of the year 2027");
        Self {
            machine: Machine::new(settings, Recovered::default(), now),
            script: Script::default(),
            triggers: Vec::new(),
            lookups: 0,
            cancels: 0,
            told: Vec::new(),
            entries: Vec::new(),
            durable: Vec::new(),
            now,
        }
    }

    /// An alert that began so many seconds ago and is described now.
    pub(crate) fn alert(&self, heal: &str, instance: &str, age_s: i64) -> Observation {
        let labels = [("alertname", "Ill"), ("heal", heal), ("instance", instance)];
        let starts_at = Timestamp::from_second(self.now.as_second() - age_s)
            .expect("alerts of the tests are minutes old");
        let alert = Alert {
            labels: Labels::from_pairs(labels),
            annotations: Annotations::new(),
            starts_at,
            ends_at: None,
            generator_url: String::new(),
            updated_at: self.now,
            timeout: false,
        };
        Observation { alert, firing: true, suppression: Suppression::default() }
    }

    pub(crate) fn observe(&mut self, observation: &Observation) {
        self.give(Event::Observed(vec![observation.clone()]));
    }

    /// Describes an alert anew, as it was.
    pub(crate) fn repeat(&mut self, observation: &Observation) {
        let mut again = observation.clone();
        again.alert.updated_at = self.now;
        self.observe(&again);
    }

    pub(crate) fn resolve(&mut self, observation: &Observation) {
        let mut resolved = observation.clone();
        resolved.firing = false;
        resolved.alert.updated_at = self.now;
        resolved.alert.ends_at = Some(self.now);
        self.observe(&resolved);
    }

    /// Lets so many seconds pass.
    pub(crate) fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now += Duration::from_secs(1);
            self.give(Event::Tick);
        }
    }

    /// Gives the machine an event, and the answers of the script to what follows from it.
    pub(crate) fn give(&mut self, event: Event) {
        let mut events = vec![event];
        while !events.is_empty() {
            let commands = self.machine.step(self.now, events.remove(0));
            for command in commands {
                events.extend(self.carry_out(command));
            }
        }
    }

    fn carry_out(&mut self, command: Command) -> Option<Event> {
        let answered = |question: &Question, answer| Event::Answered {
            run: question.run.clone(),
            token: question.token,
            answer,
        };
        match command {
            Command::Persist { ticket, records } => {
                if !self.script.writes {
                    return Some(Event::NotPersisted { ticket, why: "disk full".to_owned() });
                }
                let entries = records.iter().filter_map(|record| match record {
                    Record::Entry(entry) => Some(Arc::clone(entry)),
                    _ => None,
                });
                self.entries.extend(entries);
                self.durable.extend(records);
                Some(Event::Persisted { ticket })
            }
            Command::Trigger(question) => {
                let action = question.order.action.to_string();
                self.triggers.push((question.order.id.clone(), action));
                let answer = self.script.trigger.clone()?;
                Some(answered(&question, Answer::Triggered(answer)))
            }
            Command::Lookup(question) => {
                self.lookups += 1;
                Some(answered(&question, Answer::Found(self.script.found.clone()?)))
            }
            Command::Poll(question, _) => {
                Some(answered(&question, Answer::Progress(self.script.progress.clone()?)))
            }
            Command::Cancel(question, _) => {
                self.cancels += 1;
                Some(answered(&question, Answer::Cancelled(self.script.cancelled.clone()?)))
            }
            Command::Verify { run, token, .. } => {
                let answer = Answer::Verdict(self.script.verdict.clone()?);
                Some(Event::Answered { run, token, answer })
            }
            Command::Guard { token, .. } => {
                Some(Event::Guarded { token, verdict: self.script.verdict.clone()? })
            }
            Command::Tell(escalation) => {
                let sequence = escalation.sequence;
                self.told.push(escalation);
                Some(Event::Told { sequence, failure: None })
            }
        }
    }

    /// Ends the process and starts another one with what is durable.
    pub(crate) fn restart(&mut self, settings: Remediations) {
        let mut recovered = Recovered::default();
        for record in self.durable.clone() {
            recovered.apply(record);
        }
        self.machine = Machine::new(settings, recovered, self.now);
        self.give(Event::Tick);
    }

    /// The state of the newest run that has ended.
    pub(crate) fn last_state(&self) -> Option<State> {
        self.machine.ended().next_back().map(|run| run.state())
    }

    /// Whether the audit has an entry with this decision and reason.
    pub(crate) fn has(&self, decision: Decision, reason: Option<Reason>) -> bool {
        self.entries.iter().any(|entry| entry.decision == decision && entry.reason == reason)
    }
}
