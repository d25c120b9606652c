//! What a process takes over from the one before it.

use super::*;

/// Runs a process whose alert `x` is active from second 0 on and whose rule waits for `hold` seconds, until `end`;
/// `y` fires and is resolved at 180.
fn former(hold: u64, end: u64) -> World {
    let world = World::new();
    let mut group = Group::new(settings(vec![alerting("Hot", "m > 1", hold)]), &world.shared, true);
    for at in (0..=end).step_by(60) {
        world.set(at, "x", Some(2.0));
        world.evaluate(&mut group, at);
        if at == 60 && group.is_unrestored() {
            group.restore_from_series(Duration::from_secs(START + at), &world.shared);
        }
    }
    world
}

/// Starts the next process at `now` and evaluates once a minute from then on; returns the alerts after each.
fn next(former: &World, hold: u64, now: u64, evaluations: u64) -> (World, Vec<Vec<String>>) {
    let world = World::on(former.store.clone(), former.fs.clone(), now);
    let mut group = Group::new(settings(vec![alerting("Hot", "m > 1", hold)]), &world.shared, true);
    let mut seen = Vec::new();
    for n in 0..evaluations {
        let at = now + n * 60;
        world.set(at, "x", Some(2.0));
        world.evaluate(&mut group, at);
        if n == 1 && group.is_unrestored() {
            group.restore_from_series(Duration::from_secs(START + at), &world.shared);
        }
        seen.push(alerts(&group));
    }
    (world, seen)
}

#[test]
fn a_restart_within_minutes_changes_nothing() {
    let (_, seen) = next(&former(300, 120), 300, 240, 3);
    assert_eq!(seen, [["x:pending 0-None"], ["x:firing 0-Some(300)"], ["x:firing 0-Some(300)"]]);
    let (world, seen) = next(&former(60, 180), 60, 210, 2);
    assert_eq!(seen, [["x:firing 0-Some(60)"], ["x:firing 0-Some(60)"]]);
    // It is sent at once, because receivers may have forgotten it, and again more than a minute later.
    assert_eq!(world.take_sent(), ["x Some(60)-450"]);
    assert_eq!(
        world.samples(r#"ALERTS_FOR_STATE{alertname="Hot", i="x"}"#),
        "1700000000@60 1700000000@120 1700000000@180 1700000000@210 1700000000@270"
            .replace("1700000000@60 ", ""),
    );
}

#[test]
fn an_alert_that_was_resolved_meanwhile_is_resolved_for_its_receivers() {
    let World { store, fs, .. } = former(0, 120);
    let world = World::on(store, fs, 180);
    let mut group = Group::new(settings(vec![alerting("Hot", "m > 1", 0)]), &world.shared, true);
    world.set(180, "x", Some(0.0));
    world.evaluate(&mut group, 180);
    assert_eq!(alerts(&group), ["x:firing 0-Some(0)"], "targets may not have been scraped yet");
    world.evaluate(&mut group, 240);
    assert_eq!(alerts(&group), [""; 0]);
    assert_eq!(world.take_sent(), ["x Some(0)-420", "x Some(0)-240"]);
}

#[test]
fn an_old_state_is_not_used_and_series_tell() {
    // The rule waits for an hour; the alert was active for 30 minutes, then there was nothing for 20.
    let (_, seen) = next(&former(3600, 1800), 3600, 3000, 3);
    // After the second evaluation (at 3060) the interruption since 1800 does not count.
    assert_eq!(seen, [["x:pending 3000-None"], ["x:pending 1260-None"], ["x:pending 1260-None"]]);
}

#[test]
fn a_damaged_state_is_not_used_and_series_tell() {
    let before = former(3600, 1800);
    let path = before.fs.paths().into_iter().find(|path| path.starts_with("/alerts")).unwrap();
    let mut bytes = before.fs.bytes(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    before.fs.set_bytes(Path::new(&path), bytes);
    let (_, seen) = next(&before, 3600, 1860, 2);
    assert_eq!(seen, [["x:pending 1860-None"], ["x:pending 120-None"]]);
}

#[test]
fn a_changed_rule_is_restored_from_series() {
    // The state file knows another expression; the series know the name of the alert.
    let World { store, fs, .. } = former(3600, 1800);
    let world = World::on(store, fs, 1860);
    let rules = vec![alerting("Hot", "m > 0.5", 3600)];
    let mut group = Group::new(settings(rules), &world.shared, true);
    assert!(group.is_unrestored());
    world.set(1860, "x", Some(2.0));
    world.evaluate(&mut group, 1860);
    assert_eq!(alerts(&group), ["x:pending 1860-None"]);
    group.restore_from_series(Duration::from_secs(START + 1860), &world.shared);
    assert_eq!(alerts(&group), ["x:pending 60-None"]);
}

#[test]
fn a_rule_that_fires_sooner_than_the_grace_period_is_not_restored_from_series() {
    let World { store, .. } = former(300, 120);
    let world = World::on(store, MemFs::new(), 180);
    let mut group = Group::new(settings(vec![alerting("Hot", "m > 1", 300)]), &world.shared, true);
    world.set(180, "x", Some(2.0));
    world.evaluate(&mut group, 180);
    group.restore_from_series(Duration::from_secs(START + 180), &world.shared);
    assert_eq!(alerts(&group), ["x:pending 180-None"]);
    assert!(!group.is_unrestored());
}

#[test]
fn a_state_that_does_not_change_stays_fresh() {
    // Nothing changes between second 0 and 600, but the file must not look ten minutes old.
    let (_, seen) = next(&former(3600, 600), 3600, 660, 1);
    assert_eq!(seen, [["x:pending 0-None"]]);
}

#[test]
fn a_group_without_alerts_has_no_file() {
    let world = World::new();
    let mut group = Group::new(settings(vec![alerting("Hot", "m > 1", 0)]), &world.shared, false);
    world.set(0, "x", Some(2.0));
    world.evaluate(&mut group, 0);
    assert_eq!(world.fs.paths().len(), 1);
    world.set(60, "x", Some(0.0));
    for at in (60..=1020).step_by(60) {
        world.set(at + 1, "x", Some(0.0));
        world.evaluate(&mut group, at);
    }
    assert_eq!(world.fs.paths(), Vec::<std::path::PathBuf>::new());
}
