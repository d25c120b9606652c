//! Limits, at the limit and one above.

use regain_model::relabel::{Action, RelabelConfig};
use regain_scrape::{Health, JobConfig};

use crate::support::{Exporter, Scraping, config, job};

const KEPT: &str = r#"scrape_samples_post_metric_relabeling{instance="a", job="j"}"#;
const SCRAPED: &str = r#"scrape_samples_scraped{instance="a", job="j"}"#;

/// Scrapes a body that keeps a limit on labels and one that does not, and returns the error of the second.
async fn refused(config: JobConfig, within: &str, above: &str) -> String {
    let exporter = Exporter::text(within).await;
    let scraping = Scraping::start(config, &[&exporter]).await;
    scraping.scrape().await;
    assert_eq!(scraping.health(), (Health::Up, String::new()), "for {within}");
    exporter.set_text(above);
    scraping.scrape().await;
    let (health, error) = scraping.health();
    assert_eq!(health, Health::Down, "for {above}");
    let live = scraping.exposed_series().into_iter();
    for series in live {
        let samples = scraping.samples(&series);
        assert!(samples.is_empty() || samples.ends_with("stale@20"), "{series}: {samples}");
    }
    let exceeded = "prometheus_target_scrape_pool_exceeded_label_limits_total";
    assert_eq!(scraping.own_metric(exceeded), 1.0);
    error
}

#[tokio::test(start_paused = true)]
async fn labels_are_limited_in_number_and_length() {
    // Three labels: the name, `instance` and `job`; the longest name is `__name__`.
    let limited = JobConfig { label_limit: 4, ..config() };
    assert_eq!(
        refused(limited, "m{a=\"1\"} 1\n", "m{a=\"1\",b=\"1\"} 1\n").await,
        "label_limit exceeded (metric: m, number of labels: 5, limit: 4)"
    );
    let limited = JobConfig { label_name_length_limit: 8, ..config() };
    assert_eq!(
        refused(limited, "m{abcdefgh=\"1\"} 1\n", "m{abcdefghi=\"1\"} 1\n").await,
        "label_name_length_limit exceeded (metric: m, label name: abcdefghi, length: 9, limit: 8)"
    );
    let limited = JobConfig { label_value_length_limit: 3, ..config() };
    assert_eq!(
        refused(limited, "m{a=\"123\"} 1\n", "m{a=\"1234\"} 1\n").await,
        "label_value_length_limit exceeded (metric: m, label name: a, value: \"1234\", length: 4, limit: 3)"
    );
}

#[tokio::test(start_paused = true)]
async fn samples_are_limited_after_relabelling() {
    let exporter = Exporter::text("a 1\nb 1\ndrop_c 1\n").await;
    let relabel = RelabelConfig {
        source_labels: vec!["__name__".to_owned()],
        regex: regain_go_regexp::Regex::anchored("drop_.*").unwrap(),
        action: Action::Drop,
        ..RelabelConfig::default()
    };
    let limited = JobConfig { sample_limit: 2, metric_relabel_configs: vec![relabel], ..config() };
    let scraping = Scraping::start(limited, &[&exporter]).await;
    scraping.scrape().await;
    exporter.set_text("a 2\nb 2\nc 2\nd 2\ndrop_c 2\n");
    scraping.scrape().await;
    assert_eq!(scraping.health(), (Health::Down, "sample limit exceeded".to_owned()));
    scraping.check(&[
        (r#"a{instance="a", job="j"}"#, "1@10 stale@20"),
        (r#"c{instance="a", job="j"}"#, ""),
        (KEPT, "2@10 4@20"),
        (SCRAPED, "3@10 5@20"),
        (r#"scrape_series_added{instance="a", job="j"}"#, "2@10 0@20"),
    ]);
    let exceeded = "prometheus_target_scrapes_exceeded_sample_limit_total";
    assert_eq!(scraping.own_metric(exceeded), 1.0);
}

#[tokio::test(start_paused = true)]
async fn a_body_is_refused_from_the_limit_on() {
    let limited = JobConfig { body_size_limit: 5, extra_scrape_metrics: true, ..config() };
    let exporter = Exporter::text("m 1\n").await;
    let scraping = Scraping::start(limited, &[&exporter]).await;
    scraping.scrape().await;
    exporter.set_text("m 10\n");
    scraping.scrape().await;
    assert_eq!(scraping.health(), (Health::Down, "body size limit exceeded".to_owned()));
    scraping.check(&[(r#"scrape_body_size_bytes{instance="a", job="j"}"#, "4@10 -1@20")]);
    let exceeded = "prometheus_target_scrapes_exceeded_body_size_limit_total";
    assert_eq!(scraping.own_metric(exceeded), 1.0);
}

#[tokio::test(start_paused = true)]
async fn what_failed_scrapes_have_added_is_forgotten_when_it_becomes_too_much() {
    let broken = |series: usize| {
        let lines: Vec<String> =
            (0..series).map(|number| format!("m{{n=\"{number}\"}} 1\n")).collect();
        lines.concat() + "broken\n"
    };
    let exporter = Exporter::text(&broken(1000)).await;
    let scraping = Scraping::start(config(), &[&exporter]).await;
    let flushes = || scraping.own_metric("prometheus_target_scrapes_cache_flush_forced_total");
    scraping.scrape().await;
    assert_eq!(flushes(), 0.0);
    exporter.set_text(&broken(1001));
    scraping.scrape().await;
    assert_eq!(flushes(), 1.0);
    let added = r#"scrape_series_added{instance="a", job="j"}"#;
    assert_eq!(scraping.samples(added), "1000@10 1@20");
}

#[tokio::test(start_paused = true)]
async fn too_many_targets_fail_all_of_them_until_there_are_fewer() {
    let (first, second) = (Exporter::text("m 1\n").await, Exporter::text("m 1\n").await);
    let limited = JobConfig { target_limit: 1, ..config() };
    let scraping = Scraping::start(limited.clone(), &[&first]).await;
    scraping.scrape().await;
    scraping.apply(vec![job(limited.clone(), &[&first, &second])]).await;
    scraping.scrape().await;
    for target in scraping.targets() {
        let error = target.status().last_error.unwrap().to_string();
        assert_eq!(error, "target_limit exceeded (number of targets: 2, limit: 1)");
    }
    scraping.apply(vec![job(limited, &[&first])]).await;
    scraping.scrape().await;
    scraping.check(&[
        (r#"m{instance="a", job="j"}"#, "1@10 stale@20 1@30"),
        (r#"up{instance="a", job="j"}"#, "1@10 0@20 1@30"),
        (r#"up{instance="b", job="j"}"#, "0@20"),
    ]);
    assert_eq!(first.heads().len(), 2, "a target that is one too many is not asked");
    let exceeded = "prometheus_target_scrape_pool_exceeded_target_limit_total";
    assert_eq!(scraping.own_metric(exceeded), 1.0);
}
