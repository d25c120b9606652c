mod fake_store;
mod histograms;
mod symbolized;

use fake_store::{Event, FakeStore};
use regain_model::Labels;
use regain_protowire::write::{put_message, put_str};
use regain_storage::LaneKey;
use regain_storage::memory::MemoryStore;

use super::*;
use crate::write::encode::Request;
use crate::write::v1;
use crate::write::{AHEAD_MS_MAX, Fault, Refusal, Refused};

const NOW: Timestamp = Timestamp(1_000_000);

fn receiver(store: &MemoryStore) -> Receiver {
    Receiver::new(Arc::new(store.clone()), ReceiverOptions::default())
}

/// A request of one sample for each instance, at one time.
fn request(instances: &[&str], time_ms: i64, value: f64) -> Request {
    let mut request = Request::default();
    for instance in instances {
        let labels = [("__name__", "up"), ("instance", *instance), ("job", "a")];
        request.series(&labels, &[(time_ms, value)]);
    }
    request
}

/// Everything in the store as text, in the order of labels.
fn dump(store: &MemoryStore) -> Vec<String> {
    let series = store.to_vec().into_iter().filter(|(_, samples)| !samples.is_empty());
    let line = |(labels, samples): (Labels, Vec<(Timestamp, f64)>)| {
        let samples: Vec<String> = samples.iter().map(|(t, v)| format!("{v}@{t}")).collect();
        format!("{} {}", labels.to_metric_string(), samples.join(" "))
    };
    series.map(line).collect()
}

fn refusal(result: Result<Outcome, WriteError>) -> (Refusal, String, i64) {
    match result {
        Err(WriteError::Refused(refused)) => {
            let Refused { reason, series, time_ms, .. } = *refused;
            (reason, series, time_ms)
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn appends_what_is_sent_again_and_again() {
    let store = MemoryStore::new();
    let receiver = receiver(&store);
    for round in 1..=3 {
        let request = request(&["x", "y", "z"], round * 10, round as f64);
        let outcome = receiver.write("s", Message::V1, request.as_bytes(), NOW).unwrap();
        assert_eq!((outcome.samples, outcome.invalid), (3, 0));
        assert_eq!(outcome.series_created, if round == 1 { 3 } else { 0 });
    }
    assert_eq!(
        dump(&store),
        [
            r#"up{instance="x", job="a"} 1@10 2@20 3@30"#,
            r#"up{instance="y", job="a"} 1@10 2@20 3@30"#,
            r#"up{instance="z", job="a"} 1@10 2@20 3@30"#,
        ]
    );
}

#[test]
fn a_changed_order_and_new_series_are_recognised() {
    let store = MemoryStore::new();
    let receiver = receiver(&store);
    for (time_ms, instances) in [
        (1, vec!["x", "y"]),
        (2, vec!["y", "x"]),
        (3, vec!["x", "xx", "y"]),
        (4, vec!["xx", "y", "z", "x"]),
    ] {
        receiver
            .write("s", Message::V1, request(&instances, time_ms, 0.5).as_bytes(), NOW)
            .unwrap();
    }
    assert_eq!(
        dump(&store),
        [
            r#"up{instance="x", job="a"} 0.5@1 0.5@2 0.5@3 0.5@4"#,
            r#"up{instance="xx", job="a"} 0.5@3 0.5@4"#,
            r#"up{instance="y", job="a"} 0.5@1 0.5@2 0.5@3 0.5@4"#,
            r#"up{instance="z", job="a"} 0.5@4"#,
        ]
    );
}

#[test]
fn labels_that_extend_known_ones_are_another_series() {
    let store = MemoryStore::new();
    let receiver = receiver(&store);
    let (short, long) = ([("__name__", "m")], [("__name__", "m"), ("z", "1")]);
    for (time_ms, second) in [(1, &short[..]), (2, &long[..]), (3, &short[..])] {
        let mut request = Request::default();
        request.series(&[("__name__", "first")], &[(time_ms, 0.0)]);
        request.series(second, &[(time_ms, 1.0)]);
        receiver.write("s", Message::V1, request.as_bytes(), NOW).unwrap();
    }
    assert_eq!(dump(&store), ["first 0@1 0@2 0@3", "m 1@1 1@3", r#"m{z="1"} 1@2"#]);
}

#[test]
fn a_refused_sample_drops_the_whole_request() {
    let store = MemoryStore::new();
    let receiver = receiver(&store);
    receiver.write("s", Message::V1, request(&["x", "y"], 10, 1.0).as_bytes(), NOW).unwrap();
    let before = dump(&store);

    let mut late = request(&["x"], 20, 2.0);
    late.series(&[("__name__", "up"), ("instance", "y"), ("job", "a")], &[(9, 2.0)]);
    let (reason, series, time_ms) = refusal(receiver.write("s", Message::V1, late.as_bytes(), NOW));
    assert_eq!((reason, time_ms), (Refusal::OutOfOrder, 9));
    assert_eq!(series, r#"{__name__="up", instance="y", job="a"}"#);
    assert_eq!(dump(&store), before);

    let duplicate =
        receiver.write("s", Message::V1, request(&["y"], 10, 2.0).as_bytes(), NOW).unwrap_err();
    let text = "duplicate sample for timestamp 10; overrides not allowed: new value 2";
    assert_eq!(duplicate.to_string(), text);
    assert_eq!(duplicate.fault(), Fault::Request);
    assert_eq!(dump(&store), before);

    // The same value again is no mistake, and what failed left nothing behind.
    receiver.write("s", Message::V1, request(&["x", "y"], 10, 1.0).as_bytes(), NOW).unwrap();
    assert_eq!(dump(&store), before);
}

#[test]
fn of_samples_that_contradict_each_other_in_one_request_the_first_counts() {
    let store = MemoryStore::new();
    let receiver = receiver(&store);
    let labels = [("__name__", "m")];
    for first in [20, 40] {
        let mut body = Request::default();
        body.series(&labels, &[(first, 1.0), (first - 10, 2.0), (first, 3.0), (first + 10, 4.0)]);
        body.series(&labels, &[(first + 10, 5.0)]);
        let outcome = receiver.write("s", Message::V1, body.as_bytes(), NOW).unwrap();
        assert_eq!((outcome.samples, outcome.samples_skipped), (2, 3));
    }
    assert_eq!(dump(&store), ["m 1@20 4@30 1@40 4@50"]);
}

#[test]
fn samples_may_lie_ten_minutes_ahead_and_no_more() {
    let store = MemoryStore::new();
    let receiver = receiver(&store);
    let edge = NOW.0 + AHEAD_MS_MAX;
    let error = receiver
        .write("s", Message::V1, request(&["x"], edge + 1, 1.0).as_bytes(), NOW)
        .unwrap_err();
    assert_eq!(error.to_string(), "out of bounds: timestamp is too far in the future");
    assert!(dump(&store).is_empty());
    receiver.write("s", Message::V1, request(&["x"], edge, 1.0).as_bytes(), NOW).unwrap();
    assert_eq!(dump(&store).len(), 1);
}

#[test]
fn invalid_series_are_skipped_and_counted() {
    let store = MemoryStore::new();
    let receiver = receiver(&store);
    let mut request = Request::default();
    request.series(&[("job", "no name")], &[(1, 1.0)]);
    request.series(&[("__name__", "")], &[(1, 1.0)]);
    request.series(&[("__name__", "m"), ("", "x")], &[(1, 1.0)]);
    request.series(&[("__name__", "m"), ("a", "1"), ("a", "2")], &[(1, 1.0)]);
    request.series(&[("__name__", "m"), ("a", "1"), ("a", "1")], &[(1, 1.0)]);
    request.series(&[], &[(1, 1.0)]);
    request.series(&[("a", "no name and no sample")], &[]);
    request.series(&[("z", "1"), ("__name__", "good"), ("empty", "")], &[(1, 1.0)]);
    let mut body = request.as_bytes().to_vec();
    put_message(&mut body, v1::REQUEST_SERIES, |dst| {
        dst.extend_from_slice(b"\x0a\x0d\x0a\x08__name__\x12\x01\xff\x12\x00");
    });
    for repeats in 1..=2 {
        let outcome = receiver.write("s", Message::V1, &body, NOW).unwrap();
        assert_eq!(outcome.invalid, 8, "{repeats}");
    }
    assert_eq!(dump(&store), [r#"good{z="1"} 1@1"#]);
}

#[test]
fn what_is_not_kept_is_counted() {
    let store = MemoryStore::new();
    let mut body = Vec::new();
    put_message(&mut body, v1::REQUEST_SERIES, |dst| {
        dst.extend_from_slice(b"\x0a\x0d\x0a\x08__name__\x12\x01m");
        put_message(dst, v1::SERIES_EXEMPLAR, |_| ());
        put_message(dst, v1::SERIES_EXEMPLAR, |_| ());
    });
    put_message(&mut body, v1::REQUEST_METADATA, |dst| put_str(dst, 2, "m"));
    let outcome = receiver(&store).write("s", Message::V1, &body, NOW).unwrap();
    assert_eq!(outcome.exemplars_skipped, 2);
    assert_eq!(outcome.metadata, 1);
    assert!(store.to_vec().is_empty());
}

#[test]
fn malformed_bodies_leave_nothing_behind() {
    let store = MemoryStore::new();
    let receiver = receiver(&store);
    let mut body = request(&["x"], 1, 1.0).as_bytes().to_vec();
    body.extend_from_slice(b"\x0a\x05\x0a");
    let error = receiver.write("s", Message::V1, &body, NOW).unwrap_err();
    assert_eq!(error.to_string(), "unexpected EOF");
    assert_eq!(error.fault(), Fault::Request);
    assert!(dump(&store).is_empty());
}

#[test]
fn labels_behind_the_samples_count_too() {
    let store = MemoryStore::new();
    let mut body = Vec::new();
    put_message(&mut body, v1::REQUEST_SERIES, |dst| {
        put_message(dst, v1::SERIES_LABEL, |dst| {
            put_str(dst, v1::LABEL_NAME, "__name__");
            put_str(dst, v1::LABEL_VALUE, "m");
        });
        put_message(dst, v1::SERIES_SAMPLE, |_| ());
        put_message(dst, v1::SERIES_LABEL, |dst| {
            put_str(dst, v1::LABEL_NAME, "a");
            put_str(dst, v1::LABEL_VALUE, "1");
        });
    });
    let receiver = receiver(&store);
    for _ in 0..2 {
        receiver.write("s", Message::V1, &body, NOW).unwrap();
    }
    assert_eq!(dump(&store), [r#"m{a="1"} 0@0"#]);
}

#[test]
fn samples_go_in_rows_of_one_lane_and_time() {
    let store = FakeStore::default();
    let receiver = Receiver::new(Arc::new(store.clone()), ReceiverOptions::default());
    let mut request = request(&["x", "y"], 1, 1.0);
    for (name, instance) in [("a", "y"), ("b", "y"), ("c", "y")] {
        let labels = [("__name__", name), ("instance", instance), ("job", "a")];
        request.series(&labels, &[(1, 2.0), (2, 3.0)]);
    }
    // The labels of `a` in another order share a series, so they share no row.
    request.series(&[("job", "a"), ("instance", "y"), ("__name__", "a")], &[(2, 4.0)]);
    receiver.write("s", Message::V1, request.as_bytes(), NOW).unwrap();
    let rows: Vec<(i64, usize)> = store.rows();
    assert_eq!(rows, [(1, 1), (1, 2), (2, 1), (1, 1), (2, 1), (1, 1), (2, 1), (2, 1)]);
    let lanes: Vec<LaneKey> = store.lanes();
    assert_eq!(lanes, [LaneKey::push("s", "a", "x"), LaneKey::push("s", "a", "y")]);
}

#[test]
fn a_series_that_the_store_forgot_is_asked_for_again() {
    let store = FakeStore::default();
    let receiver = Receiver::new(Arc::new(store.clone()), ReceiverOptions::default());
    receiver.write("s", Message::V1, request(&["x"], 1, 1.0).as_bytes(), NOW).unwrap();
    store.forget_series();
    receiver.write("s", Message::V1, request(&["x"], 2, 1.0).as_bytes(), NOW).unwrap();
    assert_eq!(store.committed(), 2);
    store.refuse_all_series();
    let error =
        receiver.write("s", Message::V1, request(&["x"], 3, 1.0).as_bytes(), NOW).unwrap_err();
    assert_eq!(error.fault(), Fault::Server);
    assert_eq!(store.committed(), 2);
}

#[test]
fn a_request_that_panics_ends_itself_only() {
    let store = FakeStore::default();
    let receiver = Receiver::new(Arc::new(store.clone()), ReceiverOptions::default());
    receiver.write("s", Message::V1, request(&["x"], 1, 1.0).as_bytes(), NOW).unwrap();
    store.panic_once();
    let body = request(&["x"], 2, 1.0);
    let write =
        std::panic::AssertUnwindSafe(|| receiver.write("s", Message::V1, body.as_bytes(), NOW));
    std::panic::catch_unwind(write).unwrap_err();
    receiver.write("s", Message::V1, request(&["x"], 3, 1.0).as_bytes(), NOW).unwrap();
    assert_eq!(store.committed(), 2);
    // The series was asked for again, in a lane that was opened again.
    assert_eq!(store.lanes().len(), 2);
}

#[test]
fn a_failed_commit_is_the_servers_fault() {
    let store = FakeStore::default();
    let receiver = Receiver::new(Arc::new(store.clone()), ReceiverOptions::default());
    store.fail_commits();
    let error =
        receiver.write("s", Message::V1, request(&["x", "y"], 1, 1.0).as_bytes(), NOW).unwrap_err();
    assert_eq!(error.fault(), Fault::Server);
    assert_eq!(store.events().iter().filter(|event| **event == Event::Rollback).count(), 2);
}

#[test]
fn what_is_remembered_has_limits() {
    let store = FakeStore::default();
    let options =
        ReceiverOptions { senders_max: 2, cache_bytes_max: 2_000, ..ReceiverOptions::default() };
    let receiver = Receiver::new(Arc::new(store.clone()), options);
    for time_ms in 1..=100 {
        let instance = format!("host-{time_ms}");
        let sender = format!("sender-{}", time_ms % 3);
        receiver
            .write(&sender, Message::V1, request(&[&instance], time_ms, 1.0).as_bytes(), NOW)
            .unwrap();
        assert!(receiver.usage.bytes() <= 3_000);
        assert!(receiver.senders.lock().unwrap().by_name.len() <= 2);
    }
    assert_eq!(store.committed(), 100);
    for time_ms in 101..=200 {
        let instance = format!("host-{time_ms}");
        receiver
            .write("s", Message::V1, request(&[&instance], time_ms, 1.0).as_bytes(), NOW)
            .unwrap();
        assert!(receiver.usage.bytes() <= 3_000);
    }
    drop(receiver.senders.lock().unwrap().by_name.drain());
    assert_eq!(receiver.usage.bytes(), 0);
}

proptest::proptest! {
    #[test]
    fn any_body_is_appended_whole_or_not_at_all(
        bytes: Vec<u8>,
        times in proptest::collection::vec((0..4_u8, 0..6_i64), 0..12),
    ) {
        let store = MemoryStore::new();
        let receiver = receiver(&store);
        let mut body = Request::default();
        for &(instance, time_ms) in &times {
            let labels = [("__name__", "m"), ("instance", &*instance.to_string())];
            body.series(&labels, &[(time_ms, 1.0)]);
        }
        for body in [body.as_bytes(), &bytes, &[body.as_bytes(), &bytes].concat()] {
            let before = dump(&store);
            if let Ok(outcome) = receiver.write("s", Message::V1, body, NOW) {
                proptest::prop_assert!(outcome.samples <= 12 + bytes.len() as u64);
            } else {
                proptest::prop_assert_eq!(dump(&store), before);
            }
        }
    }
}
