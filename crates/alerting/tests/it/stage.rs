//! Alerting on a real directory.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use regain_alerting::notify::{Delivered, Notification, NotifyError, ReceiverValue};
use regain_alerting::route::{GroupBy, RouteTree};
use regain_alerting::settings::{ReceiverSettings, RouteSettings, Settings};
use regain_alerting::time_interval::TimeIntervals;
use regain_alerting::{Alerting, Clock, Notify, Options, Plan, Surroundings};
use regain_metrics::Registry;
use regain_model::Labels;
use regain_storage::fs::RealFs;
use tokio::sync::mpsc;

/// Tells of each notification.
#[derive(Debug)]
struct Hook(mpsc::UnboundedSender<Notification>);

impl Notify for Hook {
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
        self.0.send(told.clone()).unwrap();
        let data = [
            ("ts".to_owned(), ReceiverValue::Text("1.5".to_owned())),
            ("count".to_owned(), ReceiverValue::Integer(-7)),
            ("share".to_owned(), ReceiverValue::Float(0.25)),
        ];
        Box::pin(async { Ok(Delivered { receiver_data: data.into() }) })
    }
}

/// Opens alerting in a directory, with one receiver that tells of what it is told, and without waits.
pub(crate) fn open(
    dir: &Path,
    registry: &Registry,
) -> (Alerting, mpsc::UnboundedReceiver<Notification>) {
    let (told, notifications) = mpsc::unbounded_channel();
    let hook: Arc<dyn Notify> = Arc::new(Hook(told));
    let settings = Settings {
        resolve_timeout: Duration::from_mins(5),
        route: RouteSettings {
            receiver: Some("hook".into()),
            group_by: Some(GroupBy::Labels(["alertname".to_owned()].into())),
            group_wait: Some(Duration::ZERO),
            ..RouteSettings::default()
        },
        inhibit_rules: Vec::new(),
        receivers: vec![ReceiverSettings {
            name: "hook".into(),
            labels: Labels::from_pairs([("name", "hook")]),
            integrations: Vec::new(),
        }],
        time_intervals: Vec::new(),
        templates: Vec::new(),
    };
    let plan = Plan {
        routes: RouteTree::new(&settings.route),
        intervals: TimeIntervals::new(&[], TimeZone::UTC),
        settings: Arc::new(settings),
        integrations: BTreeMap::from([("hook".into(), vec![hook])]),
        route_labels: Arc::new(|told| told.route_labels.clone()),
        external_url: "http://localhost:9093".into(),
    };
    let around = Surroundings {
        dir: dir.to_owned(),
        fs: Arc::new(RealFs),
        clock: Clock::new(Timestamp::now),
        seed: u64::from(std::process::id()),
        registry: registry.clone(),
    };
    (Alerting::open(around, Options::default(), plan).unwrap(), notifications)
}
