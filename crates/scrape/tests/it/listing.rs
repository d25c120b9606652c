//! What the API can show.

use regain_model::relabel::{Action, RelabelConfig};
use regain_model::{Labels, MetricKind, Timestamp};
use regain_scrape::{Health, JobConfig};

use crate::support::{Exporter, START, Scraping, config, job, map};

fn drop_all_but(instance: &str) -> Vec<RelabelConfig> {
    vec![RelabelConfig {
        source_labels: vec!["instance".to_owned()],
        regex: regain_go_regexp::Regex::anchored(instance).unwrap(),
        action: Action::Keep,
        ..RelabelConfig::default()
    }]
}

#[tokio::test(start_paused = true)]
async fn an_active_target_shows_what_upstream_shows() {
    let exporter = Exporter::text("m 1\n").await;
    let config = JobConfig {
        params: vec![("module".to_owned(), vec!["a b".to_owned()])],
        metrics_path: "/probe".to_owned(),
        ..config()
    };
    let scraping = Scraping::start(config.clone(), &[&exporter]).await;
    let target = scraping.target();
    let address = exporter.address.to_string();
    assert_eq!(target.labels(), &Labels::from_pairs([("instance", "a"), ("job", "j")]));
    let discovered = map(&target.discovered_labels());
    let expected = [
        ("__address__", address.as_str()),
        ("__always_scrape_classic_histograms__", "false"),
        ("__convert_classic_histograms_to_nhcb__", "false"),
        ("__metrics_path__", "/probe"),
        ("__param_module", "a b"),
        ("__scheme__", "http"),
        ("__scrape_interval__", "10s"),
        ("__scrape_native_histograms__", "false"),
        ("__scrape_timeout__", "5s"),
        ("instance", "a"),
        ("job", "j"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(discovered.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(target.scrape_url(), format!("http://{address}/probe?module=a+b"));
    assert_eq!((target.scrape_interval(), target.scrape_timeout()), ("10s", "5s"));
    assert_eq!((target.label("__scheme__"), target.label("__address__")), ("http", &*address));
    let status = target.status();
    assert_eq!((status.health, status.last_scrape), (Health::Unknown, None));

    scraping.scrape().await;
    let status = target.status();
    let first = i64::try_from(START.as_millis()).unwrap() + 10_000;
    assert_eq!((status.health.as_str(), status.last_scrape), ("up", Some(Timestamp(first))));
    assert!(status.last_error.is_none());
    assert_eq!(scraping.manager.pools(), ["j"]);
    assert_eq!(*scraping.manager.job_config("j").unwrap(), config);
}

#[tokio::test(start_paused = true)]
async fn dropped_targets_are_counted_and_kept_up_to_the_limit() {
    let mut exporters = Vec::new();
    for _ in 0..3 {
        exporters.push(Exporter::text("m 1\n").await);
    }
    let exporters: Vec<&Exporter> = exporters.iter().collect();
    for (kept_max, kept) in [(0, 2), (1, 1), (2, 2), (3, 2)] {
        let config = JobConfig {
            relabel_configs: drop_all_but("b"),
            keep_dropped_targets: kept_max,
            ..config()
        };
        let scraping = Scraping::start(config, &exporters).await;
        let pool = scraping.manager.targets_of("j").unwrap();
        assert_eq!(pool.active.len(), 1);
        assert_eq!((pool.dropped.len(), pool.dropped_count), (kept, 2), "keeping {kept_max}");
        assert_eq!(pool.dropped[0].get("instance"), Some("a"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_named_twice_is_one() {
    let exporter = Exporter::text("m 1\n").await;
    let scraping = Scraping::idle();
    let mut twice = job(config(), &[&exporter]);
    let group = twice.statics.groups[0].clone();
    twice.statics.groups.push(group);
    scraping.apply(vec![twice]).await;
    assert_eq!(scraping.targets().len(), 1);
    scraping.scrape().await;
    assert_eq!(exporter.heads().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn metadata_is_what_the_target_said_last() {
    let body = "# HELP m One \\n two.\n# TYPE m counter\nm 1\n# TYPE h histogram\nh_count 1\n";
    let exporter = Exporter::text(body).await;
    let scraping = Scraping::start(config(), &[&exporter]).await;
    scraping.scrape().await;
    let target = scraping.target();
    let mut names: Vec<_> = target.metadata().iter().map(|family| family.name.clone()).collect();
    names.sort();
    assert_eq!(names, ["h", "m"]);
    let found = target.metadata_of("m").unwrap();
    assert_eq!((&*found.metadata.help, found.metadata.kind), ("One \n two.", MetricKind::Counter));
    assert_eq!(target.metadata_of("h_count"), None);

    exporter.set_text("# TYPE m gauge\nm 1\n");
    for _ in 0..10 {
        scraping.scrape().await;
        assert_eq!(target.metadata().len(), 2, "a family is remembered for ten scrapes");
    }
    assert_eq!(target.metadata_of("m").unwrap().metadata.kind, MetricKind::Gauge);
    scraping.scrape().await;
    assert_eq!(target.metadata().len(), 1);
    assert_eq!(scraping.own_metric("prometheus_target_metadata_cache_entries"), 1.0);
}
