//! kill -9 in the middle of scraping and pushing: what was acknowledged is there afterwards.
//!
//! Acknowledged is what a push was answered 2xx for, and what a query has returned. Invented would be what
//! nobody has pushed.

mod blocks;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use regain_tests::process::wait_for;
use regain_tests::program::Program;
use regain_tests::push::{Push, send};
use regain_tests::series::scatter;
use regain_tests::server::{Server, Setup};
use serde_json::{Value, json};

use super::peer::{ANY, is_at_hand};
use super::target::{AT_ONCE, TEXT, Target, respond};

const KILLS: u64 = 20;
/// Prometheus makes the same promise; a few kills show that the test is fair.
const KILLS_OF_PROMETHEUS: u64 = 3;
const TARGETS: usize = 4;
const PUSHED_SERIES: usize = 20;
/// What a life lasts at least: so many answered pushes and seen samples of scrapes, drawn below these.
const PUSHES_MAX: u64 = 40;
const SCRAPED_MAX: u64 = 200;
/// How long after that the kill comes, drawn below this.
const DELAY_MAX_US: u64 = 5000;
/// How far apart pushes are, so that the test's memory stays small.
const PUSH_EVERY_MS: i64 = 3;
const LIMIT: Duration = Duration::from_mins(1);
const EVERYTHING: &str = r#"{job=~"fleet|push"}"#;
/// How far back everything lies that is pushed now.
const RANGE: &str = "1h";

#[test]
fn twenty_kills_lose_no_acknowledged_sample() {
    run(Program::Regain, KILLS);
}

#[test]
fn prometheus_loses_none_either() {
    if is_at_hand(Program::Prometheus, ANY) {
        run(Program::Prometheus, KILLS_OF_PROMETHEUS);
    }
}

fn run(program: Program, kills: u64) {
    let dir = tempfile::tempdir().unwrap();
    let fleet = fleet();
    let mut setup = setup(program, dir.path(), &fleet);
    let memory = Memory::default();
    for kill in 0..kills {
        setup = start_and_die(setup, &memory, kill);
    }
    memory.assert_all_kept(&setup.start().unwrap(), RANGE, kills);
    memory.summarize(&format!("{kills} times kill -9 of {}", program.name()));
}

fn setup(program: Program, dir: &Path, fleet: &Target) -> Setup {
    let groups: Vec<_> = (0..TARGETS).map(|target| group(fleet, target)).collect();
    let config = json!({
        "global": {"scrape_interval": "100ms", "scrape_timeout": "100ms"},
        "scrape_configs": [{"job_name": "fleet", "static_configs": groups}],
    });
    Setup::new(program, dir).config(config.to_string()).flag(AT_ONCE)
}

/// Every scrape shows new values.
fn fleet() -> Target {
    let scrapes = AtomicU64::new(0);
    Target::serve(move |stream, _| {
        let scrape = scrapes.fetch_add(1, Ordering::SeqCst);
        let line = |series| format!("events_total{{kind=\"{series}\"}} {}.{series}\n", scrape * 7);
        let lines: Vec<_> = (0..10).map(line).collect();
        respond(stream, TEXT, "", lines.concat().as_bytes())
    })
}

fn group(fleet: &Target, target: usize) -> Value {
    let instance = format!("target-{target}");
    json!({"targets": [fleet.address()], "labels": {"instance": instance}})
}

/// Starts a server, which has everything, lets it scrape and take pushes for a random while, and kills it in the
/// middle of both.
fn start_and_die(setup: Setup, memory: &Memory, kill: u64) -> Setup {
    let server = setup.start().unwrap();
    memory.assert_all_kept(&server, RANGE, kill);
    live_and_die(server, memory, kill, (PUSHES_MAX, SCRAPED_MAX))
}

/// Lets a server live for a random while, in which so many pushes are answered and so many samples of scrapes are
/// seen at most.
fn live_and_die(
    server: Server,
    memory: &Memory,
    kill: u64,
    (pushes_max, scraped_max): (u64, u64),
) -> Setup {
    let draw = |what: u64, below: u64| scatter(kill << 8 | what) % below;
    let (pushes, scraped) = (draw(1, pushes_max), draw(2, scraped_max));
    let delay = Duration::from_micros(draw(3, DELAY_MAX_US));
    let dying = AtomicBool::new(false);
    let life = Life { port: server.port, memory, dying: &dying };
    thread::scope(|scope| {
        let threads = [scope.spawn(|| life.push()), scope.spawn(|| life.ask())];
        let before = memory.counts();
        wait_for("pushes and scrapes", LIMIT, || {
            anyhow::ensure!(
                !threads.iter().any(thread::ScopedJoinHandle::is_finished),
                "see below"
            );
            let now = memory.counts();
            Ok((now.0 > before.0 + pushes && now.1 > before.1 + scraped).then_some(()))
        })
        .unwrap();
        let start = Instant::now();
        while start.elapsed() < delay {
            std::hint::spin_loop();
        }
        dying.store(true, Ordering::SeqCst);
        server.kill().unwrap()
    })
}

/// One life of a server, as its clients see it.
struct Life<'a> {
    port: u16,
    memory: &'a Memory,
    /// Whether the kill is on its way: from then on, requests may fail.
    dying: &'a AtomicBool,
}

impl Life<'_> {
    /// Pushes one sample of each series again and again, until the server is gone.
    fn push(&self) {
        let mut connection = regain_tests::http::Connection::open(self.port).unwrap();
        let mut push = Push::default();
        loop {
            let time_ms = self.memory.next_push_ms();
            let samples: Vec<_> = (0..PUSHED_SERIES)
                .map(|series| (series.to_string(), time_ms as f64 / 8.0 + series as f64))
                .collect();
            self.memory.remember_sent(time_ms, &samples);
            push.clear();
            for (number, value) in &samples {
                let labels = [("__name__", "pushed"), ("job", "push"), ("number", number)];
                push.series(&labels, &[(time_ms, *value)]);
            }
            match send(&mut connection, &push.compressed().unwrap()) {
                Ok(answer) => assert_eq!(answer.status, 204, "{}", answer.text()),
                Err(error) => return self.may_fail(&error),
            }
            self.memory.remember_push(time_ms, &samples);
        }
    }

    /// Asks for the newest samples again and again, until the server is gone.
    fn ask(&self) {
        let mut connection = regain_tests::http::Connection::open(self.port).unwrap();
        let query = regain_tests::http::encode(&format!("{EVERYTHING}[500ms]"));
        loop {
            let answer = connection.get(&format!("/api/v1/query?query={query}"));
            match answer.and_then(|answer| answer.json()) {
                Ok(json) => self.memory.remember_answer(&json),
                Err(error) => return self.may_fail(&error),
            }
        }
    }

    fn may_fail(&self, error: &anyhow::Error) {
        assert!(self.dying.load(Ordering::SeqCst), "a request failed before the kill: {error:#}");
    }
}

/// Everything that was acknowledged.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    /// Values as they were written, by series and time in milliseconds.
    samples: BTreeMap<String, BTreeMap<i64, String>>,
    /// The same of what was pushed, answered or not.
    sent: BTreeMap<String, BTreeMap<i64, String>>,
    pushes: u64,
    scraped: u64,
    last_push_ms: i64,
    /// The time of the last push where pushes have times of their own, and how far apart these are.
    past_ms: Option<(i64, i64)>,
}

impl Memory {
    /// How many pushes were answered, and how many samples of scrapes were seen.
    fn counts(&self) -> (u64, u64) {
        let kept = self.0.lock().unwrap();
        (kept.pushes, kept.scraped)
    }

    /// Pushes have times of their own, each so much later than the one before.
    fn of_past(start_ms: i64, step_ms: i64) -> Self {
        let past_ms = Some((start_ms, step_ms));
        Self(Arc::new(Mutex::new(Kept { past_ms, ..Kept::default() })))
    }

    /// Waits until it is time for the next push, whose time it returns.
    fn next_push_ms(&self) -> i64 {
        wait_for("the clock", LIMIT, || {
            let mut kept = self.0.lock().unwrap();
            let now_ms = now_ms();
            let is_time = now_ms >= kept.last_push_ms + PUSH_EVERY_MS;
            if !is_time {
                return Ok(None);
            }
            kept.last_push_ms = now_ms;
            let past = kept.past_ms.as_mut().map(|(time, step)| {
                *time += *step;
                *time
            });
            Ok(Some(past.unwrap_or(now_ms)))
        })
        .unwrap()
    }

    /// The time of the last push, where pushes have times of their own.
    fn last_past_ms(&self) -> Option<i64> {
        self.0.lock().unwrap().past_ms.map(|(time, _)| time)
    }

    fn remember_sent(&self, time_ms: i64, samples: &[(String, f64)]) {
        add(&mut self.0.lock().unwrap().sent, time_ms, samples);
    }

    fn remember_push(&self, time_ms: i64, samples: &[(String, f64)]) {
        let mut kept = self.0.lock().unwrap();
        kept.pushes += 1;
        add(&mut kept.samples, time_ms, samples);
    }

    fn remember_answer(&self, answer: &Value) {
        assert_eq!(answer["status"], "success", "{answer}");
        let mut kept = self.0.lock().unwrap();
        for (series, samples) in read(answer) {
            let is_scraped = series.contains("fleet");
            let times = kept.samples.entry(series).or_default();
            let before = times.len();
            times.extend(samples);
            let new = (times.len() - before) as u64;
            kept.scraped += if is_scraped { new } else { 0 };
        }
    }

    /// A server has everything that was acknowledged and nothing that nobody has pushed.
    fn assert_all_kept(&self, server: &Server, range: &str, kill: u64) {
        let found = everything(server, range);
        self.assert_not_invented(&found, kill);
        self.assert_kept_before(&found, i64::MAX, kill);
    }

    fn assert_kept_before(&self, found: &All, end_ms: i64, kill: u64) {
        let kept = self.0.lock().unwrap();
        let lost: Vec<_> = kept
            .samples
            .iter()
            .flat_map(|(series, times)| times.range(..end_ms).map(move |sample| (series, sample)))
            .filter(|(series, (time, value))| {
                found.get(*series).and_then(|times| times.get(*time)) != Some(*value)
            })
            .collect();
        let (total, few): (usize, _) = (lost.len(), lost.iter().take(3).collect::<Vec<_>>());
        assert!(lost.is_empty(), "kill {kill}: {total} acknowledged samples are lost: {few:?}");
    }

    fn assert_not_invented(&self, found: &All, kill: u64) {
        let kept = self.0.lock().unwrap();
        let pushed = found.iter().filter(|(series, _)| series.contains("pushed"));
        for (series, (time, value)) in
            pushed.flat_map(|(series, times)| times.iter().map(move |sample| (series, sample)))
        {
            let sent = kept.sent.get(series).and_then(|times| times.get(time));
            assert_eq!(sent, Some(value), "kill {kill}: {series} at {time} is invented");
        }
    }

    #[expect(clippy::print_stdout, reason = "the summary says what the kills have shown")]
    fn summarize(&self, what: &str) {
        let (pushes, scraped) = self.counts();
        let pushed = pushes * PUSHED_SERIES as u64;
        println!(
            "crash: {what}, {pushed} acknowledged samples of {pushes} pushes and {scraped} seen ones of scrapes, \
             none lost, none invented"
        );
    }
}

/// Samples by series and time.
type All = BTreeMap<String, BTreeMap<i64, String>>;

/// What a server has of the time up to now.
fn everything(server: &Server, range: &str) -> All {
    let query = format!("{EVERYTHING}[{range}]");
    let path = format!("/api/v1/query?query={}", regain_tests::http::encode(&query));
    let answer = server.get(&path).unwrap().json().unwrap();
    read(&answer).map(|(series, samples)| (series, samples.collect())).collect()
}

fn add(
    kept: &mut BTreeMap<String, BTreeMap<i64, String>>,
    time_ms: i64,
    samples: &[(String, f64)],
) {
    for (number, value) in samples {
        let series = json!({"__name__": "pushed", "job": "push", "number": number});
        kept.entry(series.to_string()).or_default().insert(time_ms, value.to_string());
    }
}

#[expect(clippy::disallowed_methods, reason = "the server compares with its own clock")]
pub(super) fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

/// The series of a matrix, each with its samples.
fn read(
    answer: &Value,
) -> impl Iterator<Item = (String, impl Iterator<Item = (i64, String)> + '_)> + '_ {
    let series = answer["data"]["result"].as_array().expect("a query has a result");
    series.iter().map(|series| {
        let values = series["values"].as_array().expect("a range has values");
        (series["metric"].to_string(), values.iter().map(sample))
    })
}

fn sample(pair: &Value) -> (i64, String) {
    let seconds = pair[0].as_f64().expect("a time is a number");
    #[expect(clippy::cast_possible_truncation, reason = "a time in milliseconds")]
    let time_ms = (seconds * 1000.0).round() as i64;
    (time_ms, pair[1].as_str().expect("a value is a text").to_owned())
}
