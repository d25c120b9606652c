//! A manager with its store and its time, and what tests ask of them.

pub(crate) mod exporter;
pub(crate) mod protobuf;
pub(crate) mod stores;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use regain_discovery::{FileSdConfig, StaticConfig, TargetGroup};
use regain_metrics::{MetricValue, Registry};
use regain_model::{Labels, Timestamp, is_stale};
use regain_scrape::{Clock, Health, Job, JobConfig, ScrapeManager, ScrapeOptions, Target};
use regain_storage::memory::MemoryStore;
use regain_storage::{Appendable, Value};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{Instant, advance};

pub(crate) use exporter::{Exporter, Reply};

/// Is the interval of all jobs that set none, and so the step from one scrape to the next.
pub(crate) const INTERVAL: Duration = Duration::from_secs(10);
/// Is when the clock starts: on a slot's boundary, far from zero.
pub(crate) const START: Duration = Duration::from_secs(1_700_000_000);

/// Returns settings with the tests' interval.
pub(crate) fn config() -> JobConfig {
    JobConfig {
        scrape_interval: INTERVAL,
        scrape_timeout: Duration::from_secs(5),
        ..JobConfig::new("j")
    }
}

/// Returns a job with one target per address; the first is instance `a`, the second `b`.
pub(crate) fn job(config: JobConfig, exporters: &[&Exporter]) -> Job {
    let group = |(index, exporter): (usize, &&Exporter)| {
        let instance = char::from(b'a' + u8::try_from(index).unwrap()).to_string();
        let labels = Labels::from_pairs([("instance", instance)]);
        TargetGroup::new(index.to_string(), labels, [exporter.address.to_string().as_str()])
    };
    let groups = exporters.iter().enumerate().map(group).collect();
    let files = Vec::<FileSdConfig>::new();
    Job { config, statics: StaticConfig { groups }, files, failure_log: None }
}

/// Is a manager at work, with time that stands still.
pub(crate) struct Scraping {
    pub(crate) manager: ScrapeManager,
    pub(crate) store: MemoryStore,
    pub(crate) registry: Registry,
    _time: StandingTime,
}

impl Scraping {
    /// Starts a manager with one job of the settings.
    pub(crate) async fn start(config: JobConfig, exporters: &[&Exporter]) -> Self {
        let scraping = Self::idle();
        scraping.apply(vec![job(config, exporters)]).await;
        scraping
    }

    /// Starts a manager without jobs.
    pub(crate) fn idle() -> Self {
        let store = MemoryStore::new();
        Self::with_store(store.clone(), Arc::new(store))
    }

    /// Starts a manager that appends to `appendable`, which keeps its samples in `store`.
    pub(crate) fn with_store(store: MemoryStore, appendable: Arc<dyn Appendable>) -> Self {
        Self::with_options(store, appendable, |_| {})
    }

    /// Starts such a manager with options that `change` has changed.
    pub(crate) fn with_options(
        store: MemoryStore,
        appendable: Arc<dyn Appendable>,
        change: impl FnOnce(&mut ScrapeOptions),
    ) -> Self {
        let registry = Registry::new();
        let begin = Instant::now();
        let clock = Clock::new(move || START + begin.elapsed());
        let mut options = ScrapeOptions::new(appendable, registry.clone(), clock);
        change(&mut options);
        let manager = ScrapeManager::new(options);
        Self { manager, store, registry, _time: StandingTime::new() }
    }

    pub(crate) async fn apply(&self, jobs: Vec<Job>) {
        self.manager.apply(jobs, &Labels::empty()).await.unwrap();
    }

    /// Lets an interval pass, in which each target has its slot once, and waits until all were scraped.
    pub(crate) async fn scrape(&self) {
        let before: Vec<_> = self.targets().iter().map(|target| last_scrape(target)).collect();
        advance(INTERVAL).await;
        let targets = self.targets();
        until(|| targets.iter().map(|target| last_scrape(target)).ne(before.iter().copied())).await;
        for (target, before) in targets.iter().zip(before) {
            until(|| last_scrape(target) != before).await;
        }
    }

    /// Lets time pass in steps that leave no timer behind.
    pub(crate) async fn pass(&self, seconds: u64) {
        for _ in 0..seconds {
            advance(Duration::from_secs(1)).await;
            for _ in 0..100 {
                yield_now().await;
            }
        }
    }

    /// Returns the active targets of the job.
    pub(crate) fn targets(&self) -> Vec<Arc<Target>> {
        self.manager.targets_of("j").map(|pool| pool.active.clone()).unwrap_or_default()
    }

    /// Returns the only target.
    pub(crate) fn target(&self) -> Arc<Target> {
        let targets = self.targets();
        assert_eq!(targets.len(), 1);
        Arc::clone(&targets[0])
    }

    /// Returns the health and the last error of the only target.
    pub(crate) fn health(&self) -> (Health, String) {
        let status = self.target().status();
        (status.health, status.last_error.map(|error| error.to_string()).unwrap_or_default())
    }

    /// Returns the samples of a series as `value@seconds`, counted from the start of the clock.
    pub(crate) fn samples(&self, series: &str) -> String {
        let all = self.store.to_vec();
        let found = all.iter().find(|(labels, _)| labels.to_metric_string() == series);
        let samples = found.map(|(_, samples)| samples.as_slice()).unwrap_or_default();
        let text = samples.iter().map(|&(time, value)| sample_text(time, value));
        text.collect::<Vec<_>>().join(" ")
    }

    /// Returns the samples of a series as `value@seconds`, histograms in the test language's notation, and starts in
    /// seconds since 1970.
    pub(crate) fn values(&self, series: &str) -> Vec<String> {
        let all = self.store.to_values();
        let found = all.iter().find(|(labels, _)| labels.to_metric_string() == series);
        let samples = found.map(|(_, samples)| samples.as_slice()).unwrap_or_default();
        let text = samples.iter().map(|(time, start, value)| {
            let text = match value {
                Value::Float(value) => sample_text(*time, *value),
                Value::Histogram(histogram) => {
                    format!("{}@{}", histogram.test_notation(), seconds_of(*time))
                }
            };
            if start.0 == 0 { text } else { format!("{text} since {}", start.0 as f64 / 1000.0) }
        });
        text.collect()
    }

    /// Returns the series that a scrape did not write about itself.
    pub(crate) fn exposed_series(&self) -> Vec<String> {
        let all = self.store.to_vec();
        let names = all.iter().map(|(labels, _)| labels.to_metric_string());
        names.filter(|name| !name.starts_with("up{") && !name.starts_with("scrape_")).collect()
    }

    /// Checks the samples of several series.
    #[track_caller]
    pub(crate) fn check(&self, expected: &[(&str, &str)]) {
        for (series, samples) in expected {
            assert_eq!(self.samples(series), *samples, "{series}");
        }
    }

    /// Returns one of the manager's own metrics.
    pub(crate) fn own_metric(&self, name: &str) -> f64 {
        let gathered = self.registry.gather();
        assert!(gathered.errors.is_empty(), "{:?}", gathered.errors);
        let family = gathered.families.iter().find(|family| family.name == name);
        let values =
            family.iter().flat_map(|family| &family.metrics).map(|metric| match &metric.value {
                MetricValue::Number(value) => *value,
                MetricValue::Histogram(histogram) => histogram.count as f64,
                MetricValue::Summary(summary) => summary.count as f64,
                MetricValue::Native(histogram) => histogram.count,
            });
        values.sum()
    }
}

/// Returns when a target was scraped last.
pub(crate) fn last_scrape(target: &Target) -> Option<Timestamp> {
    target.status().last_scrape
}

fn seconds_of(time: Timestamp) -> f64 {
    let start = i64::try_from(START.as_millis()).unwrap();
    (time.as_millis() - start) as f64 / 1000.0
}

fn sample_text(time: Timestamp, value: f64) -> String {
    let seconds = seconds_of(time);
    if is_stale(value) { format!("stale@{seconds}") } else { format!("{value}@{seconds}") }
}

/// Waits for something that happens without the clock moving.
pub(crate) async fn until(mut happened: impl FnMut() -> bool) {
    while !happened() {
        yield_now().await;
    }
}

/// Keeps the paused clock from moving on by itself while everybody waits for a socket.
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
        self.release.take();
    }
}

/// Returns label values by name, for comparisons.
pub(crate) fn map(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
