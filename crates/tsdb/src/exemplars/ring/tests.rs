use regain_model::{KeySeed, Timestamp};
use regain_storage::ExemplarVerdict::{
    self, Accepted, Known as Same, NotKept, OutOfOrder, TooLong,
};

use super::*;

fn exemplar(trace: &str, value: f64, time: i64) -> Exemplar {
    let labels = Labels::from_pairs([("trace_id", trace)]);
    Exemplar { labels, value, time: Timestamp(time), is_timed: true }
}

fn series(name: &str) -> (SeriesKey, Labels) {
    let labels = Labels::from_pairs([("__name__", name)]);
    (SeriesKey::of_labels(KeySeed(1), &labels), labels)
}

/// Judges and adds; what is not accepted must not change anything.
fn offer(ring: &mut Ring, name: &str, exemplar: Exemplar) -> ExemplarVerdict {
    let (key, labels) = series(name);
    let verdict = ring.judge(key, &exemplar);
    let before = ring.entries.len();
    let number = ring.number(1);
    ring.add(key, number, exemplar, || Some(labels));
    assert!(verdict == Accepted || ring.entries.len() == before, "{verdict:?}");
    verdict
}

/// All traces: `name:trace,trace name:trace`.
fn shown(ring: &Ring) -> String {
    let selected = ring.select(Span::ALL, &[vec![]]);
    let series = selected.iter().map(|series| {
        let traces = series.exemplars.iter().map(|e| e.labels.get("trace_id").unwrap_or_default());
        format!("{}:{}", series.labels.metric_name(), traces.collect::<Vec<_>>().join(","))
    });
    series.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_newest_of_a_series_decides_about_the_next() {
    let mut ring = Ring::new(10);
    for (trace, value, time, verdict) in [
        ("a", 1.0, 100, Accepted),
        ("a", 1.0, 100, Same),
        ("a", 1.0, 99, OutOfOrder),
        ("a", 0.5, 100, OutOfOrder),
        // Another bucket of a native histogram, at the same time.
        ("a", 2.0, 100, Accepted),
        ("b", 2.0, 101, Accepted),
        (&"x".repeat(121), 2.0, 102, TooLong),
    ] {
        assert_eq!(offer(&mut ring, "m", exemplar(trace, value, time)), verdict, "{trace} {time}");
    }
    assert_eq!(shown(&ring), "m:a,a,b");
    assert_eq!(offer(&mut Ring::new(0), "m", exemplar("a", 1.0, 1)), NotKept);
}

#[test]
fn late_ones_find_their_place_and_one_of_the_same_time_is_the_same() {
    let mut ring = Ring::new(10);
    ring.set_late_max(50);
    for (trace, time) in [("a", 10), ("e", 100), ("c", 60), ("d", 60), ("b", 55)] {
        assert_eq!(ring.judge(series("m").0, &exemplar(trace, 1.0, time)), Accepted);
        let (key, labels) = series("m");
        ring.add(key, 0, exemplar(trace, 1.0, time), || Some(labels));
    }
    assert_eq!(offer(&mut ring, "m", exemplar("z", 1.0, 50)), OutOfOrder);
    assert_eq!(shown(&ring), "m:a,b,c,e");
}

#[test]
fn a_full_ring_forgets_what_came_first_and_holds_its_memory() {
    let mut ring = Ring::new(3);
    for (name, trace, time) in
        [("m", "a", 1), ("n", "b", 2), ("n", "c", 3), ("n", "d", 4), ("n", "e", 5)]
    {
        assert_eq!(offer(&mut ring, name, exemplar(trace, 1.0, time)), Accepted);
    }
    assert_eq!(shown(&ring), "n:c,d,e");
    let stats = ring.stats();
    assert_eq!((stats.count, stats.series, stats.oldest_ms, stats.appended), (3, 1, 3, 5));
    assert_eq!(ring.entries.capacity(), 3);
    // All of one series' exemplars may have to go for its next one.
    ring.resize(1);
    assert_eq!(shown(&ring), "n:e");
    assert_eq!(offer(&mut ring, "n", exemplar("f", 1.0, 6)), Accepted);
    assert_eq!(shown(&ring), "n:f");
    ring.resize(0);
    let stats = ring.stats();
    assert_eq!((stats.count, stats.series, stats.oldest_ms, stats.bytes), (0, 0, 0, 0));
}

#[test]
fn a_query_gets_what_lies_in_its_span_and_what_a_selector_selects() {
    let mut ring = Ring::new(10);
    for (name, trace, time) in [("m", "a", 1), ("m", "b", 5), ("n", "c", 5), ("o", "d", 9)] {
        offer(&mut ring, name, exemplar(trace, 1.0, time));
    }
    let selectors = [vec![Matcher::equal("__name__", "n")], vec![Matcher::equal("__name__", "m")]];
    let selected = ring.select(Span::new(Timestamp(2), Timestamp(5)), &selectors);
    let found: Vec<_> = selected
        .iter()
        .map(|series| (series.labels.metric_name(), series.exemplars.len()))
        .collect();
    assert_eq!(found, [("m", 1), ("n", 1)]);
    assert!(ring.select(Span::ALL, &[]).is_empty());
}
