//! The metrics that dashboards read.

use tokio::time::Instant;

use crate::support::{INTERVAL, Process, alerting, group, recording};

#[tokio::test(start_paused = true)]
async fn the_metrics_of_rules_are_upstreams() {
    let (process, begin) = (Process::start(), Instant::now());
    process
        .apply(vec![group("a", vec![alerting("Hot", "m > 1", INTERVAL), recording("r", "m")])])
        .await;
    process.set(begin, "x", 2.0);
    process.evaluate().await;
    process.evaluate().await;
    process.evaluate().await;
    for (name, expected) in [
        ("prometheus_rule_evaluations_total", 6.0),
        ("prometheus_rule_evaluation_failures_total", 0.0),
        ("prometheus_rule_group_iterations_total", 3.0),
        ("prometheus_rule_group_iterations_missed_total", 0.0),
        ("prometheus_rule_group_interval_seconds", 10.0),
        ("prometheus_rule_group_rules", 2.0),
        // Nothing is written about alerts before the restoration, which comes after the second evaluation.
        ("prometheus_rule_group_last_evaluation_samples", 3.0),
    ] {
        assert_eq!(process.metric(name, Some("r.yml;a")), Some(expected), "{name}");
    }
    for name in [
        "prometheus_rule_group_last_evaluation_timestamp_seconds",
        "prometheus_rule_group_last_duration_seconds",
        "prometheus_rule_group_last_rule_duration_sum_seconds",
        "prometheus_rule_group_last_restore_duration_seconds",
    ] {
        assert!(process.metric(name, Some("r.yml;a")).is_some(), "{name}");
    }
    for (name, expected) in [
        ("prometheus_rule_evaluation_duration_seconds", 6.0),
        ("prometheus_rule_evaluation_duration_histogram_seconds", 6.0),
        ("prometheus_rule_group_duration_seconds", 3.0),
        ("prometheus_rule_group_duration_histogram_seconds", 3.0),
        ("prometheus_notifications_queue_capacity", 10_000.0),
        ("prometheus_notifications_alertmanagers_discovered", 0.0),
        ("regain_rule_alert_state_writes_failed_total", 0.0),
    ] {
        assert_eq!(process.metric(name, None), Some(expected), "{name}");
    }
    process.rules.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_fails_is_counted_and_stops_no_alert() {
    let (process, begin) = (Process::start(), Instant::now());
    process.apply(vec![group("a", vec![alerting("Hot", "m > 1", INTERVAL)])]).await;
    process.fs.fail_appends("alerts");
    process.set(begin, "x", 2.0);
    process.evaluate().await;
    process.evaluate().await;
    assert_eq!(process.alerts(), ["x:firing"]);
    assert_eq!(process.sink.take().len(), 1);
    let failed = process.metric("regain_rule_alert_state_writes_failed_total", None).unwrap();
    assert!(failed >= 2.0, "{failed}");
    process.rules.stop().await;
}
