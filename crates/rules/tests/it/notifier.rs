//! Alerts on their way to receivers.

use std::sync::Arc;
use std::time::Duration;

use regain_go_regexp::Regex;
use regain_model::relabel::{Action, RelabelConfig};
use regain_model::{Labels, NameScheme};
use regain_rules::Texts;
use regain_rules::notifier::{Alertmanagers, NotifierSettings, OutgoingAlert};
use tokio::time::{Instant, advance};

use crate::support::receiver::{Receiver, Request};
use crate::support::{INTERVAL, Process, START, alerting, alertmanager, group, sending_to, until};

fn rule(
    action: Action,
    source: &str,
    regex: &str,
    target: &str,
    replacement: &str,
) -> RelabelConfig {
    RelabelConfig {
        source_labels: vec![source.to_owned()],
        separator: ";".to_owned(),
        regex: Regex::anchored(regex).unwrap(),
        modulus: 0,
        target_label: target.to_owned(),
        replacement: replacement.to_owned(),
        action,
        scheme: NameScheme::Utf8,
    }
}

fn alert(instance: &str) -> Arc<OutgoingAlert> {
    Arc::new(OutgoingAlert {
        labels: Labels::from_pairs([("alertname", "Hot"), ("i", instance)]),
        annotations: Texts::new(),
        starts_at: Some(START),
        ends_at: START + Duration::from_mins(4),
        generator_url: String::new(),
    })
}

fn alerts(count: usize) -> Vec<Arc<OutgoingAlert>> {
    (0..count).map(|number| alert(&number.to_string())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_firing_alert_reaches_alertmanager_and_the_process() {
    let (process, begin) = (Process::start(), Instant::now());
    let receiver = Receiver::start().await;
    let settings = NotifierSettings {
        external_labels: Labels::from_pairs([("zone", "eu"), ("i", "not this")]),
        relabel_configs: vec![rule(Action::Replace, "zone", "(.*)", "region", "x-$1")],
        ..sending_to(&[&receiver.address])
    };
    process.notifier.apply(settings).await.unwrap();
    process.apply(vec![group("a", vec![alerting("Hot", "m > 1", Duration::ZERO)])]).await;
    process.set(begin, "x", 2.0);
    process.evaluate().await;
    until(|| !receiver.requests().is_empty()).await;
    let request = &receiver.requests()[0];
    assert!(request.head.starts_with("post /api/v2/alerts http/1.1\r\n"), "{}", request.head);
    assert!(request.head.contains("content-type: application/json\r\n"), "{}", request.head);
    assert!(request.head.contains("user-agent: prometheus/3.14.0\r\n"), "{}", request.head);
    let labels = r#""labels":{"alertname":"Hot","i":"x","region":"x-eu","zone":"eu"}"#;
    assert!(request.body.contains(labels), "{}", request.body);
    let link = r#""generatorURL":"http://here:9090/graph?g0.expr=m+%3E+1\u0026g0.tab=1""#;
    assert!(request.body.contains(link), "{}", request.body);
    let sunk = process.sink.take();
    assert_eq!(sunk[0].labels.get("region"), Some("x-eu"));
    process.rules.stop().await;
    process.notifier.stop().await;
}

#[tokio::test(start_paused = true)]
async fn each_set_relabels_for_itself() {
    let process = Process::start();
    let (a, b) = (Receiver::start().await, Receiver::start().await);
    let mut first = alertmanager(&[&a.address]);
    first.alert_relabel_configs = vec![rule(Action::Drop, "i", "0", "", "")];
    let second = alertmanager(&[&b.address]);
    let settings =
        NotifierSettings { alertmanagers: vec![first, second], ..NotifierSettings::default() };
    process.notifier.apply(settings).await.unwrap();
    process.notifier.send(&alerts(2));
    until(|| !a.requests().is_empty() && !b.requests().is_empty()).await;
    assert_eq!(a.requests()[0].instances(), ["1"]);
    assert_eq!(b.requests()[0].instances(), ["0", "1"]);
    assert_eq!(process.sink.take().len(), 2);
    process.notifier.stop().await;
}

#[tokio::test(start_paused = true)]
async fn batches_have_a_size() {
    let process = Process::with(|options| {
        options.batch_size = 2;
    });
    let receiver = Receiver::start().await;
    process.notifier.apply(sending_to(&[&receiver.address])).await.unwrap();
    process.notifier.send(&alerts(5));
    until(|| receiver.requests().len() == 3).await;
    let batches: Vec<_> = receiver.requests().iter().map(Request::instances).collect();
    assert_eq!(batches, [vec!["0", "1"], vec!["2", "3"], vec!["4"]]);
    process.notifier.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_drops_the_oldest_alerts() {
    let process = Process::with(|options| {
        (options.batch_size, options.queue_capacity) = (1, 3);
    });
    let receiver = Receiver::start().await;
    receiver.set_status("");
    process.notifier.apply(sending_to(&[&receiver.address])).await.unwrap();
    process.notifier.send(&[alert("first")]);
    until(|| receiver.requests().len() == 1).await;
    process.notifier.send(&alerts(5));
    let dropped = "prometheus_notifications_dropped_total";
    assert_eq!(process.metric(dropped, Some(&receiver.url())), Some(2.0));
    assert_eq!(process.metric("prometheus_notifications_queue_length", None), Some(3.0));
    receiver.set_status("200 OK");
    // The first request never ends; its time does.
    advance(Duration::from_secs(11)).await;
    until(|| receiver.requests().len() == 4).await;
    let order: Vec<_> = receiver.requests().iter().flat_map(Request::instances).collect();
    assert_eq!(order, ["first", "2", "3", "4"]);
    process.notifier.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_refused_is_counted_and_dropped() {
    let process = Process::start();
    let receiver = Receiver::start().await;
    process.notifier.apply(sending_to(&[&receiver.address])).await.unwrap();
    let url = receiver.url();
    for (status, sent, failed) in
        [("500 Oh", 0.0, 2.0), ("202 Fine", 2.0, 2.0), ("302 Away", 2.0, 4.0), ("200 OK", 4.0, 4.0)]
    {
        receiver.set_status(status);
        process.notifier.send(&alerts(2));
        let metric = |name: &str| process.metric(name, Some(&url)).unwrap();
        until(|| {
            metric("prometheus_notifications_sent_total") == sent
                && metric("prometheus_notifications_errors_total") == failed
                && metric("prometheus_notifications_dropped_total") == failed
        })
        .await;
    }
    let latency = "prometheus_notifications_latency_seconds";
    assert_eq!(process.metric(latency, Some(&url)), Some(2.0));
    let histogram = "prometheus_notifications_latency_histogram_seconds";
    assert_eq!(process.metric(histogram, Some(&url)), Some(2.0));
    process.notifier.stop().await;
}

#[tokio::test(start_paused = true)]
async fn queues_are_emptied_at_the_end() {
    let process = Process::with(|options| {
        options.batch_size = 1;
    });
    let receiver = Receiver::start().await;
    process.notifier.apply(sending_to(&[&receiver.address])).await.unwrap();
    process.notifier.send(&alerts(3));
    process.notifier.stop().await;
    assert_eq!(receiver.requests().len(), 3);
    process.notifier.send(&alerts(1));
    assert_eq!(receiver.requests().len(), 3, "nothing is taken after the end");
    assert_eq!(process.metric("prometheus_notifications_sent_total", None), None);
}

#[tokio::test(start_paused = true)]
async fn queues_are_dropped_at_the_end_where_that_is_wanted() {
    let process = Process::with(|options| {
        (options.drains_on_shutdown, options.batch_size) = (false, 1);
    });
    let receiver = Receiver::start().await;
    receiver.set_status("");
    process.notifier.apply(sending_to(&[&receiver.address])).await.unwrap();
    process.notifier.send(&alerts(3));
    until(|| receiver.requests().len() == 1).await;
    // The request under way has its time.
    tokio::join!(process.notifier.stop(), advance(Duration::from_secs(11)));
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reload_keeps_the_queues_of_sets_that_stay() {
    let process = Process::with(|options| {
        options.batch_size = 1;
    });
    let (a, b) = (Receiver::start().await, Receiver::start().await);
    a.set_status("");
    process.notifier.apply(sending_to(&[&a.address])).await.unwrap();
    process.notifier.send(&alerts(2));
    until(|| a.requests().len() == 1).await;
    let settings = NotifierSettings {
        alertmanagers: vec![alertmanager(&[&b.address]), alertmanager(&[&a.address])],
        ..NotifierSettings::default()
    };
    process.notifier.apply(settings).await.unwrap();
    assert_eq!(process.notifier.alertmanagers().active, [b.url(), a.url()]);
    assert_eq!(process.metric("prometheus_notifications_queue_length", Some(&a.url())), Some(1.0));
    assert_eq!(
        process.metric("prometheus_notifications_alertmanagers_discovered", None),
        Some(2.0)
    );
    a.set_status("200 OK");
    advance(Duration::from_secs(11)).await;
    until(|| a.requests().len() == 2).await;
    process.notifier.stop().await;
}

#[tokio::test(start_paused = true)]
async fn alertmanagers_are_relabelled_and_listed() {
    let process = Process::start();
    let mut set = alertmanager(&["a:1", "b:2", "a:1", "c:3"]);
    set.path_prefix = "/am/".to_owned();
    set.relabel_configs = vec![
        rule(Action::Drop, "__address__", "c:3", "", ""),
        rule(Action::Replace, "__address__", "b:2", "__alerts_path__", "/x y"),
        rule(Action::Replace, "__address__", "b:2", "__scheme__", "https"),
    ];
    let bad = alertmanager(&["d:4", "http://e:5/"]);
    let settings =
        NotifierSettings { alertmanagers: vec![set, bad], ..NotifierSettings::default() };
    process.notifier.apply(settings).await.unwrap();
    assert_eq!(
        process.notifier.alertmanagers(),
        Alertmanagers {
            active: vec!["http://a:1/am/api/v2/alerts".to_owned(), "https://b:2/x%20y".to_owned()],
            dropped: vec!["http://c:3/am/api/v2/alerts".to_owned()],
        }
    );
    process.notifier.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_alertmanager_that_is_gone_makes_room_for_another() {
    let (process, begin) = (Process::start(), Instant::now());
    let (a, b) = (Receiver::start().await, Receiver::start().await);
    process.notifier.apply(sending_to(&[&a.address])).await.unwrap();
    process.notifier.apply(sending_to(&[&b.address])).await.unwrap();
    process.apply(vec![group("a", vec![alerting("Hot", "m > 1", INTERVAL)])]).await;
    process.set(begin, "x", 2.0);
    process.evaluate().await;
    process.evaluate().await;
    until(|| b.requests().len() == 1).await;
    assert_eq!(a.requests().len(), 0);
    until(|| process.metric("prometheus_notifications_sent_total", Some(&a.url())).is_none()).await;
    process.rules.stop().await;
    process.notifier.stop().await;
}
