//! What holds for any bytes. The fuzz targets in `fuzz/` run these, and so do the property tests.

use std::sync::Arc;

use regain_model::Histogram;
use regain_model::Timestamp;
use regain_model::histogram::Buckets;
use regain_remote::write::encode::{
    Counts, HistogramSample, Request, SymbolizedRequest, SymbolizedSeries,
};
use regain_remote::write::v2::Sample;
use regain_remote::write::{Message, Receiver, ReceiverOptions};
use regain_storage::memory::MemoryStore;

const NOW: Timestamp = Timestamp(1_000_000);

/// A store, and a receiver that may have seen the sender before.
struct Side {
    store: MemoryStore,
    receiver: Receiver,
}

impl Side {
    fn new() -> Self {
        let store = MemoryStore::new();
        let receiver = Receiver::new(Arc::new(store.clone()), ReceiverOptions::default());
        Self { store, receiver }
    }

    /// Forgets the sender and keeps what it sent.
    fn forget(&mut self) {
        self.receiver = Receiver::new(Arc::new(self.store.clone()), ReceiverOptions::default());
    }

    /// What a receiver says of a request, and what is in the store then. What was refused as a whole must not be.
    fn write(&self, message: Message, body: &[u8]) -> (String, String) {
        let before = self.dump();
        let answer = self.receiver.write("s", message, body, NOW);
        let after = self.dump();
        assert!(answer.is_ok() || before == after, "something of {message:?} {body:x?} was kept");
        let answer = match answer {
            Ok(outcome) => format!("{outcome:?}"),
            Err(error) => error.to_string(),
        };
        (answer, after)
    }

    /// Everything that is in the store. A series without samples is nothing.
    fn dump(&self) -> String {
        let series = self.store.to_vec().into_iter().filter(|(_, samples)| !samples.is_empty());
        let lines: Vec<String> =
            series.map(|(labels, samples)| format!("{labels} {samples:?}")).collect();
        lines.join("\n")
    }
}

/// Any bodies are taken or refused, and what is known of their sender changes nothing about it.
fn check(bodies: &[(Message, Vec<u8>)]) {
    let (known, mut unknown) = (Side::new(), Side::new());
    for (message, body) in bodies {
        unknown.forget();
        assert_eq!(known.write(*message, body), unknown.write(*message, body), "{body:x?}");
    }
}

/// One body, of 1.0 and of 2.0, three times.
pub(crate) fn check_body(body: &[u8]) {
    for message in [Message::V1, Message::V2] {
        check(&vec![(message, body.to_vec()); 3]);
    }
}

/// What bytes ask for: series in any order, with labels that are nearly the same, out of order and malformed.
pub(crate) fn check_requests(bytes: &[u8]) {
    for message in [Message::V1, Message::V2] {
        let bodies: Vec<(Message, Vec<u8>)> = bytes
            .chunks(24)
            .map(|chunk| {
                let mut body = match message {
                    Message::V1 => first(chunk),
                    Message::V2 => second(chunk),
                };
                // One in many is cut short or broken.
                if let [.., at, how @ 240..=255] = *chunk {
                    let at = usize::from(at) % (body.len() + 1);
                    if how > 247 {
                        body.truncate(at);
                    } else if let Some(byte) = body.get_mut(at) {
                        *byte ^= 1 << (how - 240);
                    }
                }
                (message, body)
            })
            .collect();
        check(&bodies);
    }
}

const LABELS: [&[(&str, &str)]; 10] = [
    &[("__name__", "m")],
    &[("__name__", "m"), ("i", "1")],
    &[("__name__", "m"), ("i", "1"), ("j", "2")],
    &[("i", "1"), ("__name__", "m")],
    &[("__name__", "m"), ("i", "")],
    &[("__name__", "n"), ("i", "1")],
    &[("__name__", "m"), ("i", "1"), ("i", "2")],
    &[("i", "1")],
    &[("__name__", "m"), ("instance", "a"), ("job", "b")],
    &[("__name__", "m"), ("", "1")],
];

/// The labels, the time and the kind of what three bytes ask for.
fn asked(bytes: &[u8]) -> impl Iterator<Item = (&'static [(&'static str, &'static str)], i64, u8)> {
    let (triples, _) = bytes.as_chunks();
    triples.iter().map(|&[labels, time, kind]| {
        (LABELS[usize::from(labels) % LABELS.len()], i64::from(time % 16), kind % 8)
    })
}

fn histogram(kind: u8) -> Histogram {
    let count = f64::from(kind);
    Histogram { count, positive: Buckets::run(1, vec![2.0, 3.0]), ..Histogram::default() }
}

fn first(bytes: &[u8]) -> Vec<u8> {
    let mut request = Request::default();
    for (labels, time_ms, kind) in asked(bytes) {
        let histogram = histogram(kind);
        let sample = HistogramSample {
            time_ms,
            start_ms: 0,
            histogram: &histogram,
            counts: Counts::Integers,
        };
        match kind {
            4.. => request.mixed_series(labels, &[], &[sample]),
            3 => request.series(labels, &[]),
            _ => request.series(labels, &[(time_ms, f64::from(kind))]),
        }
    }
    request.as_bytes().to_vec()
}

fn second(bytes: &[u8]) -> Vec<u8> {
    let mut request = SymbolizedRequest::default();
    for (labels, time_ms, kind) in asked(bytes) {
        let histogram = histogram(kind);
        let start_ms = i64::from(kind % 2);
        let samples = [Sample { time_ms, value: f64::from(kind), start_ms }];
        let counts = if kind == 6 { Counts::Floats } else { Counts::Integers };
        let histograms = [HistogramSample { time_ms, start_ms, histogram: &histogram, counts }];
        request.series(&SymbolizedSeries {
            labels,
            samples: if kind < 3 { &samples } else { &[] },
            histograms: if kind > 3 { &histograms } else { &[] },
            help: if time_ms > 8 { "help" } else { "" },
            ..SymbolizedSeries::default()
        });
    }
    request.to_bytes()
}
