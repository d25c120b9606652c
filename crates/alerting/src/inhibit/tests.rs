use jiff::SignedDuration;

use super::*;
use crate::Annotations;
use crate::matcher::{MatcherMode, parse_matchers};

const START: Timestamp = Timestamp::UNIX_EPOCH;

fn rule(source: &str, target: &str, equal: &[&str]) -> InhibitRuleSettings {
    let parse = |text| parse_matchers(text, MatcherMode::Fallback, "test").unwrap();
    InhibitRuleSettings {
        name: String::new(),
        source: parse(source),
        target: parse(target),
        equal: equal.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn labels(text: &str) -> Labels {
    Labels::from_pairs(text.split_whitespace().filter_map(|pair| pair.split_once('=')))
}

fn after(seconds: i64) -> Timestamp {
    START + SignedDuration::from_secs(seconds)
}

/// An alert that ends `end` seconds after the start.
fn alert(text: &str, end: i64) -> Alert {
    Alert {
        labels: labels(text),
        annotations: Annotations::new(),
        starts_at: START,
        ends_at: Some(after(end)),
        generator_url: String::new(),
        updated_at: START,
        timeout: false,
    }
}

fn inhibitor(rules: &[InhibitRuleSettings], alerts: &[(&str, i64)]) -> Inhibitor {
    let mut inhibitor = Inhibitor::new(rules);
    for (text, end) in alerts {
        inhibitor.update(&alert(text, *end));
    }
    inhibitor
}

/// The labels of the alert that inhibits, among `alerts`; empty where none does.
fn by<'a>(inhibitor: &Inhibitor, target: &str, alerts: &[(&'a str, i64)], now: i64) -> &'a str {
    match inhibitor.inhibited_by(&labels(target), after(now))[..] {
        [] => "",
        [found] => {
            let (text, _) = alerts
                .iter()
                .find(|(text, _)| Fingerprint::of(&labels(text)) == found)
                .expect("only known alerts inhibit");
            text
        }
        _ => panic!("the first rule decides"),
    }
}

#[test]
fn a_firing_source_inhibits_targets_with_equal_values() {
    let rules = [rule("severity=critical", "severity=warning", &["cluster", "zone"])];
    let alerts = [("n=1 severity=critical cluster=a", 100)];
    let inhibitor = inhibitor(&rules, &alerts);
    let source = alerts[0].0;
    for (target, expected) in [
        ("severity=warning cluster=a", source),
        ("severity=warning cluster=b", ""),
        ("severity=warning cluster=a zone=1", ""),
        ("severity=info cluster=a", ""),
        ("severity=critical cluster=a", ""),
    ] {
        assert_eq!(by(&inhibitor, target, &alerts, 10), expected, "{target}");
    }
    assert_eq!(by(&inhibitor, "severity=warning cluster=a", &alerts, 100), "", "it has ended");
}

#[test]
fn an_empty_rule_inhibits_nothing() {
    let inhibitor = inhibitor(&[rule("", "", &[])], &[("a=1", 100), ("b=2", 100)]);
    for target in ["a=1", "b=2", "c=3"] {
        assert_eq!(inhibitor.inhibited_by(&labels(target), START), [], "{target}");
    }
}

#[test]
fn alerts_that_match_both_sides_do_not_inhibit_each_other() {
    let rules = [rule("s=1", "t=1", &["e"])];
    let both = [("s=1 t=1 e=x n=1", 100)];
    let with_both = inhibitor(&rules, &both);
    assert_eq!(by(&with_both, "s=1 t=1 e=x n=2", &both, 0), "");
    assert_eq!(by(&with_both, "t=1 e=x", &both, 0), both[0].0, "a target only is inhibited");
    let source = [("s=1 e=x", 100)];
    let with_source = inhibitor(&rules, &source);
    assert_eq!(by(&with_source, "s=1 t=1 e=x", &source, 0), source[0].0);
}

#[test]
fn of_equal_sources_the_one_that_ends_last_counts() {
    let rules = [rule("s=1", "t=1", &["e"])];
    for (alerts, now, expected) in [
        (&[("s=1 n=1", 50), ("s=1 n=2", 100)][..], 70, "s=1 n=2"),
        (&[("s=1 n=1", 100), ("s=1 n=2", 50)], 70, "s=1 n=1"),
        (&[("s=1 n=1", 50), ("s=1 n=2", 50)], 10, "s=1 n=2"),
        // The source that counts resolves; the other one counts again when it is next heard of.
        (&[("s=1 n=1", 90), ("s=1 n=2", 100), ("s=1 n=2", 20)], 70, ""),
        (&[("s=1 n=1", 90), ("s=1 n=2", 100), ("s=1 n=2", 20), ("s=1 n=1", 90)], 70, "s=1 n=1"),
    ] {
        assert_eq!(by(&inhibitor(&rules, alerts), "t=1", alerts, now), expected, "{alerts:?}");
    }
}

#[test]
fn the_first_rule_that_has_a_source_decides() {
    let mut rules = [rule("s=1", "t=1", &[]), rule("s=2", "t=1", &[]), rule("s=3", "t=2", &[])];
    rules[1].name = "second".to_owned();
    let alerts = [("s=3", 100), ("s=2", 100)];
    let mut inhibitor = inhibitor(&rules, &alerts);
    assert_eq!(by(&inhibitor, "t=1", &alerts, 0), "s=2");
    assert_eq!(inhibitor.inhibiting_rule(&labels("t=1"), START), Some("second"));
    inhibitor.update(&alert("s=1", 100));
    assert_eq!(by(&inhibitor, "t=1", &[("s=1", 100)], 0), "s=1");
    assert_eq!(inhibitor.inhibiting_rule(&labels("t=1"), START), Some(""));
}

#[test]
fn a_source_that_is_forgotten_inhibits_no_more() {
    let rules = [rule("s=1", "t=1", &[])];
    let alerts = [("s=1 n=1", 100), ("s=1 n=2", 50)];
    let mut inhibitor = inhibitor(&rules, &alerts);
    inhibitor.remove(Fingerprint::of(&labels("s=1 n=2")));
    assert_eq!(by(&inhibitor, "t=1", &alerts, 0), "s=1 n=1");
    inhibitor.remove(Fingerprint::of(&labels("s=1 n=1")));
    assert_eq!(by(&inhibitor, "t=1", &alerts, 0), "");
    inhibitor.update(&alert("s=1 n=2", 50));
    assert_eq!(by(&inhibitor, "t=1", &alerts, 0), "s=1 n=2");
}
