//! Groups in their slots, across reloads.

use std::time::Duration;

use regain_rules::{RuleGroup, RuleHealth};
use tokio::time::{Instant, advance};

use crate::support::{INTERVAL, Process, START, alerting, group, recording, until};

#[tokio::test(start_paused = true)]
async fn groups_are_evaluated_in_their_slots() {
    let process = Process::start();
    process
        .apply(vec![group("b", vec![recording("b", "1")]), group("a", vec![recording("a", "2")])])
        .await;
    let names: Vec<String> =
        process.rules.groups().iter().map(|group| group.settings.name.to_string()).collect();
    assert_eq!(names, ["a", "b"]);
    process.evaluate().await;
    process.evaluate().await;
    assert_eq!(process.values("a"), ["2", "2"]);
    assert_eq!(process.values("b"), ["1", "1"]);
    let stored = process.store.to_vec();
    let offset_ms = |index: usize| stored[index].1[0].0.0.rem_euclid(10_000);
    for (_, samples) in &stored {
        assert_eq!(samples[1].0.0 - samples[0].0.0, 10_000, "slots are an interval apart");
    }
    assert_ne!(offset_ms(0), offset_ms(1), "groups are spread over the interval");
    process.rules.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_slot_is_upstreams() {
    let process = Process::start();
    let day =
        RuleGroup { interval: Duration::from_hours(24), ..group("a", vec![recording("a", "2")]) };
    process.apply(vec![day]).await;
    advance(Duration::from_hours(24)).await;
    until(|| !process.values("a").is_empty()).await;
    let at = process.store.to_vec()[0].1[0].0.0;
    let labels = regain_model::Labels::from_pairs([("name", "a"), ("file", "r.yml")]);
    let offset_ns = labels.upstream_hash() % 86_400_000_000_000;
    assert_eq!(at.rem_euclid(86_400_000), i64::try_from(offset_ns / 1_000_000).unwrap());
    process.rules.stop().await;
}

#[tokio::test(start_paused = true)]
async fn missed_slots_are_counted_and_not_made_up_for() {
    let process = Process::start();
    process.apply(vec![group("a", vec![recording("a", "2")])]).await;
    process.evaluate().await;
    process.evaluate_after(INTERVAL * 3).await;
    process.evaluate().await;
    let stored = process.store.to_vec();
    let times: Vec<i64> = stored[0].1.iter().map(|(time, _)| time.0 - stored[0].1[0].0.0).collect();
    assert_eq!(times, [0, 30_000, 40_000]);
    let metric = |name| process.metric(name, Some("r.yml;a")).unwrap();
    assert_eq!(metric("prometheus_rule_group_iterations_missed_total"), 2.0);
    assert_eq!(metric("prometheus_rule_group_iterations_total"), 5.0);
    process.rules.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_equal_group_is_left_alone_by_a_reload() {
    let (process, begin) = (Process::start(), Instant::now());
    let groups = || vec![group("a", vec![alerting("Hot", "m > 1", INTERVAL * 2)])];
    process.apply(groups()).await;
    process.set(begin, "x", 2.0);
    process.evaluate().await;
    let before = process.group();
    process.apply(groups()).await;
    assert_eq!(process.group().last_evaluation, before.last_evaluation);
    process.evaluate().await;
    process.evaluate().await;
    assert_eq!(process.alerts(), ["x:firing"]);
    process.rules.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_changed_group_keeps_its_alerts() {
    let (process, begin) = (Process::start(), Instant::now());
    process.apply(vec![group("a", vec![alerting("Hot", "m > 1", INTERVAL * 2)])]).await;
    process.set(begin, "x", 2.0);
    process.evaluate().await;
    process
        .apply(vec![group("a", vec![alerting("Hot", "m > 0", INTERVAL * 2), recording("r", "1")])])
        .await;
    assert_eq!(process.alerts(), ["x:pending"]);
    process.evaluate().await;
    process.evaluate().await;
    assert_eq!(process.alerts(), ["x:firing"]);
    process.rules.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_series_of_a_group_that_is_gone_end_after_two_intervals() {
    let process = Process::start();
    process
        .apply(vec![group("a", vec![recording("a", "2")]), group("b", vec![recording("b", "1")])])
        .await;
    process.evaluate().await;
    process.apply(vec![group("b", vec![recording("b", "1")])]).await;
    assert_eq!(process.metric("prometheus_rule_group_rules", Some("r.yml;a")), None);
    process.evaluate().await;
    assert_eq!(process.values("a"), ["2"]);
    process.evaluate().await;
    until(|| process.values("a").len() > 1).await;
    assert_eq!(process.values("a"), ["2", "stale"]);
    process.rules.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_renamed_group_has_no_gap_in_its_series() {
    let process = Process::start();
    process.apply(vec![group("a", vec![recording("x", "2")])]).await;
    process.evaluate().await;
    process.apply(vec![group("b", vec![recording("x", "2")])]).await;
    process.evaluate().await;
    process.evaluate().await;
    process.evaluate().await;
    assert!(!process.values("x").contains(&"stale".to_owned()), "{:?}", process.values("x"));
    process.rules.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_no_series_and_all_tasks() {
    let process = Process::start();
    process.apply(vec![group("a", vec![recording("a", "2")])]).await;
    process.evaluate().await;
    process.rules.stop().await;
    assert_eq!(process.rules.groups().len(), 0);
    process.apply(vec![group("a", vec![recording("a", "2")])]).await;
    assert_eq!(process.rules.groups().len(), 0, "a manager that was stopped starts nothing");
    advance(INTERVAL * 3).await;
    assert_eq!(process.values("a"), ["2"]);
}

#[tokio::test(start_paused = true)]
async fn views_say_when_and_how_rules_were_evaluated() {
    let process = Process::start();
    process.apply(vec![group("a", vec![recording("a", "2"), recording("b", "m[1m]")])]).await;
    assert_eq!(process.group().rules[0].health, RuleHealth::Unknown);
    process.evaluate().await;
    let view = process.group();
    let health: Vec<_> = view.rules.iter().map(|rule| rule.health.as_str()).collect();
    assert_eq!(health, ["ok", "err"]);
    let last = view.last_evaluation.unwrap();
    assert!(last > START && last <= START + INTERVAL, "{last:?}");
    assert_eq!(process.metric("prometheus_rule_evaluation_failures_total", None), Some(1.0));
    process.rules.stop().await;
}
