//! Stores that fail or forget.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use regain_scrape::Health;

use crate::support::stores::{Fault, FaultyStore, GatedStore};
use crate::support::{Exporter, START, Scraping, config, job};

async fn start(fault: Fault, body: &str) -> (Scraping, FaultyStore, Exporter) {
    let exporter = Exporter::text(body).await;
    let faulty = FaultyStore::new(fault);
    let scraping = Scraping::with_store(faulty.store.clone(), Arc::new(faulty.clone()));
    scraping.apply(vec![job(config(), &[&exporter])]).await;
    (scraping, faulty, exporter)
}

#[tokio::test(start_paused = true)]
async fn references_that_the_store_forgot_are_asked_for_again() {
    let body = |seconds: u64| {
        let timed = START.as_millis() + u128::from(seconds) * 1000;
        format!(
            "# TYPE h histogram\nh_bucket{{le=\"1\"}} {seconds}\na{{x=\"1\"}} {seconds}\na{{x=\"1\"}} 9\n\
             t {seconds} {timed}\nt 1 {}\n",
            timed + 1000
        )
    };
    let (scraping, faulty, exporter) = start(Fault::Forgetful, &body(1)).await;
    scraping.scrape().await;
    faulty.forget();
    exporter.set_text(&body(12));
    scraping.scrape().await;
    exporter.set_text(&body(23));
    scraping.scrape().await;
    faulty.forget();
    exporter.set_text("");
    scraping.scrape().await;
    scraping.check(&[
        (r#"h_bucket{instance="a", job="j", le="1.0"}"#, "1@10 12@20 23@30"),
        (r#"a{instance="a", job="j", x="1"}"#, "1@10 12@20 23@30"),
        (r#"t{instance="a", job="j"}"#, "1@1 1@2 12@12 1@13 23@23 1@24"),
        (r#"up{instance="a", job="j"}"#, "1@10 1@20 1@30 1@40"),
        (r#"scrape_series_added{instance="a", job="j"}"#, "3@10 0@20 0@30 0@40"),
    ]);
}

#[tokio::test(start_paused = true)]
async fn a_store_without_lanes_fails_the_scrape() {
    let (scraping, ..) = start(Fault::NoLanes, "m 1\n").await;
    scraping.scrape().await;
    let message = "storage: the store takes no samples for now: the disk is full";
    assert_eq!(scraping.health(), (Health::Down, message.to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_series_that_cannot_be_opened_fails_the_scrape_as_a_whole() {
    let (scraping, _, exporter) = start(Fault::FailOver("b"), "a 1\n").await;
    scraping.scrape().await;
    exporter.set_text("a 2\nb 2\n");
    scraping.scrape().await;
    assert_eq!(scraping.health().0, Health::Down);
    scraping.check(&[
        (r#"a{instance="a", job="j"}"#, "1@10 stale@20"),
        (r#"up{instance="a", job="j"}"#, "1@10 0@20"),
    ]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_reads_its_log_gets_the_samples_later() {
    let exporter = Exporter::text("m 1\n").await;
    let gated = Arc::new(GatedStore::default());
    let scraping = Scraping::with_store(gated.store.clone(), Arc::clone(&gated) as _);
    scraping.apply(vec![job(config(), &[&exporter])]).await;
    let mut scraped_at = 0;
    while exporter.heads().is_empty() {
        scraping.pass(1).await;
        scraped_at += 1;
    }
    scraping.pass(3).await;
    assert_eq!(scraping.samples(r#"m{instance="a", job="j"}"#), "");
    gated.is_whole.store(true, Ordering::SeqCst);
    gated.gate.open();
    scraping.pass(1).await;
    let sample = scraping.samples(r#"m{instance="a", job="j"}"#);
    let time = sample.strip_prefix("1@").and_then(|time| time.parse().ok());
    assert!(time.is_some_and(|time: u64| time <= scraped_at), "{sample:?}, not {scraped_at}");
    let took = scraping.samples(r#"scrape_duration_seconds{instance="a", job="j"}"#);
    assert!(took.starts_with("0@"), "{took:?}: to wait for the store is no part of it");
    assert_eq!(exporter.heads().len(), 1);
}
