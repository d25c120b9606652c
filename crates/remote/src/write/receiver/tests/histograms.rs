//! Native histograms in 1.0.

use regain_model::Histogram;
use regain_model::histogram::Buckets;

use super::*;
use crate::write::encode::{Counts, HistogramSample};

fn histogram(count: f64) -> Histogram {
    Histogram {
        count,
        sum: 2.0 * count,
        positive: Buckets::run(1, vec![count]),
        ..Histogram::default()
    }
}

fn write(
    receiver: &Receiver,
    samples: &[(i64, f64)],
    histograms: &[(i64, &Histogram)],
) -> Result<Outcome, WriteError> {
    let histograms: Vec<HistogramSample<'_>> = histograms
        .iter()
        .map(|&(time_ms, histogram)| HistogramSample {
            time_ms,
            start_ms: 0,
            histogram,
            counts: Counts::Integers,
        })
        .collect();
    let mut request = Request::default();
    request.series(&[("__name__", "a")], &[(50, 1.0)]);
    request.mixed_series(&[("__name__", "h")], samples, &histograms);
    receiver.write("s", Message::V1, request.as_bytes(), NOW)
}

fn refused(receiver: &Receiver, histograms: &[(i64, &Histogram)]) -> String {
    let error = write(receiver, &[], histograms).unwrap_err();
    assert_eq!(error.fault(), Fault::Request);
    error.to_string()
}

#[test]
fn histograms_stand_beside_numbers() {
    let store = MemoryStore::new();
    let receiver = receiver(&store);
    let (one, two) = (histogram(1.0), histogram(2.0));
    let outcome = write(&receiver, &[(10, 1.0)], &[(10, &one), (20, &one), (30, &two)]).unwrap();
    // What is as new as what comes before it in the request is left out, whatever it is.
    assert_eq!((outcome.samples, outcome.histograms, outcome.samples_skipped), (2, 2, 1));
    assert_eq!(dump(&store), ["a 1@50", "h 1@10"], "only numbers are shown here");
    // The same again is no mistake.
    assert_eq!(write(&receiver, &[], &[(30, &two)]).unwrap().histograms, 1);
}

#[test]
fn what_does_not_fit_drops_the_whole_request() {
    let store = MemoryStore::new();
    let receiver = receiver(&store);
    let (one, two) = (histogram(1.0), histogram(2.0));
    let wrong = Histogram { count: 9.0, ..histogram(1.0) };
    write(&receiver, &[], &[(30, &one)]).unwrap();
    let before = dump(&store);
    assert_eq!(refused(&receiver, &[(30, &two)]), "duplicate sample for timestamp");
    assert_eq!(refused(&receiver, &[(29, &two)]), "out of order sample");
    assert!(refused(&receiver, &[(40, &wrong)]).starts_with("1 observations found in buckets"));
    let far = NOW.0 + AHEAD_MS_MAX + 1;
    let text = refused(&receiver, &[(far, &two)]);
    assert_eq!(text, "out of bounds: timestamp is too far in the future");
    assert_eq!(dump(&store), before);
}

#[test]
fn a_histogram_that_ends_its_series_does_so() {
    let store = MemoryStore::new();
    let receiver = receiver(&store);
    let end = Histogram { sum: regain_model::STALE_NAN, ..Histogram::default() };
    write(&receiver, &[], &[(10, &histogram(1.0)), (20, &end)]).unwrap();
    let (_, samples) = &store.to_vec()[1];
    let [(time, value)] = samples[..] else { panic!("the end alone is a number: {samples:?}") };
    assert!(time == Timestamp(20) && regain_model::is_stale(value));
}
