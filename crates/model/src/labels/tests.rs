use proptest::prelude::*;

use super::*;

#[test]
fn reads_back_what_was_put_in_sorted_and_unique() {
    let labels = Labels::from_pairs([("b", "2"), ("a", "1"), ("b", "3"), ("empty", "")]);
    assert_eq!(labels.iter().collect::<Vec<_>>(), [("a", "1"), ("b", "3")]);
    assert_eq!(labels.get("b"), Some("3"));
    assert_eq!(labels.get("empty"), None);
    assert_eq!(labels.len(), 2);
}

#[test]
fn prints_as_upstream_does() {
    let labels = Labels::from_pairs([("__name__", "up"), ("job", "a\"b"), ("x.y", "é")]);
    assert_eq!(labels.to_string(), r#"{__name__="up", job="a\"b", "x.y"="é"}"#);
    assert_eq!(labels.to_metric_string(), r#"up{job="a\"b", "x.y"="é"}"#);
    assert_eq!(Labels::from_pairs([("__name__", "up")]).to_metric_string(), "up");
    assert_eq!(Labels::empty().to_metric_string(), "{}");
}

#[test]
fn orders_label_by_label_with_the_prefix_first() {
    let sorted = [
        Labels::empty(),
        Labels::from_pairs([("a", "1")]),
        Labels::from_pairs([("a", "1"), ("b", "0")]),
        Labels::from_pairs([("a", "2")]),
        Labels::from_pairs([("b", "0")]),
    ];
    assert!(sorted.is_sorted());
}

#[test]
fn keeps_labels_of_every_length() {
    for len in [1, 63, 64, 4095, 4096, 262_143, 262_144, MAX_LABEL_BYTES] {
        let value = "v".repeat(len);
        let labels = Labels::from_pairs([("name", value.as_str()), ("z", "end")]);
        assert_eq!(labels.get("name"), Some(value.as_str()), "length {len}");
        assert_eq!(labels.get("z"), Some("end"), "length {len}");
    }
}

proptest! {
    #[test]
    fn any_pairs_round_trip(
        pairs in prop::collection::btree_map("\\PC{0,90}", "\\PC{1,90}", 0..12)
    ) {
        let labels = Labels::from_pairs(&pairs);
        let back: Vec<_> = labels.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        prop_assert_eq!(back, pairs.into_iter().collect::<Vec<_>>());
    }
}
