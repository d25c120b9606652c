//! The alert that a server raises about itself: its store cannot write.
//!
//! A rule could not do this, because it looks at samples, and a store that refuses samples refuses those about itself. So
//! this one is made of the store's health, and goes the way of all alerts: to Alertmanagers, and to alerting in this process.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use regain_model::Labels;
use regain_rules::NotifierManager;
use regain_rules::notifier::OutgoingAlert;
use regain_storage::Trouble;
use regain_tsdb::Db;
use tokio::time::{MissedTickBehavior, interval};

use crate::clock;

/// How often the store is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long an alert counts as firing that is not sent again, in periods in which it should have been.
const RESENDS_VALID: u32 = 4;

const ALERT_NAME: &str = "RegainStoreDegraded";

/// Looks at the store until the end, and sends what has to be known.
#[derive(Debug)]
pub(super) struct OwnAlerts {
    pub(super) db: Db,
    pub(super) notifier: Arc<NotifierManager>,
    /// Where this server is reached from outside.
    pub(super) url: String,
    /// How long to wait before an alert is sent again.
    pub(super) resend_delay: Duration,
}

impl OwnAlerts {
    /// Goes on as long as `work` does.
    pub(super) async fn beside<T>(self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let Self { db, notifier, url, resend_delay } = self;
        let mut told = Told { url, resend_delay, firing: None };
        let mut timer = interval(LOOK);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = timer.tick() => {}
            }
            let alerts = told.look(db.trouble(), clock::since_epoch());
            if !alerts.is_empty() {
                notifier.send(&alerts);
            }
        }
    }
}

/// What was sent.
#[derive(Debug)]
struct Told {
    url: String,
    resend_delay: Duration,
    firing: Option<Firing>,
}

/// The alert that fires. Times are those since the Unix epoch.
#[derive(Clone, Copy, Debug)]
struct Firing {
    trouble: Trouble,
    since: Duration,
    sent: Option<Duration>,
}

impl Told {
    /// What has to be sent at `now`, when the store's trouble is this. Each trouble has an alert of its own.
    fn look(&mut self, trouble: Option<Trouble>, now: Duration) -> Vec<Arc<OutgoingAlert>> {
        let mut due = Vec::new();
        if let Some(before) = self.firing.take_if(|firing| Some(firing.trouble) != trouble) {
            due.push(self.alert(before, now));
        }
        let Some(trouble) = trouble else { return due };
        let mut firing = self.firing.unwrap_or(Firing { trouble, since: now, sent: None });
        // A clock that jumps back must not keep the alert from being sent.
        let is_due = |sent: Duration| now < sent || now >= sent.saturating_add(self.resend_delay);
        if firing.sent.is_none_or(is_due) {
            firing.sent = Some(now);
            let valid_until = now.saturating_add(self.resend_delay * RESENDS_VALID);
            due.push(self.alert(firing, valid_until));
        }
        self.firing = Some(firing);
        due
    }

    fn alert(&self, firing: Firing, ends_at: Duration) -> Arc<OutgoingAlert> {
        let Firing { trouble, since, .. } = firing;
        let labels = Labels::from_pairs([
            ("alertname", ALERT_NAME),
            ("reason", trouble.name()),
            ("severity", "critical"),
        ]);
        let texts = [
            ("summary", format!("{} cannot write: {trouble}.", self.url)),
            (
                "description",
                "Samples are refused or kept in memory only as long as there is room. The server answers queries and goes \
                 on by itself once it can write again; nothing has to be removed by hand."
                    .to_owned(),
            ),
        ];
        Arc::new(OutgoingAlert {
            labels,
            annotations: texts.map(|(name, text)| (name.to_owned(), text)).into_iter().collect(),
            starts_at: Some(since),
            ends_at,
            generator_url: format!("{}/status", self.url),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use regain_discovery::FileSdMetrics;
    use regain_metrics::Registry;
    use regain_model::Timestamp;
    use regain_rules::notifier::AlertSink;
    use regain_rules::{Clock, NotifierOptions};
    use regain_storage::fs::MemFs;
    use regain_tsdb::Options;
    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

    use super::*;

    /// Hands on what it receives.
    struct HandOn(UnboundedSender<Arc<OutgoingAlert>>);

    impl AlertSink for HandOn {
        fn receive(&self, alerts: &[Arc<OutgoingAlert>]) {
            for alert in alerts {
                self.0.send(Arc::clone(alert)).expect("the test waits for it");
            }
        }
    }

    #[tokio::test]
    async fn a_store_that_cannot_write_is_told_of_and_one_that_can_again_too() {
        let fs = MemFs::new();
        let opened = Db::open(Path::new("/data"), Arc::new(fs.clone()), Options::default());
        let (db, _) = opened.unwrap();
        let (registry, (send, mut alerts)) = (Registry::new(), unbounded_channel());
        let (metrics, clock) = (FileSdMetrics::register(&registry), Clock::new(clock::since_epoch));
        let sink: Option<Arc<dyn AlertSink>> = Some(Arc::new(HandOn(send)));
        let options = NotifierOptions { sink, ..NotifierOptions::new(registry, metrics, clock) };
        let notifier = Arc::new(NotifierManager::new(options));
        let own_alerts = OwnAlerts {
            db: db.clone(),
            notifier,
            url: "http://me:9090".to_owned(),
            resend_delay: Duration::from_mins(1),
        };
        let outage = async {
            fs.make_read_only(true);
            db.tick(Timestamp(1000)).unwrap_err();
            let fires = alerts.recv().await.unwrap();
            fs.make_read_only(false);
            db.tick(Timestamp(2000)).unwrap();
            (fires, alerts.recv().await.unwrap())
        };
        let (fires, resolved) = own_alerts.beside(outage).await;
        assert_eq!(fires.labels.get("reason"), Some("read_only_directory"));
        assert_eq!((&resolved.labels, resolved.starts_at), (&fires.labels, fires.starts_at));
        assert!(resolved.ends_at <= clock::since_epoch() && clock::since_epoch() < fires.ends_at);
    }

    /// What is sent: the reason, since when, and until when.
    fn look(told: &mut Told, trouble: Option<Trouble>, now: u64) -> Vec<(String, u64, u64)> {
        let sent = told.look(trouble, Duration::from_secs(now));
        let line = |alert: &Arc<OutgoingAlert>| {
            let reason = alert.labels.get("reason").unwrap_or_default().to_owned();
            (reason, alert.starts_at.unwrap().as_secs(), alert.ends_at.as_secs())
        };
        sent.iter().map(line).collect()
    }

    fn told() -> Told {
        let (url, resend_delay) = ("http://me:9090".to_owned(), Duration::from_mins(1));
        Told { url, resend_delay, firing: None }
    }

    #[test]
    fn an_alert_fires_again_and_again_until_the_store_has_recovered() {
        let mut told = told();
        let full = Some(Trouble::DiskFull);
        assert_eq!(look(&mut told, None, 1000), []);
        let fired = |until| vec![("disk_full".to_owned(), 1001, until)];
        assert_eq!(look(&mut told, full, 1001), fired(1241));
        assert_eq!(look(&mut told, full, 1060), []);
        assert_eq!(look(&mut told, full, 1061), fired(1301));
        assert_eq!(look(&mut told, full, 900), fired(1140), "the clock jumped back");
        assert_eq!(look(&mut told, None, 1100), fired(1100));
        assert_eq!(look(&mut told, None, 1101), []);
        assert_eq!(look(&mut told, full, 1102)[0].1, 1102, "another one");
    }

    #[test]
    fn another_trouble_is_another_alert() {
        let mut told = told();
        look(&mut told, Some(Trouble::DiskFull), 10);
        assert_eq!(
            look(&mut told, Some(Trouble::DiskFailure), 20),
            [("disk_full".to_owned(), 10, 20), ("disk_failure".to_owned(), 20, 260)]
        );
    }

    #[test]
    fn the_alert_says_what_where_and_what_happens_next() {
        let sent = told().look(Some(Trouble::ReadOnlyDirectory), Duration::from_secs(1));
        let alert = &sent[0];
        let expected = r#"{alertname="RegainStoreDegraded", reason="read_only_directory", severity="critical"}"#;
        assert_eq!(alert.labels.to_string(), expected);
        assert_eq!(
            alert.annotations["summary"],
            "http://me:9090 cannot write: the directory is read-only."
        );
        assert_eq!(alert.generator_url, "http://me:9090/status");
    }
}
