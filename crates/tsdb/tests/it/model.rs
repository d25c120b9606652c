//! Random writers against the store in memory, with seals, merges, deletes and restarts at random points.

use proptest::prelude::*;
use regain_model::{Matcher, STALE_NAN, Span, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::memory::MemoryStore;
use regain_storage::{Appendable as _, Appender, LaneKey, Verdict};
use regain_tsdb::{Db, Options};

use crate::store::{Content, content, content_of, key_of, lane, open, open_with, options, series};

#[derive(Clone, Debug)]
enum Step {
    /// A row: lane, time after the newest so far, series, seed of the values.
    Row {
        lane: usize,
        after: i64,
        series: Vec<bool>,
        seed: u64,
    },
    /// Samples with their own times, relative to the newest.
    Samples {
        lane: usize,
        samples: Vec<(usize, i64, u64)>,
    },
    Seal,
    /// Merges while there is something to merge, at most so often.
    Merge(usize),
    /// Deletes samples of a series: the span ends so long before its newest sample.
    Delete {
        series: usize,
        before: i64,
        length: i64,
    },
    Reopen,
    RemoveUnused,
    Rollback {
        lane: usize,
    },
}

const SERIES: usize = 12;
const LANES: usize = 3;

fn step() -> impl Strategy<Value = Step> {
    let row = (0..LANES, -30..40_i64, prop::collection::vec(any::<bool>(), SERIES), any::<u64>())
        .prop_map(|(lane, after, series, seed)| Step::Row { lane, after, series, seed });
    let full = (0..LANES, 1..20_i64, any::<u64>()).prop_map(|(lane, after, seed)| Step::Row {
        lane,
        after,
        series: (0..SERIES).map(|number| number % LANES == lane).collect(),
        seed,
    });
    let samples = (0..LANES, prop::collection::vec((0..SERIES, -60..30_i64, any::<u64>()), 1..12))
        .prop_map(|(lane, samples)| Step::Samples { lane, samples });
    prop_oneof![
        3 => row,
        12 => full,
        2 => samples,
        3 => Just(Step::Seal),
        1 => (1..4_usize).prop_map(Step::Merge),
        1 => (0..SERIES, 1..200_i64, 0..300_i64)
            .prop_map(|(series, before, length)| Step::Delete { series, before, length }),
        1 => Just(Step::Reopen),
        1 => Just(Step::RemoveUnused),
        1 => (0..LANES).prop_map(|lane| Step::Rollback { lane }),
    ]
}

/// A value of one of the kinds that are coded differently.
fn value_of(seed: u64) -> f64 {
    match seed % 8 {
        0 => STALE_NAN,
        1 => f64::from_bits(seed),
        2 => -0.0,
        3 => (seed >> 40) as f64 / 100.0,
        _ => (seed >> 50) as f64,
    }
}

struct Pair {
    fs: MemFs,
    db: Db,
    model: MemoryStore,
    newest: i64,
    /// What was deleted: series and times.
    deleted: Vec<(String, i64, i64)>,
}

/// A store whose windows are short, so that merging has something to do.
fn open_small(fs: &MemFs) -> Db {
    open_with(fs, Options { period_ms: 100, merge_span_max_ms: 900, ..options() }).0
}

impl Pair {
    fn appenders(&self, number: usize) -> (Box<dyn Appender>, Box<dyn Appender>) {
        let key = LaneKey::rule("any", "any");
        (lane(&self.db, number), self.model.appender(&key).unwrap())
    }

    fn row(&mut self, number: usize, time: i64, which: &[bool], seed: u64) {
        let (mut real, mut model) = self.appenders(number);
        let chosen: Vec<usize> = (0..SERIES).filter(|&at| which[at]).collect();
        let values: Vec<f64> = (0..)
            .zip(&chosen)
            .map(|(at, _)| value_of(seed.wrapping_mul(2 * at + 1).rotate_left(7)))
            .collect();
        let mut verdicts = Vec::new();
        for appender in [&mut real, &mut model] {
            let refs: Vec<_> =
                chosen.iter().map(|&at| appender.series(&series(at)).unwrap()).collect();
            let mut refused = Vec::new();
            appender.stage_row(Timestamp(time), &refs, &values, &mut refused);
            verdicts.push((refused, appender.commit().unwrap().samples));
        }
        assert_eq!(verdicts[0], verdicts[1]);
        self.newest = self.newest.max(time);
    }

    fn samples(&mut self, number: usize, samples: &[(usize, i64, u64)]) {
        let (mut real, mut model) = self.appenders(number);
        for &(at, after, seed) in samples {
            let time = Timestamp(self.newest + after);
            let stage = |appender: &mut Box<dyn Appender>| {
                let series = appender.series(&series(at)).unwrap();
                appender.stage(series, time, value_of(seed))
            };
            assert_eq!(stage(&mut real), stage(&mut model));
        }
        assert_eq!(real.commit().unwrap().samples, model.commit().unwrap().samples);
        self.newest = samples.iter().map(|s| self.newest + s.1).max().unwrap().max(self.newest);
    }

    /// Deletes older samples than the newest of a series, which stays: on it the next verdicts depend.
    fn delete(&mut self, number: usize, before: i64, length: i64) {
        let labels = series(number);
        let Some(samples) = content(&self.model).remove(&key_of(&labels)) else { return };
        let max = samples[samples.len() - 1].0 - before;
        let mut matchers: Vec<Matcher> =
            labels.iter().map(|(name, value)| Matcher::equal(name, value)).collect();
        matchers.push(Matcher::equal("odd", labels.get("odd").unwrap_or_default()));
        let span = Span::new(Timestamp(max - length), Timestamp(max));
        assert_eq!(self.db.delete(&matchers, span).unwrap(), 1);
        self.deleted.push((key_of(&labels), max - length, max));
    }

    /// What the model holds of what was not deleted.
    fn expected(&self, span: Span) -> Content {
        let mut content = content_of(&self.model, &[], span);
        for (name, min, max) in &self.deleted {
            if let Some(samples) = content.get_mut(name) {
                samples.retain(|(time, _)| time < min || max < time);
            }
        }
        content.retain(|_, samples| !samples.is_empty());
        content
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Row { lane, after, series, seed } => {
                self.row(*lane, self.newest + after, series, *seed);
            }
            Step::Samples { lane, samples } => self.samples(*lane, samples),
            Step::Seal => self.db.seal().unwrap(),
            Step::Reopen => {
                let (fs, other) = (self.fs.clone(), open(&MemFs::new()).0);
                drop(std::mem::replace(&mut self.db, other));
                self.db = open_small(&fs);
            }
            Step::Merge(times) => {
                for _ in 0..*times {
                    self.db.merge(&|| true).unwrap();
                }
            }
            Step::Delete { series, before, length } => self.delete(*series, *before, *length),
            Step::RemoveUnused => self.db.remove_unused().unwrap(),
            Step::Rollback { lane: number } => {
                let mut appender = lane(&self.db, *number);
                let series = appender.series(&series(0)).unwrap();
                let verdict = appender.stage(series, Timestamp(self.newest + 1000), 1.0);
                assert_eq!(verdict, Verdict::Accepted);
                appender.rollback();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn what_is_appended_is_what_comes_back(
        steps in prop::collection::vec(step(), 1..80),
        span in (-100..900_i64, 0..500_i64),
    ) {
        let fs = MemFs::new();
        let db = open_small(&fs);
        let mut pair = Pair { fs, db, model: MemoryStore::new(), newest: 100, deleted: Vec::new() };
        for step in &steps {
            pair.step(step);
        }
        prop_assert_eq!(content(&pair.db), pair.expected(Span::ALL));
        let span = Span::new(Timestamp(span.0), Timestamp(span.0 + span.1));
        prop_assert_eq!(content_of(&pair.db, &[], span), pair.expected(span));
    }
}
