//! One random step after the other, and what must hold after each.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use regain_healing::machine::{Event, Machine, Pause, Phase, Record, Recovered, Scope};
use regain_healing::order::ExecutionId;

mod checks;
mod deeds;
mod summary;
mod telling;

pub(crate) use summary::Summary;

use super::random::Random;
use super::settings::settings;
use super::world::World;
use telling::{Told, Truth};

/// The clock is off by at most so much.
const SKEW_MAX_S: u64 = 600;

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
        let time = Duration::from_hours(500_000);
        Self {
            random: Random(seed),
            time,
            skew_s: 0,
            clock_set: Duration::ZERO,
            machine: Machine::new(settings(0), Recovered::default(), at(time, 0)),
            variant: 0,
            alerts: Truth::all(time),
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
        let deadline = self.time + Duration::from_hours(24);
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
        if self.time < self.clock_set + Duration::from_mins(1) {
            return;
        }
        self.summary.clock_steps += 1;
        let skew_s = self.random.below(2 * SKEW_MAX_S);
        self.skew_s = skew_s.cast_signed() - SKEW_MAX_S.cast_signed();
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
            for command in &commands {
                println!("    {command:?}");
            }
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
}

/// What a clock with a skew shows.
fn at(time: Duration, skew_s: i64) -> Timestamp {
    let shown = SignedDuration::try_from(time).expect("the time of the model is that of decades")
        + SignedDuration::from_secs(skew_s);
    Timestamp::UNIX_EPOCH.checked_add(shown).expect("decades are within what a time can say")
}
