use jiff::tz;

use super::*;

fn named(name: &str, intervals: Vec<TimeInterval>) -> NamedIntervals {
    NamedIntervals { name: name.into(), intervals }
}

fn at_hours(start: &str, end: &str) -> TimeInterval {
    TimeInterval {
        times: Some(vec![TimeRange::parse(start, end).unwrap()]),
        ..TimeInterval::default()
    }
}

#[test]
fn routes_are_muted_in_some_and_active_in_others() {
    let intervals = [
        named("night", vec![at_hours("22:00", "24:00"), at_hours("00:00", "06:00")]),
        named("always", vec![TimeInterval::default(), TimeInterval::default()]),
        named("never", Vec::new()),
    ];
    let intervals = TimeIntervals::new(&intervals, TimeZone::UTC);
    for (names, time, muted, active) in [
        (&[][..], "12:00:00", false, true),
        (&["night"], "12:00:00", false, false),
        (&["night"], "05:59:59", true, true),
        (&["night"], "06:00:00", false, false),
        (&["night"], "23:59:59", true, true),
        (&["never"], "12:00:00", false, false),
        (&["never", "always"], "12:00:00", true, true),
    ] {
        let names: Vec<Arc<str>> = names.iter().map(|name| Arc::from(*name)).collect();
        let now: Timestamp = format!("2026-07-15T{time}Z").parse().unwrap();
        assert_eq!(intervals.is_muted(&names, now), muted, "{names:?} {time}");
        assert_eq!(intervals.is_active(&names, now), active, "{names:?} {time}");
    }
    let names = [Arc::from("always")];
    assert_eq!(intervals.holding(&names, Timestamp::UNIX_EPOCH).len(), 2, "once an interval");
}

#[test]
fn the_zone_of_the_host_is_the_one_that_was_given() {
    let mut interval = at_hours("09:00", "10:00");
    interval.location = Some(Location::parse("Local").unwrap());
    let now: Timestamp = "2026-07-15T07:30:00Z".parse().unwrap();
    assert!(interval.contains(now, &TimeZone::fixed(tz::offset(2))));
    assert!(!interval.contains(now, &TimeZone::UTC));
    assert_eq!(interval.location.unwrap().name(), "Local");
}
