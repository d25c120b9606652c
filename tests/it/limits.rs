//! Limits on series: a target and a sender that begin to send too many lose the excess and nothing else.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use regain_tests::process::{wait_for, write_file};
use regain_tests::program::Program;
use regain_tests::push::{Push, send};
use regain_tests::server::{Server, Setup};
use serde_json::Value;

use super::target::{AT_ONCE, TEXT, Target, respond};

const LIMIT: Duration = Duration::from_mins(1);

/// A target with `calm` and with as many series of `wild` as it is told.
fn target() -> (Target, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(2));
    let told = Arc::clone(&count);
    let target = Target::serve(move |stream, _| {
        let wild =
            (0..told.load(Ordering::SeqCst)).map(|number| format!("wild{{n=\"{number}\"}} 1\n"));
        let body = format!("calm 1\n{}", wild.collect::<String>());
        respond(stream, TEXT, "", body.as_bytes())
    });
    (target, count)
}

fn limits(dir: &Path, text: &str) {
    let text = format!("storage: {{limits: {text}}}\n");
    write_file(&dir.join("regain.yml"), &text).unwrap();
}

fn start(dir: &Path, target: &Target) -> Server {
    let config = format!(
        "scrape_configs:\n- job_name: shop\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\n  \
         static_configs: [{{targets: ['{}']}}]\n",
        target.address()
    );
    let setup = Setup::new(Program::Regain, dir).config(config).flag(AT_ONCE);
    let setup = setup.flag("--web.enable-lifecycle");
    let file = dir.join("regain.yml");
    setup.flag(format!("--regain.config.file={}", file.display())).start().unwrap()
}

/// Waits until a query has this value.
fn wait_until(server: &Server, query: &str, expected: f64) {
    let look = || Ok((server.number(query)? == Some(expected)).then_some(()));
    wait_for(&format!("{query} is {expected}"), LIMIT, look).unwrap();
}

fn refused(server: &Server) -> Vec<Value> {
    let found = server.data("/api/v1/regain/limits").unwrap();
    found["refused"].as_array().unwrap().clone()
}

#[test]
fn a_target_that_explodes_loses_the_excess_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    limits(dir.path(), "{series_per_metric: 5}");
    let (target, count) = target();
    let server = start(dir.path(), &target);
    wait_until(&server, "count(wild)", 2.0);
    count.store(50, Ordering::SeqCst);
    wait_until(&server, "count(wild)", 5.0);
    // The scrape goes well and says what it saw; known series and all others go on.
    wait_until(&server, "max_over_time(scrape_samples_scraped[1m])", 51.0);
    for query in ["up", "min_over_time(up[1m])", "calm", "wild{n=\"0\"}", "wild{n=\"1\"}"] {
        assert_eq!(server.number(query).unwrap(), Some(1.0), "{query}");
    }
    let of_wild = &refused(&server)[0];
    assert_eq!((of_wild["job"].as_str(), of_wild["metric"].as_str()), (Some("shop"), Some("wild")));
    assert_eq!(
        (of_wild["series"].as_u64(), of_wild["reason"].as_str()),
        (Some(45), Some("metric"))
    );
    let metrics = server.get("/metrics").unwrap().text();
    assert!(
        metrics.contains("regain_storage_series_refused_total{reason=\"metric\"} 45\n"),
        "{metrics}"
    );

    // A reload raises the limit, and the target is asked again by itself.
    limits(dir.path(), "{series_per_metric: 20}");
    let reload = server.connect().unwrap().post("/-/reload", "", b"").unwrap();
    assert_eq!(reload.status, 200, "{}", reload.text());
    wait_until(&server, "count(wild)", 20.0);
    // A file with a mistake changes nothing.
    limits(dir.path(), "{series_per_metric: many}");
    assert_eq!(server.connect().unwrap().post("/-/reload", "", b"").unwrap().status, 500);
    let found = server.data("/api/v1/regain/limits").unwrap();
    assert_eq!(found["seriesPerMetric"], 20);

    // What was known stays known across a restart.
    limits(dir.path(), "{series_per_metric: 1}");
    let setup = server.stop().unwrap();
    let server = setup.start().unwrap();
    wait_until(&server, "count(timestamp(wild) > time() - 1)", 20.0);
    server.stop().unwrap();
}

#[test]
fn a_sender_that_explodes_loses_the_excess_and_is_told() {
    let dir = tempfile::tempdir().unwrap();
    limits(dir.path(), "{jobs: [{job: pushed, series: 3}]}");
    let (target, _) = target();
    let server = start(dir.path(), &target);
    let now_ms = Timestamp::now().as_millisecond();
    let push = |time_ms: i64, count: usize| {
        let mut push = Push::default();
        for number in 0..count {
            let number = number.to_string();
            let labels = [("__name__", "pushed"), ("job", "pushed"), ("n", number.as_str())];
            push.series(&labels, &[(time_ms, 1.0)]);
        }
        send(&mut server.connect().unwrap(), &push.compressed().unwrap()).unwrap()
    };
    assert_eq!(push(now_ms - 2000, 2).status, 204);
    let answer = push(now_ms - 1000, 10);
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!(answer.text().lines().count(), 7, "{}", answer.text());
    assert_eq!(server.number("count(pushed)").unwrap(), Some(3.0));
    assert_eq!(server.number("sum(count_over_time(pushed[1m]))").unwrap(), Some(5.0));
    // The other jobs have no limit.
    wait_until(&server, "count(wild)", 2.0);
    server.stop().unwrap();
}

#[test]
fn new_series_are_refused_while_memory_is_short_and_known_ones_go_on() {
    let dir = tempfile::tempdir().unwrap();
    limits(dir.path(), "{memory: 64GiB}");
    let (target, count) = target();
    let server = start(dir.path(), &target);
    wait_until(&server, "count(wild)", 2.0);
    // The process has more than this as soon as it runs.
    limits(dir.path(), "{memory: 1MiB}");
    let reload = server.connect().unwrap().post("/-/reload", "", b"").unwrap();
    assert_eq!(reload.status, 200, "{}", reload.text());
    let is_short = || {
        let found = server.data("/api/v1/regain/limits")?;
        Ok((found["memory"]["refusesAll"] == true).then_some(()))
    };
    wait_for("memory to be short", LIMIT, is_short).unwrap();
    count.store(10, Ordering::SeqCst);
    wait_until(&server, "last_over_time(scrape_samples_scraped[1m])", 11.0);
    assert_eq!(server.number("count(wild)").unwrap(), Some(2.0));
    assert_eq!(server.number("min_over_time(up[1m])").unwrap(), Some(1.0));
    limits(dir.path(), "{memory: 0}");
    server.connect().unwrap().post("/-/reload", "", b"").unwrap();
    wait_until(&server, "count(wild)", 10.0);
    let log = std::fs::read_to_string(server.setup.log_file()).unwrap();
    assert!(log.contains("Memory is above its limit"), "{log}");
    server.stop().unwrap();
}
