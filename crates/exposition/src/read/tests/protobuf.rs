mod message;

use proptest::prelude::*;
use regain_protowire::write::{put_int64, put_message};

use self::message::{
    COUNTER, GAUGE, GAUGE_HISTOGRAM, HISTOGRAM, Message, SUMMARY, UNTYPED, body, family, message,
    metric,
};
use super::shown::{sample, shown};
use crate::read::{Item, ProtobufSource, ReadOptions, Reading, Source as _};

const NATIVE: ReadOptions = ReadOptions { native_histograms: true, ..PLAIN };
const PLAIN: ReadOptions = ReadOptions {
    native_histograms: false,
    classic_beside_native: false,
    custom_buckets: false,
    type_and_unit_labels: false,
    start_timestamps: false,
};

/// Expects the samples of families; what is said about families is left out.
fn check_samples(options: ReadOptions, families: &[Message], expected: &[&str]) {
    let mut lines = shown(ProtobufSource::new(&body(families), options));
    lines.retain(|line| !["help ", "type ", "unit "].iter().any(|start| line.starts_with(start)));
    assert_eq!(lines, expected);
}

#[test]
fn families_are_told_about_before_their_samples() {
    let labelled = metric(COUNTER, &[("b", "é"), ("a", "")], message().double(1, 1.5));
    let timed = metric(UNTYPED, &[], message().double(1, f64::NAN));
    let mut late = metric(GAUGE, &[], message().double(1, -1.0));
    put_int64(&mut late.0, 6, -7);
    let families = [
        message()
            .text(1, "c_seconds_total")
            .text(2, "Some \"help\".\n")
            .holds(4, labelled)
            .text(5, "seconds"),
        message()
            .text(1, "x.y")
            .varint(3, GAUGE)
            .holds(4, late)
            .holds(4, metric(GAUGE, &[], message())),
        message().text(1, "empty").varint(3, GAUGE),
        message().text(1, "u").varint(3, UNTYPED).holds(4, timed.varint(6, 1500)).text(99, "?"),
    ];
    let expected = [
        "help c_seconds_total Some \"help\".\n",
        "unit c_seconds_total seconds",
        "type c_seconds_total counter",
        "__name__=c_seconds_total|b=é|a= 1.5",
        "help x.y ",
        "type x.y gauge",
        "__name__=x.y -1 @-7",
        "__name__=x.y 0",
        "help u ",
        "type u unknown",
        "__name__=u NaN @1500",
    ];
    assert_eq!(shown(ProtobufSource::new(&body(&families), PLAIN)), expected);
    assert!(shown(ProtobufSource::new(&[], PLAIN)).is_empty());
}

#[test]
fn summaries_are_the_samples_that_a_text_would_have() {
    let quantile = |at, value| message().double(1, at).double(2, value);
    let summary = message().varint(1, 3).double(2, 7.5);
    let full = summary.clone().holds(3, quantile(0.5, 2.0)).holds(3, quantile(1.0, 3.0));
    check_samples(
        PLAIN,
        &[family("s", SUMMARY, &[full, summary])],
        &[
            "__name__=s_count 3",
            "__name__=s_sum 7.5",
            "__name__=s|quantile=0.5 2",
            "__name__=s|quantile=1.0 3",
            "__name__=s_count 3",
            "__name__=s_sum 7.5",
        ],
    );
}

#[test]
fn classic_histograms_end_with_the_bucket_of_all() {
    let counted = message().varint(1, 9).double(2, 7.5);
    let floats = message()
        .double(4, 2.5)
        .holds(3, message().double(4, 1.5).double(2, 0.1))
        .bucket(f64::INFINITY, 2)
        .bucket(5e9, 2);
    check_samples(
        PLAIN,
        &[
            family("h", HISTOGRAM, &[counted.clone().bucket(1.0, 2).bucket(1e21, 5), counted]),
            family("g", GAUGE_HISTOGRAM, &[floats]),
        ],
        &[
            "__name__=h_count 9",
            "__name__=h_sum 7.5",
            "__name__=h_bucket|le=1.0 2",
            "__name__=h_bucket|le=1e+21 5",
            "__name__=h_bucket|le=+Inf 9",
            "__name__=h_count 9",
            "__name__=h_sum 7.5",
            "__name__=h_bucket|le=+Inf 9",
            "__name__=g_count 2.5",
            "__name__=g_sum 0",
            "__name__=g_bucket|le=0.1 1.5",
            "__name__=g_bucket|le=+Inf 2",
        ],
    );
}

/// Returns an integer histogram with a classic bucket.
fn both() -> Message {
    message()
        .varint(1, 7)
        .double(2, 18.4)
        .bucket(2.0, 4)
        .signed(5, 1)
        .double(6, 0.25)
        .varint(7, 1)
        .span(9, 0, 1)
        .deltas(10, &[2])
        .span(12, 1, 2)
        .span(12, 1, 2)
        .deltas(13, &[1, 0, -1, 2])
}

const BOTH: &str = "__name__=h {{schema:1 count:7 sum:18.4 z_bucket:1 z_bucket_w:0.25 offset:1 \
                    buckets:[1 1 0 0 2] n_buckets:[2]}} (4 buckets)";

#[test]
fn native_histograms_are_read_where_they_are_wanted() {
    let classic = [
        "__name__=h_count 7",
        "__name__=h_sum 18.4",
        "__name__=h_bucket|le=2.0 4",
        "__name__=h_bucket|le=+Inf 7",
    ];
    let families = [family("h", HISTOGRAM, &[both()])];
    check_samples(PLAIN, &families, &classic);
    check_samples(NATIVE, &families, &[BOTH]);
    let beside = ReadOptions { classic_beside_native: true, ..NATIVE };
    check_samples(beside, &families, &[&[BOTH][..], &classic].concat());
    // Nothing was observed, which a span without buckets says.
    check_samples(
        beside,
        &[family("h", HISTOGRAM, &[message().span(12, 0, 0)])],
        &["__name__=h {{}} (0 buckets)"],
    );
}

#[test]
fn histograms_of_floats_and_gauges_are_native_too() {
    let floats = message()
        .double(4, 2.5)
        .double(8, 0.5)
        .double(6, 1e-3)
        .span(12, -1, 1)
        .counts(14, &[2.0])
        .deltas(13, &[9]);
    check_samples(
        NATIVE,
        &[family("h", GAUGE_HISTOGRAM, &[floats])],
        &[
            "__name__=h {{count:2.5 z_bucket:0.5 z_bucket_w:0.001 counter_reset_hint:gauge offset:-1 \
           buckets:[2]}} (1 buckets)",
        ],
    );
    check_samples(
        NATIVE,
        &[family("h", HISTOGRAM, &[message().varint(1, 3).span(12, 0, 1).deltas(13, &[2])])],
        &["__name__=h invalid: 2 observations found in buckets, but the Count field is 3: \
           histogram's observation count should equal the number of observations found in the \
           buckets (in absence of NaN)"],
    );
}

#[test]
fn after_a_classic_histogram_the_next_one_of_its_family_is_read_as_classic() {
    let classic = message().varint(1, 1);
    check_samples(
        NATIVE,
        &[family("h", HISTOGRAM, &[classic, both(), both()])],
        &[
            "__name__=h_count 1",
            "__name__=h_sum 0",
            "__name__=h_bucket|le=+Inf 1",
            "__name__=h_count 7",
            "__name__=h_sum 18.4",
            "__name__=h_bucket|le=2.0 4",
            "__name__=h_bucket|le=+Inf 7",
            BOTH,
        ],
    );
}

#[test]
fn classic_histograms_become_custom_buckets_where_that_is_wanted() {
    let custom = ReadOptions { custom_buckets: true, ..NATIVE };
    let classic = message().varint(1, 5).double(2, 2.0).bucket(1.0, 2).bucket(2.0, 2);
    let converted =
        "__name__=h {{schema:-53 count:5 sum:2 custom_values:[1 2] buckets:[2 0 3]}} (3 buckets)";
    let families = [family("h", HISTOGRAM, &[classic, both()])];
    check_samples(custom, &families, &[converted, BOTH]);
    let beside = ReadOptions { classic_beside_native: true, ..custom };
    let lines = shown(ProtobufSource::new(&body(&families), beside));
    let names: Vec<_> = lines.iter().filter_map(|line| line.split([' ', '|']).next()).collect();
    let expected = [
        "help",
        "type",
        "__name__=h_count",
        "__name__=h_sum",
        "__name__=h_bucket",
        "__name__=h_bucket",
        "__name__=h_bucket",
        "__name__=h",
        "__name__=h",
        "__name__=h_count",
        "__name__=h_sum",
        "__name__=h_bucket",
        "__name__=h_bucket",
    ];
    assert_eq!(names, expected);
    let falling = message().varint(1, 5).bucket(1.0, 3).bucket(2.0, 2);
    check_samples(
        custom,
        &[family("h", HISTOGRAM, &[falling])],
        &["error metric family \"h\" at byte 0: count is not cumulative: 2 < 3"],
    );
}

#[test]
fn exemplars_and_starts_are_read() {
    let counter = message().double(1, 1.0).exemplar(2, "c", 0.5, None).time(3, 1500);
    let bucket = message().varint(1, 4).double(2, 2.0).exemplar(3, "b", 1.0, Some(2000));
    let classic = message().varint(1, 4).holds(3, bucket).time(15, 3000);
    let fallback = classic.clone().span(12, 0, 1).deltas(13, &[4]);
    let own =
        fallback.clone().exemplar(16, "untimed", 1.0, None).exemplar(16, "n", 2.0, Some(4250));
    let summary = message().time(4, 9000);
    check_samples(
        ReadOptions { start_timestamps: true, ..NATIVE },
        &[
            family("c", COUNTER, std::slice::from_ref(&counter)),
            family("h", HISTOGRAM, &[classic]),
            family("n", HISTOGRAM, &[fallback, own]),
            family("s", SUMMARY, &[summary]),
            family("g", GAUGE, &[counter]),
        ],
        &[
            "__name__=c 1 since 1500 # id=c 0.5",
            "__name__=h_count 4 since 3000",
            "__name__=h_sum 0 since 3000",
            "__name__=h_bucket|le=2.0 4 since 3000 # id=b 1 @2000",
            "__name__=h_bucket|le=+Inf 4 since 3000",
            "__name__=n {{count:4 buckets:[4]}} (1 buckets) since 3000 # id=b 1 @2000",
            "__name__=n {{count:4 buckets:[4]}} (1 buckets) since 3000 # id=n 2 @4250",
            "__name__=s_count 0 since 9000",
            "__name__=s_sum 0 since 9000",
            "__name__=g 1",
        ],
    );
}

#[test]
fn kind_and_unit_become_labels_where_they_are_known() {
    let labels = [("__type__", "mine"), ("__unit__", "mine")];
    let one = |kind| metric(kind, &labels, message().double(1, 1.0));
    check_samples(
        ReadOptions { type_and_unit_labels: true, ..PLAIN },
        &[
            message().text(1, "a_bytes").varint(3, GAUGE).holds(4, one(GAUGE)).text(5, "bytes"),
            message().text(1, "b").varint(3, UNTYPED).holds(4, one(UNTYPED)),
        ],
        &[
            "__name__=a_bytes|__type__=gauge|__unit__=bytes 1",
            "__name__=b|__type__=mine|__unit__=mine 1",
        ],
    );
}

#[test]
fn labels_may_lie_anywhere_in_a_metric() {
    let label = |name, value| message().text(1, name).text(2, value);
    let value = message().double(1, 1.0);
    let apart = message().holds(1, label("a", "1")).holds(2, value).holds(1, label("b", "2"));
    let together = metric(GAUGE, &[("a", "1"), ("b", "2")], message().double(1, 2.0));
    let family = message().text(1, "g").varint(3, GAUGE).holds(4, apart).holds(4, together);
    let body = body(&[family]);
    let mut source = ProtobufSource::new(&body, PLAIN);
    let mut series = Vec::new();
    while let Some(item) = source.next_item().unwrap() {
        if let Item::Sample(reading) = item {
            series.push((source.series().to_vec(), sample(&mut source, reading)));
        }
    }
    assert_eq!(series[0].0, series[1].0);
    let lines: Vec<_> = series.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(lines, ["__name__=g|a=1|b=2 1", "__name__=g|a=1|b=2 2"]);
}

#[test]
fn what_is_no_family_is_refused_with_its_place() {
    let good = family("a", COUNTER, &[message().double(1, 1.0)]);
    let after_good = |family: Message| body(&[good.clone(), family]);
    let length = good.0.len() + 1;
    let native = message().varint(1, 1).span(9, 0, 3).deltas(10, &[1]);
    for (body, problem) in [
        (vec![9, 1], "metric family \"\" at byte 0: it has 9 bytes and the body only 1 more"),
        (vec![0x80; 6], "metric family \"\" at byte 0: unexpected EOF"),
        (
            vec![0x80, 0x80, 0x80, 0x80, 0x80, 0],
            "metric family \"\" at byte 0: its length takes more than 5 bytes",
        ),
        (
            after_good(family("", GAUGE, &[message()])),
            "metric family \"\" at byte LEN: invalid metric name",
        ),
        (
            after_good(family("b", UNTYPED, &[message()]).varint(3, 6)),
            "metric family \"\" at byte LEN: unknown metric type 6",
        ),
        (
            after_good(family("b", GAUGE, &[message().text(1, "?")])),
            "metric family \"b\" at byte LEN: proto: wrong wireType = 2 for field 1",
        ),
        (
            after_good(family("b", HISTOGRAM, &[native])),
            "metric family \"b\" at byte LEN: negative side: spans require 3 buckets, have 1",
        ),
    ] {
        let lines = shown(ProtobufSource::new(&body, NATIVE));
        let expected = format!("error {}", problem.replace("LEN", &length.to_string()));
        assert_eq!(lines.last(), Some(&expected));
    }
}

#[test]
fn labels_that_are_none_are_found_when_they_are_read() {
    let broken = |bytes: &[u8]| {
        let mut metric = message();
        put_message(&mut metric.0, 1, |dst| dst.extend(bytes));
        message().text(1, "a").holds(4, metric)
    };
    check_samples(
        PLAIN,
        &[broken(&[]), broken(&[0x0a, 1, b'x', 0x12, 1, 0xff]), broken(&[0x0a, 9])],
        &[
            "labels of a: invalid label name",
            "labels of a: invalid UTF-8 label value",
            "labels of a: a label that is no message",
        ],
    );
}

/// Returns a body with every kind.
fn full_body() -> Vec<u8> {
    let quantile = message().double(1, 0.5).double(2, 2.0);
    body(&[
        family(
            "c",
            COUNTER,
            &[message().double(1, 1.0).exemplar(2, "c", 0.5, Some(1000)).time(3, 1500)],
        ),
        family("s", SUMMARY, &[message().varint(1, 3).holds(3, quantile).time(4, 2000)]),
        family(
            "h",
            HISTOGRAM,
            &[both().exemplar(16, "n", 2.0, Some(4250)), message().varint(1, 3).bucket(1.0, 2)],
        ),
        family("g", GAUGE_HISTOGRAM, &[message().double(4, 1.5)]).text(5, "bytes").text(2, "help"),
        family("u", UNTYPED, &[message().double(1, 1.0), message()]),
    ])
}

fn all_options() -> impl Iterator<Item = ReadOptions> {
    (0..32_u8).map(|bits| ReadOptions {
        native_histograms: bits & 1 != 0,
        classic_beside_native: bits & 2 != 0,
        custom_buckets: bits & 4 != 0,
        type_and_unit_labels: bits & 8 != 0,
        start_timestamps: bits & 16 != 0,
    })
}

#[test]
fn a_predicted_sample_reads_as_the_same_sample_unpredicted() {
    let body = full_body();
    for options in all_options() {
        let mut plain = ProtobufSource::new(&body, options);
        let mut predicting = ProtobufSource::new(&body, options);
        while let Some(item) = plain.next_item().unwrap() {
            let Item::Sample(reading) = item else {
                assert_eq!(predicting.predicted(plain.series()), None);
                assert_eq!(predicting.next_item(), Ok(Some(item)));
                continue;
            };
            assert_eq!(predicting.predicted(b"another"), None);
            let predicted: Reading = predicting.predicted(plain.series()).unwrap();
            assert_eq!(sample(&mut predicting, predicted), sample(&mut plain, reading));
        }
        assert_eq!(predicting.predicted(b""), None);
        assert_eq!(predicting.next_item(), Ok(None));
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(body: Vec<u8>) {
        for options in all_options() {
            shown(ProtobufSource::new(&body, options));
        }
    }

    #[test]
    fn no_nearly_right_body_panics(at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>()) {
        let mut body = full_body();
        let at = at.index(body.len());
        body[at] = byte;
        let cut = body.len() - cut.index(body.len() / 4);
        for options in all_options() {
            shown(ProtobufSource::new(&body[..cut], options));
        }
    }
}
