//! Made-up series: names, labels, and values that are a pure function of target, series and time.
//!
//! Whoever asks for the same target and time gets the same value, so that a fleet needs no state, and
//! what one server scraped can be pushed to another. About half of the series change from one scrape
//! to the next, and a third never does.

mod mix;

use std::fmt::Write as _;

pub use mix::all;

/// The series of one target.
pub const SERIES_PER_TARGET: usize = 1200;

/// How long a service runs before it is started again, in seconds; its counters start at zero then.
const SERVICE_LIFE_S: f64 = 5.0 * 3600.0;

/// How a series' value follows from time.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Never changes.
    Constant(f64),
    /// When the service was started.
    StartTime,
    /// Counts about this many things a second since the service was started.
    Counter(f64),
    /// Counts about this many things a second since long ago.
    HostCounter(f64),
    /// Adds up about this many seconds a second since long ago, in hundredths.
    HostSeconds(f64),
    /// Wanders around a centre, in whole multiples of a unit.
    Gauge(f64, f64),
    /// The share of a histogram's observations, of which there are about this many a second.
    Bucket(f64, f64),
    /// The sum of a histogram's observations, of which there are about this many a second.
    Sum(f64),
}

/// One series of every target.
#[derive(Clone, Debug)]
pub struct Series {
    /// The metric's name.
    pub name: String,
    /// The labels that the target exposes, sorted by name.
    pub labels: Vec<(&'static str, String)>,
    /// How its value moves.
    pub shape: Shape,
    /// What tells it apart in the noise; the series of one histogram share it.
    pub identity: u64,
    /// The `# TYPE` word and the family's name, on the family's first series.
    pub family: Option<(&'static str, String)>,
}

impl Series {
    /// The metric with its labels, as a line of an exposition starts.
    pub fn exposed(&self) -> String {
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

    /// The value on `target` at a whole second.
    pub fn value(&self, target: u64, seconds: f64) -> f64 {
        let seed = scatter(self.identity ^ scatter(target));
        let load = load(target);
        match self.shape {
            Shape::Constant(value) => value,
            Shape::StartTime => started(target, seconds),
            Shape::Counter(rate) => grown(seed, rate * load, seconds - started(target, seconds)),
            Shape::HostCounter(rate) => grown(seed, rate * load, seconds),
            Shape::HostSeconds(rate) => grown(seed, rate * 100.0, seconds) / 100.0,
            Shape::Gauge(centre, unit) => {
                let wave = (seconds / 300.0 + fraction(seed) * std::f64::consts::TAU).sin();
                let noise = fraction(scatter(seed ^ seconds.to_bits()));
                (centre * (1.0 + 0.2 * wave + 0.05 * noise) / unit).round() * unit
            }
            Shape::Bucket(share, rate) => {
                (grown(seed, rate * load, seconds - started(target, seconds)) * share).floor()
            }
            Shape::Sum(rate) => {
                let count = grown(seed, rate * load, seconds - started(target, seconds));
                (count * 0.0831 * 1e6).round() / 1e6
            }
        }
    }
}

/// When the service on `target` was last started: the targets do it one after another.
fn started(target: u64, seconds: f64) -> f64 {
    let phase = (fraction(scatter(target)) * SERVICE_LIFE_S).floor();
    ((seconds - phase) / SERVICE_LIFE_S).floor() * SERVICE_LIFE_S + phase
}

/// How busy a target is beside the others, between a half and one and a half.
fn load(target: u64) -> f64 {
    0.5 + fraction(scatter(!target))
}

/// A count after `seconds`. Its noise stays below one step, so that it never falls.
fn grown(seed: u64, rate: f64, seconds: f64) -> f64 {
    let noise = fraction(scatter(seed ^ seconds.to_bits())) * 0.9;
    (rate * (seconds + noise)).floor()
}

/// A well-mixed number from another (the finaliser of `SplitMix64`).
pub fn scatter(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A number in `[0, 1)` from a mixed one.
fn fraction(value: u64) -> f64 {
    (value >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: f64 = 1_700_000_000.0;

    #[test]
    fn a_target_exposes_each_of_its_series_once_with_sorted_labels() {
        let series = all();
        assert_eq!(series.len(), SERIES_PER_TARGET);
        let mut names: Vec<_> = series.iter().map(Series::exposed).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), SERIES_PER_TARGET);
        assert!(series.iter().all(|one| one.labels.is_sorted()));
    }

    #[test]
    fn counters_fall_only_when_their_service_is_started_again() {
        let gauge = |one: &&Series| matches!(one.shape, Shape::Gauge(..) | Shape::StartTime);
        for one in all().iter().filter(|one| !gauge(one)) {
            for target in 0..10 {
                let at = |step: i32| AT + f64::from(step) * 5.0;
                for step in 0..50 {
                    let (before, after) =
                        (one.value(target, at(step)), one.value(target, at(step + 1)));
                    let restarted = started(target, at(step)) < started(target, at(step + 1));
                    assert!(before <= after || restarted, "{} falls", one.exposed());
                }
            }
        }
    }

    #[test]
    fn about_half_of_the_series_change_between_two_scrapes_and_a_third_never_does() {
        let series = all();
        let share = |seconds: f64| {
            let changed = series
                .iter()
                .filter(|one| one.value(3, AT).to_bits() != one.value(3, AT + seconds).to_bits());
            changed.count() as f64 / series.len() as f64
        };
        assert!((0.45..0.6).contains(&share(5.0)), "{}", share(5.0));
        assert!((0.6..0.75).contains(&share(3600.0)), "{}", share(3600.0));
    }
}
