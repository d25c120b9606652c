//! What the rules of a group have in common is computed once at each slot, and each rule sees what those before it wrote.

use super::*;

/// Returns how often the store is asked when `rules` are evaluated, each time.
fn selections(world: &World, rules: Vec<Arc<Rule>>, slots: &[u64]) -> Vec<u64> {
    let mut group = Group::new(settings(rules), &world.shared, false);
    let evaluate = |&at: &u64| {
        world.set(at, "x", Some(3.0));
        world.set(at, "y", Some(at as f64));
        world.selections.store(0, Ordering::Relaxed);
        world.evaluate(&mut group, at);
        world.selections.load(Ordering::Relaxed)
    };
    slots.iter().map(evaluate).collect()
}

#[test]
fn rules_share_what_they_have_in_common() {
    let world = World::new();
    let rules = vec![
        recording("by", "sum by (i) (m)", &[]),
        alerting("High", "sum by (i) (m) > 2", 60),
        alerting("Low", "sum by (i) (m) < 1", 60),
        recording("share", "sum by (i) (m) / on () group_left () sum(m)", &[]),
    ];
    // Once for what all four ask and once for the other sum, at each slot anew.
    assert_eq!(selections(&world, rules, &[0, 60]), [2, 2]);
    for (series, samples) in [
        (r#"by{i="x"}"#, "3@0 3@60"),
        (r#"by{i="y"}"#, "0@0 60@60"),
        (r#"share{i="x"}"#, "1@0 0.047619047619047616@60"),
        (r#"ALERTS{alertname="High", alertstate="pending", i="x"}"#, "1@0 stale@60"),
        (r#"ALERTS{alertname="Low", alertstate="pending", i="y"}"#, "1@0 stale@60"),
    ] {
        assert_eq!(world.samples(series), samples, "{series}");
    }
}

#[test]
fn a_rule_sees_what_those_before_it_have_written() {
    let world = World::new();
    let rules = vec![
        recording("before", "sum by (i) (total) or vector(0)", &[]),
        recording("total", "count(m) + 1", &[]),
        recording("after", "sum by (i) (total)", &[]),
        recording("again", "sum by (i) (total) * 2", &[]),
        recording("alerts", "count by (alertname) (ALERTS) or vector(0)", &[]),
        alerting("Any", "count(m) > 1", 0),
        recording("alerts_after", "count by (alertname) (ALERTS)", &[]),
    ];
    selections(&world, rules, &[0, 60]);
    for (series, samples) in [
        ("before", "0@0 3@60"),
        ("after", "3@0 3@60"),
        ("again", "6@0 6@60"),
        ("alerts", "0@0 0@60"),
        (r#"alerts_after{alertname="Any"}"#, "1@0 1@60"),
    ] {
        assert_eq!(world.samples(series), samples, "{series}");
    }
}
