//! What the manager counts about itself.

use regain_scrape::JobConfig;

use crate::support::{Exporter, Scraping, config, job};

#[tokio::test(start_paused = true)]
async fn pools_and_intervals_are_counted_under_upstreams_names() {
    let exporter = Exporter::text("# TYPE m gauge\nm 1\n").await;
    let limited = JobConfig { target_limit: 7, ..config() };
    let scraping = Scraping::start(limited.clone(), &[&exporter]).await;
    scraping.scrape().await;
    scraping.scrape().await;
    scraping.apply(vec![job(JobConfig { sample_limit: 9, ..limited.clone() }, &[&exporter])]).await;
    let mut broken = job(limited, &[&exporter]);
    let group = regain_discovery::TargetGroup::new("1", regain_model::Labels::empty(), ["a/b"]);
    broken.statics.groups.push(group);
    scraping.apply(vec![broken]).await;
    for (name, value) in [
        ("prometheus_target_scrape_pools_total", 1.0),
        ("prometheus_target_scrape_pools_failed_total", 0.0),
        ("prometheus_target_scrape_pool_reloads_total", 2.0),
        ("prometheus_target_scrape_pool_reloads_failed_total", 0.0),
        ("prometheus_target_scrape_pool_target_limit", 7.0),
        ("prometheus_target_scrape_pool_targets", 1.0),
        ("prometheus_target_scrape_pool_sync_total", 3.0),
        ("prometheus_target_sync_failed_total", 1.0),
        ("prometheus_target_sync_length_seconds", 3.0),
        ("prometheus_target_interval_length_seconds", 1.0),
        ("prometheus_target_interval_length_histogram_seconds", 1.0),
        ("prometheus_target_reload_length_seconds", 2.0),
        ("prometheus_target_metadata_cache_entries", 1.0),
        ("prometheus_target_metadata_cache_bytes", 1.0),
        ("prometheus_target_scrapes_exceeded_body_size_limit_total", 0.0),
        ("prometheus_target_scrape_pool_exceeded_label_limits_total", 0.0),
        ("prometheus_target_scrapes_cache_flush_forced_total", 0.0),
        ("prometheus_sd_discovered_targets", 2.0),
    ] {
        assert_eq!(scraping.own_metric(name), value, "{name}");
    }
    let interval = scraping.registry.gather().families.into_iter();
    let family =
        interval.into_iter().find(|f| f.name == "prometheus_target_interval_length_seconds");
    let label = &family.unwrap().metrics[0].labels[0];
    assert_eq!((&*label.name, &*label.value), ("interval", "10s"));

    scraping.apply(Vec::new()).await;
    for name in ["prometheus_target_scrape_pool_targets", "prometheus_sd_discovered_targets"] {
        let gathered = scraping.registry.gather();
        assert!(!gathered.families.iter().any(|family| family.name == name), "{name}");
    }
}
