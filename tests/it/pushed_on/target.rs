//! A target with native histograms, which only the protobuf format has.

use std::sync::atomic::{AtomicU64, Ordering};

use regain_protowire::write::{
    append_varint, put_double, put_message, put_packed_doubles, put_packed_sint64, put_str,
    put_varint,
};
use regain_protowire::zigzag;

use crate::target::{Target, respond};

const PROTOBUF: &str = "application/vnd.google.protobuf; \
                        proto=io.prometheus.client.MetricFamily; encoding=delimited";

/// `MetricFamily.type`.
const COUNTER: u64 = 0;
const GAUGE: u64 = 1;
const HISTOGRAM: u64 = 4;

/// Serves numbers and histograms that grow with each scrape.
pub(super) fn serve() -> Target {
    let scrapes = AtomicU64::new(0);
    Target::serve(move |stream, _| {
        let body = body(scrapes.fetch_add(1, Ordering::Relaxed) + 1);
        respond(stream, PROTOBUF, "", &body)
    })
}

/// What the target shows when it is scraped for the `n`th time.
fn body(n: u64) -> Vec<u8> {
    let mut body = Vec::new();
    family(&mut body, "pushed_total", COUNTER, |metric| {
        label(metric, "path", "/é");
        put_message(metric, 3, |counter| {
            put_double(counter, 1, n as f64 * 1.5);
            // When it was created: a second of 2024.
            put_message(counter, 3, |time| put_varint(time, 1, 1_704_067_200));
        });
    });
    family(&mut body, "pushed_gauge", GAUGE, |metric| {
        put_message(metric, 2, |gauge| put_double(gauge, 1, -(n as f64)));
    });
    family(&mut body, "pushed_seconds", HISTOGRAM, |metric| {
        put_message(metric, 7, |histogram| integers(histogram, n));
    });
    family(&mut body, "pushed_bytes", HISTOGRAM, |metric| {
        put_message(metric, 7, |histogram| floats(histogram, n as f64));
    });
    family(&mut body, "pushed_classic", HISTOGRAM, |metric| {
        put_message(metric, 7, |histogram| classic(histogram, n));
    });
    body
}

fn family(dst: &mut Vec<u8>, name: &str, kind: u64, metric: impl FnOnce(&mut Vec<u8>)) {
    let mut family = Vec::new();
    put_str(&mut family, 1, name);
    put_str(&mut family, 2, "Help.");
    put_varint(&mut family, 3, kind);
    put_message(&mut family, 4, metric);
    append_varint(dst, family.len() as u64);
    dst.append(&mut family);
}

fn label(metric: &mut Vec<u8>, name: &str, value: &str) {
    put_message(metric, 1, |label| {
        put_str(label, 1, name);
        put_str(label, 2, value);
    });
}

fn span(histogram: &mut Vec<u8>, field: u32, offset: i64, length: u64) {
    put_message(histogram, field, |span| {
        put_varint(span, 1, zigzag(offset));
        put_varint(span, 2, length);
    });
}

/// `n` observations in each of three buckets and in the zero bucket, and as many below zero.
fn integers(histogram: &mut Vec<u8>, n: u64) {
    let signed = n.cast_signed();
    put_varint(histogram, 1, 5 * n);
    put_double(histogram, 2, n as f64 * 3.25);
    put_varint(histogram, 5, zigzag(3));
    put_double(histogram, 6, 0.001);
    put_varint(histogram, 7, n);
    span(histogram, 9, 2, 1);
    put_packed_sint64(histogram, 10, [signed]);
    span(histogram, 12, -4, 2);
    span(histogram, 12, 7, 1);
    put_packed_sint64(histogram, 13, [signed, 0, 0]);
}

fn floats(histogram: &mut Vec<u8>, n: f64) {
    put_double(histogram, 2, n * 0.5);
    put_double(histogram, 4, n * 1.75);
    put_varint(histogram, 5, zigzag(-1));
    put_double(histogram, 8, 0.25 * n);
    span(histogram, 12, 1, 2);
    put_packed_doubles(histogram, 14, &[n * 0.5, n]);
}

/// Classic buckets, which the scraper turns into custom ones.
fn classic(histogram: &mut Vec<u8>, n: u64) {
    put_varint(histogram, 1, 6 * n);
    put_double(histogram, 2, n as f64 * 4.0);
    for (upper_bound, count) in [(0.5, n), (1.0, 3 * n), (f64::INFINITY, 6 * n)] {
        put_message(histogram, 3, |bucket| {
            put_varint(bucket, 1, count);
            put_double(bucket, 2, upper_bound);
        });
    }
}
