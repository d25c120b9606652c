use proptest::prelude::*;
use regain_protowire::write::{put_int64, put_message, put_str};

use super::*;
use crate::write::encode::Request;

/// The first series of a request.
fn series(request: &Request) -> &[u8] {
    let field = Reader::new(request.as_bytes()).next_field().unwrap().unwrap();
    assert_eq!(field.number, REQUEST_SERIES);
    field.bytes().unwrap()
}

#[test]
fn encodes_as_upstream_does() {
    let mut request = Request::default();
    request.series(&[("__name__", "up"), ("e", "")], &[(1000, 1.0), (0, 0.0), (-1, -0.0)]);
    let expected = [
        &b"\x0a\x42\x0a\x0e\x0a\x08__name__\x12\x02up\x0a\x03\x0a\x01e"[..],
        b"\x12\x0c\x09\x00\x00\x00\x00\x00\x00\xf0\x3f\x10\xe8\x07",
        b"\x12\x00",
        b"\x12\x14\x09\x00\x00\x00\x00\x00\x00\x00\x80\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ]
    .concat();
    let mut expected = expected;
    expected[1] = u8::try_from(expected.len() - 2).unwrap();
    assert_eq!(request.as_bytes(), expected);
}

#[test]
fn splits_labels_from_what_follows() {
    let mut request = Request::default();
    request.series(&[("__name__", "up"), ("job", "a")], &[(5, 2.5), (6, f64::NAN)]);
    let (labels, rest) = split_labels(series(&request)).unwrap();
    let decoded = decode_labels(labels).unwrap();
    assert_eq!(decoded[0], Label { name: b"__name__", value: b"up" });
    assert_eq!(decoded[1], Label { name: b"job", value: b"a" });
    let mut samples = vec![Sample { time_ms: 9, value: 9.0 }];
    assert_eq!(decode_rest(rest, &mut samples), Ok(Rest::default()));
    assert_eq!(samples[0], Sample { time_ms: 5, value: 2.5 });
    assert_eq!(samples[1].value.to_bits(), f64::NAN.to_bits());
    assert_eq!(samples.len(), 2);
}

#[test]
fn counts_what_it_does_not_decode_and_sorts_stray_labels() {
    let mut message = Vec::new();
    put_message(&mut message, SERIES_SAMPLE, |dst| put_int64(dst, SAMPLE_TIME, 7));
    put_message(&mut message, SERIES_LABEL, |dst| put_str(dst, LABEL_NAME, "a"));
    put_message(&mut message, SERIES_EXEMPLAR, |_| ());
    put_message(&mut message, SERIES_HISTOGRAM, |_| ());
    put_int64(&mut message, 99, 1);
    let (labels, rest) = split_labels(&message).unwrap();
    assert!(labels.is_empty());
    let mut samples = Vec::new();
    let found = decode_rest(rest, &mut samples).unwrap();
    assert_eq!(found, Rest { exemplars: 1, histograms: 1, stray_labels: 1 });
    let sorted = labels_first(&message).unwrap();
    let (labels, rest) = split_labels(&sorted).unwrap();
    assert_eq!(decode_labels(labels).unwrap(), [Label { name: b"a", value: b"" }]);
    assert_eq!(decode_rest(rest, &mut samples).unwrap().stray_labels, 0);
    assert_eq!(samples, [Sample { time_ms: 7, value: 0.0 }]);
}

proptest! {
    #[test]
    fn requests_round_trip(
        labels in prop::collection::vec((".{0,8}", ".{0,8}"), 0..5),
        samples in prop::collection::vec((any::<i64>(), any::<u64>()), 0..5),
    ) {
        let pairs: Vec<(&str, &str)> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let values: Vec<(i64, f64)> = samples.iter().map(|&(t, v)| (t, f64::from_bits(v))).collect();
        let mut request = Request::default();
        request.series(&pairs, &values);
        let (raw, rest) = split_labels(series(&request)).unwrap();
        let decoded = decode_labels(raw).unwrap();
        let texts: Vec<(&[u8], &[u8])> = decoded.iter().map(|label| (label.name, label.value)).collect();
        let expected: Vec<(&[u8], &[u8])> = pairs.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
        prop_assert_eq!(texts, expected);
        let mut read = Vec::new();
        decode_rest(rest, &mut read).unwrap();
        let read: Vec<(i64, u64)> = read.iter().map(|s| (s.time_ms, s.value.to_bits())).collect();
        prop_assert_eq!(read, samples);
    }

    #[test]
    fn any_bytes_split_without_loss_or_are_refused(bytes: Vec<u8>) {
        let mut samples = Vec::new();
        if let Ok((labels, rest)) = split_labels(&bytes) {
            prop_assert_eq!([labels, rest].concat(), &bytes[..]);
            prop_assert!(decode_rest(rest, &mut samples).is_err() || samples.len() <= rest.len());
            prop_assert!(decode_labels(labels).is_err() || labels.first().is_none_or(|tag| *tag == LABEL_TAG));
        }
    }
}
