//! What scraping costs, as far as a scrape itself can tell.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use regain_http::cpu::ThreadClock;
use regain_model::relabel::{Action, RelabelConfig};
use regain_scrape::JobConfig;
use regain_storage::memory::MemoryStore;

use crate::support::{Exporter, Reply, Scraping, config, job};

fn zipped(body: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_target_knows_what_its_last_scrape_read() {
    let lines: Vec<String> = (0..100).map(|n| format!("m{{n=\"{n}\"}} {n}\n")).collect();
    let body = lines.concat();
    let wire = zipped(&body);
    let headers = "content-type: text/plain\r\ncontent-encoding: gzip\r\n\
                   date: Tue, 14 Nov 2023 22:15:00 GMT\r\n";
    let exporter = Exporter::start(Reply::with(headers, wire.clone())).await;
    let dropped = RelabelConfig {
        source_labels: vec!["n".to_owned()],
        regex: regain_go_regexp::Regex::anchored("9.").unwrap(),
        action: Action::Drop,
        ..RelabelConfig::default()
    };
    let config = JobConfig { metric_relabel_configs: vec![dropped], ..config() };
    let scraping = Scraping::start(config, &[&exporter]).await;
    assert_eq!(scraping.target().status().size, regain_scrape::ScrapeSize::default());
    scraping.scrape().await;
    let status = scraping.target().status();
    // Ten are dropped; the scrape adds five series about itself.
    assert_eq!((status.size.samples, status.size.series), (100, 95));
    assert_eq!(status.size.body_bytes, body.len() as u64);
    assert_eq!(status.size.wire_bytes, wire.len() as u64);
    let texts = body.len() - 3 * 100;
    assert!(status.size.cache_bytes >= texts, "{} bytes", status.size.cache_bytes);
    assert_eq!(status.clock_skew_seconds, Some(90.5));

    exporter.set(Reply::status("500 Internal Server Error", ""));
    scraping.scrape().await;
    let status = scraping.target().status();
    assert_eq!((status.size.samples, status.size.series, status.size.wire_bytes), (0, 5, 0));
    assert_eq!(status.clock_skew_seconds, None);
}

/// A clock that moves on by a millisecond whenever it is asked.
fn tick() -> Duration {
    static TICKS: AtomicU64 = AtomicU64::new(0);
    Duration::from_millis(TICKS.fetch_add(1, Ordering::Relaxed))
}

#[tokio::test(start_paused = true)]
async fn the_turns_of_loops_and_connections_are_measured() {
    let exporter = Exporter::text("m 1\n").await;
    let store = MemoryStore::new();
    let scraping = Scraping::with_options(store.clone(), Arc::new(store), |options| {
        options.thread_clock = Some(ThreadClock::new(tick));
    });
    scraping.apply(vec![job(config(), &[&exporter])]).await;
    assert_eq!(scraping.manager.cpu_per_scrape("j"), None);
    assert_eq!(scraping.manager.cpu_per_scrape("none"), None);
    scraping.scrape().await;
    scraping.scrape().await;
    let cpu = scraping.manager.cpu_per_scrape("j").unwrap();
    assert_eq!(cpu.scrapes, 1, "the first is left out");
    // A loop is woken for the head of the answer at least, and so is the connection: each turn takes a tick.
    assert!(cpu.seconds >= 0.003, "{cpu:?}");

    // A reload keeps what is known.
    let config = JobConfig { sample_limit: 10, ..config() };
    scraping.apply(vec![job(config, &[&exporter])]).await;
    scraping.scrape().await;
    assert_eq!(scraping.manager.cpu_per_scrape("j").unwrap().scrapes, 2);
}
