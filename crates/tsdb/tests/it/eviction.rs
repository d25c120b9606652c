//! Series leave memory when all their samples are sealed, and nobody can tell but by the memory.

use std::ops::Range;
use std::sync::Arc;

use regain_model::{Labels, MatchOp, Matcher, STALE_NAN, Span, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::{Ctx, Order, Queryable as _, Selection, Verdict, Want};
use regain_tsdb::{By, CardinalityQuery, Db, Options, Retention, SeriesLimits, SortBy};

use crate::store::{
    Content, assert_same, content, content_and_warnings, content_of, key_of, lane, open_with,
    options, read, try_content,
};

const PERIOD_MS: i64 = 100_000;

fn small() -> Options {
    Options { period_ms: PERIOD_MS, merge_span_max_ms: 3 * PERIOD_MS, ..options() }
}

/// A pod that lives for a while: its number, and one of two metrics.
fn pod(number: usize, metric: usize) -> Labels {
    Labels::from_pairs([
        ("__name__", ["up", "load"][metric]),
        ("job", ["web", "db", "cron"][number % 3]),
        ("pod", &format!("pod-{number}")),
    ])
}

/// Appends a row of some pods' series, and notes it.
fn append(db: &Db, pods: Range<usize>, time: i64, all: &mut Content) {
    let mut appender = lane(db, 1);
    let labels: Vec<Labels> = pods.flat_map(|number| [pod(number, 0), pod(number, 1)]).collect();
    let refs: Vec<_> = labels.iter().map(|labels| appender.series(labels).unwrap()).collect();
    let values: Vec<f64> = (time..).take(refs.len()).map(|value| value as f64).collect();
    let mut refused = Vec::new();
    appender.stage_row(Timestamp(time), &refs, &values, &mut refused);
    assert_eq!(refused, []);
    appender.commit().unwrap();
    for (labels, value) in labels.iter().zip(values) {
        all.entry(key_of(labels)).or_default().push((time, value.to_bits()));
    }
}

/// So many pods live at a time, and in each period.
const PODS: usize = 20;

/// A fleet that is another one in each period; some rows a period, a tick and some merging at its end.
fn churn(db: &Db, periods: Range<i64>, all: &mut Content) {
    for period in periods {
        let first = usize::try_from(period).unwrap() * PODS;
        for row in 0..5 {
            append(db, first..first + PODS, period * PERIOD_MS + row * 15_000, all);
        }
        db.tick(Timestamp((period + 1) * PERIOD_MS)).unwrap();
        while db.merge(&|| true).unwrap() {}
    }
}

fn matcher(name: &str, op: MatchOp, value: &str) -> Matcher {
    Matcher::new(name, op, value).unwrap()
}

/// What the store says about series with some labels must be what plain labels say.
fn check_matchers(db: &Db, all: &Content, labels: &[Labels]) {
    let ctx = Arc::new(Ctx::default());
    let snapshot = db.snapshot(Span::ALL, &ctx).unwrap();
    for matchers in [
        vec![Matcher::equal("pod", "pod-3")],
        vec![Matcher::equal("__name__", "up"), matcher("job", MatchOp::NotEqual, "web")],
        vec![matcher("pod", MatchOp::Regex, "pod-1.*"), Matcher::equal("__name__", "load")],
        vec![matcher("job", MatchOp::NotRegex, "w.*|c.*")],
        vec![matcher("pod", MatchOp::NotEqual, "pod-5"), Matcher::equal("missing", "")],
        vec![matcher("__name__", MatchOp::Regex, "u.|nothing")],
        vec![Matcher::equal("job", "nobody")],
    ] {
        let value = |labels: &Labels, name: &str| labels.get(name).unwrap_or_default().to_owned();
        let matched: Vec<&Labels> = labels
            .iter()
            .filter(|l| matchers.iter().all(|m| m.matches(&value(l, m.name()))))
            .collect();
        let mut expected = all.clone();
        expected.retain(|key, _| matched.iter().any(|labels| key_of(labels) == *key));
        assert_same(&content_of(db, &matchers, Span::ALL), &expected, &format!("{matchers:?}"));

        let mut pods: Vec<String> = matched.iter().map(|labels| value(labels, "pod")).collect();
        pods.sort();
        pods.dedup();
        assert_eq!(snapshot.label_values("pod", &matchers, 0).unwrap(), pods, "{matchers:?}");
        pods.truncate(3);
        assert_eq!(snapshot.label_values("pod", &matchers, 3).unwrap(), pods, "{matchers:?}");
        let names = snapshot.label_names(&matchers, 0).unwrap();
        assert_eq!(names.len(), if matched.is_empty() { 0 } else { 3 }, "{matchers:?}");

        let mut sorted = matched.clone();
        sorted.sort();
        let selection = Selection { order: Order::Labels, ..Selection::new(&matchers, Span::ALL) };
        let by_labels: Vec<String> =
            read(&*snapshot, &selection, &ctx).into_iter().map(|series| series.0).collect();
        let expected: Vec<String> = sorted.iter().map(|labels| key_of(labels)).collect();
        assert_eq!(by_labels, expected, "{matchers:?}");
        let selection = Selection { limit: 4, want: Want::Nothing, ..selection };
        let mut parts = snapshot.select(&selection, &ctx).unwrap();
        let mut first = Vec::new();
        while let Some(part) = parts.next().unwrap() {
            first.extend(part.series().iter().map(|meta| key_of(&ctx.labels.labels(meta.labels))));
        }
        assert_eq!(first, expected[..expected.len().min(4)], "{matchers:?}");
    }
    let values = snapshot.label_values("job", &[], 0).unwrap();
    assert_eq!(values, ["cron", "db", "web"]);
    assert_eq!(snapshot.label_names(&[], 0).unwrap(), ["__name__", "job", "pod"]);
}

#[test]
fn only_what_is_written_is_in_memory_and_all_is_answered() {
    let fs = MemFs::new();
    let (mut db, _) = open_with(&fs, small());
    let mut all = Content::new();
    db.tick(Timestamp(0)).unwrap();
    for periods in [0..12, 12..15] {
        let labels: Vec<Labels> = (0..usize::try_from(periods.end).unwrap() * PODS)
            .flat_map(|number| [pod(number, 0), pod(number, 1)])
            .collect();
        churn(&db, periods, &mut all);
        let stats = db.stats();
        let in_memory = stats.head.series;
        assert!(in_memory <= 3 * 2 * PODS as u64, "{in_memory} of {}", all.len());
        assert!(stats.archives > 0 && stats.archives < 10, "archives are merged: {stats:?}");
        assert_eq!(all.len(), labels.len());
        check_matchers(&db, &all, &labels);
        // Neither does a start take more into memory.
        drop(db);
        db = open_with(&fs, small()).0;
        assert_eq!(db.stats().head.series, in_memory);
        check_matchers(&db, &all, &labels);
    }
    // By span: what had its samples at another time is not listed.
    let ctx = Arc::new(Ctx::default());
    let span = Span::new(Timestamp(3 * PERIOD_MS), Timestamp(3 * PERIOD_MS + 60_000));
    let snapshot = db.snapshot(span, &ctx).unwrap();
    let found = read(&*snapshot, &Selection::new(&[], span), &ctx);
    assert_eq!(found.len(), 2 * PODS);
    drop(snapshot);
    db.evict_unused().unwrap();
    assert_eq!(db.stats().head.series, 0, "nobody writes anything now");
    assert_eq!(db.stats().head.label_pairs, 0, "and nothing of it is left");
    assert_same(&content(&db), &all, "without anything in memory");
}

#[test]
fn a_series_that_comes_back_goes_on_with_its_own_history() {
    let fs = MemFs::new();
    let (mut db, _) = open_with(&fs, small());
    let mut all = Content::new();
    append(&db, 0..40, 1000, &mut all);
    append(&db, 0..40, 2000, &mut all);
    for (round, time) in (0..4).zip((10_000..).step_by(10_000)) {
        db.evict_unused().unwrap();
        assert_eq!(db.stats().head.series, 0, "in round {round}");
        if round % 2 == 1 {
            drop(db);
            db = open_with(&fs, small()).0;
        }
        let labels = pod(7, 0);
        let newest = all[&key_of(&labels)].last().copied().unwrap();
        let mut appender = lane(&db, 2);
        let series = appender.series(&labels).unwrap();
        let value = f64::from_bits(newest.1);
        assert_eq!(appender.stage(series, Timestamp(newest.0), value), Verdict::Accepted);
        assert_eq!(appender.stage(series, Timestamp(newest.0), value + 1.0), Verdict::Duplicate);
        assert_eq!(appender.stage(series, Timestamp(newest.0 - 1), value), Verdict::OutOfOrder);
        assert_eq!(appender.commit().unwrap().samples, 0, "it is there already");
        drop(appender);
        append(&db, 5..10, time, &mut all);
        assert_same(&content(&db), &all, &format!("in round {round}"));
        // Late ones fill what is missing, in files too.
        db.set_late_max(i64::MAX / 2);
        let mut appender = lane(&db, 3);
        let series = appender.series(&pod(7, 0)).unwrap();
        assert_eq!(appender.stage(series, Timestamp(time - 500), 5.0), Verdict::Accepted);
        assert_eq!(appender.stage(series, Timestamp(1000), 5.5), Verdict::Duplicate);
        appender.commit().unwrap();
        let samples = all.get_mut(&key_of(&labels)).unwrap();
        samples.insert(samples.len() - 1, (time - 500, 5.0_f64.to_bits()));
        db.set_late_max(0);
        assert_same(&content(&db), &all, &format!("with a late one in round {round}"));
        while db.merge(&|| true).unwrap() {}
    }
    drop(db);
    let (db, report) = open_with(&fs, small());
    assert_eq!((report.damage, report.series_lost), (vec![], 0));
    assert_same(&content(&db), &all, "after a restart");
}

#[test]
fn what_left_is_deleted_and_leaves_with_retention() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, small());
    let mut all = Content::new();
    append(&db, 0..30, 1000, &mut all);
    append(&db, 0..30, 50_000, &mut all);
    db.evict_unused().unwrap();
    let web = [Matcher::equal("job", "web")];
    assert_eq!(db.delete(&web, Span::new(Timestamp(0), Timestamp(60_000))).unwrap(), 20);
    let up = [Matcher::equal("__name__", "up"), Matcher::equal("job", "db")];
    assert_eq!(db.delete(&up, Span::new(Timestamp(0), Timestamp(2000))).unwrap(), 10);
    all.retain(|series, samples| {
        if series.contains("\"up\"") && series.contains("\"db\"") {
            samples.remove(0);
        }
        !series.contains("\"web\"")
    });
    assert_same(&content(&db), &all, "after a delete");
    let db = {
        drop(db);
        open_with(&fs, small()).0
    };
    assert_same(&content(&db), &all, "after a delete and a restart");
    while db.merge(&|| true).unwrap() {}
    assert_eq!(db.stats().series_deleted, 0, "it has left the files");
    let ctx = Arc::new(Ctx::default());
    let jobs = |db: &Db| {
        let snapshot = db.snapshot(Span::ALL, &ctx).unwrap();
        snapshot.label_values("job", &[], 0).unwrap()
    };
    assert_eq!(jobs(&db), ["cron", "db"], "of whom nothing is left, nobody speaks");
    assert_eq!(db.stats().archives_series, 40);
    assert_same(&content(&db), &all, "after the files were written anew");

    append(&db, 100..101, 900_000, &mut all);
    db.seal().unwrap();
    db.set_retention(Retention::of_ms(10_000));
    db.tick(Timestamp(900_000)).unwrap();
    assert_eq!((db.stats().archives, jobs(&db)), (0, vec!["db".to_owned()]));
    assert!(fs.paths().iter().all(|path| path.extension().is_none_or(|tail| tail != "archive")));
    all.retain(|series, _| series.contains("pod-100"));
    assert_same(&content(&db), &all, "after retention");
}

#[test]
fn a_query_keeps_what_leaves_memory_meanwhile() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, small());
    let mut all = Content::new();
    append(&db, 0..30, 1000, &mut all);
    db.seal().unwrap();
    let ctx = Arc::new(Ctx::default());
    let snapshot = db.snapshot(Span::ALL, &ctx).unwrap();
    let parts = snapshot.select(&Selection::new(&[], Span::ALL), &ctx).unwrap();
    db.evict_unused().unwrap();
    db.evict_unused().unwrap();
    assert_eq!(db.stats().head.series, 60, "a query looks at them");
    let select = || -> Content {
        read(&*snapshot, &Selection::new(&[], Span::ALL), &ctx).into_iter().collect()
    };
    assert_same(&select(), &all, "in a query from before");
    assert_same(&content(&db), &all, "in a query that sees both");
    drop((parts, snapshot));
    db.tick(Timestamp(2000)).unwrap();
    assert_eq!(db.stats().head.series, 0);
    let snapshot = db.snapshot(Span::ALL, &ctx).unwrap();
    // One that has begun without them sees them come back.
    append(&db, 3..5, 5000, &mut all.clone());
    let select: Content =
        read(&*snapshot, &Selection::new(&[], Span::ALL), &ctx).into_iter().collect();
    assert_eq!(select.len(), all.len());
}

#[test]
fn a_query_of_what_is_active_reads_no_archive() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, small());
    let mut all = Content::new();
    append(&db, 0..30, 1000, &mut all);
    db.evict_unused().unwrap();
    append(&db, 50..60, 400_000, &mut all);
    drop(db);
    let path = archives(&fs).pop().unwrap();
    let mut bytes = fs.bytes(&path).unwrap();
    let sheet = bytes.len() / 3;
    bytes[sheet] ^= 1;
    fs.set_bytes(&path, bytes);
    let (db, report) = open_with(&fs, small());
    assert_eq!(report.damage, []);
    let recent = Span::new(Timestamp(390_000), Timestamp(410_000));
    assert_eq!(try_content(&db, &[], recent).unwrap().len(), 20);
    // Nor does a new series.
    append(&db, 60..62, 401_000, &mut all);
    // Who asks for what is damaged is told; then it is mended.
    let (found, warned) = content_and_warnings(&db, &[], Span::ALL);
    assert_eq!((found.len(), warned.len()), (24, 1), "{warned:?}");
    while db.merge(&|| true).unwrap() {}
    let set_aside = db.health().set_aside;
    assert_eq!(set_aside.len(), 1, "{set_aside:?}");
    assert!(fs.bytes(&set_aside[0].path).is_some());
    assert_eq!(content(&db).len(), 24, "the sheet is lost, nothing else");
    drop(db);
    assert_eq!(content(&open_with(&fs, small()).0).len(), 24);
}

fn archives(fs: &MemFs) -> Vec<std::path::PathBuf> {
    let paths = fs.paths().into_iter();
    paths.filter(|path| path.extension().is_some_and(|tail| tail == "archive")).collect()
}

#[test]
fn an_archive_with_a_damaged_end_is_written_anew() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, small());
    let mut all = Content::new();
    append(&db, 0..30, 1000, &mut all);
    db.evict_unused().unwrap();
    append(&db, 50..60, 2000, &mut all);
    drop(db);
    let path = archives(&fs).pop().unwrap();
    let mut bytes = fs.bytes(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs.set_bytes(&path, bytes);
    let (db, report) = open_with(&fs, small());
    assert_eq!(report.damage.len(), 1, "{report:?}");
    assert_same(&content(&db), &all, "the end of the file says nothing about series");
    append(&db, 0..30, 5000, &mut all);
    assert_same(&content(&db), &all, "they are the same series as before");
    while db.merge(&|| true).unwrap() {}
    let set_aside = db.health().set_aside;
    assert!(set_aside.len() == 1 && set_aside[0].is_recovered, "{set_aside:?}");
    assert_same(&content(&db), &all, "from an archive that was written anew");
}

#[test]
fn limits_and_counts_are_about_series_in_memory() {
    let fs = MemFs::new();
    let limits = SeriesLimits { per_metric: 10, ..SeriesLimits::default() };
    let (db, _) = open_with(&fs, Options { limits, ..small() });
    let mut all = Content::new();
    append(&db, 0..10, 1000, &mut all);
    db.evict_unused().unwrap();
    append(&db, 10..19, 2000, &mut all);
    // One of those that left comes back, and then there is no room for another.
    append(&db, 0..1, 3000, &mut all);
    let mut appender = lane(&db, 5);
    let refused = appender.series(&pod(1, 0)).unwrap();
    assert_eq!(appender.stage(refused, Timestamp(4000), 1.0), Verdict::OverLimit);
    drop(appender);
    assert_same(&content(&db), &all, "whatever is refused");
    let by = |by: By, selectors: &[Vec<Matcher>]| {
        let query =
            CardinalityQuery { by, selectors, sort: SortBy::Size, unqueried_since: None, limit: 0 };
        db.cardinality(&query).unwrap()
    };
    let metrics = by(By::Metric, &[]);
    assert_eq!((metrics.series, metrics.series_kept), (20, 38));
    let counts: Vec<_> =
        metrics.list.iter().map(|group| (&*group.name, group.series, group.series_kept)).collect();
    assert_eq!(counts, [("load", 10, 19), ("up", 10, 19)]);
    let labels = by(By::Label, &[]).list;
    let pods = labels.iter().find(|group| group.name == "pod").unwrap();
    assert_eq!((pods.values, pods.series_kept), (Some(19), 38));
    let web = [vec![Matcher::equal("job", "web")], vec![Matcher::equal("pod", "pod-3")]];
    let jobs = by(By::Job, &web).list;
    assert_eq!((jobs.len(), jobs[0].series_kept), (1, 14), "{jobs:?}");
    let both = by(By::MetricLabel, &[]).list;
    let up_jobs = both.iter().find(|g| g.name == "up" && g.label.as_deref() == Some("job"));
    assert_eq!(up_jobs.map(|group| (group.values, group.series_kept)), Some((Some(3), 19)));
    let stats = db.label_stats(0).unwrap();
    let mut by_metric = stats.series_by_metric;
    by_metric.sort();
    assert_eq!(by_metric, [("load".to_owned(), 10), ("up".to_owned(), 10)]);
}

#[test]
fn stale_series_leave_before_the_period_ends_when_they_are_many() {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, small());
    let mut all = Content::new();
    db.tick(Timestamp(0)).unwrap();
    db.set_stale_share_max(0.4);
    let mut appender = lane(&db, 1);
    let labels: Vec<Labels> = (0..20).map(|number| pod(number, 0)).collect();
    let refs: Vec<_> = labels.iter().map(|labels| appender.series(labels).unwrap()).collect();
    let mut left = 0;
    // A pod leaves at each scrape; its last sample is a marker.
    for (gone, time) in (0..=16).zip((1000..).step_by(1000)) {
        let mut values: Vec<f64> = vec![1.0; refs.len() - gone];
        if gone > 0 {
            values.insert(0, STALE_NAN);
        }
        let first = gone.saturating_sub(1);
        appender.stage_row(Timestamp(time), &refs[first..], &values, &mut Vec::new());
        appender.commit().unwrap();
        for (labels, value) in labels[first..].iter().zip(values) {
            all.entry(key_of(labels)).or_default().push((time, value.to_bits()));
        }
        let is_due = db.evict_stale(Timestamp(time)).unwrap();
        assert_eq!(is_due, 10 * (gone - left) >= 4 * (refs.len() - left), "at {time}");
        assert_eq!(db.stats().series_stale, (gone - left) as u64, "at {time}");
        if is_due {
            // The one that has just gone is in the last row, and stays for once.
            left = gone - 1;
        }
        assert_eq!(db.stats().head.series, (refs.len() - left) as u64, "at {time}");
        assert_same(&content(&db), &all, "whatever has left");
    }
    assert!(left > 10 && db.stats().stale_evictions > 2);
    // Shortly before the period ends, and without a threshold, nothing is done.
    assert!(!db.evict_stale(Timestamp(PERIOD_MS - PERIOD_MS / 20)).unwrap());
    db.set_stale_share_max(0.0);
    assert!(!db.evict_stale(Timestamp(20_000)).unwrap());
}
