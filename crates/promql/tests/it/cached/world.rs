//! Series that come and go: gauges, counters, classic and native histograms, late ones, and deletions.

use std::sync::Arc;

use regain_model::{Buckets, Histogram, Labels, Matcher, STALE_NAN, Span, Timestamp};
use regain_storage::memory::MemoryStore;
use regain_storage::{Appender as _, Value};

use super::Chances;

const INTERVAL_MS: i64 = 10_000;

/// A store, and what goes on writing into it.
pub(super) struct World {
    pub(super) store: MemoryStore,
    pub(super) now: i64,
    series: Vec<Live>,
}

struct Live {
    labels: Labels,
    kind: Kind,
    /// How far behind it is written.
    lag: i64,
    /// Whether it is there now.
    is_up: bool,
    newest: i64,
    total: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Gauge,
    Counter,
    Native,
    One,
}

impl World {
    pub(super) fn new(chances: &mut Chances) -> Self {
        let mut series = Vec::new();
        let mut add = |chances: &mut Chances, labels: Labels, kind| {
            let lag = if chances.below(6) == 0 { chances.below(20) * INTERVAL_MS } else { 0 };
            let is_up = chances.below(3) > 0;
            series.push(Live { labels, kind, lag, is_up, newest: i64::MIN, total: 0.0 });
        };
        for x in ["1", "2", "3"] {
            for y in ["1", "2"] {
                for (name, kind) in [
                    ("a", Kind::Gauge),
                    ("b", Kind::Gauge),
                    ("c_total", Kind::Counter),
                    ("d", Kind::Counter),
                    ("n", Kind::Native),
                ] {
                    let pairs =
                        [("__name__", name), ("x", x), ("y", y), ("job", "j"), ("instance", x)];
                    add(chances, Labels::from_pairs(pairs), kind);
                }
            }
            for le in ["1", "2", "+Inf"] {
                let pairs = [("__name__", "h_bucket"), ("x", x), ("le", le)];
                add(chances, Labels::from_pairs(pairs), Kind::Counter);
            }
            let version = if x == "1" { "v1" } else { "v2" };
            let pairs =
                [("__name__", "target_info"), ("job", "j"), ("instance", x), ("version", version)];
            add(chances, Labels::from_pairs(pairs), Kind::One);
        }
        let mut world = Self { store: MemoryStore::new(), now: 500_000, series };
        for _ in 0..40 {
            world.write(chances);
        }
        world
    }

    /// Lets something happen: mostly another round of samples.
    pub(super) fn go_on(&mut self, chances: &mut Chances) {
        match chances.below(12) {
            0 => self.delete(chances),
            1 => {}
            2 => (0..8).for_each(|_| self.write(chances)),
            _ => self.write(chances),
        }
    }

    fn write(&mut self, chances: &mut Chances) {
        self.now += INTERVAL_MS;
        let mut writer = self.store.writer();
        for live in &mut self.series {
            let was_up = live.is_up;
            if chances.below(25) == 0 {
                live.is_up = !live.is_up;
            }
            // Lags grow and shrink, so that samples come late and in order at once.
            if chances.below(60) == 0 {
                live.lag = chances.below(20) * INTERVAL_MS;
            }
            let time = self.now - live.lag + chances.below(300);
            if time <= live.newest || !(was_up || live.is_up) {
                continue;
            }
            let value = if live.is_up { live.next(chances) } else { Value::Float(STALE_NAN) };
            let reference = writer.series(&live.labels).unwrap();
            writer.stage_value(reference, Timestamp(time), Timestamp(0), value);
            live.newest = time;
        }
        writer.commit().unwrap();
    }

    fn delete(&self, chances: &mut Chances) {
        let start = self.now - chances.below(60) * INTERVAL_MS;
        let span = Span::new(Timestamp(start), Timestamp(start + chances.below(10) * INTERVAL_MS));
        let x = *chances.one_of(&["1", "2", "3"]);
        let name = *chances.one_of(&["a", "b", "c_total", "d", "n", "h_bucket"]);
        self.store.delete(&[Matcher::equal("x", x), Matcher::equal("__name__", name)], span);
    }
}

impl Live {
    fn next(&mut self, chances: &mut Chances) -> Value {
        let step = chances.below(1000) as f64 / 7.0;
        self.total = if chances.below(15) == 0 { 0.0 } else { self.total + step };
        match self.kind {
            Kind::Gauge => Value::Float(match chances.below(40) {
                0 => f64::NAN,
                1 => f64::INFINITY,
                2 => -0.0,
                _ => step.round() / 3.0,
            }),
            Kind::Counter => Value::Float(self.total),
            Kind::One => Value::Float(1.0),
            Kind::Native if chances.below(30) == 0 => Value::Float(step),
            Kind::Native => {
                let counts = vec![self.total.round(), (self.total / 2.0).round(), 1.0];
                let (count, sum) = (counts.iter().sum(), self.total * 1.5);
                let positive = Buckets::run(0, counts);
                let schema = i32::try_from(chances.below(2)).unwrap();
                let histogram = Histogram { schema, count, sum, positive, ..Histogram::default() };
                Value::Histogram(Arc::new(histogram))
            }
        }
    }
}
