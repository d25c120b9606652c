//! Two servers' answers to one request, held side by side.

use serde_json::Value;

/// How far two values may lie apart, relative to the larger one.
pub const TOLERANCE: f64 = 1e-9;

/// What the two answers do not share: status, kind of result, label sets, times, values. The order of
/// the series counts only where it is promised.
pub fn difference(ours: &Value, theirs: &Value, ordered: bool) -> Option<String> {
    for key in ["status", "errorType", "error"] {
        if ours[key] != theirs[key] {
            return Some(format!("{key} {} instead of {}", ours[key], theirs[key]));
        }
    }
    let (ours, theirs) = (&ours["data"], &theirs["data"]);
    if ours["resultType"] != theirs["resultType"] {
        return Some(format!("{} instead of {}", ours["resultType"], theirs["resultType"]));
    }
    let (ours, theirs) = (Lines::read(ours, ordered), Lines::read(theirs, ordered));
    ours.difference(&theirs)
}

/// A result, whatever its kind: labels or a text, each with values over time.
struct Lines(Vec<(String, Vec<Point>)>);

/// A time in seconds, and a value as it was written.
type Point = (f64, String);

impl Lines {
    fn read(data: &Value, ordered: bool) -> Self {
        let mut lines: Vec<_> = match data["result"].as_array().or_else(|| data.as_array()) {
            // A scalar or a string is one point without labels.
            Some(items) if items.first().is_some_and(Value::is_number) => {
                vec![(String::new(), point(&data["result"]).into_iter().collect())]
            }
            Some(items) => items.iter().map(line).collect(),
            None => Vec::new(),
        };
        if !ordered {
            lines.sort_by(|a, b| a.0.cmp(&b.0));
        }
        Self(lines)
    }

    fn difference(&self, theirs: &Self) -> Option<String> {
        let (ours, theirs) = (&self.0, &theirs.0);
        if ours.len() != theirs.len() {
            return Some(format!("{} series instead of {}", ours.len(), theirs.len()));
        }
        ours.iter().zip(theirs).find_map(|(ours, theirs)| {
            if ours.0 != theirs.0 {
                return Some(format!("{} where {} is expected", ours.0, theirs.0));
            }
            if ours.1.len() != theirs.1.len() {
                let lens = (ours.1.len(), theirs.1.len());
                return Some(format!("{}: {} values instead of {}", ours.0, lens.0, lens.1));
            }
            let unequal = ours.1.iter().zip(&theirs.1).find(|(a, b)| !same(a, b))?;
            Some(format!("{}: {:?} instead of {:?}", ours.0, unequal.0, unequal.1))
        })
    }
}

fn line(item: &Value) -> (String, Vec<Point>) {
    let points = match item["values"].as_array() {
        Some(values) => values.iter().filter_map(point).collect(),
        None => point(&item["value"]).into_iter().collect(),
    };
    match item.get("metric") {
        Some(metric) => (metric.to_string(), points),
        None => (item.to_string(), points),
    }
}

fn point(pair: &Value) -> Option<Point> {
    Some((pair[0].as_f64()?, pair[1].as_str()?.to_owned()))
}

fn same(ours: &Point, theirs: &Point) -> bool {
    ours.0.to_bits() == theirs.0.to_bits()
        && (ours.1 == theirs.1
            || ours.1.parse().is_ok_and(|a| theirs.1.parse().is_ok_and(|b| close(a, b))))
}

/// Whether two values are equal but for rounding.
#[expect(clippy::float_cmp, reason = "an infinity is close to nothing but itself")]
fn close(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn vector(series: &[(&str, &str)]) -> Value {
        let result: Vec<_> = series
            .iter()
            .map(|(name, value)| json!({"metric": {"a": name}, "value": [1.5, value]}))
            .collect();
        json!({"status": "success", "data": {"resultType": "vector", "result": result}})
    }

    #[test]
    fn rounding_is_no_difference_and_more_is() {
        let ours = vector(&[("x", "1")]);
        assert_eq!(difference(&ours, &vector(&[("x", "1.0000000005")]), true), None);
        let found = difference(&ours, &vector(&[("x", "1.000000002")]), true);
        assert_eq!(
            found.as_deref(),
            Some(r#"{"a":"x"}: (1.5, "1") instead of (1.5, "1.000000002")"#)
        );
    }

    #[test]
    fn order_is_a_difference_where_it_is_promised() {
        let (ours, theirs) = (vector(&[("x", "1"), ("y", "2")]), vector(&[("y", "2"), ("x", "1")]));
        assert_eq!(difference(&ours, &theirs, false), None);
        assert!(difference(&ours, &theirs, true).is_some());
    }

    #[test]
    fn errors_and_kinds_of_results_are_differences() {
        let scalar = |value: &str| json!({"status": "success", "data": {"resultType": "scalar", "result": [1, value]}});
        assert_eq!(difference(&scalar("2"), &scalar("2"), true), None);
        assert!(difference(&scalar("2"), &scalar("3"), true).is_some());
        assert!(difference(&scalar("2"), &vector(&[]), true).is_some());
        let error = json!({"status": "error", "errorType": "bad_data", "error": "no"});
        assert!(difference(&error, &vector(&[]), true).is_some());
    }
}
