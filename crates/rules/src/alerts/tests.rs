use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::{prop_assert, prop_assert_eq, proptest};

use regain_promql::ParserOptions;

use super::*;
use crate::settings::{AlertSettings, RuleKind, Texts};
use crate::state::SavedRule;

const START: u64 = 1_700_000_000;

fn seconds(n: u64) -> Duration {
    Duration::from_secs(START + n)
}

fn labels(name: &str) -> Labels {
    Labels::from_pairs([(ALERT_NAME, "a"), ("i", name)])
}

fn found(names: &[&str], value: f64) -> BTreeMap<Labels, Candidate> {
    let candidate = || Candidate { annotations: Texts::new(), value };
    names.iter().map(|name| (labels(name), candidate())).collect()
}

fn rule() -> Rule {
    let expr = regain_promql::parse("up == 0", &ParserOptions::default()).unwrap();
    Rule::new("a", expr, Texts::new(), RuleKind::Alerting(AlertSettings::default()))
}

/// Writes all alerts as `name:state`, with the times that are set in seconds: since when it is active, when it fired,
/// was resolved, and since when it is kept firing.
fn text(alerts: &Alerts) -> String {
    let mut text = String::new();
    for alert in alerts.iter() {
        let at = |time: Duration| time.as_secs() - START;
        let name = alert.labels.get("i").unwrap();
        write!(text, " {name}:{} a{}", alert.state.as_str(), at(alert.active_at)).unwrap();
        for (letter, time) in
            [('f', alert.fired_at), ('r', alert.resolved_at), ('k', alert.keep_firing_since)]
        {
            if let Some(time) = time {
                write!(text, " {letter}{}", at(time)).unwrap();
            }
        }
    }
    text.trim_start().to_owned()
}

/// Steps are the time in seconds, the alerts whose condition holds, and all alerts after the evaluation.
fn check(hold: u64, keep_firing_for: u64, steps: &[(u64, &str, &str)]) {
    let mut alerts = Alerts::new(true);
    for &(at, names, expected) in steps {
        let pace = Pace {
            now: seconds(at),
            hold: Duration::from_secs(hold),
            keep_firing_for: Duration::from_secs(keep_firing_for),
        };
        let names: Vec<&str> = names.split_whitespace().collect();
        alerts.advance(found(&names, 1.0), pace, None).unwrap();
        assert_eq!(text(&alerts), expected, "for {hold}, keep {keep_firing_for}, at {at}");
    }
}

#[test]
fn an_alert_without_for_fires_at_once() {
    check(
        0,
        0,
        &[
            (0, "x", "x:firing a0 f0"),
            (60, "x", "x:firing a0 f0"),
            (120, "", "x:inactive a0 f0 r120"),
            (180, "x", "x:firing a180 f180"),
        ],
    );
}

#[test]
fn an_alert_with_for_is_pending_first() {
    check(
        120,
        0,
        &[
            (0, "x", "x:pending a0"),
            (60, "x y", "x:pending a0 y:pending a60"),
            (119, "x", "x:pending a0"),
            (120, "x y", "x:firing a0 f120 y:pending a120"),
            (180, "y", "x:inactive a0 f120 r180 y:pending a120"),
            (240, "y", "x:inactive a0 f120 r180 y:firing a120 f240"),
        ],
    );
}

#[test]
fn a_resolved_alert_is_kept_for_fifteen_minutes() {
    check(
        0,
        0,
        &[
            (0, "x", "x:firing a0 f0"),
            (60, "", "x:inactive a0 f0 r60"),
            (960, "", "x:inactive a0 f0 r60"),
            (961, "", ""),
        ],
    );
}

#[test]
fn an_alert_can_be_kept_firing() {
    check(
        60,
        120,
        &[
            (0, "x", "x:pending a0"),
            (60, "x", "x:firing a0 f60"),
            (120, "", "x:firing a0 f60 k120"),
            (180, "", "x:firing a0 f60 k120"),
            // The condition is back: the time starts anew.
            (200, "x", "x:firing a0 f60"),
            (260, "", "x:firing a0 f60 k260"),
            (379, "", "x:firing a0 f60 k260"),
            (380, "", "x:inactive a0 f60 r380 k260"),
        ],
    );
}

#[test]
fn a_pending_alert_is_not_kept() {
    check(60, 120, &[(0, "x", "x:pending a0"), (30, "", "")]);
}

#[test]
fn a_longer_for_makes_a_firing_alert_pending_again() {
    let mut alerts = Alerts::new(true);
    let mut step = |at, hold| {
        let pace = Pace {
            now: seconds(at),
            hold: Duration::from_secs(hold),
            keep_firing_for: Duration::ZERO,
        };
        alerts.advance(found(&["x"], 1.0), pace, None).unwrap();
        alerts.take_due(seconds(at), Duration::from_mins(1));
        (text(&alerts), alerts.iter().next().unwrap().last_sent_at.is_some())
    };
    assert_eq!(step(0, 0), ("x:firing a0 f0".to_owned(), true));
    assert_eq!(step(60, 90), ("x:pending a0".to_owned(), false));
    assert_eq!(step(90, 90), ("x:firing a0 f90".to_owned(), true));
}

#[test]
fn the_limit_counts_pending_and_firing_alerts_and_forgets_all() {
    let mut alerts = Alerts::new(true);
    let pace =
        |at| Pace { now: seconds(at), hold: Duration::ZERO, keep_firing_for: Duration::ZERO };
    alerts.advance(found(&["x", "y"], 1.0), pace(0), Some(2)).unwrap();
    // Resolved alerts do not count.
    alerts.advance(found(&["y", "z"], 1.0), pace(1), Some(2)).unwrap();
    assert_eq!(alerts.iter().count(), 3);
    let error = alerts.advance(found(&["x", "y", "z"], 1.0), pace(2), Some(2)).unwrap_err();
    assert_eq!(error.to_string(), "exceeded limit of 2 with 3 alerts");
    assert_eq!(text(&alerts), "");
}

#[test]
fn alerts_are_sent_again_after_the_delay_and_at_once_when_resolved() {
    let mut alerts = Alerts::new(true);
    let mut sent = |at, names: &[&str]| {
        let pace = Pace {
            now: seconds(at),
            hold: Duration::from_secs(10),
            keep_firing_for: Duration::ZERO,
        };
        alerts.advance(found(names, 1.0), pace, None).unwrap();
        alerts.take_due(seconds(at), Duration::from_mins(1)).len()
    };
    for (at, names, expected) in [
        (0, &["x"][..], 0),
        (10, &["x"], 1),
        (20, &["x"], 0),
        (70, &["x"], 0),
        (71, &["x"], 1),
        (72, &[], 1),
        (100, &[], 0),
        (133, &[], 1),
    ] {
        assert_eq!(sent(at, names), expected, "at {at}");
    }
}

#[test]
fn series_tell_the_state_and_since_when() {
    let mut alerts = Alerts::new(false);
    let pace = |at| Pace {
        now: seconds(at),
        hold: Duration::from_mins(1),
        keep_firing_for: Duration::ZERO,
    };
    alerts.advance(found(&["x"], 1.0), pace(0), None).unwrap();
    assert!(alerts.series(&rule()).is_empty(), "nothing before the restoration");
    alerts.is_restored = true;
    alerts.advance(found(&["x", "y"], 1.0), pace(60), None).unwrap();
    let series = alerts.series(&rule());
    let texts = series.iter().map(|(labels, v)| {
        let Value::Float(v) = v else { panic!("{v:?}") };
        format!("{} {v}", labels.to_metric_string())
    });
    assert_eq!(
        texts.collect::<Vec<_>>(),
        [
            r#"ALERTS{alertname="a", alertstate="firing", i="x"} 1"#,
            r#"ALERTS{alertname="a", alertstate="pending", i="y"} 1"#,
            r#"ALERTS_FOR_STATE{alertname="a", i="x"} 1700000000"#,
            r#"ALERTS_FOR_STATE{alertname="a", i="y"} 1700000060"#,
        ]
    );
}

#[test]
fn restored_alerts_wait_for_one_evaluation() {
    let mut before = Alerts::new(true);
    let pace = |at| Pace {
        now: seconds(at),
        hold: Duration::from_mins(1),
        keep_firing_for: Duration::ZERO,
    };
    before.advance(found(&["x"], 1.0), pace(0), None).unwrap();
    before.advance(found(&["x", "y"], 1.0), pace(60), None).unwrap();
    let mut alerts = Alerts::restored(before.iter().cloned());
    let mut step = |at, names: &[&str]| {
        alerts.advance(found(names, 1.0), pace(at), None).unwrap();
        text(&alerts)
    };
    assert_eq!(step(120, &[]), "x:firing a0 f60 y:pending a60");
    assert_eq!(step(180, &["x"]), "x:firing a0 f60");
}

/// One evaluation: how much later it is, which alerts hold, and what is configured.
#[derive(Debug, Clone)]
struct Step {
    later: u64,
    names: Vec<&'static str>,
    hold: u64,
    keep: u64,
    sends: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let names = ["x", "y", "z"];
    (1..400_u64, 0..8_u8, 0..3_u64, 0..3_u64, any::<bool>()).prop_map(
        move |(later, mask, hold, keep, sends)| Step {
            later,
            names: (0..3).filter(|bit| mask & (1 << bit) != 0).map(|bit| names[bit]).collect(),
            hold: hold * 100,
            keep: keep * 100,
            sends,
        },
    )
}

proptest! {
    #[test]
    fn the_state_machine_holds_its_promises(steps in vec(step(), 1..60)) {
        let mut alerts = Alerts::new(true);
        let mut now = 0;
        for Step { later, names, hold, keep, sends } in steps {
            now += later;
            let pace = Pace {
                now: seconds(now),
                hold: Duration::from_secs(hold),
                keep_firing_for: Duration::from_secs(keep),
            };
            let before: BTreeMap<Labels, Alert> =
                alerts.iter().map(|alert| (alert.labels.clone(), alert.clone())).collect();
            alerts.advance(found(&names, 2.0), pace, None).unwrap();
            for alert in alerts.iter() {
                let holds = names.iter().any(|name| labels(name) == alert.labels);
                let old = before.get(&alert.labels);
                match alert.state {
                    AlertState::Pending => {
                        prop_assert!(pace.now < alert.active_at + pace.hold);
                        prop_assert!(alert.fired_at.is_none() && alert.last_sent_at.is_none());
                        let was_firing = old.is_some_and(|old| old.state == AlertState::Firing);
                        prop_assert!(holds || was_firing, "a kept alert may wait again");
                    }
                    AlertState::Firing => {
                        prop_assert!(pace.now >= alert.active_at + pace.hold);
                        prop_assert!(alert.fired_at.is_some() && alert.resolved_at.is_none());
                        prop_assert_eq!(holds, alert.keep_firing_since.is_none());
                        prop_assert!(holds || !pace.keep_firing_for.is_zero());
                    }
                    AlertState::Inactive => {
                        prop_assert!(!holds && alert.fired_at.is_some());
                        let resolved = alert.resolved_at.unwrap();
                        let was_firing = old.is_some_and(|old| old.state == AlertState::Firing);
                        prop_assert!(was_firing || old.is_some_and(|old| old.resolved_at == Some(resolved)));
                    }
                    AlertState::Unknown => prop_assert!(false, "an alert is never unknown"),
                }
                let goes_on = old.filter(|old| old.state != AlertState::Inactive);
                prop_assert!(goes_on.is_none_or(|old| old.active_at == alert.active_at));
            }
            for name in &names {
                prop_assert!(alerts.iter().any(|alert| alert.labels == labels(name)));
            }
            if sends {
                let delay = Duration::from_mins(1);
                let due = alerts.take_due(pace.now, delay);
                prop_assert!(due.iter().all(|alert| alert.state != AlertState::Pending));
                prop_assert!(alerts.take_due(pace.now, delay).is_empty());
            }
            let saved = SavedRule::new(&rule(), pace.now, alerts.iter());
            prop_assert!(saved.alerts().eq(alerts.iter().cloned()));
        }
    }
}
