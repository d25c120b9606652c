use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use regain_metrics::Registry;
use regain_model::{Matcher, Span, Timestamp, is_stale};
use regain_promql::{Engine, ParserOptions, parse};
use regain_storage::fs::MemFs;
use regain_storage::memory::MemoryStore;
use regain_storage::{Ctx, Queryable, Snapshot};

use super::*;
use crate::alert::AlertState;
use crate::clock::Clock;
use crate::manager::RuleOptions;
use crate::notifier::{AlertSink, NotifierManager, NotifierOptions};
use crate::queries::DirectQueries;
use crate::settings::{AlertSettings, Rule, RuleKind, Texts};
use crate::state::StateDir;
use crate::view::RuleHealth;

mod crash;
mod evaluation;
mod restoration;
mod sharing;

const START: u64 = 1_700_000_000;
const INTERVAL: Duration = Duration::from_mins(1);

/// Keeps what was sent.
#[derive(Default)]
struct Sent(Mutex<Vec<Arc<OutgoingAlert>>>);

impl AlertSink for Sent {
    fn receive(&self, alerts: &[Arc<OutgoingAlert>]) {
        self.0.lock().unwrap().extend(alerts.iter().cloned());
    }
}

/// Misbehaves where a query asks for the metric `panics` or `slow`.
struct Trap {
    store: MemoryStore,
    running: Arc<Running>,
    selections: Arc<AtomicU64>,
}

impl Queryable for Trap {
    fn snapshot(&self, span: Span, ctx: &Arc<Ctx>) -> regain_storage::Result<Arc<dyn Snapshot>> {
        let snapshot = self.store.snapshot(span, ctx)?;
        let (running, selections) = (Arc::clone(&self.running), Arc::clone(&self.selections));
        Ok(Arc::new(TrapSnapshot { snapshot, running, selections }))
    }
}

struct TrapSnapshot {
    snapshot: Arc<dyn Snapshot>,
    running: Arc<Running>,
    selections: Arc<AtomicU64>,
}

#[expect(clippy::panic_in_result_fn, reason = "a panic is what is tested")]
impl Snapshot for TrapSnapshot {
    fn select(
        &self,
        selection: &regain_storage::Selection<'_>,
        ctx: &Arc<Ctx>,
    ) -> regain_storage::Result<Box<dyn regain_storage::Parts>> {
        let names = |value: &str| selection.matchers.iter().any(|matcher| matcher.value() == value);
        assert!(!names("panics"), "a bomb");
        self.selections.fetch_add(1, Ordering::Relaxed);
        if names("slow") {
            self.running.time_out();
        }
        self.snapshot.select(selection, ctx)
    }

    fn label_names(&self, _: &[Matcher], _: usize) -> regain_storage::Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn label_values(
        &self,
        _: &str,
        _: &[Matcher],
        _: usize,
    ) -> regain_storage::Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn changed_since(&self, mark: u64) -> (u64, Option<Timestamp>) {
        self.snapshot.changed_since(mark)
    }
}

/// Is a process with one group: a store and a disk that outlive it, and a clock.
struct World {
    store: MemoryStore,
    fs: MemFs,
    sent: Arc<Sent>,
    now: Arc<AtomicU64>,
    shared: Shared,
    running: Arc<Running>,
    /// Counts what the store was asked for.
    selections: Arc<AtomicU64>,
}

impl World {
    fn new() -> Self {
        Self::on(MemoryStore::new(), MemFs::new(), 0)
    }

    /// Starts a process on what a former one left, `now` seconds after the start.
    fn on(store: MemoryStore, fs: MemFs, now: u64) -> Self {
        let registry = Registry::new();
        let seconds = Arc::new(AtomicU64::new(now));
        let clock = {
            let seconds = Arc::clone(&seconds);
            Clock::new(move || Duration::from_secs(START + seconds.load(Ordering::Relaxed)))
        };
        let (sent, running) = (Arc::new(Sent::default()), Arc::new(Running::new()));
        let file_sd_metrics = regain_discovery::FileSdMetrics::register(&registry);
        let notifier = NotifierManager::new(NotifierOptions {
            sink: Some(Arc::clone(&sent) as Arc<dyn AlertSink>),
            ..NotifierOptions::new(registry.clone(), file_sd_metrics, clock.clone())
        });
        let selections = Arc::new(AtomicU64::new(0));
        let source: Arc<dyn Queryable> = Arc::new(Trap {
            store: store.clone(),
            running: Arc::clone(&running),
            selections: Arc::clone(&selections),
        });
        let engine = Engine::default();
        let shared = Shared::new(RuleOptions {
            store: Arc::new(store.clone()),
            queries: Arc::new(DirectQueries { engine, source: Arc::clone(&source) }),
            source,
            parser: ParserOptions::default(),
            query_timeout: RuleOptions::QUERY_TIMEOUT,
            notifier: Arc::new(notifier),
            registry,
            clock,
            external_url: ExternalUrl::new("http://here:9090", ""),
            outage_tolerance: RuleOptions::OUTAGE_TOLERANCE,
            grace_period: RuleOptions::GRACE_PERIOD,
            resend_delay: RuleOptions::RESEND_DELAY,
            state: Some(StateDir { fs: Arc::new(fs.clone()), path: "/alerts".into() }),
        });
        Self { store, fs, sent, now: seconds, shared, running, selections }
    }

    fn set_now(&self, seconds: u64) {
        self.now.store(seconds, Ordering::Relaxed);
    }

    /// Sets the value of `m{i="…"}`, or ends the series.
    fn set(&self, at: u64, instance: &str, value: Option<f64>) {
        let labels = Labels::from_pairs([("__name__", "m"), ("i", instance)]);
        let value = value.unwrap_or(regain_model::STALE_NAN);
        self.store.add(&labels, [(stamp(at), value)]).unwrap();
    }

    fn evaluate(&self, group: &mut Group, at: u64) {
        self.set_now(at);
        group.evaluate(Duration::from_secs(START + at), &self.shared, &self.running);
    }

    /// Returns the samples of a series as `value@seconds`.
    fn samples(&self, series: &str) -> String {
        let all = self.store.to_vec();
        let found = all.iter().find(|(labels, _)| labels.to_metric_string() == series);
        let texts = found.iter().flat_map(|(_, samples)| samples).map(|&(time, value)| {
            let at = (time.0 - stamp(0).0) as f64 / 1000.0;
            if is_stale(value) { format!("stale@{at}") } else { format!("{value}@{at}") }
        });
        texts.collect::<Vec<_>>().join(" ")
    }

    /// Returns what was sent since the last call, as `i startsAt-endsAt`.
    fn take_sent(&self) -> Vec<String> {
        let sent = std::mem::take(&mut *self.sent.0.lock().unwrap());
        let text = |alert: &Arc<OutgoingAlert>| {
            let instance = alert.labels.get("i").unwrap_or_default();
            let starts = alert.starts_at.map(|at| at.as_secs() - START);
            format!("{instance} {starts:?}-{}", alert.ends_at.as_secs() - START)
        };
        sent.iter().map(text).collect()
    }
}

fn stamp(seconds: u64) -> Timestamp {
    Timestamp(i64::try_from((START + seconds) * 1000).unwrap())
}

fn texts(pairs: &[(&str, &str)]) -> Texts {
    pairs.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect()
}

fn recording(name: &str, query: &str, labels: &[(&str, &str)]) -> Arc<Rule> {
    let expr = parse(query, &ParserOptions::default()).unwrap();
    Arc::new(Rule::new(name, expr, texts(labels), RuleKind::Recording))
}

fn alerting(name: &str, query: &str, hold_s: u64) -> Arc<Rule> {
    let settings = AlertSettings {
        hold: Duration::from_secs(hold_s),
        keep_firing_for: Duration::ZERO,
        annotations: texts(&[("text", "{{ $labels.i }} is {{ $value }}")]),
    };
    let expr = parse(query, &ParserOptions::default()).unwrap();
    Arc::new(Rule::new(name, expr, Texts::new(), RuleKind::Alerting(settings)))
}

fn settings(rules: Vec<Arc<Rule>>) -> RuleGroup {
    RuleGroup {
        file: "r.yml".into(),
        name: "g".into(),
        interval: INTERVAL,
        query_offset: None,
        limit: 0,
        rules,
    }
}

/// Returns the alerts of the first rule as `i:state since-fired`.
fn alerts(group: &Group) -> Vec<String> {
    let view = group.view();
    let alerting = view.rules[0].alerting.as_ref().unwrap();
    let text = |alert: &crate::alert::Alert| {
        let at = |time: Duration| time.as_secs() - START;
        let (instance, state) = (alert.labels.get("i").unwrap_or_default(), alert.state.as_str());
        format!("{instance}:{state} {}-{:?}", at(alert.active_at), alert.fired_at.map(at))
    };
    alerting.alerts.iter().map(text).collect()
}
