//! Collectors that hang, panic or fail: what the others' series are worth then.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use regain_collectors::{CollectError, Collector, Host, Selection, Sink};
use regain_exposition::{MetricFamily, MetricValue};

const SOON: Duration = Duration::from_millis(150);
const LATE: Duration = Duration::from_mins(5);

#[derive(Debug, Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
    calls: AtomicUsize,
}

impl Gate {
    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

#[derive(Debug)]
struct Hanging(Arc<Gate>);

impl Collector for Hanging {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        let mut open = self.0.open.lock().unwrap();
        while !*open {
            open = self.0.opened.wait(open).unwrap();
        }
        sink.gauge("came_back", "It did.", &[], 1.0);
        Ok(())
    }
}

#[derive(Debug)]
struct Quick;

impl Collector for Quick {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        sink.gauge("quick", "Is quick.", &[], 1.0);
        Ok(())
    }
}

#[derive(Debug)]
struct Panicking;

impl Collector for Panicking {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        sink.gauge("before_the_panic", "Counts.", &[], 1.0);
        std::panic::panic_any("on purpose");
    }
}

fn value(families: &[MetricFamily], name: &str, collector: Option<&str>) -> Option<f64> {
    let family = families.iter().find(|family| family.name == name)?;
    let metric = family.metrics.iter().find(|metric| {
        collector.is_none_or(|collector| metric.labels.iter().any(|pair| pair.value == collector))
    })?;
    match metric.value {
        MetricValue::Number(value) => Some(value),
        _ => None,
    }
}

fn success(families: &[MetricFamily], collector: &str) -> Option<f64> {
    value(families, "node_scrape_collector_success", Some(collector))
}

fn gather(host: &Host, limit: Duration) -> Vec<MetricFamily> {
    host.gather(&Selection::All, limit).families
}

#[test]
fn a_hanging_collector_costs_only_its_own_series_and_is_not_started_again() {
    let gate = Arc::new(Gate::default());
    let host =
        Host::of(vec![("hangs", Box::new(Hanging(Arc::clone(&gate)))), ("quick", Box::new(Quick))]);

    for _ in 0..4 {
        let families = gather(&host, SOON);
        assert_eq!(value(&families, "quick", None), Some(1.0));
        assert_eq!(success(&families, "quick"), Some(1.0));
        assert_eq!(success(&families, "hangs"), Some(0.0));
        assert_eq!(value(&families, "came_back", None), None);
    }
    assert_eq!(gate.calls.load(Ordering::SeqCst), 1);

    gate.open();
    // The old run may still be on its way out; whoever joins it gets its series as well.
    let families = gather(&host, LATE);
    assert_eq!(value(&families, "came_back", None), Some(1.0));
    assert_eq!(success(&families, "hangs"), Some(1.0));
}

#[test]
fn more_hanging_collectors_than_threads_do_not_starve_the_rest() {
    let gate = Arc::new(Gate::default());
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut collectors: Vec<(&'static str, Box<dyn Collector>)> = names
        .into_iter()
        .map(|name| (name, Box::new(Hanging(Arc::clone(&gate))) as Box<dyn Collector>))
        .collect();
    collectors.push(("quick", Box::new(Quick)));
    let host = Host::of(collectors);

    let families = gather(&host, Duration::from_secs(3));

    assert_eq!(value(&families, "quick", None), Some(1.0));
    assert!(names.iter().all(|name| success(&families, name) == Some(0.0)));
    gate.open();
}

#[test]
fn a_panic_ends_one_collector_and_keeps_what_it_had_found() {
    let host = Host::of(vec![("panics", Box::new(Panicking)), ("quick", Box::new(Quick))]);
    for _ in 0..2 {
        let families = gather(&host, LATE);
        assert_eq!(success(&families, "panics"), Some(0.0));
        assert_eq!(success(&families, "quick"), Some(1.0));
        assert_eq!(value(&families, "before_the_panic", None), Some(1.0));
    }
}

#[test]
fn two_scrapes_at_once_share_one_run() {
    let gate = Arc::new(Gate::default());
    let host = Arc::new(Host::of(vec![("hangs", Box::new(Hanging(Arc::clone(&gate))))]));
    std::thread::scope(|scope| {
        let scrapes: Vec<_> = (0..2).map(|_| scope.spawn(|| gather(&host, LATE))).collect();
        while gate.calls.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        gate.open();
        for scrape in scrapes {
            assert_eq!(success(&scrape.join().unwrap(), "hangs"), Some(1.0));
        }
    });
    assert!(gate.calls.load(Ordering::SeqCst) <= 2);
}

#[test]
fn selects_collectors_by_name_with_upstreams_words() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let settings = regain_collectors::Settings::default();
    let host = Host::new(&settings, ["loadavg", "uname"], runtime.handle()).unwrap();
    let refused = |name| host.only([name]).unwrap_err().to_string();

    assert_eq!(refused("nope"), "missing collector: nope");
    assert_eq!(refused("wifi"), "missing collector: wifi");
    assert_eq!(refused("stat"), "disabled collector: stat");
    assert_eq!(host.all_but(["loadavg"]), host.only(["uname"]).unwrap());
    assert_eq!(host.all_but(["loadavg", "uname"]), Selection::All);

    let families = host.gather(&host.only(["uname"]).unwrap(), LATE).families;
    assert_eq!(success(&families, "uname"), Some(1.0));
    assert_eq!(success(&families, "loadavg"), None);
}
