//! A healer with a server to ask and an application to heal.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::files::write;
use crate::http::{Answer, get, get_until, post_json};
use crate::program::{Program, run, text};
use crate::server::{Server, job};

/// Where the API is.
pub(super) const API: &str = "/api/v1/regain/healing";

/// What is healed: an exporter that runs, and a server that scrapes it.
pub(super) struct Sick {
    exporter: Program,
    server: Server,
    /// The application's own address.
    pub(super) instance: String,
}

impl Sick {
    /// Starts both, and waits until the server has seen the application.
    pub(super) fn start() -> Self {
        let mut exporter =
            Program::start(&["node", "--web.listen-address=127.0.0.1:0"], Path::new("/"));
        let instance = exporter.address();
        let server = Server::start(&job("app", &instance), &[]);
        let up = "/api/v1/query?query=up";
        get_until(&server.address, up, |answer| answer.body.contains(",\"1\"]"));
        Self { exporter, server, instance }
    }

    /// A webhook's payload about the application, as Alertmanager 0.34 writes it. `since` is when the
    /// alert began.
    pub(super) fn payload(&self, status: &str, since: &str) -> String {
        let end = if status == "firing" { "0001-01-01T00:00:00Z" } else { since };
        let instance = &self.instance;
        format!(
            r#"{{"receiver":"heal","status":"{status}","alerts":[{{"status":"{status}","labels":{{
            "alertname":"AppDown","instance":"{instance}","job":"app"}},"annotations":{{"summary":"down"}},
            "startsAt":"{since}","endsAt":"{end}","generatorURL":"http://p/graph","fingerprint":"0"}}],
            "groupLabels":{{}},"commonLabels":{{}},"commonAnnotations":{{}},"externalURL":"http://a",
            "version":"4","groupKey":"{{}}:{{}}","truncatedAlerts":0}}"#
        )
    }

    /// Ends both.
    pub(super) fn stop(self) {
        drop(self.server);
        drop(self.exporter);
    }
}

/// A healer that runs a command for each `AppDown`.
pub(super) struct Healer {
    pub(super) program: Program,
    pub(super) address: String,
    pub(super) dir: TempDir,
}

/// The remediation: `exit` is what the command ends with.
pub(super) fn remediations(dir: &Path, exit: u8) -> String {
    let dir = dir.display();
    format!(
        "escalate_to: people\nremediations:\n- name: app\n  mode: auto\n  match: ['alertname=\"AppDown\"']\n  \
         steps:\n  - command: {{argv: [/bin/sh, '{dir}/act.sh', '{dir}/acted', '{exit}']}}\n    \
         verify: {{alert_resolved: false, stable_for: 1s, within: 1m}}\n"
    )
}

impl Healer {
    pub(super) fn start(sick: &Sick, exit: u8, flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path().join("act.sh"), "echo acted >> \"$1\"; exit \"$2\"\n");
        write(dir.path().join("remediations.yml"), remediations(dir.path(), exit));
        let query = format!("--query.url=http://{}", sick.server.address);
        let mut arguments = vec!["heal", "--web.listen-address=127.0.0.1:0", &query];
        arguments.extend(flags);
        let mut program = Program::start(&arguments, dir.path());
        let address = program.address();
        Self { program, address, dir }
    }

    /// Sends a notification.
    pub(super) fn post(&self, payload: &str) -> Answer {
        post_json(&self.address, "/", payload)
    }

    /// Waits until the newest run is in `state`, and gives it.
    pub(super) fn run_in(&self, state: &str) -> Value {
        let is_there = |answer: &Answer| newest(answer).is_some_and(|run| run["state"] == state);
        newest(&get_until(&self.address, API, is_there)).unwrap()
    }

    /// How often the command ran.
    pub(super) fn acted(&self) -> usize {
        std::fs::read_to_string(self.dir.path().join("acted")).unwrap_or_default().lines().count()
    }

    /// All decisions, the newest first, each with its reason.
    pub(super) fn decisions(&self) -> Vec<(String, Value)> {
        let page: Value =
            serde_json::from_str(&get(&self.address, &format!("{API}/audit")).body).unwrap();
        let entries = page["data"]["entries"].as_array().unwrap();
        let word = |entry: &Value| entry["decision"].as_str().unwrap().to_owned();
        entries.iter().map(|entry| (word(entry), entry["reason"].clone())).collect()
    }

    /// How often something was decided.
    pub(super) fn count(&self, decision: &str) -> usize {
        self.decisions().iter().filter(|(word, _)| word == decision).count()
    }

    /// A number of `/metrics`.
    pub(super) fn metric(&self, name: &str) -> String {
        let page = get(&self.address, "/metrics").body;
        let line = page.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("{name} is missing in {page}")).to_owned()
    }

    /// Runs a command that asks this healer; gives its exit code and both outputs.
    pub(super) fn ask(&self, arguments: &[&str]) -> (i32, String, String) {
        let url = format!("--url=http://{}", self.address);
        let output = run(&[&["heal"], arguments, &[&url]].concat());
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    pub(super) fn stop(self) {
        let (status, log, _) = self.program.stop();
        assert!(status.success(), "{log:#?}");
    }
}

fn newest(answer: &Answer) -> Option<Value> {
    let overview: Value = serde_json::from_str(&answer.body).ok()?;
    overview["data"]["runs"].get(0).cloned()
}
