//! What archives list of labels says the same as the series themselves, for any time and any matchers.

use std::collections::BTreeSet;
use std::path::PathBuf;

use regain_model::{Labels, MatchOp, Matcher, Span, Timestamp};
use regain_storage::Queryable as _;
use regain_storage::fs::MemFs;
use regain_tsdb::{Db, Options};

use crate::store::{assert_same, content, content_of, ctx, lane, open_with, options};

const PERIOD_MS: i64 = 100_000;

fn small() -> Options {
    Options { period_ms: PERIOD_MS, merge_span_max_ms: 3 * PERIOD_MS, ..options() }
}

/// A pod that lives in some periods of all: so much of the labels is of it alone, so much of many.
fn pod(number: usize, metric: usize) -> Labels {
    let shared = number.is_multiple_of(3).then(|| ("shared", "yes".to_owned()));
    let labels = [
        ("__name__", ["up", "load", "requests"][metric].to_owned()),
        ("job", ["web", "db", "cron", "mail"][number % 4].to_owned()),
        ("pod", format!("pod-{number}")),
    ];
    Labels::from_pairs(labels.into_iter().chain(shared))
}

/// When a pod lives: most for one period, some for many.
fn life(number: usize) -> std::ops::Range<i64> {
    let start = i64::try_from(number).unwrap() / 30;
    start..start + if number.is_multiple_of(7) { 5 } else { 1 }
}

const PERIODS: i64 = 10;
const PODS: usize = 240;

/// All of them have left memory.
fn filled() -> (MemFs, Db) {
    let fs = MemFs::new();
    let (db, _) = open_with(&fs, small());
    db.tick(Timestamp(0)).unwrap();
    for period in 0..PERIODS {
        let mut appender = lane(&db, 1);
        let here = (0..PODS).filter(|&number| life(number).contains(&period));
        let labels = here.flat_map(|number| (0..3).map(move |metric| pod(number, metric)));
        let refs: Vec<_> = labels.map(|labels| appender.series(&labels).unwrap()).collect();
        for time in [20_000, 50_000] {
            let time = Timestamp(period * PERIOD_MS + time);
            appender.stage_row(time, &refs, &vec![1.0; refs.len()], &mut Vec::new());
            appender.commit().unwrap();
        }
        drop(appender);
        db.tick(Timestamp((period + 1) * PERIOD_MS)).unwrap();
        while db.merge(&|| true).unwrap() {}
    }
    db.evict_unused().unwrap();
    assert_eq!(db.stats().head.series, 0);
    assert!(db.stats().archives_series >= 3 * PODS as u64);
    (fs, db)
}

fn matchers() -> Vec<Vec<Matcher>> {
    let matcher = |name: &str, op, value: &str| Matcher::new(name, op, value).unwrap();
    let equal = |name: &str, value: &str| matcher(name, MatchOp::Equal, value);
    vec![
        vec![],
        vec![equal("pod", "pod-35")],
        vec![equal("pod", "pod-3500")],
        vec![equal("pod", "pod-35"), equal("job", "web")],
        vec![equal("__name__", "up"), equal("pod", "pod-49")],
        vec![matcher("pod", MatchOp::Regex, "pod-1[0-3].*")],
        vec![matcher("pod", MatchOp::Regex, ".*-7|"), equal("shared", "yes")],
        vec![matcher("shared", MatchOp::NotEqual, "")],
        vec![equal("shared", ""), matcher("job", MatchOp::NotRegex, "w.*")],
        vec![equal("nothing", "yes")],
        vec![matcher("__name__", MatchOp::Regex, "up|load"), equal("job", "mail")],
    ]
}

/// Asks for names, values and series of some times, and compares with what labels say.
fn check(db: &Db, context: &str) {
    let spans =
        [(0, PERIODS * PERIOD_MS), (130_000, 140_000), (125_000, 420_000), (620_000, 620_000)];
    let spans = spans.into_iter().chain([(560_000, 610_000), (i64::MIN, i64::MAX), (5, 6)]);
    for (min, max) in spans {
        let span = Span::new(Timestamp(min), Timestamp(max));
        let snapshot = db.snapshot(span, &ctx()).unwrap();
        let lives = |number: &usize| {
            let first = life(*number).start * PERIOD_MS + 20_000;
            let last = (life(*number).end.min(PERIODS) - 1) * PERIOD_MS + 51_000;
            first <= max && min <= last
        };
        let all: Vec<Labels> = (0..PODS)
            .filter(lives)
            .flat_map(|number| (0..3).map(move |metric| pod(number, metric)))
            .collect();
        for matchers in matchers() {
            let is_match = |labels: &&Labels| {
                matchers.iter().all(|m| m.matches(labels.get(m.name()).unwrap_or_default()))
            };
            let matched: Vec<&Labels> = all.iter().filter(is_match).collect();
            let context = format!("{matchers:?} {span:?} {context}");
            let pairs = || matched.iter().flat_map(|labels| labels.iter());
            let names: BTreeSet<&str> = pairs().map(|pair| pair.0).collect();
            assert!(snapshot.label_names(&matchers, 0).unwrap().iter().eq(&names), "{context}");
            for name in ["__name__", "job", "pod", "shared", "nothing"] {
                let values = pairs().filter(|pair| pair.0 == name).map(|pair| pair.1);
                let values: BTreeSet<&str> = values.collect();
                let found = snapshot.label_values(name, &matchers, 0).unwrap();
                assert!(found.iter().eq(&values), "{name} {context}: {found:?} {values:?}");
            }
            let found = content_of(db, &matchers, span);
            let keys: BTreeSet<String> = matched.iter().map(ToString::to_string).collect();
            let with_samples = |key: &&String| found.contains_key(*key);
            assert!(found.keys().all(|key| keys.contains(key)), "{context}");
            let is_whole = min == i64::MIN || min == 0;
            assert!(
                !is_whole || keys.iter().filter(with_samples).count() == keys.len(),
                "{context}"
            );
        }
    }
}

#[test]
fn names_values_and_series_are_those_of_the_time() {
    let (fs, db) = filled();
    check(&db, "merged on the way");
    drop(db);
    let (db, _) = open_with(&fs, small());
    check(&db, "after a restart");
    db.delete(&[Matcher::equal("pod", "pod-0")], Span::ALL).unwrap();
    while db.merge(&|| true).unwrap() {}
    let snapshot = db.snapshot(Span::ALL, &ctx()).unwrap();
    let pods = snapshot.label_values("pod", &[], 0).unwrap();
    assert_eq!((pods.len(), pods[0].as_str()), (PODS - 1, "pod-1"));
}

/// The archives of a store.
fn archives(fs: &MemFs) -> Vec<PathBuf> {
    let mut paths = fs.paths();
    paths.retain(|path| path.extension().is_some_and(|tail| tail == "archive"));
    paths
}

/// The archive as it was before there were lists.
fn without_lists(file: &[u8]) -> Vec<u8> {
    let end = file.len() - 52;
    let number = |at: usize| {
        let bytes = file[end + at * 8..].first_chunk().unwrap();
        usize::try_from(u64::from_le_bytes(*bytes)).unwrap()
    };
    let [sheets, register, directory] = [0, 2, 3].map(number);
    let mut header = [&file[..8], &1_u32.to_le_bytes()].concat();
    header.extend(crc32c::crc32c(&header).to_le_bytes());
    let mut trailer = Vec::new();
    for number in [sheets, sheets + directory - register, number(4), number(5)] {
        trailer.extend((number as u64).to_le_bytes());
    }
    trailer.extend(crc32c::crc32c(&trailer).to_le_bytes());
    [&header, &file[16..sheets], &file[register..end], &trailer].concat()
}

#[test]
fn an_archive_without_lists_says_the_same() {
    let (fs, db) = filled();
    let all = content(&db);
    drop(db);
    for path in archives(&fs) {
        let file = fs.bytes(&path).unwrap();
        fs.set_bytes(&path, without_lists(&file));
    }
    let (db, report) = open_with(&fs, small());
    assert_eq!(report.damage, []);
    check(&db, "in sheets alone");
    assert_same(&content(&db), &all, "in sheets alone");
}

#[test]
fn lists_that_are_damaged_cost_nothing() {
    let (fs, db) = filled();
    drop(db);
    for path in archives(&fs) {
        let mut file = fs.bytes(&path).unwrap();
        let bytes = file[file.len() - 52..].first_chunk().unwrap();
        let lists = usize::try_from(u64::from_le_bytes(*bytes)).unwrap();
        file[lists + 20] ^= 1;
        fs.set_bytes(&path, file);
    }
    let (db, _) = open_with(&fs, small());
    let snapshot = db.snapshot(Span::ALL, &ctx()).unwrap();
    assert_eq!(snapshot.label_values("__name__", &[], 0).unwrap().len(), 3);
    drop(snapshot);
    while db.merge(&|| true).unwrap() {}
    let set_aside = db.health().set_aside;
    assert!(
        !set_aside.is_empty() && set_aside.iter().all(|file| file.is_recovered),
        "{set_aside:?}"
    );
    check(&db, "with other lists");
}
