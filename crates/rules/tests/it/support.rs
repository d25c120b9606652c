//! A manager with its notifier, store and time, and what tests ask of them.

pub(crate) mod receiver;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use regain_discovery::{FileSdMetrics, StaticConfig, TargetGroup};
use regain_http::ClientConfig;
use regain_metrics::{MetricValue, Registry};
use regain_model::{Labels, Timestamp, is_stale};
use regain_promql::{Engine, ParserOptions, parse};
use regain_rules::notifier::{AlertSink, AlertmanagerSettings, NotifierSettings, OutgoingAlert};
use regain_rules::{
    AlertSettings, Clock, DirectQueries, ExternalUrl, GroupView, NotifierManager, NotifierOptions,
    Rule, RuleGroup, RuleKind, RuleManager, RuleOptions, RuleSet, StateDir, Texts,
};
use regain_storage::fs::MemFs;
use regain_storage::memory::MemoryStore;
use regain_storage::{Appendable, Appender, Gate, LaneKey, Result};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{Instant, advance};

pub(crate) const INTERVAL: Duration = Duration::from_secs(10);
pub(crate) const START: Duration = Duration::from_secs(1_700_000_000);

/// Is a process: managers at work on a store and a disk, with time that stands still.
pub(crate) struct Process {
    pub(crate) rules: RuleManager,
    pub(crate) notifier: Arc<NotifierManager>,
    pub(crate) store: MemoryStore,
    pub(crate) fs: MemFs,
    pub(crate) registry: Registry,
    pub(crate) sink: Arc<Sink>,
    _time: StandingTime,
}

/// Is a store behind a gate.
struct Gated {
    store: MemoryStore,
    gate: Gate,
}

impl Appendable for Gated {
    fn appender(&self, key: &LaneKey) -> Result<Box<dyn Appender>> {
        self.store.appender(key)
    }

    fn gate(&self) -> Gate {
        self.gate.clone()
    }
}

/// Keeps what the receiver in the process gets.
#[derive(Debug, Default)]
pub(crate) struct Sink(Mutex<Vec<Arc<OutgoingAlert>>>);

impl AlertSink for Sink {
    fn receive(&self, alerts: &[Arc<OutgoingAlert>]) {
        self.0.lock().unwrap().extend(alerts.iter().cloned());
    }
}

impl Sink {
    /// Takes what came since the last time.
    pub(crate) fn take(&self) -> Vec<Arc<OutgoingAlert>> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Process {
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    /// Starts a process with options that `change` has changed.
    pub(crate) fn with(change: impl FnOnce(&mut NotifierOptions)) -> Self {
        Self::on(MemoryStore::new(), MemFs::new(), Instant::now(), change)
    }

    /// Starts a process on what another one left; the clock counts from `begin`.
    pub(crate) fn on(
        store: MemoryStore,
        fs: MemFs,
        begin: Instant,
        change: impl FnOnce(&mut NotifierOptions),
    ) -> Self {
        Self::behind(Gate::opened(), (store, fs), begin, change)
    }

    /// Starts a process whose store takes nothing before the gate opens.
    pub(crate) fn behind(
        gate: Gate,
        (store, fs): (MemoryStore, MemFs),
        begin: Instant,
        change: impl FnOnce(&mut NotifierOptions),
    ) -> Self {
        let registry = Registry::new();
        let clock = Clock::new(move || START + begin.elapsed());
        let sink = Arc::new(Sink::default());
        let file_sd_metrics = FileSdMetrics::register(&registry);
        let mut options = NotifierOptions {
            sink: Some(Arc::clone(&sink) as Arc<dyn AlertSink>),
            ..NotifierOptions::new(registry.clone(), file_sd_metrics, clock.clone())
        };
        change(&mut options);
        let notifier = Arc::new(NotifierManager::new(options));
        let rules = RuleManager::new(RuleOptions {
            store: Arc::new(Gated { store: store.clone(), gate }),
            source: Arc::new(store.clone()),
            queries: Arc::new(DirectQueries {
                engine: Engine::default(),
                source: Arc::new(store.clone()),
            }),
            parser: ParserOptions::default(),
            query_timeout: RuleOptions::QUERY_TIMEOUT,
            notifier: Arc::clone(&notifier),
            registry: registry.clone(),
            clock,
            external_url: ExternalUrl::new("http://here:9090", ""),
            outage_tolerance: RuleOptions::OUTAGE_TOLERANCE,
            grace_period: RuleOptions::GRACE_PERIOD,
            resend_delay: RuleOptions::RESEND_DELAY,
            state: Some(StateDir { fs: Arc::new(fs.clone()), path: "/alerts".into() }),
        });
        Self { rules, notifier, store, fs, registry, sink, _time: StandingTime::new() }
    }

    pub(crate) async fn apply(&self, groups: Vec<RuleGroup>) {
        self.rules.apply(RuleSet { groups, ..RuleSet::default() }).await;
    }

    /// Sets the value of `m{i="…"}`, now.
    pub(crate) fn set(&self, begin: Instant, instance: &str, value: f64) {
        let labels = Labels::from_pairs([("__name__", "m"), ("i", instance)]);
        let now = i64::try_from((START + begin.elapsed()).as_millis()).unwrap();
        self.store.add(&labels, [(Timestamp(now), value)]).unwrap();
    }

    /// Lets everybody go as far as they can.
    pub(crate) async fn settle(&self) {
        for _ in 0..100 {
            yield_now().await;
        }
    }

    /// Lets an interval pass, in which each group has its slot once, and waits for the evaluations.
    pub(crate) async fn evaluate(&self) {
        self.evaluate_after(INTERVAL).await;
    }

    /// Lets time pass, and waits until each group has been evaluated once.
    pub(crate) async fn evaluate_after(&self, time: Duration) {
        let evaluated = |group: &Arc<GroupView>| (group.settings.key(), group.last_evaluation);
        let before: Vec<_> = self.rules.groups().iter().map(evaluated).collect();
        advance(time).await;
        until(|| {
            let now = self.rules.groups();
            now.iter().zip(&before).all(|(group, before)| evaluated(group) != *before)
        })
        .await;
    }

    /// Returns the only group.
    pub(crate) fn group(&self) -> Arc<GroupView> {
        let groups = self.rules.groups();
        assert_eq!(groups.len(), 1);
        Arc::clone(&groups[0])
    }

    /// Returns the alerts of the first rule of the only group as `i:state`.
    pub(crate) fn alerts(&self) -> Vec<String> {
        let group = self.group();
        let alerting = group.rules[0].alerting.as_ref().unwrap();
        let text = |alert: &regain_rules::Alert| {
            format!("{}:{}", alert.labels.get("i").unwrap_or_default(), alert.state.as_str())
        };
        alerting.alerts.iter().map(text).collect()
    }

    /// Returns the values of a series, in the order of their times.
    pub(crate) fn values(&self, series: &str) -> Vec<String> {
        let all = self.store.to_vec();
        let found = all.iter().find(|(labels, _)| labels.to_metric_string() == series);
        let samples = found.iter().flat_map(|(_, samples)| samples);
        let text =
            |value: f64| if is_stale(value) { "stale".to_owned() } else { value.to_string() };
        samples.map(|&(_, value)| text(value)).collect()
    }

    /// Returns the value of one of the program's own metrics with these label values, if it is exposed.
    pub(crate) fn metric(&self, name: &str, label: Option<&str>) -> Option<f64> {
        let gathered = self.registry.gather();
        assert!(gathered.errors.is_empty(), "{:?}", gathered.errors);
        let family = gathered.families.iter().find(|family| family.name == name)?;
        let has = |labels: &[regain_metrics::LabelPair]| {
            label.is_none_or(|label| labels.iter().any(|pair| pair.value == label))
        };
        let metric = family.metrics.iter().find(|metric| has(&metric.labels))?;
        Some(match &metric.value {
            MetricValue::Number(value) => *value,
            MetricValue::Histogram(histogram) => histogram.count as f64,
            MetricValue::Summary(summary) => summary.count as f64,
            MetricValue::Native(histogram) => histogram.count,
        })
    }
}

pub(crate) fn texts(pairs: &[(&str, &str)]) -> Texts {
    pairs.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect()
}

/// Returns a group called `name` with the tests' interval.
pub(crate) fn group(name: &str, rules: Vec<Rule>) -> RuleGroup {
    RuleGroup {
        file: "r.yml".into(),
        name: name.into(),
        interval: INTERVAL,
        query_offset: None,
        limit: 0,
        rules: rules.into_iter().map(Arc::new).collect(),
    }
}

pub(crate) fn alerting(name: &str, query: &str, hold: Duration) -> Rule {
    let expr = parse(query, &ParserOptions::default()).unwrap();
    let kind = RuleKind::Alerting(AlertSettings { hold, ..AlertSettings::default() });
    Rule::new(name, expr, texts(&[]), kind)
}

pub(crate) fn recording(name: &str, query: &str) -> Rule {
    let expr = parse(query, &ParserOptions::default()).unwrap();
    Rule::new(name, expr, texts(&[]), RuleKind::Recording)
}

/// Returns settings that send to the addresses of one set.
pub(crate) fn sending_to(addresses: &[&str]) -> NotifierSettings {
    NotifierSettings { alertmanagers: vec![alertmanager(addresses)], ..NotifierSettings::default() }
}

pub(crate) fn alertmanager(addresses: &[&str]) -> AlertmanagerSettings {
    let group = TargetGroup::new("0", Labels::empty(), addresses.iter().copied());
    AlertmanagerSettings {
        client: ClientConfig::default(),
        scheme: "http".to_owned(),
        path_prefix: String::new(),
        timeout: Duration::from_secs(10),
        statics: StaticConfig { groups: vec![group] },
        files: Vec::new(),
        relabel_configs: Vec::new(),
        alert_relabel_configs: Vec::new(),
    }
}

/// Waits for something that happens without the clock moving.
pub(crate) async fn until(mut happened: impl FnMut() -> bool) {
    while !happened() {
        yield_now().await;
    }
}

/// Keeps the paused clock from moving on by itself while everybody waits for a socket.
#[derive(Debug)]
struct StandingTime {
    release: Option<std::sync::mpsc::Sender<()>>,
    _blocked: JoinHandle<()>,
}

impl StandingTime {
    fn new() -> Self {
        let (release, released) = std::sync::mpsc::channel::<()>();
        // The runtime's clock stands still as long as blocking work is under way.
        let blocked = tokio::task::spawn_blocking(move || {
            assert!(released.recv().is_err(), "nothing is ever sent");
        });
        Self { release: Some(release), _blocked: blocked }
    }
}

impl Drop for StandingTime {
    fn drop(&mut self) {
        drop(self.release.take());
    }
}
