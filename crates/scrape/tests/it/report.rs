//! The series that a scrape writes about itself.

use regain_model::relabel::{Action, RelabelConfig};
use regain_scrape::JobConfig;

use crate::support::{Exporter, Reply, Scraping, config};

fn of(name: &str) -> String {
    format!("{name}{{instance=\"a\", job=\"j\"}}")
}

#[tokio::test(start_paused = true)]
async fn a_report_counts_samples_and_new_series() {
    let drop_b = RelabelConfig {
        source_labels: vec!["__name__".to_owned()],
        regex: regain_go_regexp::Regex::anchored("b").unwrap(),
        action: Action::Drop,
        ..RelabelConfig::default()
    };
    let config = JobConfig { metric_relabel_configs: vec![drop_b], ..config() };
    let exporter = Exporter::text("a 1\nb 1\nc 1\n").await;
    let scraping = Scraping::start(config, &[&exporter]).await;
    scraping.scrape().await;
    exporter.set_text("b 1\nc 1\nd 1\ne 1\n");
    scraping.scrape().await;
    exporter.set_text("c 1\nbroken\n");
    scraping.scrape().await;
    exporter.set_text("c 1\n");
    scraping.scrape().await;
    for (name, samples) in [
        ("up", "1@10 1@20 0@30 1@40"),
        ("scrape_duration_seconds", "0@10 0@20 0@30 0@40"),
        ("scrape_samples_scraped", "3@10 4@20 1@30 1@40"),
        ("scrape_samples_post_metric_relabeling", "2@10 3@20 1@30 1@40"),
        ("scrape_series_added", "2@10 2@20 0@30 0@40"),
        ("scrape_timeout_seconds", ""),
    ] {
        assert_eq!(scraping.samples(&of(name)), samples, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_says_more_where_the_job_asks_for_it() {
    let config = JobConfig { extra_scrape_metrics: true, sample_limit: 5, ..config() };
    let exporter = Exporter::text("a 1\n").await;
    let scraping = Scraping::start(config, &[&exporter]).await;
    scraping.scrape().await;
    exporter.set(Reply::status("500 Internal Server Error", ""));
    scraping.scrape().await;
    for (name, samples) in [
        ("scrape_timeout_seconds", "5@10 5@20"),
        ("scrape_sample_limit", "5@10 5@20"),
        ("scrape_body_size_bytes", "4@10 0@20"),
    ] {
        assert_eq!(scraping.samples(&of(name)), samples, "{name}");
    }
    assert_eq!(scraping.own_metric("prometheus_target_scrape_duration_seconds"), 2.0);
}
