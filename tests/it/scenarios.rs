//! Every file of `tests/scenarios`, against Regain and against the original.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use regain_tests::http::{Answer, encode};
use regain_tests::process::{wait_for, write_file};
use regain_tests::program::{Program, workspace};
use regain_tests::push::{Push, send};
use regain_tests::server::{Server, Setup};
use serde_json::Value;

use super::expect::mismatch;
use super::peer::{ANY, MODERN_PROMETHEUS, is_at_hand, is_modern, skip};
use super::scenario::{Exposed, Request, Scenario, ServerKind};
use super::target::{AT_ONCE, Target, respond};

/// How long an answer that takes a scrape may take.
const EVENTUALLY: Duration = Duration::from_secs(20);
/// Scenarios have their own times, long ago; nothing may be too old.
const RETENTION: &str = "--storage.tsdb.retention.time=100y";

#[test]
fn regain_answers_as_every_scenario_says() {
    let failures = run_all(|_, scenario| match scenario.kind {
        ServerKind::Prometheus => Some(Program::Regain),
        ServerKind::Alertmanager => Some(Program::RegainAlertmanager),
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn prometheus_answers_as_every_scenario_says() {
    if !is_at_hand(Program::Prometheus, ANY) {
        return;
    }
    let modern = is_modern(Program::Prometheus, MODERN_PROMETHEUS);
    let failures = run_all(|name, scenario| {
        let wanted = scenario.kind == ServerKind::Prometheus && scenario.ours.is_empty();
        if wanted && scenario.modern && !modern {
            skip(&format!("{name} needs Prometheus 3"));
            return None;
        }
        wanted.then_some(Program::Prometheus)
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn alertmanager_answers_as_every_scenario_says() {
    if !is_at_hand(Program::Alertmanager, ANY) {
        return;
    }
    let failures = run_all(|name, scenario| {
        let wanted = scenario.kind == ServerKind::Alertmanager && scenario.ours.is_empty();
        if wanted && !is_modern(Program::Alertmanager, scenario.since) {
            skip(&format!("{name} needs Alertmanager {:?}", scenario.since));
            return None;
        }
        wanted.then_some(Program::Alertmanager)
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Runs every file against the program that is chosen for it, and returns what was wrong.
fn run_all(choose: impl Fn(&str, &Scenario) -> Option<Program>) -> Vec<String> {
    let dir = workspace("tests/scenarios");
    let entries = fs::read_dir(&dir).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no scenario in {}", dir.display());
    let mut failures = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let scenario =
            Scenario::parse(Path::new(&name), &fs::read_to_string(&path).unwrap()).unwrap();
        if let Some(program) = choose(&name, &scenario) {
            let wrong = run(program, &name, &scenario);
            failures.extend((!wrong.is_empty()).then(|| format!("{name}: {}", scenario.about)));
            failures.extend(wrong);
        }
    }
    failures
}

/// Runs one file and returns what was wrong, each with its place.
fn run(program: Program, name: &str, scenario: &Scenario) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let targets: BTreeMap<_, _> =
        scenario.targets.iter().map(|exposed| (&exposed.name, serve(exposed))).collect();
    let mut config = scenario.config.clone();
    for (target, served) in &targets {
        config = config.replace(&format!("${{{target}}}"), &served.address());
    }
    let mut setup = Setup::new(program, dir.path()).config(config);
    if scenario.kind == ServerKind::Prometheus {
        setup = setup.flag(RETENTION).flag(AT_ONCE);
    }
    setup.flags.extend(scenario.flags.iter().cloned());
    for (file, text) in &scenario.files {
        write_file(&dir.path().join(file), text).unwrap();
    }
    let server = match setup.start() {
        Ok(server) => server,
        Err(error) => return vec![format!("{name}: {error:#}")],
    };
    push(&server, scenario);
    let mut kept = Kept::default();
    let mut failed = |request: &Request| {
        let (line, title) = (request.line, program.name());
        let what = ask(&server, &kept.fill(request), &mut kept).err()?;
        Some(format!("{name}:{line}: {title}: {} {}: {what:#}", request.method, request.path))
    };
    scenario.requests.iter().filter_map(&mut failed).collect()
}

/// What answers held, by the names that later requests use.
#[derive(Debug, Default)]
struct Kept(BTreeMap<String, String>);

impl Kept {
    fn keep(&mut self, request: &Request, found: &Answer) -> anyhow::Result<()> {
        for (name, pointer) in &request.keep {
            let json = found.json()?;
            let value = json.pointer(pointer).and_then(Value::as_str);
            let value = value.with_context(|| format!("no text at {pointer} in {json}"))?;
            self.0.insert(name.clone(), value.to_owned());
        }
        Ok(())
    }

    /// The request with what was kept in place of the names.
    fn fill(&self, request: &Request) -> Request {
        let mut request = request.clone();
        for (name, value) in &self.0 {
            let name = format!("${{{name}}}");
            request.path = request.path.replace(&name, value);
            request.body = request.body.map(|body| body.replace(&name, value));
            let json = request.answer.json.map(|json| json.to_string().replace(&name, value));
            request.answer.json = json.map(|json| serde_json::from_str(&json).unwrap());
        }
        request
    }
}

fn serve(exposed: &Exposed) -> Target {
    let Exposed { content_type, body, .. } = exposed.clone();
    Target::serve(move |stream, _| respond(stream, &content_type, "", body.as_bytes()))
}

/// Pushes every series in turn, sample by sample in the order of time.
fn push(server: &Server, scenario: &Scenario) {
    let mut rows: BTreeMap<i64, Push> = BTreeMap::new();
    for pushed in &scenario.push {
        let labels: Vec<_> =
            pushed.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        for (time_ms, value) in pushed.samples() {
            rows.entry(time_ms).or_default().series(&labels, &[(time_ms, value)]);
        }
    }
    let mut connection = server.connect().unwrap();
    for row in rows.values() {
        let answer = send(&mut connection, &row.compressed().unwrap()).unwrap();
        assert_eq!(answer.status, 204, "{}", answer.text());
    }
}

/// Asks, again and again where the answer takes its time, and keeps what the request wants kept.
fn ask(server: &Server, request: &Request, kept: &mut Kept) -> anyhow::Result<()> {
    let mut once = || {
        let found = send_request(server, request)?;
        check(request, &found)?;
        kept.keep(request, &found)
    };
    if !request.eventually {
        return once();
    }
    let mut last = anyhow::Ok(());
    let waited = wait_for("the answer", EVENTUALLY, || {
        last = once();
        Ok(last.is_ok().then_some(()))
    });
    // What was wrong in the end says more than that it took too long.
    last.and(waited)
}

fn send_request(server: &Server, request: &Request) -> anyhow::Result<Answer> {
    let pairs: Vec<_> = request
        .with
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    let form = pairs.join("&");
    let lines = request.send.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    let mut headers = lines.collect::<Vec<_>>().concat();
    let mut connection = server.connect()?;
    if request.method == "GET" {
        let joint = if form.is_empty() { "" } else { "?" };
        return connection.send("GET", &format!("{}{joint}{form}", request.path), &headers, b"");
    }
    if !form.is_empty() {
        headers.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
    }
    let body = request.body.as_ref().unwrap_or(&form);
    connection.send(request.method, &request.path, &headers, body.as_bytes())
}

fn check(request: &Request, found: &Answer) -> anyhow::Result<()> {
    let (expected, text) = (&request.answer, found.text());
    anyhow::ensure!(
        found.status == expected.status,
        "{} instead of {}: {text}",
        found.status,
        expected.status
    );
    for (name, value) in &expected.headers {
        let sent: Vec<_> = found.headers.iter().filter(|(sent, _)| sent == name).collect();
        let right = sent.iter().any(|(_, sent)| sent == value);
        anyhow::ensure!(right, "{name} is {sent:?} instead of {value:?}");
    }
    if let Some(json) = &expected.json
        && let Some(what) = mismatch(json, &found.json()?)
    {
        anyhow::bail!("{what} in {text}");
    }
    for part in &expected.contains {
        anyhow::ensure!(text.contains(part), "no {part:?} in {text}");
    }
    for part in &expected.lacks {
        anyhow::ensure!(!text.contains(part), "{part:?} in {text}");
    }
    Ok(())
}
