//! One scenario against one program.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use regain_tests::hook::{Hook, Posted};
use regain_tests::program::Program;
use regain_tests::server::{Server, Setup};
use serde_json::{Value, json};

use super::file::{Alert, Scenario, Silence, Step, Wanted, What};

/// A timer of the program may be this much ahead of ours.
const EARLY_S: f64 = 0.2;
/// A busy machine may be this late.
const LATE_S: f64 = 2.5;
/// By how much a time in a notification may differ from the one that the file names.
const TIME_S: f64 = 0.8;

/// What came of a scenario.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) scenario: String,
    pub(super) program: Program,
    /// What each hook received, with seconds since the start.
    pub(super) received: Vec<Received>,
    /// What is wrong.
    pub(super) wrong: Vec<String>,
}

/// A notification.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) hook: String,
    pub(super) at: f64,
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Outcome {
    /// What is wrong, each with the scenario and the program.
    pub(super) fn complaints(&self) -> impl Iterator<Item = String> {
        let head = format!("{}: {}", self.scenario, self.program.name());
        self.wrong.iter().map(move |wrong| format!("{head}: {wrong}"))
    }
}

/// Runs a scenario to its end.
pub(super) fn run(scenario: &Scenario, program: Program) -> Outcome {
    let mut outcome = Outcome {
        scenario: scenario.name.clone(),
        program,
        received: Vec::new(),
        wrong: Vec::new(),
    };
    match play(scenario, program) {
        Ok(received) => {
            outcome.wrong = check(scenario, &received);
            outcome.received = received;
        }
        Err(error) => outcome.wrong.push(format!("{error:#}")),
    }
    outcome
}

/// The beginning of a scenario on the two clocks that it needs.
#[derive(Clone, Copy, Debug)]
struct Start {
    instant: Instant,
    epoch_s: f64,
}

impl Start {
    #[expect(clippy::disallowed_methods, reason = "alerts carry the time of the day")]
    fn now() -> Self {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { instant: Instant::now(), epoch_s: epoch.as_secs_f64() }
    }

    /// A moment of the scenario as an RFC 3339 text.
    fn text(self, at: f64) -> String {
        let millis = ((self.epoch_s + at) * 1000.0).round();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a time of these years in milliseconds"
        )]
        let millis = millis as i64;
        jiff::Timestamp::from_millisecond(millis).map(|time| time.to_string()).unwrap_or_default()
    }

    /// A text of a time as seconds since the beginning.
    fn seconds(self, text: &str) -> Option<f64> {
        let time: jiff::Timestamp = text.parse().ok()?;
        Some(time.as_duration().as_secs_f64() - self.epoch_s)
    }

    fn wait_until(self, at: f64) {
        let due = self.instant + Duration::from_secs_f64(at);
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

fn play(scenario: &Scenario, program: Program) -> anyhow::Result<Vec<Received>> {
    let dir = tempfile::tempdir()?;
    // The hooks answer by the scenario's time, which begins once the program is ready.
    let started: Arc<OnceLock<Start>> = Arc::default();
    let mut config = scenario.config.clone();
    let mut hooks = BTreeMap::new();
    for name in scenario.hooks() {
        let hook = serve(scenario, &name, &started)?;
        config = config.replace(&format!("${{{name}}}"), &format!("http://{}/", hook.address()));
        hooks.insert(name, hook);
    }
    let mut setup = Setup::new(program, dir.path()).config(config);
    setup.flags.extend(scenario.flags.iter().cloned());
    let mut server = setup.start()?;
    let start = *started.get_or_init(Start::now);
    let mut silences = BTreeMap::new();
    for step in &scenario.steps {
        start.wait_until(step.at);
        server = take(step, start, server, &mut silences)?;
    }
    start.wait_until(scenario.until);
    drop(server);
    let mut received: Vec<_> = hooks
        .iter()
        .flat_map(|(name, hook)| hook.posted().into_iter().map(move |posted| (name, posted)))
        .map(|(name, posted)| received(name, &posted, start))
        .collect::<anyhow::Result<_>>()?;
    received.sort_by(|a, b| a.at.total_cmp(&b.at));
    Ok(received)
}

fn serve(scenario: &Scenario, name: &str, started: &Arc<OnceLock<Start>>) -> anyhow::Result<Hook> {
    let answers: Vec<_> =
        scenario.answers.iter().filter(|answers| answers.hook == name).cloned().collect();
    let started = Arc::clone(started);
    Hook::serve(move |_| {
        let now = started.get().map_or(0.0, |start| start.instant.elapsed().as_secs_f64());
        let answer = answers.iter().find(|answers| now < answers.until);
        answer.map_or(200, |answers| answers.status)
    })
}

fn received(hook: &str, posted: &Posted, start: Start) -> anyhow::Result<Received> {
    let mut body = posted.json()?;
    // Times become seconds since the beginning, which is what files name.
    if let Some(alerts) = body["alerts"].as_array_mut() {
        for alert in alerts {
            for key in ["startsAt", "endsAt"] {
                let seconds = alert[key].as_str().and_then(|text| start.seconds(text));
                alert[key] = seconds.filter(|seconds| *seconds > -1e9).into();
            }
        }
    }
    let at = posted.at.saturating_duration_since(start.instant).as_secs_f64();
    Ok(Received { hook: hook.to_owned(), at, status: posted.status, body })
}

/// Does what a step says.
fn take(
    step: &Step,
    start: Start,
    server: Server,
    silences: &mut BTreeMap<String, String>,
) -> anyhow::Result<Server> {
    match &step.what {
        What::Alerts(alerts) => {
            let alerts: Vec<_> = alerts.iter().map(|alert| posted(alert, start)).collect();
            post(&server, "/api/v2/alerts", &json!(alerts))?;
        }
        What::Silence(silence) => {
            let answer = post(&server, "/api/v2/silences", &silence_json(silence, start))?;
            let id = answer["silenceID"].as_str().unwrap_or_default().to_owned();
            silences.insert(silence.name.clone(), id);
        }
        What::Expire(name) => {
            let id = silences.get(name).map_or("", String::as_str);
            let path = format!("/api/v2/silence/{id}");
            let answer = server.connect()?.send("DELETE", &path, "", b"")?;
            anyhow::ensure!(answer.status == 200, "expire: {} {}", answer.status, answer.text());
        }
        What::Reload => {
            let answer = server.connect()?.send("POST", "/-/reload", "", b"")?;
            anyhow::ensure!(answer.status == 200, "reload: {} {}", answer.status, answer.text());
        }
        What::Restart => return server.stop()?.start(),
        What::Kill => return server.kill()?.start(),
    }
    Ok(server)
}

fn posted(alert: &Alert, start: Start) -> Value {
    let mut json = json!({ "labels": alert.labels, "annotations": alert.annotations });
    for (key, time) in [("startsAt", alert.from), ("endsAt", alert.to)] {
        if let Some(time) = time {
            json[key] = start.text(time).into();
        }
    }
    json
}

fn silence_json(silence: &Silence, start: Start) -> Value {
    let matcher = |(name, value): (&String, &String), is_regex: bool| json!({ "name": name, "value": value, "isRegex": is_regex, "isEqual": true });
    let equal = silence.equal.iter().map(|pair| matcher(pair, false));
    let matchers: Vec<_> =
        equal.chain(silence.regex.iter().map(|pair| matcher(pair, true))).collect();
    json!({
        "matchers": matchers, "startsAt": start.text(silence.from), "endsAt": start.text(silence.to),
        "createdBy": "a test", "comment": silence.name,
    })
}

fn post(server: &Server, path: &str, body: &Value) -> anyhow::Result<Value> {
    let headers = "Content-Type: application/json\r\n";
    let answer = server.connect()?.post(path, headers, body.to_string().as_bytes())?;
    anyhow::ensure!(answer.status == 200, "{path}: {} {}", answer.status, answer.text());
    if answer.body.is_empty() { Ok(Value::Null) } else { answer.json() }
}

/// What is wrong with what came, hook by hook.
fn check(scenario: &Scenario, received: &[Received]) -> Vec<String> {
    let mut wrong = Vec::new();
    for hook in scenario.hooks() {
        let want: Vec<_> = scenario.want.iter().filter(|want| want.hook == hook).collect();
        // What the hook refused is tried again; the one that it took counts.
        let came: Vec<_> =
            received.iter().filter(|came| came.hook == hook && came.status == 200).collect();
        for (index, (want, came)) in want.iter().zip(&came).enumerate() {
            let what = mismatch(want, came).map(|what| format!("{hook}: {}: {what}", index + 1));
            wrong.extend(what);
        }
        if want.len() != came.len() {
            let times: Vec<_> = came.iter().map(|came| format!("{:.1}", came.at)).collect();
            let (wanted, times) = (want.len(), times.join(" "));
            wrong.push(format!("{hook}: {wanted} notifications wanted, they came at {times}"));
        }
    }
    wrong
}

fn mismatch(want: &Wanted, came: &Received) -> Option<String> {
    if came.at < want.at - EARLY_S || came.at > want.at + LATE_S {
        return Some(format!("came at {:.2} instead of {}", came.at, want.at));
    }
    let reason = &came.body["notification_reason"];
    if let Some(wanted) = &want.reason
        && reason.as_str().is_some_and(|reason| reason != wanted)
    {
        return Some(format!("the reason is {reason}"));
    }
    let empty = Vec::new();
    let alerts = came.body["alerts"].as_array().unwrap_or(&empty);
    let is_like = |alert: &Alert| alerts.iter().any(|came| is_like(alert, came));
    let missing = want.alerts.iter().find(|alert| !is_like(alert));
    match missing {
        Some(alert) => Some(format!("no {alert:?} in {}", came.body["alerts"])),
        None if alerts.len() != want.alerts.len() => {
            Some(format!("{} alerts in {}", alerts.len(), came.body["alerts"]))
        }
        None => None,
    }
}

fn is_like(want: &Alert, came: &Value) -> bool {
    let near = |key: &str, want: Option<f64>| {
        want.is_none_or(|want| came[key].as_f64().is_some_and(|came| (came - want).abs() < TIME_S))
    };
    let status = if want.to.is_some() { "resolved" } else { "firing" };
    came["status"] == status
        && came["labels"] == json!(want.labels)
        && came["annotations"] == json!(want.annotations)
        && near("startsAt", want.from)
        && near("endsAt", want.to)
}
