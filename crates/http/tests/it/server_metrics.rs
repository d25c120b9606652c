//! What servers and clients count.

use std::collections::BTreeMap;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get as route_get;
use regain_http::client::config::ClientConfig;
use regain_http::client::{Client, ClientOptions, DialMetrics};
use regain_http::server::ServerSettings;
use regain_http::server::metrics::{HttpMetrics, layer};
use regain_metrics::{MetricValue, Registry};

use crate::support::{Server, client, get};

/// Returns the labels and value of each series of a counter family.
fn counters(registry: &Registry, name: &str) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    for family in registry.gather().families {
        if &*family.name != name {
            continue;
        }
        for metric in &family.metrics {
            let labels: Vec<&str> = metric.labels.iter().map(|label| &*label.value).collect();
            let value = match &metric.value {
                MetricValue::Number(value) => *value,
                MetricValue::Histogram(histogram) => histogram.sum,
                other => panic!("{other:?}"),
            };
            found.push((labels.join(" "), value));
        }
    }
    found
}

#[tokio::test]
async fn requests_are_counted_by_route_and_code() {
    let registry = Registry::new();
    let router = Router::new()
        .route("/prefix/api/v1/label/{name}/values", route_get(|| async { "12345" }))
        .route("/prefix/static/{*path}", route_get(|| async { http::StatusCode::NOT_FOUND }))
        .layer(from_fn_with_state(HttpMetrics::new(&registry, "/prefix"), layer));
    let server = Server::start(router, ServerSettings::default());
    let client = client(&ClientConfig::default());
    for path in ["/api/v1/label/a/values", "/api/v1/label/b/values", "/static/x/y", "/unknown"] {
        get(&client, &server.url(&format!("/prefix{path}"))).await.unwrap();
    }
    server.stop().await;
    let mut requests = counters(&registry, "prometheus_http_requests_total");
    requests.sort_by(|one, two| one.0.cmp(&two.0));
    assert_eq!(
        requests,
        [("200 /api/v1/label/:name/values".to_owned(), 2.0), ("404 /static/*path".to_owned(), 1.0)]
    );
    let sizes = counters(&registry, "prometheus_http_response_size_bytes");
    assert!(sizes.contains(&("/api/v1/label/:name/values".to_owned(), 10.0)), "{sizes:?}");
}

#[tokio::test]
async fn connections_are_counted_by_client() {
    let registry = Registry::new();
    let metrics = DialMetrics::new(&registry);
    let environment = BTreeMap::new();
    let options =
        ClientOptions { metrics: Some((&metrics, "job")), ..ClientOptions::new("", &environment) };
    let client = Client::new(&ClientConfig::default(), &options).unwrap();
    let server = Server::start(crate::support::hello(), ServerSettings::default());
    let url = server.url("/");
    for _ in 0..3 {
        get(&client, &url).await.unwrap();
    }
    server.stop().await;
    get(&client, &url).await.unwrap_err();
    let family =
        |name: &str| counters(&registry, &format!("net_conntrack_dialer_conn_{name}_total"));
    assert_eq!(family("established"), [("job".to_owned(), 1.0)]);
    assert_eq!(family("attempted"), [("job".to_owned(), 2.0)]);
    assert!(family("failed").contains(&("job refused".to_owned(), 1.0)));
}
