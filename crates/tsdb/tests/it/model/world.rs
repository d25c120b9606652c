//! A store, the map that it should be like, and what happens to both.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use regain_model::{Matcher, Span, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::{
    Batch, Ctx, Queryable as _, Result, Selection, Value, Verdict, histogram_index,
};
use regain_tsdb::{Db, Options, Retention};

use super::expected::{Change, Expected, Samples};
use super::random::Random;
use crate::store::{key_of, lane, options, series};

mod crash;

const SERIES: usize = 12;
const LANES: usize = 3;
const ARCHIVE_TRAILER_BYTES: usize = 52;
const RETENTION_MS: i64 = 4000;
const FUTURE_MS: i64 = 300;
/// How late samples may come, where they may.
const LATE_MS: i64 = 40;
/// How far the clock jumps at most: many times what lies between two samples.
const JUMP_MS: i64 = 2000;

fn small() -> Options {
    Options {
        period_ms: 500,
        merge_span_max_ms: 1500,
        retention: Retention::of_ms(RETENTION_MS),
        future_max_ms: FUTURE_MS,
        seal_silence_ms: 200,
        seal_samples_min: 150,
        seal_samples_per_series: 1,
        wal_file_bytes_max: 2000,
        ..options()
    }
}

/// What stops an operation on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// The process ends there.
    Kill,
    /// The power goes there.
    Cut,
    /// The disk fails once.
    Disk,
}

pub(super) struct World {
    random: Random,
    is_traced: bool,
    fs: MemFs,
    db: Option<Db>,
    /// The clock.
    now: i64,
    /// Later samples are too new.
    time_max: i64,
    /// Whether late samples are taken.
    takes_late: bool,
    /// What was ever deleted: of which series, from when to when.
    deleted: Vec<(usize, i64, i64)>,
    /// What the store holds.
    expected: Expected,
    /// What a power cut leaves at least, and what has changed since, in this order.
    durable: Expected,
    changes: Vec<Change>,
    /// A batch that came back with an error.
    in_doubt: Option<Samples>,
    trouble: Option<Trouble>,
    pub(super) counts: BTreeMap<&'static str, u64>,
}

impl World {
    pub(super) fn new(seed: u64, is_traced: bool) -> Self {
        let mut world = Self {
            random: Random(seed),
            is_traced,
            fs: MemFs::new(),
            db: None,
            now: 10_000,
            time_max: i64::MAX,
            takes_late: false,
            deleted: Vec::new(),
            expected: Expected::default(),
            durable: Expected::default(),
            changes: Vec::new(),
            in_doubt: None,
            trouble: None,
            counts: BTreeMap::new(),
        };
        world.db = Some(world.open().unwrap());
        world
    }

    #[expect(clippy::panic_in_result_fn, reason = "a broken promise fails the test")]
    fn open(&self) -> Result<Db> {
        let (db, report) = Db::open(Path::new("/data"), Arc::new(self.fs.clone()), small())?;
        assert_eq!(report.batches_skipped + report.series_lost, 0);
        db.set_late_max(if self.takes_late { LATE_MS } else { 0 });
        Ok(db)
    }

    fn db(&self) -> Db {
        self.db.clone().expect("the store is open between steps")
    }

    fn count(&mut self, what: &'static str, count: u64) {
        *self.counts.entry(what).or_default() += count;
    }

    #[expect(clippy::print_stderr, reason = "whoever replays a run wants to follow it")]
    fn trace(&self, step: &dyn Debug) {
        if self.is_traced {
            eprintln!("{}: {step:?}", self.now);
        }
    }

    pub(super) fn step(&mut self) {
        self.now += self.random.time(1..25);
        let outcome = match self.random.below(100) {
            0..55 => self.row(),
            68 | 69 | 96..98 => self.evict(),
            55..70 => self.samples(),
            70..78 => self.tick(),
            78..84 => self.sync(),
            84..87 => self.seal(),
            87..90 => self.merge(),
            90..92 => self.delete(),
            92..94 => self.stop_cleanly(),
            94..96 => {
                self.jump();
                Ok(())
            }
            _ => {
                self.plan_trouble();
                Ok(())
            }
        };
        if outcome.is_err() {
            self.fail();
        }
    }

    /// Lets something fail within the next operations.
    fn plan_trouble(&mut self) {
        if self.trouble.is_none() {
            let kinds = [Trouble::Kill, Trouble::Cut, Trouble::Disk];
            let (trouble, at) = (
                kinds[self.random.index(kinds.len())],
                self.fs.operations() + self.random.below(25),
            );
            self.trace(&("trouble", trouble, at));
            match trouble {
                Trouble::Kill | Trouble::Cut => self.fs.stop_at(at),
                Trouble::Disk => self.fs.fail_at(at),
            }
            self.trouble = Some(trouble);
        }
    }

    /// The time of a sample: mostly now, sometimes late, sometimes far ahead.
    fn sample_time(&mut self) -> i64 {
        match self.random.below(20) {
            0..4 => self.now - self.random.time(0..60),
            4 => self.now + self.random.time(0..3 * FUTURE_MS),
            _ => self.now,
        }
    }

    /// A value for a series; at times the one that its newest sample has.
    fn value(&mut self, series: usize, time: i64) -> Value {
        match self.expected.newest(series) {
            Some((newest, held)) if newest == time && self.random.percent(50) => held.clone(),
            _ => self.random.value(),
        }
    }

    /// One time for several series, as a scrape has it.
    fn row(&mut self) -> Result<()> {
        let (number, time) = (self.random.index(LANES), self.sample_time());
        let is_plain = self.random.percent(70);
        let chosen: Vec<usize> = (0..SERIES)
            .filter(|at| if is_plain { at % LANES == number } else { self.random.percent(40) })
            .collect();
        let samples: Samples = chosen.iter().map(|&at| (at, time, self.value(at, time))).collect();
        self.append(number, samples, true)
    }

    /// Samples with times of their own, as a push has them.
    fn samples(&mut self) -> Result<()> {
        let number = self.random.index(LANES);
        let mut samples = Samples::new();
        for _ in 0..=self.random.below(8) {
            let (series, time) = (self.random.index(SERIES), self.sample_time());
            let repeated = self.expected.newest(series).map(|(newest, _)| newest);
            let time = repeated.filter(|_| self.random.percent(10)).unwrap_or(time);
            samples.push((series, time, self.value(series, time)));
        }
        self.append(number, samples, false)
    }

    /// Holds the verdict on a sample against what is expected, and says whether the sample is added.
    fn judge(
        &mut self,
        after: &mut Expected,
        (at, time, value): (usize, i64, &Value),
        oldest: Option<i64>,
        verdict: Verdict,
    ) -> bool {
        let was_there =
            |&(series, min, max): &(usize, i64, i64)| series == at && min <= time && time <= max;
        let (expected, is_added) = if time > self.time_max {
            (Verdict::TooNew, false)
        } else if verdict == Verdict::OutOfOrder && self.deleted.iter().any(was_there) {
            // It may not be gone from the files yet.
            (Verdict::OutOfOrder, false)
        } else {
            after.stage((at, time, value), oldest)
        };
        assert_eq!(verdict, expected, "series {at} at {time}, {value:?}");
        let newest = self.expected.newest(at).map(|(newest, _)| newest);
        self.count("late", u64::from(is_added && newest.is_some_and(|newest| newest > time)));
        is_added
    }

    #[expect(clippy::panic_in_result_fn, reason = "a broken promise fails the test")]
    fn append(&mut self, number: usize, samples: Samples, is_row: bool) -> Result<()> {
        self.trace(&("append", number, is_row, &samples));
        let db = self.db();
        let mut appender = lane(&db, number);
        let refs: Result<Vec<_>> =
            samples.iter().map(|(at, ..)| appender.series(&series(*at))).collect();
        let refs = refs?;
        let mut verdicts = vec![Verdict::Accepted; samples.len()];
        let floats: Vec<f64> = samples
            .iter()
            .filter_map(
                |(.., value)| if let Value::Float(value) = value { Some(*value) } else { None },
            )
            .collect();
        if is_row && floats.len() == samples.len() {
            let time = samples.first().map_or(0, |sample| sample.1);
            let mut refused = Vec::new();
            appender.stage_row(Timestamp(time), &refs, &floats, &mut refused);
            for (at, verdict) in refused {
                verdicts[at] = verdict;
            }
        } else {
            for (at, (_, time, value)) in samples.iter().enumerate() {
                let (time, start) = (Timestamp(*time), Timestamp(0));
                verdicts[at] = appender.stage_value(refs[at], time, start, value.clone());
            }
        }
        let newest = db.stats().max_time.unwrap_or(i64::MIN);
        let oldest = self.takes_late.then(|| newest.saturating_sub(LATE_MS));
        let mut after = self.expected.clone();
        let mut accepted = Samples::new();
        for ((at, time, value), verdict) in samples.into_iter().zip(verdicts) {
            let is_added = self.judge(&mut after, (at, time, &value), oldest, verdict);
            match verdict {
                Verdict::Accepted if is_added => self.count("samples accepted", 1),
                Verdict::Accepted => self.count("repeated", 1),
                Verdict::Duplicate => self.count("Duplicate", 1),
                Verdict::OutOfOrder => self.count("OutOfOrder", 1),
                Verdict::TooOld => self.count("TooOld", 1),
                _ => self.count("TooNew", 1),
            }
            if is_added {
                self.count("histograms", u64::from(matches!(value, Value::Histogram(_))));
                accepted.push((at, time, value));
            }
        }
        if self.random.percent(3) {
            appender.rollback();
            return Ok(());
        }
        match appender.commit() {
            Ok(committed) => {
                assert_eq!(committed.samples, accepted.len() as u64);
                self.expected = after;
                self.changes.push(Change::Batch(accepted));
                Ok(())
            }
            Err(error) => {
                self.in_doubt = Some(accepted);
                Err(error)
            }
        }
    }

    /// The times up to which retention may have taken samples.
    fn retained(&self) -> i64 {
        let newest = self.expected.samples().map(|(_, time, _)| time).max();
        newest.unwrap_or(0) - RETENTION_MS
    }

    fn tick(&mut self) -> Result<()> {
        self.trace(&"tick");
        let db = self.db();
        self.time_max = self.now + FUTURE_MS;
        db.tick(Timestamp(self.now))?;
        self.check("after a tick");
        Ok(())
    }

    fn sync(&mut self) -> Result<()> {
        self.trace(&"sync");
        self.db().sync()?;
        self.settle();
        Ok(())
    }

    fn seal(&mut self) -> Result<()> {
        self.trace(&"seal");
        self.count("seals", 1);
        self.db().seal()
    }

    fn merge(&mut self) -> Result<()> {
        self.trace(&"merge");
        for _ in 0..=self.random.below(3) {
            if self.db().merge(&|| true)? {
                self.count("merges", 1);
            }
        }
        self.check("after a merge");
        Ok(())
    }

    #[expect(clippy::panic_in_result_fn, reason = "a broken promise fails the test")]
    fn evict(&mut self) -> Result<()> {
        self.trace(&"evict");
        let db = self.db();
        db.evict_unused()?;
        self.count("series evicted", db.stats().series_removed.min(1));
        assert_eq!(db.stats().head.series_active, 0, "nobody has a lane open");
        self.check("after an eviction");
        Ok(())
    }

    /// Deletes samples of a series that are older than its newest: on that one, verdicts depend. What is
    /// deleted may not outlive what it was followed by, so the log is synced before.
    fn delete(&mut self) -> Result<()> {
        let at = self.random.index(SERIES);
        self.sync()?;
        let Some((newest, _)) = self.expected.newest(at) else { return Ok(()) };
        let max = newest - self.random.time(1..300);
        let min = max - self.random.time(0..300);
        self.trace(&("delete", at, min, max));
        self.deleted.push((at, min, max));
        let labels = series(at);
        let mut matchers: Vec<Matcher> =
            labels.iter().map(|(name, value)| Matcher::equal(name, value)).collect();
        matchers.push(Matcher::equal("odd", labels.get("odd").unwrap_or_default()));
        let span = Span::new(Timestamp(min), Timestamp(max));
        if self.db().delete(&matchers, span).is_err() {
            let change = Change::Delete(at, min, max);
            if self.trouble != Some(Trouble::Disk) {
                // It is done as a whole or not at all.
                self.fail_with(Some(change));
                return Ok(());
            }
            // Whoever deletes asks again until it is done.
            self.go_on();
            self.db().delete(&matchers, span)?;
        }
        self.count("deletes", 1);
        let change = Change::Delete(at, min, max);
        self.expected.apply(&change);
        self.changes.push(change);
        self.settle();
        Ok(())
    }

    fn stop_cleanly(&mut self) -> Result<()> {
        self.trace(&"stop");
        let db = self.db.take().expect("the store is open between steps");
        let closed = db.close();
        drop(db);
        closed?;
        self.settle();
        self.rot();
        self.db = Some(self.open()?);
        self.time_max = i64::MAX;
        self.count("clean stops", 1);
        self.check("after a clean stop");
        Ok(())
    }

    /// Damages the end of an archive at times, which says nothing about series.
    fn rot(&mut self) {
        let mut paths = self.fs.paths();
        paths.retain(|path| path.extension().is_some_and(|tail| tail == "archive"));
        if paths.is_empty() || !self.random.percent(40) {
            return;
        }
        let path = &paths[self.random.index(paths.len())];
        let mut bytes = self.fs.bytes(path).unwrap();
        let at = bytes.len() - 1 - self.random.index(ARCHIVE_TRAILER_BYTES);
        bytes[at] ^= 1;
        self.trace(&("rot", path, at));
        self.fs.set_bytes(path, bytes);
        self.count("archives damaged", 1);
    }

    /// Sets the clock, and whether late samples are taken.
    fn jump(&mut self) {
        self.now += self.random.time(-JUMP_MS..JUMP_MS);
        self.takes_late = self.random.percent(60);
        self.db().set_late_max(if self.takes_late { LATE_MS } else { 0 });
        self.count("jumps of the clock", 1);
        self.trace(&"jump");
    }

    /// All that there is survives a power cut from here on.
    fn settle(&mut self) {
        self.changes.clear();
        self.durable = self.expected.clone();
    }

    /// Compares the store with the map, which forgets what retention has taken.
    pub(super) fn check(&mut self, when: &str) {
        let (found, retained) = (self.found(), self.retained());
        let difference = self.expected.difference(&found, retained);
        assert_eq!(difference, None, "{when} at {}", self.now);
        let (before, after) = (self.expected.samples().count(), found.samples().count());
        self.count("retained away", (before - after) as u64);
        self.expected = found;
    }

    /// What the store holds.
    fn found(&self) -> Expected {
        let (db, ctx) = (self.db(), Arc::new(Ctx::default()));
        let names: BTreeMap<String, usize> =
            (0..SERIES).map(|at| (key_of(&series(at)), at)).collect();
        let snapshot = db.snapshot(Span::ALL, &ctx).unwrap();
        let listed: Vec<Vec<String>> = ["__name__", "instance"]
            .map(|name| snapshot.label_values(name, &[], 0).unwrap())
            .into();
        let mut parts = snapshot.select(&Selection::new(&[], Span::ALL), &ctx).unwrap();
        let (mut found, mut batch) = (Expected::default(), Batch::default());
        while let Some(mut part) = parts.next().unwrap() {
            let metas = part.series().to_vec();
            part.decode(0..metas.len(), &mut batch).unwrap();
            for run in &batch.runs {
                let labels = ctx.labels.labels(metas[run.series as usize].labels);
                for (name, values) in ["__name__", "instance"].iter().zip(&listed) {
                    let value = labels.get(name).unwrap_or_default().to_owned();
                    assert!(values.contains(&value), "{labels} is not in the list of {name}");
                }
                let samples = found.0.entry(names[&key_of(&labels)]).or_default();
                for (&time, &cell) in batch.times_of(run).iter().zip(batch.floats_of(run)) {
                    let value = histogram_index(cell).map_or(Value::Float(cell), |index| {
                        Value::Histogram(Arc::clone(&batch.histograms[index as usize]))
                    });
                    assert!(samples.insert(time, value).is_none(), "{time} comes twice");
                }
            }
        }
        found
    }
}
