//! What an Alertmanager knows beyond its webhooks.

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::healer::{Healer, Sick};
use crate::files::write;
use crate::http::{get_until, post_json, request};
use crate::program::Program;

/// An Alertmanager whose receivers tell nobody.
struct Alertmanager {
    program: Program,
    address: String,
    _dir: TempDir,
}

impl Alertmanager {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = "route: {receiver: people, routes: [{receiver: heal, matchers: ['job=\"app\"']}]}\n\
                      receivers: [{name: people}, {name: heal}]\n";
        write(dir.path().join("alertmanager.yml"), config);
        let arguments = ["alertmanager", "--web.listen-address=127.0.0.1:0"];
        let mut program = Program::start(&arguments, dir.path());
        let address = program.address();
        Self { program, address, _dir: dir }
    }

    fn fire(&self, sick: &Sick, job: &str) {
        let alerts = format!(
            r#"[{{"labels":{{"alertname":"AppDown","instance":"{}","job":"{job}"}}}}]"#,
            sick.instance
        );
        assert_eq!(post_json(&self.address, "/api/v2/alerts", &alerts).status, 200);
    }

    /// Silences everything, and gives the id of the silence.
    fn silence(&self) -> String {
        let silence = r#"{"matchers":[{"name":"alertname","value":"AppDown","isRegex":false}],
            "startsAt":"2026-01-02T03:04:05Z","endsAt":"2100-01-01T00:00:00Z","createdBy":"me","comment":"release"}"#;
        let answer = post_json(&self.address, "/api/v2/silences", silence);
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        answer["silenceID"].as_str().unwrap().to_owned()
    }

    fn flags(&self) -> [String; 2] {
        let url = format!("--alertmanager.url=http://{}", self.address);
        [url, "--alertmanager.receiver=heal".to_owned()]
    }

    fn stop(self) {
        self.program.signal(Signal::TERM);
        assert!(self.program.wait().0.success());
    }
}

#[test]
fn pitfall_16_a_silence_is_seen_that_no_webhook_tells_of() {
    let (sick, alertmanager) = (Sick::start(), Alertmanager::start());
    let silence = alertmanager.silence();
    alertmanager.fire(&sick, "app");
    let [url, receiver] = alertmanager.flags();
    let healer = Healer::start(&sick, 0, &[&url, &receiver]);
    let audit = "/api/v1/regain/healing/audit";
    get_until(&healer.address, audit, |answer| answer.body.contains("\"silenced\""));
    assert_eq!((healer.acted(), healer.count("started")), (0, 0));
    let path = format!("/api/v2/silence/{silence}");
    assert_eq!(request("DELETE", &alertmanager.address, &path, &[]).status, 200);
    healer.run_in("succeeded");
    assert_eq!(healer.acted(), 1);
    healer.stop();
    alertmanager.stop();
    sick.stop();
}

#[test]
fn what_fired_before_a_restart_is_healed_and_what_others_are_told_is_not() {
    let (sick, alertmanager) = (Sick::start(), Alertmanager::start());
    alertmanager.fire(&sick, "of-people");
    alertmanager.fire(&sick, "app");
    let [url, receiver] = alertmanager.flags();
    let healer = Healer::start(&sick, 0, &[&url, &receiver]);
    let run = healer.run_in("succeeded");
    assert_eq!(run["alert"]["labels"]["job"], "app");
    assert_eq!((healer.acted(), healer.count("started")), (1, 1));
    healer.stop();
    alertmanager.stop();
    sick.stop();
}
