mod crash;
mod play;
mod properties;
mod scenarios;
mod shell;
mod views;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use regain_metrics::Registry;
use regain_model::{Labels, Matcher};
use regain_storage::fs::MemFs;

use super::core::Core;
use super::files::Files;
use super::{OpenError, Options, Plan};
use crate::clock::Sequence;
use crate::metrics::Metrics;
use crate::notify::{Delivered, Notification, NotifyError};
use crate::pipeline::Notify;
use crate::route::RouteTree;
use crate::settings::{
    GroupBy, InhibitRuleSettings, NamedIntervals, ReceiverSettings, RouteSettings, Settings,
};
use crate::time_interval::TimeIntervals;

const START: Timestamp = Timestamp::constant(1_700_000_000, 0);

fn at(second: f64) -> Timestamp {
    START.checked_add(jiff::SignedDuration::from_secs_f64(second)).unwrap()
}

/// Takes everything and never fails.
#[derive(Debug)]
struct Deaf {
    send_resolved: bool,
}

impl Notify for Deaf {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn send_resolved(&self) -> bool {
        self.send_resolved
    }

    fn notify<'a>(&'a self, _: &'a Notification) -> BoxFuture<'a, Result<Delivered, NotifyError>> {
        Box::pin(async { Ok(Delivered::default()) })
    }
}

/// A configuration by its parts.
#[derive(Clone, Debug)]
struct Sketch {
    root: RouteSettings,
    inhibit_rules: Vec<InhibitRuleSettings>,
    intervals: Vec<NamedIntervals>,
    send_resolved: bool,
    resolve_timeout: Duration,
}

impl Default for Sketch {
    fn default() -> Self {
        let root = RouteSettings {
            receiver: Some("r".into()),
            group_by: Some(GroupBy::Labels(Arc::from(["job".to_owned()]))),
            ..RouteSettings::default()
        };
        Self {
            root,
            inhibit_rules: Vec::new(),
            intervals: Vec::new(),
            send_resolved: true,
            resolve_timeout: Duration::from_hours(10),
        }
    }
}

impl Sketch {
    fn plan_for(&self, notify: &Arc<dyn Notify>) -> Plan {
        let names: Vec<Arc<str>> = vec!["r".into(), "s".into()];
        let receiver = |name: &Arc<str>| ReceiverSettings {
            name: Arc::clone(name),
            labels: Labels::from_pairs([("name", &**name), ("team", "x")]),
            integrations: Vec::new(),
        };
        let settings = Settings {
            resolve_timeout: self.resolve_timeout,
            route: self.root.clone(),
            inhibit_rules: self.inhibit_rules.clone(),
            receivers: names.iter().map(receiver).collect(),
            time_intervals: self.intervals.clone(),
            templates: Vec::new(),
        };
        let integrations: BTreeMap<_, _> =
            names.iter().map(|name| (Arc::clone(name), vec![Arc::clone(notify)])).collect();
        Plan {
            routes: RouteTree::new(&settings.route),
            intervals: TimeIntervals::new(&settings.time_intervals, TimeZone::UTC),
            settings: Arc::new(settings),
            integrations,
            route_labels: Arc::new(|notification| notification.route_labels.clone()),
            external_url: "http://am".into(),
        }
    }

    fn plan(&self) -> Plan {
        let deaf: Arc<dyn Notify> = Arc::new(Deaf { send_resolved: self.send_resolved });
        self.plan_for(&deaf)
    }
}

fn open(fs: &MemFs, options: &Options, plan: Plan, now: Timestamp) -> Result<Core, OpenError> {
    let files = Files::open(Arc::new(fs.clone()), &PathBuf::from("/data"))?;
    let metrics = Metrics::new(&Registry::new());
    let seed = u64::try_from(now.as_nanosecond()).unwrap();
    Core::open(files, options.clone(), Arc::new(plan), metrics, Arc::new(Sequence::new(seed)), now)
}

fn equal(name: &str, value: &str) -> Matcher {
    Matcher::equal(name, value)
}
