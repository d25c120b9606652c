//! Notifications that come more than once.

use std::path::Path;
use std::sync::Barrier;

use super::healer::{Healer, Sick};
use crate::files::write;
use crate::http::{get_until, post_json};
use crate::program::{Program, REGAIN, original};

const SINCE: &str = "2026-01-02T03:04:05Z";

/// An alert that began this long ago is too old to heal; it began just now.
fn now() -> String {
    jiff::Timestamp::now().to_string()
}

#[test]
fn an_ha_pair_of_alertmanagers_that_posts_twice_runs_once() {
    let sick = Sick::start();
    let healer = Healer::start(&sick, 0, &[]);
    let payload = sick.payload("firing", &now());
    let both = Barrier::new(2);
    std::thread::scope(|scope| {
        for path in ["/", "/webhook"] {
            let (both, payload, address) = (&both, &payload, &healer.address);
            scope.spawn(move || {
                both.wait();
                let answer = post_json(address, path, payload);
                assert_eq!((answer.status, answer.body.contains("\"alerts\":1")), (200, true));
            });
        }
    });
    let run = healer.run_in("succeeded");
    assert_eq!(run["target"]["instance"].as_str(), Some(sick.instance.as_str()));
    // The pair repeats itself after all is well, too.
    for _ in 0..2 {
        assert_eq!(healer.post(&payload).status, 200);
    }
    assert_eq!((healer.acted(), healer.count("started"), healer.count("triggered")), (1, 1, 1));
    assert_eq!(healer.metric("regain_healing_webhook_alerts_total{status=\"firing\"}"), "4");
    healer.stop();
    sick.stop();
}

#[test]
fn pitfall_03_a_resolved_notification_triggers_nothing() {
    let sick = Sick::start();
    let healer = Healer::start(&sick, 0, &[]);
    assert_eq!(healer.post(&sick.payload("resolved", SINCE)).status, 200);
    // What fires after that is decided upon after it.
    assert_eq!(healer.post(&sick.payload("firing", &now())).status, 200);
    healer.run_in("succeeded");
    assert_eq!(healer.post(&sick.payload("resolved", SINCE)).status, 200);
    assert_eq!((healer.acted(), healer.count("started")), (1, 1));
    healer.stop();
    sick.stop();
}

#[test]
fn pitfall_04_a_pair_of_real_alertmanagers_runs_once() {
    let regain = (REGAIN.into(), Some("alertmanager"));
    let stock = original("ALERTMANAGER").map(|program| (program, None));
    for (program, part) in [Some(regain), stock].into_iter().flatten() {
        let sick = Sick::start();
        let healer = Healer::start(&sick, 0, &[]);
        let config = format!(
            "route: {{receiver: heal, group_wait: 0s, group_interval: 1s}}\nreceivers:\n- name: heal\n  \
             webhook_configs: [{{url: 'http://{}/'}}]\n",
            healer.address
        );
        let start = || {
            let dir = tempfile::tempdir().unwrap();
            write(dir.path().join("alertmanager.yml"), &config);
            let program = alertmanager(&program, part, dir.path());
            (program, dir)
        };
        let mut pair = [start(), start()];
        let alerts = format!(
            r#"[{{"labels":{{"alertname":"AppDown","instance":"{}","job":"app"}}}}]"#,
            sick.instance
        );
        for (program, _) in &mut pair {
            let answer = post_json(&program.address(), "/api/v2/alerts", &alerts);
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
        let both = "regain_healing_webhook_alerts_total{status=\"firing\"} 2\n";
        get_until(&healer.address, "/metrics", |answer| answer.body.contains(both));
        healer.run_in("succeeded");
        assert_eq!((healer.acted(), healer.count("started")), (1, 1));
        healer.stop();
        sick.stop();
    }
}

fn alertmanager(program: &Path, part: Option<&str>, dir: &Path) -> Program {
    let mut command = std::process::Command::new(program);
    let flags = ["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="];
    Program::spawn(command.args(part).args(flags).current_dir(dir))
}
