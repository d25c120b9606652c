//! By how much a target's clock is ahead.

use regain_scrape::JobConfig;

use crate::support::{Exporter, Reply, Scraping, config};

const SKEW: &str = r#"scrape_clock_skew_seconds{instance="a", job="j"}"#;

fn dated(date: &str) -> Reply {
    Reply::with(&format!("content-type: text/plain\r\ndate: {date}\r\n"), "m 1\n")
}

#[tokio::test(start_paused = true)]
async fn the_skew_is_positive_for_a_target_that_is_ahead_and_ends_with_its_dates() {
    let exporter = Exporter::text("m 1\n").await;
    let config = JobConfig { clock_skew_metric: true, ..config() };
    let scraping = Scraping::start(config, &[&exporter]).await;
    // The scrapes are at 22:13:30, 22:13:40 and so on; a date names a second whose middle is meant.
    for reply in [
        dated("Tue, 14 Nov 2023 22:15:00 GMT"),
        dated("Tue, 14 Nov 2023 22:12:10 GMT"),
        Reply::text("m 1\n"),
        dated("today"),
        dated("Tue, 14 Nov 2023 22:14:10 GMT"),
    ] {
        exporter.set(reply);
        scraping.scrape().await;
    }
    scraping.check(&[(SKEW, "90.5@10 -89.5@20 stale@30 0.5@50")]);
    exporter.set(Reply::status("500 Internal Server Error", ""));
    scraping.scrape().await;
    assert_eq!(scraping.samples(SKEW), "90.5@10 -89.5@20 stale@30 0.5@50 stale@60");
}

#[tokio::test(start_paused = true)]
async fn the_skew_is_measured_where_the_job_asks_for_it() {
    let exporter = Exporter::start(dated("Tue, 14 Nov 2023 22:15:00 GMT")).await;
    let scraping = Scraping::start(config(), &[&exporter]).await;
    scraping.scrape().await;
    scraping.check(&[(SKEW, ""), (r#"up{instance="a", job="j"}"#, "1@10")]);
}
