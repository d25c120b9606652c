//! What the healer takes, refuses, tells and reads again.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rustix::process::Signal;

use super::healer::{API, Healer, Sick, remediations};
use crate::files::write;
use crate::http::{get, get_until, post_json, request, send};
use crate::program::{Program, run, text};

#[test]
fn what_is_no_notification_is_refused_and_says_why() {
    let sick = Sick::start();
    let healer = Healer::start(&sick, 0, &[]);
    let payload = sick.payload("firing", "2026-01-02T03:04:05Z");
    for (body, why) in [
        ("{", "the body: EOF while parsing"),
        ("{}", "the body: missing field `version`"),
        (&payload.replace("\"version\":\"4\"", "\"version\":\"3\""), "has version \\\"3\\\""),
        (
            &payload.replace("2026-01-02T", "yesterday "),
            "alerts[0]: startsAt is no time of RFC 3339",
        ),
    ] {
        let answer = healer.post(body);
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert!(answer.body.contains(why), "{}", answer.body);
    }
    let announced = too_large(&healer.address);
    assert!(announced.starts_with("HTTP/1.1 400 "), "{announced}");
    assert!(announced.contains("request body too large"), "{announced}");
    let form = send("POST", &healer.address, "/", &["content-type: text/plain"], &payload);
    assert_eq!(form.status, 400);
    let json = "content-type: application/json";
    for (path, body) in [("/", payload.as_str()), ("/-/reload", "")] {
        let page = send("POST", &healer.address, path, &[json, "origin: http://evil"], body);
        assert_eq!(page.status, 403, "{}", page.body);
    }
    assert_eq!(request("GET", &healer.address, "/webhook", &[]).status, 405);
    assert_eq!(healer.decisions(), Vec::new());
    for page in ["/-/healthy", "/-/ready"] {
        assert_eq!(get(&healer.address, page).status, 200);
    }
    assert!(get(&healer.address, API).body.contains("\"mode\":\"webhook\""));
    healer.stop();
    sick.stop();
}

/// Announces more than is read, and gives the answer.
fn too_large(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        (16 << 20) + 1
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn what_does_not_heal_is_told_to_the_alertmanager_and_is_not_healed() {
    let sick = Sick::start();
    let dir = tempfile::tempdir().unwrap();
    write(dir.path().join("alertmanager.yml"), "route: {receiver: a}\nreceivers: [{name: a}]\n");
    let mut alertmanager =
        Program::start(&["alertmanager", "--web.listen-address=127.0.0.1:0"], dir.path());
    let address = alertmanager.address();
    let healer = Healer::start(&sick, 1, &[&format!("--alertmanager.url=http://{address}")]);
    let payload = sick.payload("firing", &jiff::Timestamp::now().to_string());
    assert_eq!(healer.post(&payload).status, 200);
    let alerts = get_until(&address, "/api/v2/alerts", |answer| answer.body != "[]\n").body;
    for part in [
        "\"alertname\":\"RemediationEscalated\"",
        "\"escalate_to\":\"people\"",
        "\"of\":\"AppDown\"",
        "\"remediation\":\"app\"",
        &format!("\"instance\":\"{}\"", sick.instance),
    ] {
        assert!(alerts.contains(part), "{part} is missing in {alerts}");
    }
    // A route for everything brings it back.
    let back = payload.replace("\"AppDown\"", "\"RemediationEscalated\"");
    assert_eq!(healer.post(&back).status, 200);
    assert_eq!(healer.metric("regain_healing_webhook_alerts_total{status=\"ignored\"}"), "1");
    healer.stop();
    sick.stop();
}

#[test]
fn without_an_alertmanager_escalations_are_logged() {
    let sick = Sick::start();
    let mut healer = Healer::start(&sick, 1, &[]);
    let payload = sick.payload("firing", &jiff::Timestamp::now().to_string());
    assert_eq!(healer.post(&payload).status, 200);
    let line = healer.program.line_with(&["level=ERROR", "remediation=app"]);
    assert!(line.contains("AppDown"), "{line}");
    healer.stop();
    sick.stop();
}

#[test]
fn files_are_read_again_and_bad_ones_change_nothing() {
    let sick = Sick::start();
    let healer = Healer::start(&sick, 0, &[]);
    let file = healer.dir.path().join("remediations.yml");
    let successful = "regain_healing_config_last_reload_successful";
    write(&file, "remediations: [{name: app, steps: []}]\n");
    let answer = post_json(&healer.address, "/-/reload", "");
    assert_eq!(answer.status, 500);
    assert!(answer.body.contains("remediations.yml:1:"), "{}", answer.body);
    assert_eq!(healer.metric(successful), "0");
    assert!(get(&healer.address, API).body.contains("\"name\":\"app\""));
    let renamed = remediations(healer.dir.path(), 0).replace("name: app", "name: other");
    write(&file, &renamed);
    healer.program.signal(Signal::HUP);
    get_until(&healer.address, API, |answer| answer.body.contains("\"name\":\"other\""));
    assert_eq!(healer.metric(successful), "1");
    healer.stop();
    sick.stop();
}

#[test]
fn a_receiver_of_another_process_cannot_be_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let replacing = format!("{}  replaces: jenkins\n", remediations(dir.path(), 0));
    let file = dir.path().join("remediations.yml");
    write(&file, &replacing);
    let flag = format!("--config.file={}", file.display());
    let output = run(&["heal", "--web.listen-address=127.0.0.1:0", &flag]);
    assert_eq!(output.status.code(), Some(1));
    let log = text(&output.stderr);
    assert!(log.contains("remediation \\\"app\\\" replaces the receiver \\\"jenkins\\\""), "{log}");
}
