//! When series end.

use crate::support::{Exporter, INTERVAL, Reply, Scraping, config, job, until};

const A: &str = r#"a{instance="a", job="j"}"#;
const B: &str = r#"b{instance="a", job="j"}"#;
const UP: &str = r#"up{instance="a", job="j"}"#;

#[tokio::test(start_paused = true)]
async fn a_series_that_vanishes_ends_at_the_next_scrape() {
    let exporter = Exporter::text("a 1\nb 1\n").await;
    let scraping = Scraping::start(config(), &[&exporter]).await;
    scraping.scrape().await;
    exporter.set_text("b 2\n");
    scraping.scrape().await;
    scraping.scrape().await;
    exporter.set_text("a 4\nb 4\n");
    scraping.scrape().await;
    scraping.check(&[
        (A, "1@10 stale@20 4@40"),
        (B, "1@10 2@20 2@30 4@40"),
        (UP, "1@10 1@20 1@30 1@40"),
    ]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_scrape_ends_all_series_once_and_says_down() {
    let failures = [
        Reply::status("503 Service Unavailable", ""),
        Reply::text("a 2\nb 2\nbroken{\n"),
        Reply::typed("text/html", "a 2\nb 2\n"),
        Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\na 2\n".to_vec()),
        Reply::Raw(Vec::new()),
        Reply::open_metrics("a 2\nb 2\n"),
    ];
    for failure in failures {
        let exporter = Exporter::text("a 1\nb 1\n").await;
        let scraping = Scraping::start(config(), &[&exporter]).await;
        scraping.scrape().await;
        exporter.set(failure.clone());
        scraping.scrape().await;
        scraping.scrape().await;
        exporter.set_text("a 4\nb 4\n");
        scraping.scrape().await;
        for series in [A, B] {
            assert_eq!(
                scraping.samples(series),
                "1@10 stale@20 4@40",
                "{series} after {failure:?}"
            );
        }
        assert_eq!(scraping.samples(UP), "1@10 0@20 0@30 1@40", "after {failure:?}");
        scraping.manager.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_body_ends_all_series_and_says_up() {
    let exporter = Exporter::text("a 1\n").await;
    let scraping = Scraping::start(config(), &[&exporter]).await;
    scraping.scrape().await;
    // Nothing is wrong with nothing, whatever type it has.
    exporter.set(Reply::with("", ""));
    scraping.scrape().await;
    scraping.check(&[(A, "1@10 stale@20"), (UP, "1@10 1@20")]);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_gone_ends_two_slots_later_at_the_slot_it_missed_first() {
    let exporter = Exporter::text("a 1\n").await;
    let scraping = Scraping::start(config(), &[&exporter]).await;
    scraping.scrape().await;
    scraping.apply(vec![job(config(), &[])]).await;
    assert_eq!(scraping.targets().len(), 0);
    scraping.pass(20).await;
    assert_eq!(scraping.samples(A), "1@10", "the grace is not over");
    scraping.pass(1).await;
    scraping.check(&[
        (A, "1@10 stale@20"),
        (UP, "1@10 stale@20"),
        (r#"scrape_samples_scraped{instance="a", job="j"}"#, "1@10 stale@20"),
    ]);
    assert_eq!(exporter.heads().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_comes_back_in_time_does_not_end() {
    let exporter = Exporter::text("a 1\nb 1\n").await;
    let scraping = Scraping::start(config(), &[&exporter]).await;
    scraping.scrape().await;
    scraping.apply(vec![job(config(), &[])]).await;
    exporter.set_text("a 2\n");
    scraping.apply(vec![job(config(), &[&exporter])]).await;
    let target = scraping.target();
    scraping.pass(10).await;
    until(|| target.status().last_scrape.is_some()).await;
    scraping.pass(30).await;
    let samples = scraping.samples(A);
    assert!(!samples.contains("stale"), "{samples}");
    assert_eq!(scraping.samples(B), "1@10 stale@20", "what did not come back ends all the same");
}

#[tokio::test(start_paused = true)]
async fn neither_a_stop_nor_the_end_of_a_job_ends_series() {
    let exporter = Exporter::text("a 1\n").await;
    for stop in [false, true] {
        let scraping = Scraping::start(config(), &[&exporter]).await;
        scraping.scrape().await;
        if stop {
            scraping.manager.stop().await;
        } else {
            scraping.apply(Vec::new()).await;
        }
        scraping.pass(4 * INTERVAL.as_secs()).await;
        scraping.check(&[(A, "1@10"), (UP, "1@10")]);
        assert!(scraping.manager.pools().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_manager_that_is_dropped_scrapes_no_more_and_ends_no_series() {
    let exporter = Exporter::text("a 1\n").await;
    let scraping = Scraping::start(config(), &[&exporter]).await;
    scraping.scrape().await;
    let store = scraping.store.clone();
    drop(scraping);
    // Time stands still again.
    let other = Scraping::idle();
    other.pass(4 * INTERVAL.as_secs()).await;
    assert_eq!(exporter.heads().len(), 1);
    let samples: usize = store.to_vec().iter().map(|(_, samples)| samples.len()).sum();
    assert_eq!(samples, 6, "one of the series, five of the report");
}

#[tokio::test(start_paused = true)]
async fn a_series_that_relabelling_merges_with_another_lives_while_one_of_them_does() {
    let exporter = Exporter::text("a{x=\"1\"} 1\n").await;
    let scraping = Scraping::start(config(), &[&exporter]).await;
    scraping.scrape().await;
    // The same series in other words.
    exporter.set_text("a{x=\"1\",} 2\n");
    scraping.scrape().await;
    exporter.set_text("");
    scraping.scrape().await;
    scraping.check(&[(r#"a{instance="a", job="j", x="1"}"#, "1@10 2@20 stale@30")]);
}
