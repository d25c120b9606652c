//! `regain heal list`, `show`, `pause`, `resume` and `audit`.

use serde_json::Value;

use super::healer::{Healer, Sick};
use crate::files::write;
use crate::http::post_json;
use crate::program::{run, text};

#[test]
fn what_is_healed_is_shown_and_explained() {
    let sick = Sick::start();
    let healer = Healer::start(&sick, 0, &[]);
    assert_eq!(
        healer.post(&sick.payload("firing", &jiff::Timestamp::now().to_string())).status,
        200
    );
    let run = healer.run_in("succeeded");
    let id = run["id"].as_str().unwrap();

    let (code, out, _) = healer.ask(&["list"]);
    assert_eq!(code, 0);
    let line = |start: &str| {
        let line = out.lines().find(|line| line.starts_with(start));
        line.unwrap_or_else(|| panic!("no line begins with {start}: {out}")).to_owned()
    };
    assert!(!line("Alerts come from webhooks of an Alertmanager").is_empty());
    let app = line("app ");
    for part in ["auto", "alertname=\"AppDown\"", "instance", "/bin/sh"] {
        assert!(app.contains(part), "{part} is missing in {out}");
    }
    assert!(line(id).contains("succeeded"), "{out}");
    let (_, json, _) = healer.ask(&["list", "--output=json"]);
    let overview: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(overview["runs"][0]["id"], id);

    let (code, out, _) = healer.ask(&["show", id]);
    assert_eq!(code, 0);
    for part in ["state        succeeded", "target       {instance=", "summary: down", "verifying"]
    {
        assert!(out.contains(part), "{part} is missing in {out}");
    }
    let (code, out, err) = healer.ask(&["show", "rx-nobody"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(err, "regain heal: error: there is no run \"rx-nobody\"\n");

    let (_, out, _) = healer.ask(&["audit", "--decision=started", "--remediation=app"]);
    assert_eq!(out.lines().count(), 2, "{out}");
    assert!(out.contains(id), "{out}");
    let (_, out, _) = healer.ask(&["audit", "--limit=1"]);
    assert!(out.lines().last().unwrap().starts_with("There is more: --before="), "{out}");
    let (code, _, err) = healer.ask(&["audit", "--decision=nonsense"]);
    assert_eq!(code, 1);
    assert!(err.contains("there is no decision \"nonsense\""), "{err}");
    healer.stop();
    sick.stop();
}

#[test]
fn healing_stops_and_goes_on_from_the_command_line() {
    let sick = Sick::start();
    let healer = Healer::start(&sick, 0, &[]);
    let pause = ["pause", "--remediation=app", "--reason=release", "--for=1h", "--by=me"];
    let (code, out, err) = healer.ask(&pause);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "Paused remediation app for 1h.\n", ""));
    assert_eq!(
        healer.post(&sick.payload("firing", &jiff::Timestamp::now().to_string())).status,
        200
    );
    assert!(healer.decisions().contains(&("not_started".to_owned(), "paused".into())));
    let (_, out, _) = healer.ask(&["list"]);
    assert!(out.contains("PAUSED remediation app by me since "), "{out}");
    assert!(out.contains(": release\n"), "{out}");
    assert_eq!(healer.acted(), 0);

    let (code, out, _) = healer.ask(&["resume", "--remediation=app", "--by=me"]);
    assert_eq!((code, out.as_str()), (0, "Resumed remediation app.\n"));
    healer.run_in("succeeded");
    assert_eq!((healer.count("paused"), healer.count("resumed"), healer.acted()), (1, 1, 1));

    for (arguments, why) in [
        (vec!["pause"], "required flag(s) '--reason' not provided"),
        (vec!["pause", "--reason=x", "--remediation=nobody"], "there is no remediation \"nobody\""),
        (
            vec!["resume", "--remediation=a", "--target=b"],
            "--remediation and --target exclude each other",
        ),
        (vec!["lst"], "expected command but got \"lst\""),
    ] {
        let (code, _, err) = healer.ask(&arguments);
        assert_eq!(code, 1);
        assert!(err.contains(why), "{err}");
    }
    healer.stop();
    sick.stop();
}

#[test]
fn a_login_is_asked_for_and_given_by_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let web = dir.path().join("web.yml");
    let hash = bcrypt::hash("secret", 4).unwrap();
    write(&web, format!("basic_auth_users: {{me: '{hash}'}}\n"));
    let sick = Sick::start();
    let healer = Healer::start(&sick, 0, &[&format!("--web.config.file={}", web.display())]);
    assert_eq!(post_json(&healer.address, "/", "{}").status, 401);
    let (code, _, err) = healer.ask(&["list"]);
    assert_eq!(code, 1);
    assert_eq!(err, "regain heal: error: a login is needed: give --http.config.file\n");
    let config = dir.path().join("client.yml");
    write(dir.path().join("password"), "secret");
    write(&config, "basic_auth: {username: me, password_file: password}\n");
    let flag = format!("--http.config.file={}", config.display());
    let (code, out, err) = healer.ask(&["list", &flag]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("app "), "{out}");
    let url = format!("http://{}", healer.address);
    let output = run(&["promtool", "check", "healthy", &format!("--url={url}"), &flag]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    drop(healer);
    sick.stop();
}

#[test]
fn who_cannot_be_asked_is_named() {
    let output = run(&["heal", "list", "--url=http://127.0.0.1:1"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("127.0.0.1:1") && said.contains("connection refused"), "{said}");
}
