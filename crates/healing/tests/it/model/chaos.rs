//! One random step after the other, and what must hold after each.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use regain_alerting::{Alert, Annotations};
use regain_healing::machine::{
    Answer, Command, Event, Machine, Pause, Phase, Question, Record, Recovered, Scope, Verdict,
};
use regain_healing::order::ExecutionId;
use regain_healing::settings::{Observation, Suppression};
use regain_model::Labels;

mod checks;
mod summary;

pub(crate) use summary::Summary;

use super::random::Random;
use super::settings::settings;
use super::world::World;

/// The clock is off by at most so much.
const SKEW_MAX_S: i64 = 600;

/// An alert as it really is.
#[derive(Debug)]
struct Truth {
    labels: Labels,
    firing: bool,
    suppression: Suppression,
    starts_at: Timestamp,
    /// When it really began.
    began: Duration,
}

/// What the machine was told about an alert, the newest by its own stamp.
#[derive(Clone, Debug)]
struct Told {
    observation: Observation,
    began: Duration,
    at: Duration,
    /// Which of two with the same time is the later one.
    number: u64,
}

#[derive(Debug)]
pub(crate) struct Chaos {
    random: Random,
    /// The true time; the clock shows it with a skew.
    time: Duration,
    skew_s: i64,
    /// When the clock was set last, truly.
    clock_set: Duration,
    machine: Machine,
    variant: u64,
    alerts: Vec<Truth>,
    told: BTreeMap<usize, Told>,
    /// Descriptions that are still on their way, and come in any order.
    mail: Vec<(usize, Told)>,
    durable: Vec<Record>,
    intents: Vec<ExecutionId>,
    pauses: Vec<Scope>,
    answers: Vec<Event>,
    pub(crate) world: World,
    pub(crate) summary: Summary,
    quiet: bool,
    number: u64,
    trace: bool,
    write_failed: bool,
}

impl Chaos {
    pub(crate) fn new(seed: u64, trace: bool) -> Self {
        let time = Duration::from_secs(1_800_000_000);
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
            alerts.push(Truth {
                labels: Labels::from_pairs(pairs),
                firing: false,
                suppression: Suppression::default(),
                starts_at: Timestamp::UNIX_EPOCH,
                began: time,
            });
        }
        Self {
            random: Random(seed),
            time,
            skew_s: 0,
            clock_set: Duration::ZERO,
            machine: Machine::new(settings(0), Recovered::default(), at(time, 0)),
            variant: 0,
            alerts,
            told: BTreeMap::new(),
            mail: Vec::new(),
            durable: Vec::new(),
            intents: Vec::new(),
            pauses: Vec::new(),
            answers: Vec::new(),
            world: World::default(),
            summary: Summary::default(),
            quiet: false,
            number: 0,
            trace,
            write_failed: false,
        }
    }

    /// Does something.
    pub(crate) fn step(&mut self) {
        self.summary.steps += 1;
        match self.random.below(1000) {
            0..300 => self.pass_time(),
            300..340 => self.change_alert(),
            340..450 => self.describe(),
            450..480 => self.deliver_mail(),
            480..935 => self.deliver_answer(),
            935..950 => self.list_all(),
            950..955 => self.crash(),
            955..960 => self.set_clock(),
            960..962 => self.pause(),
            962..980 => self.resume(),
            980..983 => self.cancel_some_run(),
            983..988 => {
                self.variant = self.random.below(20);
                self.give(Event::Reload(Box::new(settings(self.variant))));
            }
            _ => self.lose_answer(),
        }
        self.check_state();
    }

    /// Stops the chaos and answers nothing any more: all runs have to end by themselves.
    pub(crate) fn calm_down(&mut self) {
        self.quiet = true;
        self.answers.clear();
        let deadline = self.time + Duration::from_secs(24 * 3600);
        while self.machine.live().next().is_some() {
            assert!(self.time < deadline, "a run does not end: {:?}", self.machine.live().next());
            self.time += Duration::from_secs(20);
            self.summary.calm_steps += 1;
            self.give(Event::Tick);
            self.check_state();
        }
    }

    fn pass_time(&mut self) {
        self.time += Duration::from_millis(self.random.below(10_000));
        self.world.go_on(self.time, &mut self.random);
        for target in self.world.healed(self.time) {
            let ill = |alert: &Truth| {
                target.iter().all(|(name, value)| alert.labels.get(name) == Some(value))
            };
            for index in 0..self.alerts.len() {
                if ill(&self.alerts[index]) && self.alerts[index].firing {
                    self.alerts[index].firing = false;
                    self.tell(index);
                }
            }
        }
        self.give(Event::Tick);
    }

    fn wall(&self) -> Timestamp {
        at(self.time, self.skew_s)
    }

    fn change_alert(&mut self) {
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
    fn describe(&mut self) {
        let index = self.random.index(self.alerts.len());
        self.tell(index);
    }

    fn tell(&mut self, index: usize) {
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

    fn deliver_mail(&mut self) {
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

    fn list_all(&mut self) {
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

    fn deliver_answer(&mut self) {
        if self.answers.is_empty() {
            return;
        }
        let index = self.random.index(self.answers.len());
        let answer = self.answers.swap_remove(index);
        if self.random.per_mille(50) {
            // A duplicate, later.
            self.answers.push(answer.clone());
        }
        self.give(answer);
    }

    fn lose_answer(&mut self) {
        let lossy = |event: &Event| matches!(event, Event::Answered { .. } | Event::Told { .. });
        if let Some(index) = self.answers.iter().position(lossy) {
            self.answers.swap_remove(index);
            self.summary.lost_answers += 1;
        }
    }

    /// Ends the process at some point and starts another.
    fn crash(&mut self) {
        self.summary.crashes += 1;
        self.answers.clear();
        self.told.clear();
        let mut recovered = Recovered::default();
        for record in self.durable.clone() {
            recovered.apply(record);
        }
        let paused: Vec<&Scope> = recovered.pauses.iter().map(|pause| &pause.scope).collect();
        self.pauses = paused.into_iter().cloned().collect();
        self.machine = Machine::new(settings(self.variant), recovered, self.wall());
        self.durable = self.machine.snapshot();
        let waiting = |run: &&regain_healing::machine::Run| !matches!(run.phase, Phase::Ended(_));
        self.intents =
            self.machine.live().filter(waiting).map(|run| run.execution.clone()).collect();
        self.give(Event::Tick);
    }

    /// Sets the clock, but not twice while a request is on its way.
    fn set_clock(&mut self) {
        if self.time < self.clock_set + Duration::from_secs(60) {
            return;
        }
        self.summary.clock_steps += 1;
        let width = u64::try_from(2 * SKEW_MAX_S).unwrap();
        self.skew_s = i64::try_from(self.random.below(width)).unwrap() - SKEW_MAX_S;
        self.clock_set = self.time;
        // What is on its way has stamps of the old clock, which say nothing about the order any more.
        self.mail.clear();
    }

    fn some_scope(&mut self) -> Scope {
        match self.random.below(6) {
            0 => Scope::All,
            1 => Scope::Remediation("ladder".into()),
            2 => Scope::Remediation("waits".into()),
            3 => Scope::Target("a".into()),
            _ => Scope::Target("z".into()),
        }
    }

    fn pause(&mut self) {
        let scope = self.some_scope();
        self.pauses.retain(|known| *known != scope);
        self.pauses.push(scope.clone());
        let since = self.wall();
        let pause = Pause { scope, by: "eve".into(), reason: "test".into(), since, until: None };
        self.give(Event::Pause(pause));
    }

    fn resume(&mut self) {
        let scope = match self.pauses.first() {
            Some(scope) => scope.clone(),
            None => self.some_scope(),
        };
        self.pauses.retain(|known| *known != scope);
        self.give(Event::Resume { scope, by: "eve".into() });
    }

    fn cancel_some_run(&mut self) {
        let ids: Vec<ExecutionId> = self.machine.live().map(|run| run.id.clone()).collect();
        if !ids.is_empty() {
            let run = ids[self.random.index(ids.len())].clone();
            self.give(Event::Cancel { run, by: "eve".into() });
        }
    }

    /// Lets the machine take an event, and does what it wants done.
    #[expect(clippy::print_stdout, reason = "a failed run is read event by event")]
    fn give(&mut self, event: Event) {
        if self.trace {
            println!("{:?} {} {event:?}", self.time, self.wall());
        }
        let commands = self.machine.step(self.wall(), event);
        if self.trace {
            commands.iter().for_each(|command| println!("    {command:?}"));
        }
        let process = self.summary.crashes;
        for command in commands {
            self.carry_out(command);
            if self.summary.crashes != process {
                // The process has ended; what else it wanted done is not done.
                return;
            }
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Persist { ticket, records } => self.persist(ticket, records),
            Command::Trigger(question) => {
                self.check_trigger(&question);
                self.summary.triggers += 1;
                let (time, random) = (self.time, &mut self.random);
                match self.world.trigger(&question, time, random) {
                    Some(answer) => self.answer(&question, Answer::Triggered(answer)),
                    None => self.summary.lost_answers += 1,
                }
            }
            Command::Lookup(question) => {
                let found = self.world.lookup(&question.order.id, self.time, &mut self.random);
                self.answer(&question, Answer::Found(found));
            }
            Command::Poll(question, handle) => {
                let progress = self.world.poll(&handle, self.time, &mut self.random);
                self.answer(&question, Answer::Progress(progress));
            }
            Command::Cancel(question, handle) => {
                let cancelled = self.world.cancel(&handle, self.time, &mut self.random);
                self.answer(&question, Answer::Cancelled(cancelled));
            }
            Command::Verify { run, token, .. } => {
                let verdict = self.verdict();
                self.queue(Event::Answered { run, token, answer: Answer::Verdict(verdict) });
            }
            Command::Guard { token, .. } => {
                let verdict = self.verdict();
                self.queue(Event::Guarded { token, verdict });
            }
            Command::Tell(escalation) => {
                let failure = self.random.per_mille(200).then(|| "no route".to_owned());
                self.queue(Event::Told { sequence: escalation.sequence, failure });
            }
        }
    }

    fn verdict(&mut self) -> Verdict {
        match self.random.below(8) {
            0 => Verdict::Unhealthy { why: "still ill".into() },
            1 => Verdict::NoFreshData { why: "nothing measured".into() },
            _ => Verdict::Healthy,
        }
    }

    fn answer(&mut self, question: &Question, answer: Answer) {
        let (run, token) = (question.run.clone(), question.token);
        self.queue(Event::Answered { run, token, answer });
    }

    fn queue(&mut self, event: Event) {
        if !self.quiet {
            self.answers.push(event);
        }
    }

    fn persist(&mut self, ticket: u64, records: Vec<Record>) {
        for record in &records {
            match record {
                Record::Entry(entry) => {
                    let reason =
                        entry.reason.map_or(String::new(), |one| format!("/{}", one.as_str()));
                    let name = format!("{}{reason}", entry.decision.as_str());
                    *self.summary.decisions.entry(name).or_default() += 1;
                }
                Record::Tally(tally) => {
                    let name = tally.state.as_str().to_owned();
                    *self.summary.runs.entry(name).or_default() += 1;
                }
                _ => {}
            }
        }
        if self.random.per_mille(10) && !self.quiet {
            self.summary.failed_writes += 1;
            self.write_failed = true;
            self.answers.push(Event::NotPersisted { ticket, why: "disk full".into() });
            return;
        }
        for record in &records {
            if let Record::Run(run) = record
                && matches!(run.phase, Phase::Intent { .. })
            {
                self.intents.push(run.execution.clone());
            }
        }
        self.durable.extend(records);
        if self.durable.len() > 2000 || std::mem::take(&mut self.write_failed) {
            // Another file begins with a snapshot.
            let is_entry = |record: &&Record| matches!(record, Record::Entry(_));
            let last = self.durable.iter().rfind(is_entry).cloned();
            self.durable = self.machine.snapshot();
            self.durable.extend(last);
        }
        if self.random.per_mille(5) && !self.quiet {
            // The process ends between the write and its acknowledgement.
            return self.crash();
        }
        if self.quiet {
            self.give(Event::Persisted { ticket });
        } else {
            self.answers.push(Event::Persisted { ticket });
        }
    }
}

/// What a clock with a skew shows.
fn at(time: Duration, skew_s: i64) -> Timestamp {
    let ms = i64::try_from(time.as_millis()).unwrap() + skew_s * 1000;
    Timestamp::from_millisecond(ms).unwrap()
}
