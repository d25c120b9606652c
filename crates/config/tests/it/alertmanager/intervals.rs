//! Time intervals as files write them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{around, load};

/// A list of times, then intervals and for each time, in order, whether upstream's package (0.34) finds it in the
/// interval.
const INTERVALS: &str = include_str!("../../alertmanager/intervals.jsonl");

#[test]
fn intervals_hold_when_upstreams_do() {
    let mut lines = INTERVALS.lines();
    let times: Vec<String> = serde_json::from_str(lines.next().unwrap()).unwrap();
    let times: Vec<Timestamp> = times.iter().map(|time| time.parse().unwrap()).collect();
    let mut wrong = Vec::new();
    for line in lines {
        let [interval, expected]: [String; 2] = serde_json::from_str(line).unwrap();
        // Keys without braces around are put into some.
        let item =
            if interval.starts_with('{') { interval.clone() } else { format!("{{{interval}}}") };
        let text = around(&format!("time_intervals: [{{name: x, time_intervals: [{item}]}}]\n"));
        let settings = load(&text).unwrap().settings;
        let found = &settings.time_intervals[0].intervals[0];
        for (time, expected) in times.iter().zip(expected.chars()) {
            if found.contains(*time, &TimeZone::UTC) != (expected == '1') {
                wrong.push(format!("{interval} at {time}: upstream says {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
