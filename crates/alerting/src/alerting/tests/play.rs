//! Plays a scenario on the state alone, in virtual time.
//!
//! The head of a scenario is lines of `key=value` for the root route and the options. Then each line is a second and
//! what happens then; lines with `>` say what is notified. A notification takes no time.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use regain_model::{Labels, MatchOp};
use regain_storage::fs::MemFs;

use super::super::core::{Core, Job};
use super::super::{Options, Plan};
use super::{Sketch, at, equal, open};
use crate::route::GroupBy;
use crate::settings::{InhibitRuleSettings, NamedIntervals, RouteSettings};
use crate::silences::{MatcherDraft, SilenceDraft};
use crate::store::PostedAlert;
use crate::time_interval::{TimeInterval, TimeRange};

pub(super) struct Play {
    fs: MemFs,
    options: Options,
    sketch: Sketch,
    core: Option<Core>,
    /// Whether receivers refuse everything.
    is_down: bool,
    /// How long a notification takes.
    latency: f64,
    /// Flushes under way, with when they end.
    under_way: Vec<(f64, Job)>,
    silence: Option<Arc<str>>,
    pub(super) heard: Vec<String>,
}

impl Play {
    /// Plays everything and gives what was notified, and what the scenario says should have been.
    pub(super) fn run(scenario: &str) -> (Vec<String>, Vec<String>) {
        let lines = scenario.lines().map(str::trim).filter(|line| !line.is_empty());
        let (head, body): (Vec<&str>, Vec<&str>) =
            lines.partition(|line| !line.starts_with(|c: char| c.is_ascii_digit()));
        let mut play = Self {
            fs: MemFs::new(),
            options: Options::default(),
            sketch: Sketch::default(),
            core: None,
            is_down: false,
            latency: 0.0,
            under_way: Vec::new(),
            silence: None,
            heard: Vec::new(),
        };
        for (key, value) in
            head.iter().flat_map(|line| line.split(' ')).filter_map(|word| word.split_once('='))
        {
            play.set(key, value);
        }
        play.open(0.0);
        let mut expected = Vec::new();
        for line in body {
            let (second, what) = line.split_once(' ').unwrap();
            let second: f64 = second.parse().unwrap();
            if let Some(notified) = what.trim().strip_prefix('>') {
                expected.push(format!("{second} {}", notified.trim()));
            } else {
                play.advance(second, false);
                play.act(second, what.trim());
            }
        }
        (play.heard, expected)
    }

    fn set(&mut self, key: &str, value: &str) {
        let seconds = || Some(Duration::from_secs_f64(value.parse().unwrap()));
        let root = &mut self.sketch.root;
        match key {
            "wait" => root.group_wait = seconds(),
            "interval" => root.group_interval = seconds(),
            "repeat" => root.repeat_interval = seconds(),
            "by" if value == "..." => root.group_by = Some(GroupBy::All),
            "by" => {
                root.group_by =
                    Some(GroupBy::Labels(value.split(',').map(str::to_owned).collect()));
            }
            "mute" => self.mute(value),
            "child" => root.routes.push(RouteSettings {
                receiver: Some("s".into()),
                matchers: vec![equal("job", value)],
                continue_matching: true,
                ..RouteSettings::default()
            }),
            "inhibit" => {
                let (source, target) = value.split_once(':').unwrap();
                self.sketch.inhibit_rules.push(InhibitRuleSettings {
                    source: vec![equal("alertname", source)],
                    target: vec![equal("alertname", target)],
                    equal: vec!["job".to_owned()],
                    ..InhibitRuleSettings::default()
                });
            }
            "send_resolved" => self.sketch.send_resolved = value == "true",
            "resolve_timeout" => self.sketch.resolve_timeout = seconds().unwrap(),
            "keep" => self.options.keep_group_state = value == "true",
            "start_delay" => self.options.dispatch_start_delay = seconds().unwrap(),
            "groups_max" => self.options.groups_max = value.parse().unwrap(),
            "latency" => self.latency = value.parse().unwrap(),
            other => panic!("no key {other}"),
        }
    }

    /// Mutes the root from one minute to another, counted from the minute in which the scenario starts.
    fn mute(&mut self, minutes: &str) {
        let (from, to) = minutes.split_once('-').unwrap();
        // The scenario starts at 22:13:20.
        let minute = |text: &str| 22 * 60 + 13 + text.parse::<i32>().unwrap();
        let times = Some(vec![TimeRange { start_minute: minute(from), end_minute: minute(to) }]);
        let interval = TimeInterval { times, ..TimeInterval::default() };
        self.sketch.intervals =
            vec![NamedIntervals { name: "night".into(), intervals: vec![interval] }];
        self.sketch.root.mute_time_intervals = vec!["night".into()];
    }

    fn plan(&self) -> Plan {
        self.sketch.plan()
    }

    fn open(&mut self, second: f64) {
        self.core = Some(open(&self.fs, &self.options, self.plan(), at(second)).unwrap());
    }

    fn core(&mut self) -> &mut Core {
        self.core.as_mut().expect("the process runs")
    }

    fn act(&mut self, second: f64, what: &str) {
        let words: Vec<&str> = what.split(' ').collect();
        let now = at(second);
        match words.as_slice() {
            ["fire", alert, rest @ ..] => {
                let starts_at = rest.first().map(|since| at(since.parse().unwrap()));
                self.put(alert, starts_at, None, now);
            }
            ["resolve", alert] => self.put(alert, None, Some(now), now),
            ["silence", name] => {
                let matcher = MatcherDraft {
                    name: "alertname".into(),
                    op: MatchOp::Equal,
                    value: (*name).into(),
                };
                let draft = SilenceDraft {
                    matcher_sets: vec![vec![matcher]],
                    ends_at: Some(at(second + 100_000.0)),
                    ..SilenceDraft::default()
                };
                self.silence = Some(self.core().set_silence(draft, now).unwrap());
            }
            ["expire"] => {
                let id = self.silence.take().unwrap();
                self.core().expire_silence(&id, now).unwrap();
            }
            ["reload", changes @ ..] => {
                for (key, value) in changes.iter().filter_map(|word| word.split_once('=')) {
                    self.set(key, value);
                }
                let plan = Arc::new(self.plan());
                self.core().apply(plan, now);
            }
            ["restart"] => {
                self.core().commit().unwrap();
                self.core().close(now);
                self.core = None;
                self.open(second);
            }
            ["kill"] => {
                self.core().commit().unwrap();
                self.core = None;
                self.under_way.clear();
                self.fs.heal();
                self.open(second);
            }
            ["down"] => self.is_down = true,
            ["up"] => self.is_down = false,
            ["clock", by] => {
                let by = jiff::SignedDuration::from_secs_f64(by.parse().unwrap());
                self.core().clock_was_set(by);
            }
            ["sweep"] => self.core().sweep_groups(now),
            ["end"] => {}
            other => panic!("cannot {other:?}"),
        }
        self.core().commit().unwrap();
        // Everything that comes in at one moment is there before anything is flushed.
        self.advance(second, false);
    }

    fn put(
        &mut self,
        alert: &str,
        starts_at: Option<Timestamp>,
        ends_at: Option<Timestamp>,
        now: Timestamp,
    ) {
        let (name, job) = alert.split_once('/').unwrap_or((alert, "j"));
        let posted = PostedAlert {
            labels: Labels::from_pairs([("alertname", name), ("job", job)]),
            starts_at: starts_at.or(ends_at),
            ends_at,
            ..PostedAlert::default()
        };
        self.core().put(vec![posted], now);
    }

    /// Flushes what is due before `until`, or at it if it is included, and ends what is under way.
    fn advance(&mut self, until: f64, is_included: bool) {
        loop {
            let deadline = self
                .core()
                .next_deadline()
                .map(|due| due.duration_since(super::START).as_secs_f64());
            let end = self.under_way.iter().map(|(end, _)| *end).reduce(f64::min);
            let next = deadline.into_iter().chain(end).reduce(f64::min);
            let Some(next) = next.filter(|next| *next < until || is_included && *next <= until)
            else {
                return;
            };
            let ended: Vec<_> = self.under_way.extract_if(.., |(end, _)| *end <= next).collect();
            for (_, job) in ended {
                self.finish(job, next);
            }
            for job in self.core().start_due(at(next)) {
                if self.latency > 0.0 {
                    self.under_way.push((next + self.latency, job));
                } else {
                    self.finish(job, next);
                }
            }
            self.core().commit().unwrap();
        }
    }

    fn finish(&mut self, job: Job, second: f64) {
        let is_given_up = self.is_down || job.cancelled.is_cancelled();
        for delivery in job.deliveries {
            if is_given_up {
                continue;
            }
            if !delivery.alerts.is_empty() {
                let names = delivery.alerts.iter().map(|alert| {
                    let resolved = if alert.ends_at.is_some() { "!" } else { "" };
                    format!("{resolved}{}", alert.name())
                });
                let names: Vec<_> = names.collect();
                let receiver = &delivery.told.recipient.group_name;
                self.heard.push(format!(
                    "{second} {receiver} {}: {}",
                    delivery.reason,
                    names.join(" ")
                ));
            }
            self.core().record(delivery.told, at(second));
        }
        self.core().flushed(&job.flush, !is_given_up);
        self.core().commit().unwrap();
    }
}
