//! Native histograms in answers: their count, their sum and the buckets that are not empty.

use regain_go_format::float::append_json_float;
use regain_model::{Histogram, Timestamp};

use super::append_time;

/// Appends a histogram with its time.
pub(super) fn append_histogram_point(body: &mut Vec<u8>, time: Timestamp, histogram: &Histogram) {
    body.push(b'[');
    append_time(body, time);
    body.extend_from_slice(b",{\"count\":");
    append_quoted(body, histogram.count);
    body.extend_from_slice(b",\"sum\":");
    append_quoted(body, histogram.sum);
    let mut found = false;
    for bucket in histogram.all_buckets().filter(|bucket| bucket.count != 0.0) {
        body.extend_from_slice(if found { b"," } else { b",\"buckets\":[" });
        found = true;
        // The number says which of the bounds belong to the bucket.
        body.extend_from_slice(match (bucket.lower_inclusive, bucket.upper_inclusive) {
            (false, true) => b"[0,",
            (true, false) => b"[1,",
            (false, false) => b"[2,",
            (true, true) => b"[3,",
        });
        append_quoted(body, bucket.lower);
        body.push(b',');
        append_quoted(body, bucket.upper);
        body.push(b',');
        append_quoted(body, bucket.count);
        body.push(b']');
    }
    if found {
        body.push(b']');
    }
    body.extend_from_slice(b"}]");
}

fn append_quoted(body: &mut Vec<u8>, value: f64) {
    body.push(b'"');
    append_json_float(body, value);
    body.push(b'"');
}
