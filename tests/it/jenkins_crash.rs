//! A server is killed at every moment of a remediation through Jenkins, and the job is built exactly once.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use regain_tests::jenkins::{BuildResult, Jenkins, Job, Server as JenkinsServer, User};
use regain_tests::process::{wait_for, write_file};
use regain_tests::program::Program;
use regain_tests::server::{Server, Setup};
use serde_json::Value;

const LIMIT: Duration = Duration::from_mins(2);
/// How long the job works.
const JOB_WORKS: Duration = Duration::from_millis(1500);
/// As many servers run at the same time.
const LANES: usize = 4;

const CONFIG: &str = "
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [ill.rules.yml]
scrape_configs:
- job_name: self
  static_configs:
  - targets: ['127.0.0.1:${port}']
";

const RULES: &str = "
groups:
- name: ill
  rules:
  - alert: Ill
    expr: up{job=\"self\"} == 1
    labels: {selfhealing: \"true\", jenkins_job: repair}
";

const ALERTMANAGER: &str = "
route: {receiver: nobody, group_wait: 1s}
receivers: [{name: nobody}]
";

const REGAIN: &str = "
alerting: {config_file: alertmanager.yml}
healing: {remediations: [remediations.yml]}
";

const REMEDIATIONS: &str = "
servers:
- name: main
  jenkins: {url: '${jenkins}', user: admin, token_file: token, allow: [repair]}
remediations:
- name: repair
  mode: auto
  steps:
  - jenkins: {server: main, job: {label: jenkins_job}}
    timeout: 1m
    verify: {expr: 'up{job=\"self\"} == 1', alert_resolved: false, stable_for: 1s, within: 30s}
";

/// When the server is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// Once Jenkins has seen this many requests.
    Requests(usize),
    /// This long after the server has started.
    After(Duration),
}

#[test]
fn pitfall_07_a_kill_at_any_moment_of_a_jenkins_run_leads_to_exactly_one_build() {
    let by_requests = (1..=4).map(Moment::Requests);
    let by_time = (0..10).map(|step| Moment::After(Duration::from_millis(900 + 350 * step)));
    let moments: Vec<Moment> = by_requests.chain(by_time).collect();
    let failures: Vec<String> = thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES)
            .map(|lane| {
                let own: Vec<_> = moments.iter().copied().skip(lane).step_by(LANES).collect();
                scope.spawn(move || own.into_iter().filter_map(failure).collect::<Vec<_>>())
            })
            .collect();
        lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn failure(moment: Moment) -> Option<String> {
    let failed = |error| format!("killed at {moment:?}: {error:#}");
    play(moment).map_err(failed).err()
}

fn play(moment: Moment) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let jenkins = jenkins()?;
    let setup = setup(dir.path(), &jenkins)?;
    let port = regain_tests::port::free_port()?;
    let setup = setup.config(CONFIG.replace("${port}", &port.to_string()));
    let server = setup.start_on(port)?;
    let started = Instant::now();
    wait_for("the moment of the kill", LIMIT, || {
        let has_come = match moment {
            Moment::Requests(count) => jenkins.requests().len() >= count,
            Moment::After(delay) => started.elapsed() >= delay,
        };
        Ok(has_come.then_some(()))
    })?;
    let server = server.kill()?.start_on(port)?;
    let run = wait_for("a run to end", LIMIT, || ended_run(&server))?;
    anyhow::ensure!(run["state"] == "succeeded", "the run ended as {run}");
    let builds = jenkins.builds("repair").len();
    anyhow::ensure!(builds == 1, "{builds} builds");
    Ok(())
}

/// The newest run that acted, once it has ended.
fn ended_run(server: &Server) -> anyhow::Result<Option<Value>> {
    let data = server.data("/api/v1/regain/healing")?;
    let runs = data["runs"].as_array().cloned().unwrap_or_default();
    Ok(runs.into_iter().find(|run| !run["ended_at"].is_null()))
}

fn setup(dir: &Path, jenkins: &JenkinsServer) -> anyhow::Result<Setup> {
    let remediations = REMEDIATIONS.replace("${jenkins}", &jenkins.url());
    for (name, text) in [
        ("ill.rules.yml", RULES),
        ("alertmanager.yml", ALERTMANAGER),
        ("regain.yml", REGAIN),
        ("remediations.yml", &remediations),
        ("token", "secret"),
    ] {
        write_file(&dir.join(name), text)?;
    }
    Ok(Setup::new(Program::Regain, dir).flag("--regain.config.file=regain.yml"))
}

fn jenkins() -> anyhow::Result<JenkinsServer> {
    let job = Job::new().parameter("REGAIN_EXECUTION_ID", "").runs(|_| {
        thread::sleep(JOB_WORKS);
        BuildResult::Success
    });
    let admin = User::new("admin", "nobody knows").token("secret");
    Ok(Jenkins::new().user(admin).job("repair", job).start()?)
}
