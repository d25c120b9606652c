//! Every file of `tests/scenarios`, against Regain and against Prometheus.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use regain_tests::http::{Answer, encode};
use regain_tests::process::wait_for;
use regain_tests::program::{Program, workspace};
use regain_tests::push::{Push, send};
use regain_tests::server::{Server, Setup};

use super::expect::mismatch;
use super::peer::{ANY, MODERN_PROMETHEUS, is_at_hand, is_modern, skip};
use super::scenario::{Exposed, Request, Scenario};
use super::target::{AT_ONCE, Target, respond};

/// How long an answer that takes a scrape may take.
const EVENTUALLY: Duration = Duration::from_secs(20);
/// Scenarios have their own times, long ago; nothing may be too old.
const RETENTION: &str = "--storage.tsdb.retention.time=100y";

#[test]
fn regain_answers_as_every_scenario_says() {
    let failures = run_all(Program::Regain, |_, _| true);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn prometheus_answers_as_every_scenario_says() {
    if !is_at_hand(Program::Prometheus, ANY) {
        return;
    }
    let modern = is_modern(Program::Prometheus, MODERN_PROMETHEUS);
    let failures = run_all(Program::Prometheus, |name, scenario| {
        let holds = modern || !scenario.modern;
        if !holds {
            skip(&format!("{name} needs Prometheus 3"));
        }
        holds
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn run_all(program: Program, wanted: impl Fn(&str, &Scenario) -> bool) -> Vec<String> {
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
        if wanted(&name, &scenario) {
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
    let mut setup = Setup::new(program, dir.path()).config(config).flag(RETENTION).flag(AT_ONCE);
    setup.flags.extend(scenario.flags.iter().cloned());
    let server = match setup.start() {
        Ok(server) => server,
        Err(error) => return vec![format!("{name}: {error:#}")],
    };
    push(&server, scenario);
    let failed = |request: &Request| {
        let (line, title) = (request.line, program.name());
        let what = ask(&server, request).err()?;
        Some(format!("{name}:{line}: {title}: {} {}: {what:#}", request.method, request.path))
    };
    scenario.requests.iter().filter_map(failed).collect()
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

/// Asks, again and again where the answer takes its time.
fn ask(server: &Server, request: &Request) -> anyhow::Result<()> {
    if !request.eventually {
        return check(request, &get(server, request)?);
    }
    let mut last = anyhow::Ok(());
    let waited = wait_for("the answer", EVENTUALLY, || {
        last = check(request, &get(server, request)?);
        Ok(last.is_ok().then_some(()))
    });
    // What was wrong in the end says more than that it took too long.
    last.and(waited)
}

fn get(server: &Server, request: &Request) -> anyhow::Result<Answer> {
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
    connection.send(request.method, &request.path, &headers, form.as_bytes())
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
