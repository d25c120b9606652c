//! From a rule to a webhook, with each half ours or the original's.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use regain_tests::hook::{Hook, Posted};
use regain_tests::process::{wait_for, write_file};
use regain_tests::program::Program;
use regain_tests::server::Setup;
use serde_json::{Value, json};

use super::peer::{MODERN_PROMETHEUS, Version, is_at_hand};

const LIMIT: Duration = Duration::from_mins(1);
/// For how many seconds the condition of the rule holds.
const HOLDS_S: u64 = 5;
const MODERN_ALERTMANAGER: Version = [0, 25, 0];

/// The alert fires with what templates make of its labels, and ends when its condition does.
#[test]
fn an_alert_reaches_the_webhook_through_any_pair() {
    let servers = available(Program::Regain, Program::Prometheus, MODERN_PROMETHEUS);
    let receivers =
        available(Program::RegainAlertmanager, Program::Alertmanager, MODERN_ALERTMANAGER);
    for &server in &servers {
        for &receiver in &receivers {
            let (firing, resolved) = play(server, receiver).unwrap_or_else(|error| {
                panic!("{} -> {}: {error:#}", server.name(), receiver.name())
            });
            let pair = format!("{} -> {}", server.name(), receiver.name());
            assert_eq!(firing, expected("firing"), "{pair}");
            assert_eq!(resolved, expected("resolved"), "{pair}");
        }
    }
}

fn available(ours: Program, original: Program, oldest: Version) -> Vec<Program> {
    if is_at_hand(original, oldest) { vec![ours, original] } else { vec![ours] }
}

/// What must be in the notification.
fn expected(status: &str) -> Value {
    json!({
        "receiver": "hook",
        "status": status,
        "groupLabels": { "alertname": "Short" },
        "commonLabels": { "alertname": "Short", "severity": "page", "site": "a", "replica": "1" },
        "commonAnnotations": { "summary": "1.0 of a" },
        "groupKey": "{}:{alertname=\"Short\"}",
        "version": "4",
        "truncatedAlerts": 0,
    })
}

/// Plays it once and returns what the hook got when the alert fired and when it was over.
fn play(server: Program, receiver: Program) -> anyhow::Result<(Value, Value)> {
    let dir = tempfile::tempdir()?;
    let hook = Hook::serve(|_| 200)?;
    let alertmanager = Setup::new(receiver, &dir.path().join("alertmanager"))
        .config(format!(
            "route:\n  receiver: hook\n  group_by: [alertname]\n  group_wait: 1s\n  group_interval: 1s\n\
             receivers:\n- name: hook\n  webhook_configs:\n  - url: http://{}/\n",
            hook.address()
        ))
        .start()?;
    let home = dir.path().join("server");
    std::fs::create_dir_all(&home)?;
    let server = Setup::new(server, &home)
        .config(format!(
            "global:\n  evaluation_interval: 1s\n  external_labels: {{site: a}}\n\
             rule_files: ['*.rules.yml']\n\
             alerting:\n  alert_relabel_configs:\n  - {{target_label: replica, replacement: '1'}}\n  \
             alertmanagers:\n  - static_configs:\n    - targets: ['127.0.0.1:{}']\n",
            alertmanager.port
        ))
        .flag("--web.enable-lifecycle")
        .start()?;
    // The condition holds for a few seconds only, so the start must be over.
    write_file(&home.join("short.rules.yml"), &rules())?;
    let answer = server.connect()?.post("/-/reload", "", b"")?;
    anyhow::ensure!(answer.status == 200, "reload: {}", answer.text());
    let of_status = |status: &str| -> anyhow::Result<Option<Value>> {
        let bodies = hook.posted().iter().map(Posted::json).collect::<Result<Vec<_>, _>>()?;
        Ok(bodies.into_iter().find(|body| body["status"] == status))
    };
    let firing = wait_for("the alert to fire", LIMIT, || of_status("firing"))?;
    let resolved = wait_for("the alert to be over", LIMIT, || of_status("resolved"))?;
    let generated = firing["alerts"][0]["generatorURL"].as_str().unwrap_or_default().to_owned();
    anyhow::ensure!(generated.contains("/graph?g0.expr="), "generatorURL is {generated:?}");
    let names: BTreeSet<_> =
        resolved["alerts"][0].as_object().into_iter().flatten().map(|(key, _)| key).collect();
    let wanted =
        ["annotations", "endsAt", "fingerprint", "generatorURL", "labels", "startsAt", "status"];
    anyhow::ensure!(names.iter().copied().eq(wanted.iter()), "an alert has {names:?}");
    Ok((facts(&firing), facts(&resolved)))
}

/// A rule whose condition holds for a few seconds from now.
fn rules() -> String {
    #[expect(clippy::disallowed_methods, reason = "the rule compares with the time of the day")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let end = now + HOLDS_S;
    format!(
        "groups:\n- name: short\n  rules:\n  - alert: Short\n    expr: vector(1) and on() (vector(time()) < {end})\n    \
         labels: {{severity: page}}\n    annotations:\n      \
         summary: '{{{{ printf \"%.1f\" $value }}}} of {{{{ $externalLabels.site }}}}{{{{ with $labels.nothing }}}}!{{{{ end }}}}'\n"
    )
}

/// What does not depend on the time or on ports.
fn facts(body: &Value) -> Value {
    let mut facts = body.clone();
    if let Some(fields) = facts.as_object_mut() {
        for name in ["alerts", "externalURL", "notification_reason", "routeLabels"] {
            fields.remove(name);
        }
    }
    facts
}
