//! Evaluations of one process.

use super::*;

#[test]
fn results_are_written_at_the_slot_and_vanished_series_end() {
    let world = World::new();
    let rules = vec![
        recording("total", "sum(m)", &[]),
        recording("copy", "m > 1", &[("by", "rule"), ("i", "")]),
        recording("scalar", "2 + 2", &[]),
    ];
    let mut group = Group::new(settings(rules), &world.shared, false);
    world.set(0, "x", Some(3.0));
    world.evaluate(&mut group, 0);
    world.set(60, "x", Some(1.0));
    world.evaluate(&mut group, 60);
    world.set(120, "x", None);
    world.evaluate(&mut group, 120);
    world.evaluate(&mut group, 180);
    for (series, samples) in [
        ("total", "3@0 1@60 stale@120"),
        (r#"copy{by="rule"}"#, "3@0 stale@60"),
        ("scalar", "4@0 4@60 4@120 4@180"),
    ] {
        assert_eq!(world.samples(series), samples, "{series}");
    }
    let view = group.view();
    assert_eq!(view.last_evaluation, Some(Duration::from_secs(START + 180)));
    assert!(view.rules.iter().all(|rule| rule.health == RuleHealth::Good), "{view:?}");
}

#[test]
fn an_alert_has_series_that_follow_its_state() {
    let world = World::new();
    let mut group = Group::new(settings(vec![alerting("Hot", "m > 1", 60)]), &world.shared, false);
    assert_eq!(group.view().rules[0].alerting.as_ref().unwrap().state, AlertState::Unknown);
    for (at, value) in [(0, 2.0), (60, 3.0), (120, 3.0), (180, 0.0)] {
        world.set(at, "x", Some(value));
        world.evaluate(&mut group, at);
    }
    for (series, samples) in [
        (r#"ALERTS{alertname="Hot", alertstate="pending", i="x"}"#, "1@0 stale@60"),
        (r#"ALERTS{alertname="Hot", alertstate="firing", i="x"}"#, "1@60 1@120 stale@180"),
        (
            r#"ALERTS_FOR_STATE{alertname="Hot", i="x"}"#,
            "1700000000@0 1700000000@60 1700000000@120 stale@180",
        ),
    ] {
        assert_eq!(world.samples(series), samples, "{series}");
    }
    // Sent when it fires, not within the delay of a minute, and when it is resolved.
    assert_eq!(world.take_sent(), ["x Some(60)-300", "x Some(60)-180"]);
}

#[test]
fn annotations_are_those_of_the_last_evaluation() {
    let world = World::new();
    let mut group = Group::new(settings(vec![alerting("Hot", "m > 1", 60)]), &world.shared, false);
    for (at, value) in [(0, 2.0), (60, 3.5)] {
        world.set(at, "x", Some(value));
        world.evaluate(&mut group, at);
    }
    let sent = world.sent.0.lock().unwrap();
    assert_eq!(sent[0].annotations, texts(&[("text", "x is 3.5")]));
    assert_eq!(sent[0].generator_url, "http://here:9090/graph?g0.expr=m+%3E+1&g0.tab=1");
}

#[test]
fn the_query_offset_moves_queries_and_samples_but_not_alerts() {
    let world = World::new();
    world
        .shared
        .set
        .store(Arc::new(RuleSet { query_offset: Duration::from_secs(30), ..RuleSet::default() }));
    let rules = vec![alerting("Hot", "m > 1", 0), recording("copy", "m", &[])];
    let mut group = Group::new(settings(rules), &world.shared, false);
    world.set(60, "x", Some(2.0));
    world.evaluate(&mut group, 60);
    assert_eq!(alerts(&group), [""; 0], "thirty seconds ago there was no sample");
    world.evaluate(&mut group, 120);
    assert_eq!(alerts(&group), ["x:firing 120-Some(120)"]);
    assert_eq!(world.samples(r#"copy{i="x"}"#), "2@90");
    assert_eq!(world.samples(r#"ALERTS_FOR_STATE{alertname="Hot", i="x"}"#), "1700000120@90");
    // A group's own offset counts more, even if it is zero.
    let own = RuleGroup {
        query_offset: Some(Duration::ZERO),
        ..settings(vec![recording("now", "m", &[])])
    };
    let mut group = Group::new(own, &world.shared, false);
    world.evaluate(&mut group, 180);
    assert_eq!(world.samples(r#"now{i="x"}"#), "2@180");
}

#[test]
fn a_rule_that_fails_does_not_stop_the_others() {
    let world = World::new();
    let rules = vec![
        recording("bomb", "panics", &[]),
        recording("range", "m[5m]", &[]),
        recording("many", "m * on() m", &[]),
        recording("same", "m", &[("i", "all")]),
        recording("fine", "count(m)", &[]),
    ];
    let mut group = Group::new(settings(rules), &world.shared, false);
    for instance in ["x", "y"] {
        world.set(0, instance, Some(1.0));
    }
    world.evaluate(&mut group, 0);
    let errors: Vec<_> = group
        .view()
        .rules
        .iter()
        .map(|rule| {
            assert_eq!(rule.health == RuleHealth::Bad, rule.last_error.is_some());
            rule.last_error.as_deref().unwrap_or_default().to_owned()
        })
        .collect();
    assert_eq!(errors[0], "panic in rule evaluation: a bomb");
    assert_eq!(errors[1], "rule result is not a vector or scalar");
    assert!(errors[2].contains("many-to-many matching not allowed"), "{}", errors[2]);
    let same = "vector contains metrics with the same labelset after applying rule labels";
    assert_eq!(errors[3], same);
    assert_eq!(errors[4], "");
    assert_eq!(world.samples("fine"), "2@0");
}

#[test]
fn a_rule_that_fails_keeps_its_alerts_and_series() {
    let world = World::new();
    let rule = alerting("Hot", "sum without(j) (m > 1) or same", 0);
    let mut group = Group::new(settings(vec![rule]), &world.shared, false);
    world.set(0, "x", Some(2.0));
    world.evaluate(&mut group, 0);
    assert_eq!(alerts(&group), ["x:firing 0-Some(0)"]);
    // Two samples that differ in their names alone make one alert.
    let same = Labels::from_pairs([("__name__", "same"), ("i", "x")]);
    world.store.add(&same, [(stamp(60), 1.0)]).unwrap();
    world
        .store
        .add(&Labels::from_pairs([("__name__", "same"), ("i", "y")]), [(stamp(60), 1.0)])
        .unwrap();
    world.set(60, "x", None);
    world.store.add(&Labels::from_pairs([("i", "y")]), [(stamp(60), 1.0)]).unwrap();
    let twice = alerting("Hot", "{i=\"y\"}", 0);
    let mut group = Group::replacing(settings(vec![twice]), &world.shared, group);
    world.evaluate(&mut group, 60);
    let view = group.view();
    let error = view.rules[0].last_error.as_deref().unwrap();
    assert_eq!(error, "vector contains metrics with the same labelset after applying alert labels");
    assert_eq!(alerts(&group), ["x:firing 0-Some(0)"]);
    assert_eq!(world.samples(r#"ALERTS{alertname="Hot", alertstate="firing", i="x"}"#), "1@0");
}

#[test]
fn a_limit_that_is_exceeded_fails_the_rule() {
    let world = World::new();
    let rules = vec![alerting("Hot", "m", 0), recording("copy", "m", &[])];
    let limited = RuleGroup { limit: 1, ..settings(rules) };
    let mut group = Group::new(limited, &world.shared, false);
    world.set(0, "x", Some(1.0));
    world.evaluate(&mut group, 0);
    world.set(60, "y", Some(1.0));
    world.evaluate(&mut group, 60);
    let view = group.view();
    let errors: Vec<_> = view.rules.iter().map(|rule| rule.last_error.as_deref()).collect();
    assert_eq!(
        errors,
        [Some("exceeded limit of 1 with 2 alerts"), Some("exceeded limit of 1 with 2 series")]
    );
    assert_eq!(alerts(&group), [""; 0]);
    assert_eq!(world.samples(r#"copy{i="x"}"#), "1@0");
}

#[test]
fn a_changed_group_goes_on_where_rules_are_the_same() {
    let world = World::new();
    let rules = vec![alerting("Hot", "m > 1", 120), recording("gone", "m", &[])];
    let mut group = Group::new(settings(rules), &world.shared, false);
    world.set(0, "x", Some(2.0));
    world.evaluate(&mut group, 0);
    let rules = vec![recording("new", "m", &[]), alerting("Hot", "m > 1.5", 60)];
    let mut group = Group::replacing(settings(rules), &world.shared, group);
    world.evaluate(&mut group, 60);
    let view = group.view();
    let alert = &view.rules[1].alerting.as_ref().unwrap().alerts[0];
    assert_eq!(alert.active_at, Duration::from_secs(START));
    assert_eq!(alert.state, AlertState::Firing);
    assert_eq!(world.samples(r#"gone{i="x"}"#), "2@0 stale@60");
    assert_eq!(world.samples(r#"new{i="x"}"#), "2@60");
    assert_eq!(
        world.samples(r#"ALERTS{alertname="Hot", alertstate="pending", i="x"}"#),
        "1@0 stale@60"
    );
}

#[test]
fn samples_that_the_store_refuses_are_left_out_and_reported() {
    let world = World::new();
    let mut group = Group::new(settings(vec![recording("copy", "m", &[])]), &world.shared, false);
    for instance in ["x", "y"] {
        world.set(0, instance, Some(1.0));
    }
    let newer = Labels::from_pairs([("__name__", "copy"), ("i", "x")]);
    world.store.add(&newer, [(stamp(30), 7.0)]).unwrap();
    world.evaluate(&mut group, 0);
    assert_eq!(world.samples(r#"copy{i="x"}"#), "7@30");
    assert_eq!(world.samples(r#"copy{i="y"}"#), "1@0");
    let view = group.view();
    assert_eq!(view.rules[0].last_error.as_deref(), Some("out of order sample"));
    world.evaluate(&mut group, 60);
    assert_eq!(world.samples(r#"copy{i="x"}"#), "7@30 1@60");
    assert_eq!(group.view().rules[0].health, RuleHealth::Good);
}

#[test]
fn a_stopped_evaluation_ends_before_the_next_rule() {
    let world = World::new();
    let mut group = Group::new(settings(vec![recording("copy", "m", &[])]), &world.shared, false);
    world.set(0, "x", Some(1.0));
    world.running.stop();
    world.evaluate(&mut group, 0);
    assert_eq!(world.samples(r#"copy{i="x"}"#), "");
}

#[test]
fn a_query_whose_time_is_up_fails_its_rule_alone() {
    let world = World::new();
    let rules = vec![recording("late", "slow", &[]), recording("after", "m", &[])];
    let mut group = Group::new(settings(rules), &world.shared, false);
    world.set(0, "x", Some(1.0));
    world.set(0, "slow", Some(1.0));
    world.evaluate(&mut group, 0);
    let view = group.view();
    let error = view.rules[0].last_error.as_deref();
    assert_eq!(error, Some("query timed out in expression evaluation"));
    assert_eq!(world.samples(r#"after{i="x"}"#), "1@0");
}

#[test]
fn a_query_is_given_up_at_the_end() {
    let world = World::new();
    let mut group = Group::new(settings(vec![recording("copy", "m", &[])]), &world.shared, false);
    world.set(0, "x", Some(1.0));
    let ctx = world.shared.options.queries.context();
    world.running.begin(&ctx);
    world.running.cancel();
    assert!(matches!(ctx.cancel.check(), Err(regain_storage::Error::Canceled)));
    world.evaluate(&mut group, 0);
    assert_eq!(world.samples(r#"copy{i="x"}"#), "");
}
