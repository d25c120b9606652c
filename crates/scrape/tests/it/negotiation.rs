//! What a target is asked, and which answers are understood.

use std::time::Duration;

use regain_scrape::{Health, JobConfig, ScrapeProtocol};

use crate::support::{Exporter, Reply, Scraping, config};

/// Scrapes once and returns the lines of the request, sorted.
async fn request(config: JobConfig) -> Vec<String> {
    let exporter = Exporter::text("m 1\n").await;
    let scraping = Scraping::start(config, &[&exporter]).await;
    scraping.scrape().await;
    let head = exporter.heads()[0].replace(&exporter.address.to_string(), "HOST");
    let mut lines: Vec<String> = head.trim_end().lines().map(str::to_owned).collect();
    lines[1..].sort();
    lines
}

#[tokio::test(start_paused = true)]
async fn a_scrape_sends_upstreams_request() {
    assert_eq!(
        request(config()).await,
        [
            "GET /metrics HTTP/1.1",
            "accept-encoding: gzip",
            "accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,\
             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            "host: HOST",
            "user-agent: Prometheus/3.14.0",
            "x-prometheus-scrape-timeout-seconds: 5",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_request_follows_the_settings() {
    let mut config = JobConfig {
        scrape_timeout: Duration::from_millis(2500),
        scrape_protocols: vec![ScrapeProtocol::PrometheusText004],
        enable_compression: false,
        metrics_path: "/a b".to_owned(),
        params: vec![("x".to_owned(), vec!["1&2".to_owned(), "3".to_owned()])],
        ..config()
    };
    config.client.basic_auth = Some(regain_http::client::config::BasicAuth {
        username: "user".to_owned(),
        password: "pass".into(),
        ..Default::default()
    });
    assert_eq!(
        request(config).await,
        [
            "GET /a%20b?x=1%262&x=3 HTTP/1.1",
            "accept-encoding: identity",
            "accept: text/plain;version=0.0.4;q=0.6,*/*;q=0.5",
            "authorization: Basic dXNlcjpwYXNz",
            "host: HOST",
            "user-agent: Prometheus/3.14.0",
            "x-prometheus-scrape-timeout-seconds: 2.5",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_answers_type_decides_and_the_fallback_helps_out() {
    let open_metrics = "# TYPE m unknown\nm 1\n# EOF\n";
    let fallback = |protocol| JobConfig { fallback_protocol: Some(protocol), ..config() };
    for (config, reply, health) in [
        (config(), Reply::text("m  1\n"), Health::Up),
        (config(), Reply::open_metrics(open_metrics), Health::Up),
        (config(), Reply::open_metrics("m  1\n# EOF\n"), Health::Down),
        (config(), Reply::with("", "m  1\n"), Health::Down),
        (fallback(ScrapeProtocol::PrometheusText004), Reply::with("", "m  1\n"), Health::Up),
        (fallback(ScrapeProtocol::OpenMetricsText100), Reply::with("", "m  1\n"), Health::Down),
        (fallback(ScrapeProtocol::OpenMetricsText001), Reply::with("", open_metrics), Health::Up),
        (
            fallback(ScrapeProtocol::PrometheusText100),
            Reply::typed("text/html", "m  1\n"),
            Health::Up,
        ),
        (fallback(ScrapeProtocol::PrometheusText100), Reply::typed(";;", "m  1\n"), Health::Up),
        (
            fallback(ScrapeProtocol::PrometheusText100),
            Reply::open_metrics("m  1\n# EOF\n"),
            Health::Down,
        ),
    ] {
        let exporter = Exporter::start(reply.clone()).await;
        let scraping = Scraping::start(config, &[&exporter]).await;
        scraping.scrape().await;
        assert_eq!(scraping.health().0, health, "{reply:?}: {}", scraping.health().1);
    }
}

#[tokio::test(start_paused = true)]
async fn bounds_of_histograms_are_written_alike_in_all_formats() {
    let text = "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\n";
    let exporter = Exporter::text(text).await;
    let scraping = Scraping::start(config(), &[&exporter]).await;
    scraping.scrape().await;
    exporter.set(Reply::open_metrics(text.replace("\"1\"", "\"1.0\"") + "# EOF\n"));
    scraping.scrape().await;
    scraping.check(&[
        (r#"h_bucket{instance="a", job="j", le="1.0"}"#, "1@10 1@20"),
        (r#"h_bucket{instance="a", job="j", le="+Inf"}"#, "1@10 1@20"),
    ]);
}
