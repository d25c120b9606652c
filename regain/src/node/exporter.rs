//! The page of metrics: which collectors a request asks for, and what it is answered.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use regain_collectors::{Host, Selection};
use regain_exposition::{Encoder, Format};
use regain_metrics::{
    Counter, CounterVec, Gathered, Gauge, MetricFamily, ProcessCollector, Registry,
};
use tokio::sync::Semaphore;

use super::landing;
use crate::build_info;

/// How long collectors have when the scraper does not say how long it waits.
const DEFAULT_LIMIT: Duration = Duration::from_secs(9);
/// The longest that a scraper may let collectors run.
const LIMIT_MAX: Duration = Duration::from_mins(5);
/// The share of the scraper's patience that is left for the answer to arrive.
const ANSWER_SHARE: f64 = 0.1;
/// Where Prometheus says how long it waits, in seconds.
const TIMEOUT_HEADER: &str = "x-prometheus-scrape-timeout-seconds";

/// Says what an exporter shows and how much it does at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExporterSettings {
    /// Whether it shows metrics about itself.
    pub(crate) own_metrics: bool,
    /// The most scrapes at once.
    pub(crate) max_requests: Option<usize>,
}

/// Answers scrapes with the host's numbers.
#[derive(Clone, Debug)]
pub(crate) struct Exporter(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    host: Host,
    registry: Registry,
    own: Option<OwnMetrics>,
    gate: Option<(usize, Semaphore)>,
}

/// What the official client library counts about its handler.
#[derive(Debug)]
struct OwnMetrics {
    in_flight: Gauge,
    requests: CounterVec,
    gathering_errors: Counter,
    encoding_errors: Counter,
}

impl Exporter {
    pub(crate) fn new(host: Host, settings: ExporterSettings) -> Self {
        let registry = Registry::new();
        build_info::register(&registry, "node_exporter", build_info::NODE_EXPORTER_VERSION);
        let own = settings.own_metrics.then(|| {
            registry.register(Arc::new(ProcessCollector::new()));
            OwnMetrics::new(&registry)
        });
        let gate = settings.max_requests.map(|max| (max, Semaphore::new(max)));
        Self(Arc::new(Inner { host, registry, own, gate }))
    }

    /// The metrics under `path`, and a page that points there under `/`.
    pub(crate) fn router(self, path: &str) -> Router {
        let metrics = any(metrics).with_state(self);
        let metrics = metrics.layer(regain_http::server::compression::gzip());
        if path == "/" {
            return Router::new().fallback_service(metrics);
        }
        let page = landing::page(path);
        let root = any(move || async move { landing::answer(page) });
        Router::new().route(path, metrics).route("/", root).fallback(landing::not_found)
    }
}

impl OwnMetrics {
    fn new(registry: &Registry) -> Self {
        let errors = registry.counter_vec(
            "promhttp_metric_handler_errors_total",
            "Total number of internal errors encountered by the promhttp metric handler.",
            &["cause"],
        );
        let requests = registry.counter_vec(
            "promhttp_metric_handler_requests_total",
            "Total number of scrapes by HTTP status code.",
            &["code"],
        );
        for code in ["200", "500", "503"] {
            requests.with(&[code]);
        }
        Self {
            in_flight: registry.gauge(
                "promhttp_metric_handler_requests_in_flight",
                "Current number of scrapes being served.",
            ),
            requests,
            gathering_errors: errors.with(&["gathering"]),
            encoding_errors: errors.with(&["encoding"]),
        }
    }
}

async fn metrics(
    State(exporter): State<Exporter>,
    Query(parameters): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    if let Some(own) = &exporter.0.own {
        own.in_flight.add(1.0);
    }
    let response = exporter.answer(&parameters, &headers).await;
    if let Some(own) = &exporter.0.own {
        own.in_flight.add(-1.0);
        own.requests.with(&[response.status().as_str()]).inc();
    }
    response
}

impl Exporter {
    async fn answer(&self, parameters: &[(String, String)], headers: &HeaderMap) -> Response {
        let selection = match self.selection(parameters) {
            Ok(selection) => selection,
            Err(text) => return (StatusCode::BAD_REQUEST, text).into_response(),
        };
        let gate = self.0.gate.as_ref();
        let place = match gate.map(|(max, places)| (max, places.try_acquire())) {
            Some((max, Err(_))) => {
                let text =
                    format!("Limit of concurrent requests reached ({max}), try again later.\n");
                return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
            }
            Some((_, Ok(place))) => Some(place),
            None => None,
        };
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let format = regain_exposition::negotiate(accept.unwrap_or_default(), false);
        let limit = limit(headers);
        let inner = Arc::clone(&self.0);
        let gathered = tokio::task::spawn_blocking(move || inner.expose(&selection, limit, format));
        let gathered = gathered.await;
        drop(place);
        match gathered {
            Ok(Ok(body)) => ([(header::CONTENT_TYPE, format.content_type())], body).into_response(),
            Ok(Err(text)) => (StatusCode::INTERNAL_SERVER_ERROR, text).into_response(),
            Err(error) => {
                tracing::error!(err = %error, "A scrape failed");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    /// Which collectors the parameters `collect[]` or `exclude[]` ask for.
    fn selection(&self, parameters: &[(String, String)]) -> Result<Selection, String> {
        let values = |wanted: &str| -> Vec<&str> {
            let named = parameters.iter().filter(|(name, _)| name == wanted);
            named.map(|(_, value)| value.as_str()).collect()
        };
        let host = &self.0.host;
        match (values("collect[]"), values("exclude[]")) {
            (collect, exclude) if collect.is_empty() && exclude.is_empty() => Ok(Selection::All),
            (collect, exclude) if exclude.is_empty() => host.only(collect).map_err(|error| {
                tracing::warn!(err = %error, "Couldn't create filtered metrics handler:");
                format!(
                    "Couldn't create filtered metrics handler: couldn't create collector: {error}"
                )
            }),
            (collect, exclude) if collect.is_empty() => Ok(host.all_but(exclude)),
            _ => Err("Combined collect and exclude queries are not allowed.".to_owned()),
        }
    }
}

/// How long the collectors may take, so that the scraper still gets the answer in its time.
fn limit(headers: &HeaderMap) -> Duration {
    let given = headers.get(TIMEOUT_HEADER).and_then(|value| value.to_str().ok());
    let seconds = given.and_then(|text| text.parse::<f64>().ok()).filter(|s| s.is_finite());
    let limit = seconds.filter(|seconds| *seconds > 0.0).map(|seconds| {
        Duration::try_from_secs_f64(seconds * (1.0 - ANSWER_SHARE)).unwrap_or(LIMIT_MAX)
    });
    limit.unwrap_or(DEFAULT_LIMIT).min(LIMIT_MAX)
}

impl Inner {
    /// Runs the collectors and writes what they and the exporter itself say. What contradicts is
    /// left out, counted and logged; only where nothing is left, the answer is that it failed.
    fn expose(
        &self,
        selection: &Selection,
        limit: Duration,
        format: Format,
    ) -> Result<Vec<u8>, String> {
        let mut families = self.registry.gather().families;
        families.append(&mut self.host.collect(selection, limit));
        let Gathered { families, errors } = Gathered::from_families(families);
        if !errors.is_empty() {
            let lines: Vec<String> = errors.iter().map(|error| format!("* {error}")).collect();
            let text = format!("{} error(s) occurred:\n{}", errors.len(), lines.join("\n"));
            tracing::error!("error gathering metrics: {text}");
            if let Some(own) = &self.own {
                own.gathering_errors.inc();
            }
            if families.is_empty() {
                let head = "An error has occurred while serving metrics:";
                return Err(format!("{head}\n\n{text}\n"));
            }
        }
        Ok(self.encode(&families, format))
    }

    fn encode(&self, families: &[MetricFamily], format: Format) -> Vec<u8> {
        let mut body = Vec::new();
        let mut encoder = Encoder::new(format, &mut body);
        for family in families {
            if let Err(error) = encoder.family(family) {
                tracing::error!("error encoding and sending metric family: {error}");
                if let Some(own) = &self.own {
                    own.encoding_errors.inc();
                }
            }
        }
        encoder.finish();
        body
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn collectors_get_most_of_the_scrapers_time() {
        let cases = [
            (None, DEFAULT_LIMIT),
            (Some("10"), Duration::from_secs(9)),
            (Some("0.5"), Duration::from_millis(450)),
            (Some("1e99"), LIMIT_MAX),
            (Some("-1"), DEFAULT_LIMIT),
            (Some("NaN"), DEFAULT_LIMIT),
            (Some("soon"), DEFAULT_LIMIT),
        ];
        for (header, expected) in cases {
            let header = header.map(|text| (TIMEOUT_HEADER, HeaderValue::from_static(text)));
            let headers = header
                .into_iter()
                .map(|(name, value)| (axum::http::HeaderName::from_static(name), value));
            assert_eq!(limit(&headers.collect()), expected);
        }
    }

    #[tokio::test]
    async fn scrapes_above_the_limit_are_turned_away() {
        let settings = |max_requests| ExporterSettings { own_metrics: false, max_requests };
        let status = async |max_requests| {
            let exporter = Exporter::new(Host::of(Vec::new()), settings(max_requests));
            exporter.answer(&[], &HeaderMap::new()).await.status()
        };
        assert_eq!(status(Some(0)).await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status(Some(1)).await, StatusCode::OK);
        assert_eq!(status(None).await, StatusCode::OK);
    }
}
