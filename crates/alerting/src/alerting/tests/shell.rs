use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use regain_metrics::{MetricValue, Registry};
use regain_model::{Labels, MatchOp};
use regain_storage::fs::MemFs;
use tokio::time::{Instant, sleep};

use super::super::{
    AlertFilter, AlertState, Alerting, Options, SilenceFailure, Surroundings, Verdict,
};
use super::{START, Sketch};
use crate::clock::Clock;
use crate::notify::{Delivered, Failure, FailureReason, Notification, NotifyError, ReceiverValue};
use crate::pipeline::Notify;
use crate::silences::{MatcherDraft, SilenceDraft, SilenceFilter};
use crate::store::PostedAlert;

/// Hears everything, and refuses the first `refusals` attempts.
#[derive(Debug)]
struct Listener {
    refusals: usize,
    is_final: bool,
    takes: Duration,
    started: Instant,
    heard: Mutex<Vec<(f64, Notification)>>,
}

impl Listener {
    fn new(refusals: usize) -> Self {
        Self {
            refusals,
            is_final: false,
            takes: Duration::ZERO,
            started: Instant::now(),
            heard: Mutex::default(),
        }
    }

    fn heard(&self) -> Vec<(f64, Notification)> {
        self.heard.lock().unwrap().clone()
    }
}

impl Notify for Listener {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn send_resolved(&self) -> bool {
        true
    }

    fn notify<'a>(
        &'a self,
        told: &'a Notification,
    ) -> BoxFuture<'a, Result<Delivered, NotifyError>> {
        Box::pin(async {
            let count = {
                let mut heard = self.heard.lock().unwrap();
                heard.push((self.started.elapsed().as_secs_f64(), told.clone()));
                heard.len()
            };
            sleep(self.takes).await;
            if count <= self.refusals {
                let failure = Failure::Status { code: 503, details: String::new() };
                let reason = FailureReason::ServerError;
                return Err(NotifyError { retry: !self.is_final, reason, failure });
            }
            let thread =
                ("thread".to_owned(), ReceiverValue::Integer(i64::try_from(count).unwrap()));
            Ok(Delivered { receiver_data: [thread].into() })
        })
    }
}

struct Stage {
    fs: MemFs,
    registry: Registry,
    started: Instant,
    options: Options,
    /// By how many seconds the wall clock was set.
    clock_set: Arc<AtomicI64>,
}

impl Stage {
    fn new() -> Self {
        let options = Options::default();
        Self {
            fs: MemFs::new(),
            registry: Registry::new(),
            started: Instant::now(),
            options,
            clock_set: Arc::default(),
        }
    }

    fn open(&self, sketch: &Sketch, listener: &Arc<Listener>) -> Alerting {
        let started = self.started;
        let set = Arc::clone(&self.clock_set);
        let now = move || -> Timestamp {
            let set = SignedDuration::from_secs(set.load(Ordering::Relaxed));
            START.checked_add(started.elapsed()).unwrap().checked_add(set).unwrap()
        };
        let around = Surroundings {
            dir: PathBuf::from("/data"),
            fs: Arc::new(self.fs.clone()),
            clock: Clock::new(now),
            seed: 1,
            registry: self.registry.clone(),
        };
        let notify: Arc<dyn Notify> = Arc::<Listener>::clone(listener);
        Alerting::open(around, self.options.clone(), sketch.plan_for(&notify)).unwrap()
    }

    fn value(&self, name: &str, labels: &[(&str, &str)]) -> String {
        let gathered = self.registry.gather();
        let family = gathered.families.iter().find(|family| family.name == name).expect(name);
        let has = |metric: &&regain_metrics::Metric| {
            labels.iter().all(|(name, value)| {
                metric.labels.iter().any(|label| label.name == *name && label.value == *value)
            })
        };
        match family.metrics.iter().find(has).expect("the labels are there").value {
            MetricValue::Number(value) => value.to_string(),
            ref other => panic!("{other:?}"),
        }
    }
}

fn quick() -> Sketch {
    let mut sketch = Sketch::default();
    sketch.root.group_wait = Some(Duration::ZERO);
    sketch.root.group_interval = Some(Duration::from_secs(20));
    sketch
}

fn fire(name: &str) -> PostedAlert {
    let labels = Labels::from_pairs([("alertname", name), ("job", "j")]);
    PostedAlert { labels, ..PostedAlert::default() }
}

fn silence(name: &str) -> SilenceDraft {
    let matcher = MatcherDraft { name: "alertname".into(), op: MatchOp::Equal, value: name.into() };
    SilenceDraft {
        matcher_sets: vec![vec![matcher]],
        ends_at: Some(START.checked_add(Duration::from_hours(1)).unwrap()),
        ..SilenceDraft::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_notification_is_tried_again_with_growing_pauses() {
    let stage = Stage::new();
    let listener = Arc::new(Listener::new(4));
    let alerting = stage.open(&quick(), &listener);
    alerting.put(vec![fire("A")]).await.unwrap();
    sleep(Duration::from_secs(15)).await;
    let heard = listener.heard();
    assert_eq!(heard.len(), 5);
    let mut base = 0.5;
    for pair in heard.windows(2) {
        let pause = pair[1].0 - pair[0].0;
        // Timers are exact to the millisecond.
        assert!(pause >= base * 0.5 - 0.002 && pause <= base * 1.5 + 0.002, "{pause} for {base}");
        base *= 1.5;
    }
    assert_eq!(heard[0].1.reason.as_str(), "first notification");
    assert_eq!(heard[0].1.group_key, r#"{}:{job="j"}"#);
    let webhook = [("integration", "webhook")];
    assert_eq!(stage.value("alertmanager_notifications_total", &webhook), "1");
    assert_eq!(stage.value("alertmanager_notification_requests_total", &webhook), "5");
    assert_eq!(stage.value("alertmanager_notification_requests_failed_total", &webhook), "4");
    alerting.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_is_final_is_told_again_at_the_next_interval() {
    let stage = Stage::new();
    let listener = Arc::new(Listener { is_final: true, ..Listener::new(1) });
    let alerting = stage.open(&quick(), &listener);
    alerting.put(vec![fire("A")]).await.unwrap();
    sleep(Duration::from_secs(30)).await;
    let seconds: Vec<_> = listener.heard().iter().map(|(second, _)| second.round()).collect();
    assert_eq!(seconds, [0.0, 20.0]);
    let labels = [("integration", "webhook"), ("reason", "serverError")];
    assert_eq!(stage.value("alertmanager_notifications_failed_total", &labels), "1");
    alerting.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_never_answers_costs_the_interval() {
    let stage = Stage::new();
    let listener = Arc::new(Listener { takes: Duration::from_hours(1), ..Listener::new(0) });
    let alerting = stage.open(&quick(), &listener);
    alerting.put(vec![fire("A")]).await.unwrap();
    sleep(Duration::from_secs(30)).await;
    let labels = [("integration", "webhook"), ("reason", "contextDeadlineExceeded")];
    assert_eq!(stage.value("alertmanager_notifications_failed_total", &labels), "1");
    alerting.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_receiver_gives_back_comes_with_the_next_notification_even_after_a_restart() {
    let stage = Stage::new();
    let listener = Arc::new(Listener::new(0));
    let alerting = stage.open(&quick(), &listener);
    alerting.put(vec![fire("A")]).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    alerting.shutdown().await;
    let alerting = stage.open(&quick(), &listener);
    alerting.put(vec![fire("A"), fire("B")]).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    alerting.shutdown().await;
    let heard = listener.heard();
    assert_eq!(heard.len(), 2);
    assert!(heard[0].1.receiver_data.is_empty());
    assert_eq!(heard[1].1.receiver_data["thread"], ReceiverValue::Integer(1));
}

#[tokio::test(start_paused = true)]
async fn a_notification_under_way_is_awaited_at_shutdown_and_not_repeated_afterwards() {
    let stage = Stage::new();
    let listener = Arc::new(Listener { takes: Duration::from_secs(3), ..Listener::new(0) });
    let alerting = stage.open(&quick(), &listener);
    alerting.put(vec![fire("A")]).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    alerting.shutdown().await;
    assert!(alerting.alerts(AlertFilter::default()).await.is_err(), "it is shut down");
    let alerting = stage.open(&quick(), &listener);
    alerting.put(vec![fire("A")]).await.unwrap();
    sleep(Duration::from_secs(10)).await;
    alerting.shutdown().await;
    assert_eq!(listener.heard().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn alerts_and_groups_show_what_suppresses_them() {
    let stage = Stage::new();
    let listener = Arc::new(Listener::new(0));
    let alerting = stage.open(&quick(), &listener);
    let mut changes = alerting.changes();
    let id = alerting.set_silence(silence("A")).await.unwrap();
    let verdicts = alerting.put(vec![fire("A"), PostedAlert::default(), fire("B")]).await.unwrap();
    let texts: Vec<_> = verdicts
        .iter()
        .map(|verdict| match verdict {
            Verdict::Invalid(why) => why.to_string(),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(texts, ["Stored", "at least one label pair required", "Stored"]);
    changes.changed().await.unwrap();

    let alerts = alerting.alerts(AlertFilter::default()).await.unwrap();
    let names: Vec<_> = alerts.iter().map(|view| (view.alert.name(), view.state())).collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&("A", AlertState::Suppressed)));
    assert!(names.contains(&("B", AlertState::Active)));
    assert_eq!(
        alerts.iter().find(|view| view.alert.name() == "A").unwrap().silenced_by,
        [Arc::clone(&id)]
    );

    let unsilenced = AlertFilter { silenced: false, ..AlertFilter::default() };
    assert_eq!(alerting.alerts(unsilenced.clone()).await.unwrap().len(), 1);
    let team = |team: &str| AlertFilter {
        receiver_matchers: vec![super::equal("team", team)],
        ..AlertFilter::default()
    };
    assert_eq!(alerting.alerts(team("x")).await.unwrap().len(), 2);
    assert_eq!(alerting.alerts(team("y")).await.unwrap().len(), 0);

    let groups = alerting.groups(unsilenced).await.unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].labels, Labels::from_pairs([("job", "j")]));
    assert_eq!(groups[0].alerts.len(), 1);
    assert_eq!(&*groups[0].alerts[0].receivers[0], "r");

    alerting.expire_silence(&id).await.unwrap();
    assert_eq!(
        alerting
            .silences(SilenceFilter { expired: false, ..SilenceFilter::default() })
            .await
            .unwrap(),
        []
    );
    let active = alerting.active().await.unwrap();
    assert!(active.iter().all(|view| view.state() == AlertState::Active));
    sleep(Duration::from_secs(2)).await;
    // The flush was before the silence ended, and the metric shows what it found.
    assert_eq!(stage.value("alertmanager_alerts", &[("state", "suppressed")]), "1");
    assert_eq!(stage.value("alertmanager_silences", &[("state", "expired")]), "1");
    alerting.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_silence_that_is_not_durable_is_not_acknowledged() {
    let stage = Stage::new();
    let listener = Arc::new(Listener::new(0));
    let alerting = stage.open(&quick(), &listener);
    stage.fs.fail_syncs("alerting.log");
    let failure = alerting.set_silence(silence("A")).await.unwrap_err();
    assert!(matches!(failure, SilenceFailure::NotStored(_)), "{failure}");
    stage.fs.heal();
    let id = alerting.set_silence(silence("B")).await.unwrap();
    stage.fs.cut_power(0);
    drop(alerting);
    let again = stage.open(&quick(), &listener);
    assert!(again.silence(&id).await.unwrap().is_some());
    again.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn every_integration_of_upstream_is_counted_from_the_start() {
    let stage = Stage::new();
    let alerting = stage.open(&quick(), &Arc::new(Listener::new(0)));
    for integration in ["email", "jira", "mattermost", "sns"] {
        let labels = [("integration", integration)];
        assert_eq!(stage.value("alertmanager_notifications_total", &labels), "0");
    }
    alerting.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_neither_hurries_nor_delays_a_notification() {
    for hours in [-9, 9] {
        let stage = Stage::new();
        let listener = Arc::new(Listener::new(0));
        let mut sketch = quick();
        sketch.root.group_wait = Some(Duration::from_secs(10));
        let alerting = stage.open(&sketch, &listener);
        alerting.put(vec![fire("A")]).await.unwrap();
        sleep(Duration::from_secs(5)).await;
        stage.clock_set.store(hours * 3600, Ordering::Relaxed);
        sleep(Duration::from_secs(30)).await;
        let seconds: Vec<_> = listener.heard().iter().map(|(second, _)| second.round()).collect();
        assert_eq!(seconds, [10.0], "{hours} hours");
        alerting.shutdown().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_reload_ends_notifications_under_way_unless_group_state_is_kept() {
    for (keep_group_state, attempts, cancelled) in [(false, 2, "1"), (true, 1, "0")] {
        let mut stage = Stage::new();
        stage.options.keep_group_state = keep_group_state;
        let listener = Arc::new(Listener { takes: Duration::from_secs(3), ..Listener::new(0) });
        let alerting = stage.open(&quick(), &listener);
        alerting.put(vec![fire("A")]).await.unwrap();
        sleep(Duration::from_secs(1)).await;
        let notify: Arc<dyn Notify> = Arc::<Listener>::clone(&listener);
        alerting.apply(quick().plan_for(&notify)).await.unwrap();
        sleep(Duration::from_secs(15)).await;
        assert_eq!(listener.heard().len(), attempts, "kept: {keep_group_state}");
        let labels = [("integration", "webhook"), ("reason", "contextCanceled")];
        assert_eq!(stage.value("alertmanager_notifications_failed_total", &labels), cancelled);
        alerting.shutdown().await;
    }
}

#[tokio::test(start_paused = true)]
async fn snapshots_are_written_at_each_maintenance() {
    let mut stage = Stage::new();
    stage.options.maintenance_interval = Duration::from_mins(1);
    let listener = Arc::new(Listener::new(0));
    let alerting = stage.open(&quick(), &listener);
    alerting.set_silence(silence("A")).await.unwrap();
    assert_eq!(stage.fs.bytes(&PathBuf::from("/data/silences")), None);
    sleep(Duration::from_secs(61)).await;
    let bytes = stage.fs.bytes(&PathBuf::from("/data/silences")).unwrap();
    let size = stage.value("alertmanager_silences_snapshot_size_bytes", &[]);
    assert_eq!(size, bytes.len().to_string());
    assert_eq!(stage.value("alertmanager_nflog_maintenance_total", &[]), "1");
    alerting.shutdown().await;
}
