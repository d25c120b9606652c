use proptest::prelude::*;

use super::*;
use crate::index::Index;

fn metadata(kind: MetricKind, help: &str) -> Metadata {
    Metadata { kind, help: help.to_owned(), unit: "s".to_owned() }
}

/// Says something, and adds what is new of it.
fn say(table: &mut MetadataTable, name: &str, said: &Metadata) -> bool {
    let news: Vec<_> = table.news(&[(name, said)]);
    for (name, metadata) in &news {
        table.add(name, (*metadata).clone(), true);
    }
    !news.is_empty()
}

fn helps(table: &MetadataTable, name: &str) -> Vec<String> {
    let found = table.of(Some(name));
    found.into_iter().flat_map(|(_, variants)| variants).map(|variant| variant.help).collect()
}

proptest! {
    #[test]
    fn what_is_said_comes_back(
        said in prop::collection::vec(("[a-z]{1,3}", 0..8_usize, "[a-zäö ]{0,9}", "[a-z]{0,3}"), 0..20),
    ) {
        let mut table = MetadataTable::default();
        for (name, kind, help, unit) in &said {
            let (help, unit) = (help.clone(), unit.clone());
            say(&mut table, name, &Metadata { kind: MetricKind::NUMBERED[*kind], help, unit });
        }
        let mut payload = Vec::new();
        table.put_all(&mut payload);
        prop_assert!(is_record(&payload));
        let mut again = MetadataTable::default();
        prop_assert_eq!(read(&payload, &mut again), Some(()));
        let sorted = |table: &MetadataTable| {
            let mut all = table.of(None);
            all.sort();
            all
        };
        prop_assert_eq!(sorted(&again), sorted(&table));
        prop_assert_eq!(again.stats(), table.stats());
    }

    #[test]
    fn hostile_records_are_refused_or_read(mut tail: Vec<u8>) {
        let mut payload = Vec::new();
        put_varint(&mut payload, METADATA);
        payload.append(&mut tail);
        let mut table = MetadataTable::default();
        let read = read(&payload, &mut table);
        prop_assert!(read.is_none() || table.stats().names <= payload.len() as u64);
    }
}

#[test]
fn variants_are_few_and_what_is_too_long_or_too_much_is_counted() {
    let mut table = MetadataTable::default();
    for (help, is_new) in
        [("a", true), ("b", true), ("c", true), ("a", false), ("d", true), ("e", true)]
    {
        assert_eq!(say(&mut table, "m", &metadata(MetricKind::Gauge, help)), is_new, "{help}");
    }
    assert_eq!(helps(&table, "m"), ["b", "c", "d", "e"]);
    let longest = "x".repeat(TEXT_BYTES_MAX - "n".len() - "s".len());
    assert!(say(&mut table, "n", &metadata(MetricKind::Gauge, &longest)));
    assert!(!say(&mut table, "n", &metadata(MetricKind::Gauge, &format!("{longest}x"))));
    assert_eq!(table.stats().refused, 1);
    let shorter = "x".repeat(longest.len() - 8);
    let many = (0..=BYTES_MAX / TEXT_BYTES_MAX).map(|at| format!("{at:08}")).collect::<Vec<_>>();
    let added =
        many.iter().filter(|name| say(&mut table, name, &metadata(MetricKind::Gauge, &shorter)));
    assert!(added.count() < many.len());
    let stats = table.stats();
    assert!(stats.bytes <= BYTES_MAX as u64 && stats.refused > 1, "{stats:?}");
}

#[test]
fn a_new_log_begins_with_what_is_still_said_about_metrics_that_have_series() {
    use regain_model::{KeySeed, Labels, METRIC_NAME, SeriesKey};
    let mut index = Index::new(KeySeed(1));
    for name in ["m", "h_bucket"] {
        let labels = Labels::from_pairs([(METRIC_NAME, name)]);
        index.create(SeriesKey::of_labels(KeySeed(1), &labels), &labels).unwrap();
    }
    let mut table = MetadataTable::default();
    for name in ["m", "h", "gone"] {
        say(&mut table, name, &metadata(MetricKind::Histogram, "old"));
    }
    let mut table = table.renewed(|metric| index.has_metric(metric));
    let mut names: Vec<_> = table.of(None).into_iter().map(|(name, _)| name).collect();
    names.sort();
    assert_eq!(names, ["h", "m"]);
    say(&mut table, "m", &metadata(MetricKind::Histogram, "new"));
    assert_eq!(helps(&table, "m"), ["old", "new"]);
    let table = table.renewed(|metric| index.has_metric(metric));
    assert_eq!(
        (helps(&table, "m"), helps(&table, "h")),
        (vec!["new".to_owned()], vec!["old".to_owned()])
    );
}
