//! Limits on series: only what is new and too much is refused, and what is known goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use regain_model::{Labels, Matcher, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::{Appendable as _, Appender, LaneKey, SeriesRef, Verdict};
use regain_tsdb::{By, CardinalityQuery, Db, JobLimits, Options, Reason, SeriesLimits, SortBy};

use crate::store::{Content, assert_same, content, key_of, lane, open_with, options};

const LANES: usize = 3;
const PERIOD_MS: i64 = 2 * 3_600_000;

fn labels(metric: usize, job: usize, number: usize) -> Labels {
    Labels::from_pairs([
        ("__name__", format!("m{metric}").as_str()),
        ("job", ["", "a", "b"][job % 3]),
        ("number", number.to_string().as_str()),
    ])
}

fn per_job(job: &str, series: Option<u64>, priority: i64) -> JobLimits {
    JobLimits { job: job.to_owned(), series, priority }
}

fn limited(limits: SeriesLimits) -> Options {
    Options { limits, ..options() }
}

/// Appends one sample of each series in the open lane, and gives the verdicts.
fn append(appender: &mut dyn Appender, series: &[Labels], time: i64) -> Vec<Verdict> {
    let refs: Vec<SeriesRef> =
        series.iter().map(|labels| appender.series(labels).unwrap()).collect();
    let verdicts = stage(appender, &refs, time);
    appender.commit().unwrap();
    verdicts
}

fn stage(appender: &mut dyn Appender, refs: &[SeriesRef], time: i64) -> Vec<Verdict> {
    let mut refused = Vec::new();
    appender.stage_row(Timestamp(time), refs, &vec![1.0; refs.len()], &mut refused);
    let mut verdicts = vec![Verdict::Accepted; refs.len()];
    for (at, verdict) in refused {
        verdicts[at] = verdict;
    }
    verdicts
}

fn counts(db: &Db, by: By) -> BTreeMap<String, u64> {
    let query = CardinalityQuery {
        by,
        selectors: &[],
        sort: SortBy::Size,
        unqueried_since: None,
        limit: 0,
    };
    let found = db.cardinality(&query).unwrap();
    let groups = found.list.into_iter().filter(|group| group.series > 0);
    groups.map(|group| (group.name, group.series)).collect()
}

fn is_counted(db: &Db, labels: &Labels) -> bool {
    let matchers = ["__name__", "job", "number"]
        .map(|name| Matcher::equal(name, labels.get(name).unwrap_or_default()));
    let selectors = [matchers.to_vec()];
    let (by, sort) = (By::Metric, SortBy::Size);
    let query =
        CardinalityQuery { by, selectors: &selectors, sort, unqueried_since: None, limit: 0 };
    db.cardinality(&query).unwrap().series == 1
}

#[derive(Clone, Debug)]
enum Step {
    Row(usize, Vec<(usize, usize, usize)>),
    Limits(SeriesLimits),
    Seal,
    EndPeriod,
    Restart,
}

fn limits() -> impl Strategy<Value = SeriesLimits> {
    let job = (0..3_usize, prop::option::of(0..6_u64))
        .prop_map(|(job, series)| per_job(["", "a", "b"][job], series, 0));
    (0..8_u64, 0..10_u64, prop::collection::vec(job, 0..2)).prop_map(
        |(per_metric, per_job, jobs)| SeriesLimits { per_metric, per_job, jobs, memory_bytes: 0 },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let one = (0..3_usize, 0..3_usize, 0..6_usize);
    prop_oneof![
        6 => (0..LANES, prop::collection::vec(one, 1..8)).prop_map(|(lane, row)| Step::Row(lane, row)),
        1 => limits().prop_map(Step::Limits),
        1 => Just(Step::Seal),
        1 => Just(Step::EndPeriod),
        1 => Just(Step::Restart),
    ]
}

/// What should be there.
#[derive(Default)]
struct Model {
    limits: SeriesLimits,
    /// The series that are known, with the time of their newest sample.
    known: BTreeMap<Labels, i64>,
    counted: BTreeSet<Labels>,
    last_rows: [BTreeSet<Labels>; LANES],
    content: Content,
}

impl Model {
    fn of(&self, name: &str, value: &str) -> u64 {
        let is_of = |labels: &&Labels| labels.get(name).unwrap_or_default() == value;
        self.counted.iter().filter(is_of).count() as u64
    }

    fn admits(&self, labels: &Labels) -> bool {
        let value = |name| labels.get(name).unwrap_or_default();
        let of_job = self.limits.jobs.iter().rev().find(|of| of.job == value("job"));
        let of_job = of_job.and_then(|of| of.series).unwrap_or(self.limits.per_job);
        let fits = |limit, name| limit == 0 || self.of(name, value(name)) < limit;
        fits(of_job, "job") && fits(self.limits.per_metric, "__name__")
    }

    fn row(&mut self, lane: usize, row: &[Labels], time: i64) -> Vec<Verdict> {
        let mut accepted = BTreeSet::new();
        let verdicts = row.iter().map(|labels| {
            if !self.known.contains_key(labels) && !self.admits(labels) {
                return Verdict::OverLimit;
            }
            self.known.insert(labels.clone(), time);
            self.counted.insert(labels.clone());
            accepted.insert(labels.clone());
            Verdict::Accepted
        });
        let verdicts = verdicts.collect();
        for labels in &accepted {
            let samples = self.content.entry(key_of(labels)).or_default();
            samples.push((time, 1.0_f64.to_bits()));
        }
        if !accepted.is_empty() {
            self.last_rows[lane] = accepted;
        }
        verdicts
    }

    fn end_period(&mut self) {
        self.counted = self.last_rows.iter().flatten().cloned().collect();
    }

    /// Those that were written in the last period count. Of others it may be known only that their writer has written
    /// something.
    fn restart(&mut self, db: &Db) {
        self.last_rows = Default::default();
        let newest = self.known.values().copied().max().unwrap_or(i64::MIN);
        self.counted.clear();
        for (labels, &last) in &self.known {
            let counts = is_counted(db, labels);
            assert!(counts || last < newest - PERIOD_MS, "{labels}");
            if counts {
                self.counted.insert(labels.clone());
            }
        }
    }

    fn counts(&self, name: &str) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for labels in &self.counted {
            *counts.entry(labels.get(name).unwrap_or_default().to_owned()).or_default() += 1;
        }
        counts
    }
}

fn lanes(db: &Db) -> Vec<Box<dyn Appender>> {
    (0..LANES).map(|number| lane(db, number + 1)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn only_the_excess_is_refused_and_known_series_never_are(
        first in limits(),
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let fs = MemFs::new();
        let mut model = Model { limits: first, ..Model::default() };
        let (mut db, _) = open_with(&fs, limited(model.limits.clone()));
        let mut open = lanes(&db);
        let mut time = 0;
        for step in steps {
            // Less than a period in all: no series leaves memory, and what is known stays known.
            time += 150_000;
            match &step {
                Step::Row(lane, row) => {
                    let all: BTreeSet<Labels> =
                        row.iter().map(|&(metric, job, number)| labels(metric, job, number)).collect();
                    let row: Vec<Labels> = all.into_iter().collect();
                    let expected = model.row(*lane, &row, time);
                    prop_assert_eq!(append(&mut *open[*lane], &row, time), expected, "{:?}", row);
                }
                Step::Limits(limits) => {
                    model.limits = limits.clone();
                    db.set_limits(limits.clone());
                }
                Step::Seal => db.seal().unwrap(),
                Step::EndPeriod => {
                    db.remove_unused().unwrap();
                    model.end_period();
                }
                Step::Restart => {
                    open.clear();
                    db.close().unwrap();
                    drop(db);
                    db = open_with(&fs, limited(model.limits.clone())).0;
                    open = lanes(&db);
                    model.restart(&db);
                }
            }
            prop_assert_eq!(counts(&db, By::Metric), model.counts("__name__"), "{:?}", step);
            prop_assert_eq!(counts(&db, By::Job), model.counts("job"), "{:?}", step);
        }
        assert_same(&content(&db), &model.content, "at the end");
    }
}

#[test]
fn a_series_that_is_refused_is_asked_for_again_once_there_is_room() {
    let (db, _) = open_with(
        &MemFs::new(),
        limited(SeriesLimits { per_metric: 1, ..SeriesLimits::default() }),
    );
    let mut appender = lane(&db, 1);
    let series = [labels(0, 1, 0), labels(0, 1, 1)];
    let refs = series.each_ref().map(|labels| appender.series(labels).unwrap());
    let refused = [Verdict::Accepted, Verdict::OverLimit];
    assert_eq!(stage(&mut *appender, &refs, 1000), refused);
    assert_eq!(appender.commit().unwrap().samples, 1);
    // It costs the writer nothing to try again, and the store no more than a look at the reference.
    assert_eq!(stage(&mut *appender, &refs, 2000), refused);
    assert_eq!(appender.stage(refs[1], Timestamp(2000), 1.0), Verdict::OverLimit);
    appender.commit().unwrap();
    let state = db.limits(0);
    assert_eq!(state.refused_total[0], (Reason::Metric, 1));
    assert_eq!((state.samples_refused, state.refused.len()), (3, 1));
    assert_eq!((&*state.refused[0].job, &*state.refused[0].metric), ("a", "m0"));
    assert_eq!(db.stats().head.series, 1, "nothing of it is kept");

    db.set_limits(SeriesLimits { per_metric: 2, ..SeriesLimits::default() });
    let unknown = [Verdict::Accepted, Verdict::UnknownSeries];
    assert_eq!(stage(&mut *appender, &refs, 3000), unknown);
    assert_eq!(append(&mut *appender, &series, 3000), [Verdict::Accepted; 2]);
    assert_eq!(db.limits(0).refused[0].series, 0);
}

#[test]
fn room_that_the_end_of_a_period_makes_is_given_away() {
    let (db, _) =
        open_with(&MemFs::new(), limited(SeriesLimits { per_job: 2, ..SeriesLimits::default() }));
    let mut appender = lane(&db, 1);
    let [a, b, c] = [0, 1, 2].map(|number| labels(number, 1, 0));
    append(&mut *appender, &[a.clone(), b.clone()], 1000);
    let refused = appender.series(&c).unwrap();
    assert_eq!(stage(&mut *appender, &[refused], 2000), [Verdict::OverLimit]);
    appender.rollback();
    // The second series ends, and the period with it.
    append(&mut *appender, std::slice::from_ref(&a), 3000);
    db.remove_unused().unwrap();
    assert_eq!(stage(&mut *appender, &[refused], 4000), [Verdict::UnknownSeries]);
    assert_eq!(append(&mut *appender, &[a, c], 4000), [Verdict::Accepted; 2]);
    // A series with samples is known for as long as they are kept.
    assert_eq!(append(&mut *appender, &[b], 5000), [Verdict::Accepted]);
}

#[test]
fn a_writers_own_series_are_not_refused() {
    let limits = SeriesLimits { per_job: 1, ..SeriesLimits::default() };
    let (db, _) = open_with(&MemFs::new(), limited(limits));
    let mut appender = lane(&db, 1);
    append(&mut *appender, &[labels(0, 1, 0)], 1000);
    let own = appender.own_series(&labels(1, 1, 0)).unwrap();
    assert_eq!(stage(&mut *appender, &[own], 2000), [Verdict::Accepted]);
    appender.commit().unwrap();
    assert_eq!(counts(&db, By::Job)["a"], 2);
}

#[test]
fn a_killed_process_knows_its_series_again() {
    let fs = MemFs::new();
    let limits = || limited(SeriesLimits { per_metric: 2, ..SeriesLimits::default() });
    let (db, _) = open_with(&fs, limits());
    append(&mut *lane(&db, 1), &[labels(0, 1, 0)], 1000);
    db.seal().unwrap();
    append(&mut *lane(&db, 2), &[labels(0, 1, 1)], 2000);
    db.sync().unwrap();
    drop(db);
    let (db, _) = open_with(&fs, limits());
    let row = [labels(0, 1, 2), labels(0, 1, 1), labels(0, 1, 0)];
    let verdicts = append(&mut *lane(&db, 1), &row, 3000);
    assert_eq!(verdicts, [Verdict::OverLimit, Verdict::Accepted, Verdict::Accepted]);
}

#[test]
fn the_least_important_jobs_are_refused_first_when_memory_is_short() {
    let limits = SeriesLimits {
        memory_bytes: 1600,
        jobs: vec![per_job("a", None, -1)],
        ..SeriesLimits::default()
    };
    let (db, _) = open_with(&MemFs::new(), limited(limits));
    let mut appender = lane(&db, 1);
    let known = [labels(0, 1, 0), labels(0, 2, 0), labels(0, 2, 1)];
    append(&mut *appender, &known, 1000);
    let tick = |now: i64, used: u64| {
        db.note_memory(used);
        db.tick(Timestamp(now)).unwrap();
        db.limits(0).refused_jobs
    };
    assert_eq!(tick(10_000, 1600), [""; 0]);
    assert_eq!(tick(20_000, 1650), ["a"]);
    let next = |number| [labels(0, 1, 0), labels(0, 1, number), labels(0, 2, number)];
    let verdicts = append(&mut *appender, &next(7), 20_000);
    assert_eq!(verdicts, [Verdict::Accepted, Verdict::OverLimit, Verdict::Accepted]);
    assert_eq!(tick(30_000, 1650), ["a", "b"]);
    let verdicts = append(&mut *appender, &next(8), 30_000);
    assert_eq!(verdicts, [Verdict::Accepted, Verdict::OverLimit, Verdict::OverLimit]);
    assert_eq!(append(&mut *appender, &known, 31_000), [Verdict::Accepted; 3]);
    assert_eq!(db.limits(0).refused_total[2], (Reason::Memory, 3));
    // Nothing changes before memory is well below the limit, and then one job after the other comes back.
    assert_eq!(tick(60_000, 1550), ["a", "b"]);
    assert_eq!(tick(61_000, 1000), ["a"]);
    assert_eq!(tick(91_000, 1000), [""; 0]);
    assert_eq!(append(&mut *appender, &next(8), 91_000), [Verdict::Accepted; 3]);
    // Far above the limit all are refused at once.
    tick(92_000, 2000);
    assert!(db.limits(0).refuses_all);
    let key = LaneKey::push("sender", "c", "");
    let other = Labels::from_pairs([("__name__", "other"), ("job", "c")]);
    let verdicts = append(&mut *db.appender(&key).unwrap(), &[other], 92_000);
    assert_eq!(verdicts, [Verdict::OverLimit]);
}

#[test]
fn many_writers_together_stay_within_a_limit() {
    let limits = SeriesLimits { per_metric: 100, ..SeriesLimits::default() };
    let (db, _) = open_with(&MemFs::new(), limited(limits));
    let db = Arc::new(db);
    std::thread::scope(|scope| {
        for writer in 1..=4 {
            let db = Arc::clone(&db);
            scope.spawn(move || {
                let row: Vec<Labels> =
                    (0..60).map(|number| labels(0, writer, writer * 1000 + number)).collect();
                append(&mut *lane(&db, writer), &row, 1000);
            });
        }
    });
    assert_eq!(counts(&db, By::Metric)["m0"], 100);
    assert_eq!(db.limits(0).refused_total[0], (Reason::Metric, 140));
    assert_eq!(content(&*db).len(), 100);
}
