use regain_model::Labels;
use regain_storage::fs::MemFs;

use regain_promql::ParserOptions;

use super::*;
use crate::alert::{Alert, AlertState};
use crate::settings::{AlertSettings, Rule, RuleKind, Texts};

fn group(name: &str) -> RuleGroup {
    RuleGroup {
        file: "r.yml".into(),
        name: name.into(),
        interval: Duration::from_mins(1),
        query_offset: None,
        limit: 0,
        rules: Vec::new(),
    }
}

fn rule() -> Rule {
    let expr = regain_promql::parse("up == 0", &ParserOptions::default()).unwrap();
    let labels = [("severity".to_owned(), "{{ $value }}".to_owned())].into();
    Rule::new("Down", expr, labels, RuleKind::Alerting(AlertSettings::default()))
}

fn alert(value: f64) -> Alert {
    Alert {
        state: AlertState::Firing,
        labels: Labels::from_pairs([("alertname", "Down"), ("ü\"", "\n")]),
        annotations: [("empty".to_owned(), String::new())].into(),
        value,
        active_at: Duration::from_nanos(1_700_000_000_123_456_789),
        fired_at: Some(Duration::from_secs(1_700_000_060)),
        resolved_at: None,
        last_sent_at: Some(Duration::from_nanos(1)),
        keep_firing_since: None,
    }
}

fn saved(values: &[f64]) -> SavedGroup {
    let alerts: Vec<Alert> = values.iter().map(|&value| alert(value)).collect();
    let rule = SavedRule::new(&rule(), Duration::from_secs(1_700_000_101), alerts.iter());
    SavedGroup::new(&group("g"), vec![rule])
}

fn dir(fs: &MemFs) -> StateDir {
    StateDir { fs: Arc::new(fs.clone()), path: "/data/alerts".into() }
}

#[test]
fn what_is_saved_comes_back() {
    let fs = MemFs::new();
    assert_eq!(dir(&fs).load(&group("g")), None);
    dir(&fs).save(&group("g"), &saved(&[1.5, f64::INFINITY])).unwrap();
    fs.cut_power(0);
    let mut loaded = dir(&fs).load(&group("g")).unwrap();
    let rule = loaded.take(&rule()).unwrap();
    assert_eq!(rule.evaluated(), Duration::from_secs(1_700_000_101));
    assert_eq!(rule.alerts().collect::<Vec<_>>(), [alert(1.5), alert(f64::INFINITY)]);
    assert_eq!(dir(&fs).load(&group("other")), None);
    dir(&fs).remove(&group("g")).unwrap();
    fs.cut_power(0);
    assert_eq!(dir(&fs).load(&group("g")), None);
}

#[test]
fn a_rule_that_changed_is_another_rule() {
    let rule = rule();
    let with_query = |query: &str| {
        let expr = regain_promql::parse(query, &ParserOptions::default()).unwrap();
        Rule::new(Arc::clone(&rule.name), expr, rule.labels.clone(), rule.kind.clone())
    };
    assert!(saved(&[1.0]).take(&with_query("up   == 0")).is_some());
    assert!(saved(&[1.0]).take(&with_query("up == 1")).is_none());
    let renamed = Rule { name: "Up".into(), ..rule.clone() };
    assert!(saved(&[1.0]).take(&renamed).is_none());
    let relabelled = Rule { labels: Texts::new(), ..rule };
    assert!(saved(&[1.0]).take(&relabelled).is_none());
}

#[test]
fn a_file_with_a_changed_byte_is_not_used() {
    let bytes = format::encode(&saved(&[1.0]));
    assert!(format::decode(&bytes).is_ok());
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x01;
        assert!(format::decode(&damaged).is_err(), "byte {at}");
        assert!(format::decode(&bytes[..at]).is_err(), "the first {at} bytes");
    }
    let later = String::from_utf8(bytes).unwrap().replacen(" 1 ", " 2 ", 1);
    let error = format::decode(later.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "version 2 is not known");
}

#[test]
fn a_stop_at_any_operation_leaves_the_old_or_the_new_state() {
    for operation in 0.. {
        let fs = MemFs::new();
        dir(&fs).save(&group("g"), &saved(&[1.0])).unwrap();
        fs.stop_at(fs.operations() + operation);
        let is_done = dir(&fs).save(&group("g"), &saved(&[2.0, 3.0])).is_ok();
        fs.cut_power_with(operation % 2 == 0, |unsynced| unsynced.truncate(unsynced.len() / 2));
        let loaded = dir(&fs).load(&group("g")).expect("one of the two states");
        let states = [saved(&[1.0]), saved(&[2.0, 3.0])];
        assert!(states.contains(&loaded), "stopped at {operation}: {loaded:?}");
        if is_done {
            assert_eq!(loaded, states[1]);
            return;
        }
    }
}

#[test]
fn files_of_groups_that_are_gone_are_removed() {
    let fs = MemFs::new();
    dir(&fs).save(&group("g"), &saved(&[1.0])).unwrap();
    dir(&fs).save(&group("gone"), &saved(&[1.0])).unwrap();
    fs.set_bytes(Path::new("/data/alerts/x.alerts.tmp"), Vec::new());
    fs.set_bytes(Path::new("/data/alerts/readme"), Vec::new());
    dir(&fs).keep([&group("g")]);
    let names: Vec<_> = fs.paths().iter().map(|path| path.display().to_string()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(dir(&fs).load(&group("g")).is_some());
}
