//! The log of failed scrapes, in Regain and in a real Prometheus.

use std::fs;
use std::path::Path;
use std::time::Duration;

use regain_tests::process::wait_for;
use regain_tests::program::Program;
use regain_tests::server::Setup;
use serde_json::{Value, json};

use super::peer::{Version, is_at_hand};
use super::target::{AT_ONCE, Target, respond};

const LIMIT: Duration = Duration::from_mins(2);
const OLDEST: Version = [3, 14, 0];

/// The lines of a log but for what differs from line to line and from program to program, each once.
fn lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let mut lines: Vec<Value> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .map(|mut line: Value| {
            let kept = line.as_object_mut().unwrap();
            assert!(kept.remove("time").is_some() && kept.remove("source").is_some());
            line
        })
        .collect();
    lines.sort_by_key(Value::to_string);
    lines.dedup();
    lines
}

#[test]
fn failures_are_logged_as_prometheus_logs_them_and_to_a_new_file_after_a_reload() {
    let target = Target::serve(|stream, path| match path {
        "/large" => respond(stream, "text/plain", "", &[b' '; 100]),
        _ => respond(stream, "text/plain", "", b"no exposition at all"),
    });
    let address = target.address();
    let config = format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms, scrape_failure_log_file: all.log}}\n\
         scrape_configs:\n\
         - {{job_name: large, metrics_path: /large, body_size_limit: 10B, static_configs: [{{targets: ['{address}']}}]}}\n\
         - {{job_name: broken, static_configs: [{{targets: ['{address}']}}]}}\n\
         - {{job_name: own, scrape_failure_log_file: own.log, body_size_limit: 1B, \
         static_configs: [{{targets: ['{address}']}}]}}\n"
    );
    let line = |job: &str, path: &str| {
        json!({
            "level": "ERROR",
            "msg": "body size limit exceeded",
            "job_name": job,
            "target": format!("http://{address}{path}"),
        })
    };
    let expected =
        [("all.log", vec![line("large", "/large")]), ("own.log", vec![line("own", "/metrics")])];
    for program in [Program::Regain, Program::Prometheus] {
        if program == Program::Prometheus && !is_at_hand(program, OLDEST) {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        let setup = Setup::new(program, dir.path()).config(config.as_str());
        let server = setup.flag(AT_ONCE).flag("--web.enable-lifecycle").start().unwrap();
        for moved in [false, true] {
            for (file, expected) in &expected {
                let file = dir.path().join(file);
                let is_there = || Ok((!lines(&file).is_empty()).then_some(()));
                wait_for("a line", LIMIT, is_there).unwrap();
                assert_eq!(lines(&file), *expected, "{}, moved: {moved}", program.name());
                fs::rename(&file, file.with_extension("old")).unwrap();
            }
            let reloaded = server.connect().unwrap().post("/-/reload", "", b"").unwrap();
            assert_eq!(reloaded.status, 200, "{}", reloaded.text());
        }
    }
}
