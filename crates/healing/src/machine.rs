//! Decides what is healed, when and how often: events in, commands out.
//!
//! [`Machine::step`] takes the time and one event and returns what is to be done about it. It reads no clock,
//! no file and no socket, and draws no random numbers: the same events give the same commands.
//!
//! **Invariants.** By construction, and held by the model test:
//! - at most one run for a target, or for targets that may be the same thing, whatever remediations want it;
//! - no trigger whose intent is not durable, and none for an alert that has resolved, is silenced, inhibited or
//!   muted, fires for too long, or was not described for too long;
//! - after a crash between intent and record the backend is asked what became of it, and asked to act only if
//!   it knows of nothing;
//! - cooldown, limits, breakers and pauses hold across restarts. They are those of the target: an alert that
//!   flaps gets no fresh ones;
//! - every run ends: each phase has a deadline, and the run as a whole has one, too.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use regain_alerting::Fingerprint;
use regain_model::Labels;

use crate::order::ExecutionId;
use crate::settings::{Mode, Observation, Remediations, WINDOW_MAX};

mod alerts;
mod answers;
mod attempt;
mod audit;
mod breaker;
mod control;
mod event;
mod gate;
mod ladder;
mod note;
mod outbox;
mod past;
mod pause;
mod record;
mod run;
mod start;
mod steady;
mod wishes;

pub use alerts::ALERTS_MAX;
pub use audit::{Decision, Entry, Reason};
pub use breaker::BreakerState;
pub use event::{Answer, Command, Escalation, Event, Question, Verdict};
pub use gate::UNKNOWN_REST;
pub use pause::{Pause, Scope};
pub use record::{Record, Recovered};
pub use run::{AlertFacts, CancelWhy, Phase, Run, Stage, State, Tally};
pub use steady::Now;

pub(crate) use past::Past;
pub(crate) use run::Doubt;

use alerts::{AlertBook, Change};
use breaker::StormState;
use gate::Refusal;
use note::Note;
use outbox::Outbox;
use steady::{Steady, elapsed};
use wishes::Wishes;

/// The ended runs that are kept whole, to be shown.
pub const HISTORY_MAX: usize = 200;
/// The ended runs that limits remember.
const TALLIES_MAX: usize = 20_000;
/// How long a run waits for its alert to be described again, after a restart or a wait.
pub(crate) const OBSERVE_GRACE: Duration = Duration::from_mins(5);

/// Decides.
#[derive(Debug)]
pub struct Machine {
    settings: Remediations,
    clock: Steady,
    now: Now,
    alerts: AlertBook,
    wishes: Wishes,
    runs: BTreeMap<ExecutionId, Run>,
    history: VecDeque<Arc<Run>>,
    tallies: VecDeque<Tally>,
    breakers: BTreeMap<Arc<str>, BreakerState>,
    storm: StormState,
    pauses: Vec<Pause>,
    outbox: Outbox,
    /// Until when nothing is begun because a write has failed.
    journal_rests: Timestamp,
    /// When each remediation began its last run, so that all get their turn.
    begun: BTreeMap<Arc<str>, Timestamp>,
    sequence: u64,
    token: u64,
    ticket: u64,
    records: Vec<Record>,
    commands: Vec<Command>,
}

/// Whether a run may trigger now.
#[derive(Clone, Debug)]
pub(crate) enum Leave {
    Go,
    /// Its alert has to be described first.
    Wait(Refusal),
    Stop(Refusal),
}

impl Machine {
    /// Starts with what an earlier process has written, or with nothing.
    pub fn new(settings: Remediations, recovered: Recovered, now: Timestamp) -> Self {
        let last = recovered.runs.iter().map(|run| run.ended.unwrap_or(run.started).steady).max();
        let clock = Steady::new(now, last);
        let mut machine = Self {
            settings,
            now: clock.now(),
            alerts: AlertBook::default(),
            wishes: Wishes::default(),
            runs: BTreeMap::new(),
            history: VecDeque::new(),
            tallies: recovered.tallies.into(),
            breakers: recovered.breakers.into_iter().collect(),
            storm: StormState::default(),
            pauses: recovered.pauses,
            outbox: Outbox::default(),
            journal_rests: clock.now().steady,
            clock,
            begun: BTreeMap::new(),
            sequence: recovered.next_sequence.max(1),
            token: 0,
            ticket: 0,
            records: Vec::new(),
            commands: Vec::new(),
        };
        for escalation in recovered.escalations {
            machine.outbox.put(escalation, machine.now.steady);
        }
        for run in recovered.runs {
            machine.take_over(&run);
        }
        machine
    }

    /// Takes an event and says what is to be done.
    pub fn step(&mut self, now: Timestamp, event: Event) -> Vec<Command> {
        let (now, went_back) = self.clock.advance(now);
        self.now = now;
        if went_back {
            self.alerts.clock_went_back(now.wall);
        }
        match event {
            Event::Observed(observations) => self.observe(observations),
            Event::Listed(observations) => self.list(observations),
            Event::Tick => self.tick(),
            Event::Persisted { ticket } => self.persisted(ticket),
            Event::NotPersisted { ticket, why } => self.not_persisted(ticket, &why),
            Event::Answered { run, token, answer } => self.answered(&run, token, answer),
            Event::Noted { run, link, log } => self.noted(&run, link, log),
            Event::Guarded { token, verdict } => self.guarded(token, verdict),
            Event::Told { sequence, failure } => self.told(sequence, failure),
            Event::Pause(pause) => self.pause(pause),
            Event::Resume { scope, by } => self.resume(scope, &by),
            Event::Cancel { run, by } => {
                self.with_run(&run, |machine, run| machine.cancel_run(run, by));
            }
            Event::Reload(settings) => self.reload(*settings),
        }
        self.brake_storm();
        self.begin_runs();
        self.send_due();
        self.flush()
    }

    /// The settings that hold.
    pub const fn settings(&self) -> &Remediations {
        &self.settings
    }

    /// The runs that have not ended.
    pub fn live(&self) -> impl Iterator<Item = &Run> {
        self.runs.values()
    }

    /// The runs that have ended, the oldest first, at most [`HISTORY_MAX`].
    pub fn ended(&self) -> impl DoubleEndedIterator<Item = &Arc<Run>> {
        self.history.iter()
    }

    /// The ended runs as limits remember them, the oldest first.
    pub fn tallies(&self) -> impl DoubleEndedIterator<Item = &Tally> {
        self.tallies.iter()
    }

    /// What is stopped at present.
    pub fn pauses(&self) -> impl Iterator<Item = &Pause> {
        self.pauses.iter().filter(|pause| !pause.is_over(self.now.wall))
    }

    /// How many targets wait to be healed.
    pub fn waiting(&self) -> usize {
        self.wishes.all.len()
    }

    /// The targets that wait, with the reason.
    pub fn wanting(&self) -> impl Iterator<Item = (&str, &Labels, Option<Reason>)> {
        self.wishes.all.iter().map(|((name, target), wish)| (&**name, target, wish.refused))
    }

    /// Whether too many targets are ill at once.
    pub const fn in_storm(&self) -> bool {
        self.storm.is_open()
    }

    /// The breakers that do not let everything through.
    pub fn open_breakers(&self) -> impl Iterator<Item = (&Arc<str>, &BreakerState)> {
        self.breakers.iter().filter(|(_, state)| state.open_until.is_some())
    }

    /// The time as it was in the last step.
    pub const fn now(&self) -> Now {
        self.now
    }

    /// The records that say all of this again.
    pub fn snapshot(&self) -> Vec<Record> {
        let mut records = vec![Record::Snapshot];
        records.extend(self.tallies.iter().cloned().map(Record::Tally));
        records.extend(self.history.iter().map(|run| Record::Run(Arc::clone(run))));
        records.extend(self.runs.values().map(|run| Record::Run(Arc::new(run.clone()))));
        records.extend(self.pauses.iter().cloned().map(Record::Pause));
        let breakers = self.breakers.iter();
        records.extend(
            breakers.map(|(name, state)| Record::Breaker {
                remediation: Arc::clone(name),
                state: *state,
            }),
        );
        let outbox = self.outbox.0.values();
        records.extend(outbox.map(|pending| Record::Escalation(Arc::clone(&pending.escalation))));
        records
    }

    fn observe(&mut self, observations: Vec<Observation>) {
        for observation in observations {
            let fingerprint = observation.alert.fingerprint();
            let labels = &observation.alert.labels;
            let matches = self.settings.list.iter().any(|one| one.matches(labels));
            // Those that nothing heals are known, too, as far as there is room: other settings may heal them,
            // and have to know which of two descriptions is the later one.
            if !matches && !self.alerts.has_room_for(fingerprint) {
                continue;
            }
            match self.alerts.observe(observation, self.now) {
                Change::Firing => self.ask_for(fingerprint),
                Change::Resolved => self.over(fingerprint),
                Change::None | Change::Full | Change::Late { first: false } => {}
                Change::Late { first: true } => {
                    let detail = "what it says is older than what is known of the alert";
                    let note = Note::new(Decision::Ignored, detail).reason(Reason::Late);
                    self.note(note.alert(fingerprint));
                }
            }
            self.recheck_runs(fingerprint);
        }
    }

    fn list(&mut self, observations: Vec<Observation>) {
        let mut listed: Vec<Fingerprint> =
            observations.iter().map(|one| one.alert.fingerprint()).collect();
        listed.sort_unstable();
        self.observe(observations);
        for fingerprint in self.alerts.end_others(&listed, self.now) {
            self.over(fingerprint);
            self.recheck_runs(fingerprint);
        }
    }

    /// The alert has resolved.
    fn over(&mut self, fingerprint: Fingerprint) {
        self.leave_wish(fingerprint);
    }

    fn tick(&mut self) {
        let wall = self.now.wall;
        self.pauses.retain(|pause| !pause.is_over(wall));
        self.alerts.forget(self.now);
        for fingerprint in self.alerts.unasked() {
            self.ask_for(fingerprint);
        }
        for id in self.runs.keys().cloned().collect::<Vec<_>>() {
            self.with_run(&id, Self::tick_run);
        }
        let now = self.now.steady;
        while self.tallies.len() > TALLIES_MAX
            || self.tallies.front().is_some_and(|old| elapsed(old.ended, now) > WINDOW_MAX)
        {
            self.tallies.pop_front();
        }
    }

    /// Hands out what this step has decided: first what is to be written, then what is to be done.
    fn flush(&mut self) -> Vec<Command> {
        let ticket = self.ticket + 1;
        for run in self.runs.values_mut() {
            if std::mem::take(&mut run.dirty) {
                if let Phase::Intent { ticket: waits @ None } = &mut run.phase {
                    *waits = Some(ticket);
                }
                self.records.push(Record::Run(Arc::new(run.clone())));
            }
        }
        let mut commands = std::mem::take(&mut self.commands);
        if !self.records.is_empty() {
            self.ticket = ticket;
            let records = std::mem::take(&mut self.records);
            commands.insert(0, Command::Persist { ticket, records });
        }
        commands
    }

    /// Changes a run, and puts it away if it has ended.
    fn with_run(&mut self, id: &ExecutionId, change: impl FnOnce(&mut Self, &mut Run)) {
        let Some(mut run) = self.runs.remove(id) else { return };
        change(self, &mut run);
        if matches!(run.phase, Phase::Ended(_)) {
            self.put_away(run);
        } else {
            self.runs.insert(id.clone(), run);
        }
    }

    fn put_away(&mut self, mut run: Run) {
        run.dirty = false;
        let run = Arc::new(run);
        self.records.push(Record::Run(Arc::clone(&run)));
        if run.mode == Mode::Auto {
            self.begun.insert(Arc::clone(&run.remediation), self.now.steady);
        }
        self.history.push_back(run);
        if self.history.len() > HISTORY_MAX {
            self.history.pop_front();
        }
    }
}
