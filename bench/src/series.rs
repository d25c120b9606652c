//! The fleet's series: names, labels, and values that are a pure function of seed, series and time.
//!
//! The mix is that of a service with a web server, a runtime and a host: histograms, counters of
//! which a third never moves, gauges with decimals, and labels that only inform. About half of the
//! series change from one scrape to the next.

use std::fmt::Write as _;

/// The series of one target.
pub(crate) const SERIES_PER_TARGET: usize = 1200;

const HISTOGRAMS: usize = 40;
const BOUNDS: [&str; 12] =
    ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"];
/// The share of observations that are at most each bound.
const SHARES: [f64; 12] = [0.08, 0.2, 0.41, 0.6, 0.78, 0.9, 0.955, 0.98, 0.993, 0.998, 0.9995, 1.0];
const COUNTERS: usize = 300;
const GAUGES: usize = 200;
const METHODS: [&str; 3] = ["GET", "POST", "PUT"];
const CODES: [&str; 5] = ["200", "201", "404", "500", "503"];

/// How a series' value follows from time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Never changes.
    Constant(f64),
    /// Grows by about this much a second.
    Counter(f64),
    /// Wanders around a centre, with so many decimals.
    Gauge(f64, i32),
    /// The share of a histogram's observations, which grow by about this much a second.
    Bucket(f64, f64),
    /// The sum of a histogram's observations.
    Sum(f64),
}

/// One series of every target.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// The metric name.
    pub(crate) name: String,
    /// The labels, without the target's.
    pub(crate) labels: Vec<(&'static str, String)>,
    /// How its value moves.
    pub(crate) shape: Shape,
    /// What tells it apart in the hash; the series of one histogram share it.
    pub(crate) identity: u64,
    /// The `# TYPE` word, on the first series of a metric.
    pub(crate) kind: Option<&'static str>,
}

impl Series {
    /// The metric with its labels, as a line of an exposition starts.
    pub(crate) fn exposed(&self) -> String {
        let mut text = self.name.clone();
        for (index, (name, value)) in self.labels.iter().enumerate() {
            let open = if index == 0 { '{' } else { ',' };
            write!(text, "{open}{name}=\"{value}\"").expect("writing to a string does not fail");
        }
        if !self.labels.is_empty() {
            text.push('}');
        }
        text
    }

    /// The value on `target` at `seconds`.
    pub(crate) fn value(&self, target: u64, seconds: f64) -> f64 {
        let seed = mix(self.identity ^ mix(target));
        let base = (seed % 1_000_000) as f64;
        let noise = unit(mix(seed ^ seconds.to_bits()));
        // The noise stays below one step, so counters never fall.
        let grown = |rate: f64| base + (rate * (seconds + noise * 0.9)).floor();
        match self.shape {
            Shape::Constant(value) => value,
            Shape::Counter(rate) => grown(rate),
            Shape::Gauge(centre, decimals) => {
                let wave = (seconds / 300.0 + unit(seed) * 6.28).sin();
                let scale = 10f64.powi(decimals);
                ((centre * (1.0 + 0.2 * wave + 0.05 * noise)) * scale).round() / scale
            }
            Shape::Bucket(share, rate) => (grown(rate) * share).floor(),
            Shape::Sum(rate) => (grown(rate) * 0.0831 * 1e6).round() / 1e6,
        }
    }
}

/// The series that every target has.
pub(crate) fn all() -> Vec<Series> {
    let mut series = Vec::with_capacity(SERIES_PER_TARGET);
    for index in 0..HISTOGRAMS {
        push_histogram(&mut series, index);
    }
    for index in 0..COUNTERS {
        push_counter(&mut series, index);
    }
    for index in 0..GAUGES {
        let name =
            format!("service_{}_value_{}", ["queue", "pool", "cache"][index % 3], index / 10);
        let shape = match index % 4 {
            0 => Shape::Constant(index as f64),
            1 => Shape::Gauge(1000.0 + index as f64, 0),
            2 => Shape::Gauge(0.5, 4),
            _ => Shape::Gauge(1.5e9 + index as f64, 0),
        };
        let labels = vec![("shard", format!("{}", index % 10))];
        push(&mut series, name, labels, shape, "gauge");
    }
    let rest = SERIES_PER_TARGET - series.len();
    for index in 0..rest {
        let labels = vec![("version", format!("1.{index}.0")), ("module", format!("m{index}"))];
        push(&mut series, "service_module_info".into(), labels, Shape::Constant(1.0), "gauge");
    }
    series
}

fn push_histogram(series: &mut Vec<Series>, index: usize) {
    let labels = vec![
        ("handler", format!("/api/v1/resource/{}", index / 3)),
        ("method", METHODS[index % METHODS.len()].to_owned()),
    ];
    // A third of the handlers is never called.
    let rate = if index % 3 == 2 { 0.0 } else { 0.4 * (1 + index % 7) as f64 };
    let identity = 0x4157 + index as u64;
    let base = "http_request_duration_seconds";
    for (bound, share) in BOUNDS.iter().zip(SHARES) {
        let mut labels = labels.clone();
        labels.push(("le", (*bound).to_owned()));
        let kind = (index == 0 && series.is_empty()).then_some("histogram");
        let shape = Shape::Bucket(share, rate);
        series.push(Series { name: format!("{base}_bucket"), labels, shape, identity, kind });
    }
    for (suffix, shape) in [("sum", Shape::Sum(rate)), ("count", Shape::Bucket(1.0, rate))] {
        let (name, labels) = (format!("{base}_{suffix}"), labels.clone());
        series.push(Series { name, labels, shape, identity, kind: None });
    }
}

fn push_counter(series: &mut Vec<Series>, index: usize) {
    let shape = match index % 10 {
        0..=2 => Shape::Constant((index * 37) as f64),
        3..=5 => Shape::Counter(0.02 * index as f64),
        6 | 7 => Shape::Counter(3.0 + index as f64),
        _ => Shape::Counter(12_345.0 + index as f64),
    };
    if index < 100 {
        let labels = vec![
            ("code", CODES[index % CODES.len()].to_owned()),
            ("handler", format!("/api/v1/resource/{}", index / 15)),
            ("method", METHODS[index / 5 % METHODS.len()].to_owned()),
        ];
        push(series, "http_requests_total".into(), labels, shape, "counter");
    } else {
        let name = format!("service_events_{}_total", index / 20);
        push(series, name, vec![("kind", format!("k{}", index % 20))], shape, "counter");
    }
}

fn push(
    series: &mut Vec<Series>,
    name: String,
    labels: Vec<(&'static str, String)>,
    shape: Shape,
    kind: &'static str,
) {
    let first = series.last().is_none_or(|last| last.name != name);
    let identity = series.len() as u64;
    series.push(Series { name, labels, shape, identity, kind: first.then_some(kind) });
}

/// A well-mixed number from another (the finaliser of SplitMix64).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A number in `[0, 1)` from a mixed one.
fn unit(value: u64) -> f64 {
    (value >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_its_series_once_and_counters_never_fall() {
        let series = all();
        assert_eq!(series.len(), SERIES_PER_TARGET);
        let mut names: Vec<_> = series.iter().map(Series::exposed).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), SERIES_PER_TARGET);
        for one in series.iter().filter(|one| !matches!(one.shape, Shape::Gauge(..))) {
            let values: Vec<_> = (0..50).map(|step| one.value(7, f64::from(step) * 5.0)).collect();
            assert!(values.is_sorted(), "{} falls: {values:?}", one.exposed());
        }
    }

    #[test]
    fn about_half_of_the_series_change_between_two_scrapes() {
        let series = all();
        let at = 1_700_000_000.0;
        let changed = series.iter().filter(|one| one.value(3, at) != one.value(3, at + 5.0));
        let share = changed.count() as f64 / series.len() as f64;
        assert!((0.4..0.65).contains(&share), "{share}");
    }
}
