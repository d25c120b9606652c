//! Native histograms, as the test language writes them.

use std::fmt::Write as _;

use super::super::random::Random;

/// How the buckets of a histogram lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Exponential,
    Custom,
}

const BOUNDS: [&str; 4] = ["1 2 5 10", "1 2 5 10", "2 5 7 10 20", "-1 0 0.5"];
const HINTS: [&str; 4] = ["reset", "not_reset", "unknown", "gauge"];
/// What a histogram of integers is multiplied with to have fractions.
const FRACTION: f64 = 0.3;

/// The counts of a histogram that grows.
pub(super) struct Counts {
    layout: Layout,
    schema: i64,
    offset: i64,
    bounds: &'static str,
    threshold: &'static str,
    gauge: bool,
    zero: i64,
    positive: Vec<i64>,
    negative: Vec<i64>,
    sum: i64,
}

impl Counts {
    pub(super) fn new(random: &mut Random, layout: Layout) -> Self {
        let mut counts = Self {
            layout,
            schema: random.pick(&[0, 0, 1, 3, 8, -2]),
            offset: random.between(-4, 4),
            bounds: random.pick(&BOUNDS),
            threshold: random.pick(&["0", "0.001", "0.001", "2.5"]),
            gauge: random.percent(15),
            zero: 0,
            positive: Vec::new(),
            negative: Vec::new(),
            sum: 0,
        };
        counts.clear(random);
        counts
    }

    fn clear(&mut self, random: &mut Random) {
        let buckets = |random: &mut Random, most| vec![0; usize::from(random.pick(most))];
        self.zero = 0;
        self.sum = 0;
        self.positive = match self.layout {
            Layout::Exponential => buckets(random, &[0_u8, 2, 4, 7]),
            Layout::Custom => vec![0; 1 + self.bounds.split(' ').count()],
        };
        self.negative = match self.layout {
            Layout::Exponential => buckets(random, &[0_u8, 0, 3]),
            Layout::Custom => Vec::new(),
        };
    }

    /// Some more observations, or, now and then, another layout or a reset.
    pub(super) fn step(&mut self, random: &mut Random) {
        // The TSDB gives the gauges of a chunk the buckets that any of them has. Upstream looks for resets in an order in
        // which empty buckets show, so those of a gauge stay where they are.
        if !self.gauge {
            self.change(random);
        }
        let down = if self.gauge { -3 } else { 0 };
        for count in self.positive.iter_mut().chain(&mut self.negative) {
            *count = (*count + random.between(down, 5)).max(0);
        }
        if self.layout == Layout::Exponential {
            self.zero = (self.zero + random.between(down, 2)).max(0);
        }
        self.sum += random.between(-2, 40);
    }

    /// Now and then, a reset or another layout.
    fn change(&mut self, random: &mut Random) {
        if random.percent(4) {
            self.clear(random);
        }
        if random.percent(4) {
            self.schema = random.between(-1, 4);
            self.bounds = random.pick(&BOUNDS);
            self.clear(random);
        }
        if random.percent(4) {
            self.offset += random.between(-2, 2);
        }
    }

    /// The histogram.
    pub(super) fn written(&self, random: &mut Random, integer: bool) -> String {
        let scale = if integer || random.percent(60) { 1.0 } else { FRACTION };
        let scaled = |count: i64| count as f64 * scale;
        let positive: Vec<f64> = self.positive.iter().map(|&count| scaled(count)).collect();
        let negative: Vec<f64> = self.negative.iter().map(|&count| scaled(count)).collect();
        let mut count = scaled(self.zero);
        // Upstream checks the count against the negative buckets, then the positive ones.
        let of_negative: f64 = negative.iter().sum();
        let of_positive: f64 = positive.iter().sum();
        count += of_negative;
        count += of_positive;
        let mut text = String::from("{{");
        let mut field = |name: &str, value: String| {
            let space = if text.len() > 2 { " " } else { "" };
            write!(text, "{space}{name}:{value}").expect("a string takes all text");
        };
        let strange = random.percent(4);
        field("sum", if strange { "NaN".to_owned() } else { scaled(self.sum).to_string() });
        // Observations that are no numbers are in no bucket.
        field("count", (if strange { count + 3.0 } else { count }).to_string());
        match self.layout {
            Layout::Exponential => {
                field("schema", self.schema.to_string());
                field("z_bucket", scaled(self.zero).to_string());
                field("z_bucket_w", self.threshold.to_owned());
                field("offset", self.offset.to_string());
                field("n_offset", (self.offset + 1).to_string());
            }
            Layout::Custom => {
                field("schema", "-53".to_owned());
                field("custom_values", format!("[{}]", self.bounds));
            }
        }
        if !positive.is_empty() {
            field("buckets", listed(&positive));
        }
        if !negative.is_empty() {
            field("n_buckets", listed(&negative));
        }
        if self.gauge {
            field("counter_reset_hint", "gauge".to_owned());
        } else if random.percent(5) {
            field("counter_reset_hint", random.pick(&HINTS).to_owned());
        }
        text + "}}"
    }
}

fn listed(counts: &[f64]) -> String {
    let counts: Vec<String> = counts.iter().map(f64::to_string).collect();
    format!("[{}]", counts.join(" "))
}
