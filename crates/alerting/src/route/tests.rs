use super::*;
use crate::matcher::{MatcherMode, parse_matchers};

fn route(matchers: &str, receiver: &str, routes: Vec<RouteSettings>) -> RouteSettings {
    RouteSettings {
        receiver: Some(receiver).filter(|name| !name.is_empty()).map(Arc::from),
        matchers: parse_matchers(matchers, MatcherMode::Fallback, "test").unwrap(),
        routes,
        ..RouteSettings::default()
    }
}

fn by(names: &[&str]) -> GroupBy {
    GroupBy::Labels(names.iter().map(|name| (*name).to_owned()).collect())
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::from_pairs(pairs.iter().copied())
}

/// A tree in which siblings go on after each other and have the same matchers.
fn tree() -> RouteTree {
    let mut pager = route("severity=critical", "pager", Vec::new());
    pager.continue_matching = true;
    let again = route("severity=critical", "archive", Vec::new());
    let mut db = route("team=db,owner=~\"a|b\"", "db", vec![pager, again]);
    db.continue_matching = true;
    let healing = route("selfhealing=\"true\"", "jenkins", Vec::new());
    RouteTree::new(&route("", "default", vec![db, healing]))
}

#[test]
fn keys_and_ids_tell_the_way_from_the_root() {
    let tree = tree();
    let found: Vec<_> =
        tree.routes().into_iter().map(|route| (route.index(), route.key(), route.id())).collect();
    let expected = [
        (4, "{}", "{}"),
        (2, "{}/{owner=~\"a|b\",team=\"db\"}", "{}/{owner=~\"a|b\",team=\"db\"}/0"),
        (
            0,
            "{}/{owner=~\"a|b\",team=\"db\"}/{severity=\"critical\"}",
            "{}/{owner=~\"a|b\",team=\"db\"}/0/{severity=\"critical\"}/0",
        ),
        (
            1,
            "{}/{owner=~\"a|b\",team=\"db\"}/{severity=\"critical\"}",
            "{}/{owner=~\"a|b\",team=\"db\"}/0/{severity=\"critical\"}/1",
        ),
        (3, "{}/{selfhealing=\"true\"}", "{}/{selfhealing=\"true\"}/1"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_alert_goes_on_to_siblings_only_where_it_may() {
    let tree = tree();
    for (alert, expected) in [
        (&[("x", "y")][..], &["default"][..]),
        (&[("team", "db"), ("owner", "a")], &["db"]),
        (&[("team", "db"), ("owner", "a"), ("severity", "critical")], &["pager", "archive"]),
        (&[("team", "db"), ("owner", "c")], &["default"]),
        (&[("team", "db"), ("owner", "b"), ("selfhealing", "true")], &["db", "jenkins"]),
        (&[("selfhealing", "true")], &["jenkins"]),
    ] {
        let found = tree.matching(&labels(alert));
        let receivers: Vec<_> = found.iter().map(|route| &*route.options.receiver).collect();
        assert_eq!(receivers, expected, "{alert:?}");
    }
}

#[test]
fn a_child_inherits_what_it_does_not_say() {
    let mut child = route("a=b", "", Vec::new());
    child.group_wait = Some(Duration::ZERO);
    child.labels = BTreeMap::from([("tier".to_owned(), "2".to_owned())]);
    child.mute_time_intervals = vec!["night".into()];
    let grandchild = route("c=d", "other", Vec::new());
    child.routes = vec![grandchild];
    let mut root = route("", "default", vec![child]);
    root.group_by = Some(by(&["job"]));
    root.repeat_interval = Some(Duration::from_mins(1));
    root.labels =
        BTreeMap::from([("tier".to_owned(), "1".to_owned()), ("who".to_owned(), "ops".to_owned())]);
    let tree = RouteTree::new(&root);
    let grandchild = tree.matching(&labels(&[("a", "b"), ("c", "d")])).remove(0);
    let options = &grandchild.options;
    assert_eq!(&*options.receiver, "other");
    assert_eq!(options.group_by, by(&["job"]));
    assert_eq!(options.group_wait, Duration::ZERO);
    assert_eq!(options.group_interval, DEFAULT_GROUP_INTERVAL);
    assert_eq!(options.repeat_interval, Duration::from_mins(1));
    assert_eq!(options.labels, labels(&[("tier", "2"), ("who", "ops")]));
    assert!(options.mute_time_intervals.is_empty(), "intervals are not inherited");
    let child = tree.matching(&labels(&[("a", "b")])).remove(0);
    assert_eq!(child.options.mute_time_intervals, ["night".into()]);
    assert_eq!(&*child.options.receiver, "default");
}

#[test]
fn groups_are_made_by_the_labels_that_an_alert_has() {
    let group = |group_by, alert: &[(&str, &str)]| {
        let mut root = route("", "default", Vec::new());
        root.group_by = group_by;
        let tree = RouteTree::new(&root);
        let alert = labels(alert);
        let group = tree.root().group_labels(&alert);
        tree.root().group_key(&group)
    };
    let alert = [("alertname", "X"), ("job", "say \"hi\"\n")];
    assert_eq!(group(None, &alert), "{}:{}");
    assert_eq!(group(Some(by(&["alertname", "region"])), &alert), "{}:{alertname=\"X\"}");
    let all = "{}:{alertname=\"X\", job=\"say \\\"hi\\\"\\n\"}";
    assert_eq!(group(Some(GroupBy::All), &alert), all);
    assert_eq!(group(Some(by(&["a b"])), &[("a b", "é\u{7f}")]), "{}:{a b=\"é\\x7f\"}");
}
