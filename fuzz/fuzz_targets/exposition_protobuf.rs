//! Any body is read to its end or refused, and a reader that knows its series beforehand reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regain_exposition::read::{Item, ProtobufSource, ReadOptions, Source};

fuzz_target!(|input: (u8, Vec<u8>)| {
    let (bits, body) = input;
    let options = ReadOptions {
        native_histograms: bits & 1 != 0,
        classic_beside_native: bits & 2 != 0,
        custom_buckets: bits & 4 != 0,
        type_and_unit_labels: bits & 8 != 0,
        start_timestamps: bits & 16 != 0,
    };
    let mut plain = ProtobufSource::new(&body, options);
    let mut predicting = ProtobufSource::new(&body, options);
    while let Ok(Some(item)) = plain.next_item() {
        let Item::Sample(reading) = item else {
            assert_eq!(predicting.next_item(), Ok(Some(item)));
            continue;
        };
        let series = plain.series().to_vec();
        let mut labels = Vec::new();
        let _ = plain.labels(&series, &mut labels);
        let predicted = predicting.predicted(&series).expect("both read the same body");
        assert_eq!(predicted.timestamp_ms, reading.timestamp_ms);
        assert_eq!(predicted.value.map(f64::to_bits), reading.value.map(f64::to_bits));
        assert_eq!(predicting.start_ms(), plain.start_ms());
        let histograms = (plain.histogram(), predicting.histogram());
        assert_eq!(histograms.0.is_some(), reading.value.is_none());
        assert_eq!(histograms.0.map(|read| read.is_ok()), histograms.1.map(|read| read.is_ok()));
        plain.each_exemplar(|exemplar| assert!(exemplar.labels.iter().all(|(name, _)| !name.is_empty())));
    }
});
