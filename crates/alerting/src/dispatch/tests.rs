use jiff::SignedDuration;
use regain_metrics::Registry;

use super::*;
use crate::metrics::Metrics;
use crate::settings::{GroupBy, RouteSettings};

const START: Timestamp = Timestamp::constant(1_700_000_000, 0);

fn at(second: i64) -> Timestamp {
    START.checked_add(SignedDuration::from_secs(second)).unwrap()
}

fn tree(interval: u64) -> RouteTree {
    RouteTree::new(&RouteSettings {
        receiver: Some("r".into()),
        group_by: Some(GroupBy::Labels(["job".to_owned()].into())),
        group_wait: Some(Duration::from_secs(10)),
        group_interval: Some(Duration::from_secs(interval)),
        ..RouteSettings::default()
    })
}

fn dispatcher(keep_state: bool) -> Dispatcher {
    let options = DispatchOptions { start_at: START, groups_max: 0, keep_state };
    Dispatcher::new(options, tree(60), Metrics::new(&Registry::new()).dispatch)
}

fn alert(name: &str, job: &str, second: i64) -> Arc<Alert> {
    Arc::new(Alert {
        labels: Labels::from_pairs([("alertname", name), ("job", job)]),
        annotations: BTreeMap::new(),
        starts_at: at(second),
        ends_at: Some(at(second + 1000)),
        generator_url: String::new(),
        updated_at: at(second),
        timeout: false,
    })
}

#[test]
fn the_deadline_of_a_flush_is_the_interval_and_ten_seconds_at_least() {
    for (interval, timeout) in [(60, 60), (5, 10), (10, 10)] {
        let mut dispatcher = dispatcher(false);
        dispatcher.apply(START, tree(interval), &[]);
        dispatcher.put(START, &alert("A", "j", 0));
        let flush = dispatcher.due(at(10)).remove(0);
        assert_eq!(flush.timeout, Duration::from_secs(timeout));
    }
}

#[test]
fn a_flush_that_starts_late_knows_when_it_was_due_and_counts_the_interval_from_its_start() {
    let mut dispatcher = dispatcher(false);
    dispatcher.put(START, &alert("A", "j", 0));
    assert_eq!(dispatcher.next_deadline(), Some(at(10)));
    assert!(dispatcher.due(at(9)).is_empty());
    let flush = dispatcher.due(at(13)).remove(0);
    assert_eq!(flush.now, at(10));
    assert_eq!(dispatcher.next_deadline(), None, "a group that is flushing is not due");
    dispatcher.flushed(&flush, true);
    assert_eq!(dispatcher.next_deadline(), Some(at(73)));
}

#[test]
fn a_flush_longer_than_the_interval_is_followed_at_once_by_the_next() {
    let mut dispatcher = dispatcher(false);
    dispatcher.put(START, &alert("A", "j", 0));
    let flush = dispatcher.due(at(10)).remove(0);
    assert!(dispatcher.due(at(80)).is_empty(), "never two of one group");
    dispatcher.flushed(&flush, false);
    let next = dispatcher.due(at(80)).remove(0);
    assert_eq!(next.now, at(70));
}

#[test]
fn a_flush_sees_firing_alerts_without_an_end_and_in_the_order_of_receivers() {
    let mut dispatcher = dispatcher(false);
    let resolved = Alert { ends_at: Some(at(5)), ..Alert::clone(&alert("B", "j", 1)) };
    dispatcher.put(START, &alert("C", "j", 0));
    dispatcher.put(START, &Arc::new(resolved));
    dispatcher.put(START, &alert("A", "j", 0));
    let flush = dispatcher.due(at(10)).remove(0);
    let seen: Vec<_> = flush.alerts.iter().map(|alert| (alert.name(), alert.ends_at)).collect();
    assert_eq!(seen, [("A", None), ("B", Some(at(5))), ("C", None)]);
    assert_eq!(&*flush.group_key, "{}:{job=\"j\"}");
}

#[test]
fn timers_are_told_to_the_journal_only_where_they_are_kept() {
    for keep_state in [false, true] {
        let mut dispatcher = dispatcher(keep_state);
        dispatcher.put(START, &alert("A", "j", 0));
        let changes = dispatcher.take_timer_changes();
        assert_eq!(changes.len(), usize::from(keep_state));
        let flush = dispatcher.due(at(10)).remove(0);
        dispatcher.flushed(&flush, true);
        for change in dispatcher.take_timer_changes() {
            let TimerChange::Set(timer) = change else { panic!("{change:?}") };
            assert_eq!((timer.next, timer.has_flushed), (at(70), true));
        }
    }
}

#[test]
fn a_group_that_a_new_tree_does_not_have_ends_and_its_timer_with_it() {
    let mut dispatcher = dispatcher(true);
    dispatcher.put(START, &alert("A", "j", 0));
    dispatcher.take_timer_changes();
    let by_nothing =
        RouteTree::new(&RouteSettings { receiver: Some("r".into()), ..RouteSettings::default() });
    dispatcher.apply(at(1), by_nothing, &[]);
    let keys: Vec<_> = dispatcher.groups().map(|group| group.key.as_ref().to_owned()).collect();
    assert_eq!(keys, ["{}:{}"]);
    let cleared = |change: &TimerChange| matches!(change, TimerChange::Cleared(name) if &*name.group_key == "{}:{job=\"j\"}");
    assert!(dispatcher.take_timer_changes().iter().any(cleared));
    let timers: Vec<_> =
        dispatcher.timers().into_iter().map(|timer| timer.name.group_key).collect();
    assert_eq!(timers, [Arc::from("{}:{}")]);
}

#[test]
fn an_unknown_flush_changes_nothing() {
    let mut dispatcher = dispatcher(false);
    dispatcher.put(START, &alert("A", "j", 0));
    let flush = dispatcher.due(at(10)).remove(0);
    dispatcher.apply(at(11), tree(60), &[alert("A", "j", 0)]);
    dispatcher.flushed(&flush, true);
    assert_eq!(dispatcher.groups().count(), 1);
    assert_eq!(dispatcher.due(at(21)).len(), 1);
}
