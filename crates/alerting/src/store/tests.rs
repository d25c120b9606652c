use std::time::Duration;

use regain_model::Labels;

use super::*;
use crate::matcher::MatcherMode;

const START: Timestamp = Timestamp::constant(1_700_000_000, 0);

fn at(second: i64) -> Timestamp {
    START.checked_add(jiff::SignedDuration::from_secs(second)).unwrap()
}

fn alert(start: i64, end: i64, updated: i64) -> Alert {
    Alert {
        labels: Labels::from_pairs([("alertname", "A")]),
        annotations: [("told at".to_owned(), updated.to_string())].into(),
        starts_at: at(start),
        ends_at: Some(at(end)),
        generator_url: String::new(),
        updated_at: at(updated),
        timeout: false,
    }
}

fn timed_out(start: i64, end: i64, updated: i64) -> Alert {
    Alert { timeout: true, ..alert(start, end, updated) }
}

#[test]
fn descriptions_that_overlap_are_merged_as_upstream_does() {
    // At second 50: what is here, what comes, and the start, the end and the age of the description that remains.
    let cases = [
        ("the later end counts", alert(0, 60, 1), alert(10, 90, 2), (0, 90, 2)),
        ("the younger description does not shorten", alert(0, 90, 1), alert(10, 60, 2), (0, 90, 2)),
        ("an end that was made up does", timed_out(0, 90, 1), alert(10, 60, 2), (0, 60, 2)),
        ("a resolved one ends what fires", alert(0, 90, 1), alert(0, 40, 2), (0, 40, 2)),
        (
            "of two that have ended the later end is true",
            alert(0, 45, 1),
            alert(0, 40, 2),
            (0, 45, 2),
        ),
        (
            "one that covers what is here takes its place, even an older one",
            alert(10, 90, 5),
            alert(0, 95, 2),
            (0, 95, 2),
        ),
        ("an older description inside", alert(0, 90, 5), alert(10, 80, 2), (0, 90, 5)),
        ("without overlap the new one counts", alert(0, 20, 1), alert(30, 90, 2), (30, 90, 2)),
        ("touching is no overlap", alert(0, 30, 1), alert(30, 90, 2), (30, 90, 2)),
        ("the same start and a later end is none", alert(0, 60, 1), alert(0, 90, 2), (0, 90, 2)),
    ];
    for (name, here, comes, (start, end, told)) in cases {
        let mut store = AlertStore::new(0);
        store.put(here, at(50)).unwrap();
        let kept = store.put(comes, at(50)).unwrap();
        let found = (kept.starts_at, kept.ends_at, kept.annotations["told at"].as_str());
        assert_eq!(found, (at(start), Some(at(end)), told.to_string().as_str()), "{name}");
        assert_eq!(store.iter().count(), 1);
    }
}

#[test]
fn garbage_is_what_has_ended() {
    let mut store = AlertStore::new(0);
    let kept = store.put(alert(0, 60, 1), at(0)).unwrap();
    assert!(store.collect_garbage(at(59)).is_empty());
    assert_eq!(store.collect_garbage(at(60)), [kept.fingerprint()]);
    assert_eq!(store.iter().count(), 0);
}

#[test]
fn a_name_has_so_many_places_and_those_of_ended_alerts_are_free() {
    let numbered = |number: u8, end| Alert {
        labels: Labels::from_pairs([("alertname", "A"), ("n", &number.to_string())]),
        ..alert(0, end, 1)
    };
    let mut store = AlertStore::new(2);
    store.put(numbered(1, 20), at(0)).unwrap();
    store.put(numbered(2, 90), at(0)).unwrap();
    assert_eq!(store.put(numbered(3, 90), at(10)), Err(Limited));
    store.put(numbered(2, 95), at(10)).unwrap();
    store.put(numbered(3, 90), at(21)).unwrap();
    assert_eq!(store.put(numbered(1, 90), at(22)), Err(Limited));
    let other = Alert { labels: Labels::from_pairs([("alertname", "B")]), ..alert(0, 90, 1) };
    store.put(other, at(22)).unwrap();
}

#[test]
fn what_is_not_said_is_filled_in() {
    let now = at(100);
    let complete = |start: Option<i64>, end: Option<i64>| {
        let posted = PostedAlert {
            starts_at: start.map(at),
            ends_at: end.map(at),
            ..PostedAlert::default()
        };
        let alert = posted.complete(now, Duration::from_mins(5));
        (alert.starts_at, alert.ends_at.unwrap(), alert.timeout)
    };
    assert_eq!(complete(None, None), (now, at(400), true));
    assert_eq!(complete(None, Some(90)), (at(90), at(90), false));
    assert_eq!(complete(Some(50), None), (at(50), at(400), true));
    assert_eq!(complete(Some(50), Some(60)), (at(50), at(60), false));
    let zero: Timestamp = "0001-01-01T00:00:00Z".parse().unwrap();
    let posted =
        PostedAlert { starts_at: Some(zero), ends_at: Some(zero), ..PostedAlert::default() };
    assert_eq!(posted.complete(now, Duration::from_mins(5)).starts_at, now);
}

#[test]
fn what_is_wrong_is_refused_in_upstreams_words() {
    let with = |pairs: &[(&str, &str)]| Alert {
        labels: Labels::from_pairs(pairs.iter().copied()),
        ..alert(0, 10, 0)
    };
    let annotated =
        Alert { annotations: [(String::new(), String::new())].into(), ..alert(0, 10, 0) };
    let cases = [
        (alert(10, 9, 0), MatcherMode::Fallback, "start time must be before end time"),
        (with(&[]), MatcherMode::Fallback, "at least one label pair required"),
        (with(&[("a", "")]), MatcherMode::Fallback, "at least one label pair required"),
        (with(&[("a.b", "x")]), MatcherMode::Classic, r#"invalid label set: invalid name "a.b""#),
        (annotated, MatcherMode::Fallback, r#"invalid annotations: invalid name """#),
    ];
    for (alert, mode, expected) in cases {
        assert_eq!(alert.check(mode).unwrap_err().to_string(), expected);
    }
    assert_eq!(with(&[("a.b", "x")]).check(MatcherMode::Fallback), Ok(()));
}
