//! Answers in promtool's two forms: lines for people, and JSON as Go's encoder writes it.

use std::cmp::Ordering;
use std::fmt::Write as _;

use regain_go_format::format_float;
use regain_go_format::quote::append_quote;

use crate::api_client::answer::{Answer, Histogram, LabelSet, Number, Point, Sample, Stream};

/// How answers are printed (`--format`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Lines in the manner of the query language.
    Promql,
    /// One JSON value.
    Json,
}

const METRIC_NAME: &str = "__name__";

/// Writes the answer to a query.
pub(super) fn answer(answer: Answer, format: Format) -> String {
    match format {
        Format::Promql => match answer {
            Answer::Scalar(Point(time, value)) => {
                format!("scalar: {} @[{}]", number(value), format_float(time))
            }
            Answer::String(Point(_, text)) => text,
            Answer::Vector(samples) => joined(samples.iter().map(sample_line)),
            Answer::Matrix(mut streams) => {
                streams.sort_by(|a, b| order(&a.metric, &b.metric));
                joined(streams.iter().map(stream_lines))
            }
        },
        Format::Json => match answer {
            Answer::Scalar(point) => json_point(&point),
            Answer::String(Point(time, text)) => {
                format!("[{},{}]", format_float(time), json_text(&text))
            }
            Answer::Vector(samples) => json_list(samples.iter().map(json_sample)),
            Answer::Matrix(streams) => json_list(streams.iter().map(json_stream)),
        },
    }
}

/// Writes label sets.
pub(super) fn series(sets: &[LabelSet], format: Format) -> String {
    match format {
        Format::Promql => joined(sets.iter().map(|set| braced(set.iter()))),
        Format::Json => json_list(sets.iter().map(json_labels)),
    }
}

/// Writes the values of a label.
pub(super) fn label_values(values: &[String], format: Format) -> String {
    match format {
        Format::Promql => values.join("\n"),
        Format::Json => json_list(values.iter().map(|value| json_text(value))),
    }
}

fn joined(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}

fn number(value: Number) -> String {
    format_float(value.0)
}

fn sample_line(sample: &Sample) -> String {
    let points = sample.value.iter().map(point_line);
    let points = points.chain(sample.histogram.iter().map(histogram_line));
    format!("{} => {}", metric(&sample.metric), joined(points))
}

fn stream_lines(stream: &Stream) -> String {
    let points = stream.values.iter().map(point_line);
    let points = points.chain(stream.histograms.iter().map(histogram_line));
    format!("{} =>\n{}", metric(&stream.metric), joined(points))
}

fn point_line(point: &Point<Number>) -> String {
    format!("{} @[{}]", number(point.1), format_float(point.0))
}

fn histogram_line(point: &Point<Histogram>) -> String {
    let Point(time, Histogram { count, sum, buckets }) = point;
    let buckets: Vec<String> = buckets
        .iter()
        .map(|bucket| {
            let open = if matches!(bucket.0, 1 | 3) { '[' } else { '(' };
            let close = if matches!(bucket.0, 0 | 3) { ']' } else { ')' };
            let mut bounds = Vec::new();
            regain_go_format::append_float_g(&mut bounds, bucket.1.0);
            bounds.push(b',');
            regain_go_format::append_float_g(&mut bounds, bucket.2.0);
            let bounds = String::from_utf8_lossy(&bounds);
            format!("{open}{bounds}{close}:{}", number(bucket.3))
        })
        .collect();
    let (count, sum, buckets) = (count.0, sum.0, buckets.join(" "));
    let time = format_float(*time);
    format!("Count: {count:.6}, Sum: {sum:.6}, Buckets: [{buckets}] @[{time}]")
}

/// A series' labels with the metric name before the braces.
fn metric(labels: &LabelSet) -> String {
    let name = labels.get(METRIC_NAME);
    let others = labels.iter().filter(|(label, _)| *label != METRIC_NAME);
    match (name, others.clone().next()) {
        (Some(name), None) => name.clone(),
        (None, None) => "{}".to_owned(),
        (name, Some(_)) => format!("{}{}", name.map_or("", String::as_str), braced(others)),
    }
}

fn braced<'a>(labels: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let mut text = "{".to_owned();
    for (index, (name, value)) in labels.enumerate() {
        text.push_str(if index == 0 { "" } else { ", " });
        text.push_str(name);
        text.push('=');
        append_quote(&mut text, value);
    }
    text.push('}');
    text
}

/// The order of series in a matrix: fewer labels first, then label by label.
fn order(a: &LabelSet, b: &LabelSet) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| {
        for (name, value) in a {
            let Some(other) = b.get(name) else {
                // The side that lacks the first name in which they differ comes first.
                let lacking = b.keys().find(|name| !a.contains_key(*name));
                return match lacking {
                    Some(lacking) if lacking < name => Ordering::Less,
                    _ => Ordering::Greater,
                };
            };
            match value.cmp(other) {
                Ordering::Equal => {}
                different => return different,
            }
        }
        Ordering::Equal
    })
}

fn json_sample(sample: &Sample) -> String {
    let metric = json_labels(&sample.metric);
    match (&sample.histogram, &sample.value) {
        (Some(point), _) => {
            format!("{{\"metric\":{metric},\"histogram\":{}}}", json_histogram(point))
        }
        (None, Some(point)) => format!("{{\"metric\":{metric},\"value\":{}}}", json_point(point)),
        (None, None) => format!("{{\"metric\":{metric}}}"),
    }
}

fn json_stream(stream: &Stream) -> String {
    let mut text = format!("{{\"metric\":{}", json_labels(&stream.metric));
    let mut push = |key: &str, list: String| {
        write!(text, ",\"{key}\":{list}").expect("writing to a string succeeds");
    };
    if !stream.values.is_empty() || stream.histograms.is_empty() {
        push("values", json_list(stream.values.iter().map(json_point)));
    }
    if !stream.histograms.is_empty() {
        push("histograms", json_list(stream.histograms.iter().map(json_histogram)));
    }
    text.push('}');
    text
}

fn json_list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn json_point(point: &Point<Number>) -> String {
    format!("[{},\"{}\"]", format_float(point.0), number(point.1))
}

fn json_histogram(point: &Point<Histogram>) -> String {
    let Point(time, Histogram { count, sum, buckets }) = point;
    let buckets = json_list(buckets.iter().map(|bucket| {
        let [lower, upper, count] = [bucket.1, bucket.2, bucket.3].map(number);
        format!("[{},\"{lower}\",\"{upper}\",\"{count}\"]", bucket.0)
    }));
    let (count, sum) = (number(*count), number(*sum));
    let time = format_float(*time);
    format!("[{time},{{\"count\":\"{count}\",\"sum\":\"{sum}\",\"buckets\":{buckets}}}]")
}

fn json_labels(labels: &LabelSet) -> String {
    let pairs =
        labels.iter().map(|(name, value)| format!("{}:{}", json_text(name), json_text(value)));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

/// A text as Go's JSON encoder writes it, which also escapes what means something in HTML.
fn json_text(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    let mut escaped = String::with_capacity(json.len());
    for letter in json.chars() {
        if matches!(letter, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') {
            write!(escaped, "\\u{:04x}", u32::from(letter)).expect("writing to a string succeeds");
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(data: &str, format: Format) -> String {
        answer(serde_json::from_str(data).unwrap(), format)
    }

    #[test]
    fn answers_look_as_promtool_prints_them() {
        let vector = r#"{"resultType":"vector","result":[
            {"metric":{"__name__":"up","job":"a<b"},"value":[1435781451.781,"1e+25"]},
            {"metric":{},"value":[1435781451,"NaN"]}]}"#;
        let matrix = r#"{"resultType":"matrix","result":[
            {"metric":{"b":"1","c":"1"},"values":[[1,"2"],[2.5,"-Inf"]]},
            {"metric":{"a":"1"},"values":[[1,"2"]]}]}"#;
        let histogram = r#"{"resultType":"vector","result":[{"metric":{"a":"1"},
            "histogram":[1,{"count":"2","sum":"3.5","buckets":[[0,"0.5","1","2"]]}]}]}"#;
        let cases = [
            (
                vector,
                "up{job=\"a<b\"} => 10000000000000000000000000 @[1435781451.781]\n{} => NaN @[1435781451]",
                "[{\"metric\":{\"__name__\":\"up\",\"job\":\"a\\u003cb\"},\"value\":[1435781451.781,\"10000000000000000000000000\"]},{\"metric\":{},\"value\":[1435781451,\"NaN\"]}]",
            ),
            (
                matrix,
                "{a=\"1\"} =>\n2 @[1]\n{b=\"1\", c=\"1\"} =>\n2 @[1]\n-Inf @[2.5]",
                "[{\"metric\":{\"b\":\"1\",\"c\":\"1\"},\"values\":[[1,\"2\"],[2.5,\"-Inf\"]]},{\"metric\":{\"a\":\"1\"},\"values\":[[1,\"2\"]]}]",
            ),
            (
                histogram,
                "{a=\"1\"} => Count: 2.000000, Sum: 3.500000, Buckets: [(0.5,1]:2] @[1]",
                "[{\"metric\":{\"a\":\"1\"},\"histogram\":[1,{\"count\":\"2\",\"sum\":\"3.5\",\"buckets\":[[0,\"0.5\",\"1\",\"2\"]]}]}]",
            ),
            (r#"{"resultType":"scalar","result":[1.5,"2"]}"#, "scalar: 2 @[1.5]", "[1.5,\"2\"]"),
            (r#"{"resultType":"string","result":[1,"a\"b"]}"#, "a\"b", "[1,\"a\\\"b\"]"),
        ];
        for (data, promql, json) in cases {
            assert_eq!(printed(data, Format::Promql), promql);
            assert_eq!(printed(data, Format::Json), json);
        }
    }

    #[test]
    fn series_with_a_name_that_others_lack_come_later() {
        let set = |names: &[&str]| -> LabelSet {
            names.iter().map(|&name| (name.to_owned(), "1".to_owned())).collect()
        };
        assert_eq!(order(&set(&["a", "c"]), &set(&["a", "b"])), Ordering::Less);
        assert_eq!(order(&set(&["a", "b"]), &set(&["a", "c"])), Ordering::Greater);
        assert_eq!(order(&set(&["z"]), &set(&["a", "b"])), Ordering::Less);
    }
}
