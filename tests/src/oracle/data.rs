//! Made-up series: counters, gauges, classic and native histograms of every kind, with gaps, resets,
//! staleness markers, mixed types, and values that hardly anybody expects.

mod histograms;
mod values;

use super::question::{Load, LoadedSeries};
use super::random::Random;
use values::{Values, Writer};

/// How many values a series may have, left-out ones included.
const POINTS_MIN: i64 = 60;
const POINTS_MAX: i64 = 140;
/// The times between two values.
const STEPS_MS: [i64; 4] = [5_000, 10_000, 15_000, 60_000];
/// How many of a hundred possible series there are.
const PRESENT_PERCENT: u64 = 75;

const JOBS: &[(&str, &[&str])] = &[("job", &["api", "db"])];
const INSTANCES: &[(&str, &[&str])] =
    &[("job", &["api", "db"]), ("instance", &["h:1", "h:2", "h:10"])];
const CODES: &[(&str, &[&str])] =
    &[("job", &["api", "db"]), ("instance", &["h:1", "h:2"]), ("code", &["200", "500"])];
const BUCKETS: &[(&str, &[&str])] =
    &[("job", &["api", "db"]), ("le", &["0.1", "0.5", "1", "2.5", "+Inf"])];
const VERSIONS: &[(&str, &[&str])] =
    &[("job", &["api", "db"]), ("instance", &["h:1", "h:2"]), ("version", &["1", "2"])];
const COUNTER_TYPE: &[(&str, &[&str])] =
    &[("job", &["api", "db"]), ("__type__", &["counter"]), ("__unit__", &["seconds"])];
const GAUGE_TYPE: &[(&str, &[&str])] = &[("job", &["api", "db"]), ("__type__", &["gauge"])];
const UTF8: &[(&str, &[&str])] = &[("\"lab.el\"", &["ü", "\\\"", ""]), ("job", &["api"])];

/// One metric that there may be.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name as a selector starts: bare, or quoted in braces.
    pub name: &'static str,
    labels: &'static [(&'static str, &'static [&'static str])],
    values: Values,
}

impl Metric {
    /// The names of its labels.
    pub fn labels(&self) -> impl Iterator<Item = &'static str> {
        self.labels.iter().map(|(name, _)| *name)
    }

    /// Whether its samples are, or may be, native histograms.
    pub const fn has_histograms(&self) -> bool {
        matches!(self.values, Values::Exponential | Values::Custom | Values::Mixed)
    }

    /// Whether it is made for rates.
    pub const fn is_counter(&self) -> bool {
        matches!(self.values, Values::Counter | Values::Bucket)
    }
}

const fn metric(
    name: &'static str,
    labels: &'static [(&'static str, &'static [&'static str])],
    values: Values,
) -> Metric {
    Metric { name, labels, values }
}

/// All metrics. Some differ in nothing but their names.
pub const METRICS: [Metric; 19] = [
    metric("requests_total", CODES, Values::Counter),
    metric("errors_total", INSTANCES, Values::Counter),
    metric("started_total", INSTANCES, Values::Counter),
    metric("temperature", INSTANCES, Values::Gauge),
    metric("pressure", INSTANCES, Values::Gauge),
    metric("odd", INSTANCES, Values::Odd),
    metric("up", INSTANCES, Values::Flag),
    metric("latency_bucket", BUCKETS, Values::Bucket),
    metric("latency_sum", JOBS, Values::Counter),
    metric("latency_count", JOBS, Values::Counter),
    metric("latency", JOBS, Values::Exponential),
    metric("size", INSTANCES, Values::Exponential),
    metric("custom", INSTANCES, Values::Custom),
    metric("mixture", INSTANCES, Values::Mixed),
    metric("target_info", VERSIONS, Values::Flag),
    metric("build_info", VERSIONS, Values::Flag),
    metric("typed", COUNTER_TYPE, Values::Counter),
    metric("typed_total", GAUGE_TYPE, Values::Gauge),
    metric("\"weird.name\"", UTF8, Values::Gauge),
];

/// The data that `seed` stands for, in no particular order.
pub fn made(seed: u64) -> Load {
    let mut random = Random::new(seed);
    let step_ms = random.pick(&STEPS_MS);
    let points = random.between(POINTS_MIN, POINTS_MAX);
    let points = usize::try_from(points).expect("a series is short");
    let mut series = Vec::new();
    for metric in &METRICS {
        for labels in combinations(metric.labels) {
            if random.percent(PRESENT_PERCENT) {
                series.push(one(&mut random, metric, &labels, (points, step_ms)));
            }
        }
    }
    Load { step_ms, series }
}

/// The label sets of a metric, as they are written between braces.
fn combinations(labels: &[(&str, &[&str])]) -> Vec<String> {
    let mut found = vec![String::new()];
    for (name, values) in labels {
        found = found
            .iter()
            .flat_map(|rest| values.iter().map(move |value| format!("{rest},{name}=\"{value}\"")))
            .collect();
    }
    found
}

fn one(
    random: &mut Random,
    metric: &Metric,
    labels: &str,
    (points, step_ms): (usize, i64),
) -> LoadedSeries {
    // Histograms are of integers where all of a series are; mixed ones have fractions as well.
    let integer = metric.has_histograms() && random.percent(50);
    let mut writer = Writer::new(random, integer);
    let values = writer.write(metric.values, points);
    let starts_ms = if random.percent(if metric.name == "started_total" { 100 } else { 10 }) {
        starts(random, &values, step_ms)
    } else {
        Vec::new()
    };
    let labels = labels.trim_start_matches(',');
    let name = metric.name;
    let metric = if name.starts_with('"') {
        format!("{{{name},{labels}}}")
    } else {
        format!("{name}{{{labels}}}")
    };
    LoadedSeries { text: format!("{metric} {}", joined(&values)), starts_ms, integer }
}

/// The start timestamps of values: of most, and now and then one of the last reset or none.
fn starts(random: &mut Random, values: &[String], step_ms: i64) -> Vec<i64> {
    let mut start = 0;
    (0..)
        .zip(values)
        .map(|(at, _)| {
            let time = at * step_ms;
            if random.percent(10) {
                start = (time - random.between(-1, 3 * step_ms)).max(0);
            }
            if random.percent(5) { 0 } else { start }
        })
        .collect()
}

/// The values as they are written, runs of those left out in short.
fn joined(values: &[String]) -> String {
    let mut text: Vec<String> = Vec::new();
    for run in values.chunk_by(|a, b| a == "_" && b == "_") {
        match run {
            [one] => text.push(one.clone()),
            several => text.push(format!("_x{}", several.len())),
        }
    }
    text.join(" ")
}
