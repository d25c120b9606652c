//! Requests of 2.0.

use regain_model::Histogram;
use regain_model::histogram::Buckets;
use regain_protowire::write::{put_packed_varints, put_str, put_varint};

use super::*;
use crate::write::encode::{
    Counts, Exemplar, HistogramSample, SymbolizedRequest, SymbolizedSeries,
};
use crate::write::v2::{self, Sample};

fn sample(time_ms: i64, value: f64) -> Sample {
    Sample { time_ms, value, start_ms: 0 }
}

/// Adds a series with one sample at each time.
fn add(request: &mut SymbolizedRequest, labels: &[(&str, &str)], times_ms: &[i64], value: f64) {
    let samples: Vec<Sample> = times_ms.iter().map(|&time_ms| sample(time_ms, value)).collect();
    request.series(&SymbolizedSeries { labels, samples: &samples, ..SymbolizedSeries::default() });
}

fn write(receiver: &Receiver, request: &SymbolizedRequest) -> Result<Outcome, WriteError> {
    receiver.write("s", Message::V2, &request.to_bytes(), NOW)
}

/// Writes the fields of a series.
type Fields<'a> = &'a dyn Fn(&mut Vec<u8>);

/// A request of symbols and of series that `append` writes.
fn raw(symbols: &[&str], series: &[Fields<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for symbol in symbols {
        put_str(&mut body, v2::REQUEST_SYMBOL, symbol);
    }
    for append in series {
        put_message(&mut body, v2::REQUEST_SERIES, append);
    }
    body
}

/// The fields of a series with labels at `refs` and a sample.
fn with_refs(refs: &'static [u64]) -> impl Fn(&mut Vec<u8>) {
    move |dst| {
        put_packed_varints(dst, v2::SERIES_LABEL_REFS, refs.iter().copied());
        put_message(dst, v2::SERIES_SAMPLE, |dst| put_varint(dst, v2::SAMPLE_TIME, 1));
    }
}

#[test]
fn series_are_recognised_though_their_symbols_are_others_each_time() {
    let store = MemoryStore::new();
    let receiver = receiver(&store);
    let orders = [["x", "y", "z"], ["x", "y", "z"], ["z", "x", "y"], ["y", "z", "x"]];
    for (round, order) in (0_u32..).zip(orders) {
        let mut request = SymbolizedRequest::default();
        for filler in 0..round * 100 {
            request.symbol(&format!("filler {filler}"));
        }
        for instance in order {
            let labels = [("__name__", "up"), ("instance", instance), ("job", "a")];
            add(&mut request, &labels, &[i64::from(round) + 1], f64::from(round));
        }
        let outcome = write(&receiver, &request).unwrap();
        let created = if round == 0 { 3 } else { 0 };
        assert_eq!((outcome.samples, outcome.series_created), (3, created), "round {round}");
        assert!(outcome.problems.is_empty());
    }
    assert_eq!(
        dump(&store),
        [
            r#"up{instance="x", job="a"} 0@1 1@2 2@3 3@4"#,
            r#"up{instance="y", job="a"} 0@1 1@2 2@3 3@4"#,
            r#"up{instance="z", job="a"} 0@1 1@2 2@3 3@4"#,
        ]
    );
}

#[test]
fn labels_that_extend_or_permute_known_ones_are_told_apart() {
    let store = MemoryStore::new();
    let receiver = receiver(&store);
    let short = [("__name__", "m")];
    let long = [("__name__", "m"), ("z", "1")];
    let swapped = [("z", "1"), ("__name__", "m")];
    let empty = [("__name__", "m"), ("a", ""), ("z", "1")];
    let cases: [&[(&str, &str)]; 6] = [&short, &long, &short, &swapped, &empty, &long];
    for (time_ms, labels) in (1..).zip(cases) {
        let mut request = SymbolizedRequest::default();
        add(&mut request, &[("__name__", "first")], &[time_ms], 0.0);
        add(&mut request, labels, &[time_ms], 1.0);
        let outcome = write(&receiver, &request).unwrap();
        assert_eq!((outcome.samples, outcome.problems.count()), (2, 0));
    }
    assert_eq!(
        dump(&store),
        ["first 0@1 0@2 0@3 0@4 0@5 0@6", "m 1@1 1@3", r#"m{z="1"} 1@2 1@4 1@5 1@6"#]
    );
}

#[test]
fn what_is_right_is_kept_and_what_is_wrong_is_told_in_order() {
    let store = MemoryStore::new();
    let receiver = receiver(&store);
    let mut first = SymbolizedRequest::default();
    add(&mut first, &[("__name__", "a")], &[10], 1.0);
    write(&receiver, &first).unwrap();

    let mut request = SymbolizedRequest::default();
    add(&mut request, &[("__name__", "a")], &[9, 8, 11, 10], 2.0);
    add(&mut request, &[("job", "no name")], &[11], 2.0);
    add(&mut request, &[("__name__", "b"), ("l", "1"), ("l", "2")], &[11], 2.0);
    add(&mut request, &[("__name__", "a")], &[NOW.0 + AHEAD_MS_MAX + 1], 2.0);
    add(&mut request, &[("__name__", "c")], &[], 0.0);
    add(&mut request, &[("__name__", "d")], &[11], 2.0);
    let outcome = write(&receiver, &request).unwrap();
    let problems = [
        r#"out of order sample for series {__name__="a"}"#,
        // What contradicts only what was refused is refused, too; what contradicts what is kept is left out.
        r#"out of order sample for series {__name__="a"}"#,
        r#"invalid metric name or labels, got {job="no name"}"#,
        r#"invalid labels for series, labels {__name__="b", l="1", l="2"}, duplicated label l"#,
        r#"out of bounds: timestamp is too far in the future for series {__name__="a"}"#,
        r#"TimeSeries must contain at least one sample or histogram for series {__name__="c"}"#,
    ];
    assert_eq!(outcome.problems.to_string(), problems.join("\n"));
    assert_eq!((outcome.samples, outcome.samples_skipped, outcome.invalid), (2, 1, 2));
    assert_eq!(dump(&store), ["a 1@10 2@11", "d 2@11"]);
}

#[test]
fn places_outside_of_the_table_are_no_labels() {
    let store = MemoryStore::new();
    let metadata = |dst: &mut Vec<u8>, field: u32| {
        with_refs(&[1, 2])(dst);
        put_message(dst, v2::SERIES_METADATA, |dst| put_varint(dst, field, 4));
    };
    let exemplar = |dst: &mut Vec<u8>| {
        with_refs(&[1, 2])(dst);
        put_message(dst, v2::SERIES_EXEMPLAR, |dst| {
            put_packed_varints(dst, v2::EXEMPLAR_LABEL_REFS, [2]);
        });
    };
    let series: [Fields<'_>; 7] = [
        &with_refs(&[1, 2, 3]),
        &with_refs(&[1, 4]),
        &with_refs(&[0xffff_ffff, 1]),
        &|dst| metadata(dst, v2::METADATA_UNIT),
        &|dst| metadata(dst, v2::METADATA_HELP),
        &exemplar,
        &with_refs(&[1, 3]),
    ];
    let body = raw(&["", "__name__", "m", "n"], &series);
    let problems = [
        "parsing labels for series [1 2 3]: invalid labelRefs length 3",
        "parsing labels for series [1 4]: labelRefs 1 (name) = 4 (value) outside of symbols table (size 4)",
        "parsing labels for series [4294967295 1]: labelRefs 4294967295 (name) = 1 (value) outside of symbols table (size 4)",
        "parsing metadata for series [1 2]: metadata unit_ref 4 outside of symbols table (size 4)",
        "parsing metadata for series [1 2]: metadata help_ref 4 outside of symbols table (size 4)",
        r#"parsing exemplar for series {__name__="m"}: invalid labelRefs length 1"#,
    ];
    let receiver = receiver(&store);
    for _ in 0..2 {
        let outcome = receiver.write("s", Message::V2, &body, NOW).unwrap();
        assert_eq!(outcome.problems.to_string(), problems.join("\n"));
        assert_eq!((outcome.samples, outcome.invalid), (2, 3));
    }
    assert_eq!(dump(&store), ["m 0@1", "n 0@1"]);
}

#[test]
fn symbols_may_lie_behind_their_series() {
    let store = MemoryStore::new();
    let mut body = raw(&[], &[&with_refs(&[0, 1])]);
    body.extend(raw(&["__name__", "m"], &[]));
    let outcome = receiver(&store).write("s", Message::V2, &body, NOW).unwrap();
    assert_eq!((outcome.samples, outcome.problems.count()), (1, 0));
    assert_eq!(dump(&store), ["m 0@1"]);
}

#[test]
fn a_message_of_the_other_protocol_says_nothing() {
    let store = MemoryStore::new();
    let receiver = receiver(&store);
    let first = request(&["x"], 1, 1.0);
    let outcome = receiver.write("s", Message::V2, first.as_bytes(), NOW).unwrap();
    assert_eq!(outcome, Outcome::default());
    let mut second = SymbolizedRequest::default();
    add(&mut second, &[("__name__", "m")], &[1], 1.0);
    let outcome = receiver.write("s", Message::V1, &second.to_bytes(), NOW).unwrap();
    assert_eq!(outcome, Outcome::default());
    assert!(store.to_vec().is_empty());
}

#[test]
fn what_the_sender_may_repeat_leaves_nothing_behind() {
    let store = FakeStore::default();
    let receiver = Receiver::new(Arc::new(store.clone()), ReceiverOptions::default());
    let mut request = SymbolizedRequest::default();
    add(&mut request, &[("__name__", "m")], &[1], 1.0);
    write(&receiver, &request).unwrap();
    store.refuse_all_series();
    assert_eq!(write(&receiver, &request).unwrap_err().fault(), Fault::Server);
    assert_eq!(store.committed(), 1);
    let mut cut = request.to_bytes();
    cut.extend_from_slice(b"\x2a\x05\x0a");
    let error = receiver.write("s", Message::V2, &cut, NOW).unwrap_err();
    assert_eq!(error.fault(), Fault::Request);
    assert_eq!(store.committed(), 1);
}

#[test]
fn starts_and_histograms_go_one_by_one_and_everything_else_in_rows() {
    let store = FakeStore::default();
    let receiver = Receiver::new(Arc::new(store.clone()), ReceiverOptions::default());
    let histogram =
        Histogram { count: 1.0, positive: Buckets::run(0, vec![1.0]), ..Histogram::default() };
    let at = |time_ms, start_ms| HistogramSample {
        time_ms,
        start_ms,
        histogram: &histogram,
        counts: Counts::Integers,
    };
    let mut request = SymbolizedRequest::default();
    add(&mut request, &[("__name__", "a")], &[5], 1.0);
    add(&mut request, &[("__name__", "b")], &[5], 1.0);
    request.series(&SymbolizedSeries {
        labels: &[("__name__", "c")],
        samples: &[Sample { time_ms: 5, value: 1.0, start_ms: 3 }],
        ..SymbolizedSeries::default()
    });
    request.series(&SymbolizedSeries {
        labels: &[("__name__", "d")],
        samples: &[sample(5, 1.0)],
        histograms: &[at(6, 2), at(6, 0), at(7, 0)],
        exemplars: &[Exemplar { labels: &[("t", "1")], value: 1.0, time_ms: 5 }],
        ..SymbolizedSeries::default()
    });
    let outcome = write(&receiver, &request).unwrap();
    assert_eq!((outcome.samples, outcome.histograms), (4, 2));
    assert_eq!((outcome.samples_skipped, outcome.exemplars_skipped), (1, 1));
    let lane = LaneKey::push("s", "", "");
    let events = [
        Event::Open(lane),
        Event::Single(5, 3),
        Event::Row(5, 3),
        Event::Single(6, 2),
        Event::Single(7, 0),
        Event::Commit,
    ];
    assert_eq!(store.events(), events);
}

#[test]
fn a_zero_is_written_where_a_counter_says_it_started_if_that_is_wanted() {
    for (make_zeros, expected) in [(true, "0@3 1@5 2@6 0@8 1@9"), (false, "1@5 2@6 1@9")] {
        let store = MemoryStore::new();
        let options = ReceiverOptions { make_zeros, ..ReceiverOptions::default() };
        let receiver = Receiver::new(Arc::new(store.clone()), options);
        let started = |time_ms, start_ms, value| Sample { time_ms, value, start_ms };
        // It starts again at 8; a start behind its sample, or before what is there, is no zero.
        for samples in [
            &[started(5, 3, 1.0), started(6, 3, 2.0)][..],
            &[started(9, 8, 1.0)],
            &[started(9, 10, 1.0)],
        ] {
            let mut request = SymbolizedRequest::default();
            let labels = &[("__name__", "c")];
            request.series(&SymbolizedSeries { labels, samples, ..SymbolizedSeries::default() });
            let outcome = write(&receiver, &request).unwrap();
            assert!(outcome.problems.is_empty());
        }
        assert_eq!(dump(&store), [format!("c {expected}")], "{make_zeros}");
    }
}

#[test]
fn a_few_bytes_cannot_ask_for_any_amount_of_labels() {
    let store = MemoryStore::new();
    let value = "v".repeat(9 << 20);
    let mut body = raw(&["__name__", "m", "l", &value], &[]);
    for at in 0..32_u64 {
        put_str(&mut body, v2::REQUEST_SYMBOL, &at.to_string());
        put_message(&mut body, v2::REQUEST_SERIES, |dst| {
            put_packed_varints(dst, v2::SERIES_LABEL_REFS, [0, 1, 2, 3, 4 + at, 3]);
        });
    }
    let receiver = receiver(&store);
    let error = receiver.write("s", Message::V2, &body, NOW).unwrap_err();
    assert!(matches!(error, WriteError::LabelsTooLarge { .. }), "{error}");
    assert_eq!(error.fault(), Fault::Request);
    assert!(dump(&store).is_empty());
}

proptest::proptest! {
    #[test]
    fn any_body_is_appended_or_refused_and_says_how_much(
        bytes: Vec<u8>,
        times in proptest::collection::vec((0..4_u8, 0..6_i64, 0..3_i64), 0..12),
    ) {
        let store = MemoryStore::new();
        let receiver = receiver(&store);
        let mut request = SymbolizedRequest::default();
        for &(instance, time_ms, start_ms) in &times {
            let labels = [("__name__", "m"), ("instance", &*instance.to_string())];
            let samples = [Sample { time_ms, value: 1.0, start_ms }];
            request.series(&SymbolizedSeries { labels: &labels, samples: &samples, ..SymbolizedSeries::default() });
        }
        let body = request.to_bytes();
        for body in [&body, &bytes, &[&*body, &*bytes].concat()] {
            let before = dump(&store);
            if let Ok(outcome) = receiver.write("s", Message::V2, body, NOW) {
                let told = outcome.samples + outcome.samples_skipped + outcome.problems.count();
                proptest::prop_assert!(told <= 12 + bytes.len() as u64);
            } else {
                proptest::prop_assert_eq!(dump(&store), before);
            }
        }
    }
}
