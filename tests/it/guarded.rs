//! Who may change what a server does: from another host nobody without a login, and no page of another site.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use regain_tests::http::{Answer, Connection};
use regain_tests::port::free_port;
use regain_tests::process::write_file;
use regain_tests::program::Program;
use regain_tests::server::{Server, Setup};
use tempfile::TempDir;

use super::peer::skip;

const RECEIVER: &str = "route: {receiver: team}\nreceivers: [{name: team}]\n";
const SILENCE: &str = r#"{"matchers":[{"name":"a","value":"b","isRegex":false}],"startsAt":"2026-01-01T00:00:00Z",
    "endsAt":"2096-01-01T00:00:00Z","createdBy":"me","comment":"c"}"#;
const PAUSE: &str = r#"{"scope":"all","name":"","by":"me","reason":"a test","for":null}"#;
const RESUME: &str = r#"{"scope":"all","name":"","by":"me"}"#;
const REMEDIATIONS: &str = "
remediations:
- name: nothing
  match: [selfhealing=\"true\"]
  target: [instance]
  mode: shadow
  steps:
  - command: {argv: [/bin/true]}
";
/// `ada` with the password `open sesame`.
const USERS: &str =
    "basic_auth_users:\n  ada: $2b$04$7qq15HW6WqO6NlTZdbg2SeHW3qZXikt1gK3dzH35A2xHini23NmY6\n";
const LOGIN: &str = "Authorization: Basic YWRhOm9wZW4gc2VzYW1l\r\n";
const JSON: &str = "Content-Type: application/json\r\n";

#[test]
fn silences_from_other_hosts_need_a_login() {
    let Some(outside) = outside() else { return };
    let dir = tempfile::tempdir().unwrap();
    let server = receiver(&dir, outside, None);
    let refused = post(outside, &server, "/api/v2/silences", "", SILENCE);
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert!(refused.text().contains("need a login"), "{}", refused.text());
    assert_eq!(post(outside, &server, "/-/reload", "", "").status, 403);
    // Looking and telling of alerts is what everybody may do.
    let alerts = r#"[{"labels":{"alertname":"Down"}}]"#;
    assert_eq!(post(outside, &server, "/api/v2/alerts", "", alerts).status, 200);
    assert_eq!(server.get("/api/v2/silences").unwrap().text(), "[]\n");
    // From this host it is as in the original.
    let local = IpAddr::from([127, 0, 0, 1]);
    assert_eq!(post(local, &server, "/api/v2/silences", "", SILENCE).status, 200);
}

#[test]
fn a_login_is_enough_for_silences_from_other_hosts() {
    let Some(outside) = outside() else { return };
    let dir = tempfile::tempdir().unwrap();
    write_file(&dir.path().join("web.yml"), USERS).unwrap();
    let server = receiver(&dir, outside, Some("--web.config.file=web.yml"));
    assert_eq!(post(outside, &server, "/api/v2/silences", "", SILENCE).status, 401);
    let made = post(outside, &server, "/api/v2/silences", LOGIN, SILENCE);
    assert_eq!(made.status, 200, "{}", made.text());
    // A browser keeps a login, and other sites would use it.
    let lured = format!("{LOGIN}Origin: http://evil.example\r\n");
    assert_eq!(post(outside, &server, "/api/v2/silences", &lured, SILENCE).status, 403);
}

#[test]
fn a_switch_lets_everybody_change_everything() {
    let Some(outside) = outside() else { return };
    let dir = tempfile::tempdir().unwrap();
    let server = receiver(&dir, outside, Some("--web.allow-anonymous-changes"));
    assert_eq!(post(outside, &server, "/api/v2/silences", "", SILENCE).status, 200);
}

#[test]
fn pitfall_26_healing_is_paused_by_nobody_from_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    write_file(&dir.path().join("alertmanager.yml"), RECEIVER).unwrap();
    write_file(&dir.path().join("remediations.yml"), REMEDIATIONS).unwrap();
    let regain =
        "alerting: {config_file: alertmanager.yml}\nhealing: {remediations: [remediations.yml]}\n";
    write_file(&dir.path().join("regain.yml"), regain).unwrap();
    let setup = Setup::new(Program::Regain, dir.path()).flag("--regain.config.file=regain.yml");
    let local = IpAddr::from([127, 0, 0, 1]);
    let outside = outside();
    let server = start(setup, outside.unwrap_or(local));
    let [pause, resume] = ["pause", "resume"].map(|verb| format!("/api/v1/regain/healing/{verb}"));
    let pauses =
        || server.data("/api/v1/regain/healing").unwrap()["pauses"].as_array().unwrap().len();
    for lured in ["Origin: http://evil.example\r\n", "Sec-Fetch-Site: cross-site\r\n"] {
        assert_eq!(post(local, &server, &pause, lured, PAUSE).status, 403, "{lured}");
    }
    if let Some(outside) = outside {
        assert_eq!(post(outside, &server, &pause, "", PAUSE).status, 403);
    }
    assert_eq!(pauses(), 0);
    let own = "Sec-Fetch-Site: same-origin\r\n";
    assert_eq!(post(local, &server, &pause, own, PAUSE).status, 200);
    assert_eq!(pauses(), 1);
    assert_eq!(post(local, &server, &resume, "Origin: null\r\n", RESUME).status, 403);
    assert_eq!(post(local, &server, &resume, own, RESUME).status, 200);
    assert_eq!(pauses(), 0);
}

fn receiver(dir: &TempDir, outside: IpAddr, flag: Option<&str>) -> Server {
    let mut setup = Setup::new(Program::RegainAlertmanager, dir.path()).config(RECEIVER);
    setup.flags.extend(flag.map(str::to_owned));
    start(setup, outside)
}

/// Starts a server on this host's own address and on another one, with the same port.
fn start(setup: Setup, outside: IpAddr) -> Server {
    let port = free_port().unwrap();
    let address = SocketAddr::new(outside, port);
    let setup = if outside.is_loopback() {
        setup
    } else {
        setup.flag(format!("--web.listen-address={address}"))
    };
    setup.start_on(port).unwrap()
}

/// An address of this host that is not its own alone. Nothing is sent to find it out.
fn outside() -> Option<IpAddr> {
    let found = || {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    };
    let address = found().ok().map(|address| address.ip()).filter(|address| !address.is_loopback());
    if address.is_none() {
        skip("this host has no address but its own");
    }
    address
}

fn post(host: IpAddr, server: &Server, path: &str, headers: &str, body: &str) -> Answer {
    let mut connection = Connection::to(SocketAddr::new(host, server.port)).unwrap();
    connection.post(path, &format!("{JSON}{headers}"), body.as_bytes()).unwrap()
}
