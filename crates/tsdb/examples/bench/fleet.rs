//! Targets whose values move as those of real exporters do: about half of the series change between
//! two scrapes, and a third stays the same for hours.

use regain_model::Labels;

/// One target's series and their current values.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) labels: Vec<Labels>,
    pub(crate) values: Vec<f64>,
    random: u64,
}

const BUCKETS: [&str; 12] =
    ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"];

impl Target {
    pub(crate) fn new(number: usize, series: usize) -> Self {
        let instance = format!("10.0.{}.{}:9100", number / 250, number % 250);
        let job = format!("job-{}", number % 5);
        let labels: Vec<Labels> = (0..series).map(|at| labels_of(at, &instance, &job)).collect();
        let random = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut target = Self { labels, values: vec![0.0; series], random };
        for at in 0..series {
            target.values[at] = target.start(at);
        }
        target
    }

    /// Moves all values on by one scrape.
    pub(crate) fn step(&mut self) {
        for at in 0..self.values.len() {
            self.values[at] = self.next_value(at);
        }
    }

    fn random(&mut self, below: u64) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        ((self.random >> 11) % below) as f64
    }

    fn start(&mut self, at: usize) -> f64 {
        match at % 100 {
            0..20 => self.random(2),
            20..37 => self.random(1 << 34),
            68..76 => self.random(100_000_000) / 100.0,
            86..92 => self.random(1 << 22) * 4096.0,
            92..96 => self.random(100_000) / 1000.0,
            96.. => self.random(1 << 30) / 7e6,
            _ => self.random(1 << 24),
        }
    }

    fn next_value(&mut self, at: usize) -> f64 {
        let value = self.values[at];
        match at % 100 {
            0..37 => value,
            37..50 if self.random(20) > 0.0 => value,
            37..50 => value + 1.0,
            50..68 => value + 100.0 + self.random(60),
            68..76 => ((value * 100.0).round() + 450.0 + self.random(80)) / 100.0,
            76..86 if self.random(10) < 4.0 => value,
            76..86 => value + self.random(12),
            86..92 => (value + (self.random(65) - 32.0) * 4096.0).max(0.0),
            92..96 => self.random(100_000) / 1000.0,
            _ => value + (1.0 + self.random(1000)) / 7e6,
        }
    }
}

fn labels_of(at: usize, instance: &str, job: &str) -> Labels {
    let metric = format!("metric_{}_total", at / 24);
    let detail = format!("{}", at % 24 / 12);
    let common = [("instance", instance), ("job", job), ("__name__", metric.as_str())];
    if at % 100 / 2 >= 38 {
        let bucket = [("code", detail.as_str()), ("le", BUCKETS[at % 12])];
        return Labels::from_pairs(common.into_iter().chain(bucket));
    }
    let device = format!("device{}", at % 24);
    Labels::from_pairs(common.into_iter().chain([("device", device.as_str()), ("mode", "idle")]))
}
