//! Where series come from, what they were a day ago, and what nobody asks for.

use regain_model::{Labels, MatchOp, Matcher, Span, Timestamp};
use regain_storage::fs::MemFs;
use regain_tsdb::{By, Cardinality, CardinalityQuery, Db, Group, SortBy};

use crate::store::{content_of, lane, open};

const HOUR_MS: i64 = 3_600_000;

fn labels(metric: &str, job: &str, number: usize) -> Labels {
    Labels::from_pairs([("__name__", metric), ("job", job), ("number", &format!("{number}"))])
}

/// Appends a sample of `count` series of a metric.
fn write(db: &Db, metric: &str, job: &str, count: usize, time: i64) {
    let mut appender = lane(db, 1);
    let refs: Vec<_> =
        (0..count).map(|number| appender.series(&labels(metric, job, number)).unwrap()).collect();
    appender.stage_row(Timestamp(time), &refs, &vec![1.0; count], &mut Vec::new());
    appender.commit().unwrap();
}

fn ask(db: &Db, by: By) -> Cardinality {
    ask_of(db, by, &[])
}

fn ask_of(db: &Db, by: By, selectors: &[Vec<Matcher>]) -> Cardinality {
    let sort = SortBy::Size;
    db.cardinality(&CardinalityQuery { by, selectors, sort, unqueried_since: None, limit: 0 })
        .unwrap()
}

/// The names of groups with some of their numbers.
fn list<T>(found: &Cardinality, of: impl Fn(&Group) -> T) -> Vec<(&str, T)> {
    found.list.iter().map(|group| (&*group.name, of(group))).collect()
}

fn example() -> (MemFs, Db) {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    write(&db, "many", "a", 5, 1000);
    write(&db, "few", "b", 2, 2000);
    write(&db, "few", "", 1, 3000);
    (fs, db)
}

#[test]
fn series_are_counted_by_metric_job_label_and_value() {
    let (_fs, db) = example();
    let by_metric = ask(&db, By::Metric);
    assert_eq!((by_metric.series, by_metric.series_kept, by_metric.groups), (8, 8, 2));
    assert_eq!(list(&by_metric, |group| group.series), [("many", 5), ("few", 3)]);
    assert_eq!(list(&ask(&db, By::Job), |group| group.series), [("a", 5), ("b", 2), ("", 1)]);
    let by_label = ask(&db, By::Label);
    let numbers = list(&by_label, |group| (group.values.unwrap(), group.series));
    assert_eq!(numbers, [("number", (5, 8)), ("__name__", (2, 8)), ("job", (2, 7))]);
    let by_value = ask(&db, By::Value("number".to_owned()));
    let numbers = list(&by_value, |group| group.series);
    assert_eq!(numbers, [("0", 3), ("1", 2), ("2", 1), ("3", 1), ("4", 1)]);
    assert!(ask(&db, By::Value("nothing".to_owned())).list.is_empty());

    let of_few = [vec![Matcher::equal("__name__", "few")]];
    let by_label = ask_of(&db, By::Label, &of_few);
    let numbers = list(&by_label, |group| group.values.unwrap());
    assert_eq!(numbers, [("number", 2), ("__name__", 1), ("job", 1)]);
    let either = [of_few[0].clone(), vec![Matcher::equal("job", "b")]];
    assert_eq!(ask_of(&db, By::Metric, &either).series, 3);

    let of_metrics = ask(&db, By::MetricLabel);
    let numbers = list(&of_metrics, |group| (group.label.clone().unwrap(), group.values.unwrap()));
    let expected = [
        ("many", ("number".to_owned(), 5)),
        ("few", ("number".to_owned(), 2)),
        ("many", ("job".to_owned(), 1)),
        ("few", ("job".to_owned(), 1)),
    ];
    assert_eq!(numbers, expected);
}

#[test]
fn a_series_that_has_ended_is_kept_and_not_counted() {
    let (_fs, db) = example();
    db.remove_unused().unwrap();
    let by_metric = ask(&db, By::Metric);
    assert_eq!((by_metric.series, by_metric.series_kept), (0, 8));
    write(&db, "few", "b", 1, 4000);
    assert_eq!(
        list(&ask(&db, By::Metric), |group| (group.series, group.series_kept)),
        [("few", (1, 3)), ("many", (0, 5))]
    );
}

#[test]
fn growth_is_told_against_counts_of_a_day_ago_which_survive_a_restart() {
    let (fs, db) = example();
    let start = 100 * 24 * HOUR_MS;
    let tick = |db: &Db, hours: i64| db.tick(Timestamp(start + hours * HOUR_MS + 1)).unwrap();
    tick(&db, 0);
    assert_eq!(ask(&db, By::Metric).compared_with, None, "it has just been opened");
    tick(&db, 1);
    assert_eq!(ask(&db, By::Metric).compared_with, None, "the counts are too new");
    // A period ends, and what is not written any more does not count.
    tick(&db, 2);
    write(&db, "many", "a", 5, 4000);
    write(&db, "few", "b", 9, 5000);
    write(&db, "new", "a", 4, 5001);
    let found = ask(&db, By::Metric);
    assert_eq!(found.compared_with, Some(start + HOUR_MS + 1));
    let before = list(&found, |group| group.before);
    assert_eq!(before, [("few", Some(3)), ("many", Some(5)), ("new", Some(0))]);
    assert_eq!(list(&ask(&db, By::Job), |group| group.before.unwrap())[0], ("a", 5));
    let query = CardinalityQuery {
        by: By::Metric,
        selectors: &[],
        sort: SortBy::Growth,
        unqueried_since: None,
        limit: 2,
    };
    let grown = db.cardinality(&query).unwrap();
    assert_eq!(grown.groups, 3);
    assert_eq!(list(&grown, |group| group.series), [("few", 9), ("new", 4)]);
    db.close().unwrap();
    drop(db);
    let (db, _) = open(&fs);
    tick(&db, 20);
    let found = ask(&db, By::Metric);
    assert_eq!(found.compared_with, Some(start + HOUR_MS + 1));
    assert_eq!(list(&found, |group| group.before)[0], ("few", Some(3)));
}

#[test]
fn what_queries_select_is_noted_and_survives_a_restart() {
    let (fs, db) = example();
    write(&db, "other_a", "a", 1, 4000);
    write(&db, "other_b", "a", 1, 4000);
    let ask_at = |db: &Db, matchers: &[Matcher], now: i64| {
        content_of(db, matchers, Span::ALL);
        db.tick(Timestamp(now)).unwrap();
    };
    db.tick(Timestamp(1000)).unwrap();
    let queried = |db: &Db| {
        let found = ask(db, By::Metric);
        let mut all: Vec<(String, Option<i64>)> =
            found.list.into_iter().map(|group| (group.name, group.last_queried)).collect();
        all.sort();
        all
    };
    assert!(queried(&db).iter().all(|(_, last)| last.is_none()));
    ask_at(&db, &[Matcher::equal("__name__", "few")], 2000);
    ask_at(&db, &[Matcher::equal("__name__", "missing")], 3000);
    let regex = Matcher::new("__name__", MatchOp::Regex, "other_.*").unwrap();
    ask_at(&db, &[regex], 4000);
    let expected: Vec<(String, Option<i64>)> =
        [("few", Some(2000)), ("many", None), ("other_a", Some(4000)), ("other_b", Some(4000))]
            .map(|(name, last)| (name.to_owned(), last))
            .into();
    assert_eq!(queried(&db), expected);
    // A selection without a name selects the metrics of what it finds.
    ask_at(&db, &[Matcher::equal("job", "b")], 5000);
    assert_eq!(queried(&db)[0], ("few".to_owned(), Some(5000)));
    // Whoever copies everything has asked for nothing.
    let whole = content_of(&db.unnoted(), &[], Span::ALL);
    assert_eq!(whole.len(), 10);
    db.tick(Timestamp(6000)).unwrap();
    assert_eq!(queried(&db)[1], ("many".to_owned(), None));

    let query = CardinalityQuery {
        by: By::Metric,
        selectors: &[],
        sort: SortBy::Size,
        unqueried_since: Some(5000),
        limit: 0,
    };
    let names: Vec<String> =
        db.cardinality(&query).unwrap().list.into_iter().map(|group| group.name).collect();
    assert_eq!(names, ["many", "other_a", "other_b"]);
    let before = queried(&db);
    db.close().unwrap();
    drop(db);
    let (db, _) = open(&fs);
    assert_eq!(queried(&db), before);
    assert_eq!(ask(&db, By::Metric).queries_noted_since, Some(1000));
}

#[test]
fn a_killed_process_forgets_no_more_than_five_minutes() {
    let (fs, db) = example();
    db.tick(Timestamp(1000)).unwrap();
    content_of(&db, &[Matcher::equal("__name__", "few")], Span::ALL);
    db.tick(Timestamp(2000)).unwrap();
    db.tick(Timestamp(301_000)).unwrap();
    drop(db);
    let (db, _) = open(&fs);
    let found = ask(&db, By::Metric);
    let last: Vec<_> = list(&found, |group| group.last_queried);
    assert!(last.contains(&("few", Some(2000))), "{last:?}");
}

#[test]
fn a_damaged_memory_costs_nothing_else() {
    let (fs, db) = example();
    db.tick(Timestamp(1000)).unwrap();
    db.close().unwrap();
    drop(db);
    let path = std::path::Path::new("/data/regain/cardinality");
    let mut bytes = fs.bytes(path).unwrap();
    bytes[20] ^= 1;
    fs.set_bytes(path, bytes);
    let (db, report) = open(&fs);
    assert_eq!(report.damage.len(), 1);
    let found = ask(&db, By::Metric);
    assert_eq!((found.queries_noted_since, found.series), (None, 8));
}
