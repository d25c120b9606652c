//! JSON as Go's encoders write it, straight into the answer's body: no tree, no copy, one pass.
//!
//! Upstream writes label sets and samples with encoders of its own and everything else with the standard
//! one; they differ in whether they escape `<`, `>` and `&`, and clients see the difference.

mod go;
mod histogram;

use regain_model::Timestamp;
use regain_promql::{HistogramPoint, Point, Sample, Series, Value};

pub(crate) use go::{append_logged, append_value as append_serialized};
use histogram::append_histogram_point;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// About the bytes that one point of a series takes.
const POINT_BYTES: usize = 36;
/// About the bytes that a series takes besides its points.
const SERIES_BYTES: usize = 256;

/// Appends a string as Go's standard encoder does, which escapes what could end a script element.
pub(crate) fn append_string(body: &mut Vec<u8>, text: &str) {
    body.push(b'"');
    append_html_escaped(body, text);
    body.push(b'"');
}

/// Appends the inside of a string with `<`, `>`, `&` and the line separators of Unicode escaped.
fn append_html_escaped(body: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut start = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let separator =
            byte == 0xe2 && matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xa8 | 0xa9]));
        if separator {
            body.extend_from_slice(&bytes[start..at]);
            body.extend_from_slice(if bytes[at + 2] == 0xa8 { b"\\u2028" } else { b"\\u2029" });
            start = at + 3;
        } else if is_special(byte) || matches!(byte, b'<' | b'>' | b'&') {
            body.extend_from_slice(&bytes[start..at]);
            append_escaped(body, byte);
            start = at + 1;
        }
    }
    body.extend_from_slice(&bytes[start..]);
}

/// Appends a string as upstream writes names and values of labels: markup stays as it is.
fn append_label_text(body: &mut Vec<u8>, text: &str) {
    body.push(b'"');
    let bytes = text.as_bytes();
    let mut start = 0;
    while let Some(offset) = bytes[start..].iter().position(|&byte| is_special(byte)) {
        let at = start + offset;
        body.extend_from_slice(&bytes[start..at]);
        append_escaped(body, bytes[at]);
        start = at + 1;
    }
    body.extend_from_slice(&bytes[start..]);
    body.push(b'"');
}

const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn append_escaped(body: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' | b'\\' => body.extend_from_slice(&[b'\\', byte]),
        b'\n' => body.extend_from_slice(b"\\n"),
        b'\r' => body.extend_from_slice(b"\\r"),
        b'\t' => body.extend_from_slice(b"\\t"),
        _ => {
            body.extend_from_slice(b"\\u00");
            body.push(HEX[usize::from(byte >> 4)]);
            body.push(HEX[usize::from(byte & 15)]);
        }
    }
}

/// Appends a label set as an object.
pub(crate) fn append_labels<'a>(
    body: &mut Vec<u8>,
    labels: impl Iterator<Item = (&'a str, &'a str)>,
) {
    body.push(b'{');
    for (index, (name, value)) in labels.enumerate() {
        if index > 0 {
            body.push(b',');
        }
        append_label_text(body, name);
        body.push(b':');
        append_label_text(body, value);
    }
    body.push(b'}');
}

/// Appends a list, each item as `append` writes it.
pub(crate) fn append_list<T>(
    body: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut append: impl FnMut(&mut Vec<u8>, T),
) {
    body.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        append(body, item);
    }
    body.push(b']');
}

/// Appends the time of a point as seconds: without a fraction, or with three digits of one.
pub(crate) fn append_time(body: &mut Vec<u8>, time: Timestamp) {
    if time.0 < 0 {
        body.push(b'-');
    }
    let millis = time.0.unsigned_abs();
    body.extend_from_slice(itoa::Buffer::new().format(millis / 1000).as_bytes());
    let fraction = millis % 1000;
    if fraction > 0 {
        let digit = |value: u64| b'0' + u8::try_from(value % 10).unwrap_or_default();
        body.extend_from_slice(&[
            b'.',
            digit(fraction / 100),
            digit(fraction / 10),
            digit(fraction),
        ]);
    }
}

fn append_point(body: &mut Vec<u8>, time: Timestamp, value: f64) {
    body.push(b'[');
    append_time(body, time);
    body.extend_from_slice(b",\"");
    regain_go_format::float::append_json_float(body, value);
    body.extend_from_slice(b"\"]");
}

/// Appends the time of a scalar or a string, which upstream writes as Go writes any float.
fn append_float_time(body: &mut Vec<u8>, time: Timestamp) {
    go::append_float(body, time.as_seconds());
}

/// Appends a query's value with its type.
pub(crate) fn append_value(body: &mut Vec<u8>, value: &Value) {
    body.extend_from_slice(b"\"resultType\":\"");
    body.extend_from_slice(value.type_name().as_bytes());
    body.extend_from_slice(b"\",\"result\":");
    match value {
        Value::Scalar(scalar) => {
            body.push(b'[');
            append_float_time(body, scalar.time);
            body.extend_from_slice(b",\"");
            body.extend_from_slice(regain_go_format::float::format_float(scalar.value).as_bytes());
            body.extend_from_slice(b"\"]");
        }
        Value::String(text) => {
            body.push(b'[');
            append_float_time(body, text.time);
            body.push(b',');
            append_string(body, &text.value);
            body.push(b']');
        }
        Value::Vector(samples) => append_list(body, samples, append_sample),
        Value::Matrix(series) => append_list(body, series, append_series),
    }
}

/// About how long the text of `value` is, so that the body is allocated once.
pub(crate) fn size_hint(value: &Value) -> usize {
    match value {
        Value::Scalar(_) => SERIES_BYTES,
        Value::String(text) => SERIES_BYTES + text.value.len(),
        Value::Vector(samples) => samples.len() * (SERIES_BYTES + POINT_BYTES),
        Value::Matrix(series) => {
            series.iter().map(|series| SERIES_BYTES + series.points.len() * POINT_BYTES).sum()
        }
    }
}

fn append_sample(body: &mut Vec<u8>, sample: &Sample) {
    body.extend_from_slice(b"{\"metric\":");
    append_labels(body, sample.labels.iter());
    if let Some(histogram) = &sample.histogram {
        body.extend_from_slice(b",\"histogram\":");
        append_histogram_point(body, sample.time, histogram);
    } else {
        body.extend_from_slice(b",\"value\":");
        append_point(body, sample.time, sample.value);
    }
    body.push(b'}');
}

fn append_series(body: &mut Vec<u8>, series: &Series) {
    body.extend_from_slice(b"{\"metric\":");
    append_labels(body, series.labels.iter());
    if !series.points.is_empty() {
        body.extend_from_slice(b",\"values\":");
        append_list(body, &series.points, |body, point: &Point| {
            append_point(body, point.time, point.value);
        });
    }
    if !series.histograms.is_empty() {
        body.extend_from_slice(b",\"histograms\":");
        append_list(body, &series.histograms, |body, point: &HistogramPoint| {
            append_histogram_point(body, point.time, &point.histogram);
        });
    }
    body.push(b'}');
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use regain_model::{Buckets, Histogram, Labels};
    use regain_promql::{Scalar, Text};

    use super::*;

    fn written(append: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut body = Vec::new();
        append(&mut body);
        String::from_utf8(body).unwrap()
    }

    #[test]
    fn writes_the_times_of_points_with_no_or_three_decimals() {
        let cases = [
            (1_435_781_430_781, "1435781430.781"),
            (1_435_781_430_000, "1435781430"),
            (1_500, "1.500"),
            (1_050, "1.050"),
            (-1_001, "-1.001"),
            (7, "0.007"),
            (0, "0"),
            (i64::MIN, "-9223372036854775.808"),
        ];
        for (millis, expected) in cases {
            assert_eq!(written(|body| append_time(body, Timestamp(millis))), expected);
        }
    }

    #[test]
    fn scalars_and_strings_are_written_as_go_writes_floats() {
        let time = Timestamp(1_500);
        let scalar = Value::Scalar(Scalar { time, value: 1e-7 });
        assert_eq!(
            written(|body| append_value(body, &scalar)),
            r#""resultType":"scalar","result":[1.5,"0.0000001"]"#
        );
        let text = Value::String(Text { time, value: "<b>".to_owned() });
        assert_eq!(
            written(|body| append_value(body, &text)),
            r#""resultType":"string","result":[1.5,"\u003cb\u003e"]"#
        );
    }

    #[test]
    fn histograms_are_written_with_their_filled_buckets() {
        let histogram = Arc::new(Histogram {
            count: 7.0,
            sum: 1.5e-9,
            zero_threshold: 0.25,
            zero_count: 2.0,
            positive: Buckets::run(0, vec![1.0, 0.0, 3.5]),
            negative: Buckets::run(1, vec![0.5]),
            ..Histogram::default()
        });
        let text = r#"{"count":"7","sum":"1.5e-09","buckets":[[1,"-2","-1","0.5"],[3,"-0.25","0.25","2"],[0,"0.5","1","1"],[0,"2","4","3.5"]]}"#;
        let (time, labels) = (Timestamp(1_500), Labels::from_pairs([("a", "b")]));
        let sample = Sample {
            labels: labels.clone(),
            time,
            value: 0.0,
            histogram: Some(Arc::clone(&histogram)),
        };
        assert_eq!(
            written(|body| append_sample(body, &sample)),
            format!(r#"{{"metric":{{"a":"b"}},"histogram":[1.500,{text}]}}"#)
        );
        let points = vec![Point { time: Timestamp(1_000), value: 2.0 }];
        let empty = HistogramPoint { time: Timestamp(2_000), histogram: Arc::default() };
        let histograms = vec![HistogramPoint { time, histogram }, empty];
        assert_eq!(
            written(|body| append_series(body, &Series { labels, points, histograms })),
            format!(
                r#"{{"metric":{{"a":"b"}},"values":[[1,"2"]],"histograms":[[1.500,{text}],[2,{{"count":"0","sum":"0"}}]]}}"#
            )
        );
    }

    #[test]
    fn escapes_what_could_break_out_of_a_string_or_a_script() {
        let hostile = "a\"b\\c\n\u{1}</script>&é\u{202e}\u{2028}\u{2029}";
        let text = written(|body| append_string(body, hostile));
        let expected =
            "\"a\\\"b\\\\c\\n\\u0001\\u003c/script\\u003e\\u0026é\u{202e}\\u2028\\u2029\"";
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
        let text = written(|body| append_label_text(body, hostile));
        assert_eq!(text, "\"a\\\"b\\\\c\\n\\u0001</script>&é\u{202e}\u{2028}\u{2029}\"");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
    }
}
