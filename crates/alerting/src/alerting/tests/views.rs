use std::sync::Arc;
use std::time::Duration;

use regain_model::{Labels, MatchOp};
use regain_storage::fs::MemFs;

use super::super::core::Core;
use super::super::{AlertFilter, AlertState, Options};
use super::{Sketch, at, equal, open};
use crate::Fingerprint;
use crate::route::GroupBy;
use crate::settings::{InhibitRuleSettings, NamedIntervals, RouteSettings};
use crate::store::PostedAlert;
use crate::time_interval::TimeInterval;

fn labels(name: &str, job: &str) -> Labels {
    Labels::from_pairs([("alertname", name), ("job", job)])
}

fn core(sketch: &Sketch, alerts: &[(&str, &str)]) -> Core {
    let mut core = open(&MemFs::new(), &Options::default(), sketch.plan(), at(0.0)).unwrap();
    let posted = |(name, job): &(&str, &str)| PostedAlert {
        labels: labels(name, job),
        ..PostedAlert::default()
    };
    core.put(alerts.iter().map(posted).collect(), at(1.0));
    core
}

/// All notifications get through at once.
fn flush(core: &mut Core, second: f64) {
    for job in core.start_due(at(second)) {
        for delivery in job.deliveries {
            core.record(delivery.told, at(second));
        }
        core.flushed(&job.flush, true);
    }
}

/// The root is muted always; jobs `x` go to `s`, and to `r` below the root, too.
fn muted_root() -> Sketch {
    let always: Vec<Arc<str>> = vec!["always".into()];
    let intervals = vec![TimeInterval::default()];
    let to_s = RouteSettings {
        receiver: Some("s".into()),
        matchers: vec![equal("job", "x")],
        continue_matching: true,
        ..RouteSettings::default()
    };
    let to_r = RouteSettings {
        matchers: vec![equal("job", "x")],
        mute_time_intervals: always.clone(),
        ..RouteSettings::default()
    };
    let default = Sketch::default();
    Sketch {
        intervals: vec![NamedIntervals { name: "always".into(), intervals }],
        root: RouteSettings {
            mute_time_intervals: always,
            group_wait: Some(Duration::ZERO),
            routes: vec![to_s, to_r],
            ..default.root.clone()
        },
        ..default
    }
}

#[test]
fn a_muted_group_says_by_what_and_can_be_left_out() {
    let mut core = core(&muted_root(), &[("A", "y"), ("B", "x")]);
    flush(&mut core, 1.0);
    let groups = core.groups(&AlertFilter::default(), at(2.0));
    let seen: Vec<_> = groups
        .iter()
        .map(|group| (group.labels.get("job").unwrap(), &*group.receiver, group.alerts[0].state()))
        .collect();
    let expected = [
        ("x", "r", AlertState::Suppressed),
        ("x", "s", AlertState::Active),
        ("y", "r", AlertState::Suppressed),
    ];
    assert_eq!(seen, expected);
    assert_eq!(groups[0].alerts[0].receivers, [Arc::from("r"), Arc::from("s")]);
    let unmuted = core.groups(&AlertFilter { muted: false, ..AlertFilter::default() }, at(2.0));
    assert_eq!(unmuted.len(), 1);
}

#[test]
fn an_alert_is_muted_for_healing_only_when_every_group_of_it_is() {
    let mut core = core(&muted_root(), &[("A", "y"), ("B", "x")]);
    flush(&mut core, 1.0);
    let active = core.active(at(2.0));
    let muted_by = |name: &str| {
        let view = active.iter().find(|view| view.alert.name() == name).unwrap();
        view.muted_by.clone()
    };
    assert_eq!(muted_by("A"), [Arc::from("always")]);
    assert!(muted_by("B").is_empty(), "s was told");
}

#[test]
fn an_inhibited_alert_names_what_inhibits_it() {
    let rule = InhibitRuleSettings {
        source: vec![equal("alertname", "Down")],
        target: vec![equal("alertname", "Slow")],
        equal: vec!["job".to_owned()],
        ..InhibitRuleSettings::default()
    };
    let sketch = Sketch { inhibit_rules: vec![rule], ..Sketch::default() };
    let mut core = core(&sketch, &[("Down", "j"), ("Slow", "j"), ("Slow", "k")]);
    let by = Fingerprint::of(&labels("Down", "j"));
    let all = core.alerts(&AlertFilter::default(), at(2.0));
    let inhibited: Vec<_> =
        all.iter().filter(|view| view.state() == AlertState::Suppressed).collect();
    assert_eq!(inhibited.len(), 1);
    assert_eq!(inhibited[0].inhibited_by, [by]);
    assert_eq!(inhibited[0].fingerprint, Fingerprint::of(&labels("Slow", "j")));
    let shown = |filter: AlertFilter, core: &mut Core| core.alerts(&filter, at(2.0)).len();
    assert_eq!(shown(AlertFilter { inhibited: false, ..AlertFilter::default() }, &mut core), 2);
    assert_eq!(shown(AlertFilter { active: false, ..AlertFilter::default() }, &mut core), 1);
}

#[test]
fn alerts_are_listed_by_fingerprint_until_they_end_and_healing_sees_their_end() {
    let mut core = core(&Sketch::default(), &[("A", "j"), ("B", "j"), ("C", "j")]);
    let ended =
        PostedAlert { labels: labels("B", "j"), ends_at: Some(at(5.0)), ..PostedAlert::default() };
    core.put(vec![ended], at(5.0));
    let listed = core.alerts(&AlertFilter::default(), at(6.0));
    assert!(listed.is_sorted_by_key(|view| view.fingerprint));
    assert_eq!(listed.iter().filter(|view| view.alert.name() != "B").count(), 2);
    assert_eq!(listed.len(), 2);
    let active = core.active(at(6.0));
    let resolved: Vec<_> =
        active.iter().filter(|view| view.alert.is_resolved_at(at(6.0))).collect();
    assert_eq!(resolved.len(), 1);
    core.collect_alerts(at(6.0));
    assert_eq!(core.active(at(6.0)).len(), 2);
}

#[test]
fn filters_tell_an_absent_label_from_an_empty_matcher_as_upstream_does() {
    let mut sketch = Sketch::default();
    sketch.root.group_by = Some(GroupBy::All);
    let mut core = core(&sketch, &[("A", "j")]);
    let cases = [
        ("job", MatchOp::Equal, "j", true),
        ("job", MatchOp::Equal, "", false),
        ("job", MatchOp::NotEqual, "", true),
        ("none", MatchOp::Equal, "", true),
        ("none", MatchOp::NotEqual, "", false),
        ("none", MatchOp::Regex, ".*", true),
        ("none", MatchOp::NotEqual, "x", true),
        ("job", MatchOp::NotRegex, "j|k", false),
    ];
    for (name, op, value, is_shown) in cases {
        let matchers = vec![crate::matcher::new(name, op, value).unwrap()];
        let filter = AlertFilter { matchers, ..AlertFilter::default() };
        assert_eq!(!core.alerts(&filter, at(2.0)).is_empty(), is_shown, "{name}{op}{value:?}");
        assert_eq!(!core.groups(&filter, at(2.0)).is_empty(), is_shown, "{name}{op}{value:?}");
    }
}

#[test]
fn receivers_are_matched_by_name_and_by_labels() {
    let mut core = core(&muted_root(), &[("A", "y"), ("B", "x")]);
    let named = |name: &str| AlertFilter {
        receiver: Some(crate::matcher::new("receiver", MatchOp::Regex, name).unwrap()),
        ..AlertFilter::default()
    };
    assert_eq!(core.alerts(&named("s"), at(2.0)).len(), 1);
    assert_eq!(core.alerts(&named("r|s"), at(2.0)).len(), 2);
    assert_eq!(core.alerts(&named("t"), at(2.0)).len(), 0);
    assert_eq!(core.groups(&named("s"), at(2.0)).len(), 1);
    let team = |team: &str| AlertFilter {
        receiver_matchers: vec![equal("team", team)],
        ..AlertFilter::default()
    };
    assert_eq!(core.groups(&team("x"), at(2.0)).len(), 3);
    assert_eq!(core.groups(&team("z"), at(2.0)).len(), 0);
}
