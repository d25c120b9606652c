use proptest::prelude::*;
use regain_protowire::write::{put_message, put_packed_varints, put_varint};

use super::*;
use crate::write::encode::{Exemplar, SymbolizedRequest, SymbolizedSeries};

fn series(message: &[u8]) -> &[u8] {
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next_field().unwrap() {
        if field.number == REQUEST_SERIES {
            return field.bytes().unwrap();
        }
    }
    panic!("no series in the request");
}

#[test]
fn encodes_as_upstream_does() {
    let mut request = SymbolizedRequest::default();
    request.series(&SymbolizedSeries {
        labels: &[("__name__", "up"), ("job", "up")],
        samples: &[Sample { time_ms: 1000, value: 1.0, start_ms: 0 }, Sample::default()],
        exemplars: &[Exemplar { labels: &[("t", "1")], value: 0.0, time_ms: 5 }],
        kind: 2,
        help: "h",
        ..SymbolizedSeries::default()
    });
    let expected = [
        &b"\x22\x00\x22\x08__name__\x22\x02up\x22\x03job\x22\x01t\x22\x011\x22\x01h"[..],
        b"\x2a\x24\x0a\x04\x01\x02\x03\x02\x12\x0c\x09\x00\x00\x00\x00\x00\x00\xf0\x3f\x10\xe8\x07",
        b"\x12\x00\x22\x06\x0a\x02\x04\x05\x18\x05\x2a\x04\x08\x02\x18\x06",
    ]
    .concat();
    assert_eq!(request.to_bytes(), expected);
}

#[test]
fn a_series_is_taken_apart() {
    let mut message = Vec::new();
    put_packed_varints(&mut message, SERIES_LABEL_REFS, [1, 300]);
    put_message(&mut message, SERIES_SAMPLE, |dst| put_varint(dst, SAMPLE_TIME, 7));
    put_message(&mut message, SERIES_SAMPLE, |dst| put_varint(dst, SAMPLE_START, 5));
    put_message(&mut message, SERIES_HISTOGRAM, |_| ());
    put_message(&mut message, SERIES_EXEMPLAR, |_| ());
    put_message(&mut message, SERIES_EXEMPLAR, |_| ());
    put_message(&mut message, SERIES_METADATA, |dst| put_varint(dst, METADATA_TYPE, 1));
    put_message(&mut message, SERIES_METADATA, |dst| put_varint(dst, METADATA_UNIT, 9));
    put_varint(&mut message, 99, 1);
    let mut samples = vec![Sample { time_ms: 9, ..Sample::default() }];
    let series = Series::decode(&message, &mut samples).unwrap();
    assert_eq!(series.refs, Some(&[1, 0xac, 2][..]));
    assert_eq!((series.histograms, series.exemplars), (1, 2));
    assert_eq!(series.metadata, Some(Metadata { kind: 1, help: 0, unit: 9 }));
    let expected = [
        Sample { time_ms: 7, value: 0.0, start_ms: 0 },
        Sample { time_ms: 0, value: 0.0, start_ms: 5 },
    ];
    assert_eq!(samples, expected);
}

#[test]
fn places_may_be_spread_over_fields() {
    let mut message = Vec::new();
    put_packed_varints(&mut message, SERIES_LABEL_REFS, [1, 2]);
    // More than 32 bits are cut.
    put_varint(&mut message, SERIES_LABEL_REFS, (1 << 32) + 3);
    put_packed_varints(&mut message, SERIES_LABEL_REFS, [4]);
    let series = Series::decode(&message, &mut Vec::new()).unwrap();
    assert_eq!(series.refs, None);
    let mut refs = Vec::new();
    append_label_refs(&message, SERIES_LABEL_REFS, &mut refs).unwrap();
    assert_eq!(refs, [1, 2, 3, 4]);
}

#[test]
fn what_is_malformed_is_refused_wherever_it_is() {
    let malformed: [&[u8]; 5] = [
        b"\x08\xff",
        b"\x12\x02\x09\x00",
        b"\x15\x00\x00\x00\x00",
        b"\x2a\x01\x08",
        b"\x0a\x01\x80\x08\x01",
    ];
    let mut samples = Vec::new();
    for message in malformed {
        let decoded = Series::decode(message, &mut samples);
        let refs = append_label_refs(message, SERIES_LABEL_REFS, &mut Vec::new());
        assert!(decoded.is_err() || refs.is_err(), "{message:x?}");
    }
    decode_exemplar(b"\x10\x00").unwrap_err();
    decode_exemplar(b"\x18").unwrap_err();
}

proptest! {
    #[test]
    fn series_round_trip(
        labels in prop::collection::vec(("[a-c]{1,2}", "[a-c]{0,2}"), 0..5),
        samples in prop::collection::vec((any::<i64>(), any::<u64>(), any::<i64>()), 0..5),
    ) {
        let pairs: Vec<(&str, &str)> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let written: Vec<Sample> = samples
            .iter()
            .map(|&(time_ms, bits, start_ms)| Sample { time_ms, value: f64::from_bits(bits), start_ms })
            .collect();
        let mut request = SymbolizedRequest::default();
        request.series(&SymbolizedSeries { labels: &pairs, samples: &written, ..SymbolizedSeries::default() });
        let message = request.to_bytes();
        let mut read = Vec::new();
        Series::decode(series(&message), &mut read).unwrap();
        let bits = |samples: &[Sample]| -> Vec<(i64, u64, i64)> {
            samples.iter().map(|s| (s.time_ms, s.value.to_bits(), s.start_ms)).collect()
        };
        prop_assert_eq!(bits(&read), samples);
        let mut refs = Vec::new();
        append_label_refs(series(&message), SERIES_LABEL_REFS, &mut refs).unwrap();
        let texts: Vec<u32> = pairs.iter().flat_map(|&(n, v)| [n, v]).map(|text| request.symbol(text)).collect();
        prop_assert_eq!(refs, texts);
    }
}
