//! What a reload keeps and what it changes.

use std::sync::Arc;
use std::time::Duration;

use regain_http::client::config::Authorization;
use regain_model::Labels;
use regain_model::relabel::{Action, RelabelConfig};
use regain_scrape::JobConfig;
use tokio::time::advance;

use crate::support::{Exporter, Scraping, config, job, until};

const M: &str = r#"m{instance="a", job="j"}"#;
const ADDED: &str = r#"scrape_series_added{instance="a", job="j"}"#;

async fn scraped(exporter: &Exporter) -> Scraping {
    let scraping = Scraping::start(config(), &[exporter]).await;
    scraping.scrape().await;
    scraping
}

#[tokio::test(start_paused = true)]
async fn a_job_that_stays_the_same_keeps_its_loops() {
    let exporter = Exporter::text("m 1\n").await;
    let scraping = scraped(&exporter).await;
    let before = scraping.target();
    advance(Duration::from_secs(3)).await;
    scraping.apply(vec![job(config(), &[&exporter])]).await;
    assert!(Arc::ptr_eq(&before, &scraping.target()));
    scraping.pass(7).await;
    until(|| exporter.heads().len() == 2).await;
    scraping.pass(1).await;
    scraping.check(&[(M, "1@10 1@20"), (ADDED, "1@10 0@20")]);
}

#[tokio::test(start_paused = true)]
async fn other_targets_of_a_job_do_not_touch_those_that_stay() {
    let (first, second) = (Exporter::text("m 1\n").await, Exporter::text("m 2\n").await);
    let scraping = scraped(&first).await;
    scraping.apply(vec![job(config(), &[&first, &second])]).await;
    scraping.scrape().await;
    scraping.check(&[
        (M, "1@10 1@20"),
        (ADDED, "1@10 0@20"),
        (r#"m{instance="b", job="j"}"#, "2@20"),
    ]);
}

#[tokio::test(start_paused = true)]
async fn changes_that_leave_series_alone_keep_cache_and_staleness() {
    let mut with_login = config();
    with_login.client.authorization =
        Some(Authorization { credentials: "secret".into(), ..Authorization::default() });
    for changed in [
        with_login,
        JobConfig { sample_limit: 100, ..config() },
        JobConfig { scrape_timeout: Duration::from_secs(4), ..config() },
        JobConfig { scrape_interval: Duration::from_secs(5), ..config() },
    ] {
        let exporter = Exporter::text("m 1\nn 1\n").await;
        let scraping = scraped(&exporter).await;
        exporter.set_text("m 2\n");
        scraping.apply(vec![job(changed.clone(), &[&exporter])]).await;
        let status = scraping.target().status();
        advance(changed.scrape_interval).await;
        until(|| exporter.heads().len() == 2).await;
        until(|| scraping.target().status().last_scrape > status.last_scrape).await;
        let second = 10 + changed.scrape_interval.as_secs();
        scraping.check(&[
            (M, &format!("1@10 2@{second}")),
            (r#"n{instance="a", job="j"}"#, &format!("1@10 stale@{second}")),
            (ADDED, &format!("2@10 0@{second}")),
        ]);
        scraping.pass(40).await;
        assert!(!scraping.samples(M).contains("stale"));
        let login = exporter.heads()[1].contains("authorization: Bearer secret");
        assert_eq!(login, changed.client.authorization.is_some());
        let timeout = format!("timeout-seconds: {}\r\n", changed.scrape_timeout.as_secs());
        assert!(exporter.heads()[1].contains(&timeout), "{}", exporter.heads()[1]);
        scraping.manager.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn changes_of_labels_end_the_series_of_before() {
    let exporter = Exporter::text("m 1\nn 1\n").await;
    let scraping = scraped(&exporter).await;
    let rename = RelabelConfig {
        source_labels: vec!["__name__".to_owned()],
        regex: regain_go_regexp::Regex::anchored("m").unwrap(),
        target_label: "__name__".to_owned(),
        replacement: "renamed".to_owned(),
        action: Action::Replace,
        ..RelabelConfig::default()
    };
    let changed = JobConfig { metric_relabel_configs: vec![rename], ..config() };
    scraping.apply(vec![job(changed, &[&exporter])]).await;
    scraping.scrape().await;
    scraping.check(&[(M, "1@10"), (r#"renamed{instance="a", job="j"}"#, "1@20")]);
    scraping.pass(12).await;
    scraping.check(&[
        (M, "1@10 stale@20"),
        (r#"renamed{instance="a", job="j"}"#, "1@20 1@30"),
        (r#"n{instance="a", job="j"}"#, "1@10 1@20 1@30"),
        (r#"up{instance="a", job="j"}"#, "1@10 1@20 1@30"),
    ]);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_cannot_be_set_up_is_named_and_harms_no_other() {
    let exporter = Exporter::text("m 1\n").await;
    let scraping = scraped(&exporter).await;
    let mut broken = config();
    broken.client.tls_config.ca_file = Some("/does/not/exist".into());
    let new = JobConfig { job_name: "new".to_owned(), ..broken.clone() };
    let fine = JobConfig { job_name: "fine".to_owned(), ..config() };
    let jobs = [broken, new, fine].map(|config| job(config, &[&exporter]));
    let error = scraping.manager.apply(jobs.into(), &Labels::empty()).await.unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with("failed to apply the new configuration: job \"new\": "),
        "{message}"
    );
    assert!(message.contains("job \"j\": error creating HTTP client"), "{message}");
    assert!(message.contains("/does/not/exist"), "{message}");
    assert_eq!(scraping.manager.pools(), ["fine", "j"]);
    scraping.scrape().await;
    assert_eq!(scraping.samples(M), "1@10 1@20", "the job goes on as it was");
    assert_eq!(scraping.own_metric("prometheus_target_scrape_pool_reloads_failed_total"), 1.0);
    assert_eq!(scraping.own_metric("prometheus_target_scrape_pools_failed_total"), 1.0);
}

#[tokio::test(start_paused = true)]
async fn a_manager_that_was_stopped_takes_no_jobs() {
    let exporter = Exporter::text("m 1\n").await;
    let scraping = scraped(&exporter).await;
    scraping.manager.stop().await;
    scraping.apply(vec![job(config(), &[&exporter])]).await;
    assert!(scraping.manager.pools().is_empty());
    scraping.pass(20).await;
    assert_eq!(exporter.heads().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn external_labels_move_the_slots() {
    let exporter = Exporter::text("m 1\n").await;
    let mut firsts = Vec::new();
    for replica in ["1", "2"] {
        let scraping = Scraping::idle();
        let external = Labels::from_pairs([("replica", replica)]);
        let jobs = vec![job(config(), &[&exporter])];
        scraping.manager.apply(jobs, &external).await.unwrap();
        let target = scraping.target();
        let mut waited_ms = 0;
        while target.status().last_scrape.is_none() {
            advance(Duration::from_millis(10)).await;
            waited_ms += 10;
            let asked = exporter.heads().len();
            tokio::task::yield_now().await;
            if exporter.heads().len() > asked {
                until(|| target.status().last_scrape.is_some()).await;
            }
        }
        assert!(waited_ms <= 15_000, "{waited_ms}");
        firsts.push(target.status().last_scrape.unwrap());
    }
    assert_ne!(firsts[0], firsts[1]);
}
